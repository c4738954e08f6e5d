"""The two kinds of people who sign in, as data: the desk's own, and customers. All else of signing in is the same for both.

A password and a code of an authenticator app, both or nothing. The app of one of the staff stands with their password; that of a
customer is the one they prove themselves with by phone and in Slack as well, so that a code of it is good once wherever it is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Table, false, literal, update

from authz import Subject
from store import tables
from store.accounts.people import lock, works_here
from store.db.keys import Keys
from store.db.transaction import Transaction
from store.security.budgets import MINUTE
from store.verification import totp


class App(NamedTuple):
    """An authenticator app: its secret, None where there is none, and the newest 30 seconds a code of which was taken."""

    secret: str | None
    last_step: int


@dataclass(frozen=True, slots=True, eq=False)
class Realm:
    """`word` stands in the ledger, in jobs and in what browsers keep; `prefix` in the names of budgets and digests. `logins` and `sessions` belong to
    `people` by `column`. `may_work`: who of them is not suspended; `shortcuts`: whose pages take single keys. `lock` says whether somebody is there (and not suspended), and stays so
    until the transaction has ended; `app` is their app, of the row of `logins` that is locked, and `spend` says that a code of it was taken.
    `notices` are of tries in vain: by strangers, with the right password, so many of those that no code is taken; `alerted`: supervisors
    hear of those too. A session ends `idle` ms after they did something, and `whole` ms after it began."""

    word: str
    prefix: str
    people: Table
    logins: Table
    sessions: Table
    column: str
    subject: Callable[[int], Subject]
    may_work: ColumnElement[bool]
    role: ColumnElement[str]
    shortcuts: ColumnElement[bool]
    lock: Callable[[Transaction, int], bool]
    app: Callable[[Transaction, int, Any], App]
    spend: Callable[[Transaction, int, int], None]
    notices: tuple[str, str, str]
    alerted: bool
    idle: int
    whole: int

    @property
    def sealed(self) -> str:
        """The use of the keys under which what they sign in with is sealed."""
        return f"{self.word}-logins"


def of(word: str) -> Realm:
    return next(realm for realm in REALMS if realm.word == word)


def _staffs_app(tx: Transaction, staff: int, row: Any) -> App:
    if row is None or row.authenticator is None:
        return App(None, 0)
    opened = tx.keys.open("staff-logins", row.authenticator, f"authenticator {staff}")
    return App(None if opened is None else opened.decode(), row.last_step)


def staffs_app(keys: Keys, staff: int, secret: str, step: int) -> dict[str, Any]:
    """The columns of a row of `staff_logins` that keep an app; `NO_APP` those of whoever signs in by passkey alone."""
    sealed = keys.seal("staff-logins", secret.encode(), f"authenticator {staff}")
    return {"authenticator": sealed, "last_step": step}


NO_APP: Final[dict[str, Any]] = {"authenticator": None, "last_step": 0}


def _spend_staffs(tx: Transaction, staff: int, step: int) -> None:
    logins = tables.staff_logins
    tx.connection.execute(update(logins).where(logins.c.staff_id == staff).values(last_step=step))


def _customers_app(tx: Transaction, person: int, _row: Any) -> App:
    return App(*totp.lock(tx, person))


_st = tables.staff
STAFF: Final = Realm(
    word="staff",
    prefix="signin",
    people=_st,
    logins=tables.staff_logins,
    sessions=tables.staff_sessions,
    column="staff_id",
    subject=Subject.of_staff,
    may_work=_st.c.suspended_at.is_(None),
    role=_st.c.role,
    shortcuts=_st.c.shortcuts,
    lock=works_here,
    app=_staffs_app,
    spend=_spend_staffs,
    notices=("signin_tried", "signin_code", "signin_codes_spent"),
    alerted=True,
    idle=30 * MINUTE,
    whole=600 * MINUTE,
)
CUSTOMERS: Final = Realm(
    word="person",
    prefix="customer-signin",
    people=tables.people,
    logins=tables.person_logins,
    sessions=tables.person_sessions,
    column="person_id",
    subject=Subject.of_person,
    may_work=tables.people.c.suspended_at.is_(None),  # all else is the judge's to say: desk/signing_in.py
    role=literal("customer"),
    shortcuts=false(),
    lock=lock,
    app=_customers_app,
    spend=totp.spend,
    notices=("login_tried", "login_code", "login_codes_spent"),
    alerted=False,
    idle=60 * MINUTE,
    whole=720 * MINUTE,
)
REALMS: Final = (STAFF, CUSTOMERS)
