"""docs/log-events.md has every event that is logged, with its levels and fields, and no other: events are codes that monitoring rests on."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

from deskgate.log_limits import BY_STRANGERS
from tests.house.test_names import PACKAGES, ROOT

LEVELS = {
    "debug": "debug",
    "info": "info",
    "warning": "warning",
    "error": "error",
    "exception": "error",
    "critical": "critical",
}
PAGE = (ROOT / "docs" / "log-events.md").read_text("utf-8")
NOT_OURS = {
    "exc_info",
    None,
}  # the traceback; the kinds of what a restore has ended, which are counted under their own names

Event = tuple[set[str], set[str]]


def logged() -> dict[str, Event]:
    """Each event in the code: its levels, its fields."""
    found: dict[str, Event] = defaultdict(lambda: (set(), set()))
    for path in (path for package in PACKAGES if package != "simulator" for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(
                    ast.Attribute(ast.Name("log") | ast.Attribute(attr="log"), level), [ast.Constant(event)]
                ) if level in LEVELS:
                    found[str(event)][0].add(LEVELS[level])
                    found[str(event)][1].update(str(one.arg) for one in node.keywords if one.arg not in NOT_OURS)
                case ast.Call(ast.Attribute(ast.Name("log") | ast.Attribute(attr="log"), level)) if level in LEVELS:
                    raise AssertionError(f"{path}:{node.lineno}: an event is one string")
    return found


def described() -> dict[str, Event]:
    rows = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| `")]
    return {row[0].strip("| `"): (set(row[1].split(", ")), set(re.findall(r"`([a-z_]+)`", row[2]))) for row in rows}


def test_every_event_is_described_and_no_other() -> None:
    assert len(logged()) > 25
    assert described() == dict(logged())


def test_an_event_is_a_code() -> None:
    assert [event for event in logged() if not re.fullmatch(r"[a-z]+(_[a-z]+)+", event)] == []
    assert set(logged()) >= BY_STRANGERS
