"""D3 and D4 on a ticket's page: whom an answer reaches, what became of it; how it was proved, and what is to be heard."""

from __future__ import annotations

import html
import re

from sqlalchemy import delete, insert, select, update

from portal.web import page_words
from store import tables
from store.verification import attempt_limits
from tests.desk import Desk
from tests.ivr.elsewhere import person
from tests.ivr.proving import at_menu, by_app, with_app
from tests.ivr.wire import change, rows
from tests.portal.browsing import Agent

OPENS = (
    "from +441632960108\ndesk: …\ncaller presses #\ndesk: …\ncaller presses 17846325#\ndesk: …\ncaller presses 1\ndesk: …\n"
    "caller presses 1\ndesk: …\ncaller says our web server is slow\ndesk: …\ncaller hangs up\n"
)
HEARS = (
    "from +441632960108\ndesk: …\ncaller presses #\ndesk: …\ncaller presses 17846325#\ndesk: …\ncaller presses 2\ndesk: …\n"
    "caller hangs up\n"
)
TICKET = "/desk/tickets/1001"


def at_the_ticket(desk: Desk) -> Agent:
    desk.ring(OPENS)
    kim = Agent(desk)
    kim.sign_in()
    kim.get(TICKET)
    return kim


def live(kim: Agent, stamp: str) -> tuple[int, str]:
    """What the page's script is told when it asks whether anything has changed."""
    answer = kim.client.get(f"{TICKET}?stamp={stamp}", headers={"X-By-Itself": "1"})
    return answer.status_code, answer.text


def stamp(kim: Agent) -> str:
    found = re.search(r'id="live" data-stamp="([^"]+)"', kim.text)
    assert found
    return found[1]


def test_d3_an_answer_is_heard_by_phone_and_the_page_says_so_by_itself(one_desk: Desk) -> None:
    kim = at_the_ticket(one_desk)
    assert "Mia Chen is not in Slack: an answer now is read out when they call" in kim.words
    kim.answers(TICKET, "We restarted it.")
    assert "Mia Chen hears this when they call and ask for their tickets" in kim.words
    assert "Sent to" not in kim.words
    assert "customer sees this" not in kim.words
    before = stamp(kim)
    assert live(kim, before)[0] == 204
    one_desk.ring(HEARS)
    status, part = live(kim, before)
    assert status == 200
    assert "read to Mia Chen by phone" in part


def test_d3_an_answer_that_reaches_nobody_is_not_said_to_be_sent(one_desk: Desk) -> None:
    kim = at_the_ticket(one_desk)
    change(one_desk, delete(tables.contacts).where(tables.contacts.c.person_id == person(one_desk)))
    kim.get(TICKET)
    assert "An answer now reaches nobody. Mia Chen is no longer a contact of this account. Others on the" in kim.words
    kim.answers(TICKET, "We restarted it.")
    assert "reaches nobody 22 Nov 2026" in kim.words
    s = tables.answer_states.c
    with one_desk.store.transaction("test") as tx:
        assert tx.connection.execute(select(s.state, s.why)).all() == [("nobody", "not_a_contact")]
    change(one_desk, delete(tables.contacts))
    for status in ("waiting", "open"):  # others could read it; now nobody can, and nobody would write
        assert rows(one_desk, select(tables.tickets.c.status)) == [(status,)]
        kim.get(TICKET)
        kim.answers(TICKET, "We restarted it once more.")


def test_d3_heard_by_somebody_else_on_the_account_is_not_heard_by_its_requester(one_desk: Desk) -> None:
    kim = at_the_ticket(one_desk)
    kim.answers(TICKET, "We restarted it.")
    one_desk.ring(HEARS.replace("0108", "0107").replace("17846325", "53960281"))
    kim.get(TICKET)
    assert "Mia Chen hears this when they call and ask for their tickets" in kim.words
    assert "read to Mia Chen by phone" not in kim.words


def test_d3_a_way_that_is_closed_is_none(one_desk: Desk) -> None:
    """A Slack member where Slack is installed nowhere, and a PIN that nobody may try any more."""
    kim = at_the_ticket(one_desk)
    row = {"team": "T1", "member": "U1", "person_id": person(one_desk), "linked_at": 1, "linked_by": "import"}
    change(one_desk, insert(tables.slack_members).values(**row))
    kim.get(TICKET)
    assert "Mia Chen is not in Slack: an answer now is read out when they call" in kim.words
    change(one_desk, update(tables.pin_guards).values(lifetime=attempt_limits.IN_A_LIFE_TO_DISABLE))
    kim.get(TICKET)
    assert (
        "An answer now reaches nobody. Mia Chen is not in Slack, has not joined the account's pages, and has no PIN to call with."
        in kim.words
    )


def test_d4_a_second_proof_stands_on_the_ticket_as_it_was_given(one_desk: Desk) -> None:
    """And where nobody wrote down what was spoken, how long it is and how it can be heard."""
    secret = with_app(one_desk)
    olivia = at_menu(one_desk)
    for key in ("1", "3", "2"):
        olivia.key(key)
    by_app(olivia, one_desk, secret)
    olivia.say()
    one_desk.work()
    one_desk.pass_time(3600)
    kim = Agent(one_desk)
    kim.sign_in()
    kim.get(TICKET)
    assert "Verified twice for this, the second time by authenticator app" in kim.words
    assert "Verified by PIN" not in kim.words
    r = tables.recordings.c
    with one_desk.store.transaction("test") as tx:
        seconds = tx.connection.execute(select(r.seconds)).scalar_one()
    assert f"the desk has the recording. {seconds} seconds." in kim.words


def test_d4_a_pin_alone_stands_there_as_one(one_desk: Desk) -> None:
    kim = at_the_ticket(one_desk)
    assert "Verified by PIN when they opened this" in kim.words
    assert "Verified twice" not in kim.words


def test_what_nobody_proven_left_cannot_be_answered(one_desk: Desk) -> None:
    """Whatever page the form was on: an answer needs somebody who is known to read it."""
    kim = at_the_ticket(one_desk)
    change(one_desk, update(tables.tickets).values(status="pending", opened_by=None))
    kim.send(f"{TICKET}/answer", words="We restarted it.")
    assert (refusal := page_words.load().word("not_done", "not_yours")) in kim.words
    assert f'<p class="said not-done" role="alert">{refusal}<' in html.unescape(kim.text)
    assert "Answer and wait" not in kim.words
    assert "We restarted it." not in [row.body for row in rows(one_desk, select(tables.messages.c.body))]
