"""A change of contacts that is asked for, as the worker puts it to those who may confirm it, and their forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from bot.outbound import private_answers
from bot.outbound.posting import Posting
from bot.platform.context import SlackContext
from bot.platform.identity import Who
from bot.views import contact_messages, customer_messages, forms
from bot.views.blocks import Block
from desk import contact_requests as desk
from desk.actors import NotAllowed, permit_worker
from desk.contact_requests import Closed, Pending
from desk.people import Shut
from store import Transaction
from store.contacts import contact_requests
from store.jobs import job_queue
from store.jobs.job_queue import Job

Do = Callable[[Posting, Transaction, Job], Iterator[None] | None]


def news(_posting: Posting, tx: Transaction, job: Job) -> None:
    """Asked or over: each who may confirm it is a job of their own, so that nobody waits for another."""
    id = int(job.payload["request"])
    found = contact_requests.addressees(tx, permit_worker(tx), id)
    for one in found[1] if found is not None else ():
        asked = {"request": id, "person": one.person}
        ordering_key = f"contact_request:{id}:{one.person}"
        key = f"{job.key}:{one.person}"
        job_queue.enqueue_once(tx, "slack.contact_request_ask", key, asked, ordering_key=ordering_key)


def ask(posting: Posting, tx: Transaction, job: Job) -> Iterator[None] | None:
    """The question to one of them."""
    id, person = int(job.payload["request"]), int(job.payload["person"])
    found = contact_requests.addressees(tx, permit_worker(tx), id)
    if found is None or all(one.person != person for one in found[1]):
        return None
    message = contact_messages.question(posting.context.phrases, found[0])
    return posting.ask_person(
        tx, f"contact_request:{id}:{person}", person, message, job, waits=found[0].status == "waiting"
    )


def look_form(tx: Transaction, context: SlackContext, who: Who, asked: Mapping[str, Any]) -> Block:
    """What would change, for whoever may confirm it; a second proof comes first."""
    p, id = context.phrases, int(asked["request"])
    found = desk.look(tx, who, desk.account_of(tx, id), id)
    match found:
        case Pending():
            return contact_messages.preview(p, found)
        case Closed():
            return contact_messages.answered(
                p, p.say(f"contact.is.{found.request.status}", answered_by=found.request.answered_by)
            )
        case Shut(proof=True):
            made = private_answers.form(tx, context, who, found.account.id, 0)
            return made or forms.refused(p, customer_messages.plain(p, "contact.gone").blocks)
        case _:
            return forms.refused(p, customer_messages.plain(p, "contact.gone").blocks)


def ask_form(tx: Transaction, context: SlackContext, who: Who, asked: Mapping[str, Any]) -> Block:
    """Who and what, on the asker's own ticket."""
    return form_on(tx, context, who, int(asked["ticket"]))


def form_on(tx: Transaction, context: SlackContext, who: Who, ticket: int) -> Block:
    p, found = context.phrases, desk.form(tx, who, ticket)
    if found is None:
        return forms.refused(p, customer_messages.plain(p, "contact.not_asked").blocks)
    if isinstance(found, NotAllowed):
        account = found.ask.account
        made = None if account is None else private_answers.form(tx, context, who, account, 0)
        return made or forms.refused(p, customer_messages.plain(p, "contact.not_asked").blocks)
    return contact_messages.ask_form(p, found)


JOBS: Final[dict[str, Do]] = {contact_requests.JOB: news, "slack.contact_request_ask": ask}
FORMS: Final[dict[str, Callable[[Transaction, SlackContext, Who, Mapping[str, Any]], Block]]] = {
    "contact_look": look_form,
    "contact_ask": ask_form,
}
