"""The lines a call script may have: the grammar told in script.py, as patterns."""

from __future__ import annotations

import re
from dataclasses import dataclass

_GRAMMAR: tuple[tuple[str, str], ...] = (
    (r"from (?P<text>\S+)", "from"),
    (r"desk: ?(?P<text>.+)", "caller hears"),
    (r"desk hangs up", "desk hangs up"),
    (r"agent: ?(?:hears )?(?P<text>.+)", "agent hears"),
    (r"(?P<who>caller|agent) presses (?P<text>[0-9*#]+)", "presses"),
    (r"(?P<who>caller|agent) waits", "waits"),
    (r"(?P<who>caller|agent) says (?P<text>.+?) and hangs up", "says and hangs up"),
    (r"(?P<who>caller|agent) says (?P<text>.+)", "says"),
    (r"(?P<who>caller|agent) hangs up", "hangs up"),
    (r"(?P<who>caller|agent) (?P<text>answers|declines|does not answer)", "is called"),
    (r"(?P<text>a machine answers)", "is called"),
    (r"elsewhere (?P<text>.+)", "elsewhere"),
    (r"twilio logs (?P<text>\d+)", "twilio logs"),
)


class BadScriptError(Exception):
    """A line that is none of the above, or in a place where it makes no sense."""


@dataclass(frozen=True)
class Line:
    """One line: its number in the file, what kind it is, who acts ("caller" or "agent"), and its words or keys."""

    number: int
    kind: str
    who: str
    text: str
    source: str


def parse(script: str) -> list[Line]:
    """The lines of a script that say something; raises BadScriptError with the number of the first bad one."""
    lines = []
    for number, source in enumerate(script.splitlines(), 1):
        stripped = source.strip()
        if stripped and not stripped.startswith("#"):
            lines.append(parse_line(number, stripped))
    return lines


def parse_line(number: int, source: str) -> Line:
    for pattern, kind in _GRAMMAR:
        if match := re.fullmatch(pattern, source):
            groups = match.groupdict()
            who = groups.get("who") or ("agent" if kind.startswith("agent") else "caller")
            return Line(number, kind, who, " ".join(groups.get("text", "").split()), source)
    raise BadScriptError(f"line {number}: nobody knows how to do this: {source}")


def calling(number: str) -> Line:
    if not number:
        raise BadScriptError("line 1: say who calls first: from +441632960108")
    return Line(0, "from", "caller", number, f"from {number}")
