"""What people sign in with: a password and a code of their authenticator app, both or nothing. Never a PIN.

A try is counted and committed before anything is compared, on the username that was typed, there or not: the same statements,
one Argon2 and one code each time. What is counted fills again by the clock (budgets.py), the nearest first: the address, its
network, the username, of which some is kept back for networks that have hardly tried at it. A browser that has signed in before is counted apart and by nothing but its own tries, so that strangers
shut nobody out of it. Codes are counted besides, each try with the right password: they are what bounds guessing once a password
is known to somebody else. The desk's people and customers are told apart by their realm alone, and counted apart. Which passwords will do:
passwords.py. The arithmetic: docs/desk.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

import argon2
import pyotp
from sqlalchemy import Executable, Select, bindparam, select

from authz import Grant
from store.db.keys import Keys
from store.db.statements import AHEAD
from store.db.transaction import NOBODY, Transaction, upsert
from store.jobs import job_queue
from store.security import alerts, budgets
from store.security.budgets import DAY, HOUR, MINUTE, Limit
from store.sign_in import passkeys, passwords, realms, sessions
from store.sign_in.realms import Realm
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
BY_ALL_STRANGERS: Final = (200, HOUR // 200)  # shuts nobody out: supervisors are told, once for each realm
TOLD_FROM: Final = 3  # wrong tries by strangers at somebody's username, and they are told
WORK: Final = "sign_in_tried"


@dataclass(frozen=True, slots=True, repr=False)
class Login:
    """Whose it is and what they sign in with. `password` is None for whoever signs in by passkey alone. Not for logs."""

    id: int
    password: bytes | None
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

    realm: Realm
    username: str
    digest: str
    known: bool
    limits: tuple[Limit, ...]
    refused: Limited | None
    free_at: int
    login: Login | None

    @property
    def id(self) -> int | None:
        """Whose username it is, by the id of one of the staff or of a person."""
        return self.login.id if self.login is not None else None


def hashed(password: str) -> str:
    """Argon2id as argon2-cffi writes it. Takes some 20 ms and 19 MiB: run it in a pool."""
    return _hasher(pins.MEMORY_KIB, pins.PASSES).hash(passwords.normal(password))


def matches(keys: Keys, sign_in: SignInTry, decoy: str, password: str) -> bool:
    """Whether this is the password. Always one Argon2, also for somebody who is not there or has none: against `decoy`."""
    login, opened = sign_in.login, None
    if login is not None and login.password is not None:
        opened = keys.open(sign_in.realm.sealed, login.password, f"password {login.id}")
    try:
        _hasher(pins.MEMORY_KIB, pins.PASSES).verify(opened.decode() if opened else decoy, passwords.normal(password))
    except argon2.exceptions.VerifyMismatchError:
        return False
    return opened is not None


def begin(tx: Transaction, realm: Realm, username: str, client: Client) -> SignInTry:
    """Counts a try, or says that there were too many. Commit before comparing."""
    row = tx.connection.execute(_find(realm), {"username": username}).first()
    digest = tx.keys.digest(realm.prefix, username)[:40]
    login = Login(row.id, row.password, row.set_at) if row is not None else None
    found = marked(tx.keys, client.known, tx.now)
    if (
        row is not None
        and row.may_work
        and found is not None
        and found == Mark(realm.word, row.id, found.at, row.set_at)
    ):
        own = Limit(f"{realm.prefix}:known:{digest}", *BY_ITS_OWN)
        locked = budgets.lock(tx, (own,))
        budgets.settle(tx, locked, () if locked.spent is not None else (own,))
        refused = Limited.USERNAME if locked.spent is not None else None
        return SignInTry(realm, username, digest, True, (own,), refused, budgets.free_at(tx, locked, (own,)), login)
    return _by_stranger(tx, realm, username, digest, client, login)


def _by_stranger(
    tx: Transaction, realm: Realm, username: str, digest: str, client: Client, login: Login | None
) -> SignInTry:
    """Whoever is refused at the username has used up a try of their address and network all the same: asking until one comes
    back is not free. Whoever is refused at their address leaves nothing of the username behind, or ever new ones would fill the
    table. Budgets are locked in two goes, always in the order of their names, as `give_back` locks them."""
    prefix = realm.prefix
    address, network = (tx.keys.digest(f"{prefix}-from", word)[:40] for word in (client.address, client.network))
    near = (Limit(f"{prefix}:from:{address}", *FROM_AN_ADDRESS), Limit(f"{prefix}:near:{network}", *FROM_A_NETWORK))
    here = budgets.lock(tx, near)
    if here.spent is not None:
        budgets.settle(tx, here, ())
        whose = (network, client.network) if budgets.has(tx, here, near[0]) else (address, client.address)
        _tell(tx, *whose)
        free_at = budgets.free_at(tx, here, near)
        return SignInTry(realm, username, digest, False, (), Limited.ADDRESS, free_at, login)
    budgets.settle(tx, here, near)
    pair = tx.keys.digest(f"{prefix}-pair", client.allocation or client.network, digest)[:40]
    theirs, common, back = Limit(f"{prefix}:pair:{pair}", *BY_A_NETWORK), *_by_strangers(realm, digest)
    locked = budgets.lock(tx, (theirs, common, back))

    def has(*limits: Limit) -> bool:
        return all(budgets.has(tx, locked, one) for one in limits)

    charged: tuple[Limit, ...] = ()
    refused, free_at = None, tx.now
    if has(common):
        charged = (common, *((theirs,) if has(theirs) else ()))
    elif has(theirs, back):
        charged = (theirs, back)
    else:
        ways = ((common,), (theirs, back))
        refused, free_at = Limited.USERNAME, min(budgets.free_at(tx, locked, way) for way in ways)
    budgets.settle(tx, locked, charged)
    if refused is not None and not has(theirs):
        _tell(tx, address, client.address)
    budgets.take(tx, (Limit(f"{prefix}:strangers", *BY_ALL_STRANGERS, "signin_many"),))
    return SignInTry(realm, username, digest, False, (*near, *charged), refused, free_at, login)


def _tell(tx: Transaction, digest: str, whence: str) -> None:
    alerts.one_of_some(tx, "signin_address", digest, detail=whence, more="signin_addresses")


def _by_strangers(realm: Realm, digest: str) -> tuple[Limit, Limit]:
    return (
        Limit(f"{realm.prefix}:new:{digest}", *BY_STRANGERS),
        Limit(f"{realm.prefix}:spare:{digest}", *KEPT_BACK),
    )


def drop(tx: Transaction, sign_in: SignInTry) -> None:
    """There was no place to compare it in: it does not count."""
    budgets.give_back(tx, sign_in.limits)


@dataclass(frozen=True, slots=True, repr=False)
class Finished:
    """`token` is a new session's, empty for whoever is not in. `codes_at` (ms) is when a code is taken again after too many wrong
    ones with the right password; 0 where a code is taken, and for every browser that is not known: it would say that the
    password was right. `proved`: password and code were right, and without a token they may not sign in."""

    token: str = ""
    codes_at: int = 0
    proved: bool = False


Admits = Callable[[Transaction, Realm, int], bool]
"""Whether somebody who has proved who they are may sign in: the judge's to say (desk/signing_in.py)."""


