"""Who may try how many wrong PINs, from the caller outwards: this number, its class, the desk; and what that lets be guessed.

A caller is of one class, by what their call shows and whom they say they are:

own, own-attested  the number is on file for that person; attested: the network vouches for it (`StirVerstat` A)
attested           the network vouches for the number, which is on file for somebody else or nobody
strangers          a number nobody vouches for, or a withheld one

A number can be made up, so none of this proves anything: it only says whose budget is spent. What strangers do spends the
budgets of strangers alone. The sizes are such that one line that rings for an hour leaves some of each shared budget to others:
a call of three wrong PINs takes 12 seconds, with six of silence (radar.WRONG), so a line keys 900 in an hour and no more. And
all of them together let nobody in more often than `chance_a_day` says: the docs state it, a test computes it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from store.db.keys import Keys
from store.security.budgets import DAY, HOUR, Limit

PINS_EACH: Final = 2  # of everybody: the PIN, and the one that is keyed under a threat
NOT_EASY: Final = 0.9  # of all numbers at least so many may be somebody's PIN (pins.py: of six digits 0.908)
AT_MOST: Final = 1e-4  # the chance a day that guessing opens any account
NUMBER = Limit("number", 20, HOUR // 10)
NUMBER_OWN = replace(NUMBER, name="number-own", alert="pins_one_number")
NUMBER_ATTESTED = replace(NUMBER, name="number-attested")
OWN = Limit("own", 300, HOUR // 15, "pins_own_number")
OWN_ATTESTED = Limit("own-attested", 300, HOUR // 15, "pins_own_number")
ATTESTED = Limit("attested", 200, HOUR // 10, "pins_attested")
WITHHELD = Limit("withheld", 1_020, HOUR // 50, "pins_withheld")
ALIKE = Limit("prefix", 1_020, HOUR // 50, "pins_prefix")
DESK = Limit("desk", 1_080, HOUR // 60, "pins_strangers")  # all strangers together
WIDEST: Final = (OWN, OWN_ATTESTED, ATTESTED, DESK)  # everybody spends one of these
# Where people may choose (PIN_CHOICE), a guess with fewer digits hits oftener. Each length then has budgets of its own: so many
# at once, so many more a day. Eight and more keep what A4 promises. All the desk can allow of six is some 22 a day, so one line
# that shows ever new numbers takes what strangers share of them; most are kept for callers from a number on file, attested or
# not, who are the most. One number never has as many as its class, nor a class as many as the wider one. Ten digits count as eight.
CHOSEN: Final = {
    8: {
        "number": (20, 120),
        "withheld": (1_020, 192),
        "prefix": (1_020, 192),
        "desk": (1_080, 240),
        "number-attested": (20, 120),
        "attested": (100, 80),
        "number-own": (20, 120),
        "own": (140, 160),
    },
    7: {
        "number": (4, 2),
        "withheld": (8, 3),
        "prefix": (10, 4),
        "desk": (18, 6),
        "number-attested": (4, 2),
        "attested": (12, 6),
        "number-own": (6, 4),
        "own": (17, 8),
    },
    6: {
        "number": (2, 1),
        "withheld": (2, 1),
        "prefix": (3, 1),
        "desk": (5, 1),
        "number-attested": (2, 1),
        "attested": (3, 1),
        "number-own": (4, 2),
        "own": (8, 2),
    },
}
# Of short PINs the desk hears what a whole class has used up: a few people who mistyped are enough for it.
SHORT: Final = {"own": "pins_short_own", "desk": "pins_short", "attested": "pins_short_attested"}
PREFIX: Final = 7  # characters: +441632


def limits(
    keys: Keys, number: str | None, *, own: bool, attested: bool, digits: int, choice: bool
) -> tuple[Limit, ...]:
    """The budgets an attempt with so many `digits` is of, the nearest first. `own`: the number is on file for whoever they say
    they are; `choice`: people may choose their PINs here, so that shorter ones may be right."""
    if number is None:
        found = [("", WITHHELD), ("", DESK)]
    else:
        which = keys.digest("pin-limits", number)[:40]
        if own:
            widest = OWN_ATTESTED if attested and not choice else OWN
            found = [(f":{widest.name}:{which}", NUMBER_OWN), ("", widest)]
        elif attested:
            found = [(f":attested:{which}", NUMBER_ATTESTED), ("", ATTESTED)]
        else:
            alike = replace(ALIKE, detail=number[:PREFIX])
            found = [(f":{which}", NUMBER), (f":{number[:PREFIX]}", alike), ("", DESK)]
    length = min(8, max(6, digits)) if choice else 0
    return tuple(_named(limit, whose, length) for whose, limit in found)


def caller(keys: Keys, number: str | None) -> str:
    """Who shares the tries at one person (attempt_limits.py): whoever shows this number, or those who withhold theirs."""
    return "withheld" if number is None else keys.digest("pin-tries", number)[:20]


def _named(limit: Limit, whose: str, length: int) -> Limit:
    name = f"pin:{limit.name}{whose}"
    return replace(_of_length(limit, length), name=f"{name}:{length}") if length else replace(limit, name=name)


def _of_length(limit: Limit, length: int) -> Limit:
    """What guesses of this length have of a budget, where people may choose."""
    most, a_day = CHOSEN[length][limit.name]
    sized = replace(limit, most=most, every=DAY // a_day)
    return sized if length == 8 else replace(sized, alert=SHORT.get(limit.name, ""), detail=str(length))


def chance_a_day(*, choice: bool) -> float:
    """The chance that somebody who tries all that the budgets allow, at as many people as they like and with no PIN that is
    easy, opens any account within a day. No more than the sum of what each guess may hit."""
    if not choice:
        return sum(limit.within(DAY) for limit in WIDEST) * _hit(8)
    widest = (limit for limit in WIDEST if limit is not OWN_ATTESTED)  # who is known by a number on file shares one
    return sum(_of_length(limit, length).within(DAY) * _hit(length) for limit in widest for length in CHOSEN)


def _hit(length: int) -> float:
    return PINS_EACH / NOT_EASY / float(10**length)
