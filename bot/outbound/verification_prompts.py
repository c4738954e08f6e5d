"""What the worker shows a customer in Slack for a call: a code to key, the question whether it is them, that we are calling.

Only in direct messages with members who have stood for them for long enough: whoever linked themselves yesterday sees none
of it. Made when it is shown; shown again it is made again, in the place of the one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from authz import Proof, Subject
from bot.outbound.posting import Posting
from bot.views import customer_messages, verification_messages
from bot.views.blocks import Message
from desk.actors import Actor, offered_anything, permit_worker
from store import Transaction
from store.accounts import account_details
from store.calls import callbacks
from store.codes import one_time_codes
from store.jobs import job_queue
from store.jobs.job_queue import Job
from store.slack import ticket_threads
from store.verification import call_approvals, call_codes, factors, verification_requests
from store.verification.slack_members import Member


def code(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """A code of eight digits for the phone, good for that one call."""
    person, call = int(job.payload["person"]), str(job.payload["call"])
    context, subject = posting.context, Subject.of_person(int(job.payload["person"]))
    if tx.now - job.created_at > one_time_codes.LIFE:
        return  # the caller has given up long since
    them = factors.on_file(tx, person).members
    named = _account_name(tx, subject, int(job.payload["account"]))
    if not them or named is None:
        return
    bound = call_codes.bound_to(call, int(job.payload["account"]))
    message = verification_messages.step_code(
        context.phrases, named, one_time_codes.issue(tx, call_codes.IN_SLACK, subject, bound)
    )
    tx.record(subject, int(job.payload["account"]), "step_code", "shown")
    yield
    for member in them:
        _show(posting, f"code:{job.key}", member, message, job, over_later=True)


def approve(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """Somebody on the phone says they are this person: they are asked to say the number that is heard there. Answered or too
    late, what asked says so."""
    id, context = int(job.payload["approval"]), posting.context
    asked = call_approvals.to_ask(tx, permit_worker(tx), id)
    if asked is None:
        return
    if not asked.over:
        job_queue.enqueue_once(tx, call_approvals.KIND, f"{id}:over", {"approval": id}, after=call_approvals.LIFE)
    them = factors.on_file(tx, asked.person).members
    there = {member: ticket_threads.posted(tx, f"approve:{id}:{member.team}:{member.user}") for member in them}
    message = verification_messages.approval(context.phrases, asked, context.public_url)
    yield
    for member, stands in there.items():
        if stands is not None:
            posting.change(stands, message)
        elif not asked.over:
            _show(posting, f"approve:{id}", member, message, job)


def verify(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """Another system asks whether it is them. Answered or over, what asked says so."""
    id, context = int(job.payload["verification"]), posting.context
    asked = verification_requests.to_tell(tx, permit_worker(tx), id)
    named = None if asked is None else _account_name(tx, Subject.of_person(asked.person), asked.account)
    if asked is None or named is None:
        return
    waits = asked.state == verification_requests.WAITING
    them = factors.on_file(tx, asked.person).members
    there = {member: ticket_threads.posted(tx, f"verify:{id}:{member.team}:{member.user}") for member in them}
    message = verification_messages.verification(context.phrases, asked, named)
    yield
    for member, stands in there.items():
        if stands is not None:
            posting.change(stands, message)
        elif waits:
            _show(posting, f"verify:{id}", member, message, job)


def calling(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """We are calling them now, and these are our two words."""
    id, context = int(job.payload["callback"]), posting.context
    found = callbacks.look(tx, id)
    them = factors.on_file(tx, found.person).members if found is not None else ()
    if found is None or found.state in callbacks.ENDED:
        return
    yield
    words = callbacks.words(context.store.keys, found)
    message = verification_messages.calling(context.phrases, found.number[-2:], words)
    for member in them:
        _show(posting, f"calling:{id}", member, message, job)


def fade(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """What was good for minutes is over, and says so where it stood."""
    stands = ticket_threads.posted(tx, str(job.payload["post"]))
    if stands is not None:
        yield
        posting.change(stands, customer_messages.plain(posting.context.phrases, "code_over"))


def fades(tx: Transaction, key: str) -> None:
    """To be done when it is over."""
    job_queue.enqueue_once(tx, "slack.expire", key, {"post": key}, after=one_time_codes.LIFE)


def _account_name(tx: Transaction, subject: Subject, account: int) -> str | None:
    """What the account is called, which whoever may do anything on it may hear: the owner of a closed one may reopen it. None:
    it is nothing of theirs any more."""
    grant = offered_anything(tx, Actor(subject, Proof.VERIFIED), account)
    return None if grant is None else account_details.name(tx, grant).name


def _show(posting: Posting, name: str, member: Member, message: Message, job: Job, *, over_later: bool = False) -> None:
    key = f"{name}:{member.team}:{member.user}"
    post = posting.post_to_member(key, member, message, job)
    if job.attempts > 1:  # what stands there may be of the try before
        posting.change(post, message)
    if over_later:
        job.then.append(lambda tx: fades(tx, key))


JOBS: Final = {
    "slack.code": code,
    call_approvals.KIND: approve,
    verification_requests.ASK: verify,
    "slack.code_words": calling,
    "slack.expire": fade,
}
