"""A grant of the right cell opens its own account, ticket and service alone, and what takes two people takes two (H14).

T15, T20: whoever calls a function of the store need not have looked; the function has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from authz import Action, Ask, Grant, Proof, Subject, Topic
from store import OPERATOR, WORKER, GrantRequiredError, Keys, Transaction, tables
from store.calls import live_calls, support_calls
from store.messages import recordings, visible_messages
from store.messages.response_clock import Priority
from store.messages.timeline import Recorded
from store.tickets import agent_tickets, customer_tickets, operator_tickets, queue_lists
from store.tickets.queue_lists import Filters
from store.verification import pin_changes, pin_reset, pins
from store.verification.pins import Pin
from tests.desk import SECRET
from tests.store import bounds_of_calls, bounds_of_systems
from tests.store.bounds_of_answers import OF_ANSWERS
from tests.store.bounds_of_calls import OF_CALLS
from tests.store.bounds_of_contacts import OF_CONTACTS
from tests.store.bounds_of_staff import OF_STAFF
from tests.store.clocked import Clocked
from tests.store.public import COUNTED, OPENS, PUBLIC

OLIVIA, RAJ, MIA = Subject("person:1"), Subject("person:7"), Subject("person:8")
BAKERY, TIDEWORKS = 1, 3
KIM, ANA = Subject("staff:1"), Subject("staff:2")
SID = "RE" + "1" * 32
THEIRS, BILLS, QUARANTINED, DRAFT, PENDING = 1001, 1002, 1003, 1004, 1005  # Tideworks', the last but one Raj's own


@pytest.fixture
def desk(sample_sqlite: str) -> Iterator[Clocked]:
    """Tideworks with a ticket of Mia's that has a recording, one about bills, one quarantined, a draft, and one of nobody's."""
    desk = Clocked(sample_sqlite, Keys.parse(SECRET))
    t = tables.tickets.c
    with desk.transaction("CA1") as tx:
        mia = granted(tx, MIA, Action.TICKET_OPEN, TIDEWORKS, Topic.TECHNICAL)
        raj = granted(tx, RAJ, Action.TICKET_OPEN, TIDEWORKS, Topic.BILLING)
        customer_tickets.open(tx, mia, title="s", body="b", recorded=Recorded(SID, 7), source="C1:1")
        customer_tickets.open(tx, raj, title="s", body="b")
        for status in ("quarantined", "draft"):
            number = customer_tickets.open(
                tx, granted(tx, RAJ, Action.TICKET_OPEN, TIDEWORKS, Topic.TECHNICAL), title="s", body="b"
            )
            tx.connection.execute(update(tables.tickets).where(t.number == number).values(status=status))
        customer_tickets.leave_pending(tx, title="s", body="b")
        on_tideworks = granted(tx, KIM, Action.DESK_TICKET_WORK, TIDEWORKS)
        agent_tickets.note(tx, on_tideworks, THEIRS, "mine", source="C1:2")
        agent_tickets.answer(tx, on_tideworks, THEIRS, "an answer", phone=True)
        support = granted(tx, MIA, Action.PHONE_SUPPORT, TIDEWORKS)
        support_calls.start(tx, support, numbers=("+441632960001",))
        support_calls.take(tx, 1, "CA2")
        tx.connection.execute(update(tables.support_calls).values(staff_id=1, about="it is slow"))
        tx.connection.execute(insert(tables.call_tickets).values(support_call=1, ticket=BILLS))
    yield desk
    desk.close()


def granted(
    tx: Transaction,
    who: Subject,
    action: Action,
    account: int | None = None,
    topic: Topic | None = None,
    service: str | None = None,
) -> Grant:
    verdict = tx.ask(Ask(who, action, account, topic, Proof.VERIFIED, service))
    assert isinstance(verdict, Grant), verdict
    return verdict


def work(who: Subject, account: int | None = None) -> Callable[[Transaction], Grant]:
    return lambda tx: granted(tx, who, Action.DESK_TICKET_WORK, account)


def of(
    who: Subject, action: Action, account: int | None = None, topic: Topic | None = None
) -> Callable[[Transaction], Grant]:
    return lambda tx: granted(tx, who, action, account, topic)


def lent(tx: Transaction) -> Grant:
    """Leo's, for the one ticket that Raj lent him: it reaches his own."""
    leo, raj = 9, 7
    row = {"account_id": TIDEWORKS, "lender": raj, "borrower": leo, "cell": "ticket.open:technical", "one_ticket": True}
    tx.connection.execute(insert(tables.delegations).values(**row, lent_at=tx.now, ends_at=tx.now + 1))
    return granted(tx, Subject.of_person(leo), Action.TICKET_VIEW, TIDEWORKS, Topic.TECHNICAL)


