"""What people do about their own security: an authenticator set up, removed and kept; a PIN; a code for a PIN that is locked.

On the account pages a change takes a second proof for what is their own (`is_proved`), or that they have signed in just now, so that whoever
comes upon a page left open takes nothing over (`may_change`). What proves them at once, a PIN and the like, takes the second proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from authz import Proof
from desk.actors import Actor
from store import Transaction
from store.codes import one_time_codes, one_time_links
from store.sign_in import passkeys
from store.sign_in.sessions import SignedIn
from store.verification import attempt_limits, factors, pin_changes, step_ups, totp
from store.verification.pins import KeptPin
from store.verification.revocation import lock_all

ENROL: Final = "enrol"  # a kind of page
UNLOCK: Final = "unlock"  # a kind of code
FRESH: Final = 15 * 60_000  # ms after signing in


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Since when (ms) they have an authenticator; from when it counts, where it does not yet; when it ends, where it will."""

    since: int
    counts_from: int | None
    ends_at: int | None


class Lock(Enum):
    """Whether a code of ours is of use at the PIN prompt."""

    LOCKED = "locked"
    DISABLED = "disabled"  # the PIN is worn out: it takes a new one
    NONE = "none"


def is_proved(tx: Transaction, who: SignedIn) -> bool:
    """Whether they have given a second proof in this session for what is their own."""
    return step_ups.until_own(tx, who.subject, None, who.session) is not None


def may_change(tx: Transaction, who: SignedIn) -> bool:
    """Whether they may change what is their own, or one of the staff what is theirs, at this moment."""
    return tx.now - who.since < FRESH or (who.subject.is_person and is_proved(tx, who))


def new_pin(tx: Transaction, who: SignedIn, kept: KeptPin) -> bool:
    """In the place of the one there was, and of the one for a threat beside it. False: their second proof has ended."""
    lock_all(tx, [who.person])
    if kept.person != who.person or not is_proved(tx, who):
        return False
    pin_changes.put_own(tx, kept, "own_page", but=who.session)
    return True


def authenticator(tx: Transaction, who: Actor) -> Enrolled | None:
    person = who.subject.person
    since = totp.confirmed_at(tx, person)
    if since is None:
        return None
    ready = since + factors.COOLING
    return Enrolled(since, ready if ready > tx.now else None, totp.ends_at(tx, person))


def enrol(tx: Transaction, who: Actor) -> str:
    """The token of a one-time page on which they set an authenticator up."""
    token = one_time_links.issue(tx, ENROL, who.subject)
    tx.record(who.subject, None, "authenticator", "link_made", proof=Proof.VERIFIED)
    return token


def remove_authenticator(tx: Transaction, who: Actor) -> bool:
    """Removes their authenticator in 72 hours, not at once: somebody else may be using their Slack. False: they have none."""
    person = who.subject.person
    totp.end_later(tx, person, factors.COOLING)
    return totp.ends_at(tx, person) is not None


def needs_authenticator(tx: Transaction, who: Actor) -> bool:
    """Whether it is half of all they sign in with: a password that is good with its codes, and no passkey."""
    return passkeys.has_password(tx, who.subject) and not passkeys.listed(tx, who.subject)


def keep_authenticator(tx: Transaction, who: Actor) -> bool:
    """Keeps the authenticator that was to be removed. False: it was not to be removed."""
    return totp.keep(tx, who.subject.person)


def lock(tx: Transaction, who: Actor) -> Lock:
    counter = attempt_limits.counter_of(who.subject.person)
    if attempt_limits.is_worn_out(tx, counter):
        return Lock.DISABLED
    return Lock.LOCKED if attempt_limits.is_locked(tx, counter) else Lock.NONE


def unlock_code(tx: Transaction, who: Actor) -> str:
    """That is taken at the PIN prompt while their PIN is locked."""
    tx.record(who.subject, None, "unlock_code", "made", proof=Proof.VERIFIED)
    return one_time_codes.issue(tx, UNLOCK, who.subject)
