"""What the desk did, as counts of days that are over."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class DailyFigure(Base):
    """How many of one thing there were on one day. `day` is like 2026-11-30, by the desk's own clock; `figure` in words of daily_figures.py."""

    __tablename__ = "daily_figures"
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    figure: Mapped[str] = mapped_column(String(48), primary_key=True)
    many: Mapped[int]
