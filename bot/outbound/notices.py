"""What was changed about a person's own security, told to them in Slack as well: to every member who stands for them.

By mail their owners are told too (deskgate/job_handlers.py); here nobody but themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from authz import Subject
from bot.outbound.posting import Posting
from bot.views import customer_messages
from store import Transaction
from store.jobs import job_queue
from store.jobs.job_queue import Job
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
