"""Deeds with what proves somebody, and with rights, that touch the same rows, for the tests that interleave each with each."""

from __future__ import annotations

from typing import Final

import pyotp
from sqlalchemy import insert, select

from authz import Action, Ask, Denied, Grant, Proof, Subject, Topic
from store import Transaction, tables
from store.accounts import delegations
from store.calls import call_state
from store.codes import one_time_codes, one_time_links
from store.security import budgets, threat_mode
from store.security.budgets import Limit
from store.staff import dual_control
from store.tickets import customer_tickets
from store.verification import attempt_limits, call_approvals, revocation, slack_members, totp
from tests.store.deeds import ANA, LEO, MIA, RAJ, TIDEWORKS, ZOE, Given, Pairs, colleagues, granted
from tests.store.interleaving import Deed, RefusedError

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
    assert call_state.begin(tx, "CA1", "{}", "first", "hello")
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
        "Leo opens a ticket": leo_opens,
    },
)


def a_loan_of_one(tx: Transaction) -> Given:
    loan = delegations.lend(tx, granted(tx, Subject.of_person(RAJ), Action.RIGHT_LEND), a_request(tx)["id"], None)
    assert loan is not None
    return {"loan": loan.id}


def leo_opens_the_one(tx: Transaction, _given: Given) -> object:
    verdict = tx.ask(Ask(Subject.of_person(LEO), Action.TICKET_OPEN, TIDEWORKS, Topic.TECHNICAL, Proof.VERIFIED))
    return (
        verdict.reason
        if isinstance(verdict, Denied)
        else customer_tickets.open(tx, verdict, title="Down", body="It is down")
    )


LENT_FOR_ONE = Pairs(
    a_loan_of_one,
    {
        "Leo opens it": leo_opens_the_one,
        "Raj takes it back": lambda tx, given: delegations.take_back(tx, Subject.of_person(RAJ), given["loan"]),
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


def asks_for_it(who: Subject) -> Deed:
    return lambda tx, _given: dual_control.ask(tx, leads(tx, who), "threat_off")


def two_leads(tx: Transaction) -> Given:
    colleagues(tx)
    return {}


ASKING = Pairs(two_leads, {"Ana asks": asks_for_it(ANA), "Zoe asks the same": asks_for_it(ZOE)})


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


def an_old_attempt(tx: Transaction) -> Given:
    tx.connection.execute(insert(tables.budgets).values(name=LIMITS[0].name, full_at=tx.now - budgets.DAY))
    return {}


SWEPT = Pairs(
    an_old_attempt,
    {
        "one is taken": lambda tx, _given: budgets.take(tx, LIMITS),
        "whole ones are swept": lambda tx, _given: budgets.sweep(tx),
    },
)


# --- an app that shows codes


def shown(secret: str, tx: Transaction) -> str:
    return pyotp.TOTP(secret).at(tx.now // 1000)


def an_app_begun(tx: Transaction) -> Given:
    return {"secret": totp.begin(tx, MIA), "page": one_time_links.issue(tx, "enrol", Subject.of_person(MIA))}


def confirms(tx: Transaction, given: Given) -> object:
    """As the page does."""
    good = one_time_links.lock(tx, "enrol", given["page"])
    right = good and totp.confirm(tx, MIA, shown(given["secret"], tx))
    return right and one_time_links.use(tx, "enrol", given["page"])


def begins_another(tx: Transaction, _given: Given) -> object:
    try:
        return bool(totp.begin(tx, MIA))
    except totp.AlreadyThereError as there:
        raise RefusedError("they have one") from there


BEGUN = Pairs(
    an_app_begun,
    {
        "Mia confirms": confirms,
        "another is begun": begins_another,
        "all proofs end": lambda tx, _given: revocation.revoke(tx, [MIA], "pin"),
    },
)


def an_app(tx: Transaction) -> Given:
    secret = pyotp.random_base32()
    assert totp.put(tx, MIA, secret, 0)
    return {"secret": secret}


APP = Pairs(
    an_app,
    {
        "its code is taken": lambda tx, given: totp.check(tx, MIA, shown(given["secret"], tx)),
        "it is removed": lambda tx, _given: totp.remove(tx, MIA),
        "it is to be removed": lambda tx, _given: totp.end_later(tx, MIA, 1),
    },
)


OF_PROOF: Final = {
    "code": CODE,
    "question": QUESTION,
    "loan": LOAN,
    "lent": LENT,
    "lent for one": LENT_FOR_ONE,
    "member": MEMBER,
    "two people": TWO_PEOPLE,
    "asking": ASKING,
    "attempt": ATTEMPT,
    "swept": SWEPT,
    "begun": BEGUN,
    "app": APP,
}
