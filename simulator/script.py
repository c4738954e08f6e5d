"""Calls one can read: a text file that is both what the caller does and what the desk must say.

    # What a line can be; blank lines and lines that begin with # are left out.
    from +441632960108              who calls (`from unknown` and the like: no number). The call begins here
    desk: Welcome to the desk.      the next thing heard. Several Says may be joined in one line; every word counts
    desk: Your ticket is … now.     … stands for any words; a line that is only … for any number of lines, or none
    caller presses 10000081#        keys
    caller waits                    until the time-out passes
    caller says my site is down     in a recording (or to the others in a conference)
    caller says … and hangs up      the same, then hangs up instead of pressing #
    caller hangs up
    desk hangs up                   the desk has ended the call
    agent answers                   the phone that rings; also `agent declines`, `agent does not answer`
    caller answers                  the caller's phone, where the desk calls them; also `a machine answers`
    elsewhere Kim asks for a PIN    something that is done in Slack or on another phone, by whoever plays the script
    agent: hears Press 1 …          like desk:, on the agent's phone
    agent presses 1                 also `agent waits`, `agent says …`, `agent hangs up`
    twilio logs 11200               the error Twilio's debugger shows; one that no line expects is a mismatch

Everything heard must be in the script before the caller (or the agent) does the next thing.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.exchange import Exchange
from simulator.lines import BadScriptError, calling, parse, parse_line
from simulator.performance import Performance, ScriptMismatchError
from simulator.phone import Phone

__all__ = ["BadScriptError", "ScriptMismatchError", "play", "record", "written_down"]


def play(
    script: str,
    exchange: Exchange,
    *,
    from_number: str = "",
    meanwhile: Callable[[], None] = lambda: None,
    patience: float = 0.0,
    elsewhere: Callable[[str], None] | None = None,
) -> list[tuple[str, str]]:
    """Play a script and return the caller's transcript, or raise ScriptMismatchError or BadScriptError.

    `meanwhile` runs after everything anyone does: hand in what delivers the desk's outbox in a test. `patience` is
    how many seconds to wait for a phone to ring; `elsewhere` does what happens elsewhere. A script that ends in the middle of a call hangs up.
    """
    performance = Performance(exchange, meanwhile, patience, elsewhere)
    lines = parse(script)
    if not lines or lines[0].kind not in ("from", "elsewhere"):
        lines.insert(0, calling(from_number))
    try:
        for line in lines:
            performance.play(line)
        performance.close(lines[-1])
    finally:
        performance.hang_up()
    return performance.transcript


def record(
    script: str,
    exchange: Exchange,
    *,
    from_number: str = "",
    meanwhile: Callable[[], None] = lambda: None,
    patience: float = 0.0,
    elsewhere: Callable[[str], None] | None = None,
) -> str:
    """Play only what people do in a script, and return it with what was heard now: for updating a golden call.

    Comments and blank lines stay; expected lines are dropped, those with … as well.
    """
    performance = Performance(exchange, meanwhile, patience, elsewhere)
    written: list[str] = []
    begun = False
    try:
        for number, source in enumerate(script.splitlines(), 1):
            stripped = source.strip()
            if not stripped or stripped.startswith("#"):
                written.append(source)
                continue
            line = parse_line(number, stripped)
            if line.kind in ("caller hears", "agent hears", "desk hangs up", "twilio logs"):
                continue
            if not begun and line.kind not in ("from", "elsewhere"):
                performance.act(calling(from_number))
                written += performance.news()
            begun = True
            performance.act(line)
            written += [line.source, *performance.news()]
    finally:
        performance.hang_up()
    return "\n".join(written) + "\n"


def written_down(*phones: Phone) -> str:
    """The script of a call that was made by hand, with the keys as they were pressed. The caller's phone first."""
    lines = sorted(line for phone in phones for line in phone.script)
    return "\n".join([f"from {phones[0].caller}", *(line for _, line in lines)]) + "\n"
