"""Answers for direct messages alone: codes, references and one-time links, made in the moment they are shown.

Whoever tries again to show one makes a new one, and shows it in the place of the one before (handlers.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from authz import REQUESTS, Action, Proof, Topic
from bot.platform.context import Door
from bot.platform.identity import Who
from bot.usecases import verification
from bot.usecases.verification import Further
from bot.views import customer_messages, verification_messages
from bot.views.blocks import Block, Message
from desk import accounts, ticket_lists
from store import Transaction
from store.accounts.account_details import AccountName
from store.accounts.people import person_of
from store.codes import one_time_codes, one_time_links
from store.tickets import customer_tickets
from store.verification import attempt_limits, factors, slack_members, totp, transfer_codes

Answer = Callable[[Transaction, Door, Who, str], Message]
ENROL: Final = "enrol"  # a kind of page
UNLOCK: Final = "unlock"  # a kind of code
MOST: Final = 20  # accounts in one message


def is_private(what: str) -> bool:
    return what.partition(":")[0] in ANSWERS


def fades(what: str) -> bool:
    """Whether what is shown is good for minutes, and says so afterwards."""
    return what.partition(":")[0] in FADING


def answer(tx: Transaction, door: Door, who: Who | None, what: str) -> Message:
    """`what` is a key of ANSWERS, with more after a colon. Whoever is not known is told that and no more."""
    if who is None or not who.is_person:
        return customer_messages.plain(door.phrases, "stranger" if who is None else "you_are_staff")
    name, _, more = what.partition(":")
    return ANSWERS[name](tx, door, who, more)


def form(tx: Transaction, door: Door, who: Who, account: int, number: int, sent: str = "") -> Block | None:
    """The form for a second proof on an account (id), for the draft `number` or none (0). None: the account is not theirs."""
    named = accounts.name(tx, who, account)
    if named is None:
        return None
    draft = customer_tickets.draft(tx, who.subject, number) if number else None
    kind = "" if draft is None else str(draft.action)
    ways = verification.ways(tx, door, who)
    return verification_messages.form(door.phrases, ways, named, number, door.step_up_minutes, kind=kind, sent=sent)


def standings(tx: Transaction, who: Who) -> tuple[list[verification_messages.Standing], bool]:
    """Their accounts, and how far they are proved on each here; or those alone on which they are, and that there are many more."""
    may = accounts.theirs(tx, who)
    if len(may) > MOST:
        return list(proved_on(tx, who)), True
    named = accounts.named(tx, may, MOST).each
    return [(account, verification.further(tx, who, account.id)) for account, _ in named], False


def proved_on(tx: Transaction, who: Who) -> list[tuple[AccountName, Further]]:
    """Those of their accounts on which they are proved further here."""
    may = accounts.theirs(tx, who)
    further = {id: found for id in may if (found := verification.further(tx, who, id)) is not None}
    named = accounts.named(tx, {id: may[id] for id in further}, MOST)
    return [(account, further[account.id]) for account, _ in named.each]


def _prove(tx: Transaction, door: Door, who: Who, _more: str) -> Message:
    found, many = standings(tx, who)
    if not found and not many:
        return customer_messages.plain(door.phrases, "nothing_allowed")
    needed = tx.would_allow_everywhere(who.subject, REQUESTS)
    return verification_messages.standing(door.phrases, found, needed, ticket_lists.drafts(tx, who), many=many)


def _proved(tx: Transaction, door: Door, who: Who, more: str) -> Message:
    """After a reference that was right: how they stand now."""
    return _prove(tx, door, who, more)


def _reference(tx: Transaction, door: Door, who: Who, more: str) -> Message:
    """A reference for the phone, for what was proved here; what was carried here is not carried on."""
    p = door.phrases
    own = [(account, further) for account, further in proved_on(tx, who) if not further.topic]
    if not own:
        return customer_messages.plain(p, "reference.none")
    id, _, kind = more.partition(":")
    account = next((account for account, _ in own if str(account.id) == id), None)
    if account is None or kind not in (*REQUESTS, "agent"):
        return verification_messages.references(p, own, tx.would_allow_everywhere(who.subject, REQUESTS))
    topic = customer_tickets.topic_of(Action(kind)) if kind != "agent" else None  # an agent is content with either
    digits = transfer_codes.give(
        tx, transfer_codes.TO_PHONE, who.subject, account.id, who.bound, topic or Topic.TECHNICAL
    )
    if digits is None:
        return customer_messages.plain(p, "reference.none")
    return verification_messages.reference(p, account.name, topic or "", digits)


def _authenticator(tx: Transaction, door: Door, who: Who, _more: str) -> Message:
    """Since when they have one, or a one-time link to set one up."""
    since = totp.confirmed_at(tx, person_of(who.subject))
    if since is not None:
        ready = since + factors.COOLING
        ends_at = totp.ends_at(tx, person_of(who.subject))
        return verification_messages.enrolled(door.phrases, since, ready if ready > tx.now else None, ends_at)
    if not door.public_url:
        return customer_messages.plain(door.phrases, "authenticator.nowhere")
    token = one_time_links.issue(tx, ENROL, who.subject)
    tx.record(who.subject, None, "authenticator", "link_made", proof=Proof.VERIFIED)
    return verification_messages.enrolment(door.phrases, f"{door.public_url}/enrol/{token}")


def _locked(tx: Transaction, door: Door, who: Who, _more: str) -> Message:
    """A code that is taken at the PIN prompt while their PIN is locked; otherwise what applies."""
    person, p = person_of(who.subject), door.phrases
    counter = attempt_limits.counter_of(person)
    if attempt_limits.is_worn_out(tx, counter):
        return customer_messages.plain(p, "locked.disabled")
    if not attempt_limits.is_locked(tx, counter):
        return customer_messages.plain(p, "locked.not")
    if not is_old_enough(tx, who):
        return customer_messages.plain(p, "locked.young")
    tx.record(who.subject, None, "unlock_code", "made", proof=Proof.VERIFIED)
    return verification_messages.unlocking(p, one_time_codes.issue(tx, UNLOCK, who.subject))


def is_old_enough(tx: Transaction, who: Who) -> bool:
    """Whether this very member has stood for them for long enough to be shown what proves them elsewhere."""
    member = slack_members.find(tx, who.user.team, who.user.user)
    return member is not None and member.linked_at <= tx.now - factors.COOLING


ANSWERS: Final[dict[str, Answer]] = {
    "prove": _prove,
    "proved": _proved,
    "reference": _reference,
    "authenticator": _authenticator,
    "locked_out": _locked,
}
FADING: Final = ("reference", "authenticator", "locked_out")
