"""What rings, for whoever is at a page of the desk; whether they are away, and what their pages do."""

from __future__ import annotations

from dataclasses import dataclass

from desk import calls
from desk.actors import Actor
from store import Transaction
from store.calls import live_calls
from store.staff import availability


@dataclass(frozen=True, slots=True)
class Ringing:
    """How many callers wait, how many of them in an emergency, since when (ms) whoever of these, or of all, has waited for longest has, the newest of them (by id; 0: none), and the
    digits that take the first. `sound`: whoever looks wants to hear it, and is not away."""

    waiting: int = 0
    emergencies: int = 0
    since: int = 0
    newest: int = 0
    digits: str = ""
    sound: bool = False


def ringing(tx: Transaction, who: Actor) -> Ringing:
    """Nothing, where calls are not theirs to see."""
    grant = calls.permit_calls(tx, who)
    if grant is None:
        return Ringing()
    waiting = [call for call in live_calls.calls(tx, grant) if call.state == "waiting"]
    own = availability.look(tx, grant)
    return Ringing(
        len(waiting),
        sum(call.emergency for call in waiting),
        min((call.started_at for call in waiting if call.emergency or not waiting[0].emergency), default=0),
        max((call.id for call in waiting), default=0),
        calls.shown_digits(tx, grant, waiting[:1]).get(waiting[0].id, "") if waiting else "",
        own.sound and own.away is None,
    )


def set_away(tx: Transaction, who: Actor, until: int | None) -> bool:
    """False: it is not theirs to say."""
    grant = calls.permit_calls(tx, who)
    if grant is not None:
        availability.set_away(tx, grant, until)
    return grant is not None


def set_back(tx: Transaction, who: Actor) -> bool:
    grant = calls.permit_calls(tx, who)
    if grant is not None:
        availability.set_back(tx, grant)
    return grant is not None


def set_sound(tx: Transaction, who: Actor, *, on: bool) -> bool:
    grant = calls.permit_calls(tx, who)
    if grant is not None:
        availability.set_sound(tx, grant, on=on)
    return grant is not None


def set_shortcuts(tx: Transaction, who: Actor, *, on: bool) -> bool:
    grant = calls.permit_calls(tx, who)
    if grant is not None:
        availability.set_shortcuts(tx, grant, on=on)
    return grant is not None
