"""What a run under coverage.py entered of each package, and the functions it never did: the last step of `make coverage`, and a plugin of its run."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage


@dataclass
class Package:
    statements: int = 0
    entered: int = 0
    functions: int = 0
    never: list[str] = field(default_factory=list)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Written now: xdist waits ten seconds for a process that ends, and on a busy machine that is too short for all it has entered."""
    measured = Coverage.current()
    if measured is not None:
        measured.save()


def packages(report: dict[str, Any]) -> dict[str, Package]:
    """Of a report of coverage.py as JSON. A function was entered when one of its statements was."""
    found: dict[str, Package] = defaultdict(Package)
    for path, file in report["files"].items():
        package = found[Path(path).parts[0]]
        package.statements += file["summary"]["num_statements"]
        package.entered += file["summary"]["covered_lines"]
        for name, function in file["functions"].items():
            if name and function["summary"]["num_statements"]:
                package.functions += 1
                if not function["executed_lines"]:
                    package.never.append(f"{path}: {name}")
    return dict(sorted(found.items()))


def main() -> None:
    measured = Coverage()
    measured.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        measured.json_report(outfile=str(path))
        found = packages(json.loads(path.read_text("utf-8")))
    print(f"\n{'package':<12}{'statements':>12}{'entered':>10}{'functions':>12}{'never entered':>16}")
    for name, of in found.items():
        share = f"{of.entered / of.statements:.1%}"
        print(f"{name:<12}{of.statements:>12,}{share:>10}{of.functions:>12,}{len(of.never):>16}")
    print("\nNever entered:")
    for of in found.values():
        print(*(f"  {one}" for one in of.never), sep="\n", end="\n" if of.never else "")


if __name__ == "__main__":
    main()
