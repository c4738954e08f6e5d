"""A request that waits for a second proof: handed in by its author alone, once, and judged at that moment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import delete, func, select, update

from authz import Action, Ask, Denied, Proof, Reason, Subject
from store import Keys, tables
from store.tickets import customer_tickets
from tests.desk import SECRET
from tests.store.clocked import Clocked

OLIVIA, DEV, BAKERY, STUDIO = Subject("person:1"), Subject("person:2"), 1, 2


class Desk(Clocked):
    def draft(self, action: Action = Action.SERVICE_CANCEL) -> int:
        with self.transaction() as tx:
            asked = Ask(OLIVIA, action, BAKERY, None, Proof.VERIFIED, "grid-1")
            made = customer_tickets.request(tx, asked, topic="technical", title="Cancel it", body="Please.")
            assert not isinstance(made, Denied)
            assert not made[1]
            return made[0]

    def hand_in(
        self, number: int, who: Subject = OLIVIA, account: int = BAKERY, proof: Proof = Proof.STEPPED_UP
    ) -> bool | Denied:
        asked = Ask(who, Action.SERVICE_CANCEL, account, None, proof)
        with self.transaction() as tx:
            tx.proved_further(who, account)
            return customer_tickets.hand_in(tx, asked, number)

    def ticket(self, number: int) -> tuple[str, list[str]]:
        """Its status, and what happened to it."""
        t, m = tables.tickets.c, tables.messages.c
        status = self.rows(select(t.status).where(t.number == number))[0][0]
        return status, [row[0] for row in self.rows(select(m.event).where(m.ticket == number).order_by(m.id))]

    def news(self) -> int:
        counted = select(func.count()).where(tables.jobs.c.kind == "ticket_update")
        return int(self.rows(counted)[0][0])


@pytest.fixture
def desk(sample_url: str) -> Iterator[Desk]:
    desk = Desk(sample_url, Keys.parse(SECRET))
    yield desk
    desk.close()


def test_a_draft_is_known_to_its_author_alone(desk: Desk) -> None:
    number = desk.draft()
    assert desk.do(customer_tickets.draft, OLIVIA, number) == customer_tickets.Draft(
        Action.SERVICE_CANCEL, BAKERY, "grid-1"
    )
    assert desk.do(customer_tickets.draft, DEV, number) is None
    assert desk.do(customer_tickets.draft, OLIVIA, number + 1) is None


def test_it_goes_to_the_desk_once(desk: Desk) -> None:
    number = desk.draft()
    told = desk.news()
    assert desk.hand_in(number) is True
    assert desk.ticket(number) == ("open", ["", "handed_in"])
    assert desk.news() == told + 1
    assert desk.hand_in(number) is False
    assert desk.ticket(number) == ("open", ["", "handed_in"])
    assert desk.do(customer_tickets.draft, OLIVIA, number) is None


def test_one_that_supervisors_have_put_into_the_queue_stays_there_when_its_author_takes_it_back(desk: Desk) -> None:
    """It was left under a threat: its author sees it gone, and the desk keeps it."""
    number = desk.draft()
    t = tables.tickets.c
    with desk.transaction() as tx:
        tx.connection.execute(
            update(tables.tickets).where(t.number == number).values(status="open", customer_status="draft")
        )
    with desk.transaction() as tx:
        assert customer_tickets.draft_withdrawn(
            tx, Ask(OLIVIA, Action.TICKET_VIEW, BAKERY, None, Proof.VERIFIED), number
        )
    assert desk.ticket(number)[0] == "open"
    assert desk.do(customer_tickets.draft_is, OLIVIA, number) == "withdrawn"


def test_without_a_second_proof_it_stays_a_draft(desk: Desk) -> None:
    number = desk.draft()
    denied = desk.hand_in(number, proof=Proof.VERIFIED)
    assert isinstance(denied, Denied)
    assert denied.reason == Reason.STEP_UP
    assert desk.ticket(number) == ("draft", [""])


def test_a_right_that_went_meanwhile_is_gone(desk: Desk) -> None:
    number = desk.draft()
    with desk.transaction() as tx:
        tx.connection.execute(delete(tables.contacts).where(tables.contacts.c.person_id == 1))
    denied = desk.hand_in(number)
    assert isinstance(denied, Denied)
    assert denied.reason == Reason.NOT_A_CONTACT
    assert desk.ticket(number) == ("draft", [""])


@pytest.mark.parametrize(("who", "account"), [(DEV, BAKERY), (DEV, STUDIO), (OLIVIA, STUDIO)])
def test_it_is_nobody_elses_and_of_no_other_account(desk: Desk, who: Subject, account: int) -> None:
    number = desk.draft()
    assert desk.hand_in(number, who, account) is False
    assert desk.ticket(number) == ("draft", [""])


def test_what_asks_for_something_else_is_not_handed_in_under_this(desk: Desk) -> None:
    number = desk.draft(Action.ACCOUNT_CLOSE)
    assert desk.hand_in(number) is False
    assert desk.ticket(number) == ("draft", [""])


@pytest.mark.parametrize("status", ["withdrawn", "quarantined", "closed", "pending", "open"])
def test_nothing_but_a_draft_is_handed_in(desk: Desk, status: str) -> None:
    number = desk.draft()
    with desk.transaction() as tx:
        tx.connection.execute(update(tables.tickets).where(tables.tickets.c.number == number).values(status=status))
    assert desk.hand_in(number) is False
    assert desk.ticket(number) == (status, [""])