def finish(tx: Transaction, sign_in: SignInTry, right: bool, digits: str, admits: Admits) -> Finished:
    """A session, if the password was right, the code is good and has not been used, nothing has changed since the try began, and they may
    sign in, which is asked after all that. Whoever is not in is not told why, but for who may not and has just shown that it is they."""
    realm, id = sign_in.realm, sign_in.id or 0
    codes = budgets.lock(tx, (_codes(realm, sign_in.digest, known=sign_in.known),))
    realm.lock(tx, id)  # locked before it is looked at, or a session could outlive a suspension
    row = tx.connection.execute(_lock(realm), {"id": id}).first()
    app = realm.app(tx, id, row)
    step = totp.step_of(app.secret or _NOBODYS, digits, tx.now, app.last_step)
    same = row is not None and sign_in.login is not None and row.set_at == sign_in.login.set_at
    theirs = right and same and app.secret is not None and sign_in.refused is None
    fits = theirs and step is not None and codes.spent is None
    budgets.settle(tx, codes, codes.limits if theirs and not fits and codes.spent is None else ())
    budgets.give_back(tx, sign_in.limits, really=fits)
    who = NOBODY if row is None else realm.subject(id)
    if not fits or step is None:
        tx.record(who, None, f"{realm.word}.sign_in", "refused")
        # found out later whose username it is, if anybody's, so that it takes no longer now
        minute = f"{sign_in.digest}:{tx.now // MINUTE}"
        sealed = tx.keys.seal(_TRIED, sign_in.username.encode(), realm.word).hex()
        tried = {"realm": realm.word, "username": sealed}
        job_queue.enqueue_once(tx, WORK, minute, tried, after=MINUTE)
        shut = sign_in.known and theirs and codes.spent is not None
        return Finished(codes_at=budgets.free_at(tx, codes, codes.limits) if shut else 0)
    realm.spend(tx, id, step)
    return Finished(enter(tx, realm, id, admits), proved=True)


def enter(tx: Transaction, realm: Realm, id: int, admits: Admits) -> str:
    """The token of a session for somebody who has proved who they are. Empty: they may not sign in. It is in the ledger either way."""
    may = realm.lock(tx, id) and admits(tx, realm, id)
    tx.record(realm.subject(id), None, f"{realm.word}.sign_in", "allowed" if may else "refused")
    return sessions.begin(tx, realm, id) if may else ""


