"""A mail is confirmed in Slack: by whoever has its address, judged as at any support channel, and shown nothing of what it says before."""

from __future__ import annotations

import re

from sqlalchemy import select

from desk import mail_in
from store import tables
from store.mail_in.pending_mails import Mail
from store.messages import ticket_mail_ids
from tests.bot.by_hand import click, send
from tests.bot.slack_desk import SlackDesk
from tests.bot.test_way_forward import holds
from tests.ivr.wire import rows

WORDS = "It is about the painted parrot."


def came(desk: SlackDesk, username: str, title: str = "A parrot", refers: tuple[str, ...] = ()) -> int:
    """A mail in somebody's name; its id."""
    p, m = tables.people.c, tables.pending_mails.c
    email = rows(desk, select(p.email).where(p.username == username))[0][0]
    with desk.store.transaction("mail") as tx:
        assert mail_in.keep(tx, Mail("", email, "", title, WORDS, refers=refers))
    return int(rows(desk, select(m.id).order_by(m.id.desc()))[0][0])


def looks(desk: SlackDesk, user: str) -> str:
    """What they read once they have pressed it in their home tab."""
    desk.be(user).open_home()
    desk.work()
    member = desk.be(user)
    assert member.home is not None
    member.click(member.home, "tell_mails")
    desk.work()
    return desk.said(user)


def pressed(desk: SlackDesk, action: str, value: str, user: str = "U0MIA") -> None:
    """What no button of theirs says."""
    assert send(desk, click(action, value, user, channel=f"D{user[1:]}")).status_code == 200
    desk.work()


def opened(desk: SlackDesk) -> list[tuple[str, str, str, str, int]]:
    t, m = tables.tickets.c, tables.messages.c
    query = select(t.title, t.channel, t.topic, m.body, t.opened_by).join(tables.messages, m.ticket == t.number)
    return [tuple(row) for row in rows(desk, query.where(m.event == "").order_by(m.id))]


def test_it_becomes_a_ticket_by_one_press_and_its_words_are_shown_afterwards(slack: SlackDesk) -> None:
    desk = slack
    desk.link("U0MIA", "mia.chen")
    came(desk, "mia.chen")
    id = came(desk, "mia.chen", "Another")  # the newest stands first
    said = looks(desk, "U0MIA")
    assert "A mail that came on" in said
    assert not [word for word in ("parrot", "Another") if word in said + desk.text_of(desk.be("U0MIA").home)]
    assert "and wait until you say that it was you: 2" in desk.text_of(desk.be("U0MIA").home)
    pressed(desk, "mail_open", f"{id}:technical:400639")
    ((title, channel, topic, words, _),) = opened(desk)
    assert (title, channel, topic, words) == ("Another", "mail", "technical", WORDS)
    assert "is open, with your mail" in desk.said("U0MIA")
    assert "say that it was you: 1" in desk.text_of(desk.be("U0MIA").home)
    pressed(desk, "mail_open", f"{id}:technical:400639")
    assert "That mail is no longer waiting" in desk.said("U0MIA"), "what was pressed twice has one effect"
    assert len(opened(desk)) == 1


def test_it_is_for_nobody_but_whoever_has_its_address(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.link("U0MIA", "mia.chen")
    id = came(desk, "raj.patel")
    desk.be("U0MIA").open_home()
    desk.work()
    assert "wait until you say" not in desk.text_of(desk.be("U0MIA").home)
    desk.be("U0MIA").dm("hello")
    desk.work()
    mine = came(desk, "mia.chen")
    looks(desk, "U0MIA")
    for action, value in (
        ("mail_open", f"{id}:technical:400639"),
        ("mail_open", f"{mine}:billing:400639"),
        ("mail_open", f"{mine}:technical:200417"),
        ("mail_open", f"{mine}:service.cancel:400639"),
        ("mail_open", "x"),
        ("mail_add", str(id)),
        ("mail_add", str(mine)),
        ("mail_not_me", str(id)),
        ("mail_not_me", "x"),
    ):
        pressed(desk, action, value)
    assert opened(desk) == []
    m = tables.pending_mails.c
    assert [row.state for row in rows(desk, select(m.state).where(m.id == id))] == ["waiting"]


def test_who_did_not_write_it_says_so(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.link("U0MIA", "mia.chen")
    came(desk, "mia.chen")
    looks(desk, "U0MIA")
    desk.click("U0MIA", "mail_not_me")
    assert "It is removed" in desk.said("U0MIA")
    m = tables.pending_mails.c
    assert [tuple(row) for row in rows(desk, select(m.state, m.sealed))] == [("disowned", None)]
    assert "wait until you say" not in desk.text_of(desk.be("U0MIA").home)
    pressed(desk, "tell_mails", "mails")
    assert "No mail of yours waits" in desk.said("U0MIA")


def test_who_may_get_no_support_makes_nothing_of_one(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.link("U0RAJ", "raj.patel")
    id = came(desk, "raj.patel")
    looks(desk, "U0RAJ")
    holds(desk, "raj.patel", "manage_billing")
    said = looks(desk, "U0RAJ")
    assert "you may not ask for support" in said
    pressed(desk, "mail_open", f"{id}:billing:400639", "U0RAJ")
    assert "You may not do that with it" in desk.said("U0RAJ")
    assert opened(desk) == []


def test_one_of_several_things_it_may_be_is_chosen(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.link("U0RAJ", "raj.patel")
    id = came(desk, "raj.patel")
    looks(desk, "U0RAJ")
    shown = str(desk.last("U0RAJ").blocks)
    assert re.findall(r"'value': '(\d+:[a-z]+:\d+)'", shown) == [
        f"{id}:{topic}:400639" for topic in ("technical", "billing")
    ]
    desk.click("U0RAJ", "mail_open", value=f"{id}:billing:400639")
    assert [(channel, topic) for _, channel, topic, _, _ in opened(desk)] == [("mail", "billing")]


def test_an_answer_to_a_mail_about_a_ticket_is_added_to_it(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.link("U0MIA", "mia.chen")
    came(desk, "mia.chen", "The first")
    looks(desk, "U0MIA")
    desk.click("U0MIA", "mail_open")
    number = rows(desk, select(tables.tickets.c.number))[0][0]
    with desk.store.transaction("test") as tx:
        ours = f"<{ticket_mail_ids.made(tx.keys, number, '0123456789abcdef')}@desk.example>"
    came(desk, "mia.chen", "Re: The first", refers=(ours,))
    assert f"add it to #{number}" in looks(desk, "U0MIA")
    desk.click("U0MIA", "mail_add")
    assert f"Your mail is added to ticket #{number}" in desk.said("U0MIA")
    assert len(rows(desk, select(tables.tickets.c.number))) == 1
