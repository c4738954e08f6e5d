"""Lending a right, as the worker does it: the question to each who may lend, and what came of it to both sides."""

from __future__ import annotations

from collections.abc import Iterator

from authz import Action, Proof, Subject
from bot.outbound.posting import Posting, member_of
from bot.views import delegation_messages
from desk.actors import Actor, may_still, permit_worker
from store import Transaction
from store.accounts import delegations
from store.jobs import job_queue
from store.jobs.job_queue import Job


def request(_posting: Posting, tx: Transaction, job: Job) -> None:
    """Somebody asks: each who may lend is a job of their own, so that nobody waits for another."""
    _tell_lenders(tx, int(job.payload["request"]), "asked")


def _tell_lenders(tx: Transaction, id: int, why: str) -> None:
    found = delegations.addressees(tx, permit_worker(tx), id)
    for lender in found[1] if found is not None else ():
        asked = {"request": id, "person": lender.person}
        ordering_key = f"delegation:{id}:{lender.person}"
        job_queue.enqueue_once(
            tx, "slack.delegation_ask", f"{id}:{lender.person}:{why}", asked, ordering_key=ordering_key
        )


def ask(posting: Posting, tx: Transaction, job: Job) -> Iterator[None] | None:
    """The question to one who may lend."""
    id, person = int(job.payload["request"]), int(job.payload["person"])
    found = delegations.addressees(tx, permit_worker(tx), id)
    if found is None or all(lender.person != person for lender in found[1]):
        return None
    message = delegation_messages.question(posting.context.phrases, found[0])
    return posting.ask_person(tx, f"delegation:{id}:{person}", person, message, job, waits=found[0].status == "open")


def news(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """Lent, refused, over: whoever asked hears of it, if they are still on the account, and the lenders' messages say so."""
    context, request, delegation = posting.context, job.payload.get("request"), job.payload.get("delegation")
    if request is not None:
        _tell_lenders(tx, int(request), job.key)
    grant = permit_worker(tx)
    lent = delegations.told_about(tx, grant, int(delegation)) if delegation is not None else None
    asked = delegations.addressees(tx, grant, int(request)) if request is not None else None
    account = (
        delegations.account_of_delegation(tx, int(delegation)) if delegation is not None else asked and asked[0].account
    )
    borrower = lent.borrower if lent is not None else asked[0].asker if asked is not None else None
    member = member_of(tx, borrower) if borrower is not None else None
    gone = borrower is None or not _is_on(tx, borrower, account)
    if member is None or gone:
        return
    yield
    if lent is not None:
        message = (delegation_messages.granted if request is not None else delegation_messages.ended)(
            context.phrases, lent
        )
    else:
        assert asked is not None
        message = delegation_messages.refused(context.phrases, asked[0])
    posting.post_to_member(f"delegation_update:{job.key}", member, message, job)


def _is_on(tx: Transaction, person: int, account: int | None) -> bool:
    return may_still(tx, Actor(Subject.of_person(person), Proof.VERIFIED), Action.CONTACTS_VIEW, account)
