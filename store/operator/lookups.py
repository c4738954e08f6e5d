"""What the operator's shell looks up and does: names to ids, an explained decision, a PIN set or unlocked. Under a Grant."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from authz import Ask, Denied, Grant, judge
from store import tables
from store.db.holdings import held_by, words_of
from store.db.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Explained:
    """The decision the service would take (`deskgate explain`)."""

    allowed: bool
    reason: str
    rules: tuple[str, ...]
    next: str
    when: str


def find_account(tx: Transaction, grant: Grant, number: str) -> int | None:
    tx.require(
        grant,
        *("desk.operate", "desk.ledger.read", "desk.ticket.work", "desk.pin.reissue"),
        "desk.decisions.read",
    )
    return tx.connection.execute(select(tables.accounts.c.id).where(tables.accounts.c.number == number)).scalar()


def kept_tickets(tx: Transaction, grant: Grant, numbers: Collection[int]) -> set[int]:
    """Which of these tickets there are."""
    tx.require(grant, "desk.operate")
    t = tables.tickets.c
    return set(tx.connection.execute(select(t.number).where(t.number.in_(numbers))).scalars())


def kept_calls(tx: Transaction, grant: Grant, sids: Collection[str]) -> set[str]:
    """Which of these calls there are: a call's row is kept for a week."""
    tx.require(grant, "desk.operate")
    c = tables.calls.c
    return set(tx.connection.execute(select(c.sid).where(c.sid.in_(sids))).scalars())


def find_person(tx: Transaction, grant: Grant, username: str) -> int | None:
    tx.require(grant, "desk.operate", "desk.pin.reissue", "desk.decisions.read")
    return tx.connection.execute(select(tables.people.c.id).where(tables.people.c.username == username)).scalar()


def holdings_on(tx: Transaction, grant: Grant, account: int) -> tuple[str, dict[str, frozenset[str]]]:
    """An account's scheme, and what each contact holds there, by username."""
    tx.require(grant, "desk.operate")
    p, c = tables.people.c, tables.contacts.c
    scheme: str = tx.connection.execute(
        select(tables.accounts.c.scheme).where(tables.accounts.c.id == account)
    ).scalar_one()
    listed = select(p.username, held_by(c.account_id, c.person_id).label("held")).join(
        tables.contacts, c.person_id == p.id
    )
    rows = tx.connection.execute(listed.where(c.account_id == account).order_by(p.username)).all()
    tx.told(grant, f"holdings:account:{account}")
    return scheme, {row.username: words_of(row.held) for row in rows}


def has_service(tx: Transaction, grant: Grant, account: int, ref: str) -> bool:
    tx.require(grant, "desk.operate", "desk.decisions.read")
    s = tables.services.c
    return tx.connection.execute(select(s.ref).where(s.account_id == account, s.ref == ref)).first() is not None


def explain(tx: Transaction, grant: Grant, ask: Ask) -> Explained:
    """What the judge would say, without anything being granted by it."""
    tx.require(grant, "desk.operate", "desk.decisions.read")
    tx.told(grant, f"explained:{ask.subject}:{ask.account}:{ask.cell}")
    verdict = judge(ask, tx.standing(ask))
    if isinstance(verdict, Denied):
        return Explained(False, verdict.reason, verdict.rules, verdict.next, "")
    return Explained(True, "allowed", verdict.rules, "none", verdict.when)


def schemes_in_use(tx: Transaction, grant: Grant) -> set[str]:
    tx.require(grant, "desk.operate")
    return set(tx.connection.execute(select(tables.accounts.c.scheme).distinct()).scalars())


def keys_in_use(tx: Transaction, grant: Grant, retired: Collection[str]) -> dict[str, set[str]]:
    """Use → the ids of the keys that something kept was made with. A key in none of them may leave SECRET_KEYS. `retired` are
    keys of the ledger that are needed no more."""
    tx.require(grant, "desk.operate")

    def ids(column: ColumnElement[str]) -> set[str]:
        return set(tx.connection.execute(select(column).distinct()).scalars())

    def sealed(column: ColumnElement[bytes | None]) -> set[str]:
        prefixes = tx.connection.execute(select(func.substr(column, 1, 4)).where(column.is_not(None)).distinct())
        return {bytes(prefix).hex() for prefix in prefixes.scalars()}

    return {
        "pin-pepper": ids(tables.pins.c.pepper),
        "pin-wrap": sealed(tables.pins.c.sealed) | sealed(tables.pins.c.duress),
        "recordings": sealed(tables.recordings.c.sealed),
        "files": sealed(tables.attachments.c.sealed),
        "login-details": sealed(tables.login_details.c.sealed),
        "authenticators": sealed(tables.authenticators.c.sealed),
        "passkeys": sealed(tables.passkeys.c.public_key),
        "staff-logins": sealed(tables.staff_logins.c.password) | sealed(tables.staff_logins.c.authenticator),
        "person-logins": sealed(tables.person_logins.c.password),
        "slack-tokens": sealed(tables.installations.c.token) | sealed(tables.installations.c.refresh),
        "webhooks": sealed(tables.webhook_endpoints.c.secret) | sealed(tables.webhook_endpoints.c.old_secret),
        "ledger": (ids(tables.segments.c.key) | ids(tables.checkpoints.c.key)) - set(retired),
    }
