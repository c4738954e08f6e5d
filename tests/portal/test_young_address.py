"""B4: an address is like a number: for 72 hours nothing that proves goes there, and those who agree see how old it is. T21"""

from __future__ import annotations

import json

from sqlalchemy import select, update

from authz import Action, Ask, Grant, Proof, Subject
from store import tables
from store.imports import import_run
from store.imports.file_format import read
from store.staff import email_codes
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.browsing import Agent
from tests.portal.test_two_people import MIAS_ID, MIAS_MAIL, answer, leads

HOURS, NEW = 3_600_000, "mia@elsewhere.example"


def changes(desk: Desk, **said: object) -> None:
    import_run.run(desk.store, read(json.dumps({"people": [{"username": "mia.chen", **said}]}).encode()))


def asks(agent: Agent) -> str:
    agent.get("/desk/supervisors")
    agent.send("/desk/supervisors/pin", person=MIAS_ID, reason="she has forgotten it", action="pin_reissue")
    return agent.words


def links(mailbox: Mailbox) -> list[str]:
    return [mail["To"] for mail in mailbox.mails if "/pin/" in mail.get_content()]


def test_b4_no_link_to_a_new_pin_goes_to_an_address_of_yesterday(mailing: Desk, mailbox: Mailbox) -> None:
    ana, bo = leads(mailing)
    assert "A second person" in asks(ana) or "asked" in ana.words
    bo.get("/desk/supervisors")
    assert "Their address on file since: 23 Oct 2026" in bo.words
    changes(mailing, email=NEW)
    assert "less than 72 hours old" in answer(bo, "agree"), "asked for before, and agreed to after"
    assert (
        "No link goes there until their address on file is 72 hours old. Their address on file since: 22 Nov 2026"
        in bo.words
    )
    mailing.now += 2 * HOURS
    assert "less than 72 hours old" in asks(again(ana)), "nor can it be asked for"
    mailing.work()
    assert links(mailbox) == []
    mailing.now += 70 * HOURS
    asks(again(ana))
    again(bo)
    answer(bo, "agree", 2)
    mailing.work()
    assert links(mailbox) == [NEW]


def again(agent: Agent) -> Agent:
    agent.sign_in()
    return agent


def test_b4_a_link_that_waits_in_the_queue_does_not_go_to_the_new_address(mailing: Desk, mailbox: Mailbox) -> None:
    """Agreed to, and then the address changed; and if it had changed in any other way, it is still read as young."""
    ana, bo = leads(mailing)
    p = tables.people
    for how in ("by import", "by hand"):
        asks(ana)
        answer(bo, "agree", 1 if how == "by import" else 2)
        if how == "by import":
            changes(mailing, email=NEW)
            change(mailing, update(p).where(p.c.email == NEW).values(email_since=0))
        else:
            change(mailing, update(p).where(p.c.email == NEW).values(email=MIAS_MAIL, email_since=mailing.now))
        mailing.work()
        assert links(mailbox) == [], how


def test_b4_no_code_to_link_slack_goes_there_either(mailing: Desk, mailbox: Mailbox) -> None:
    def asked() -> bool:
        with mailing.store.transaction("test") as tx:
            grant = tx.ask(Ask(Subject("staff:1"), Action.DESK_PROOF_ASK, None, None, Proof.NONE))
            assert isinstance(grant, Grant)
            return email_codes.ask(tx, grant, 8)

    assert asked()
    changes(mailing, email=NEW)
    mailing.now += email_codes.APART
    assert not asked()
    mailing.work()
    assert not [mail for mail in mailbox.mails if "link Slack" in mail.get_content()]
    mailing.now += 72 * HOURS
    assert asked()
    mailing.work()
    assert [mail["To"] for mail in mailbox.mails if "link Slack" in mail.get_content()] == [NEW]


def test_b4_the_address_of_a_newcomer_is_as_old_as_the_operator_says(mailing: Desk) -> None:
    newcomers = [{"username": f"new.{n}", "name": "New", "email": f"new{n}@c.example"} for n in range(2)]
    for since, one in zip((None, mailing.now - 90 * HOURS), newcomers, strict=True):
        import_run.run(mailing.store, read(json.dumps({"people": [one]}).encode()), known_since=since)
    p = tables.people.c
    found = rows(mailing, select(p.email_since).where(p.username.like("new.%")).order_by(p.username))
    assert [row.email_since for row in found] == [mailing.now, mailing.now - 90 * HOURS]
