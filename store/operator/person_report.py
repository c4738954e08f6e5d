"""Everything kept about one person, for a request about their own data (GDPR, Articles 15 and 20): theirs, and nothing of anybody else.

Where something of them stands is in personal_data.py. Other people are their part on the account, the desk's own are "the desk". Read in pieces, each in a transaction
of its own with its own entry, so that nobody who writes waits for long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Row, Table, literal, or_, select

from authz import Grant, Subject
from store import tables
from store.db.holdings import held_by, in_order, words_of
from store.db.transaction import Transaction
from store.operator import person_lookup, person_words
from store.operator.personal_data import PLACES, Whose, gather
from store.tables.base import SubjectText
from store.text import numbers
from store.text.redaction import Redaction

if TYPE_CHECKING:
    from store import Store

ENTRIES_AT_ONCE: Final = 200_000  # of the ledger that are looked through in one transaction
THEY, ANOTHER, DESK = "this person", "another contact", "the desk"
_TIMES: Final = ("at", "since", "until")
_PEOPLE: Final = frozenset({"person_id", "asker", "answered_by", "lender", "borrower", "vouched_by"})
_l, _p = tables.ledger.c, tables.people.c


@dataclass(frozen=True, slots=True)
class Kept:
    """Sound or a file of theirs, as it is kept: to be written into a folder."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """`sections`: of each what is kept, a dictionary for each row, times as ISO 8601 in UTC."""

    username: str
    sections: dict[str, list[dict[str, Any]]]


Granted = Callable[[Transaction], Grant]


def report(
    store: Store, granted: Granted, reads: Granted, username: str, *, keep: Callable[[Kept], None] | None = None
) -> Report | None:
    """None: nobody has that username. `granted` and `reads`: the operator's grants to operate, and to read the ledger. `keep` is given the sound and the files, one
    after the other."""
    with store.transaction("shell") as tx:
        grant = granted(tx)
        whose = gather(tx, grant, username)
        if whose is None:
            tx.told(grant, "found:nobody")
            return None
        says = _Says(tx, whose)
        sections = {"profile": [_profile(tx, whose)], "accounts": _accounts(tx, grant, whose)}
        for place in PLACES:
            query = select(place.table).where(place.finds(whose)).order_by(*place.table.primary_key)
            rows = tx.connection.execute(query).all()
            if rows:
                sections[place.section] = [says.row(tx, place.table, row, place.tells) for row in rows]
        sections["notices sent"] = _notices(tx, whose, says)
        tx.told(grant, f"report:{whose.subject}", *(name.replace(" ", "_") for name in sections))
    sections["tickets"] = list(_tickets(store, granted, whose, keep))
    sections["ledger"] = list(_ledger(store, reads, whose))
    return Report(username, {name.replace(" ", "_"): rows for name, rows in sections.items() if rows})


def _profile(tx: Transaction, whose: Whose) -> dict[str, Any]:
    row = tx.connection.execute(select(tables.people).where(_p.id == whose.id)).one()
    told = ("username", "name", "email", "email_since", "email_unproved", "support_id", "suspended_at")
    return {name: _value(name, row._mapping[name]) for name in told}


def _accounts(tx: Transaction, grant: Grant, whose: Whose) -> list[dict[str, Any]]:
    return [
        {
            "account": one.number,
            "name": one.name,
            "scheme": one.scheme,
            "roles": one.roles,
            "permissions": one.permissions,
        }
        for one in person_lookup.accounts_of(tx, grant, whose.id)
    ]


class _Says:
    """Rows in words: accounts by their number, people by their part."""

    def __init__(self, tx: Transaction, whose: Whose) -> None:
        self.whose = whose
        a = tables.accounts.c
        rows = tx.connection.execute(select(a.id, a.number, a.scheme).where(a.id.in_(whose.accounts))).all()
        self._accounts = {row.id: row for row in rows}
        self._parts: dict[tuple[int, int | None], str] = {}

    def row(self, tx: Transaction, table: Table, row: Row[Any], columns: tuple[str, ...]) -> dict[str, Any]:
        said: dict[str, Any] = {}
        account = row._mapping.get("account_id")
        for name in columns:
            value, column = row._mapping[name], table.c[name]
            if name == "account_id":
                said["account"] = self.account(value)
            elif isinstance(column.type, SubjectText):
                said[name] = None if value is None else self.part(tx, Subject(value), account)
            elif name in _PEOPLE:
                said[name] = None if value is None else self.part(tx, Subject.of_person(value), account)
            else:
                said[name] = _value(name, value)
        return said

    def account(self, id: int | None) -> str | None:
        row = self._accounts.get(id or 0)
        return None if row is None else row.number

    def part(self, tx: Transaction, who: Subject, account: int | None) -> str:
        """Who somebody is to whoever reads the report: their part on the account, and no name."""
        if who == self.whose.subject:
            return THEY
        if not who.is_person:
            return "an API key" if who.is_key else DESK
        if (who.person, account) not in self._parts:
            c, on = tables.contacts.c, self._accounts.get(account or 0)
            held = select(held_by(c.account_id, c.person_id)).where(c.account_id == account, c.person_id == who.person)
            found = None if on is None else tx.connection.execute(held).scalar()
            words = in_order(tx.schemes.get(on.scheme), words_of(found)) if on is not None and found else ()
            self._parts[who.person, account] = f"{ANOTHER} ({', '.join(words)})" if words else ANOTHER
        return self._parts[who.person, account]


def _notices(tx: Transaction, whose: Whose, says: _Says) -> list[dict[str, Any]]:
    r, n = tables.notice_recipients.c, tables.notices.c
    query = select(n.kind, n.title, n.ticket, n.event, n.at, r.rules, r.state, r.why, r.slack)
    rows = tx.connection.execute(
        query.join(tables.notices, n.id == r.notice_id).where(r.person_id == whose.id).order_by(n.id)
    ).all()
    assert says.whose is whose
    return [{name: _value(name, value) for name, value in row._mapping.items()} for row in rows]


def _tickets(
    store: Store, granted: Granted, whose: Whose, keep: Callable[[Kept], None] | None
) -> Iterator[dict[str, Any]]:
    """Those they opened or wrote in, with what they said and what the desk answered; what came with it is listed, and kept where that is wanted."""
    after: person_words.Reached | None = (0, 0)
    while after is not None:
        with store.transaction("shell") as tx:
            grant = granted(tx)
            says, others = _Says(tx, whose), _others(tx, whose)
            messages, after = person_words.conversation(tx, grant, whose, after)
            tx.told(grant, f"report:{whose.subject}", f"messages:{len(messages)}")
            by_ticket: dict[int, list[Any]] = {}
            for one in messages:
                by_ticket.setdefault(one.ticket, []).append(one)
            of = tables.tickets.c
            rows = tx.connection.execute(select(tables.tickets).where(of.number.in_(by_ticket)).order_by(of.number))
            found = [_ticket(tx, grant, row, by_ticket[row.number], says, others, keep) for row in rows.all()]
        yield from found


def _ticket(
    tx: Transaction,
    grant: Grant,
    row: Any,
    messages: list[Any],
    says: _Says,
    others: Redaction,
    keep: Callable[[Kept], None] | None,
) -> dict[str, Any]:
    told = ("number", "topic", "kind", "status", "channel", "opened_at", "proof", "factor", "service")
    mine = row.opened_by == says.whose.id
    by = Subject.of_person(row.opened_by) if row.opened_by else None
    said = []
    for one in messages:
        author = Subject(one.author)
        own = author == says.whose.subject
        if not own and not (mine and not author.is_person):
            continue  # what other contacts said is theirs
        files, sound = _came_with(tx, grant, one, keep) if own else ([], None)
        words = one.body if own else others(one.body)
        who = says.part(tx, author, row.account_id)
        said.append(
            {
                "at": _value("at", one.at),
                "by": who,
                "words": words,
                "event": one.event,
                "files": files,
                "recording": sound,
            }
        )
    return {
        **{name: _value(name, row._mapping[name]) for name in told},
        "account": says.account(row.account_id),
        "title": row.title if mine else others(row.title),
        "opened_by": says.part(tx, by, row.account_id) if by is not None else None,
        "said": said,
    }


def _came_with(
    tx: Transaction, grant: Grant, message: Any, keep: Callable[[Kept], None] | None
) -> tuple[list[dict[str, Any]], Any]:
    files = []
    for one in person_words.own_files(tx, grant, [message.id]):
        files.append(
            {"name": one.name, "size": one.size, "kept": one.sealed is not None, "came_at": _value("at", one.came_at)}
        )
        opened = None
        if keep is not None and one.sealed is not None:
            opened = tx.keys.open("files", one.sealed, f"file {one.message} {one.slack_id}")
        if keep is not None and opened is not None:
            keep(Kept(f"ticket-{message.ticket}-file-{one.id}-{one.name}", opened))
    if message.recording is None:
        return files, None
    r = tables.recordings.c
    row = tx.connection.execute(select(tables.recordings).where(r.sid == message.recording)).first()
    if row is None:
        return files, None
    if keep is not None and row.sealed is not None:
        sound = tx.keys.open("recordings", row.sealed, f"recording {row.sid}")
        if sound is not None:
            keep(Kept(f"ticket-{message.ticket}-recording-{message.id}.wav", sound))
    return files, {"seconds": row.seconds, "state": row.state, "recorded_at": _value("at", row.recorded_at)}


def _others(tx: Transaction, whose: Whose) -> Redaction:
    """The names, addresses and numbers of other people on their accounts, and the names of the staff: for what the desk wrote."""
    c, s = tables.contacts.c, tables.staff.c
    on = select(c.person_id).where(c.account_id.in_(whose.accounts), c.person_id != whose.id)
    people = tx.connection.execute(select(_p.name, _p.email, _p.username).where(_p.id.in_(on))).all()
    words = {word: ANOTHER for one in people for word in one}
    words |= {name: DESK for (name,) in tx.connection.execute(select(s.name)).all()}
    n = tables.phones.c
    numbers = tx.connection.execute(select(n.number).where(n.person_id.in_(on))).scalars()
    return Redaction(words, dict.fromkeys(numbers, "a number"))


def _ledger(store: Store, reads: Granted, whose: Whose) -> Iterator[dict[str, Any]]:
    """Entries by them, and those that name them, oldest first: who was told what about them, or did what, on whose authority."""
    since: int | None = -1
    about = literal(" ").concat(_l.fields).concat(" ").contains(f"{whose.subject} ", autoescape=True)
    while since is not None:
        with store.transaction("shell") as tx:
            grant = tx.require(reads(tx), "desk.ledger.read")
            says = _Says(tx, whose)
            ahead = select(_l.at).where(_l.at > since).order_by(_l.at).offset(ENTRIES_AT_ONCE).limit(1)
            until = tx.connection.execute(ahead).scalar()
            query = select(tables.ledger).where(_l.at > since, or_(_l.who == whose.subject, about))
            query = query if until is None else query.where(_l.at <= until)
            rows = tx.connection.execute(query.order_by(_l.at, _l.segment, _l.n)).all()
            tx.told(grant, f"report:{whose.subject}", f"entries:{len(rows)}")
            found = [_entry(tx, row, says) for row in rows]
            since = until
        yield from found


def _entry(tx: Transaction, row: Any, says: _Says) -> dict[str, Any]:
    told = ("at", "action", "decision", "rules", "proof", "channel")
    fields = [_field(tx, word, row.account, says) for word in row.fields.split()]
    who = says.part(tx, Subject(row.who), row.account)
    return {
        **{name: _value(name, row._mapping[name]) for name in told},
        "who": who,
        "account": says.account(row.account),
        "fields": fields,
    }


def _field(tx: Transaction, word: str, account: int | None, says: _Says) -> str:
    """The name of a field; where that names somebody, by their part."""
    what, _, who = word.rpartition("person:")
    if numbers.are_digits(who):
        return what + says.part(tx, Subject.of_person(int(who)), account)
    what, _, who = word.rpartition("staff:")
    return f"{what}{DESK}" if numbers.are_digits(who) else word


def _value(name: str, value: Any) -> Any:
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and (name in _TIMES or name.endswith(("_at", "_since", "_from")))
    ):
        moment = datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds")
        return moment.replace("+00:00", "Z") if value else None
    return value
