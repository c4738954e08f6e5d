"""A person is suspended: on every channel they are a stranger, what they were in the middle of ends, and back again they begin anew."""

from __future__ import annotations

from sqlalchemy import select

from authz import Action, Ask, Grant, Proof, Subject
from store import OPERATOR, tables
from store.accounts import colleagues
from store.contacts import contact_changes
from store.operator import suspension
from store.sign_in.invitations import Invited
from tests.api.asking import MIA, RAJ, TIDEWORKS, customers, operators, problem
from tests.bot.slack_desk import AGENTS, SlackDesk
from tests.ivr.wire import rows
from tests.portal.browsing import Agent
from tests.portal.customers import Customer, invite

TIDE = 3


def suspend(desk: SlackDesk, person: int = MIA, *, back: bool = False) -> None:
    """As `deskgate person suspend` does it, and `resume`."""
    with desk.store.transaction("shell") as tx:
        grant = tx.ask(Ask(OPERATOR, Action.DESK_OPERATE, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        assert (suspension.resume_person if back else suspension.suspend_person)(tx, grant, person)


def test_in_slack_they_are_a_stranger_and_what_follows_reaches_them_no_more(slack: SlackDesk) -> None:
    slack.link("U0MIA", "mia.chen")
    slack.be("U0MIA").dm("our site is down")
    slack.work()
    assert "1001" in slack.said("U0MIA")
    suspend(slack)
    slack.work()
    seen = len(slack.read("U0MIA"))
    slack.be("U0MIA").dm("what is my balance, and my tickets?")
    slack.be("U0LEO").dm("what is my balance, and my tickets?")  # who stands for nobody here
    slack.work()
    mine = slack.read("U0MIA")[seen:]
    assert mine
    assert "Tideworks" not in "\n".join(mine)
    assert mine[-1] == slack.read("U0LEO")[-1]
    t = tables.tickets.c
    assert rows(slack, select(t.number)) == [(1001,)]


def test_an_answer_to_them_is_not_posted(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.link("U0MIA", "mia.chen")
    desk.be("U0MIA").dm("our site is down")
    desk.work()
    suspend(desk)
    desk.work()
    kim = Agent(desk)
    kim.sign_in()
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/take")
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/answer", words="the swan is in the harbour", after="waiting")
    desk.pass_time(60)
    desk.work()
    said = [*rows(desk, select(tables.messages.c.body)), *rows(desk, select(tables.held_answers.c.words))]
    assert "the swan" in str(said)
    assert "the swan" not in desk.said("U0MIA")


def test_on_the_pages_they_are_signed_out_and_stay_out(slack: SlackDesk) -> None:
    mia = Customer(slack)
    assert mia.sign_in().status_code in (200, 303)
    assert "Tideworks" in mia.get("/").text
    suspend(slack)
    assert "Tideworks" not in mia.get("/").text
    mia.sign_in()
    assert "Tideworks" not in mia.get("/").text
    assert invite(slack, "mia.chen") is Invited.NOBODY
    suspend(slack, back=True)
    assert "Tideworks" not in mia.get("/").text
    slack.pass_time(3 * 3600)
    mia.sign_in()
    assert "Tideworks" in mia.get("/").text


def test_their_keys_end_and_do_not_come_back(slack_once: SlackDesk) -> None:
    theirs = customers(slack_once, RAJ, TIDEWORKS)
    assert theirs.get("/key").status_code == 200
    suspend(slack_once, RAJ)
    problem(theirs.get("/key"), "no-key")
    suspend(slack_once, RAJ, back=True)
    problem(theirs.get("/key"), "no-key")


def test_no_system_of_the_operators_asks_them_to_prove_themselves(slack_once: SlackDesk) -> None:
    ours = operators(slack_once)
    asked = {"person": "mia.chen", "account": TIDEWORKS, "action": "ticket.open:technical", "way": "slack"}
    suspend(slack_once)
    nobody = ours.post("/verifications", asked | {"person": "nobody.here"})
    theirs = ours.post("/verifications", asked)
    assert theirs.status_code == nobody.status_code
    assert theirs.json()["type"] == nobody.json()["type"]


def test_a_call_that_is_on_has_proved_nothing_any_more(slack_once: SlackDesk) -> None:
    desk = slack_once
    phone = desk.exchange.phone("+441632960108")
    phone.dial()
    for keys in ("#", "17846325#"):
        phone.press(keys)
    suspend(desk)
    before = len(phone.heard)
    phone.press("2")
    assert phone.heard[before:]
    assert "Tideworks" not in " ".join(phone.heard[before:])
    c = tables.calls.c
    assert rows(desk, select(c.proved_by)) == [(None,)]


def test_no_agent_finds_or_calls_them(slack_once: SlackDesk) -> None:
    desk = slack_once
    suspend(desk)
    desk.be("U0KIM").command("/verify", "10000081", AGENTS)
    desk.work()
    assert rows(desk, select(tables.callbacks.c.id)) == []
    told = [fields for (fields,) in rows(desk, select(tables.ledger.c.fields))]
    assert not [one for one in told if f"found:person:{MIA}" in one]


def test_what_they_had_lent_has_ended_and_nobody_is_sent_to_them(slack: SlackDesk) -> None:
    d = tables.delegations
    with slack.store.transaction("test") as tx:
        row = {"account_id": TIDE, "lender": RAJ, "borrower": 9, "cell": "ticket.open:technical", "one_ticket": False}
        tx.connection.execute(d.insert().values(**row, lent_at=tx.now, ends_at=tx.now + 3_600_000))
        ask = Ask(Subject.of_person(9), Action.CONTACTS_VIEW, TIDE, None, Proof.VERIFIED)
    suspend(slack, RAJ)
    assert rows(slack, select(d.c.ended_at.is_not(None))) == [(True,)]
    with slack.store.transaction("test") as tx:
        assert list(colleagues.who_might(tx, TIDE, "contacts.manage")) == []
        assert tx.ask(ask) is not None
        assert contact_changes.holdings_on(tx, TIDE)[1][RAJ]  # they hold what they held
