"""PHP's own server for the tests that ask for it (`php`): it serves examples/verify-caller, as a panel of the operator's would.

Where PHP is not there these tests are left out and counted. With DESKGATE_REQUIRE_PHP set, as `.ci/run` sets it where it could install that, a run
without them has failed.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.outer_programs import Program, counted

ROOT: Final = Path(__file__).parents[1]
_BEGAN: Final = re.compile(r"Development Server \((http://127\.0\.0\.1:\d+)\) started")

Start = Callable[..., str]


def found() -> str | None:
    return shutil.which("php")


@pytest.fixture
def php(tmp_path: Path) -> Iterator[Start]:
    """`php(folder, NAME=value, …)` serves a folder of the repository with that environment and no other; its address. `under` a path, as beside a panel, it is there and
    nowhere else."""
    running: list[subprocess.Popen[bytes]] = []
    (tmp_path / "sessions").mkdir()

    def start(folder: str, under: str = "", **environment: str) -> str:
        site = ["index.php"]
        if under:
            site = ["-t", str(tmp_path / "site")]
            (tmp_path / "site").mkdir()
            (tmp_path / "site" / under.strip("/")).symlink_to(ROOT / folder)
        log = tmp_path / f"php-{len(running)}.log"
        options = ["-n", "-d", f"session.save_path={tmp_path / 'sessions'}", "-d", "log_errors=1"]
        with log.open("wb") as out:
            began = subprocess.Popen(
                [found() or "php", *options, "-S", "127.0.0.1:0", *site],
                cwd=ROOT / folder,
                env={"PATH": os.environ["PATH"], "PHP_CLI_SERVER_WORKERS": "2", **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        running.append(began)
        while began.poll() is None:
            if match := _BEGAN.search(log.read_text()):
                return match[1] + under
            time.sleep(0.01)  # it starts within a tenth of a second
        raise AssertionError(f"PHP's server does not start: {log.read_text()}")

    yield start
    for one in running:
        os.killpg(one.pid, signal.SIGTERM)
        one.wait()


def pytest_configure(config: pytest.Config) -> None:
    counted(config, Program("PHP", "php", "DESKGATE_REQUIRE_PHP", "it is not installed (php-cli)", found))
