"""What ends when something that proves somebody is taken away, or put in doubt: all that rests on it and is still out.

Their sessions on the pages, codes and one-time pages of every kind, second proofs and what was carried over from them, questions asked in Slack, login details left for them,
calls owed to them, what their PIN has proved in a call that is on, codes and links the queue would still send, an authenticator begun and not confirmed. Whoever takes an
address, a number, a Slack member, an authenticator, a PIN or a contact away does it by a function that comes here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, true, update

from authz import Proof, Subject
from store import tables
from store.accounts import delegations
from store.codes import one_time_codes
from store.db import holdings
from store.db.transaction import WORKER, Transaction
from store.jobs import call_news, job_queue
from store.messages import timeline
from store.text.durations import COOLING

GROUNDS: Final = ("address", "number", "slack", "authenticator", "passkey", "pin", "contact", "account", "person")
OF_THE_PIN: Final = (
    "pin",
    "contact",
    "account",
    "person",
)  # what the PIN has proved in a call that is on ends with these
OF_STANDING: Final = (
    "contact",
    "account",
    "person",
)  # API keys end with these: they are no proof, and outlive one that is taken away
AT_ONCE: Final = 500  # people in one statement
NOT_CALLED: Final = (
    "We did not call back: what the desk had on file for them has changed since, or the desk was restored from a backup. "
    "Ask for it again if they still want it."
)


def revoke(tx: Transaction, people: Iterable[int], ground: str, *, account: int | None = None, but: str = "") -> None:
    """All that these people were sent or have proved, and that is still good, ends now; so does what came of it. It is in the
    ledger for each of them. With an `account`, what they were taken off or what was closed, only what is about that account,
    and all of it for whoever is on no account any more. `but` is the session (`SignedIn.session`) in which its owner does it: that goes on,
    without what was proved further in it."""
    if ground not in GROUNDS:
        raise ValueError(f"no ground: {ground}")
    if account is not None:
        delegations.end_of_those_who_lost(tx, account)
    them = sorted(set(people))
    for first in range(0, len(them), AT_ONCE):
        some = them[first : first + AT_ONCE]
        lock_all(tx, some)
        whole = some if account is None else _on_no_account(tx, some)
        ended = _ended(tx, some, whole, account, ground, but)
        for person in some:
            if person in ended:
                fields = (f"ground:{ground}", *sorted(ended[person]))
                tx.record(Subject.of_person(person), account, "revoked", ground, fields=fields)


def end_sessions(tx: Transaction, people: Collection[int], *, but: str = "") -> set[int]:
    """They are signed out of the pages everywhere, as their rights have changed, or their security: whoever was."""
    s = tables.person_sessions.c
    theirs = update(tables.person_sessions).where(s.person_id.in_(people), s.ended_at.is_(None), s.digest != but)
    return set(tx.connection.execute(theirs.values(ended_at=tx.now).returning(s.person_id)).scalars())


def rights_changed(tx: Transaction, people: Iterable[int]) -> None:
    """Whoever has more or less on an account than before is signed out of the pages everywhere, and whoever may not manage API keys any more has
    none. They are held first, or somebody who signs
    in just now would stay."""
    them = sorted(set(people))
    for first in range(0, len(them), AT_ONCE):
        some = them[first : first + AT_ONCE]
        lock_all(tx, some)
        end_sessions(tx, some)
        _api_keys(tx, tables.api_keys.c.person_id.in_(some))


def owed_to_anybody(tx: Transaction) -> dict[str, int]:
    """What is still to be sent, told or confirmed, whoever it is for, is so no more: how many of each."""
    return {
        "codes and links to be sent": job_queue.withdraw_proving(tx),
        "callbacks": len(_not_called(tx, true())),
        "login details": len(_login_details(tx, true())),
        "authenticators begun": len(_not_confirmed(tx, true())),
        "removals of authenticators": len(_kept(tx, true())),
    }


def lock_all(tx: Transaction, people: Iterable[int]) -> None:
    """Locks the calls they are proved in, and them, in one order, until the transaction has ended. Whoever takes something away
    does this first: or of two who do it at once each would have locked what the other wants."""
    p, c, people = tables.people.c, tables.calls.c, list(people)
    theirs = select(c.sid).where(c.proved_by.in_(people), c.ended_at.is_(None)).order_by(c.sid)
    tx.connection.execute(theirs.with_for_update()).all()  # before the people, as a turn of that call does
    tx.connection.execute(select(p.id).where(p.id.in_(people)).order_by(p.id).with_for_update(key_share=True)).all()


def _on_no_account(tx: Transaction, people: list[int]) -> list[int]:
    c = tables.contacts.c
    still = set(tx.connection.execute(select(c.person_id).where(c.person_id.in_(people))).scalars())
    return [person for person in people if person not in still]


def _ended(
    tx: Transaction, some: list[int], whole: list[int], account: int | None, ground: str, but: str
) -> dict[int, set[str]]:
    """Person → a word for each kind of thing that ended. `whole` are those of them of whom everything ends."""
    ended: dict[int, set[str]] = defaultdict(set)

    def theirs(columns: Any) -> ColumnElement[bool]:
        all_of_it = columns.person_id.in_(whole)
        return (
            all_of_it
            if account is None
            else or_(all_of_it, columns.person_id.in_(some) & (columns.account_id == account))
        )

    c, s, a, b = tables.codes.c, tables.step_ups.c, tables.approvals.c, tables.callbacks.c
    subjects = {Subject.of_person(person): person for person in some}
    its = or_(
        c.subject.in_(map(Subject.of_person, whole)),
        and_(c.subject.in_(subjects), c.kind.in_(one_time_codes.OF_AN_ACCOUNT)),
    )
    good = update(tables.codes).where(its, c.used_at.is_(None), c.expires_at > tx.now).values(used_at=tx.now)
    for row in tx.connection.execute(good.returning(c.subject, c.kind)):
        ended[subjects[row.subject]].add(f"code:{row.kind}")
    asked = update(tables.approvals).where(theirs(a), a.answered_at.is_(None)).values(answered_at=tx.now, correct=False)
    for row in tx.connection.execute(asked.returning(a.person_id)):
        ended[row.person_id].add("approval")
    # After what may be proved with at this moment, or a proof that it had just become would outlive this.
    proved = update(tables.step_ups).where(theirs(s), s.ends_at > tx.now).values(ends_at=tx.now)
    for row in tx.connection.execute(proved.returning(s.person_id)):
        ended[row.person_id].add("step_up")
    v = tables.verification_requests
    told = or_(v.c.ended_at.is_(None), v.c.until > tx.now)
    over = (
        update(v)
        .where(theirs(v.c), told)
        .values(
            state=case((v.c.ended_at.is_(None), "ended"), else_=v.c.state),
            why=case((v.c.ended_at.is_(None), "revoked"), else_=v.c.why),
            ended_at=func.coalesce(v.c.ended_at, tx.now),
            until=case((v.c.until > tx.now, tx.now), else_=v.c.until),
        )
    )
    for row in tx.connection.execute(over.returning(v.c.person_id, v.c.id)):
        ended[row.person_id].add("verification")
        job_queue.enqueue_once(tx, "verification_ended", f"{row.id}:revoked", {"verification": row.id})
    for person in _not_called(tx, theirs(b)):
        ended[person].add("callback")
    for person in end_sessions(tx, some, but=but):
        ended[person].add("session")
    if ground in OF_STANDING:
        for person in _api_keys(tx, theirs(tables.api_keys.c), closed=account if ground == "account" else None):
            ended[person].add("api_key")
    if whole and ground in OF_THE_PIN:
        for person in _unproved(tx, whole):
            ended[person].add("call")
    ordering_keys = {
        ordering_key: (kind, person)
        for person in (some if account else whole)
        for kind, ordering_key in _ordering_keys(person, person in whole)
    }
    for ordering_key in job_queue.withdraw(tx, ordering_keys):
        kind, person = ordering_keys[ordering_key]
        ended[person].add(f"work:{kind}")
    for person in _not_confirmed(tx, tables.authenticators.c.person_id.in_(whole)):
        ended[person].add("authenticator_begun")
    for person in _login_details(tx, theirs(tables.login_details.c)):
        ended[person].add("login_details")
    if ground == "slack":
        for person in _came_of_slack(tx, tables.authenticators.c.person_id.in_(some)):
            ended[person].add("authenticator_young")
        for person in _kept(tx, tables.authenticators.c.person_id.in_(some)):
            ended[person].add("authenticator_removal")
    return ended


def _api_keys(tx: Transaction, whose: ColumnElement[bool], *, closed: int | None = None) -> set[int]:
    """Keys end whose maker may not manage any on their account now, whatever its status and its lock; and those of an account that was
    closed. Whose they were."""
    k, makers = tables.api_keys.c, set[int]()
    good = select(k.id, k.person_id, k.account_id).where(whose, k.ended_at.is_(None), k.ends_at > tx.now)
    for row in tx.connection.execute(good.order_by(k.id)).all():
        maker = Subject.of_person(row.person_id)
        stands = holdings.on(tx, maker, row.account_id, None)
        if (
            stands is not None
            and stands.scheme.ruling(stands.held, "apikeys.manage").allowed
            and closed != row.account_id
        ):
            continue
        why = {"ended_at": tx.now, "ended_by": WORKER, "ended_why": "maker" if closed is None else "account"}
        tx.connection.execute(update(tables.api_keys).where(k.id == row.id).values(why))
        tx.record(maker, row.account_id, "api_key", "ended", fields=(f"api_key:{row.id}",))
        makers.add(row.person_id)
    return makers


def _unproved(tx: Transaction, people: list[int]) -> set[int]:
    """Whoever is on the phone has proved nothing any more: for what is asked next in the call, and for the agent who sees it."""
    c, r = tables.calls.c, tables.support_calls.c
    live = c.proved_by.in_(people) & c.ended_at.is_(None)
    found = {person for person in tx.connection.execute(select(c.proved_by).where(live)).scalars() if person}
    tx.connection.execute(update(tables.calls).where(live).values(proved_by=None))
    talks = (
        r.subject.in_(list(map(Subject.of_person, people))) & r.ended_at.is_(None) & (r.proof >= int(Proof.VERIFIED))
    )
    ended = update(tables.support_calls).where(talks).values(proof=int(Proof.CLAIMED)).returning(r.id, r.subject)
    for row in tx.connection.execute(ended).all():
        found.add(row.subject.person)
        call_news.news(tx, row.id)
    return found


def _ordering_keys(person: int, whole: bool) -> list[tuple[str, str]]:
    kinds = job_queue.PROVING if whole else job_queue.PROVING_ON_AN_ACCOUNT
    return [(kind, job_queue.ordering_key_of(kind, person)) for kind in kinds]


def _not_called(tx: Transaction, whose: ColumnElement[bool]) -> list[int]:
    """Calls owed are owed no more: on their tickets, in the ledger, and to the agents who asked for them. Whom each was to."""
    b = tables.callbacks.c
    # Whoever is talking already has been asked for their PIN; a code is told without one.
    owed = (b.ended_at.is_(None), or_(b.state.in_(("owed", "ringing")), b.purpose == "code"))
    calls = update(tables.callbacks).where(whose, *owed).values(state="withdrawn", ended_at=tx.now)
    rows = tx.connection.execute(calls.returning(b.id, b.person_id, b.account_id, b.ticket)).all()
    for row in rows:
        if row.ticket is not None:
            timeline.add(tx, row.ticket, WORKER, NOT_CALLED, internal=True)
        tx.record(
            WORKER, row.account_id, "callback", "withdrawn", fields=(f"called:{Subject.of_person(row.person_id)}",)
        )
        job_queue.enqueue_once(tx, "slack.callback_failed", str(row.id), {"callback": row.id})
    return [row.person_id for row in rows]


def _login_details(tx: Transaction, whose: ColumnElement[bool]) -> list[int]:
    """What waits to be opened is gone, and its ticket says so: the desk deposits it anew for whoever is still to have it. Whom each was
    for."""
    d = tables.login_details.c
    gone = {"state": "revoked", "state_at": tx.now, "sealed": None}
    ended = update(tables.login_details).where(whose, d.sealed.is_not(None), d.state == "waiting").values(**gone)
    rows = tx.connection.execute(ended.returning(d.person_id, d.ticket)).all()
    tx.connection.execute(update(tables.login_details).where(whose, d.sealed.is_not(None)).values(sealed=None))
    for row in rows:
        timeline.add(tx, row.ticket, WORKER, "", event="login_revoked")
    return [row.person_id for row in rows]


def _not_confirmed(tx: Transaction, whose: ColumnElement[bool]) -> list[int]:
    a = tables.authenticators.c
    gone = delete(tables.authenticators).where(whose, a.confirmed_at.is_(None)).returning(a.person_id)
    return list(tx.connection.execute(gone).scalars())


def _came_of_slack(tx: Transaction, whose: ColumnElement[bool]) -> list[int]:
    """An authenticator is begun and removed in Slack alone. One too young to prove anything was begun there by whoever has been taken
    out of it, as far as anybody knows: its owner is told."""
    a = tables.authenticators.c
    young = delete(tables.authenticators).where(whose, a.confirmed_at > tx.now - COOLING).returning(a.person_id)
    people = list(tx.connection.execute(young).scalars())
    for person in people:
        tx.record(Subject.of_person(person), None, "authenticator", "removed", fields=("authenticator",))
        notice = {"notice": "authenticator_removed", "person": person}
        job_queue.enqueue_once(tx, "notice", f"authenticator_removed:{person}:{tx.now}", notice)
    return people


def _kept(tx: Transaction, whose: ColumnElement[bool]) -> list[int]:
    """What was to be removed stays: who had asked for it may not have been its owner, and could not be answered any more."""
    a = tables.authenticators.c
    kept = update(tables.authenticators).where(whose, a.ends_at.is_not(None)).values(ends_at=None)
    return list(tx.connection.execute(kept.returning(a.person_id)).scalars())