VIEW, REPLY = Action.TICKET_VIEW, Action.TICKET_REPLY
PIN = of(ANA, Action.DESK_PIN_REISSUE)
# What is refused: a grant of the right cell, and what it was not given for. `None`, `False` and an empty list are refusals too.
REFUSED: dict[str, list[tuple[Callable[[Transaction], Grant], Callable[..., Any]]]] = {
    "account_details.service_name": [(of(OLIVIA, Action.SERVICE_VIEW, BAKERY), lambda f, tx, g: f(tx, g, "ms-1"))],
    "account_details.numbered": [(of(OLIVIA, Action.SERVICE_VIEW, BAKERY), lambda f, tx, g: f(tx, [g], "400639"))],
    "billing_details.printed": [(of(OLIVIA, Action.BILLING_VIEW, BAKERY), lambda f, tx, g: f(tx, g, "MS-9001"))],
    "login_details.deposit": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS, "root", 1))],
    "login_details.withdraw": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS))],
    "login_details.of_ticket": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS))],
    "attachments.download": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS, 1))],
    "audit.entries": [
        (of(ANA, Action.DESK_LEDGER_READ, BAKERY), lambda f, tx, g: f(tx, g, TIDEWORKS)),
        (of(ANA, Action.DESK_LEDGER_READ, BAKERY), lambda f, tx, g: f(tx, g)),
    ],
    "ticket_summary.card": [
        (work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS)),
        (work(KIM, TIDEWORKS), lambda f, tx, g: f(tx, g, QUARANTINED)),
    ],
    "operator_tickets.listed": [
        (work(KIM), lambda f, tx, g: f(tx, g)),
        (work(KIM), lambda f, tx, g: f(tx, g, TIDEWORKS)),
        (work(KIM, BAKERY), lambda f, tx, g: f(tx, g, TIDEWORKS)),
        (work(KIM, BAKERY), lambda f, tx, g: f(tx, g)),
    ],
    "agent_tickets.hand_over": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS, 2, None))],
    "agent_tickets.put_back": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS))],
    "agent_tickets.meanwhile": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS, 0))],
    "agent_tickets.newest": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS))],
    "agent_tickets.taken_by_another": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS))],
    "agent_tickets.answer": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS, "b", phone=True))],
    "agent_tickets.correct": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS, 7, "b", phone=True))],
    "agent_tickets.edited": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, "C1:2", "b", "9"))],
    "agent_tickets.note": [
        (work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS, "b")),
        (work(ANA, TIDEWORKS), lambda f, tx, g: f(tx, g, QUARANTINED, "b")),
    ],
    "agent_tickets.requester": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS))],
    "agent_tickets.set_status": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS, "closed"))],
    "agent_tickets.take": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS, None))],
    "live_calls.case": [
        (of(KIM, Action.DESK_CARD_VIEW, BAKERY), lambda f, tx, g: f(tx, g, 1)),
        (of(ANA, Action.DESK_CARD_VIEW, TIDEWORKS), lambda f, tx, g: f(tx, g, 1)),
    ],
    "caller_names.of_call": [
        (of(KIM, Action.DESK_CARD_VIEW, BAKERY), lambda f, tx, g: f(tx, g, 1)),
        (of(ANA, Action.DESK_CARD_VIEW, TIDEWORKS), lambda f, tx, g: f(tx, g, 1)),
    ],
    "delegations.live": [(of(OLIVIA, Action.RIGHT_LEND, BAKERY), lambda f, tx, g: f(tx, g))],
    **OF_CONTACTS,
    **OF_CALLS,
    **OF_ANSWERS | bounds_of_systems.OF_SYSTEMS,
    **OF_STAFF,
    "pin_reset.owe": [
        (PIN, lambda f, tx, g: f(tx, g, 8)),
        (PIN, lambda f, tx, g: f(tx, g, 8, asked_by=2)),
        (of(ANA, Action.DESK_PIN_REISSUE, BAKERY), lambda f, tx, g: f(tx, g, 8, asked_by=1)),
    ],
    "queue_lists.counts": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g))],
    "queue_lists.lines": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, ()))],
    "queue_lists.reads_queue": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g))],
    "queue_lists.listed": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, Filters()))],
    "queue_views.listed": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g))],
    "queue_views.remove": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, 1))],
    "queue_views.save": [
        (work(KIM, BAKERY), lambda f, tx, g: f(tx, g, "x", Filters(), shared=False)),
        (work(KIM), lambda f, tx, g: f(tx, g, "x", Filters(), shared=True)),
    ],
    "ticket_search.found": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, "x"))],
    "agent_tickets.set_priority": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS, Priority.LOW))],
    "ticket_queue.quarantined": [
        (work(KIM, TIDEWORKS), lambda f, tx, g: f(tx, g)),
        (work(OPERATOR), lambda f, tx, g: f(tx, g)),
    ],
    "ticket_queue.release": [
        (work(KIM, TIDEWORKS), lambda f, tx, g: f(tx, g, QUARANTINED)),
        (work(ANA, BAKERY), lambda f, tx, g: f(tx, g, QUARANTINED)),
    ],
    "ticket_queue.ticket": [
        (work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS)),
        (work(KIM, TIDEWORKS), lambda f, tx, g: f(tx, g, QUARANTINED)),
        (work(ANA, TIDEWORKS), lambda f, tx, g: f(tx, g, DRAFT)),
    ],
    "answer_delivery.left_over": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS, phone=True))],
    "answer_delivery.now": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS, phone=True))],
    "answer_delivery.of_ticket": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS))],
    "answer_delivery.read": [(of(OLIVIA, VIEW, BAKERY, Topic.TECHNICAL), lambda f, tx, g: f(tx, g, THEIRS))],
    "answer_delivery.read_out": [(of(OLIVIA, VIEW, BAKERY, Topic.TECHNICAL), lambda f, tx, g: f(tx, g, THEIRS))],
    "answer_delivery.unreadable": [(work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS, 7, phone=True))],
    "account_access.account": [(of(ANA, Action.DESK_CARD_VIEW, TIDEWORKS), lambda f, tx, g: f(tx, g))],
    "support_calls.ask_proof": [(of(ANA, Action.DESK_PROOF_ASK), lambda f, tx, g: f(tx, g, 1, "pin"))],
    "support_calls.start": [
        (
            lambda tx: granted(tx, OLIVIA, Action.PHONE_EMERGENCY, BAKERY, service="grid-1"),
            lambda f, tx, g: f(tx, g, service="another"),
        )
    ],
    "dual_control.ask": [(PIN, lambda f, tx, g: f(tx, g, "threat_off"))],
    "pin_changes.set_pin": [
        (PIN, lambda f, tx, g: f(tx, g, None)),
        (PIN, lambda f, tx, g: f(tx, g, None, asked_by=2)),
        (of(OPERATOR, Action.DESK_PIN_REISSUE, BAKERY), lambda f, tx, g: f(tx, g, None)),
    ],
    "pin_changes.unlock_pin": [
        (PIN, lambda f, tx, g: f(tx, g, 8)),
        (PIN, lambda f, tx, g: f(tx, g, 8, asked_by=2)),
        (of(OPERATOR, Action.DESK_PIN_REISSUE, BAKERY), lambda f, tx, g: f(tx, g, 8)),
    ],
    "visible_messages.first": [
        (work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS)),
        (work(KIM, TIDEWORKS), lambda f, tx, g: f(tx, g, QUARANTINED)),
    ],
    "visible_messages.noted_files": [
        (work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS)),
        (work(KIM), lambda f, tx, g: f(tx, g, THEIRS)),
    ],
    "visible_messages.said": [
        (work(KIM, BAKERY), lambda f, tx, g: f(tx, g, THEIRS)),
        (work(KIM), lambda f, tx, g: f(tx, g, THEIRS)),
        (work(KIM, TIDEWORKS), lambda f, tx, g: f(tx, g, QUARANTINED)),
        (work(ANA, TIDEWORKS), lambda f, tx, g: f(tx, g, DRAFT)),
        (of(OLIVIA, VIEW, BAKERY, Topic.TECHNICAL), lambda f, tx, g: f(tx, g, THEIRS)),
        (of(RAJ, VIEW, TIDEWORKS, Topic.BILLING), lambda f, tx, g: f(tx, g, THEIRS)),
        (of(RAJ, VIEW, TIDEWORKS, Topic.TECHNICAL), lambda f, tx, g: f(tx, g, QUARANTINED)),
        (of(MIA, VIEW, TIDEWORKS, Topic.TECHNICAL), lambda f, tx, g: f(tx, g, DRAFT)),
        (lent, lambda f, tx, g: f(tx, g, THEIRS)),
    ],
    "customer_lists.conversation": [
        (of(OLIVIA, VIEW, BAKERY, Topic.TECHNICAL), lambda f, tx, g: f(tx, [g], THEIRS)),
        (of(RAJ, VIEW, TIDEWORKS, Topic.BILLING), lambda f, tx, g: f(tx, [g], THEIRS)),
        (of(RAJ, VIEW, TIDEWORKS, Topic.TECHNICAL), lambda f, tx, g: f(tx, [g], QUARANTINED)),
        (of(MIA, VIEW, TIDEWORKS, Topic.TECHNICAL), lambda f, tx, g: f(tx, [g], DRAFT)),
        (lent, lambda f, tx, g: f(tx, [g], THEIRS)),
    ],
    "customer_tickets.close": [
        (of(OLIVIA, REPLY, BAKERY, Topic.TECHNICAL), lambda f, tx, g: f(tx, g, THEIRS)),
        (of(RAJ, REPLY, TIDEWORKS, Topic.BILLING), lambda f, tx, g: f(tx, g, THEIRS)),
        (of(RAJ, REPLY, TIDEWORKS, Topic.TECHNICAL), lambda f, tx, g: f(tx, g, QUARANTINED)),
    ],
    "customer_tickets.open": [
        (
            lambda tx: granted(tx, OLIVIA, Action.PHONE_EMERGENCY, BAKERY, service="grid-1"),
            lambda f, tx, g: f(tx, g, title="s", body="b", service="another"),
        )
    ],
    "customer_tickets.reopen": [(of(OLIVIA, REPLY, BAKERY, Topic.TECHNICAL), lambda f, tx, g: f(tx, g, THEIRS))],
    "customer_tickets.reply": [
        (of(OLIVIA, REPLY, BAKERY, Topic.TECHNICAL), lambda f, tx, g: f(tx, g, THEIRS, body="b")),
        (of(RAJ, REPLY, TIDEWORKS, Topic.BILLING), lambda f, tx, g: f(tx, g, THEIRS, body="b")),
    ],
    "customer_tickets.with_recording": [(of(OLIVIA, REPLY, BAKERY, Topic.TECHNICAL), lambda f, tx, g: f(tx, g, SID))],
}
_OWN = "reads the account of the grant, and takes no other thing to read"
_LOANS = "a request or a loan by its id, of the grant's account: tests/bot/test_leo.py"
_DESK = "of the whole desk: there is no account, ticket or service to go by"
REACH_ALL: dict[str, str] = {
    **{
        f"account_details.{n}": _OWN
        for n in (
            "domain_contacts",
            "invoices",
            "name",
            "name_like",
            "needed_for",
            "service_names",
            "services",
            "status",
        )
    },
    **{f"customer_lists.{n}": _OWN for n in ("drafts", "listed", "page", "waiting", "waits")},
    **{f"delegations.{n}": _LOANS for n in ("ask", "lend", "lenders", "refuse", "use_up")},
    "login_details.open_once": "the grant's own person's, on its account: tests/portal/test_login_details.py",
    **{f"account_details.{n}": _OWN for n in ("owns", "takes_billing_alone")},
    **{f"account_records.{n}": _OWN for n in ("of_account", "people")},
    **{f"lock.{n}": _OWN for n in ("locked_since", "set_locked", "who_may_unlock")},
    "notice_list.kinds_of": "what the grant's own person is sent, about its account",
    "contact_requests.waiting": _OWN,
    **{f"contact_list.{n}": _OWN for n in ("listed", "scheme_of")},
    "contact_changes.add": "puts somebody new on the grant's own account",
    "contact_changes.may_add": "counts what is added to the grant's own account",
    "account_details.who_may_manage_contacts": _OWN,
    **{f"account_access.{n}": _OWN for n in ("record_access", "stands_open")},
    "canned_answers.listed": "texts of the desk's own that name no customer",
    **dict.fromkeys((*COUNTED, *(f"pending_mails.{n}" for n in ("listed", "count", "one", "remove"))), _DESK),
    **{f"lookups.{n}": _DESK for n in ("explain", "find_account", "find_person", "has_service")},
    **bounds_of_systems.REACH_ALL,
    **{f"whole_accounts.{n}": _DESK for n in ("account_numbered", "numbers_after")},
    **{f"whole_accounts.{n}": _OWN for n in ("whole", "people", "person", "lock_people")},
    "agent_tickets.colleagues": "names of the staff, whom every one of the desk may know",
    "support_calls.agent_briefing": "the agents' line's: raises where the call is not of the grant's account",
}
WHOLE_DESK = {f"desk.{n}" for n in ("deliver", "operate", "staff.manage", "threat.switch", "proof.ask", "pin.reissue")}


