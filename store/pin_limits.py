"""Who may try how many wrong PINs, from the caller outwards: this number, its class, the desk; and what that lets be guessed.

A caller is of one class, by what their call shows and whom they say they are:

own, own-attested  the number is on file for that person; attested: the network vouches for it (`StirVerstat` A)
attested           the network vouches for the number, which is on file for somebody else or nobody
strangers          a number nobody vouches for, or a withheld one

A number can be made up, so none of this proves anything: it only says whose budget is spent. What strangers do spends the
budgets of strangers alone. The sizes are such that one line that rings for an hour leaves some of each shared budget to others,
and that all of them together let nobody in more often than `chance_a_day` says: the docs state it, a test computes it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from store.budgets import DAY, HOUR, Limit
from store.keys import Keys

PINS_EACH: Final = 2  # of everybody: the PIN, and the one that is keyed under a threat
NOT_EASY: Final = 0.9  # of all numbers at least so many may be somebody's PIN (pins.py: of six digits 0.908)
AT_MOST: Final = 1e-4  # the chance a day that guessing opens any account
# Where people may choose (PIN_CHOICE), a guess with fewer digits hits oftener: each length has budgets of its own, which share
# the chance out. Ten digits are counted as eight.
SHARES: Final = {8: 0.2, 7: 0.2, 6: 0.6}
FEWEST: Final = 3  # even so: two customers may key at once, and one of them wrongly

NUMBER = Limit("number", 20, HOUR // 10)
OWN = Limit("own", 300, HOUR // 20, "pins_own_number")
OWN_ATTESTED = Limit("own-attested", 300, HOUR // 20, "pins_own_number")
ATTESTED = Limit("attested", 300, HOUR // 20, "pins_attested")
WITHHELD = Limit("withheld", 420, HOUR // 50, "pins_withheld")
ALIKE = Limit("prefix", 420, HOUR // 50, "pins_prefix")
DESK = Limit("desk", 480, HOUR // 60, "pins_strangers")  # all strangers together
WIDEST: Final = (OWN, OWN_ATTESTED, ATTESTED, DESK)  # everybody spends one of these
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
            widest = OWN_ATTESTED if attested else OWN
            found = [(f":{widest.name}:{which}", replace(NUMBER, alert="pins_one_number")), ("", widest)]
        elif attested:
            found = [(f":attested:{which}", NUMBER), ("", ATTESTED)]
        else:
            found = [
                (f":{which}", NUMBER),
                (f":{number[:PREFIX]}", replace(ALIKE, detail=number[:PREFIX])),
                ("", DESK),
            ]
    length = min(8, max(6, digits)) if choice else 8
    return tuple(_named(limit, whose, length, choice) for whose, limit in found)


def _named(limit: Limit, whose: str, length: int, choice: bool) -> Limit:
    name = f"pin:{limit.name}{whose}"
    return replace(_of_length(limit, length), name=f"{name}:{length}") if choice else replace(limit, name=name)


def _of_length(limit: Limit, length: int) -> Limit:
    """The part of a budget that guesses of this length have, where people may choose."""
    part = SHARES[length] / 10 ** (8 - length)
    return replace(limit, most=max(FEWEST, int(limit.most * part)), every=int(limit.every / part))


def chance_a_day(*, choice: bool) -> float:
    """The chance that somebody who tries all that the budgets allow, at as many people as they like and with no PIN that is
    easy, opens any account within a day. No more than the sum of what each guess may hit."""
    if not choice:
        return sum(limit.within(DAY) for limit in WIDEST) * _hit(8)
    return sum(_of_length(limit, length).within(DAY) * _hit(length) for limit in WIDEST for length in SHARES)


def _hit(length: int) -> float:
    return PINS_EACH / NOT_EASY / float(10**length)
