"""What the desk's people sign in with: a password and an authenticator code, both or nothing. Never a customer's PIN or app.

A try is counted and committed before anything is compared, on the username that was typed, there or not: the same statements,
one Argon2 and one code each time. What is counted fills again by the clock (budgets.py), the nearest first: the address, its
network, the username, of which some is kept back for networks that have hardly tried at it. A browser that has signed in before is counted apart and by nothing but its own tries, so that strangers
shut nobody out of it. Codes are counted besides, each try with the right password: they are what bounds guessing once a password
is known to somebody else. Which passwords will do: passwords.py. The arithmetic: docs/desk.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import argon2
import pyotp
from sqlalchemy import bindparam, select, update

from authz import Grant, Subject
from store import tables
from store.accounts.people import works_here
from store.db.keys import Keys
from store.db.statements import AHEAD
from store.db.transaction import NOBODY, Transaction, upsert
from store.jobs import job_queue
from store.security import alerts, budgets
from store.security.budgets import DAY, HOUR, MINUTE, Limit
from store.staff import passwords, sessions
from store.verification import pins, totp

KNOWN_FOR: Final = 90 * DAY  # ms a browser is known by the cookie it got
# What is let through at once, and how long until one more is: tries at a sign-in.
FROM_AN_ADDRESS: Final = (10, MINUTE)
FROM_A_NETWORK: Final = (40, MINUTE // 4)
BY_STRANGERS: Final = (10, HOUR // 2)  # at one username
# At one username, when that is used up, from a network that has not used up the next one.
KEPT_BACK: Final = (5, 2 * HOUR)
BY_A_NETWORK: Final = (3, DAY)  # at one username
BY_ITS_OWN: Final = (10, 5 * MINUTE)  # at one username, in browsers it has signed in with
CODES: Final = (5, 2 * HOUR)  # wrong ones with the right password
BY_ALL_STRANGERS: Final = (200, HOUR // 200)  # shuts nobody out: supervisors are told
TOLD_FROM: Final = 3  # wrong tries by strangers at somebody's username, and they are told
WORK: Final = "sign_in_tried"


@dataclass(frozen=True, slots=True, repr=False)
class Login:
    """A row of `staff_logins`. Not for logs."""

    staff: int
    password: bytes
    authenticator: bytes
    set_at: int


@dataclass(frozen=True, slots=True)
class Client:
    """Where a try comes from: an address and the network around it, as words, and what the browser holds from an earlier
    sign-in (see `mark`)."""

    address: str
    network: str
    known: str = ""
    allocation: str = ""  # around the network: one person may have very many of those


class Limited(StrEnum):
    """What has been tried too often."""

    ADDRESS = "address"
    USERNAME = "username"


@dataclass(frozen=True, slots=True)
class SignInTry:
    """One try to sign in, counted already. `login` is None for a username that nobody signs in with. `refused`: nothing is to be
    hashed or compared before `free_at`. `known`: by a browser that has signed in before."""

    digest: str
    known: bool
    limits: tuple[Limit, ...]
    refused: Limited | None
    free_at: int
    login: Login | None

    @property
    def staff(self) -> int | None:
        return self.login.staff if self.login is not None else None


def hashed(password: str) -> str:
    """Argon2id as argon2-cffi writes it. Takes some 20 ms and 19 MiB: run it in a pool."""
    return _hasher(pins.MEMORY_KIB, pins.PASSES).hash(passwords.normal(password))


def matches(keys: Keys, login: Login | None, decoy: str, password: str) -> bool:
    """Whether this is the password. Always one Argon2, also for somebody who is not there: against `decoy`."""
    opened = keys.open("staff-logins", login.password, f"password {login.staff}") if login is not None else None
    try:
        _hasher(pins.MEMORY_KIB, pins.PASSES).verify(opened.decode() if opened else decoy, passwords.normal(password))
    except argon2.exceptions.VerifyMismatchError:
        return False
    return opened is not None


def begin(tx: Transaction, username: str, client: Client) -> SignInTry:
    """Counts a try, or says that there were too many. Commit before comparing."""
    row = tx.connection.execute(_FIND, {"username": username}).first()
    digest = tx.keys.digest("signin", username)[:40]
    login = Login(row.staff_id, row.password, row.authenticator, row.set_at) if row is not None else None
    found = marked(tx.keys, client.known, tx.now)
    here = row is not None and row.suspended_at is None
    known = (
        here and login is not None and found is not None and (found.staff, found.since) == (login.staff, login.set_at)
    )
    if known:
        own = Limit(f"signin:known:{digest}", *BY_ITS_OWN)
        held = budgets.hold(tx, (own,))
        budgets.settle(tx, held, () if held.spent is not None else (own,))
        refused = Limited.USERNAME if held.spent is not None else None
        return SignInTry(digest, True, (own,), refused, budgets.free_at(tx, held, (own,)), login)
    return _by_stranger(tx, digest, client, login)


def _by_stranger(tx: Transaction, digest: str, client: Client, login: Login | None) -> SignInTry:
    """Whoever is refused at the username has used up a try of their address and network all the same: asking until one comes
    back is not free. Whoever is refused at their address leaves nothing of the username behind, or ever new ones would fill the
    table. Budgets are held in two goes, always in the order of their names, as `give_back` holds them."""
    address, network = (tx.keys.digest("signin-from", word)[:40] for word in (client.address, client.network))
    near = (Limit(f"signin:from:{address}", *FROM_AN_ADDRESS), Limit(f"signin:near:{network}", *FROM_A_NETWORK))
    here = budgets.hold(tx, near)
    if here.spent is not None:
        budgets.settle(tx, here, ())
        whose = (network, client.network) if budgets.has(tx, here, near[0]) else (address, client.address)
        _tell(tx, *whose)
        return SignInTry(digest, False, (), Limited.ADDRESS, budgets.free_at(tx, here, near), login)
    budgets.settle(tx, here, near)
    pair = tx.keys.digest("signin-pair", client.allocation or client.network, digest)[:40]
    theirs, common, back = Limit(f"signin:pair:{pair}", *BY_A_NETWORK), *_by_strangers(digest)
    held = budgets.hold(tx, (theirs, common, back))

    def has(*limits: Limit) -> bool:
        return all(budgets.has(tx, held, one) for one in limits)

    charged: tuple[Limit, ...] = ()
    refused, free_at = None, tx.now
    if has(common):
        charged = (common, *((theirs,) if has(theirs) else ()))
    elif has(theirs, back):
        charged = (theirs, back)
    else:
        ways = ((common,), (theirs, back))
        refused, free_at = Limited.USERNAME, min(budgets.free_at(tx, held, way) for way in ways)
    budgets.settle(tx, held, charged)
    if refused is not None and not has(theirs):
        _tell(tx, address, client.address)
    budgets.take(tx, (Limit("signin:strangers", *BY_ALL_STRANGERS, "signin_many"),))
    return SignInTry(digest, False, (*near, *charged), refused, free_at, login)


def _tell(tx: Transaction, digest: str, whence: str) -> None:
    alerts.one_of_some(tx, "signin_address", digest, detail=whence, more="signin_addresses")


def _by_strangers(digest: str) -> tuple[Limit, Limit]:
    return Limit(f"signin:new:{digest}", *BY_STRANGERS), Limit(f"signin:spare:{digest}", *KEPT_BACK)


def drop(tx: Transaction, sign_in: SignInTry) -> None:
    """There was no place to compare it in: it does not count."""
    budgets.give_back(tx, sign_in.limits)


@dataclass(frozen=True, slots=True, repr=False)
class Finished:
    """`token` is a new session's, empty for whoever is not in. `codes_at` (ms) is when a code is taken again after too many wrong
    ones with the right password; 0 where a code is taken, and for every browser that is not known: it would say that the
    password was right. `suspended`: password and code were right, and they may not sign in."""

    token: str = ""
    codes_at: int = 0
    suspended: bool = False


def finish(tx: Transaction, sign_in: SignInTry, right: bool, digits: str) -> Finished:
    """A session, if the password was right, the code is good and has not been used, and nothing has changed since the try began.
    Whoever is not in is not told why, but for who is suspended and has just shown that it is they."""
    codes = budgets.hold(tx, (_codes(sign_in.digest, known=sign_in.known),))
    here = works_here(tx, sign_in.staff or 0)  # held before it is looked at, or a session could outlive a suspension
    row = tx.connection.execute(_HOLD, {"staff": sign_in.staff or 0}).first()
    sealed = row.authenticator if row is not None else b""
    opened = tx.keys.open("staff-logins", sealed, f"authenticator {sign_in.staff}") if row is not None else None
    secret = opened.decode() if opened else _NOBODYS
    step = totp.step_of(secret, digits, tx.now, row.last_step if row is not None else 0)
    same = row is not None and sign_in.login is not None and row.set_at == sign_in.login.set_at
    theirs = right and same and opened is not None and sign_in.refused is None
    fits = theirs and step is not None and codes.spent is None
    budgets.settle(tx, codes, codes.limits if theirs and not fits and codes.spent is None else ())
    budgets.give_back(tx, sign_in.limits, really=fits)
    who = NOBODY if row is None or sign_in.staff is None else Subject.of_staff(sign_in.staff)
    tx.record(who, None, "staff.sign_in", "allowed" if fits and here else "refused")
    if not fits or sign_in.staff is None:
        # found out later whose username it is, if anybody's, so that it takes no longer now
        minute = f"{sign_in.digest}:{tx.now // MINUTE}"
        job_queue.enqueue_once(tx, WORK, minute, {"username": sign_in.digest}, after=MINUTE)
        shut = sign_in.known and theirs and codes.spent is not None
        return Finished(codes_at=budgets.free_at(tx, codes, codes.limits) if shut else 0)
    tx.connection.execute(update(_l).where(_l.c.staff_id == sign_in.staff).values(last_step=step))
    if not here:
        return Finished(suspended=True)
    return Finished(sessions.begin(tx, sign_in.staff))


def tried(tx: Transaction, grant: Grant, username: str) -> None:
    """Somebody tried in vain at a username, given as `SignInTry.digest`: whoever signs in with it is told, and supervisors are,
    once a day each, of strangers, and of wrong codes that were used up in a browser of theirs. Nothing where nobody does."""
    tx.require(grant, "desk.deliver")
    rows = tx.connection.execute(_ALL).all()
    staff = next((row.id for row in rows if tx.keys.made(username, "signin", row.username)), None)
    if staff is None:
        return
    kinds = []
    if budgets.used(tx, _codes(username, known=False)):
        kinds.append("signin_code")
    elif sum(budgets.used(tx, one) for one in _by_strangers(username)) >= TOLD_FROM:
        kinds.append("signin_tried")
    if budgets.used(tx, _codes(username, known=True)) >= CODES[0]:
        kinds.append("signin_codes_spent")
    for kind in kinds:
        if alerts.alert(tx, kind, f"{staff}:{tx.now // DAY}", subject=Subject.of_staff(staff)):
            job_queue.enqueue(tx, "notice", f"{kind}:{staff}:{tx.now}", {"notice": kind, "staff": staff})


def join(tx: Transaction, staff: int, password: str, secret: str, step: int) -> str:
    """As `put`; and the token of a session, for whoever has just shown that they have both."""
    put(tx, staff, password, secret, step)
    tx.record(Subject.of_staff(staff), None, "staff.sign_in", "allowed")
    return sessions.begin(tx, staff)


def put(tx: Transaction, staff: int, password: str, secret: str, step: int) -> None:
    """What they sign in with from now on (`password` as `hashed` made it). Whatever sessions they had are over."""
    row = {
        "password": tx.keys.seal("staff-logins", password.encode(), f"password {staff}"),
        "authenticator": tx.keys.seal("staff-logins", secret.encode(), f"authenticator {staff}"),
        "last_step": step,
        "set_at": tx.now,
    }
    new = upsert(tx, tables.staff_logins).values(staff_id=staff, **row)
    tx.connection.execute(new.on_conflict_do_update(index_elements=["staff_id"], set_=row))
    sessions.end_all(tx, staff)
    tx.record(Subject.of_staff(staff), None, "staff.login", "set")


def mark(tx: Transaction, staff: int) -> str:
    """What a browser keeps after a sign-in, to be counted apart from strangers. It proves nothing else."""
    row = tx.connection.execute(_HOLD, {"staff": staff}).first()
    words = (str(staff), str(tx.now), str(row.set_at if row is not None else 0))
    return ".".join((*words, tx.keys.digest(_MARK, *words)))


@dataclass(frozen=True, slots=True)
class Mark:
    """What a browser holds from a sign-in: whose, when that was, and since when they have had their password (ms)."""

    staff: int
    at: int
    since: int


def marked(keys: Keys, known: str, now: int) -> Mark | None:
    """Whose browser it is, as `mark` says, whether or not they still sign in. Takes no statement."""
    *words, seal = known.split(".") if known.count(".") == 3 else ("", "", "", "")
    if len(seal) != 64 or not keys.made(seal, _MARK, *words):
        return None
    found = Mark(*(int(word) for word in words))
    return found if -AHEAD <= now - found.at < KNOWN_FOR else None


def who_signs_in(tx: Transaction) -> dict[int, int]:
    """Everybody who may sign in, and since when they have had their password: other marks count no more."""
    return {row.staff_id: row.set_at for row in tx.connection.execute(_both.where(_s.c.suspended_at.is_(None)))}


def _codes(digest: str, *, known: bool) -> Limit:
    return Limit(f"signin:code:{'known' if known else 'new'}:{digest}", *CODES)


@lru_cache(maxsize=4)
def _hasher(memory: int, passes: int) -> argon2.PasswordHasher:
    return argon2.PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=pins.LANES)


_MARK: Final = "signin-known"
_NOBODYS: Final = pyotp.random_base32()
_l, _s = tables.staff_logins, tables.staff
_both = select(_l, _s.c.username, _s.c.suspended_at).join(_s, _s.c.id == _l.c.staff_id)
_FIND = _both.where(_s.c.username == bindparam("username"))
_ALL = select(_s.c.id, _s.c.username).join(_l, _s.c.id == _l.c.staff_id).where(_s.c.suspended_at.is_(None))
_HOLD = _both.where(_l.c.staff_id == bindparam("staff")).with_for_update(of=_l)
