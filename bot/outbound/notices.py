"""Notices, told in Slack as well as by mail: to every member who stands for the person.

Of what was changed about a person's own security owners are told by mail too (deskgate/job_handlers.py); here nobody but themselves. What was
written for those whom a scheme names is told here to whoever may ask for support (section "Support first").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from authz import Subject
from bot.outbound.posting import Posting
from bot.views import customer_messages
from desk import notices as desk_notices
from store import Transaction
from store.jobs import job_queue
from store.jobs.job_queue import Job
from store.notices import notice_delivery
from store.verification import slack_members


def tell(_posting: Posting, tx: Transaction, job: Job) -> None:
    """Each member is a job of their own: one who cannot be reached keeps nobody else from being told."""
    notice, person = str(job.payload["notice"]), int(job.payload["person"])
    for member in slack_members.of_person(tx, person):
        to = {"notice": notice, "person": person, "team": member.team, "user": member.user}
        job_queue.enqueue_once(tx, "slack.notice_to_member", f"{job.key}:{member.team}:{member.user}", to)


def tell_one(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """Unless they stand for somebody else by now."""
    team, user, context = str(job.payload["team"]), str(job.payload["user"]), posting.context
    member = slack_members.find(tx, team, user)
    if member is None or member.subject != Subject.of_person(job.payload["person"]):
        return
    yield
    via = member.via or context.home_id
    message = customer_messages.plain(context.phrases, f"notice.{job.payload['notice']}")
    posting.post(f"notice:{job.key}", via, posting.direct(team, user, via), message, job)


def announce(_posting: Posting, tx: Transaction, job: Job) -> None:
    """What was written for those whom a scheme names, to each member who stands for one of them."""
    id, person = int(job.payload["id"]), int(job.payload["person"])
    for member in slack_members.of_person(tx, person):
        to = {"id": id, "person": person, "team": member.team, "user": member.user}
        job_queue.enqueue_once(tx, "slack.announcement_to_member", f"{id}:{member.team}:{member.user}", to)


def announce_one(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """Unless they stand for somebody else by now, or are not told of it any more."""
    team, user, context = str(job.payload["team"]), str(job.payload["user"]), posting.context
    id, person = int(job.payload["id"]), int(job.payload["person"])
    member = slack_members.find(tx, team, user)
    if member is None or member.subject != Subject.of_person(person):
        return
    letter = desk_notices.in_slack(tx, id, person)
    if letter is None:
        return
    yield
    via = member.via or context.home_id
    message = customer_messages.announcement(context.phrases, letter)
    posting.post(f"announcement:{job.key}", via, posting.direct(team, user, via), message, job)
    job.then.append(lambda tx: notice_delivery.posted(tx, id, person))


JOBS: Final[dict[str, Callable[[Posting, Transaction, Job], Iterator[None] | None]]] = {
    "slack.notice": tell,
    "slack.notice_to_member": tell_one,
    "slack.announcement": announce,
    "slack.announcement_to_member": announce_one,
}
