"""Several web processes: the time they get to start, and one that has died is replaced and stands in the log. Real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import uvicorn

from deskgate import workers
from tests.cli.conftest import Shell, free_port
from tests.cli.test_start import TWILIO
from tests.house.test_names import ROOT

LONG = 60.0  # seconds until a test gives up
SERVICE = """
import os, sys, uvicorn
from deskgate import workers

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        os.write(1, b"begun %d\\n" % os.getpid())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

if __name__ == "__main__":
    workers.run(uvicorn.Config("service:app", port=0, workers=1, log_level="warning", timeout_worker_healthcheck=60))
"""


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> list[uvicorn.Config]:
    """What several processes were to run with: here they run nothing."""
    runs: list[uvicorn.Config] = []
    monkeypatch.setattr(workers, "run", runs.append)
    return runs


def test_a5_slow_workers_get_the_time_they_need(
    nowhere: Path, sample_postgres: str, monkeypatch: pytest.MonkeyPatch, configured: list[uvicorn.Config]
) -> None:
    """On a machine where a worker takes six seconds to start, uvicorn's own five killed it before it had, for ever."""
    shell = Shell(sample_postgres, monkeypatch)
    shell.set(**TWILIO)
    said = shell.run("serve", "--workers", "2", "--port", str(free_port()))
    assert said.code == 0, said
    (how,) = configured
    assert how.workers == 2
    assert how.timeout_worker_healthcheck >= 60


def test_a5_a_worker_that_died_is_replaced_and_stands_in_the_log(tmp_path: Path) -> None:
    script = tmp_path / "service.py"
    script.write_text(SERVICE)
    where = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    kept = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with ended(subprocess.Popen([sys.executable, str(script)], env=where, start_new_session=True, **kept)) as parent:
        first = begun(parent).split()
        os.kill(int(first[-1]), signal.SIGKILL)
        said = begun(parent)
        parent.terminate()
        said += parent.stdout.read()
    assert f"begun {first[-1]}" not in said
    assert "worker replaced" in said
    assert f"pid={first[-1]}" in said


@contextmanager
def ended(parent: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """It and all it started, a group of their own, whatever happens; and after so long in any case."""
    limit = threading.Timer(LONG, os.killpg, (parent.pid, signal.SIGKILL))
    limit.start()
    try:
        yield parent
    finally:
        limit.cancel()
        with suppress(ProcessLookupError):
            os.killpg(parent.pid, signal.SIGKILL)
        parent.stdout.read()  # to the end of file: whoever could write to it has gone
        parent.stdout.close()
        parent.wait()


def begun(parent: subprocess.Popen[str]) -> str:
    """What was said until the next worker had begun."""
    said = ""
    for line in parent.stdout:
        said += line
        if "begun" in line:
            return said
    raise AssertionError(f"it ended before a worker had begun: {said}")
