"""The inspector from npm for the tests that ask for it (`inspector`): another program's client of `/mcp`, which knows nothing of ours.

`.ci/run` installs it from tests/node/package-lock.json into `.inspector`, where there is npm. Where it is not there these tests are left out and counted. With
DESKGATE_REQUIRE_INSPECTOR set, as `.ci/run` then sets it, a run without them has failed.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.outer_programs import Program, counted

ROOT: Final = Path(__file__).parents[1]
COMMAND: Final = ROOT / ".inspector" / "node_modules" / ".bin" / "mcp-inspector"


@dataclass(frozen=True)
class Said:
    """`code` is what it exits with: 3 says that it wants to sign in, 5 that a tool has refused."""

    code: int
    told: Any
    error: str


Inspect = Callable[..., Said]


def found() -> Path | None:
    return COMMAND if COMMAND.exists() else None


@pytest.fixture
def inspector(tmp_path: Path) -> Inspect:
    """`inspector(url, token, "tools/call", "card", case="ticket:1")`."""

    def run(url: str, token: str, method: str, tool: str = "", **given: str) -> Said:
        asked = ["--method", method, *(["--tool-name", tool] if tool else [])]
        asked += [part for name, value in given.items() for part in ("--tool-arg", f"{name}={value}")]
        asked += ["--strict"] if method == "tools/list" else []
        ran = subprocess.run(
            [COMMAND, "--cli", f"{url}/mcp", "--header", f"Authorization: Bearer {token}", *asked],
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Said(ran.returncode, json.loads(ran.stdout) if ran.stdout.strip() else None, ran.stderr)

    return run


def pytest_configure(config: pytest.Config) -> None:
    counted(
        config,
        Program("Inspector", "inspector", "DESKGATE_REQUIRE_INSPECTOR", "it is not installed (npm, .ci/run)", found),
    )
