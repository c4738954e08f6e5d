"""Answers for direct messages alone: codes and one-time links, made in the moment they are shown.

Whoever tries again to show one makes a new one, and shows it in the place of the one before (handlers.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from authz import REQUESTS, Action, Topic
from bot.platform.context import SlackContext
from bot.platform.identity import Who, is_old_enough
from bot.text.replies import Named, TransferCode
from bot.views import customer_messages, mail_messages, verification_messages
from bot.views.blocks import Block, Message
from desk import accounts, choices, mail_in, own_security, ticket_lists, tickets, verification
from desk.own_security import Lock
from store import Transaction
from store.verification import transfer_codes

PrivateAnswer = Callable[[Transaction, SlackContext, Who], Message]
MOST: Final = 20  # accounts in one message


def answer(tx: Transaction, context: SlackContext, who: Who | None, reply: Named | TransferCode) -> Message:
    """Whoever is not known is told that and no more."""
    if who is None or not who.is_person:
        return customer_messages.plain(context.phrases, "stranger" if who is None else "you_are_staff")
    return (
        _transfer_code(tx, context, who, reply)
        if isinstance(reply, TransferCode)
        else ANSWERS[reply.name](tx, context, who)
    )


def form(tx: Transaction, context: SlackContext, who: Who, account: int, number: int, sent: str = "") -> Block | None:
    """The form for a second proof on an account (id), for the draft `number` or none (0). None: the account is not theirs."""
    named = accounts.name(tx, who, account)
    if named is None:
        return None
    draft = tickets.draft(tx, who, number) if number else None
    kind = "" if draft is None else str(draft.action)
    ways = verification.ways(tx, who, texting=context.texting, phone=context.phone)
    return verification_messages.form(
        context.phrases, ways, named, number, context.step_up_minutes, kind=kind, sent=sent
    )


def _prove(tx: Transaction, context: SlackContext, who: Who) -> Message:
    found = verification.proofs(tx, who, MOST)
    if not found.each and not found.more:
        return customer_messages.plain(context.phrases, "nothing_allowed")
    if none := accounts.without_support(tx, who):
        return customer_messages.refused(context.phrases, none)
    needed = choices.requests(tx, who)
    return verification_messages.proofs(context.phrases, found, needed, ticket_lists.drafts(tx, who))


def _proved(tx: Transaction, context: SlackContext, who: Who) -> Message:
    """After a transfer code that was right: how they stand now."""
    return _prove(tx, context, who)


def _transfer_code(tx: Transaction, context: SlackContext, who: Who, reply: TransferCode) -> Message:
    """A transfer code for the phone, for what was proved here; what was carried here is not carried on."""
    p = context.phrases
    own = [(account, proved) for account, proved in verification.proved_on(tx, who, MOST) if not proved.topic]
    if not own:
        return customer_messages.plain(p, "transfer_code.none")
    kind = reply.kind
    account = next((account for account, _ in own if account.id == reply.account), None)
    if account is None or kind not in (*REQUESTS, "agent"):
        return verification_messages.transfer_codes(p, own, choices.requests(tx, who))
    topic = choices.topic_of(Action(kind)) if kind != "agent" else None  # an agent is content with either
    digits = verification.carry(tx, who, account.id, topic or Topic.TECHNICAL, transfer_codes.TO_PHONE)
    if digits is None:
        return customer_messages.plain(p, "transfer_code.none")
    return verification_messages.transfer_code(p, account.name, topic or "", digits)


def _authenticator(tx: Transaction, context: SlackContext, who: Who) -> Message:
    """Since when they have one, or a one-time link to set one up."""
    there = own_security.authenticator(tx, who)
    if there is not None:
        return verification_messages.enrolled(context.phrases, there)
    if not context.public_url:
        return customer_messages.plain(context.phrases, "authenticator.nowhere")
    return verification_messages.enrolment(context.phrases, f"{context.public_url}/enrol/{own_security.enrol(tx, who)}")


def _locked(tx: Transaction, context: SlackContext, who: Who) -> Message:
    """A code that is taken at the PIN prompt while their PIN is locked; otherwise what applies."""
    p, lock = context.phrases, own_security.lock(tx, who)
    if lock is not Lock.LOCKED:
        return customer_messages.plain(p, "locked.disabled" if lock is Lock.DISABLED else "locked.not")
    if not is_old_enough(tx, who):
        return customer_messages.plain(p, "locked.young")
    return verification_messages.unlocking(p, own_security.unlock_code(tx, who))


def _mails(tx: Transaction, context: SlackContext, who: Who) -> Message:
    """Those that say they are from them, without a word of what they say."""
    found = choices.named(tx, choices.tickets(tx, who))
    why = customer_messages.refused(context.phrases, accounts.refusals(tx, who, choices.OPEN)) if not found else None
    address = f"{context.public_url}/mails" if context.public_url else ""
    return mail_messages.waiting(
        context.phrases, mail_in.waiting(tx, who), found, why.blocks if why is not None else (), address
    )


ANSWERS: Final[dict[str, PrivateAnswer]] = {
    "prove": _prove,
    "proved": _proved,
    "authenticator": _authenticator,
    "locked_out": _locked,
    "mails": _mails,
}
