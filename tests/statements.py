"""Every statement an engine sends, seen where it is handed to the driver: SQLAlchemy's own and the prepared ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine


@contextmanager
def watched(engine: Engine, seen: Callable[[str], None]) -> Iterator[None]:
    """`seen` is called with each statement before it is sent; what it raises, the driver has raised."""

    def before(send: Callable[..., Any]) -> Callable[..., Any]:
        def sent(cursor: Any, statement: str, *rest: Any, **named: Any) -> Any:
            seen(statement)
            return send(cursor, statement, *rest, **named)

        return sent

    with pytest.MonkeyPatch.context() as patch:
        for way in ("do_execute", "do_executemany", "do_execute_no_params"):
            patch.setattr(engine.dialect, way, before(getattr(engine.dialect, way)))
        yield
