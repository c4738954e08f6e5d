"""A mail is confirmed by phone, after the PIN and below the tickets: whoever keys 2 hears when it came, and nothing of what it says."""

from __future__ import annotations

from typing import Final

import pytest
from sqlalchemy import select, update

from authz import Subject
from desk import mail_in
from store import tables
from store.mail_in import pending_mails
from store.mail_in.pending_mails import Mail
from store.messages import ticket_mail_ids
from tests.desk import Desk
from tests.ivr.test_duress import give
from tests.ivr.wire import Caller, Wire, change, rows

MIA, RAJ = "mia@tideworks.example", "raj@tideworks.example"
WORDS = "It is about the painted parrot."
CAME: Final = "A mail that says it is from you came"
_m = tables.pending_mails.c


def came(desk: Desk, sender: str, title: str = "A parrot", refers: tuple[str, ...] = (), domain: str = "") -> int:
    with desk.store.transaction("mail") as tx:
        assert mail_in.keep(tx, Mail("", sender, "", title, WORDS, refers=refers, vouched_by=domain))
    return int(rows(desk, select(_m.id).order_by(_m.id.desc()))[0][0])


def opened(desk: Desk) -> list[tuple[str, str, str, str]]:
    t, m = tables.tickets.c, tables.messages.c
    query = select(t.title, t.channel, t.topic, m.body).join(tables.messages, m.ticket == t.number)
    return [tuple(row) for row in rows(desk, query.where(m.event == "").order_by(m.id))]


@pytest.fixture
def caller(desk: Desk) -> Caller:
    """Mia, who may open technical tickets."""
    return Caller(Wire(desk))


def said(caller: Caller) -> str:
    return " ".join(caller.answer.said)


def test_it_becomes_a_ticket_and_its_number_is_said(desk: Desk, caller: Caller) -> None:
    came(desk, MIA)
    caller.prove()
    assert CAME not in said(caller)
    caller.key("2")
    assert "There are no tickets on this account yet. A mail that says it is from you came just now." in said(caller)
    assert "parrot" not in said(caller)
    caller.key("1")
    assert "A ticket is open with your mail. The ticket number is" in said(caller)
    assert opened(desk) == [("A parrot", "mail", "technical", WORDS)]
    caller.key("2")
    assert "A parrot" in said(caller), "it is theirs to hear now"
    caller.key("2")
    assert "There are no more tickets. Anything else?" in said(caller)


def test_one_after_the_other_and_the_likeliest_first(one_desk: Desk) -> None:
    desk, caller = one_desk, Caller(Wire(one_desk))
    forged = came(desk, MIA, "forged")
    desk.pass_time(3 * 3600)
    came(desk, MIA, "mine", domain="tideworks.example")
    desk.pass_time(7 * 60)
    caller.prove()
    caller.key("2")
    assert f"{CAME} 7 minutes ago. Press 1 if you wrote it. Press 2 for the next mail. Press 3 if you did not." in said(
        caller
    )
    caller.key("2")
    assert f"{CAME} 3 hours ago. Press 1 if you wrote it. Press 3 if you did not. Press star" in said(caller)
    caller.key("7")
    assert "That is not one of the choices." in said(caller)
    caller.key("3")
    assert "It is removed. There are no more mails. Anything else?" in said(caller)
    assert [row.state for row in rows(desk, select(_m.state).where(_m.id == forged))] == ["disowned"]
    caller.key("2")
    caller.key("*")
    assert "Press 1 to open a ticket" in said(caller)
    caller.key("2")
    caller.key("1")
    assert [title for title, *_ in opened(desk)] == ["mine"]


def test_what_it_is_about_is_asked_where_it_may_be_either(one_desk: Desk) -> None:
    desk, caller = one_desk, Caller(Wire(one_desk), "+441632960107")
    came(desk, RAJ)
    caller.prove("10000073", "53960281")
    caller.key("2")
    caller.key("1")
    assert "What is it about? Press 1 for something technical. Press 2 for something about billing." in said(caller)
    caller.key("3")
    assert "That is not one of the choices." in said(caller)
    caller.key("*")
    assert CAME in said(caller)
    caller.key("1")
    caller.key("2")
    assert [(channel, topic) for _, channel, topic, _ in opened(desk)] == [("mail", "billing")]


def test_an_answer_to_a_mail_about_a_ticket_is_added_to_it(one_desk: Desk) -> None:
    desk, caller = one_desk, Caller(Wire(one_desk))
    came(desk, MIA, "The first")
    caller.prove()
    caller.key("2")
    caller.key("1")
    number = rows(desk, select(tables.tickets.c.number))[0][0]
    with desk.store.transaction("test") as tx:
        ours = f"<{ticket_mail_ids.made(tx.keys, number, '0123456789abcdef')}@desk.example>"
    came(desk, MIA, "Re: The first", (ours,))
    caller.key("2")
    caller.key("2")
    caller.key("1")
    assert f"That is added to ticket {' '.join(str(number))}." in said(caller)
    assert len(rows(desk, select(tables.tickets.c.number))) == 1
    assert len(opened(desk)) == 2


def test_nobody_elses_is_told_or_made_anything_of(one_desk: Desk) -> None:
    desk, caller = one_desk, Caller(Wire(one_desk))
    came(desk, RAJ)
    mine = came(desk, MIA)
    caller.prove()
    caller.key("2")
    with desk.store.transaction("test") as tx:
        person = rows(desk, select(tables.people.c.id).where(tables.people.c.email == MIA))[0][0]
        assert pending_mails.disowned(tx, Subject.of_person(person), mine)
    caller.key("1")
    assert "That mail is no longer waiting. There are no more mails." in said(caller)
    assert opened(desk) == []
    assert [row.state for row in rows(desk, select(_m.state).order_by(_m.id))] == ["waiting", "disowned"]


def test_a_caller_who_is_threatened_hears_of_none(one_desk: Desk) -> None:
    desk = one_desk
    came(desk, MIA)
    give(desk, "10000081", "17846325", "40213958")
    caller = Caller(Wire(desk))
    caller.prove("10000081", "40213958")
    caller.key("2")
    assert CAME not in said(caller)
    assert "That is being updated" in said(caller)


def test_who_may_hear_their_tickets_and_open_none_is_told_why(one_desk: Desk) -> None:
    """The account is closed meanwhile: judged when the key is pressed."""
    desk, caller = one_desk, Caller(Wire(one_desk))
    came(desk, MIA)
    caller.prove()
    caller.key("2")
    change(desk, update(tables.accounts).where(tables.accounts.c.number == "400639").values(status="suspended"))
    caller.key("1")
    assert "This account is suspended" in said(caller)
    assert opened(desk) == []
