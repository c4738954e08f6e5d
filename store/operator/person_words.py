"""What a person said, and what names them, on the tickets of their accounts: read for a report, replaced or removed by an erasure."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import select, update

from authz import Grant
from store import tables
from store.db.transaction import Transaction
from store.messages import edits, retention, title_words
from store.operator.personal_data import FORMER, Whose
from store.text.redaction import Redaction

AT_ONCE: Final = 200  # tickets in one transaction, so that nobody who writes waits for long
REMOVED: Final = "(removed)"
_t, _m, _f = tables.tickets.c, tables.messages.c, tables.attachments.c
Reached = tuple[int, int]
"""How far it has come: the place of the account among theirs, and the number of a ticket."""


def redaction(whose: Whose) -> Redaction:
    """What names them, but for what is on file for somebody else as well. A name of one word is in no list: it is a word."""
    words = {whose.username: FORMER, whose.support_id: FORMER} | dict.fromkeys(whose.emails - whose.shared, FORMER)
    words |= {whose.name: FORMER} if " " in whose.name.strip() else {}
    words |= {member: FORMER for _, member in whose.members}
    return Redaction(words, dict.fromkeys(whose.numbers - whose.shared, FORMER))


def _tickets(tx: Transaction, whose: Whose, after: Reached | None) -> tuple[list[Any], Reached | None]:
    """The next tickets of their accounts, and those of no account; and how far that is. None: these were the last."""
    accounts: list[int | None] = [*sorted(whose.accounts), None]
    at, number = after or (0, 0)
    query = select(_t.number, _t.title, _t.opened_by).where(_t.number > number).order_by(_t.number).limit(AT_ONCE)
    here = _t.account_id.is_(None) if accounts[at] is None else _t.account_id == accounts[at]
    rows = tx.connection.execute(query.where(here)).all()
    if len(rows) == AT_ONCE:
        return list(rows), (at, rows[-1].number)
    return list(rows), (at + 1, 0) if at + 1 < len(accounts) else None


def scrub(tx: Transaction, grant: Grant, whose: Whose, after: Reached | None, *, words: bool) -> Reached | None:
    """What names them on the next tickets is replaced; the sound, the files and, with `words`, all they said there is removed. How far it has come."""
    tx.require(grant, "desk.operate")
    rows, then = _tickets(tx, whose, after)
    replaced = redaction(whose)
    for row in rows:
        title = REMOVED if words and row.opened_by == whose.id else replaced(row.title)
        if title != row.title:
            tx.connection.execute(update(tables.tickets).where(_t.number == row.number).values(title=title))
            title_words.write(tx, row.number, title)
            edits.news(tx, row.number)
    numbers = [row.number for row in rows]
    said = select(tables.messages).where(_m.ticket.in_(numbers)).order_by(_m.id)
    own, sids = list[int](), list[str]()
    for one in tx.connection.execute(said).all() if numbers else ():
        is_theirs = one.author == whose.subject
        new = _as_erased(one, replaced, blank=words and is_theirs)
        if is_theirs:
            own.append(one.id)
            sids += [one.recording] if one.recording else []
            new |= {"source": None} if one.source is not None else {}
        if new:
            tx.connection.execute(update(tables.messages).where(_m.id == one.id).values(new))
            edits.news(tx, one.ticket)
    files = list(tx.connection.execute(select(_f.id).where(_f.message.in_(own))).scalars()) if own else []
    retention.of_erased(tx, grant, sids, files)
    for table in (tables.held_answers, tables.suggested_answers):
        _replace(tx, table, table.c.ticket.in_(numbers), replaced)
    return then


def drafts(tx: Transaction, grant: Grant, whose: Whose) -> None:
    """What the staff have typed and not sent, and answers to many tickets at once: whatever account it is of, for a day."""
    tx.require(grant, "desk.operate")
    for table in (tables.unsent_words, tables.bulk_actions):
        _replace(tx, table, None, redaction(whose))


def _as_erased(one: Any, replaced: Redaction, *, blank: bool) -> dict[str, Any]:
    """The columns of a message that are other than before."""
    body = REMOVED if blank and one.body else replaced(one.body)
    before = json.loads(one.earlier)
    earlier = [] if blank else [_deep(each, replaced) for each in before]
    new = {"body": body} if body != one.body else {}
    return new | ({"earlier": json.dumps(earlier)} if earlier != before else {})


def _deep(value: Any, replaced: Redaction) -> Any:
    if isinstance(value, str):
        return replaced(value)
    if isinstance(value, list):
        return [_deep(one, replaced) for one in value]
    if isinstance(value, dict):
        return {key: _deep(one, replaced) for key, one in value.items()}
    return value


def _replace(tx: Transaction, table: Any, which: Any, replaced: Redaction) -> None:
    """In the column `words` of these rows."""
    query = select(table) if which is None else select(table).where(which)
    for row in tx.connection.execute(query).all():
        new = replaced(row.words)
        if new != row.words:
            keys = (column == row._mapping[column.name] for column in table.primary_key)
            tx.connection.execute(update(table).where(*keys).values(words=new))


def conversation(
    tx: Transaction, grant: Grant, whose: Whose, after: Reached | None
) -> tuple[list[Any], Reached | None]:
    """The messages of the next tickets that they opened or wrote in: their own, and the desk's answers, not its notes; and how far that is."""
    tx.require(grant, "desk.operate")
    rows, then = _tickets(tx, whose, after)
    numbers = [row.number for row in rows]
    query = select(_m.ticket).where(_m.ticket.in_(numbers), _m.author == whose.subject).distinct()
    theirs = {row.number for row in rows if row.opened_by == whose.id}
    theirs |= set(tx.connection.execute(query).scalars()) if numbers else set()
    said = select(tables.messages).where(_m.ticket.in_(theirs), ~_m.internal).order_by(_m.ticket, _m.id)
    return (list(tx.connection.execute(said).all()) if theirs else []), then


def own_files(tx: Transaction, grant: Grant, messages: list[int]) -> list[Any]:
    """What came with these messages."""
    tx.require(grant, "desk.operate")
    found: list[Any] = []
    for first in range(0, len(messages), AT_ONCE):
        some = messages[first : first + AT_ONCE]
        found += tx.connection.execute(select(tables.attachments).where(_f.message.in_(some))).all()
    return found
