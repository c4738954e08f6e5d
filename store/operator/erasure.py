"""A person erased: what can identify them goes, everywhere; what the accounts, the ledger and the law need stays, and names nobody.

In three steps, so that nobody who writes waits for long: they are taken off their accounts and become nobody to every channel, in one transaction, or it is refused and
nothing is changed; what names them in words is replaced, some tickets at a time; what is left of them goes, in one transaction, and their row names nobody. Whatever
interrupts it, it is begun again by the same command. Decision 0026.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, insert, or_, select, update

from authz import Grant
from store import tables
from store.accounts import people
from store.db.transaction import Transaction
from store.imports import account_lines
from store.imports.account_lines import AccountLine, NumberedLine
from store.operator import lookups, person_words, suspension
from store.operator.personal_data import DELETE, FORMER, PLACES, Whose, gather
from store.verification import attempt_limits

if TYPE_CHECKING:
    from store import Store

_p, _t, _j = tables.people.c, tables.tickets.c, tables.jobs.c
LIVE: Final = ("open", "waiting", "pending", "draft", "quarantined")
SHOWN: Final = 20  # tickets that are named


@dataclass(frozen=True, slots=True)
class Erased:
    """`refused`: why not, each with what to do first; then nothing was changed. `found`: how many rows of each section there are, or were."""

    refused: list[str] = field(default_factory=list)
    found: Mapping[str, int] = field(default_factory=dict)


class _RefusedError(Exception):
    """Leaves a part of the transaction, of which then nothing stands."""


def erase(
    store: Store,
    granted: Callable[[Transaction], Grant],
    writes: Callable[[Transaction], Grant],
    username: str,
    *,
    words: bool,
    dry_run: bool,
    home: str = "",
) -> Erased | None:
    """None: nobody has that username (any more). `granted` and `writes`: the operator's grants to operate, and to write accounts. `words`: what they said on tickets goes as
    well. `home` as in an import (import_run.run)."""
    with store.transaction("shell") as tx:
        grant = granted(tx)
        whose = gather(tx, grant, username)
        if whose is None:
            return None
        found = count(tx, grant, whose)
        refused = why_not(tx, grant, whose) or leave(tx, grant, writes(tx), whose, home=home, dry_run=dry_run)
        what = "refused" if refused else "looked_at" if dry_run else "begun"
        tx.record(grant.subject, None, "person.erase", what, fields=(whose.subject,))
    if refused or dry_run:
        return Erased(refused, found)
    after: person_words.Reached | None = (0, 0)
    while after is not None:
        with store.transaction("shell") as tx:
            after = person_words.scrub(tx, granted(tx), whose, after, words=words)
    with store.transaction("shell") as tx:
        grant = granted(tx)
        refused = leave(tx, grant, writes(tx), whose, home=home)  # an import may have listed them again meanwhile
        if refused:
            return Erased(refused, found)
        finish(tx, grant, whose)
        fields = (whose.subject, *(("words",) if words else ()))
        tx.record(grant.subject, None, "person.erase", "done", fields=fields)
    return Erased(found=found)


def count(tx: Transaction, grant: Grant, whose: Whose) -> dict[str, int]:
    """How many rows of each section are theirs; those with none are left out."""
    tx.require(grant, "desk.operate")
    counted = {}
    for place in PLACES:
        many = select(func.count()).select_from(place.table).where(place.finds(whose))
        counted[place.section] = int(tx.connection.execute(many).scalar_one())
    opened = select(func.count()).where(_t.opened_by == whose.id)
    counted["tickets opened"] = int(tx.connection.execute(opened).scalar_one())
    return {section: many for section, many in counted.items() if many}


def why_not(tx: Transaction, grant: Grant, whose: Whose) -> list[str]:
    """What has to be done first; empty where they can be erased."""
    tx.require(grant, "desk.operate")
    theirs = select(_t.number).where(_t.opened_by == whose.id, _t.status.in_(LIVE)).order_by(_t.number).limit(SHOWN)
    numbers = list(tx.connection.execute(theirs).scalars())
    refused = []
    if numbers:
        named = ", ".join(map(str, numbers)) + (" and more" if len(numbers) == SHOWN else "")
        refused.append(f"tickets of theirs are open: {named}; close them first, or a stranger would be answered")
    r = tables.support_calls.c
    live = select(r.id).where(r.subject == whose.subject, r.ended_at.is_(None)).limit(1)
    c = tables.calls.c
    proved = select(c.sid).where(c.proved_by == whose.id, c.ended_at.is_(None)).limit(1)
    if any(tx.connection.execute(query).first() is not None for query in (live, proved)):
        refused.append("they are on the phone with the desk: erase them when the call is over")
    return refused


def leave(
    tx: Transaction, grant: Grant, writes: Grant, whose: Whose, *, home: str = "", dry_run: bool = False
) -> list[str]:
    """They are taken off every account, as by an import that lists them no more, and are nobody to every channel. Or why not, and nothing is changed: an account
    would be left without what its scheme always has."""
    tx.require(grant, "desk.operate")
    refused: list[str] = []
    a, c = tables.accounts.c, tables.contacts.c
    on = select(a.id, a.number, a.scheme).join(tables.contacts, c.account_id == a.id).where(c.person_id == whose.id)
    try:
        with tx.part():
            for row in tx.connection.execute(on.order_by(a.number)).all():
                line = _without(tx, grant, row, whose.username)
                brought = account_lines.bring(tx, writes, [NumberedLine(1, line)], over_locks=True, home=home)
                for fault in (each for faults in brought.refused.values() for each in faults):
                    do = "give that role to somebody else first (an import, or the account's people page), then erase them"
                    refused.append(f"account {row.number}: {fault.words}; {do}")
            suspension.stop_person(tx, whose.id)
            if refused or dry_run:
                raise _RefusedError
    except _RefusedError:
        pass
    return refused


def _without(tx: Transaction, grant: Grant, account: Any, username: str) -> AccountLine:
    scheme = tx.schemes[account.scheme]
    _, held = lookups.holdings_on(tx, grant, account.id)
    contacts = [
        {
            "person": one,
            "roles": [word for word in scheme.roles if word in words],
            "permissions": [word for word in scheme.permissions if word in words],
        }
        for one, words in held.items()
        if one != username
    ]
    return AccountLine.model_validate({"number": account.number, "contacts": contacts})


def finish(tx: Transaction, grant: Grant, whose: Whose) -> None:
    """All that is theirs and not in words goes, and their row names nobody."""
    tx.require(grant, "desk.operate")
    _asked_for(tx, whose)
    _posted(tx, whose)
    _withdraw(tx, whose)
    person_words.drafts(tx, grant, whose)
    attempt_limits.forget_person(tx, whose.id)
    for member in whose.members:
        spent = tables.budgets.c.name.contains(":".join(member), autoescape=True)
        tx.connection.execute(delete(tables.budgets).where(spent))
    for place in PLACES:
        if place.erases == DELETE:
            tx.connection.execute(delete(place.table).where(place.finds(whose)))
        elif isinstance(place.erases, Mapping) and place.erases:
            tx.connection.execute(update(place.table).where(place.finds(whose)).values(**place.erases))
    for kind, word in (("username", whose.username), ("support_id", whose.support_id)):
        row = {"digest": people.erased_name(tx, kind, word), "kind": kind, "person_id": whose.id}
        tx.connection.execute(insert(tables.erased_names).values(**row))
    nobody = {
        "username": whose.subject,  # no import can give it: a username has no colon
        "name": FORMER,
        "email": "",
        "support_id": _nobodys_id(whose.id),
        "email_since": 0,
        "email_unproved": False,
        "suspended_at": tx.now,
        "erased_at": tx.now,
    }
    tx.connection.execute(update(tables.people).where(_p.id == whose.id).values(**nobody))


def _nobodys_id(person: int) -> str:
    """Eight characters that nobody can key."""
    digits, left = "", person
    while left or not digits:
        left, digit = divmod(left, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return "-" + digits.rjust(7, "0")


def _asked_for(tx: Transaction, whose: Whose) -> None:
    """Requests to change contacts of theirs, about them, or to add them: whoever asked for it typed their name and address."""
    r = tables.contact_requests.c
    emails = [email.lower() for email in whose.emails]
    added = (r.account_id.in_(whose.accounts), func.lower(r.email).in_(emails))
    theirs = or_(r.asker == whose.id, r.person_id == whose.id)
    over = {"status": "ended", "why": "changed", "answered_at": tx.now}
    for which in ((theirs,), added):
        waiting = update(tables.contact_requests).where(*which, r.status.in_(("waiting", "draft")))
        tx.connection.execute(waiting.values(**over))
    tx.connection.execute(update(tables.contact_requests).where(*added).values(name="", email=""))


def _posted(tx: Transaction, whose: Whose) -> None:
    """Where something stands in their direct messages, and what is kept to make it anew."""
    p, q = tables.posts.c, tables.quotes.c
    for team, channel in whose.channels:
        if not channel.startswith("D"):
            continue  # a channel of many
        keys = tx.connection.execute(
            delete(tables.posts).where(p.team == team, p.channel == channel).returning(p.key)
        ).scalars()
        for some in _pieces(list(keys)):
            tx.connection.execute(delete(tables.quotes).where(q.post.in_(some)))


def _withdraw(tx: Transaction, whose: Whose) -> None:
    """Jobs with their data are done no more; of those that are done nothing names them."""
    named = _named(whose)
    for row in tx.connection.execute(select(_j.id, _j.key, _j.ordering_key, _j.payload, _j.done_at)).all():
        payload = json.loads(row.payload)
        if not (
            (isinstance(payload, dict) and payload.get("person") == whose.id)
            or any(named.search(one) for one in _strings(payload))
            or named.search(f"{row.key} {row.ordering_key or ''}")
        ):
            continue
        gone: dict[str, Any] = {"key": f"erased:{row.id}", "ordering_key": None, "payload": "{}", "given_up": False}
        gone |= {"done_at": tx.now} if row.done_at is None else {}
        tx.connection.execute(update(tables.jobs).where(_j.id == row.id).values(**gone, error=None))
    tx.wakes_worker = True  # what waited behind one may go on


def _named(whose: Whose) -> re.Pattern[str]:
    """Their addresses, numbers and Slack members, each as a whole, for one may be the end of somebody else's; not what somebody else has as well. Their
    username stands in no job, and is not looked for: it may be a word, such as a kind of notice, and everybody's would go."""
    words = (whose.emails | whose.numbers) - whose.shared | {member for _, member in whose.members}
    some = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if word)
    return re.compile(rf"(?<![\w.+-])(?:{some or '(?!)'})(?![\w-]|\.\w)", re.I)


def _strings(value: Any) -> Iterator[str]:
    """Every text in what was JSON: as it is, not as JSON writes letters that are not ASCII."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def _pieces(items: list[str], size: int = 500) -> list[list[str]]:
    return [items[first : first + size] for first in range(0, len(items), size)]
