"""Clicks and forms about a change of contacts that is asked for: the asker says who and what, whoever may make it confirms or refuses it."""

from __future__ import annotations

from typing import Any, Final

from authz import Reason, Refusal
from bot.inbound.block_action import Do, number_of, where
from bot.outbound import outbox
from bot.platform.context import SlackContext
from bot.platform.identity import Who
from bot.platform.payloads import Click, Form, Pressed
from bot.text.button_values import ToConfirm
from bot.text.replies import Fixed, Reply
from bot.views import contact_messages
from bot.views.blocks import Block
from desk import contact_requests
from desk.actors import NotAllowed
from desk.contact_requests import Closed, Pending
from desk.people import NotAdded, Shut
from store import Transaction
from store.contacts.contact_requests import NotAsked, Wanted

Trouble = tuple[str, str]
"""The field of a form that will not do, and the words for it."""
_FIELDS: Final = {
    NotAsked.NOBODY: "person",
    NotAsked.THERE: "email",
    NotAsked.HOLDS: "holds",
    NotAsked.SAME: "holds",
    NotAdded.NAME: "name",
    NotAdded.EMAIL: "email",
}


def _look(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    outbox.form(tx, who.user, "contact_look", body.trigger_id, where(body), request=number_of(action))
    return None


def _refuse(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    """At once, by whoever has given a second proof; otherwise that comes first."""
    id = number_of(action)
    done = contact_requests.refuse(tx, who, contact_requests.account_of(tx, id), id)
    if isinstance(done, Shut) and done.proof:
        outbox.form(tx, who.user, "prove", body.trigger_id, where(body), account=done.account.id, ticket=0)
        return None
    if isinstance(done, Closed):
        return Fixed("contact.refused") if done.now else Fixed("contact.over")
    return Fixed("contact.gone")


def _ask(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    outbox.form(tx, who.user, "contact_ask", body.trigger_id, where(body), ticket=number_of(action))
    return None


def confirmed(context: SlackContext, tx: Transaction, who: Who, about: ToConfirm | None) -> tuple[Block, bool]:
    """What the form turns into, and whether it may be sent once more."""
    p, id = context.phrases, about.request if about is not None else 0
    stamp = about.stamp if about is not None else ""
    done = contact_requests.confirm(tx, who, contact_requests.account_of(tx, id), id, stamp) if who.is_person else None
    match done:
        case Closed(now=True):
            return contact_messages.answered(p, p.say("contact.confirmed")), False
        case Closed():
            said = p.say(f"contact.is.{done.request.status}", answered_by=done.request.answered_by)
            return contact_messages.answered(p, said), False
        case Pending():
            return contact_messages.preview(p, done), True
        case Shut(proof=True):
            return contact_messages.answered(p, p.say("contact.proof_ended")), False
        case _:
            return contact_messages.answered(p, p.say("contact.gone")), False


def asked(context: SlackContext, tx: Transaction, who: Who, ticket: int, wanted: Wanted) -> Trouble | Block:
    """What the form turns into, or what will not do."""
    p, made = context.phrases, contact_requests.ask(tx, who, ticket, wanted)
    if isinstance(made, int):
        return contact_messages.answered(p, p.say("contact.sent", number=ticket))
    if isinstance(made, NotAllowed):
        key = "contact.proof_ended" if made.denied.reason is Reason.STEP_UP else "contact.not_asked"
        return "do", p.plain(key)
    if isinstance(made, Refusal):
        return "do", p.plain(f"contact.rule.{made.code}")
    return _FIELDS.get(made, "do"), p.plain(f"contact.trouble.{made}")


def wanted(view: Form, filled: Any, chosen: Any) -> Wanted | None:
    """What a form says; None: it does not say what is to be done."""
    do = chosen(view, "do")
    if do not in ("add", "change", "remove"):
        return None
    holds = frozenset(one.value for one in filled(view, "holds").selected_options)
    if do == "add":
        return Wanted("add", filled(view, "name").value.strip(), filled(view, "email").value.strip(), holds)
    return Wanted(do, chosen(view, "person"), "", holds if do == "change" else frozenset())


CLICKS: Final[dict[str, Do]] = {"contact_look": _look, "contact_refuse": _refuse, "contact_ask": _ask}
