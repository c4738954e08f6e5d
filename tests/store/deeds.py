"""Deeds at tickets, calls and jobs that touch the same rows, for the tests that interleave each with each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from sqlalchemy import insert, select, update

from authz import Action, Ask, Denied, Grant, Proof, Subject, Topic
from store import OPERATOR, Transaction, tables
from store.accounts import lock
from store.calls import call_assignment, callbacks, support_calls
from store.jobs import job_queue
from store.messages import edits as words
from store.operator import failed_jobs
from store.staff import staff_list
from store.tickets import agent_tickets, customer_tickets, ticket_queue
from tests.store.interleaving import Deed, RefusedError

RAJ, MIA, LEO, TIDEWORKS = 7, 8, 9, 3
KIM, ANA, LEE, ZOE = Subject("staff:1"), Subject("staff:2"), Subject("staff:3"), Subject("staff:4")

Given = dict[str, Any]


class Pairs(NamedTuple):
    """What stands before, and the deeds that meet there: each with each, itself included."""

    prepare: Callable[[Transaction], Given]
    deeds: dict[str, Deed]


def granted(
    tx: Transaction, who: Subject, action: Action, account: int | None = TIDEWORKS, topic: Topic | None = None
) -> Grant:
    verdict = tx.ask(Ask(who, action, account, topic, Proof.VERIFIED))
    if isinstance(verdict, Denied):
        raise RefusedError(verdict.reason)
    return verdict


def colleagues(tx: Transaction) -> None:
    """Another agent and another supervisor, beside Kim and Ana."""
    rows = [("agent.lee", "Lee", "agent"), ("lead.zoe", "Zoe", "supervisor")]
    for username, name, role in rows:
        row = {"username": username, "name": name, "email": f"{username}@desk.example", "role": role}
        tx.connection.execute(insert(tables.staff).values(**row))


def works(tx: Transaction, who: Subject) -> Grant:
    return granted(tx, who, Action.DESK_TICKET_WORK)


def hers(tx: Transaction, action: Action = Action.TICKET_REPLY) -> Grant:
    return granted(tx, Subject.of_person(MIA), action, topic=Topic.TECHNICAL)


# --- a ticket


def a_ticket(tx: Transaction) -> Given:
    colleagues(tx)
    grant = hers(tx, Action.TICKET_OPEN)
    number = customer_tickets.open(tx, grant, title="It is down", body="It is down", source="T/C/1.1")
    return {"number": number}


def edits(stamp: str) -> Deed:
    def deed(tx: Transaction, given: Given) -> object:
        ask = Ask(Subject.of_person(MIA), Action.TICKET_REPLY, TIDEWORKS, Topic.TECHNICAL, Proof.VERIFIED)
        return customer_tickets.edited(tx, ask, "T/C/1.1", f"as of {stamp}", stamp)

    return deed


TICKET = Pairs(
    a_ticket,
    {
        "Kim takes it": lambda tx, given: agent_tickets.take(tx, works(tx, KIM), given["number"], None),
        "Lee takes it": lambda tx, given: agent_tickets.take(tx, works(tx, LEE), given["number"], None),
        "Kim answers": lambda tx, given: agent_tickets.answer(
            tx, works(tx, KIM), given["number"], "Try again", phone=True
        ),
        "Ana closes it": lambda tx, given: agent_tickets.set_status(tx, works(tx, ANA), given["number"], "closed"),
        "Mia replies": lambda tx, given: customer_tickets.reply(tx, hers(tx), given["number"], body="Still down"),
        "Mia closes it": lambda tx, given: customer_tickets.close(tx, hers(tx), given["number"]),
    },
)
MESSAGE = Pairs(
    a_ticket,
    {
        "Mia edits it": edits("1.2"),
        "Mia edits it later": edits("1.3"),
        "Mia takes it back": lambda tx, _given: words.withdraw(tx, "T/C/1.1"),
    },
)


def an_answer(tx: Transaction) -> Given:
    given = a_ticket(tx)
    agent_tickets.answer(tx, works(tx, KIM), given["number"], "Try again", phone=True)
    m = tables.messages.c
    theirs = select(m.id).where(m.ticket == given["number"], m.author == KIM)
    return given | {"answer": tx.connection.execute(theirs).scalar_one()}


def corrects(words: str) -> Deed:
    def deed(tx: Transaction, given: Given) -> object:
        return agent_tickets.correct(tx, works(tx, KIM), given["number"], given["answer"], words, phone=True)

    return deed


ANSWER = Pairs(an_answer, {"Kim corrects it": corrects("Wait"), "Kim corrects it otherwise": corrects("Call us")})


# --- an agent who is suspended


def a_taken_ticket(tx: Transaction) -> Given:
    given = a_ticket(tx)
    agent_tickets.take(tx, works(tx, KIM), given["number"], None)
    return given


SUSPENDED = Pairs(
    a_taken_ticket,
    {
        "Kim is suspended": lambda tx, _given: staff_list.suspend(
            tx, granted(tx, OPERATOR, Action.DESK_STAFF_MANAGE, None), 1
        ),
        "Lee takes it from Kim": lambda tx, given: agent_tickets.take(tx, works(tx, LEE), given["number"], 1),
        "Kim answers": lambda tx, given: agent_tickets.answer(
            tx, works(tx, KIM), given["number"], "Try again", phone=True
        ),
        "Mia replies": lambda tx, given: customer_tickets.reply(tx, hers(tx), given["number"], body="Still down"),
    },
)


# --- a ticket that is kept back


def a_quarantined_ticket(tx: Transaction) -> Given:
    given = a_ticket(tx)
    t = tables.tickets.c
    tx.connection.execute(update(tables.tickets).where(t.number == given["number"]).values(status="quarantined"))
    return given


QUARANTINED = Pairs(
    a_quarantined_ticket,
    {
        "Ana releases it": lambda tx, given: ticket_queue.release(tx, works(tx, ANA), given["number"]),
        "Zoe releases it": lambda tx, given: ticket_queue.release(tx, works(tx, ZOE), given["number"]),
    },
)


# --- a caller with the desk


def a_ring(tx: Transaction) -> Given:
    colleagues(tx)
    tx.call = "CA1"
    grant = granted(tx, Subject.of_person(MIA), Action.PHONE_SUPPORT)
    return {"support_call": support_calls.start(tx, grant, numbers=("+441632960001", "+441632960002"))}


RING = Pairs(
    a_ring,
    {
        "the first phone takes it": lambda tx, given: support_calls.take(tx, given["support_call"], "CA2", 0),
        "the second phone takes it": lambda tx, given: support_calls.take(tx, given["support_call"], "CA3", 1),
        "the caller leaves": lambda tx, _given: support_calls.end(tx, "CA1", support_calls.CALLER_LEFT),
        "the first phone is gone": lambda tx, given: support_calls.leg_gone(tx, given["support_call"], "CA2", 0),
    },
)


def a_talk(tx: Transaction) -> Given:
    given = a_ring(tx)
    support_calls.take(tx, given["support_call"], "CA2", 0)
    return given


TALK = Pairs(
    a_talk,
    {
        "Kim says it is theirs": lambda tx, given: call_assignment.assign(
            tx, granted(tx, KIM, Action.DESK_CARD_VIEW), given["support_call"]
        ),
        "Lee says it is theirs": lambda tx, given: call_assignment.assign(
            tx, granted(tx, LEE, Action.DESK_CARD_VIEW), given["support_call"]
        ),
        "Kim gives it back": lambda tx, given: call_assignment.give_back(
            tx, granted(tx, KIM, Action.DESK_CARD_VIEW), given["support_call"]
        ),
        "the caller leaves": lambda tx, _given: support_calls.end(tx, "CA1", support_calls.CALLER_LEFT),
    },
)


# --- calls of ours, jobs


def a_callback(tx: Transaction) -> Given:
    made = callbacks.ask(tx, granted(tx, KIM, Action.DESK_PROOF_ASK, None), MIA, purpose="")
    assert isinstance(made, int), made
    return {"id": made}


CALLBACK = Pairs(
    a_callback,
    {
        "it is dialled": lambda tx, given: callbacks.to_ring(tx, given["id"], "+441632960108") is not None,
        "it is over": lambda tx, given: callbacks.moved(tx, given["id"], "over"),
    },
)


def a_job(tx: Transaction) -> Given:
    job_queue.enqueue(tx, "notice", "k", {"notice": "pin_set", "person": MIA})
    return {}


JOB = Pairs(
    a_job,
    {
        "a worker leases it": lambda tx, _given: (job := job_queue.lease(tx, ["notice"])) and job.key.partition(":")[0],
        "another of its kind": lambda tx, _given: job_queue.enqueue_once(tx, "notice", "k2", {"notice": "pin_set"}),
    },
)


def a_job_given_up(tx: Transaction) -> Given:
    row = {"kind": "notice", "key": "k", "payload": '{"notice": "pin_set"}', "run_at": tx.now, "created_at": tx.now}
    row |= {"attempts": 9, "error": "no address", "done_at": tx.now, "given_up": True}
    return {"id": tx.connection.execute(insert(tables.jobs).values(row).returning(tables.jobs.c.id)).scalar_one()}


def operates(tx: Transaction) -> Grant:
    return granted(tx, OPERATOR, Action.DESK_OPERATE, None)


def by_operator(does: Callable[[Transaction, Grant, int], object]) -> Deed:
    def deed(tx: Transaction, given: Given) -> None:
        try:
            does(tx, operates(tx), given["id"])
        except failed_jobs.NoSuchJobError as gone:
            raise RefusedError("there is none") from gone

    return deed


GIVEN_UP = Pairs(
    a_job_given_up,
    {"it is tried again": by_operator(failed_jobs.retry), "it is dropped": by_operator(failed_jobs.drop)},
)


# --- a draft, an account


def a_draft(tx: Transaction) -> Given:
    ask = Ask(Subject.of_person(RAJ), Action.SERVICE_CANCEL, TIDEWORKS, None, Proof.VERIFIED)
    made = customer_tickets.request(tx, ask, topic="technical", body="Close it")
    assert not isinstance(made, Denied), made
    assert not made[1], "it needs no further proof"
    return {"number": made[0], "ask": Ask(ask.subject, ask.action, TIDEWORKS, None, Proof.STEPPED_UP)}


def hands_in(tx: Transaction, given: Given) -> object:
    tx.proved_further(Subject.of_person(RAJ), TIDEWORKS)
    done = customer_tickets.hand_in(tx, given["ask"], given["number"])
    return done.reason if isinstance(done, Denied) else done


DRAFT = Pairs(
    a_draft,
    {
        "Raj hands it in": hands_in,
        "Raj withdraws it": lambda tx, given: customer_tickets.draft_withdrawn(tx, given["ask"], given["number"]),
    },
)


def locks(*, locked: bool) -> Deed:
    def deed(tx: Transaction, _given: Given) -> object:
        tx.proved_further(Subject.of_person(RAJ), TIDEWORKS)
        verdict = tx.ask(Ask(Subject.of_person(RAJ), Action.ACCOUNT_LOCK, TIDEWORKS, None, Proof.STEPPED_UP))
        assert isinstance(verdict, Grant), verdict
        return lock.set_locked(tx, verdict, locked=locked)

    return deed


LOCKED = Pairs(lambda _tx: {}, {"Raj locks it": locks(locked=True), "Raj unlocks it": locks(locked=False)})


AT_THE_DESK: Final = {
    "ticket": TICKET,
    "message": MESSAGE,
    "answer": ANSWER,
    "quarantined": QUARANTINED,
    "support_call": RING,
    "talk": TALK,
    "call back": CALLBACK,
    "job": JOB,
    "given up": GIVEN_UP,
    "draft": DRAFT,
    "locked": LOCKED,
    "suspended": SUSPENDED,
}
