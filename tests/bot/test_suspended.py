"""H3: one of the staff is suspended: in Slack they are nobody, what they had taken is free, what they asked for is not done."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from authz import Action, Ask, Grant, Proof, Subject
from store import tables
from store.staff import dual_control
from tests.bot.by_hand import click, send
from tests.bot.slack_desk import AGENTS, SlackDesk
from tests.ivr.elsewhere import kim, suspends
from tests.ivr.wire import rows
from tests.portal.browsing import PASSWORD, Browser, hire, invitation


@pytest.fixture
def desk(slack_once: SlackDesk) -> SlackDesk:
    """With a ticket that Kim has taken."""
    slack_once.be("U0OLIVIA").dm("our shop is down")
    slack_once.work()
    slack_once.click("U0OLIVIA", "choose", value="1:technical")
    slack_once.click("U0KIM", "desk_take", AGENTS)
    return slack_once


def test_h3_every_click_of_a_suspended_agent_is_refused(desk: SlackDesk) -> None:
    """H3: also that of a form that was open before, and `/verify`; what they write in a thread is no note."""
    desk.click("U0KIM", "desk_answer", AGENTS)
    card = desk.last("U0KIM", AGENTS, "our shop is down")
    suspends(desk)
    desk.work()
    before = len(rows(desk, select(tables.messages)))
    desk.submit("U0KIM", words="send me your password")
    for action, value in (
        ("desk_take", "1001"),
        ("desk_answer", "1001"),
        ("desk_status", "1001:closed"),
        ("desk_verify", "1"),
        ("desk_callback", "ticket:1001"),
    ):
        assert send(desk, click(action, value, "U0KIM", AGENTS)).status_code == 200
    desk.be("U0KIM").says(AGENTS, "a note", thread=card)
    desk.work()
    assert len(rows(desk, select(tables.messages))) == before
    assert rows(desk, select(tables.callbacks)) == []
    assert desk.said("U0KIM", AGENTS).count("That is for the desk's own people") == 1
    assert "password" not in desk.said("U0OLIVIA")


def test_h3_what_a_suspended_agent_had_taken_is_free(desk: SlackDesk) -> None:
    assert "taken by Kim Novak" in desk.said("U0ANA", AGENTS)
    suspends(desk)
    desk.work()
    assert rows(desk, select(tables.assignments)) == []
    assert "taken by" not in desk.said("U0ANA", AGENTS)
    assert "Kim Novak is suspended: this ticket is free" in desk.said("U0ANA", AGENTS)
    assert "is suspended" not in desk.said("U0OLIVIA")


def test_h3_a_callback_that_a_suspended_agent_asked_for_is_not_made(desk: SlackDesk) -> None:
    kim(desk)
    send(desk, click("desk_callback", "ticket:1001", "U0KIM", AGENTS))
    suspends(desk)
    desk.work()
    assert [row.state for row in rows(desk, select(tables.callbacks))] == ["away"]
    assert desk.exchange.ringing() is None
    assert "We did not call back: whoever asked for it is suspended" in desk.said("U0ANA", AGENTS)
    assert "is suspended" not in desk.said("U0KIM")


def test_h3_an_invitation_and_an_open_wish_end_with_it(desk: SlackDesk) -> None:
    """H3: and nobody has to wait an hour before they can ask for the same."""
    hire(desk, "lead.bo", "Bo Li", "supervisor")
    link, page = invitation(desk, "lead.ana"), Browser(desk)
    page.get(f"/desk/join/{link}")
    form = page.fields(f"/desk/join/{link}")
    assert _wishes(desk, "lead.ana")
    suspends(desk, "lead.ana")
    assert page.post(f"/desk/join/{link}", form | {"password": PASSWORD, "again": PASSWORD}).status_code == 410
    assert rows(desk, select(tables.staff_logins)) == []
    assert _wishes(desk, "lead.bo")


def _wishes(desk: SlackDesk, username: str) -> bool:
    """They ask for a new PIN for Mia."""
    s, p = tables.staff.c, tables.people.c
    staff = rows(desk, select(s.id).where(s.username == username))[0][0]
    mia = rows(desk, select(p.id).where(p.username == "mia.chen"))[0][0]
    with desk.store.transaction("portal") as tx:
        grant = tx.ask(Ask(Subject.of_staff(staff), Action.DESK_PIN_REISSUE, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        return dual_control.ask(tx, grant, dual_control.PIN_REISSUE, person=mia)
