"""Slash commands: answered in the acknowledgement itself, shown to whoever asked alone. For the workspace's own people."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from bot.outbound import outbox, responses
from bot.platform import payloads
from bot.platform.context import SlackContext
from bot.platform.identity import SlackUser, Who, known, link, of_command
from bot.text import replies
from bot.text.mrkdwn import plain_text
from bot.text.replies import Named, OneTicket, Tickets
from bot.views import agent_cards, call_cards, customer_messages
from bot.views.blocks import Message
from desk import choices, lookup
from desk.lookup import NotFound, PersonFound
from store import Transaction
from store.calls import call_state
from store.text import numbers, pin_redaction

Command = Callable[[SlackContext, Transaction, Who, payloads.Command, str], Message | None]
_NUMBER = re.compile(r"#?([0-9]{3,15})")


def command(context: SlackContext, body: payloads.Command) -> dict[str, Any] | None:
    """The answer of a command. None: a form opens instead."""
    via = context.via(body)
    user = of_command(body, via.team) if via is not None else None
    name, words = body.command, plain_text(body.text, "")
    with context.store.transaction("slack") as tx:
        if not call_state.first_delivery(tx, f"slack:cmd:{body.trigger_id}"):
            return None
        who = known(tx, user)
        if name == "/link":
            made: Message | None = _link(context, tx, user, words)
        elif name == "/verify":
            made = _verify(context, tx, who, words)
        elif who is None or not who.is_person:
            made = responses.respond(tx, context.phrases, who, replies.HELP)
        else:
            made = COMMANDS[name](context, tx, who, body, words)
    return None if made is None else {"response_type": "ephemeral", **made.shown()}


def _ticket(context: SlackContext, tx: Transaction, who: Who, body: payloads.Command, words: str) -> Message | None:
    if found := _NUMBER.fullmatch(numbers.western(words)):
        return responses.respond(tx, context.phrases, who, OneTicket(numbers.parse_int(found[1]) or 0))
    if not choices.may_open(choices.possible(tx, who)):
        return responses.respond(tx, context.phrases, who, replies.OPEN)
    outbox.form(tx, who.user, "open", body.trigger_id, words=pin_redaction.left_out(words))
    return None


def _link(context: SlackContext, tx: Transaction, user: SlackUser | None, words: str) -> Message:
    digits = numbers.digits(words)
    if not numbers.are_digits(digits):
        return customer_messages.plain(context.phrases, "link_how")
    return customer_messages.plain(context.phrases, customer_messages.LINK[link(tx, context.home_id, user, digits)])


def _verify(context: SlackContext, tx: Transaction, who: Who | None, words: str) -> Message:
    """For the desk: found or not found, on an exact match, and how to ask for proof. Nobody else learns even that."""
    return customer_messages.plain(context.phrases, "stranger") if who is None else verified(context, tx, who, words)


def verified(context: SlackContext, tx: Transaction, who: Who, words: str) -> Message:
    """Found or not; and of whoever this agent is talking to, once they have proved it, the card in short."""
    found = lookup.find_to_verify(
        tx, who, words, context.region, texting=context.texting, accounts_an_hour=context.accounts_an_hour
    )
    match found:
        case NotFound.NOBODY:
            return agent_cards.verification(context.phrases, None, phone=context.phone)
        case NotFound() as why:
            return customer_messages.plain(context.phrases, NOT_FOUND[why])
        case PersonFound(person):
            return agent_cards.verification(context.phrases, person, phone=context.phone)
        case case:
            return call_cards.in_short(context.phrases, case)


# What is told where nobody was looked up.
NOT_FOUND: Final = {
    NotFound.NO_WORDS: "verify_how",
    NotFound.LOOKED_UP_ENOUGH: "verify_enough",
    NotFound.TOO_MANY_ACCOUNTS: "verify_spent",
    NotFound.NOT_PERMITTED: "not_yours",
}
COMMANDS: Final[dict[str, Command]] = {
    "/ticket": _ticket,
    "/tickets": lambda context, tx, who, body, words: responses.respond(tx, context.phrases, who, Tickets()),
    "/account": lambda context, tx, who, body, words: responses.respond(tx, context.phrases, who, Named("account")),
}
NAMES: Final = (*COMMANDS, "/link", "/verify")
