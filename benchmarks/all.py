"""Runs every measurement and sums up in one table, with the aims beside it: `python -m benchmarks.all [name …] [--quick]`.

Each runs in a process of its own, one after the other; their lines that say an aim are collected at the end. Leaves with 1
if a measurement fails; an aim that is not reached is said, and is no failure.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time

from benchmarks.measuring import AIM, machine

QUICK = {
    "decisions": [],
    "ledger": ["--seconds", "1", "--rounds", "1"],
    "turns": ["--seconds", "1", "--rounds", "1"],
    "tickets": ["--seconds", "1", "--rounds", "1"],
    "slack_bolt": ["--seconds", "1", "--rounds", "1"],
    "growth": ["--many", "100000", "--rounds", "2"],
    "pages": ["--many", "20000", "--rounds", "20", "--seconds", "5"],
}
# decisions.py prints a table of its own: row → least ratio of the mixed questions, the bounds its prototype set.
DECISIONS = {"cedarpy, parsed handles": 50, "cedarpy, everything as text": 100, "pycasbin": 20}


def run(name: str, arguments: list[str]) -> tuple[list[str], int]:
    """Shows what a measurement prints while it runs; its lines, and how it ended."""
    print(f"\n=== {name} {' '.join(arguments)}".rstrip(), flush=True)
    lines = []
    command = [sys.executable, "-u", "-m", f"benchmarks.{name}", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line.rstrip())
    return lines, process.returncode


def aims_of(name: str, lines: list[str]) -> list[list[str]]:
    """What, reached, aim, verdict: of every line that says an aim."""
    said = [line.removeprefix(AIM).split(" | ") for line in lines if line.startswith(AIM)]
    for row, bound in DECISIONS.items() if name == "decisions" else ():
        found = next((line for line in lines if re.match(re.escape(row) + r"\s{2,}", line)), None)
        if found:
            mixed = float(found.split()[-1])
            verdict = "reached" if mixed >= bound else "NOT REACHED"
            said.append([f"a decision, times faster than {row}", f"{mixed:.0f}", f"at least {bound}", verdict])
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(QUICK)}; all if none is given")
    parser.add_argument("--quick", action="store_true", help="whether everything runs: the figures are worth little")
    options = parser.parse_args()
    if unknown := set(options.names) - set(QUICK):
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    began, aims, failed = time.monotonic(), list[list[str]](), list[str]()
    for name in options.names or QUICK:
        lines, status = run(name, QUICK[name] if options.quick else [])
        aims += aims_of(name, lines)
        if status:
            failed.append(name)
    print(f"\n=== {time.strftime('%Y-%m-%d')}, {(time.monotonic() - began) / 60:.0f} minutes\n{machine()}\n")
    for what, reached, bound, verdict in aims:
        print(f"  {what:64}{reached:>8}  {bound:14}{verdict}")
    for name in failed:
        print(f"  {name}: FAILED, see above")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
