"""The forms in which the desk answers a customer: as they open, and as they come back after a colleague was quicker."""

from __future__ import annotations

from collections.abc import Sequence

from authz import Grant
from bot.platform.context import Door
from bot.platform.identity import Who
from bot.usecases import desk_thread
from bot.views import customer_messages, forms
from bot.views.blocks import Block
from store import Transaction
from store.messages import shown
from store.messages.timeline import Said
from store.tickets import agent_tickets, answer_delivery


def answer(
    tx: Transaction, door: Door, grant: Grant, number: int, *, since: Sequence[Said] = (), typed: str = ""
) -> Block:
    """Who else has the ticket stands above; and `since`, what colleagues have said on it since the form was opened, in which
    `typed` stood."""
    p = door.phrases
    found = answer_delivery.now(tx, grant, number, phone=door.phone)
    files = shown.noted_files(tx, grant, number)
    taken = agent_tickets.taken_by_another(tx, grant, number)
    newest = agent_tickets.newest(tx, grant, number)
    return forms.answer(p, number, found, files=files, taken=taken, newest=newest, since=since, typed=typed)


def correct(tx: Transaction, door: Door, who: Who, number: int, message: int) -> Block:
    """What was answered, to be changed: by whoever wrote it."""
    grant = desk_thread.working(tx, who, number)
    said = shown.said(tx, grant, number) if grant is not None else ()
    body = next((one.body for one in said if one.id == message and one.author == who.subject), None)
    if grant is None or body is None:
        return forms.refused(door.phrases, customer_messages.plain(door.phrases, "not_your_answer").blocks)
    found = answer_delivery.now(tx, grant, number, phone=door.phone)
    return forms.answer(door.phrases, number, found, correcting=(message, body))
