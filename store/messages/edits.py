"""What becomes of somebody's words after they were said: changed, taken back, or both before we have them. The one place for that.

Whatever else shows them is made from them: a ticket's title here, what stands in Slack by the worker. Whoever brings, changes or takes
back what came as one Slack message goes one after the other (`lock`), so that none of them misses another.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, select, update

from authz import Subject
from store import tables
from store.codes import exposed_codes
from store.db import sweeping
from store.db.statements import Prepared, of_late
from store.db.transaction import Transaction, upsert
from store.jobs import job_queue
from store.messages import title_words
from store.slack import quotes
from store.text import numbers

VERSIONS: Final = 20  # of an answer of the desk's that was corrected
UNFILED_FOR: Final = 7 * 24 * 3_600_000  # ms words are kept that are on no ticket
# ms those are kept that stand in a form: where we are not, no change to them reaches us.
FORM_FOR: Final = 24 * 3_600_000
HOUR: Final = 3_600_000
LONGEST_TITLE: Final = 80
BY_PHONE: Final = " (by phone)"  # ends the title of what was spoken, until it is written down
SAYS: Final = "slack.refresh_answers"  # the work of changing what stands in Slack


def lock(tx: Transaction, source: str) -> None:
    """Until this transaction ends nobody else brings, changes or takes back what came as `source`. On SQLite writers are alone."""
    if tx.dialect == "postgresql":
        tx.connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(source, 4406))))


def first_line(words: str) -> str:
    """The first line, cut at a word."""
    line = next((line.strip() for line in words.splitlines() if line.strip()), "")
    return line if len(line) <= LONGEST_TITLE else line[:LONGEST_TITLE].rsplit(" ", 1)[0] + " …"


def news(tx: Transaction, ticket: int) -> None:
    """Something about a ticket has changed: whoever follows it is brought up to date, once for all that one transaction changes."""
    if ticket in tx.tickets_in_the_news:
        return
    tx.tickets_in_the_news.add(ticket)
    job_queue.enqueue(tx, "ticket_update", f"{ticket}", {"ticket": ticket}, ordering_key=f"news:{ticket}")


def edit(tx: Transaction, author: Subject, source: str, body: str, edited: str) -> bool:
    """Its author changed a message where it came from; what it said before is gone here as it is there. `edited` is Slack's stamp: an
    older edit that comes later changes nothing, and nothing brings back what was taken back. False: we have no such message."""
    lock(tx, source)
    row = tx.connection.execute(_BY_SOURCE, {"source": source}).first()
    if row is None or row.author != author or row.withdrawn_at is not None:
        return False
    _write(tx, row, exposed_codes.spoil(tx, body), edited)
    return True


def withdraw(tx: Transaction, source: str) -> bool:
    """A message was deleted where it came from, which its author alone can do, whoever they stand for by now: its words and its files are
    gone, and nobody is shown what they were."""
    lock(tx, source)
    row = tx.connection.execute(_BY_SOURCE, {"source": source}).first()
    if row is None:
        return False
    m = tables.messages.c
    gone = update(tables.messages).where(m.id == row.id, m.withdrawn_at.is_(None))
    if tx.connection.execute(gone.values(body="", earlier="[]", withdrawn_at=tx.now).returning(m.id)).first() is None:
        return False
    tx.connection.execute(delete(tables.attachments).where(tables.attachments.c.message == row.id))
    _reword(tx, row, "")
    return True


def files_gone(tx: Transaction, slack_ids: Sequence[str], source: str | None = None) -> None:
    """Files were deleted where they came from, or taken out of the message that came as `source`: ours of them go. What the desk has sent
    along with an answer stays, as the answer does."""
    f, m = tables.attachments.c, tables.messages.c
    came = select(f.id).join(tables.messages, m.id == f.message).where(f.slack_id.in_(slack_ids))
    came = came.where(m.source.is_not(None) if source is None else m.source == source)
    gone = delete(tables.attachments).where(f.id.in_(came)).returning(f.message)
    for message in set(tx.connection.execute(gone).scalars()):
        ticket = tx.connection.execute(select(m.ticket).where(m.id == message)).scalar_one()
        news(tx, ticket)
        told(tx, f"ticket:{ticket}")


def correct(tx: Transaction, author: Subject, ticket: int, id: int, body: str) -> bool:
    """Whoever of the desk answered changes the answer; they have locked its ticket. What the customer was told before is kept: the desk
    cannot unsay it. False: no such answer of theirs."""
    m = tables.messages.c
    theirs = select(tables.messages).where(
        m.id == id, m.ticket == ticket, m.author == author, m.internal.is_(False), m.event == ""
    )
    row = tx.connection.execute(theirs).first()
    if row is None:
        return False
    every = [*json.loads(row.earlier), row.body]
    earlier = json.dumps(every if len(every) <= VERSIONS else [every[0], *every[-(VERSIONS - 1) :]])
    body = exposed_codes.spoil(tx, body)
    tx.connection.execute(update(tables.messages).where(m.id == id).values(body=body, earlier=earlier))
    _reword(tx, row, body)
    return True


# --- what is on no ticket (yet)


def keep(tx: Transaction, author: Subject, source: str, words: str) -> None:
    """Words that may become a ticket once their author has said what they are about. Those of a message that was changed or deleted by
    now are what it says now. A code of the author's own is not kept with them."""
    lock(tx, source)
    words = exposed_codes.hidden(tx, author, words)
    row = {"source": source, "author": author, "edited": "", "body": words, "at": tx.now}
    tx.connection.execute(upsert(tx, tables.early_edits).values(**row).on_conflict_do_nothing())


