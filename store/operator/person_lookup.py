"""People as the operator's shell lists and shows them: found exactly, with where they stand and what is on file. Never a PIN, a secret or a code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, func, select

from authz import Grant, Subject
from store import tables
from store.accounts.people import is_support_id
from store.codes import one_time_links
from store.db.holdings import held_by, in_order, words_of
from store.db.transaction import Transaction
from store.sign_in import invitations
from store.text import numbers
from store.verification import attempt_limits

SESSIONS_SHOWN: Final = 20  # the newest
MOST: Final = 1_000  # people or accounts in one list
_p = tables.people.c


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """`accounts`: on how many they are. Times in ms."""

    id: int
    username: str
    name: str
    email: str
    accounts: int
    suspended_at: int | None


class Since(NamedTuple):
    """Something on file, and since when (ms; 0: for longer than was written down). `by`: a Slack member's import or code; of a passkey its name."""

    what: str
    at: int
    by: str = ""


@dataclass(frozen=True, slots=True)
class HeldOn:
    """An account somebody is on, and what they hold there, in the words of its scheme."""

    number: str
    name: str
    status: str
    scheme: str
    roles: tuple[str, ...]
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """What an operator needs of somebody. `pin` is none, set, locked or disabled; `invitation` none, queued, open or joined, with until when an
    open one is good. `sessions`: since when and last seen. Times in ms."""

    id: int
    username: str
    name: str
    support_id: str
    email: Since
    email_unproved: bool
    old_emails: list[Since]
    suspended_at: int | None
    erased_at: int | None
    accounts: list[HeldOn]
    numbers: list[Since]
    members: list[Since]
    pin: str
    pin_since: int | None
    pin_until: int | None
    authenticator: int | None
    passkeys: list[Since]
    password: bool
    invitation: str
    invitation_until: int | None
    sessions: list[tuple[int, int]]
    api_keys: int
    mail_refused: int | None


def listed(
    tx: Transaction, grant: Grant, *, after: str = "", many: int, suspended: bool = False
) -> tuple[list[ListedPerson], bool]:
    """By username, those behind `after`; and whether others follow. Whoever was erased is on no list."""
    tx.require(grant, "desk.operate")
    query = _LISTED.where(_p.username > after, _p.erased_at.is_(None)).order_by(_p.username).limit(many + 1)
    rows = tx.connection.execute(query.where(_p.suspended_at.is_not(None)) if suspended else query).all()
    tx.told(grant, "people", f"people:{len(rows[:many])}")
    return [ListedPerson(*row) for row in rows[:many]], len(rows) > many


def found(tx: Transaction, grant: Grant, words: str, region: str, *, many: int) -> list[ListedPerson]:
    """Whoever has exactly this username, support ID, number or address. A number or an address may be of several."""
    tx.require(grant, "desk.operate")
    ids = _matching(tx, words, region, many)
    rows = tx.connection.execute(_LISTED.where(_p.id.in_(ids)).order_by(_p.username)).all()
    tx.told(grant, *(f"found:{Subject.of_person(row.id)}" for row in rows), *(() if rows else ("found:nobody",)))
    return [ListedPerson(*row) for row in rows]


def _matching(tx: Transaction, words: str, region: str, many: int) -> set[int]:
    n = tables.phones.c
    asked: list[Select[Any]] = [select(_p.id).where(_p.username == words)]
    if is_support_id(digits := numbers.digits(words)):
        asked.append(select(_p.id).where(_p.support_id == digits))
    if number := numbers.telephone(words, region):
        asked.append(select(n.person_id).where(n.number == number))
    if "@" in words:
        asked.append(select(_p.id).where(func.lower(_p.email) == words.lower()))
    ids = set[int]()
    for query in asked:
        ids |= set(tx.connection.execute(query.order_by(query.selected_columns[0]).limit(many)).scalars())
    return ids


