"""What a desk does by itself every second and minute, and what its pages read: each of it on a desk with much in it.

Everything is taken back, so that the next time finds the same. Times are of the part alone, within its transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from authz import Action, Ask, At, Grant, NoticeKind, Proof, Subject
from deskgate.sweeps import SWEEPS
from store import OPERATOR, Store, Transaction
from store.calls import callbacks, live_calls
from store.contacts import contact_list, contact_requests
from store.jobs import job_queue
from store.ledger import account_records, audit
from store.notices import notice_list
from store.security import alerts
from store.sign_in import sessions
from store.sign_in.realms import CUSTOMERS
from store.slack import ticket_threads
from store.staff import change_stamp, dual_control
from store.tickets import login_details, queue_lists, ticket_queue
from store.tickets.queue_lists import Filters
from store.verification import step_ups

Chore = Callable[[Store], float]
AGENT, LEAD = Subject("staff:1"), Subject("staff:5")  # filling.py
KINDS: Final = ["ticket_update", "call_card", "slack.message", "notice", "alert"]
ACCOUNT: Final = 7
OWNER, TICKET = Subject.of_person(2 * ACCOUNT - 1), ACCOUNT - 1  # growth.py; their account's first ticket
PLACE: Final = ticket_threads.TicketThread(1, 1, ticket_threads.DESK, None, "T1", "C1", "t1")


class TakenBackError(Exception):
    """What was done is not kept."""


def inside(do: Callable[[Transaction], Callable[[], object]]) -> Chore:
    """`do` makes ready and gives what is timed."""

    def chore(store: Store) -> float:
        took = 0.0
        try:
            with store.transaction("bench") as tx:
                timed = do(tx)
                began = time.perf_counter()
                timed()
                took = time.perf_counter() - began
                raise TakenBackError
        except TakenBackError:
            return took

    return chore


def reading(read: Callable[[Store], object]) -> Chore:
    def chore(store: Store) -> float:
        began = time.perf_counter()
        read(store)
        return time.perf_counter() - began

    return chore


def _may(tx: Transaction, who: Subject, action: Action, account: int | None = None) -> Grant:
    verdict = tx.ask(Ask(who, action, account, None, Proof.NONE))
    assert isinstance(verdict, Grant), verdict
    return verdict


def _desk(tx: Transaction) -> Callable[[], object]:
    may = _may(tx, AGENT, Action.DESK_PROOF_ASK)
    return lambda: (
        live_calls.calls(tx, may),
        live_calls.just_over(tx, may),
        callbacks.under_way(tx, may),
        alerts.news(tx, may),
    )


def _tickets(tx: Transaction) -> Callable[[], object]:
    may = _may(tx, AGENT, Action.DESK_TICKET_WORK)
    return lambda: (
        queue_lists.counts(tx, may),
        *(queue_lists.listed(tx, may, Filters(status)) for status in ("open", "closed")),
    )


def _mine(tx: Transaction) -> Callable[[], object]:
    may = _may(tx, AGENT, Action.DESK_TICKET_WORK)
    return lambda: [queue_lists.listed(tx, may, Filters(status, "mine")) for status in ("open", "closed")]


def _lead(tx: Transaction) -> Callable[[], object]:
    work_on, lead = _may(tx, LEAD, Action.DESK_TICKET_WORK), _may(tx, LEAD, Action.DESK_THREAT_SWITCH)
    return lambda: (
        ticket_queue.quarantined(tx, work_on),
        alerts.waiting(tx, lead),
        alerts.shown(tx, lead),
        dual_control.waiting(tx, lead),
    )


def _lease(tx: Transaction) -> Callable[[], object]:
    return lambda: job_queue.lease(tx, KINDS)


def _audit(tx: Transaction, account: int | None) -> Callable[[], object]:
    may = _may(tx, OPERATOR, Action.DESK_LEDGER_READ)
    return lambda: audit.entries(tx, may, account, limit=50)


def _sweeps(tx: Transaction) -> Callable[[], object]:
    return lambda: [sweep(tx) for sweep in SWEEPS]


def _notices(tx: Transaction) -> Callable[[], object]:
    may = _may(tx, LEAD, Action.DESK_TICKET_WORK)
    return lambda: [notice_list.listed(tx, may, kind) for kind in (None, NoticeKind.TICKET)]


def _own(tx: Transaction) -> Callable[[], object]:
    return lambda: notice_list.own(tx, OWNER)


def _owners(tx: Transaction, action: Action) -> Grant:
    step_ups.reached(tx, OWNER, ACCOUNT, "authenticator", "bench", ends_at=tx.now + 600_000)
    verdict = tx.ask(Ask(OWNER, action, ACCOUNT, None, Proof.STEPPED_UP, at=At.PAGES))
    assert isinstance(verdict, Grant), verdict
    return verdict


def _records(tx: Transaction) -> Callable[[], object]:
    may = _owners(tx, Action.ACCOUNT_RECORDS)
    return lambda: account_records.of_account(tx, may, 51)


def _people(tx: Transaction) -> Callable[[], object]:
    may = _owners(tx, Action.CONTACTS_MANAGE)
    return lambda: (contact_list.listed(tx, may, first=0, many=50), contact_requests.waiting(tx, may))


def _login_details(tx: Transaction) -> Callable[[], object]:
    may = _may(tx, AGENT, Action.DESK_TICKET_WORK, ACCOUNT)
    return lambda: login_details.of_ticket(tx, may, TICKET)


def _session(tx: Transaction) -> Callable[[], object]:
    token = sessions.begin(tx, CUSTOMERS, OWNER.person)
    return lambda: sessions.find(tx, CUSTOMERS, token, does=True)


def _watch(store: Store) -> object:
    with store.engine.connect().execution_options(reads_only=True) as connection:
        return change_stamp.stamp(connection, store.keys, store.clock())


CHORES: Final[dict[str, Chore]] = {
    "G1 a checkpoint": reading(lambda store: store.checkpoint()),
    "G2 a job leased": inside(_lease),
    "G3 the audit, newest 50": inside(lambda tx: _audit(tx, None)),
    "G3 … of one account": inside(lambda tx: _audit(tx, ACCOUNT)),
    "G4 /desk": inside(_desk),
    "G4 /desk/tickets": inside(_tickets),
    "G4 … an agent's own": inside(_mine),
    "G4 /desk/supervisors": inside(_lead),
    "G4 /desk/notices": inside(_notices),
    "G4 login details of a ticket": inside(_login_details),
    "G4 an account's people, and asked for": inside(_people),
    "G4 … its records": inside(_records),
    "G4 what somebody was sent": inside(_own),
    "G4 a session": inside(_session),
    "G5 the watch of a page": reading(_watch),
    "G6 /metrics": reading(lambda store: [store.backlog(kinds) for kinds in ("%", "slack.%")]),
    "G7 sweeps": inside(_sweeps),
    "G8 what stands in a place": inside(lambda tx: lambda: ticket_threads.versions(tx, PLACE)),
}
