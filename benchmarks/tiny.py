"""Starts every measurement, storm and drill there is, tiny and on SQLite, to see that it runs: `python -m benchmarks.tiny [name …]`; those of reliability/ as well.

Whether it runs is all there is to see: of so few no figure is worth anything, not even whether it is the one wanted. All but
`ALONE` run in forks of this process, which imports the desk once: that takes longer than most of them. Leaves with 1 if one
did not come to its end.
"""

from __future__ import annotations

import argparse
import importlib
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from multiprocessing import get_context
from typing import Final, NamedTuple

SQLITE: Final = ("--only", "SQLite")
TINY: Final[dict[str, tuple[str, ...]]] = {  # measurement → with what it is a matter of seconds
    "all": ("--help",),
    "decisions": ("--questions", "4", "--rounds", "1"),
    "django_helpdesk": ("--tickets", "4", "--rounds", "1", *SQLITE),  # installs it at the first time
    "growth": ("--tiny", *SQLITE),
    "import_speed": ("20", *SQLITE),
    "ledger": ("--seconds", "0.02", "--rounds", "1", *SQLITE),
    "mutants": ("grant", "--every", "1000", "--stages", "1"),
    "notice_kills": ("--notices", "30", "--kills", "1", *SQLITE),
    "pin_kills": ("--kills", "2", "--people", "4", *SQLITE),
    "pin_storm": ("--guesses", "6", "--connections", "2", "--processes", "1", *SQLITE),
    "pin_timing": ("--samples", "2", *SQLITE),
    "pages": ("--tiny", *SQLITE),
    "slack_ack": ("--seconds", "1", "--rate", "5", "--hang", "1", *SQLITE),
    "slack_bolt": ("--seconds", "0.02", "--rounds", "1", *SQLITE),
    "slack_storm": ("--cases", "4", "--kills", "1", "--control", "0", *SQLITE),
    "person_report": ("300",),
    "start": ("--rounds", "1"),
    "sync_speed": ("20", *SQLITE),
    "tickets": ("--seconds", "0.02", "--rounds", "1", "--apart", "10", *SQLITE),
    "turns": ("--seconds", "0.02", "--rounds", "1", "--keys", "9", "--apart", "10", *SQLITE),
    "walks": (),
    "worker": ("--tickets", "2", "--rounds", "1", *SQLITE),
    "reliability.day": ("--minutes", "0.05", "--slices", "2", "--control", "0", *SQLITE),
    "reliability.load": (
        *("--sqlite-seconds", "1", "--sqlite-rate", "0.2", "--burst", "5", "--over", "2", "--over-seconds", "0.5"),
        *("--pages", "1", "--pace", "0.02", "--control", "0", *SQLITE),
    ),
}
# The one imports a changed module of the desk, which may not be there already; the other empties the collector before each figure,
# which looks at all that is imported.
ALONE: Final = {"mutants", "decisions"}
DESK: Final = (
    "deskgate.serve",
    "deskgate.app",
    "alembic.command",
    "tests.desk",
    "benchmarks.growth",
    "benchmarks.slack_side",
)
BOUND: Final = 240  # seconds: one that hangs is ended


class Ended(NamedTuple):
    """With what code, or the signal below zero; and everything it said."""

    code: int | None
    said: str

    @property
    def well(self) -> bool:
        """1 says that a figure is not the one wanted."""
        return self.code in (0, 1) and "Traceback" not in self.said and self.said.count("\n") > 2


def module_of(name: str) -> str:
    return name if "." in name else f"benchmarks.{name}"


def started(name: str) -> Ended:
    """One of them from its beginning to its end. What it has started ends with it."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = get_context("fork").Process(target=_main_of, args=(name, said.fileno()))
        process.start()
        process.join(BOUND)
        with suppress(ProcessLookupError):
            os.killpg(process.pid or 0, signal.SIGKILL)
        process.join()
        said.seek(0)
        return Ended(process.exitcode, said.read())


def _main_of(name: str, said: int) -> None:
    """What `python -m benchmarks.name …` does."""
    os.setsid()
    os.dup2(said, 1)
    os.dup2(said, 2)
    if name in ALONE:
        sys.exit(subprocess.call([sys.executable, "-m", module_of(name), *TINY[name]]))
    sys.argv = [name, *TINY[name]]
    runpy.run_module(module_of(name), run_name="__main__", alter_sys=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(TINY)}; all if none is given")
    names = parser.parse_args().names or list(TINY)
    if unknown := set(names) - set(TINY):
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    os.environ["BENCH_START"] = "fork"  # before benchmarks.measuring is imported
    for module in DESK:
        importlib.import_module(module)
    failed = list[str]()
    for name in names:
        began, ended = time.monotonic(), started(name)
        print(f"\n=== {name} {' '.join(TINY[name])}: {time.monotonic() - began:.1f} s\n{ended.said}", flush=True)
        if not ended.well:
            failed.append(f"{name} ended with {ended.code}")
    print("\n".join(failed or [f"Each of the {len(names)} ran to its end."]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
