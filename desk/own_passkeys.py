"""What people do about their own passkeys: looked at, added, renamed, removed, and used to prove themselves a second time.

A passkey is added and removed only soon after signing in, or with a second proof (own_security.py); and whoever does either is signed out
everywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from desk.actors import Actor
from desk.own_security import may_change
from desk.verification import MINUTE, Proved
from store import Transaction
from store.sign_in import passkeys, realms, sessions
from store.sign_in.passkey_answers import Question, Site
from store.sign_in.passkeys import Passkey, Refused, Used
from store.sign_in.sessions import SignedIn
from store.verification import step_ups


class NotYet(Enum):
    """What is right, and does not do."""

    AGAIN = "again"  # they are to sign in again first
    YOUNG = "young"  # it signs them in, and is no second proof for 72 hours


@dataclass(frozen=True, slots=True)
class Own:
    """Somebody's passkeys; and what their browser is asked for another one, where they may add one now."""

    each: tuple[Passkey, ...]
    question: Question | None


def own(tx: Transaction, who: SignedIn, site: Site, browser: str) -> Own:
    """`browser`: what the page's forms are bound to."""
    each = tuple(passkeys.listed(tx, who.subject))
    may = may_change(tx, who) and len(each) < passkeys.MOST
    return Own(each, passkeys.to_add(tx, site, who.subject, browser) if may else None)


def add(tx: Transaction, who: SignedIn, site: Site, browser: str, form: Mapping[str, str]) -> int | Refused | NotYet:
    """The id of the new one."""
    if not may_change(tx, who):
        return NotYet.AGAIN
    new = passkeys.check(tx, site, who.subject, browser, form)
    made = new if isinstance(new, Refused) else passkeys.keep(tx, new)
    if not isinstance(made, Refused):
        _alone(tx, who)
    return made


def rename(tx: Transaction, who: SignedIn, id: int, name: str) -> bool:
    return passkeys.rename(tx, who.subject, id, name)


def remove(tx: Transaction, who: SignedIn, id: int, *, only_passkeys: bool = False) -> Refused | NotYet | None:
    """None: it is gone. `only_passkeys`: nothing else signs them in."""
    if not may_change(tx, who):
        return NotYet.AGAIN
    refused = passkeys.remove(tx, who.subject, id, only_passkeys=only_passkeys, but=who.session)
    if refused is None:
        _alone(tx, who)
    return refused


def use(tx: Transaction, who: Actor, site: Site, browser: str, form: Mapping[str, str]) -> Used | Refused | NotYet:
    """A passkey of their own, used at this moment, that counts as a second proof by now. `browser`: what the question's form is bound to."""
    used = passkeys.use(tx, site, browser, form)
    if not isinstance(used, Used):
        return used
    if used.subject != who.subject:
        return Refused.WRONG
    return used if tx.now >= used.counts_from else NotYet.YOUNG


def prove(
    tx: Transaction, who: Actor, site: Site, browser: str, account: int | None, form: Mapping[str, str], *, minutes: int
) -> Proved | Refused | NotYet:
    """A second proof with a passkey of their own, used at this moment, in the session and on the account (id) it was asked for; None:
    for what is their own."""
    used = use(tx, who, site, browser, form)
    if not isinstance(used, Used):
        return used
    until = tx.now + minutes * MINUTE
    step_ups.reached(tx, who.subject, account, "passkey", who.bound, ends_at=until)
    return Proved(account, until)


def _alone(tx: Transaction, who: SignedIn) -> None:
    realm = realms.STAFF if who.subject.is_staff else realms.CUSTOMERS
    id = who.staff if who.subject.is_staff else who.person
    sessions.end_all(tx, realm, id, but=who.session)
