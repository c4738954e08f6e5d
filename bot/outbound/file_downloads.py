"""Files that came with messages, fetched by the worker from Slack and kept sealed; those we posted there, removed when their time is over."""

from __future__ import annotations

from collections.abc import Iterator

from bot.outbound.posting import Posting
from bot.platform.web_api import SlackError
from desk.actors import permit_worker
from store import Transaction
from store.jobs.job_queue import Job, PermanentError
from store.messages import attachments


def fetch_file(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """A file that came with a message. Of one in a shared channel the event said no more than its id."""
    message, id = int(job.payload["message"]), str(job.payload["file"])
    team = attachments.came_through(tx, permit_worker(tx), message)
    yield
    through = team or posting.context.home_id
    try:
        about = posting.api.call(through, "files.info", file=id)["file"]
        if isinstance(size := about.get("size"), int) and size > attachments.LARGEST:
            raise PermanentError("too large")
        content = posting.api.download(through, str(about["url_private"]), attachments.LARGEST)
    except PermanentError as never:
        why = str(never)
        job.then.append(lambda tx: attachments.never(tx, message, id, why))
        return
    name = str(about.get("name") or "file")[:200]
    job.then.append(lambda tx: attachments.put(tx, permit_worker(tx), message, id, content, name=name))


def remove_file(posting: Posting, _tx: Transaction, job: Job) -> Iterator[None]:
    """One of our own posts of it. One that is not there is as good."""
    yield
    try:
        posting.api.call(str(job.payload["team"]), "files.delete", file=str(job.payload["file"]))
    except SlackError as refused:
        if refused.error not in ("file_not_found", "file_deleted"):
            raise
