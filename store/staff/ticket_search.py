"""Tickets an agent finds: by number, by how words of the title begin, and by account number or person where they have a case with that account.

Of an account they have no case with nothing is found that the queue does not show, and that takes the same statements.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, false, func, literal, or_, select, tuple_, union_all

from authz import Grant
from store import tables
from store.db.statements import not_beyond, starting
from store.db.transaction import Transaction
from store.messages import timeline, title_words
from store.staff import account_access
from store.tickets import queue_lists
from store.tickets.queue_lists import A_PAGE, Page

LONGEST: Final = 100  # characters of what is looked for
MOST_WORDS: Final = 5
MOST_BEGUN: Final = 8  # words that begin with one that is looked for, itself the first
WINDOW: Final = (
    2_000  # tickets looked at that have the rarest of the words, the newest first; of longer ones a share each
)
MOST_SHOWN: Final = 500  # tickets that have all the words, of which those are shown that the desk has
MOST_CONTACTS: Final = 5_000  # of the accounts somebody has a case with, by whose names is looked
MOST_PEOPLE: Final = 50
_NUMBER: Final = re.compile(r"#?\s*(\d{1,12})", re.ASCII)
_NOT_THERE: Final = -1
_t, _w = tables.tickets, tables.ticket_words.c


def found(tx: Transaction, grant: Grant, text: str) -> Page:
    """The ticket of that number first, then those of the account or the person, then by words, the newest first; a page at most."""
    queue_lists.reads_queue(tx, grant)
    text = text.strip()[:LONGEST]
    numbers = [*_by_number(tx, text), *_by_case(tx, grant, text), *_by_words(tx, text)]
    chosen = list(dict.fromkeys(numbers))
    return Page(queue_lists.numbered(tx, grant, chosen[:A_PAGE]), None, len(chosen) > A_PAGE)


def _by_number(tx: Transaction, text: str) -> Sequence[int]:
    match = _NUMBER.fullmatch(text)
    number = int(match[1]) if match else _NOT_THERE
    return tx.connection.execute(select(_t.c.number).where(_t.c.number == number, _shown())).scalars().all()


def _by_case(tx: Transaction, grant: Grant, text: str) -> Sequence[int]:
    """Of an account by its exact number, and of people by all words of their name or by their username."""
    cases, words = account_access.cases(tx, grant.subject.staff), text.lower().split()[:MOST_WORDS]
    a, c, p = tables.accounts.c, tables.contacts.c, tables.people.c
    # Those of the cases first: or PostgreSQL would look through all people for a name, and be quicker where no account has the number.
    open_ones = select(a.id, a.number).where(a.id.in_(cases)).limit(MOST_CONTACTS).subquery("open_ones").c
    account = select(open_ones.id).where(open_ones.number == "".join(text.split()))
    accounts = tx.connection.execute(account).scalars().all() or [_NOT_THERE]
    known = select(c.person_id, c.account_id, p.name, p.username).join(tables.people, c.person_id == p.id)
    theirs = known.where(c.account_id.in_(cases)).limit(MOST_CONTACTS).subquery("theirs").c
    named = and_(*(func.lower(theirs.name).contains(word, autoescape=True) for word in words))
    called = or_(theirs.username == text.lower(), named if len(text) > 1 else false())
    people = select(theirs.person_id, theirs.account_id).where(called).limit(MOST_PEOPLE)
    persons = [tuple(row) for row in tx.connection.execute(people)] or [(_NOT_THERE, _NOT_THERE)]
    numbers = list[int]()
    theirs_alone = _t.c.opened_by.in_([person for person, _ in persons])
    for whose, number in (
        (_t.c.account_id.in_(accounts), _t.c.number),
        # By a sum, and the people said alone as well, or SQLite would walk through tickets from the newest on until it has a page of theirs.
        (theirs_alone & tuple_(_t.c.opened_by, _t.c.account_id).in_(persons), _t.c.number + 0),
    ):
        query = select(_t.c.number).where(whose, _shown()).order_by(number.desc()).limit(A_PAGE + 1)
        numbers += tx.connection.execute(query).scalars()
    return numbers


def _by_words(tx: Transaction, text: str) -> Sequence[int]:
    """Of tickets that have a word beginning with each of them; looked for among those with the rarest."""
    words = [_beginning(tx, word) for word in title_words.words(text)[:MOST_WORDS] or (" ",)]
    some = [select(_w.ticket).where(_w.word.in_(alike)).limit(WINDOW).subquery() for alike in words]
    many = [select(func.count()).select_from(one).scalar_subquery() for one in some]
    counted = tx.connection.execute(select(*(one.label(f"n{n}") for n, one in enumerate(many)))).one()
    rarest = words.pop(min(range(len(words)), key=lambda n: counted[n]))
    shares = (WINDOW, *[WINDOW // MOST_BEGUN] * (MOST_BEGUN - 1))
    each = (
        select(_w.ticket).where(_w.word == word).order_by(_w.ticket.desc()).limit(share).subquery()
        for word, share in zip(rarest, shares, strict=True)
    )
    newest = union_all(*(select(one.c.ticket) for one in each)).subquery("newest").c.ticket
    having = select(newest).distinct().where(*(_has(alike, newest) for alike in words)).order_by(newest.desc())
    # Those first: or PostgreSQL would look through all tickets, in case there are as many as may be.
    numbers = tx.connection.execute(having.limit(MOST_SHOWN)).scalars().all() or [_NOT_THERE]
    query = select(_t.c.number).where(_t.c.number.in_(numbers), _shown())
    return tx.connection.execute(query.order_by(_t.c.number.desc()).limit(A_PAGE + 1)).scalars().all()


def _beginning(tx: Transaction, word: str) -> list[str]:
    """MOST_BEGUN words, the one itself first: from one that there is to the next, or those of which there are many would be read through.
    Where there are fewer the rest is what no title has, so that each search is the same statements."""
    first = select(func.min(_w.word)).where(starting(_w.word, word)).scalar_subquery()
    begun = select(first.label("word"), literal(1).label("n")).cte("begun", recursive=True)
    # Not from the first that begins so: SQLite would begin there again for each, and read all tickets with the words before.
    longer = select(func.min(_w.word)).where(_w.word > begun.c.word, not_beyond(_w.word, word)).scalar_subquery()
    step = select(longer, begun.c.n + 1).where(begun.c.word.is_not(None), begun.c.n < MOST_BEGUN)
    query = select(begun.union_all(step).c.word)
    found = [one for one in tx.connection.execute(query).scalars() if one is not None and one != word]
    return ([word, *found] + [" "] * MOST_BEGUN)[:MOST_BEGUN]


def _has(alike: Sequence[str], ticket: Any) -> ColumnElement[bool]:
    other = tables.ticket_words.alias().c
    return exists().where(other.word.in_(alike), other.ticket == ticket)


def _shown() -> ColumnElement[bool]:
    """Said by what is not shown, or SQLite would look through all there are of each status."""
    return _t.c.status.not_in(timeline.NOT_THE_DESKS)
