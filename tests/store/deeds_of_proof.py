"""Deeds with what proves somebody, and with rights, that touch the same rows, for the tests that interleave each with each."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from authz import Action, Ask, Denied, Grant, Proof, Subject, Topic
from store import Transaction, tables
from store.accounts import delegations
from store.codes import one_time_codes, one_time_links
from store.security import threat_mode
from store.security.budgets import Limit
from store.staff import dual_control
from store.verification import attempt_limits, call_approvals, revocation, slack_members
from tests.store.deeds import ANA, LEO, MIA, RAJ, TIDEWORKS, ZOE, Given, Pairs, colleagues, granted

# --- codes, pages, questions


def a_code(tx: Transaction) -> Given:
    return {
        "code": one_time_codes.issue(tx, "link", Subject.of_person(MIA)),
        "page": one_time_links.issue(tx, "enrol", Subject.of_person(MIA)),
    }


def another_code(tx: Transaction, _given: Given) -> object:
    return len(one_time_codes.issue(tx, "link", Subject.of_person(MIA)))


CODE = Pairs(
    a_code,
    {
        "another code": another_code,
        "it is redeemed": lambda tx, given: one_time_codes.redeem(tx, "link", given["code"]),
        "it is void": lambda tx, _given: one_time_codes.void(tx, "link", Subject.of_person(MIA)),
        "the page is used": lambda tx, given: one_time_links.use(tx, "enrol", given["page"]),
    },
)


def a_question(tx: Transaction) -> Given:
    tx.call = "CA1"
    id, digits = call_approvals.ask(tx, Subject.of_person(MIA), TIDEWORKS)
    return {"id": id, "digits": digits}


def answers(tx: Transaction, given: Given) -> object:
    return call_approvals.answer(tx, Subject.of_person(MIA), given["id"], given["digits"], ends_at=tx.now + 60_000)


QUESTION = Pairs(
    a_question,
    {
        "the right number": answers,
        "not me": lambda tx, given: call_approvals.refuse(tx, Subject.of_person(MIA), given["id"]),
        "the caller gives up": lambda tx, given: call_approvals.give_up(tx, Subject.of_person(MIA), given["id"]),
        "all proofs end": lambda tx, _given: revocation.revoke(tx, [MIA], "pin"),
    },
)


# --- rights that are lent


def a_request(tx: Transaction) -> Given:
    asked = delegations.ask(tx, granted(tx, Subject.of_person(LEO), Action.CONTACTS_VIEW), "ticket.open:technical")
    assert isinstance(asked, int), asked
    return {"id": asked}


def lends(tx: Transaction, given: Given) -> object:
    verdict = tx.ask(Ask(Subject.of_person(RAJ), Action.RIGHT_LEND, TIDEWORKS, None, Proof.VERIFIED))
    return delegations.lend(tx, verdict, given["id"], 1) is not None if isinstance(verdict, Grant) else verdict.reason


def refuses(tx: Transaction, given: Given) -> object:
    verdict = tx.ask(Ask(Subject.of_person(RAJ), Action.RIGHT_LEND, TIDEWORKS, None, Proof.VERIFIED))
    return delegations.refuse(tx, verdict, given["id"]) is not None if isinstance(verdict, Grant) else verdict.reason


LOAN = Pairs(a_request, {"Raj lends it": lends, "Raj refuses": refuses})


def a_loan(tx: Transaction) -> Given:
    given = a_request(tx)
    loan = delegations.lend(tx, granted(tx, Subject.of_person(RAJ), Action.RIGHT_LEND), given["id"], 1)
    assert loan is not None
    return {"loan": loan.id}


def leo_opens(tx: Transaction, _given: Given) -> object:
    verdict = tx.ask(Ask(Subject.of_person(LEO), Action.TICKET_OPEN, TIDEWORKS, Topic.TECHNICAL, Proof.VERIFIED))
    return verdict.reason if isinstance(verdict, Denied) else "allowed"


LENT = Pairs(
    a_loan,
    {
        "Raj takes it back": lambda tx, given: delegations.take_back(tx, Subject.of_person(RAJ), given["loan"]),
        "Leo gives it back": lambda tx, given: delegations.take_back(tx, Subject.of_person(LEO), given["loan"]),
        "Leo opens a ticket": leo_opens,
    },
)


# --- who stands for whom in Slack


def nothing(_tx: Transaction) -> Given:
    return {}


MEMBER = Pairs(
    nothing,
    {
        "it becomes Mia": lambda tx, _given: slack_members.link(tx, MIA, "T0DESK", "U0NEW"),
        "it becomes Leo": lambda tx, _given: slack_members.link(tx, LEO, "T0DESK", "U0NEW"),
        "it is nobody": lambda tx, _given: slack_members.unlink(tx, "T0DESK", "U0NEW"),
    },
)


# --- what takes two people


def a_wish(tx: Transaction) -> Given:
    colleagues(tx)
    dual_control.ask(tx, granted(tx, ANA, Action.DESK_THREAT_SWITCH, None), "threat_off")
    threat_mode.switch(tx, granted(tx, ANA, Action.DESK_THREAT_SWITCH, None), True)
    wanted = tx.connection.execute(select(tables.dual_control.c.id)).scalars().first()
    return {"id": wanted}


def leads(tx: Transaction, who: Subject) -> Grant:
    return granted(tx, who, Action.DESK_THREAT_SWITCH, None)


TWO_PEOPLE = Pairs(
    a_wish,
    {
        "Zoe agrees": lambda tx, given: dual_control.agree(tx, leads(tx, ZOE), given["id"]),
        "Zoe refuses": lambda tx, given: dual_control.refuse(tx, leads(tx, ZOE), given["id"]),
    },
)


# --- attempts


LIMITS: Final = (Limit("a caller", 6, 3_600_000), Limit("the desk", 100, 3_600_000))


def four_wrong(tx: Transaction) -> Given:
    for _ in range(4):
        attempt_limits.reserve(tx, attempt_limits.counter_of(MIA), real=True, limits=LIMITS)
    return {}


def tries(tx: Transaction, _given: Given) -> object:
    return attempt_limits.reserve(tx, attempt_limits.counter_of(MIA), real=True, limits=LIMITS).admission.name


ATTEMPT = Pairs(
    four_wrong,
    {
        "an attempt": tries,
        "it is unlocked": lambda tx, _given: attempt_limits.unlock(tx, attempt_limits.counter_of(MIA)),
    },
)


OF_PROOF: Final = {
    "code": CODE,
    "question": QUESTION,
    "loan": LOAN,
    "lent": LENT,
    "member": MEMBER,
    "two people": TWO_PEOPLE,
    "attempt": ATTEMPT,
}
