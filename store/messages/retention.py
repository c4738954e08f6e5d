"""What came with messages is removed when its time is over: files and the sound of what was spoken, here and where they are ours elsewhere.

That it was there, and since when it is no more, stays on its ticket; what a machine wrote down of it stays as the message's words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import String, case, cast, literal, select, update

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


def of_erased(tx: Transaction, grant: Grant, sids: Collection[str], files: Collection[int]) -> None:
    """These recordings and files, whose person is erased, before their time: nor is their name kept."""
    tx.require(grant, "desk.operate")
    if sids:
        of_these = update(tables.recordings).where(_r.sid.in_(sids), _r.removed_at.is_(None))
        gone = of_these.values(sealed=None, removed_at=tx.now, state=REMOVED, content_type=None).returning(_r.sid)
        for sid in tx.connection.execute(gone).scalars().all():
            job_queue.enqueue(tx, AT_TWILIO, sid, {"sid": sid})
    if files:
        _in_slack(tx, tx.connection.execute(select(_f.id, _f.message).where(_f.id.in_(files))).all())
        nameless = {
            "sealed": None,
            "name": "",
            "slack_id": literal("-").concat(cast(_f.id, String)),
            "removed_at": tx.now,
        }
        tx.connection.execute(update(tables.attachments).where(_f.id.in_(files)).values(nameless))


def _recordings(tx: Transaction, before: int) -> None:
    """At Twilio whatever became of fetching it, also what holds nothing."""
    due = select(_r.sid).where(_r.removed_at.is_(None), _r.recorded_at < before).order_by(_r.recorded_at).limit(AT_ONCE)
    state = case((_r.state == NOTHING, NOTHING), else_=REMOVED)
    gone = update(tables.recordings).where(_r.sid.in_(due)).values(sealed=None, removed_at=tx.now, state=state)
    sids = tx.connection.execute(gone.returning(_r.sid)).scalars().all()
    for sid in sids:
        job_queue.enqueue(tx, AT_TWILIO, sid, {"sid": sid})
    of = tx.connection.execute(select(_m.ticket).where(_m.recording.in_(sids))).scalars()
    _in_ledger(tx, "ticket.recording", set(of))


def _files(tx: Transaction, before: int) -> None:
    """And in Slack what we posted there; what others have put there is theirs."""
    due = select(_f.id).where(_f.sealed.is_not(None), _f.came_at < before).order_by(_f.came_at).limit(AT_ONCE)
    gone = update(tables.attachments).where(_f.id.in_(due)).values(sealed=None, removed_at=tx.now)
    rows = tx.connection.execute(gone.returning(_f.id, _f.message)).all()
    if rows:
        _in_ledger(tx, "ticket.file", _in_slack(tx, rows))


def _in_slack(tx: Transaction, rows: Sequence[Any]) -> set[int]:
    """Of these files (`id`, `message`), what we posted in Slack is removed there. Their tickets."""
    # One after the other and not joined: or of so many PostgreSQL reads all messages, and SQLite all tickets.
    on = select(_m.id, _m.ticket).where(_m.id.in_({row.message for row in rows}))
    tickets = {row.id: row.ticket for row in tx.connection.execute(on).all()}
    threads = defaultdict[int, list[int]](list)
    p, t = tables.posts.c, tables.ticket_threads.c
    for row in tx.connection.execute(select(t.id, t.ticket).where(t.ticket.in_(set(tickets.values())))).all():
        threads[row.ticket].append(row.id)
    keys = [f"file:{thread}:{row.id}" for row in rows for thread in threads[tickets[row.message]]]
    for post in tx.connection.execute(select(p.team, p.ts).where(p.key.in_(keys))).all():
        job_queue.enqueue(tx, IN_SLACK, post.ts, {"team": post.team, "file": post.ts})
    return set(tickets.values())


def _in_ledger(tx: Transaction, what: str, numbers: Collection[int]) -> None:
    of = select(_t.number, _t.account_id).where(_t.number.in_(numbers)).order_by(_t.number)
    for row in tx.connection.execute(of).all():
        tx.record(WORKER, row.account_id, "retention", "removed", fields=(f"ticket.number:{row.number}", what))
        edits.news(tx, row.number)  # what stands in Slack says so as well
