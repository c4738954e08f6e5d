"""E4, E21: whoever may make requests and nothing else is told the same in Slack and by phone, and follows what they asked for.

Under schemes with `support_first = false`: otherwise nobody makes requests there who may not ask for support.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from simulator.phone import Phone
from store import tables
from tests.bot.proving import app, on_the_phone, shows
from tests.bot.slack_desk import AGENTS, SlackDesk, Stage
from tests.bot.test_services import offered
from tests.bot.test_way_forward import asks, holds, sql, status
from tests.rights import tables_alone
from tests.sizes import is_everything

LEO = "leo.fox"
NO_NEED = "Nothing you may do on this account needs a second proof"
HOLDINGS = {
    "media_temple": ("owner", "admin", "technical", "billing"),
    "standard_roles": ("owner", "administrator", "support", "billing", "support,billing"),
    "memset": (
        "manage_users",
        "manage_billing",
        "manage_services",
        "manage_support",
        "purchase_services",
        "manage_support,manage_billing",
        "admin_contact,manage_users,manage_billing,manage_services,manage_support,purchase_services",
    ),
}
EACH = [(scheme, held) for scheme, some in HOLDINGS.items() for held in some]
FEW = [
    ("media_temple", "owner"),
    ("standard_roles", "billing"),
    ("memset", "manage_support"),
    ("memset", "purchase_services"),
]


@pytest.fixture
def desk(sample_sqlite: str, slack_stage: Stage, tmp_path: Path) -> Iterator[SlackDesk]:
    opened = SlackDesk(sample_sqlite, slack_stage, schemes_dir=tables_alone(tmp_path))
    opened.link("U0LEO", LEO)
    opened.pass_time(73 * 3600)
    yield opened
    opened.close()


def orders(desk: SlackDesk) -> None:
    """Leo, who may buy and nothing else, asks for a server: a draft."""
    holds(desk, LEO, "purchase_services")
    desk.be("U0LEO").command("/ticket", "one more server, please")
    desk.work()
    desk.click("U0LEO", "open", holding="may not open technical")
    desk.submit("U0LEO", words="one more server, please")
    desk.be("U0LEO").close(everything=True)


def keyed(phone: Phone, keys: str) -> str:
    """What is said to it."""
    before = len(phone.heard)
    phone.press(keys)
    return " ".join(phone.heard[before:])


def test_e4_a_request_of_ones_own_can_be_followed(desk: SlackDesk) -> None:
    """E4: in Slack from the draft to the answer, and by phone; and no other ticket with it."""
    desk.link("U0MIA", "mia.chen")
    made = app(desk, LEO)
    orders(desk)
    draft = desk.said("U0LEO")
    assert "can no longer see" not in draft
    assert "Ticket #1001: one more server, please" in draft
    desk.click("U0LEO", "prove", holding="#1001")
    desk.submit("U0LEO", code=shows(desk, made))
    desk.be("U0LEO").close(everything=True)
    desk.click("U0KIM", "desk_answer", AGENTS, holding="#1001")
    desk.submit("U0KIM", words="It runs from tomorrow on.")
    assert "It runs from tomorrow on." in desk.said("U0LEO")
    desk.be("U0LEO").dm("and a second one", thread=desk.last("U0LEO", holding="Ticket #1001"))
    desk.work()
    assert "and a second one" in desk.said("U0KIM", AGENTS)
    desk.be("U0MIA").dm("our site is down")
    desk.work()
    assert "#1002" not in asks(desk, "U0LEO", "my tickets")
    assert "There is no ticket 1002 that you may see" in asks(desk, "U0LEO", "ticket 1002")
    phone = on_the_phone(desk, LEO)
    heard = keyed(phone, "2")
    assert "one more server, please." in heard
    assert "It runs from tomorrow on." in heard
    assert "There are no more tickets" in keyed(phone, "2")
    holds(desk, LEO, "manage_services")
    assert "You may not hear tickets" in keyed(phone, "2")


def test_e4_the_second_proof_that_slack_sends_to_the_phone_for_can_be_given_there(desk: SlackDesk) -> None:
    """E4: and be taken back to Slack, or the draft handed in by phone at once."""
    made = app(desk, LEO)
    orders(desk)
    phone = on_the_phone(desk, LEO)
    assert "Your ticket 1 0 0 1, to order services, goes to the desk once you have given a second proof." in keyed(
        phone, "8"
    )
    keyed(phone, "6")
    keyed(phone, "1")
    keyed(phone, f"{shows(desk, made)}#")
    said = keyed(phone, "8")
    assert "Press 1 for a transfer code to use in Slack." in said
    told = re.search(r"Your transfer code is ((?:[0-9] ){7}[0-9])", keyed(phone, "1"))
    assert told
    desk.click("U0LEO", "prove", holding="#1001")
    desk.submit("U0LEO", code=told[1].replace(" ", ""))
    assert "#1001" in desk.said("U0KIM", AGENTS)
    assert "one more server" in desk.said("U0KIM", AGENTS)


def test_e1_whoever_may_only_make_requests_chooses_a_service_too(desk: SlackDesk) -> None:
    """Manage Services alone opens no ticket, and names the services it has login details sent for."""
    desk.be("U0LEO").dm("our site is down")
    desk.work()
    desk.click("U0LEO", "open")
    assert set(offered(desk.form("U0LEO"), "service")) == {"3:ms-1", "3:ms-2"}
    desk.submit("U0LEO", words="the new one", service="3:ms-2")
    t = tables.tickets.c
    with desk.store.transaction("test") as tx:
        kept = tx.connection.execute(select(t.kind, t.service)).all()
    assert [tuple(row) for row in kept] == [("service.credentials", "ms-2")]


@pytest.mark.parametrize(("scheme", "held"), EACH if is_everything() else FEW)
def test_e21_slack_and_the_phone_say_alike_whether_something_needs_a_second_proof(
    desk: SlackDesk, scheme: str, held: str
) -> None:
    """E21: for every holding (with `--everything`), on an active and on a suspended account, and on a closed one whoever is let in."""
    sql(desk, f"UPDATE accounts SET scheme = '{scheme}' WHERE number = '400639'")
    sql(desk, "DELETE FROM contacts WHERE account_id = 3 AND person_id <> 9")
    holds(desk, LEO, held)
    for state in ("active", "suspended", "closed"):
        status(desk, state)
        in_slack = "After a second proof of who you are, also" in asks(desk, "U0LEO", "account")
        proves = "nothing you may do there needs a second proof" not in asks(desk, "U0LEO", "prove")
        phone = on_the_phone(desk, LEO)
        if state == "closed" and "owner" not in held and "admin_contact" not in held:
            assert not in_slack, "nobody else is let in there"
            continue
        assert in_slack is proves is (NO_NEED not in keyed(phone, "8")), state
        assert in_slack or state != "closed"
        phone.hang_up()


def test_requests_that_are_theirs_to_make_are_offered_as_what_they_are(desk: SlackDesk) -> None:
    desk.be("U0LEO").command("/ticket", "our shop is down")
    desk.work()
    desk.click("U0LEO", "open", holding="may not open technical")
    form = desk.text_of(desk.form("U0LEO"))
    assert "Make a request" in form
    assert "The desk gets this once you have given a second proof" in form
    assert "Have login details sent, at *Tideworks Ltd*" in form
    desk.submit("U0LEO", words="of tide-web")
    assert "the desk has not got it" in desk.text_of(desk.be("U0LEO").view)
    assert "of tide-web" not in desk.said("U0KIM", AGENTS)