def tried(tx: Transaction, grant: Grant, word: str, sealed: str) -> None:
    """Somebody tried in vain at a username, as `finish` has sealed it: whoever signs in with it is told, once a day each, of strangers, of
    wrong codes with the right password, and of those that were used up in a browser of theirs; supervisors are, of the staff. Nothing
    where nobody does."""
    tx.require(grant, "desk.deliver")
    realm = realms.of(word)
    opened = tx.keys.open(_TRIED, bytes.fromhex(sealed), word)
    username = opened.decode() if opened is not None else ""
    row = tx.connection.execute(_find(realm), {"username": username}).first()
    if row is None or not row.may_work:
        return
    by_strangers, with_password, spent = realm.notices
    digest, kinds = tx.keys.digest(realm.prefix, username)[:40], []
    if budgets.used(tx, _codes(realm, digest, known=False)):
        kinds.append(with_password)
    elif sum(budgets.used(tx, one) for one in _by_strangers(realm, digest)) >= TOLD_FROM:
        kinds.append(by_strangers)
    if budgets.used(tx, _codes(realm, digest, known=True)) >= CODES[0]:
        kinds.append(spent)
    for kind in kinds:
        today = f"{row.id}:{tx.now // DAY}"
        if realm.alerted:
            if alerts.alert(tx, kind, today, subject=realm.subject(row.id)):
                job_queue.enqueue(tx, "notice", f"{kind}:{row.id}", {"notice": kind, realm.word: row.id})
        else:
            job_queue.enqueue_once(tx, "notice", f"{kind}:{today}", {"notice": kind, realm.word: row.id})


def put(
    tx: Transaction, realm: Realm, id: int, password: str | None, *, passkey: int | None = None, **app: object
) -> None:
    """What they sign in with from now on (`password` as `hashed` made it; None: by `passkey` alone, which is kept already; `app` as
    `realms.staffs_app` made it, of the staff). Whatever passkeys and sessions they had are over."""
    passkeys.remove_all(tx, realm.subject(id), but=passkey)
    sealed = None if password is None else tx.keys.seal(realm.sealed, password.encode(), f"password {id}")
    row = {"password": sealed, "set_at": tx.now, **app}
    new = upsert(tx, realm.logins).values({realm.column: id, **row})
    tx.connection.execute(new.on_conflict_do_update(index_elements=[realm.column], set_=row))
    sessions.end_all(tx, realm, id)
    tx.record(realm.subject(id), None, f"{realm.word}.login", "set")


def mark(tx: Transaction, realm: Realm, id: int) -> str:
    """What a browser keeps after a sign-in, to be counted apart from strangers. It proves nothing else."""
    row = tx.connection.execute(_lock(realm), {"id": id}).first()
    words = (realm.word, str(id), str(tx.now), str(row.set_at if row is not None else 0))
    return ".".join((*words, tx.keys.digest(_MARK, *words)))


@dataclass(frozen=True, slots=True)
class Mark:
    """What a browser holds from a sign-in: of which realm, whose, when that was, and since when they have had their password (ms)."""

    realm: str
    id: int
    at: int
    since: int


def marked(keys: Keys, known: str, now: int) -> Mark | None:
    """Whose browser it is, as `mark` says, whether or not they still sign in. Takes no statement."""
    *words, seal = known.split(".") if known.count(".") == 4 else ("", "", "", "", "")
    if len(seal) != 64 or not keys.made(seal, _MARK, *words):
        return None
    found = Mark(words[0], *(int(word) for word in words[1:]))
    return found if -AHEAD <= now - found.at < KNOWN_FOR else None


def who_signs_in(tx: Transaction, realm: Realm) -> dict[int, int]:
    """Everybody who may sign in, and since when they have had their password: other marks count no more."""
    return {row.id: row.set_at for row in tx.connection.execute(_logins(realm).where(realm.may_work))}


def _codes(realm: Realm, digest: str, *, known: bool) -> Limit:
    return Limit(f"{realm.prefix}:code:{'known' if known else 'new'}:{digest}", *CODES)


@lru_cache(maxsize=4)
def _hasher(memory: int, passes: int) -> argon2.PasswordHasher:
    return argon2.PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=pins.LANES)


def _logins(realm: Realm) -> Select[Any]:
    logins, people = realm.logins, realm.people
    whose = select(people.c.id, people.c.username, realm.may_work.label("may_work"), *logins.c)
    return whose.join(logins, logins.c[realm.column] == people.c.id)


@lru_cache(maxsize=4)
def _find(realm: Realm) -> Executable:
    return _logins(realm).where(realm.people.c.username == bindparam("username"))


@lru_cache(maxsize=4)
def _lock(realm: Realm) -> Executable:
    mine = realm.logins.c[realm.column] == bindparam("id")
    return _logins(realm).where(mine).with_for_update(of=realm.logins)


_MARK: Final = "signin-known"
_TRIED: Final = "signin-tried"
_NOBODYS: Final = pyotp.random_base32()
