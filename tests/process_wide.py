"""What is the whole process's is after each test as it was before: whatever runs a command or the service in it sets up a log, hooks and a umask.

A pytest plugin, and no fixture: it comes after all fixtures, those of modules too.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
import structlog

FILTERED: Final = ("uvicorn.error", "opentelemetry", "mail.log")  # loggers that the service filters or silences


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol() -> Generator[None, Any, Any]:
    with put_back():
        return (yield)


@contextmanager
def put_back() -> Iterator[None]:
    """The log goes to no screen that is closed by now, and says more than warnings. Nothing but Python's own takes what nobody caught."""
    umask = os.umask(0o077)
    os.umask(umask)
    hooks = sys.excepthook, threading.excepthook
    levels = [(one, one.level) for one in map(logging.getLogger, FILTERED)]
    filtered = [one for one in (*map(logging.getLogger, FILTERED), logging.lastResort) if one is not None]
    filters = [(one, list(one.filters)) for one in filtered]
    try:
        yield
    finally:
        structlog.reset_defaults()
        os.umask(umask)
        sys.excepthook, threading.excepthook = hooks
        for logger, level in levels:
            logger.setLevel(level)
        for one, before in filters:
            one.filters[:] = before
