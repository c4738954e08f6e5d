"""Changes of contacts that are asked for by phone or in Slack: each waits for somebody who may make it, and changes nothing before that.

Asking needs what making the change needs: the right to manage contacts and a second proof, which the ticket of the request keeps. Only
standard roles can be asked for (SR-3), and nothing that the asker could not give. Whoever confirms one makes the change (desk/contact_requests.py);
nobody of the desk can.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

from sqlalchemy import func, insert, literal, select, update

from authz import Action, Ask, At, Grant, Proof, Refusal, Subject, asked_for, judge, refused, ticked
from store import tables
from store.accounts import colleagues, people
from store.accounts.colleagues import Colleague
from store.contacts import request_rows
from store.contacts.contact_changes import MANAGE, NEWCOMER, NOTHING, holdings_on, lock
from store.contacts.request_rows import DAY, LIFE, ContactRequest, Do
from store.db import sweeping
from store.db.holdings import in_order, words_of
from store.db.transaction import NOBODY, WORKER, Transaction
from store.jobs import job_queue
from store.messages import timeline

KEPT: Final = 90 * DAY  # that what became of one is kept
MOST: Final = 10  # that wait at once on one account
JOB: Final = "slack.contact_request"
Answer = Literal["confirmed", "refused"]
Why = Literal["expired", "closed", "locked", "asker", "changed"]
"""Why one can be confirmed no more."""


class NotAsked(StrEnum):
    """Why nothing waits for a confirmation."""

    NOT_PROVED = (
        "not_proved"  # the ticket is no request for this by somebody who has given a second proof and may ask still
    )
    NOBODY = "nobody"  # of that name is on the account, or more than one
    THERE = "there"  # somebody with that address is on it already
    HOLDS = "holds"  # none of what can be asked for was chosen
    SAME = "same"  # they hold that already
    WAITS = "waits"  # the same is asked for and waits
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. `who`: a username, an address or a name of somebody on the account; of somebody new it is their name, and `email` their
    address. `holds`: words that can be asked for."""

    do: Do
    who: str
    email: str = ""
    holds: frozenset[str] = NOTHING


def ask(tx: Transaction, grant: Grant, ticket: int, wanted: Wanted) -> int | Refusal | NotAsked:
    """The request's id, by its asker (`contacts.manage`) or by one of the desk who heard what they asked for (`desk.ticket.work`); it is judged as the asker's
    in both cases. A `Refusal` is the rule by which they could not make the change themselves."""
    tx.require(grant, MANAGE, "desk.ticket.work")
    about = timeline.about(tx, ticket)
    if grant.account is None or about is None or about.account != grant.account:
        return NotAsked.NOT_PROVED
    lock(tx, grant.account)
    about = timeline.lock(tx, ticket)
    asker = None if about is None else about.opened_by
    if asker is None or (grant.subject.is_person and grant.subject.person != asker) or not _asks(tx, ticket, asker):
        return NotAsked.NOT_PROVED
    made = _row(tx, grant.account, asker, wanted)
    if not isinstance(made, dict):
        return made
    r = tables.contact_requests
    waiting = tx.connection.execute(select(r).where(r.c.account_id == grant.account, r.c.status == "waiting")).all()
    if any(all(getattr(row, name) == made[name] for name in made) for row in waiting):
        return NotAsked.WAITS
    if len(waiting) >= MOST:
        return NotAsked.TOO_MANY
    made |= {"account_id": grant.account, "ticket": ticket, "asker": asker, "written_by": grant.subject}
    made |= {"status": "waiting", "asked_at": tx.now}
    id: int = tx.connection.execute(insert(r).returning(r.c.id), made).scalar_one()
    timeline.add(tx, ticket, grant.subject, "", event="change_asked")
    fields = f"contact_request:{id}", f"ticket.number:{ticket}", Subject.of_person(asker)
    tx.record(grant.subject, grant.account, "contacts.request", "waits", grant.rules, grant.proof, fields)
    notice = {"notice": "contact_change_asked", "account": grant.account}
    job_queue.enqueue(tx, "notice", f"contact_change_asked:{id}", notice)
    _show(tx, id, "asked")
    return id


def waiting(tx: Transaction, grant: Grant) -> list[ContactRequest]:
    """All that wait on the account, the oldest first."""
    account = tx.require(grant, MANAGE).account
    assert account is not None
    found = request_rows.on_account(tx, account)
    if found:
        tx.told(grant, "contact.request")
    return [one for one in found if not _over(tx, one)]


