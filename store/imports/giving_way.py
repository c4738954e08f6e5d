"""Usernames that customers chose give way to the file's: whoever foresees one on the pages of their account keeps nobody's import from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import count
from typing import Final

from sqlalchemy import String, bindparam, func, select, type_coerce, update

from store import tables
from store.contacts import contact_changes
from store.db.transaction import Transaction
from store.imports.file_format import ImportFile
from store.imports.row_changes import Changes

_LONGEST: Final = 55  # characters that are kept of a username of 64


def give_way(changes: Changes, usernames: Iterable[str]) -> None:
    """Who was added on the pages of one account, and is by the file a contact of others alone, gets another username, and is told; the
    file's is somebody new. Their ids are in `changes.given_way`, in a dry pass too."""
    p, h, a = tables.people.c, tables.contact_changes.c, tables.accounts.c
    query = select(p.id, p.username, a.number).distinct().join(tables.contact_changes, h.person_id == p.id)
    of_pages = query.join(tables.accounts, a.id == h.account_id).where(
        h.before.is_(None), type_coerce(h.by, String).like("person:%")
    )
    asked = {username.lower(): username for username in usernames}
    found: defaultdict[tuple[int, str], set[str]] = defaultdict(set)
    for row in changes.rows(of_pages, func.lower(p.username), asked):
        found[row.id, row.username].add(row.number)
    contact_of: dict[str, set[str]] = {}
    if found:
        contact_of = changes.file.contact_of(asked[username.lower()] for _, username in found)
    for (id, username), added_on in found.items():
        named_on = contact_of.get(asked[username.lower()], set())
        if not named_on or named_on & added_on:
            continue  # the file says nothing of it, or that it is they
        new = _free(changes.tx, changes.file, username)
        changes.given_way.add(id)
        where = ", ".join(sorted(added_on))
        changes.count("people.renamed", f"person {username}, added on the pages of account {where}: now {new}")
        again = update(tables.people).where(p.id == bindparam("of_person")).values(username=bindparam("new"))
        changes.write(again, [{"of_person": id, "new": new}])
        changes.changed("person.changed", None, (f"person:{id}", "username"), ("person_changed", f"person:{id}"))


def _free(tx: Transaction, file: ImportFile, username: str) -> str:
    for n in count(2):
        new = f"{username[:_LONGEST]}-{n}"
        if not contact_changes.is_taken(tx, new) and not file.has_username(new):
            return new
    raise AssertionError("numbers do not end")
