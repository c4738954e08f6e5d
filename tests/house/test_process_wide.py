"""A test finds the process as it was, though the one before has run a command or the service in it."""

import io
import logging
import os
import sys
import threading

import pytest
import structlog

from deskgate.command_line import quiet
from deskgate.serve import log_as_lines
from deskgate.uncaught import is_without_words, of_the_process
from tests.process_wide import FILTERED

TURNS = 9  # more than there are workers: one of them has two turns


@pytest.mark.parametrize("turn", range(TURNS))
def test_what_the_one_before_has_set_up_is_gone(turn: int, monkeypatch: pytest.MonkeyPatch) -> None:
    structlog.get_logger("test").info("said", turn=turn)  # a screen that is closed would raise ValueError
    assert not structlog.is_configured()
    umask = os.umask(0o027)
    assert umask != 0o027
    assert sys.excepthook is not of_the_process
    for name in FILTERED:
        logger = logging.getLogger(name)
        assert (logger.level, logger.filters) == (logging.NOTSET, [])
        logger.setLevel(logging.CRITICAL + 1)
    assert logging.lastResort is not None
    assert is_without_words not in logging.lastResort.filters
    with io.StringIO() as screen:
        monkeypatch.setattr("sys.stderr", screen)
        log_as_lines(production=True)
        if turn % 2:
            quiet()
    sys.excepthook, threading.excepthook = of_the_process, lambda _: None
