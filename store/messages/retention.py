"""What came with messages is removed when its time is over: files and the sound of what was spoken, here and where they are ours elsewhere.

That it was there, and since when it is no more, stays on its ticket; what a machine wrote down of it stays as the message's words.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import case, select, update

from authz import Grant
from store import tables
from store.db.transaction import WORKER, Transaction
from store.jobs import job_queue
from store.messages import edits
from store.messages.recordings import NOTHING, REMOVED

AT_TWILIO: Final = "remove_recording"
IN_SLACK: Final = "slack.remove_file"
DAY: Final = 24 * 3_600_000  # ms
AT_ONCE: Final = 200  # of each, a minute: a year's worth is gone in a day, and nobody else is kept waiting
_r, _f, _m, _t = (one.c for one in (tables.recordings, tables.attachments, tables.messages, tables.tickets))


def remove(tx: Transaction, grant: Grant, *, recordings_days: int, files_days: int) -> None:
    """What is older than that."""
    tx.require(grant, "desk.deliver")
    _recordings(tx, tx.now - recordings_days * DAY)
    _files(tx, tx.now - files_days * DAY)


def _recordings(tx: Transaction, before: int) -> None:
    """At Twilio whatever became of fetching it, also what holds nothing."""
    due = select(_r.sid).where(_r.removed_at.is_(None), _r.recorded_at < before).order_by(_r.recorded_at).limit(AT_ONCE)
    state = case((_r.state == NOTHING, NOTHING), else_=REMOVED)
    gone = update(tables.recordings).where(_r.sid.in_(due)).values(sealed=None, removed_at=tx.now, state=state)
    sids = tx.connection.execute(gone.returning(_r.sid)).scalars().all()
    for sid in sids:
        job_queue.enqueue(tx, AT_TWILIO, sid, {"sid": sid})
    _in_ledger(tx, "ticket.recording", _m.recording.in_(sids))


def _files(tx: Transaction, before: int) -> None:
    """And in Slack what we posted there; what others have put there is theirs."""
    due = select(_f.id).where(_f.sealed.is_not(None), _f.came_at < before).order_by(_f.came_at).limit(AT_ONCE)
    gone = update(tables.attachments).where(_f.id.in_(due)).values(sealed=None, removed_at=tx.now)
    ids = tx.connection.execute(gone.returning(_f.id)).scalars().all()
    if not ids:
        return
    threads = tables.ticket_threads.c
    where = select(threads.id, _f.id.label("file")).join(tables.messages, _m.ticket == threads.ticket)
    where = where.join(tables.attachments, _f.message == _m.id).where(_f.id.in_(ids))
    keys = [f"file:{row.id}:{row.file}" for row in tx.connection.execute(where)]
    p = tables.posts.c
    for post in tx.connection.execute(select(p.team, p.ts).where(p.key.in_(keys))).all():
        job_queue.enqueue(tx, IN_SLACK, post.ts, {"team": post.team, "file": post.ts})
    _in_ledger(tx, "ticket.file", select(_f.id).where(_f.message == _m.id, _f.id.in_(ids)).exists())


def _in_ledger(tx: Transaction, what: str, which: Any) -> None:
    of = select(_t.number, _t.account_id).join(tables.messages, _m.ticket == _t.number).where(which).distinct()
    for row in tx.connection.execute(of.order_by(_t.number)).all():
        tx.record(WORKER, row.account_id, "retention", "removed", fields=(f"ticket.number:{row.number}", what))
        edits.news(tx, row.number)  # what stands in Slack says so as well
