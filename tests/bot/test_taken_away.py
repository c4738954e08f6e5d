"""H1: whatever rests on what proves somebody ends with it: every kind of thing that can be out, and every ground that goes.

A kind that is added and not listed here fails test_every_kind. T19
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pyotp
import pytest
from sqlalchemy import insert, select, update

from authz import Action, Subject, Topic
from store import OPERATOR, Transaction, tables
from store.accounts import delegations
from store.calls import callbacks
from store.codes import one_time_codes, one_time_links
from store.jobs import job_queue
from store.sign_in import invitations, realms, sessions
from store.staff import dual_control, email_codes
from store.verification import (
    call_approvals,
    call_codes,
    pin_reset,
    sms_codes,
    step_ups,
    totp,
    transfer_codes,
)
from tests.bot.left_on_pages import key_made, login_left
from tests.bot.proving import DAYS
from tests.bot.slack_desk import SlackDesk
from tests.bot.taking_away import DEV, TAKEN, WHO, bring, granted

NORTHLIGHT, HARBOUR = 2, 1  # of the three accounts of Dev Anand; what is made for one of them is for Northlight
CALL = "CA" + "7" * 32
STAFF, LEAD = Subject("staff:1"), Subject("staff:2")
Stands = Callable[[Transaction], bool]
SENT: Final = ("proof_code", "pin_page", "invitation", "slack.code", "text_code")


# --- everything that can be out, made as the doors make it: what says whether it still stands


def a_code(kind: str) -> Callable[[Transaction], Stands]:
    def made(tx: Transaction) -> Stands:
        if kind in (transfer_codes.TO_SLACK, transfer_codes.TO_PHONE):
            return a_transfer_code(tx, kind)
        digits = one_time_codes.issue(tx, kind, WHO, call_codes.bound_to(CALL, NORTHLIGHT))
        return lambda tx: one_time_codes.use(tx, kind, digits, WHO) is not None

    return made


def a_transfer_code(tx: Transaction, kind: str) -> Stands:
    here = CALL if kind == transfer_codes.TO_SLACK else "T0DESK:U0DEV"
    step_ups.reached(tx, WHO, NORTHLIGHT, "authenticator", here, ends_at=tx.now + 900_000)
    digits = transfer_codes.give(tx, kind, WHO, NORTHLIGHT, here, Topic.TECHNICAL)
    return lambda tx: transfer_codes.take(tx, kind, WHO, digits or "", "elsewhere") is not None


def a_page(kind: str) -> Callable[[Transaction], Stands]:
    def made(tx: Transaction) -> Stands:
        token = one_time_links.issue(tx, kind, STAFF if kind == "join" else WHO)
        return lambda tx: one_time_links.look(tx, kind, token) is not None

    return made


def a_job(kind: str) -> Callable[[Transaction], Stands]:
    asked: dict[str, Callable[[Transaction], object]] = {
        "proof_code": lambda tx: email_codes.ask(tx, granted(tx, STAFF, Action.DESK_PROOF_ASK), DEV),
        "pin_page": lambda tx: pin_reset.owe(tx, granted(tx, LEAD, Action.DESK_PIN_REISSUE), DEV, asked_by=3),
        "invitation": lambda tx: invitations.invite(tx, granted(tx, OPERATOR, Action.DESK_OPERATE), "dev.anand"),
        "slack.code": lambda tx: call_codes.ask(tx, WHO, NORTHLIGHT),
        "text_code": lambda tx: sms_codes.ask(tx, WHO, call_codes.bound_to(CALL, NORTHLIGHT), ("GB",)),
    }

    def made(tx: Transaction) -> Stands:
        assert asked[kind](tx) is not False
        w = tables.jobs.c
        owed = select(w.id).where(w.kind == kind, w.done_at.is_(None))
        return lambda tx: tx.connection.execute(owed).first() is not None

    return made


def a_job_given_up(kind: str) -> Callable[[Transaction], Stands]:
    """The operator could have it tried again."""

    def made(tx: Transaction) -> Stands:
        assert job_queue.enqueue_once(
            tx, kind, "given up", {"person": DEV}, ordering_key=job_queue.ordering_key_of(kind, DEV)
        )
        w = tables.jobs.c
        its = w.kind == kind, w.key == "given up"
        tx.connection.execute(update(tables.jobs).where(*its).values(given_up=True, done_at=tx.now))
        there = select(w.id).where(*its, w.given_up)
        return lambda tx: tx.connection.execute(there).first() is not None

    return made


def a_step_up(tx: Transaction, account: int | None = NORTHLIGHT) -> Stands:
    step_ups.reached(tx, WHO, account, "text", CALL, ends_at=tx.now + 900_000)
    return lambda tx: step_ups.until_own(tx, WHO, account, CALL) is not None


def a_step_up_that_was_carried(tx: Transaction) -> Stands:
    """Its own row is left alone: it stands only while that stands from which it came."""
    step_ups.reached(tx, WHO, NORTHLIGHT, "authenticator", "CA1", ends_at=tx.now + 900_000)
    digits = transfer_codes.give(tx, transfer_codes.TO_SLACK, WHO, NORTHLIGHT, "CA1", Topic.TECHNICAL)
    assert transfer_codes.take(tx, transfer_codes.TO_SLACK, WHO, digits or "", "T0DESK:U0DEV") == NORTHLIGHT
    return lambda tx: step_ups.until(tx, WHO, NORTHLIGHT, "T0DESK:U0DEV", "technical") is not None


def a_question(tx: Transaction) -> Stands:
    row = {"sid": CALL, "step": 0, "state": b"", "fingerprint": "", "started_at": tx.now}
    tx.connection.execute(insert(tables.calls).values(**row))
    id, number = call_approvals.ask(tx, WHO, NORTHLIGHT)
    return lambda tx: call_approvals.answer(tx, WHO, id, number, ends_at=tx.now + 900_000) is not None


def a_live_call(tx: Transaction) -> Stands:
    c, sid = tables.calls, "CA" + "8" * 32
    row = {"sid": sid, "step": 4, "state": b"", "fingerprint": "", "started_at": tx.now, "proved_by": DEV}
    tx.connection.execute(insert(c).values(**row))
    return lambda tx: tx.connection.execute(select(c.c.proved_by).where(c.c.sid == sid)).scalar_one() == DEV


def a_call(purpose: str, account: int | None) -> Callable[[Transaction], Stands]:
    def made(tx: Transaction) -> Stands:
        id = callbacks.ask(tx, granted(tx, STAFF, Action.DESK_PROOF_ASK), DEV, account=account, purpose=purpose)
        assert isinstance(id, int)
        return lambda tx: callbacks.to_ring(tx, id, "+441632960102") is not None

    return made


def an_authenticator_begun(tx: Transaction) -> Stands:
    totp.begin(tx, DEV)
    a = tables.authenticators.c
    return lambda tx: tx.connection.execute(select(a.made_at).where(a.confirmed_at.is_(None))).first() is not None


def a_loan(
    account: int, lender: int, borrower: int, topic: Topic, *, lent: bool = True
) -> Callable[[Transaction], Stands]:
    def made(tx: Transaction) -> Stands:
        row = {"account_id": account, "asker": borrower, "cell": f"ticket.open:{topic}", "status": "open"}
        r = tables.delegation_requests
        new = insert(r).values(**row, asked_at=tx.now).returning(r.c.id)
        id: int = tx.connection.execute(new).scalar_one()
        if not lent:
            return lambda tx: tx.connection.execute(select(r.c.status).where(r.c.id == id)).scalar() == "open"
        assert delegations.lend(tx, granted(tx, Subject.of_person(lender), Action.RIGHT_LEND, account), id, 24)
        query = select(tables.delegations.c.ended_at).where(tables.delegations.c.borrower == borrower)
        return lambda tx: tx.connection.execute(query).scalar_one() is None

    return made


def a_wish_for_two(tx: Transaction) -> Stands:
    grant = granted(tx, LEAD, Action.DESK_PIN_REISSUE)
    assert dual_control.ask(tx, grant, dual_control.PIN_REISSUE, person=DEV, reason="lost")
    return lambda tx: bool(dual_control.waiting(tx, granted(tx, LEAD, Action.DESK_PIN_REISSUE)))


def a_session_of_theirs(tx: Transaction) -> Stands:
    token = sessions.begin(tx, realms.CUSTOMERS, DEV)
    return lambda tx: sessions.find(tx, realms.CUSTOMERS, token, does=False) is not None


def a_session(tx: Transaction) -> Stands:
    token = sessions.begin(tx, realms.STAFF, 1)
    return lambda tx: sessions.find(tx, realms.STAFF, token, does=False) is not None


THINGS: Final[
    dict[str, Callable[[Transaction], Stands]]
] = {  # in this order: some of them end codes of a kind of their own
    "callback to talk": a_call("talk", NORTHLIGHT),
    "callback with a code": a_call("code", None),
    **{f"work:{kind}": a_job(kind) for kind in SENT},
    **{f"given up:{kind}": a_job_given_up(kind) for kind in SENT},
    "step_up": a_step_up,
    "step_up of their own": lambda tx: a_step_up(tx, None),
    "step_up carried": a_step_up_that_was_carried,
    **{
        f"code:{kind}": a_code(kind)
        for kind in ("link", "unlock", "number", "step", "text", "carry_slack", "carry_phone")
    },
    **{f"page:{kind}": a_page(kind) for kind in ("enrol", "invitation", "pin", "join")},
    "approval": a_question,
    "live call": a_live_call,
    "authenticator begun": an_authenticator_begun,
    "login details left": lambda tx: login_left(tx, NORTHLIGHT, DEV),
    "loan had": a_loan(NORTHLIGHT, 5, DEV, Topic.BILLING),
    "loan given": a_loan(HARBOUR, DEV, 4, Topic.TECHNICAL),
    "loan asked for": a_loan(NORTHLIGHT, 5, DEV, Topic.BILLING, lent=False),
    "API key": lambda tx: key_made(tx, HARBOUR, DEV),
    "second look": a_wish_for_two,
    "session": a_session,
    "signed in to the account pages": a_session_of_theirs,
}

# --- what ends by what

STAYS: Final = {
    "page:join": "the staff's own: `staff_list.suspend` ends it",
    "session": "the staff's own: `staff_list.suspend` ends it",
    "second look": "two people of the desk look at it; what they have sent out ends, and the page says how old the address is",
}
OF_THE_PIN: Final = {"live call"}  # by which it was proved
OF_THE_CONTACT: Final = {"loan had", "loan given", "loan asked for", "API key"}
OF_THE_ACCOUNT: Final = {
    *("code:step", "code:text", "code:carry_slack", "code:carry_phone", "work:slack.code", "work:text_code"),
    *("given up:slack.code", "given up:text_code"),
    "signed in to the account pages",
    *("step_up", "step_up carried", "approval", "callback to talk", "loan had", "login details left"),
}
EVERYTHING: Final = set(THINGS) - set(STAYS)
ENDS: Final[dict[str, set[str]]] = {
    **dict.fromkeys(
        ("address", "number", "slack", "authenticator", "passkey"), EVERYTHING - OF_THE_CONTACT - OF_THE_PIN
    ),
    "pin": EVERYTHING - OF_THE_CONTACT,
    "contact": EVERYTHING,
    "person": EVERYTHING,
    "contact of one account": OF_THE_ACCOUNT | {"loan asked for"},
    "account": OF_THE_ACCOUNT,
}


def with_app(desk: SlackDesk) -> None:
    now, desk.now = desk.now, desk.now - 4 * DAYS
    with desk.store.transaction("test") as tx:
        assert totp.confirm(tx, DEV, pyotp.TOTP(totp.begin(tx, DEV)).at(desk.now // 1000))
    desk.now = now


@pytest.mark.parametrize("ground", TAKEN)
def test_h1_what_rests_on_what_is_taken_away_ends(slack: SlackDesk, ground: str) -> None:
    desk, stands = slack, dict[str, Stands]()
    things = {name: make for name, make in THINGS.items() if (name, ground) != ("authenticator begun", "authenticator")}
    if ground == "authenticator":
        with_app(desk)
    for name, make in things.items():
        with desk.store.transaction("test", CALL) as tx:
            stands[name] = make(tx)
        if name == "callback to talk":
            desk.now += callbacks.APART  # or the next one would be too soon
    desk.now += 1
    with desk.store.transaction("test") as tx:
        c = tables.codes.c
        good = set(tx.connection.execute(select(c.kind).where(c.used_at.is_(None), c.expires_at > tx.now)).scalars())
    assert good == {*one_time_codes.KINDS, *(f"page:{kind}" for kind in one_time_links.KINDS)}, (
        "none has ended before its time"
    )
    wrong = {}
    TAKEN[ground](desk)
    for name, look in stands.items():
        with desk.store.transaction("test", CALL) as tx:
            ended = not look(tx)
        if ended is not (name in ENDS[ground]):
            wrong[name] = ended
    assert not wrong
    e = tables.ledger.c
    with desk.store.transaction("test") as tx:
        (entry,) = tx.connection.execute(select(e.who, e.decision).where(e.action == "revoked", e.who == WHO)).all()
    assert tuple(entry) == (WHO, ground.partition(" ")[0]), "and it is in the ledger, once"


@pytest.mark.parametrize("name", THINGS)
def test_h1_where_nothing_is_taken_away_it_stands(slack_once: SlackDesk, name: str) -> None:
    """Or the test above would see nothing end."""
    with slack_once.store.transaction("test", CALL) as tx:
        stands = THINGS[name](tx)
    bring(slack_once, people=[{"username": "dev.anand", "name": "Dev A. Anand"}])
    with slack_once.store.transaction("test", CALL) as tx:
        assert stands(tx)
