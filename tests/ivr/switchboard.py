"""Somebody asks for a person: the desk's phones that ring then, and the tickets it comes to."""

from __future__ import annotations

from sqlalchemy import select

from simulator.phone import Phone
from store import tables
from tests.desk import Desk
from tests.ivr.wire import rows

CALLBACK = ("Call back: asked for a person", "open", "technical", False)
EMERGENCY = ("Emergency: nobody answered", "open", "technical", True)


def asks(desk: Desk, number: str = "+441632960108", pin: str = "17846325", key: str = "0") -> Phone:
    """Somebody who has asked for a person, or for the emergency line."""
    phone = desk.exchange.phone(number)
    phone.dial()
    for keys in ("#", f"{pin}#", key):
        phone.press(keys)
    desk.work()
    return phone


def rings(desk: Desk) -> list[Phone]:
    """The desk's phones that ring now, in the order of their numbers."""
    ringing = [leg for leg in desk.exchange.legs.values() if leg.state == "ringing"]
    return sorted(ringing, key=lambda leg: leg.called)


def taken(desk: Desk, caller: Phone, keys: str = "1") -> Phone:
    """The first phone that rings is answered, and the call taken on it: with 1 where nobody is signed in, or with the digits of whoever is."""
    agent = rings(desk)[0]
    agent.answer()
    agent.press(keys)
    caller.wait()
    return agent


def tickets(desk: Desk) -> list[tuple[str, str, str, bool]]:
    t = tables.tickets.c
    return [tuple(row) for row in rows(desk, select(t.title, t.status, t.topic, t.priority == 0).order_by(t.number))]
