"""What others deploy with, for the tests that ask for it: `helm`, `kubernetes`, `promtool`, `systemd_analyze`. None of them reaches anything here.

tests/tools/install.sh, which `.ci/run` calls, puts the first three into `.tools`. Where one is not there its tests are left out and counted; with its DESKGATE_REQUIRE_… set, as `.ci/run`
sets it where it could get it, a run without them has failed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from tests.outer_programs import Program, counted

ROOT: Final = Path(__file__).parents[1]
TOOLS: Final = ROOT / ".tools"

Run = Callable[..., subprocess.CompletedProcess[str]]


def _found(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join((str(TOOLS), os.environ.get("PATH", os.defpath))))


def _runs(name: str, home: Path) -> Run:
    """`run("lint", "deploy/helm/deskgate")`, in the repository's folder; what it said, whatever it exits with."""

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(_found(name)), *map(str, words)],
            cwd=ROOT,
            env={"PATH": os.defpath, "HOME": str(home), "LC_ALL": "C.UTF-8", "SYSTEMD_COLORS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def helm(tmp_path: Path) -> Run:
    return _runs("helm", tmp_path)


@pytest.fixture
def kubernetes() -> Path:
    """A folder of schemas for each version: v1.27.0-local-strict, the oldest that the chart takes, and a new one."""
    return TOOLS / "kubernetes"


@pytest.fixture
def promtool(tmp_path: Path) -> Run:
    return _runs("promtool", tmp_path)


@pytest.fixture
def systemd_analyze(tmp_path: Path) -> Run:
    return _runs("systemd-analyze", tmp_path)


def pytest_configure(config: pytest.Config) -> None:
    for name, where in (
        ("helm", "sh tests/tools/install.sh"),
        ("kubernetes", "sh tests/tools/install.sh"),
        ("promtool", "sh tests/tools/install.sh"),
        ("systemd-analyze", "Debian: systemd"),
    ):
        fixture = name.replace("-", "_")
        there = (TOOLS / name).is_dir if name == "kubernetes" else partial(_found, name)
        counted(
            config,
            Program(name, fixture, f"DESKGATE_REQUIRE_{fixture.upper()}", f"it is not installed ({where})", there),
        )
