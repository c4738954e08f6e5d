"""What takes how long: a span round a piece of work, for whoever traces (deskgate/traces.py). Where nobody does, it costs a look at a list.

A span has a name and a few words of ours about it, and how often and for how long the database was asked within; never a statement and never what was asked.
"""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final, ParamSpec, Protocol, TypeVar

from sqlalchemy import Engine, event

P = ParamSpec("P")
T = TypeVar("T")
Word = str | int


class Span:
    """One that is under way. `about` are words of ours; `opened` is whatever the recorder keeps of it."""

    __slots__ = ("about", "opened", "seconds", "statements")

    def __init__(self, about: dict[str, Word]) -> None:
        self.about = about
        self.opened: Any = None
        self.statements, self.seconds = 0, 0.0


class Recorder(Protocol):
    def begin(self, name: str, span: Span, parent: Span | None) -> None: ...
    def end(self, span: Span, failed: BaseException | None) -> None: ...


_recorder: list[Recorder] = []  # one, or none
_current: contextvars.ContextVar[Span | None] = contextvars.ContextVar("span", default=None)
_NOTHING: Final = nullcontext()


def record(by: Recorder | None) -> None:
    """From now on spans go there. None: nowhere."""
    _recorder[:] = [] if by is None else [by]


def span(name: str, **about: Word) -> AbstractContextManager[None]:
    """`name` is one of a few, and `about` words of ours: a state, a kind of job, a company."""
    return _spanned(name, about) if _recorder else _NOTHING


def say(**about: Word) -> None:
    """More words about the span that this is done within, as soon as they are known."""
    if _recorder and (found := _current.get()) is not None:
        found.about.update(about)


def carried(do: Callable[P, T]) -> Callable[P, T]:
    """The same function, to be called in another thread and counted to the span of this one."""
    if not _recorder:
        return do
    here = contextvars.copy_context()

    def there(*given: P.args, **named: P.kwargs) -> T:
        return here.copy().run(do, *given, **named)

    return there


@contextmanager
def _spanned(name: str, about: dict[str, Word]) -> Iterator[None]:
    recorder, parent, made = _recorder[0], _current.get(), Span(about)
    recorder.begin(name, made, parent)
    token = _current.set(made)
    try:
        yield
    except BaseException as fault:
        recorder.end(made, fault)
        raise
    else:
        recorder.end(made, None)
    finally:
        _current.reset(token)


def count_statements(engine: Engine) -> None:
    """Each is counted to the span in which it is sent, with how long its answer took."""

    @event.listens_for(engine, "before_cursor_execute")
    def begins(_connection: Any, _cursor: Any, _statement: str, _given: Any, context: Any, _many: bool) -> None:
        if context is not None:
            context.span_began = time.perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def ends(_connection: Any, _cursor: Any, _statement: str, _given: Any, context: Any, _many: bool) -> None:
        found = _current.get()
        if found is not None and context is not None:
            found.statements += 1
            found.seconds += time.perf_counter() - context.span_began
