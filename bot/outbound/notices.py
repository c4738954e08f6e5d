"""Notices, told in Slack as well as by mail: to every member who stands for the person.

Of what was changed about a person's own security owners are told by mail too (deskgate/job_handlers.py); here nobody but themselves. What was
written for those whom a scheme names is told here to whoever may ask for support (section "Support first").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from authz import Subject
from bot.outbound.posting import Posting
from bot.views import customer_messages
from desk import notices as desk_notices
from store import Transaction
from store.jobs import job_queue
from store.jobs.job_queue import Job
from store.notices import notice_delivery
from store.verification import slack_members
from store.verification.slack_members import Member


def tell(_posting: Posting, tx: Transaction, job: Job) -> None:
    """Each member is a job of their own: one who cannot be reached keeps nobody else from being told."""
    about = {"notice": str(job.payload["notice"])}
    _each_member(tx, job, "slack.notice_to_member", job.key, about)


def tell_one(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """Unless they stand for somebody else by now."""
    member = _still(tx, job)
    if member is None:
        return
    yield
    message = customer_messages.plain(posting.context.phrases, f"notice.{job.payload['notice']}")
    posting.post_to_member(f"notice:{job.key}", member, message, job)


def announce(_posting: Posting, tx: Transaction, job: Job) -> None:
    """What was written for those whom a scheme names, to each member who stands for one of them."""
    id = int(job.payload["id"])
    _each_member(tx, job, "slack.announcement_to_member", str(id), {"id": id})


def announce_one(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """Unless they stand for somebody else by now, or are not told of it any more."""
    id, person = int(job.payload["id"]), int(job.payload["person"])
    member = _still(tx, job)
    letter = desk_notices.in_slack(tx, id, person) if member is not None else None
    if member is None or letter is None:
        return
    yield
    message = customer_messages.announcement(posting.context.phrases, letter)
    posting.post_to_member(f"announcement:{job.key}", member, message, job)
    job.then.append(lambda tx: notice_delivery.posted(tx, id, person))


def _each_member(tx: Transaction, job: Job, kind: str, key: str, about: Mapping[str, Any]) -> None:
    """A job of this kind for each member who stands for the person."""
    person = int(job.payload["person"])
    for member in slack_members.of_person(tx, person):
        to = {**about, "person": person, "team": member.team, "user": member.user}
        job_queue.enqueue_once(tx, kind, f"{key}:{member.team}:{member.user}", to)


def _still(tx: Transaction, job: Job) -> Member | None:
    """The member a job is for, if they stand for the person still."""
    member = slack_members.find(tx, str(job.payload["team"]), str(job.payload["user"]))
    return member if member is not None and member.subject == Subject.of_person(int(job.payload["person"])) else None


JOBS: Final[dict[str, Callable[[Posting, Transaction, Job], Iterator[None] | None]]] = {
    "slack.notice": tell,
    "slack.notice_to_member": tell_one,
    "slack.announcement": announce,
    "slack.announcement_to_member": announce_one,
}