def show(tx: Transaction, grant: Grant, username: str) -> ShownPerson | None:
    """All of it. None: nobody has that username."""
    tx.require(grant, "desk.operate")
    row = tx.connection.execute(select(tables.people).where(_p.username == username)).first()
    if row is None:
        return None
    id = row.id
    pin, pin_since, pin_until = _pin(tx, id)
    invitation, invitation_until = _invitation(tx, id)
    login, app = tables.person_logins.c, tables.authenticators.c
    password = select(login.password).where(login.person_id == id, login.password.is_not(None))
    confirmed = select(app.confirmed_at).where(app.person_id == id)
    k, b = tables.api_keys.c, tables.mail_bounces.c
    keys = select(func.count()).where(k.person_id == id, k.ended_at.is_(None), k.ends_at > tx.now)
    tx.told(grant, f"shown:{Subject.of_person(id)}", *_TOLD)
    return ShownPerson(
        id=id,
        username=row.username,
        name=row.name,
        support_id=row.support_id,
        email=Since(row.email, row.email_since),
        email_unproved=row.email_unproved,
        old_emails=_since(tx, tables.old_emails, "email", "replaced_at", id),
        suspended_at=row.suspended_at,
        erased_at=row.erased_at,
        accounts=accounts_of(tx, grant, id),
        numbers=_since(tx, tables.phones, "number", "added_at", id),
        members=_members(tx, id),
        pin=pin,
        pin_since=pin_since,
        pin_until=pin_until,
        authenticator=tx.connection.execute(confirmed).scalar(),
        passkeys=_since(tx, tables.passkeys, "name", "made_at", id),
        password=tx.connection.execute(password).first() is not None,
        invitation=invitation,
        invitation_until=invitation_until,
        sessions=_sessions(tx, id),
        api_keys=tx.connection.execute(keys).scalar_one(),
        mail_refused=tx.connection.execute(select(b.since).where(b.email == row.email)).scalar(),
    )


def accounts_of(tx: Transaction, grant: Grant, person: int) -> list[HeldOn]:
    """Where they are a contact, by account number."""
    tx.require(grant, "desk.operate")
    a, c = tables.accounts.c, tables.contacts.c
    held = held_by(c.account_id, c.person_id).label("held")
    query = select(a.number, a.name, a.status, a.scheme, held).join(tables.contacts, c.account_id == a.id)
    rows = tx.connection.execute(query.where(c.person_id == person).order_by(a.number)).all()
    tx.told(grant, *(("account.number", "contact.rights") if rows else ()))
    return [_held_on(tx, row) for row in rows]


def _held_on(tx: Transaction, row: Any) -> HeldOn:
    scheme = tx.schemes.get(row.scheme)
    held = in_order(scheme, words_of(row.held))
    roles = tuple(word for word in held if scheme is not None and word in scheme.roles)
    return HeldOn(row.number, row.name, row.status, row.scheme, roles, tuple(w for w in held if w not in roles))


def _since(tx: Transaction, table: Any, what: str, at: str, person: int) -> list[Since]:
    query = select(table.c[what], table.c[at]).where(table.c.person_id == person).order_by(table.c[at], table.c[what])
    return [Since(*row) for row in tx.connection.execute(query).all()]


def _members(tx: Transaction, person: int) -> list[Since]:
    m = tables.slack_members.c
    query = select(m.team, m.member, m.linked_at, m.linked_by).where(m.person_id == person).order_by(m.linked_at)
    rows = tx.connection.execute(query).all()
    return [Since(f"{row.team}/{row.member}", row.linked_at, row.linked_by) for row in rows]


def _pin(tx: Transaction, person: int) -> tuple[str, int | None, int | None]:
    """How it stands, since when there is one, and until when it is locked."""
    p, g, counter = tables.pins.c, tables.pin_guards.c, attempt_limits.counter_of(person)
    since = tx.connection.execute(select(p.issued_at).where(p.person_id == person)).scalar()
    if since is None:
        return "none", None, None
    if attempt_limits.is_disabled(tx, counter):
        return "disabled", since, None
    if attempt_limits.is_locked(tx, counter):
        until = tx.connection.execute(select(g.locked_until).where(g.counter_key == counter)).scalar()
        return "locked", since, until
    return "set", since, None


def _invitation(tx: Transaction, person: int) -> tuple[str, int | None]:
    until = one_time_links.ends(tx, invitations.PAGE, [Subject.of_person(person)]).get(Subject.of_person(person))
    if until is not None:
        return "open", until
    j, login = tables.jobs.c, tables.person_logins.c
    owed = select(j.id).where(j.ordering_key == f"{invitations.WORK}:{person}", j.done_at.is_(None)).limit(1)
    if tx.connection.execute(owed).first() is not None:
        return "queued", None
    joined = select(login.person_id).where(login.person_id == person)
    return ("joined" if tx.connection.execute(joined).first() is not None else "none"), None


def _sessions(tx: Transaction, person: int) -> list[tuple[int, int]]:
    s = tables.person_sessions.c
    good = select(s.made_at, s.seen_at).where(s.person_id == person, s.ended_at.is_(None))
    rows = tx.connection.execute(good.order_by(s.seen_at.desc()).limit(SESSIONS_SHOWN)).all()
    return [(row.made_at, row.seen_at) for row in rows]


_TOLD: Final = (
    *("contact.name", "contact.email", "contact.number", "contact.slack", "contact.support_id", "contact.rights"),
    *("contact.proofs", "contact.sessions"),
)
_c = tables.contacts.c
_LISTED = select(
    _p.id,
    _p.username,
    _p.name,
    _p.email,
    select(func.count()).select_from(tables.contacts).where(_c.person_id == _p.id).scalar_subquery().label("accounts"),
    _p.suspended_at,
)
