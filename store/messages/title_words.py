"""The words of a ticket's title, kept beside it so that the desk finds it by them in a million. Whoever gives a ticket a title comes here."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from sqlalchemy import delete

from store import tables
from store.db.transaction import Transaction

SHORTEST, LONGEST, MOST = 2, 32, 40  # characters of a word that is kept; words of a title
_WORD: Final = re.compile(rf"[^\W_]{{{SHORTEST},}}")


def words(text: str) -> tuple[str, ...]:
    """Without their accents and capitals, each once."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    found = _WORD.findall("".join(one for one in plain if not unicodedata.combining(one)))
    return tuple(dict.fromkeys(word[:LONGEST] for word in found))[:MOST]


def write(tx: Transaction, ticket: int, title: str, *, new: bool = False) -> None:
    """`new`: the ticket has none yet."""
    if not new:
        tx.connection.execute(delete(tables.ticket_words).where(tables.ticket_words.c.ticket == ticket))
    for word in words(title):
        tx.write(tables.ticket_words, {"word": word, "ticket": ticket})
