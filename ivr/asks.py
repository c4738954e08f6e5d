"""How a call asks the judge: about which desk, in whose name, and with which proof at this moment."""

from __future__ import annotations

from dataclasses import dataclass

from authz import Action, Ask, Grant, Proof, Topic
from desk import by_phone, spoken
from desk.actors import Actor, NotAllowed, build_ask, judge
from desk.opening_hours import Hours
from ivr.types import Call
from store.accounts.account_details import Refused
from store.db.transaction import Transaction
from store.messages.timeline import Recorded


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """Where the desk is reached: the numbers rung for a person, and in an emergency; and whether in Slack too.

    People answer in `hours`, or always. With `pin_choice` they may have PINs of fewer digits than eight. A second proof lasts `step_up_minutes`; `texting` are the countries to which codes go by
    text message, none where they do not.
    """

    agents: tuple[str, ...]
    emergency: tuple[str, ...]
    slack: bool = False
    step_up_minutes: int = 15
    pin_choice: bool = False
    texting: tuple[str, ...] = ()
    hours: Hours | None = None


def caller(tx: Transaction, call: Call) -> Actor:
    """The verified caller as an actor: their second proof counts in this call, and nowhere else."""
    assert call.subject is not None
    return Actor(call.subject, Proof(call.proof), tx.call or "")


def account_of(call: Call) -> int:
    assert call.account is not None
    return call.account


def asked(tx: Transaction, call: Call, action: Action, topic: Topic | None = None, service: str | None = None) -> Ask:
    """Asks with the proof of this moment: a second proof counts for this call and account, and ends by itself."""
    return build_ask(tx, caller(tx, call), action, call.account, topic, service)


def judged(tx: Transaction, ask: Ask) -> Grant | Refused:
    found = judge(tx, ask)
    return by_phone.why_not(tx, found) if isinstance(found, NotAllowed) else found


def by_topic(tx: Transaction, call: Call, action: Action) -> list[Grant] | Refused:
    """The grants for each topic of an action, or why there is none."""
    found = by_phone.by_topic(tx, caller(tx, call), action, call.account)
    return by_phone.why_not(tx, found) if isinstance(found, NotAllowed) else found


def keep(tx: Transaction, call: Call, recorded: Recorded | None, title: str, body: str = "") -> None:
    """A message from somebody who has proved who they are, and may not open a ticket."""
    spoken.keep(tx, caller(tx, call), call.account, call.topic or "technical", title, recorded, body)


def ring_ask(tx: Transaction, call: Call) -> Ask:
    """For a person, or for the emergency line."""
    if call.about == "emergency":
        return asked(tx, call, Action.PHONE_EMERGENCY, service=call.service)
    return asked(tx, call, Action.PHONE_SUPPORT)
