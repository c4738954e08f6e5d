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
from typing import IO

import pytest
import uvicorn

from deskgate import workers
from tests.cli.conftest import Shell, free_port
from tests.cli.test_start import TWILIO
from tests.house.test_names import ROOT

LONG = 60.0  # seconds until a test gives up
COUNTS = "from deskgate import metrics; metrics.count_committed('phone', [], 2)"  # and ends
SCRAPES = """
from prometheus_client import generate_latest
from deskgate import metrics
from store import Keys, open_store
from tests.desk import SECRET
metrics.count_committed("phone", [], 3)
print(generate_latest(metrics.gather(open_store("{}", Keys.parse(SECRET), dict()), str)).decode())
"""
SERVICE = """
import os, sys, time, uvicorn
from deskgate import workers

if os.path.exists(os.path.join(os.path.dirname(__file__), "broken")):
    sys.exit(1)
SILENT_FOR, passed = 6000, 0
workers.LEAVES_WITHIN, workers.monotonic = 0, lambda: time.monotonic() + passed

class Workers(workers.Workers):
    def handle_usr1(self):
        global passed
        self.keep_subprocess_alive()  # all have been asked by now
        passed += SILENT_FOR

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        os.write(1, b"begun %d\\n" % os.getpid())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

if __name__ == "__main__":
    how = {"port": 0, "log_level": "warning", "timeout_worker_healthcheck": SILENT_FOR}
    config = uvicorn.Config("service:app", workers=int(sys.argv[1]), **how)
    workers.Workers = Workers
    workers.run(config)
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


def test_several_processes_count_into_one_folder_which_goes_with_them(
    nowhere: Path, sample_postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def run(_config: uvicorn.Config) -> None:
        subprocess.run([sys.executable, "-c", COUNTS], cwd=ROOT, check=True, timeout=LONG)
        typed = [sys.executable, "-c", SCRAPES.format(f"sqlite:///{tmp_path}/none.db")]
        scraped.append(subprocess.run(typed, cwd=ROOT, check=True, timeout=LONG, capture_output=True, text=True).stdout)
        folders.append(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))

    scraped: list[str] = []
    folders: list[Path] = []
    monkeypatch.setattr(workers, "run", run)
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    shell = Shell(sample_postgres, monkeypatch)
    shell.set(**TWILIO)
    said = shell.run("serve", "--workers", "2", "--port", str(free_port()))
    assert said.code == 0, said
    assert 'deskgate_tickets_opened_total{channel="phone"} 5.0' in scraped[0].splitlines()
    assert [folder.parent for folder in folders] == [tmp_path]
    assert not folders[0].exists()
    assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ


def test_a5_a_worker_that_died_is_replaced_and_stands_in_the_log(tmp_path: Path) -> None:
    with served(tmp_path, 1) as parent:
        first = begun(parent).split()
        os.kill(int(first[-1]), signal.SIGKILL)
        said = begun(parent)
        parent.terminate()
        said += output_of(parent).read()
    assert f"begun {first[-1]}" not in said
    assert "worker_replaced" in said
    assert f"pid={first[-1]}" in said


def test_a5_one_that_hangs_keeps_no_other_from_being_replaced_and_nobody_from_leaving(tmp_path: Path) -> None:
    """A hundred minutes are given to one that says nothing: they pass at a signal."""
    with served(tmp_path, 2) as parent:
        hangs, dies = sorted(int(begun(parent).split()[-1]) for _ in range(2))
        os.kill(hangs, signal.SIGSTOP)
        os.kill(dies, signal.SIGKILL)
        meanwhile = begun(parent)
        parent.send_signal(signal.SIGUSR1)
        afterwards = begun(parent)
        latest = int(afterwards.split()[-1])
        os.kill(latest, signal.SIGSTOP)
        parent.terminate()
        at_last = output_of(parent).read()
        assert parent.wait() == 0
    assert f"pid={hangs}" not in meanwhile
    assert f"pid={hangs}" in afterwards + at_last
    assert [line for line in at_last.splitlines() if "worker_killed" in line and f"pid={latest}" in line]


def test_a5_one_that_hangs_is_bounded_at_a_restart_and_where_one_is_to_go(tmp_path: Path) -> None:
    """SIGTTOU and SIGHUP: whom uvicorn would wait for is killed in the end, and meanwhile the others are looked after."""
    with served(tmp_path, 2) as parent:
        stays, hangs = sorted(int(begun(parent).split()[-1]) for _ in range(2))
        os.kill(hangs, signal.SIGSTOP)
        parent.send_signal(signal.SIGTTOU)
        said = line_with(parent, "worker_killed")
        assert f"pid={hangs}" in said
        os.kill(stays, signal.SIGSTOP)
        parent.send_signal(signal.SIGHUP)
        new = int(begun(parent).split()[-1])
        assert f"pid={stays}" in line_with(parent, "worker_killed")
        parent.terminate()
        output_of(parent).read()
        assert parent.wait() == 0
    assert new not in (stays, hangs)


def test_a5_one_whose_replacement_does_not_begin_goes_on(tmp_path: Path) -> None:
    """SIGHUP with settings that are wrong by now."""
    with served(tmp_path, 1) as parent:
        pid = int(begun(parent).split()[-1])
        (tmp_path / "broken").touch()
        parent.send_signal(signal.SIGHUP)
        assert f"pid={pid}" in line_with(parent, "worker_not_replaced")
        os.kill(pid, 0)
        (tmp_path / "broken").unlink()
        parent.send_signal(signal.SIGHUP)
        assert int(begun(parent).split()[-1]) != pid
        parent.terminate()
        output_of(parent).read()
        assert parent.wait() == 0


@contextmanager
def served(where: Path, workers: int) -> Iterator[subprocess.Popen[str]]:
    script = where / "service.py"
    script.write_text(SERVICE)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(where), str(ROOT)])}
    command = [sys.executable, str(script), str(workers)]
    begun = subprocess.Popen(
        command, env=env, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    with ended(begun) as parent:
        yield parent


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
        output_of(parent).read()  # to the end of file: whoever could write to it has gone
        output_of(parent).close()
        parent.wait()


def output_of(parent: subprocess.Popen[str]) -> IO[str]:
    assert parent.stdout is not None
    return parent.stdout


def begun(parent: subprocess.Popen[str]) -> str:
    """What was said until the next worker had begun."""
    return line_with(parent, "begun")


def line_with(parent: subprocess.Popen[str], words: str) -> str:
    """What was said up to a line that has these words."""
    said = ""
    for line in output_of(parent):
        said += line
        if words in line:
            return said
    raise AssertionError(f"it ended and had not said {words}: {said}")