def one(tx: Transaction, grant: Grant, id: int) -> ContactRequest | None:
    """As it stands at this moment: one that cannot be made any more has ended by now. None: no such request on the account."""
    tx.require(grant, MANAGE)
    found = request_rows.by_id(tx, id)
    if found is None or found.account != grant.account:
        return None
    tx.told(grant, "contact.request")
    why = _over(tx, found) if found.status == "waiting" else None
    if why:
        _end(tx, found, why)
        return request_rows.by_id(tx, id)
    return found


def answer(tx: Transaction, grant: Grant, id: int, status: Answer) -> bool:
    """Whoever may manage contacts has confirmed it, and made the change, or refused it. False: somebody has answered it, or it has ended."""
    tx.require(grant, MANAGE)
    r = tables.contact_requests.c
    mine = update(tables.contact_requests).where(r.id == id, r.account_id == grant.account, r.status == "waiting")
    by = {"status": status, "answered_by": grant.subject.person, "answered_at": tx.now}
    row = tx.connection.execute(mine.values(by).returning(r.ticket, r.asker, r.account_id)).first()
    if row is None:
        return False
    fields = f"contact_request:{id}", f"ticket.number:{row.ticket}", Subject.of_person(row.asker)
    decision = "made" if status == "confirmed" else "turned_down"
    tx.record(grant.subject, grant.account, "contacts.request", decision, grant.rules, grant.proof, fields)
    timeline.add(
        tx, row.ticket, grant.subject, "", event="change_confirmed" if status == "confirmed" else "change_refused"
    )
    _tell_asker(tx, id, status, row.asker, row.account_id)
    return True


def of_ticket(tx: Transaction, grant: Grant, ticket: int) -> list[ContactRequest]:
    """For the desk: what was asked for on a ticket, and what became of it."""
    tx.require(grant, "desk.ticket.work")
    found = [one for one in request_rows.on_ticket(tx, ticket) if one.account == grant.account]
    if found:
        tx.told(grant, "contact.request")
    return found


def can_be_asked(tx: Transaction, grant: Grant, ticket: int) -> tuple[str, ...]:
    """For the desk: the words that can be asked for on this ticket; none where it is no request to change contacts, or its asker had not proved it."""
    tx.require(grant, "desk.ticket.work")
    about = timeline.about(tx, ticket)
    if about is None or about.account is None or about.account != grant.account or about.opened_by is None:
        return ()
    return asked_for(holdings_on(tx, about.account)[0]) if _asks(tx, ticket, about.opened_by) else ()


def account_of(tx: Transaction, id: int) -> str:
    """The number of the account that a request is about, to ask for the right to answer it; empty where there is no such request."""
    found = request_rows.by_id(tx, id)
    return "" if found is None else found.account_number


def addressees(tx: Transaction, grant: Grant, id: int) -> tuple[ContactRequest, list[Colleague]] | None:
    """For the worker: a request as it stands, and those in Slack who may confirm it, or might once nothing is in the way."""
    tx.require(grant, "desk.deliver")
    found = request_rows.by_id(tx, id)
    if found is None:
        return None
    tx.told(grant, "contact.request")
    might = colleagues.who_might(tx, found.account, MANAGE)
    return found, [each for each in might if each.member and each.decides_at(At.SUPPORT)]


def form(tx: Transaction, grant: Grant, ticket: int) -> tuple[str, ...] | None:
    """For the asker: the words that can be asked for on a ticket of theirs. None: it is no request to change contacts by which they may ask."""
    tx.require(grant, MANAGE)
    about = timeline.about(tx, ticket)
    if (
        about is None
        or about.account is None
        or about.account != grant.account
        or about.opened_by != grant.subject.person
    ):
        return None
    return asked_for(holdings_on(tx, about.account)[0]) if _asks(tx, ticket, about.opened_by) else None


def sweep(tx: Transaction) -> bool:
    """Ends what nobody can confirm any more, and forgets what was over long ago."""
    r = tables.contact_requests.c
    over = [one for one in request_rows.waiting(tx) if _over(tx, one)]
    for found in over:
        lock(tx, found.account)
    for found in over:
        now = request_rows.by_id(tx, found.id)
        if now is not None and now.status == "waiting" and (why := _over(tx, now)):
            _end(tx, now, why)
    return sweeping.some(tx, tables.contact_requests, r.answered_at < tx.now - KEPT)


def _asks(tx: Transaction, ticket: int, asker: int) -> bool:
    """Whether the desk has a ticket by which they ask for this, with a second proof, and whether they may still."""
    t = tables.tickets.c
    row = tx.connection.execute(select(tables.tickets).where(t.number == ticket)).first()
    if row is None or row.kind != MANAGE or row.status not in ("open", "waiting") or row.customer_status is not None:
        return False
    return row.proof == Proof.STEPPED_UP.word and _may(tx, row.account_id, asker)


