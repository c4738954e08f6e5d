"""A leg of a call as the simulator's page is told of it."""

from __future__ import annotations

from typing import Any

from simulator.leg import Leg


def leg_shown(leg: Leg) -> dict[str, Any]:
    """A leg as JSON for the page: nothing in it distinguishes keys, but for single ones of a menu.

    `at` grows, so that what arrives late can be told. `words` is how much was said since the person last did something, so that the page can give time to listen.
    """
    waiting = leg.waiting
    return {
        "call": leg.sid,
        "at": leg.exchange.tick(),
        "turn": turn(leg),
        "party": leg.party,
        "rung": leg.direction != "inbound",
        "detects": leg.detects,
        "from": leg.caller,
        "to": leg.called,
        "state": leg.state,
        "status": leg.status,
        "lines": list(leg.transcript),
        "pending": len(leg.keys),
        "timeout": waiting.whole("timeout", 5) if waiting else 0,
        "finish": waiting.get("finishOnKey", "#") if waiting else "",
        "words": sum(len(words.split()) for words in leg.heard[leg.unanswered :]),
        "with": [other.other_end for other in leg.exchange.others_in(leg, leg.room)] if leg.room else [],
    }


def turn(leg: Leg) -> int:
    """Changes with everything that happens on a leg: a time-out counted elsewhere is void when this has moved on."""
    return len(leg.script) * 100 + len(leg.keys)