def whose(tx: Transaction, source: str) -> Subject | None:
    """Who wrote a message that is on no ticket, and of which we have words."""
    row = _UNFILED.first(tx, source=source)
    return row.author if row is not None and row.body is not None else None


def unfiled(tx: Transaction, author: Subject, source: str) -> str | None:
    """What a message of theirs says now that is on no ticket. None: it was taken back, or is forgotten."""
    row = _UNFILED.first(tx, source=source)
    return row.body if row is not None and row.author == author else None


def early(
    tx: Transaction, author: Subject, source: str, body: str | None, edited: str, *, kept_for: int = UNFILED_FOR
) -> None:
    """An edit, or with no body a deletion, of a message that is on no ticket: the newest counts, and a deletion always, whoever they stand
    for by now."""
    lock(tx, source)
    e = tables.early_edits
    words = None if body is None else exposed_codes.hidden(tx, author, body)
    new = upsert(tx, e).values(
        source=source, author=author, edited=edited, body=words, at=tx.now - UNFILED_FOR + kept_for
    )
    there, newer = e.c.body.is_not(None), (e.c.author == author) & (e.c.edited < new.excluded.edited)
    newest = new.on_conflict_do_update(
        index_elements=["source"],
        set_={name: new.excluded[name] for name in ("edited", "body", "at")},
        where=there if body is None else there & newer,
    )
    tx.connection.execute(newest)
    told(tx, f"source:{source}")


def came(tx: Transaction, author: Subject, source: str | None) -> Any:
    """What was said of a message before it came to be on a ticket (its newest `body`, and when it was `edited`), which is kept there from
    now on and nowhere else. None: nothing was, or by somebody else."""
    if source is None:
        return None
    lock(tx, source)
    row = _UNFILED.first(tx, source=source)
    if row is None or row.author != author:
        return None
    tx.connection.execute(delete(tables.early_edits).where(tables.early_edits.c.source == source))
    quotes.forget(tx, f"source:{source}")
    return row


def sweep(tx: Transaction) -> bool:
    """Drops words on no ticket after a time; and settles what was said within the hour of messages that are on one, should any have been missed."""
    e, m = tables.early_edits.c, tables.messages.c
    left = select(tables.early_edits).join(tables.messages, m.source == e.source).limit(100)
    for came in (tx.now, tx.now - UNFILED_FOR + FORM_FOR):  # as `early` dates them
        for row in tx.connection.execute(left.where(of_late(e.at, came, HOUR))).all():
            if row.body is None:
                withdraw(tx, row.source)
            elif row.edited:
                edit(tx, row.author, row.source, row.body, row.edited)
            tx.connection.execute(delete(tables.early_edits).where(e.source == row.source))
    return sweeping.some(tx, tables.early_edits, e.at < tx.now - UNFILED_FOR)


def told(tx: Transaction, about: str) -> None:
    """What our answers in Slack hold of this is to be made anew."""
    job_queue.enqueue(tx, SAYS, f"{about}", {"about": about}, ordering_key=f"{SAYS}:{about}")


def retitle(tx: Transaction, ticket: int, body: str, first: int | None = None) -> None:
    """A ticket whose title is the first line of its first message (`first` is an id that may be that one's) gets it anew."""
    title = first_line(body)
    if first is None:
        its = _TITLE.first(tx, its=ticket, its_title=title)
    else:
        m = tables.messages.c
        is_first = select(func.min(m.id)).where(m.ticket == ticket).scalar_subquery() == first
        changed = _RETITLE.where(is_first)
        its = tx.connection.execute(changed, {"its": ticket, "its_title": title}).first()
    if its is not None:
        title_words.write(tx, ticket, title, new=first is None)


def say_in_title(tx: Transaction, ticket: int, message: int, spoken: str) -> None:
    """What was spoken as a ticket's first message stands behind what its title said of it, without numbers: a machine mishears them, and one may be a PIN."""
    t, m = tables.tickets.c, tables.messages.c
    first = select(func.min(m.id)).where(m.ticket == ticket).scalar_subquery()
    query = select(t.title).where(t.number == ticket, first == message).with_for_update()
    title: str | None = tx.connection.execute(query).scalar()
    words = first_line(numbers.left_out(spoken))
    if title is not None and words:
        title = first_line(f"{title.removesuffix(BY_PHONE)}: {words}")
        tx.connection.execute(update(tables.tickets).where(t.number == ticket).values(title=title))
        title_words.write(tx, ticket, title)


def _write(tx: Transaction, row: Any, body: str, edited: str) -> None:
    m = tables.messages.c
    newer = update(tables.messages).where(m.id == row.id, m.edited < edited, m.withdrawn_at.is_(None))
    done = tx.connection.execute(newer.values(body=body, earlier="[]", edited=edited).returning(m.id)).first()
    if done is not None and body != row.body:
        _reword(tx, row, body)


def _reword(tx: Transaction, row: Any, body: str) -> None:
    """Whatever is made of these words is made anew."""
    retitle(tx, row.ticket, body, row.id)
    news(tx, row.ticket)
    told(tx, f"ticket:{row.ticket}")


_BY_SOURCE = select(tables.messages).where(tables.messages.c.source == bindparam("source"))
_RETITLE = (
    update(tables.tickets)
    .where(tables.tickets.c.number == bindparam("its"), tables.tickets.c.title_is_first_line)
    .values(title=bindparam("its_title"))
    .returning(tables.tickets.c.number)
)
# Prepared saves 15 µs a message in Slack, and with the title twice that.
_TITLE = Prepared(_RETITLE)
_UNFILED = Prepared(select(tables.early_edits).where(tables.early_edits.c.source == bindparam("source")))
