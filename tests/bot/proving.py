"""Second proofs for the tests of Slack: authenticators that are old enough, calls under way, and codes that were shown."""

from __future__ import annotations

import re

import pyotp
from sqlalchemy import select, update

from authz import Subject
from simulator.phone import Phone
from store import tables
from store.verification import step_ups, totp, transfer_codes
from tests.bot.slack_desk import SlackDesk

DAYS = 86_400_000  # ms
PEOPLE = {  # username → (number, support ID, PIN)
    "raj.patel": ("+441632960107", "10000073", "53960281"),
    "sam.okoro": ("+441632960105", "10000057", "26487159"),
    "olivia.hart": ("+441632960101", "10000016", "73059184"),
    "mia.chen": ("+441632960108", "10000081", "17846325"),
    "leo.fox": ("+441632960109", "10000099", "39275068"),
}


SUBJECT = {  # in the order of the sample accounts
    "olivia.hart": Subject("person:1"),
    "dev.anand": Subject("person:2"),
    "sam.okoro": Subject("person:5"),
    "raj.patel": Subject("person:7"),
    "mia.chen": Subject("person:8"),
    "leo.fox": Subject("person:9"),
}


def app(desk: SlackDesk, username: str, days: int = 4) -> pyotp.TOTP:
    """Somebody's authenticator app, set up some days ago."""
    now, desk.now = desk.now, desk.now - days * DAYS
    person = SUBJECT[username].person
    with desk.store.transaction("test") as tx:
        made = pyotp.TOTP(totp.begin(tx, person))
        assert totp.confirm(tx, person, made.at(desk.now // 1000))
    desk.now = now
    return made


def shows(desk: SlackDesk, made: pyotp.TOTP) -> str:
    return made.at(desk.now // 1000)


def on_the_phone(desk: SlackDesk, username: str) -> Phone:
    """A call in which they have given their PIN."""
    number, support_id, pin = PEOPLE[username]
    phone = desk.exchange.phone(number)
    phone.dial()
    phone.press(f"{support_id}#")
    phone.press(f"{pin}#")
    return phone


def sid(desk: SlackDesk) -> str:
    """The newest call."""
    with desk.store.transaction("test") as tx:
        c = tables.calls.c
        return str(tx.connection.execute(select(c.sid).order_by(c.started_at.desc(), c.sid.desc())).scalars().first())


def carried_from_the_phone(desk: SlackDesk, username: str, account: int, topic: str) -> str:
    """A transfer code for Slack, as the phone gives it after a second proof there."""
    with desk.store.transaction("phone", call="CA" + "5" * 32) as tx:
        who = SUBJECT[username]
        step_ups.reached(tx, who, account, "text", "CA" + "5" * 32, ends_at=tx.now + 900_000)
        digits = transfer_codes.give(tx, transfer_codes.TO_SLACK, who, account, "CA" + "5" * 32, topic)  # type: ignore[arg-type]
    assert digits is not None
    return digits


def digits_in(words: str) -> str:
    """The eight digits that a message shows, four and four."""
    found = re.findall(r"\b([0-9]{4}) ([0-9]{4})\b", words)
    assert found, words
    return "".join(found[-1])


def linked_days_ago(desk: SlackDesk, user: str, days: float) -> None:
    with desk.store.transaction("test") as tx:
        s = tables.slack_members
        at = desk.now - int(days * DAYS)
        tx.connection.execute(update(s).where(s.c.member == user).values(linked_at=at))
