"""What the desk's people sign in with: a password and an authenticator code, both or nothing. Never a customer's PIN or app.

An attempt is counted and committed before anything is compared (guard.py), on the username that was typed, there or not: the
same statements, one Argon2 and one code each time. A browser that has signed in before is counted apart from strangers, so
that somebody who knows a username cannot lock its owner out. Passwords: NIST 800-63B-4, 3.1.1.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import argon2
import pyotp
from sqlalchemy import bindparam, select, update

from store import authenticators, guard, pins, sessions, tables
from store.guard import Admission, Reservation
from store.keys import Keys
from store.prepared import Prepared
from store.transaction import NOBODY, Transaction, upsert

KNOWN_FOR: Final = 90 * 24 * 3_600_000  # ms a browser is known by the cookie it got


@dataclass(frozen=True, slots=True, repr=False)
class Login:
    """A row of `staff_logins`. Not for logs."""

    staff: int
    password: bytes
    authenticator: bytes
    set_at: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in, counted already. `login` is None for a username that nobody signs in with."""

    made: Reservation
    login: Login | None
    staff: int | None


def hashed(password: str) -> str:
    """Argon2id as argon2-cffi writes it. Takes some 20 ms and 19 MiB: run it in a pool."""
    return _hasher(pins.MEMORY_KIB, pins.PASSES).hash(_normal(password))


def matches(keys: Keys, login: Login | None, decoy: str, password: str) -> bool:
    """Whether this is the password. Always one Argon2, also for somebody who is not there: against `decoy`."""
    opened = keys.open("staff-logins", login.password, f"password {login.staff}") if login is not None else None
    try:
        _hasher(pins.MEMORY_KIB, pins.PASSES).verify(opened.decode() if opened else decoy, _normal(password))
    except argon2.exceptions.VerifyMismatchError:
        return False
    return opened is not None


def begin(tx: Transaction, username: str, *, known: str = "") -> Attempt:
    """Counts an attempt; commit before comparing. `known` is what the browser holds from an earlier sign-in (see `mark`)."""
    row = _FIND.first(tx, username=username)
    digest = tx.keys.digest("signin", username)[:40]
    mine = row is not None and _is_known(tx, row.staff_id, known)
    kind = "known" if mine else "new"
    made = guard.reserve(
        tx, f"signin:{kind}:{digest}", real=row is not None, limits=(guard.desk_wide(f"signin-{kind}"),)
    )
    login = Login(row.staff_id, row.password, row.authenticator, row.set_at) if row is not None else None
    return Attempt(made, login, row.staff_id if row is not None else None)


def finish(tx: Transaction, attempt: Attempt, right: bool, digits: str) -> str | None:
    """A new session's token, if the password was right, the code is good and has not been used, and nothing has changed since
    the attempt began. None: they are not in, and nobody is told why."""
    row = _HOLD.first(tx, staff=attempt.staff or 0)
    sealed = row.authenticator if row is not None else b""
    opened = tx.keys.open("staff-logins", sealed, f"authenticator {attempt.staff}") if row is not None else None
    secret = opened.decode() if opened else _NOBODYS
    step = authenticators.step_of(secret, digits, tx.now, row.last_step if row is not None else 0)
    same = row is not None and attempt.login is not None and row.set_at == attempt.login.set_at
    fits = attempt.made.admission is Admission.EVALUATE and right and same and step is not None and opened is not None
    guard.give_back(tx, attempt.made, matched=fits)
    who = f"staff:{attempt.staff}" if attempt.staff is not None else NOBODY
    tx.record(who, None, "staff.sign_in", "allowed" if fits else "refused")
    if not fits or attempt.staff is None:
        return None
    tx.connection.execute(update(_l).where(_l.c.staff_id == attempt.staff).values(last_step=step))
    return sessions.begin(tx, attempt.staff)


def put(tx: Transaction, staff: int, password: str, secret: str, step: int) -> None:
    """What they sign in with from now on (`password` as `hashed` made it). Whatever sessions they had are over, and wrong
    attempts are forgotten."""
    row = {
        "password": tx.keys.seal("staff-logins", password.encode(), f"password {staff}"),
        "authenticator": tx.keys.seal("staff-logins", secret.encode(), f"authenticator {staff}"),
        "last_step": step,
        "set_at": tx.now,
    }
    new = upsert(tx, tables.staff_logins).values(staff_id=staff, **row)
    tx.connection.execute(new.on_conflict_do_update(index_elements=["staff_id"], set_=row))
    sessions.end_all(tx, staff)
    s = tables.staff.c
    username = tx.connection.execute(select(s.username).where(s.id == staff)).scalar_one()
    for kind in ("known", "new"):
        guard.forget(tx, f"signin:{kind}:{tx.keys.digest('signin', username)[:40]}")
    tx.record(f"staff:{staff}", None, "staff.login", "set")


def mark(tx: Transaction, staff: int) -> str:
    """What a browser keeps after a sign-in, to be counted apart from strangers. It proves nothing else."""
    at = str(tx.now)
    return f"{staff}.{at}.{tx.keys.digest('signin-known', str(staff), at, _since(tx, staff))}"


def _is_known(tx: Transaction, staff: int, known: str) -> bool:
    id, _, rest = known.partition(".")
    at, _, seal = rest.partition(".")
    fresh = at.isascii() and at.isdigit() and len(at) < 16 and tx.now - int(at) < KNOWN_FOR
    made = tx.keys.made(seal, "signin-known", str(staff), at, _since(tx, staff))
    return made and len(seal) == 64 and id == str(staff) and fresh


def _since(tx: Transaction, staff: int) -> str:
    """A new password makes every browser a stranger again."""
    row = _HOLD.first(tx, staff=staff)
    return "" if row is None else str(row.set_at)


@lru_cache(maxsize=4)
def _hasher(memory: int, passes: int) -> argon2.PasswordHasher:
    return argon2.PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=pins.LANES)


def _normal(password: str) -> str:
    """The same letters typed on another keyboard are the same password."""
    return unicodedata.normalize("NFKC", password)


_NOBODYS: Final = pyotp.random_base32()
_l, _s = tables.staff_logins, tables.staff
_both = select(_l, _s.c.username).join(_s, _s.c.id == _l.c.staff_id).where(_s.c.suspended_at.is_(None))
_FIND = Prepared(_both.where(_s.c.username == bindparam("username")))
_HOLD = Prepared(_both.where(_l.c.staff_id == bindparam("staff")).with_for_update(of=_l))
