"""The settings of the desk's other help desk, Request Tracker 5."""

from __future__ import annotations

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from deskgate import base_url


class HelpDeskSettings(BaseSettings):
    rt_url: str = ""
    rt_user: str = ""
    rt_token: str = Field(default="", repr=False)
    rt_password: str = Field(default="", repr=False)
    rt_queue: str = "General"

    @field_validator("rt_url")
    @classmethod
    def _where(cls, value: str) -> str:
        return base_url.checked(value.rstrip("/"), "https://rt.example") if value else value

    @property
    def rt_secret(self) -> str:
        """What RT lets us in with."""
        return self.rt_token or self.rt_password