def test_every_function_with_a_grant_is_refused_something_or_reaches_all() -> None:
    """Those of the worker, the operator and the whole desk have no account to go by, but for what they are refused above."""
    of_account = {name for name, cells in OPENS.items() if not cells <= WHOLE_DESK}
    assert of_account <= set(REFUSED) | set(REACH_ALL)
    assert set(REFUSED) | set(REACH_ALL) <= set(OPENS)


class TakenBackError(Exception):
    """Whatever a case has done is not kept."""


def test_h14_the_right_cell_does_not_open_what_is_not_its_own(desk: Clocked) -> None:
    opened = []
    for name, cases in REFUSED.items():
        for n, (grant, use) in enumerate(cases):
            given: Any = None
            with suppress(TakenBackError), desk.transaction("CA1") as tx:
                genuine = grant(tx)
                try:
                    given = use(PUBLIC[name], tx, genuine)
                except (GrantRequiredError, queue_lists.SupervisorsOnlyError):
                    pass
                except Exception as fault:  # noqa: BLE001 - it went on to its other arguments
                    given = fault
                raise TakenBackError
            opened += [f"{name}, case {n}"] if given else []
    assert opened == []


def test_the_same_grants_open_what_is_theirs(desk: Clocked) -> None:
    """Or a store that refuses everybody would pass."""
    with desk.transaction("CA1") as tx:
        kim, ana = work(KIM, TIDEWORKS)(tx), work(ANA, TIDEWORKS)(tx)
        assert visible_messages.said(tx, kim, THEIRS)
        assert visible_messages.said(tx, ana, QUARANTINED)
        assert visible_messages.first(tx, ana, QUARANTINED)
        assert visible_messages.noted_files(tx, kim, THEIRS) == []
        recordings.put(tx, of(WORKER, Action.DESK_DELIVER)(tx), SID, recordings.Sound("audio/wav", b"words"))
        ((spoken,),) = tx.connection.execute(
            select(tables.messages.c.id).where(tables.messages.c.recording == SID)
        ).all()
        assert recordings.get(tx, kim, THEIRS, spoken) == recordings.Sound("audio/wav", b"words")
        assert recordings.get(tx, kim, BILLS, spoken) is None, "of another ticket"
        with pytest.raises(GrantRequiredError):
            recordings.get(tx, work(KIM, BAKERY)(tx), THEIRS, spoken)
        assert len(operator_tickets.listed(tx, work(OPERATOR)(tx))) == 4
        assert len(operator_tickets.listed(tx, kim, TIDEWORKS)) == 3
        assert agent_tickets.edited(tx, kim, "C1:2", "changed", "9")
        assert visible_messages.said(tx, of(RAJ, VIEW, TIDEWORKS, Topic.TECHNICAL)(tx), DRAFT)
        kims = of(KIM, Action.DESK_CARD_VIEW, TIDEWORKS)(tx)
        assert live_calls.case(tx, kims, 1)
        bounds_of_calls.opens(tx, kims, kim)
        pin_reset.owe(tx, PIN(tx), 8, asked_by=1)
        pin_changes.set_pin(tx, of(OPERATOR, Action.DESK_PIN_REISSUE)(tx), pins.keep(tx.keys, 8, Pin("40817263")))
        assert not pin_changes.unlock_pin(tx, PIN(tx), 8, asked_by=1)
        emergency = granted(tx, OLIVIA, Action.PHONE_EMERGENCY, BAKERY, service="grid-1")
        assert customer_tickets.open(tx, emergency, title="s", body="b", service="grid-1")
