"""A notice to those whom a scheme names is told in Slack as well, to whoever is linked and may ask for support, and once."""

from __future__ import annotations

from sqlalchemy import select

from authz import Proof
from desk import notices
from desk.actors import Actor
from store import OPERATOR, tables
from tests.bot.slack_desk import SlackDesk


def sends(desk: SlackDesk, kind: str, account: str) -> None:
    with desk.store.transaction("shell") as tx:
        sent = notices.send(tx, Actor(OPERATOR, Proof.NONE), kind, [account], f"About {kind}\nWords & <b>more</b>.")
        assert isinstance(sent, notices.Sent)
    desk.work()


def test_whom_the_scheme_names_reads_it_in_slack_with_the_reason_and_nobody_else_does(slack_once: SlackDesk) -> None:
    sends(slack_once, "technical", "400639")
    said = "".join(slack_once.read("U0RAJ"))
    assert "*About technical*" in said
    assert "Words & <b>more</b>." in said
    assert "This is about Tideworks Ltd. You get it because of what you hold there (rule MS-12, MS-22)." in said
    for other in ("U0DEV", "U0MIA", "U0SAM", "U0KIM", "U0ANA"):
        assert "About technical" not in "".join(slack_once.read(other)), other
    slack_once.work()
    assert "".join(slack_once.read("U0RAJ")).count("*About technical*") == 1
    with slack_once.store.transaction("test") as tx:
        assert tx.connection.execute(select(tables.notice_recipients.c.slack)).scalars().all() == [True]


def test_whoever_may_not_ask_for_support_is_told_nothing_there(slack_once: SlackDesk) -> None:
    """Section "Support first": an invoice is no matter for a channel of support, to somebody with billing alone."""
    with slack_once.store.transaction("test") as tx:
        r = tables.contact_rights.c
        raj = tx.connection.execute(select(tables.people.c.id).where(tables.people.c.username == "raj.patel")).scalar()
        lost = tables.contact_rights.delete().where(r.person_id == raj, r.right == "manage_support")
        tx.connection.execute(lost)
    sends(slack_once, "billing", "400639")
    assert "About billing" not in "".join(slack_once.read("U0RAJ"))
    with slack_once.store.transaction("test") as tx:
        assert tx.connection.execute(select(tables.notice_recipients.c.slack)).scalars().all() == [False]