def _may(tx: Transaction, account: int, person: int) -> bool:
    might = (each for each in colleagues.who_might(tx, account, MANAGE) if each.person == person)
    ask = Ask(Subject.of_person(person), Action.CONTACTS_MANAGE, account, None, Proof.STEPPED_UP, at=At.PAGES)
    return any(isinstance(judge(ask, each.standing), Grant) for each in might)


def _row(tx: Transaction, account: int, asker: int, wanted: Wanted) -> dict[str, Any] | Refusal | NotAsked:
    """What is kept of it, unless the asker could not make the change themselves."""
    scheme, before = holdings_on(tx, account)
    words = wanted.holds.intersection(asked_for(scheme))
    if wanted.do != "remove" and (not words or words != wanted.holds):
        return NotAsked.HOLDS
    person, held = NEWCOMER, None
    after: frozenset[str] | None = words
    if wanted.do == "add":
        if _with_address(tx, account, wanted.email):
            return NotAsked.THERE
    else:
        found = _whom(tx, account, wanted.who)
        if found is None:
            return NotAsked.NOBODY
        person, held = found, before[found]
        after = ticked(scheme, held, words) if wanted.do == "change" else None
        if after == held:
            return NotAsked.SAME
    all_after = {one: has for one, has in before.items() if one != person}
    refusal = refused(scheme, asker, before, all_after if after is None else {**all_after, person: after})
    if refusal is not None:
        return refusal
    return {
        "do": wanted.do,
        "person_id": person or None,
        "name": wanted.who if wanted.do == "add" else "",
        "email": wanted.email if wanted.do == "add" else "",
        "holds": ",".join(in_order(scheme, after or NOTHING)),
        "before": None if held is None else ",".join(in_order(scheme, held)),
    }


def _whom(tx: Transaction, account: int, who: str) -> int | None:
    """The one contact who has this username, address or name, in whatever capitals."""
    p, c, said = tables.people.c, tables.contacts.c, who.strip().lower()
    by = [func.lower(p.username) == said, func.lower(p.email) == said, func.lower(p.name) == said]
    for fits in by:
        theirs = select(p.id).join(tables.contacts, c.person_id == p.id).where(c.account_id == account, fits)
        found = tx.connection.execute(theirs).scalars().all()
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _with_address(tx: Transaction, account: int, email: str) -> bool:
    p, c = tables.people.c, tables.contacts.c
    theirs = select(literal(1)).join_from(tables.people, tables.contacts, c.person_id == p.id)
    fits = c.account_id == account, func.lower(p.email) == email.lower()
    return tx.connection.execute(theirs.where(*fits).limit(1)).first() is not None


def _over(tx: Transaction, one: ContactRequest) -> Why | None:
    """None: it can be confirmed."""
    a = tables.accounts.c
    account = tx.connection.execute(select(a.status, a.locked_at).where(a.id == one.account)).one()
    scheme, held = holdings_on(tx, one.account)
    now = None if one.person is None else held.get(one.person)
    was = None if one.before is None else words_of(one.before)
    if tx.now - one.asked_at >= LIFE:
        return "expired"
    if account.status == "closed":
        return "closed"
    if account.locked_at is not None:
        return "locked"
    if not scheme.ruling(held.get(one.asker, NOTHING), MANAGE).allowed or people.is_suspended(tx, one.asker):
        return "asker"
    changed = now != was if one.person is not None else _with_address(tx, one.account, one.email)
    return "changed" if changed else None


def _end(tx: Transaction, one: ContactRequest, why: Why) -> None:
    r = tables.contact_requests.c
    mine = update(tables.contact_requests).where(r.id == one.id, r.status == "waiting")
    ended = mine.values(status="ended", why=why, answered_at=tx.now).returning(r.id)
    if tx.connection.execute(ended).first() is None:
        return
    fields = f"contact_request:{one.id}", f"ticket.number:{one.ticket}", f"why:{why}", Subject.of_person(one.asker)
    tx.record(WORKER, one.account, "contacts.request", "ended", fields=fields)
    timeline.add(tx, one.ticket, NOBODY, "", event="change_ended")
    _tell_asker(tx, one.id, "ended", one.asker, one.account)


def _tell_asker(tx: Transaction, id: int, became: str, asker: int, account: int) -> None:
    """What became of it; in Slack those who might have confirmed it see it as well."""
    kind = f"contact_change_{became}"
    job_queue.enqueue(tx, "notice", f"{kind}:{id}", {"notice": kind, "account": account, "person": asker})
    _show(tx, id, became)


def _show(tx: Transaction, id: int, news: str) -> None:
    job_queue.enqueue(tx, JOB, f"{id}:{news}", {"request": id}, ordering_key=f"contact_request:{id}")
