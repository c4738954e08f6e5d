"""Words of other people, read out on a real call: names, services and titles that would like to be more than words.

T38
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import select, update

from simulator.phone import Phone
from store import tables
from tests.desk import Desk
from tests.ivr.wire import Caller, Wire, change
from tests.rights import held

VERBS = {"Response", "Gather", "Say", "Record", "Redirect", "Dial", "Conference", "Hangup"}
HOSTILE = {
    "markup": "</Say><Dial>+441632960999</Dial><Say>&lt;Dial&gt; & ]]> <!-- <![CDATA[",
    "marks": "\u202eevil\u202c \u2066x\u2069 \ufeff\u200b 😀👍🏽🏴\U000e0067\U000e007f ❤️ 1️⃣ \ufffe e\u0301\u0301",
    "controls": "a\x01b\x07c\x1b[31md\r\ne\x7ff\x85g\u2028h",
    "ten thousand": "<word> " * 1666,
    "braces": "{number} {0} %s ${HOME} {{ }} {invoice.amount}",
    "nothing": " \u200b 😀 ",
}


def everywhere(words: str) -> list[Any]:
    """Every text of other people that a call reads out."""
    t = tables
    raj = select(t.people.c.id).where(t.people.c.username == "raj.patel").scalar_subquery()
    tideworks = select(t.accounts.c.id).where(t.accounts.c.number == "400639").scalar_subquery()
    mine = {"account_id": tideworks, "opened_by": raj, "topic": "technical", "kind": "problem", "status": "open"}
    return [
        update(t.people).values(name=words),
        update(t.accounts).values(name=words),
        update(t.services).values(name=words, status=words),
        update(t.invoices).values(number=t.invoices.c.number + words[:50]),
        t.tickets.insert().values(**mine, number=1001, title=words, channel="portal", opened_at=1),
        t.messages.insert().values(ticket=1001, author="staff:1", body=words, at=1),
    ]


def long_call(desk: Desk) -> tuple[Phone, Phone]:
    """Raj hears all there is at Tideworks, is refused something, and is put through to an agent."""
    phone = desk.exchange.phone("+441632960107")
    phone.dial()
    for keys in ("#", "53960281#", "3", "4", "1", "1", "*", "*", "2", "*"):
        phone.press(keys)
    c = tables.contacts.c
    raj = c.person_id == select(tables.people.c.id).where(tables.people.c.username == "raj.patel").scalar_subquery()
    change(desk, *held("manage_support", raj))
    phone.press("3")
    phone.press("0")
    desk.work()
    agent = desk.exchange.ringing()
    assert agent is not None
    agent.answer()
    agent.press("1")
    phone.wait()
    return phone, agent


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_nobodys_words_break_a_call(desk: Desk, words: str) -> None:
    change(desk, *everywhere(words))
    phone, agent = long_call(desk)
    assert phone.state == agent.state == "in conference desk-1", "the call came to its end"
    assert list(desk.exchange.faults) == []
    heard = phone.heard + agent.heard
    assert len(heard) > 40
    assert max(map(len, heard)) < 700
    for sentence in heard:
        assert sentence.isprintable()
        assert not {"<", ">", "{", "}"} & set(sentence)
    answers = [webhook.response for webhook in desk.exchange.webhooks if webhook.direction == "to the desk"]
    assert len(answers) > 10
    for answer in answers:
        assert {verb.tag for verb in ElementTree.fromstring(answer).iter()} <= VERBS
        assert "+441632960999" not in answer.partition("<Dial")[2]


def test_a_nul_in_a_name_breaks_nothing(sqlite_desk: Desk) -> None:
    """SQLite keeps one; PostgreSQL would not."""
    change(sqlite_desk, *everywhere("a\x00b"))
    phone, _agent = long_call(sqlite_desk)
    assert "a b is a b." in phone.heard


@pytest.mark.parametrize("name", ["From", "To", "Caller", "CallerName", "FromCity", "StirVerstat", "ForwardedFrom"])
def test_what_the_network_says_is_never_read_out(one_desk: Desk, name: str) -> None:
    wire = Wire(one_desk)
    caller = Caller(wire)
    form = [pair for pair in caller.form(status="ringing") if pair[0] != name]
    answer = wire.post("/ivr/voice", [*form, (name, HOSTILE["markup"])])
    assert answer.said[0] == "Welcome to the support desk."
    assert "Dial" not in answer.text
