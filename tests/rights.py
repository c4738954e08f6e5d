"""What contacts hold, changed at once and behind the desk's back; and schemes under which the right to support comes before no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Delete, Insert, delete, exists, insert, literal, select

from authz import load_schemes
from store import Transaction, tables

_c, _r = tables.contacts.c, tables.contact_rights.c


def held(words: str, *where: Any) -> list[Delete | Insert]:
    """By which the contacts of whom all this is true hold these words, comma-joined, and nothing else."""
    one = exists().where(_c.account_id == _r.account_id, _c.person_id == _r.person_id, *where)
    each = [
        select(_c.account_id, _c.person_id, literal(word)).where(*where)
        for word in dict.fromkeys(filter(None, words.split(",")))
    ]
    rows = [insert(tables.contact_rights).from_select(["account_id", "person_id", "right"], row) for row in each]
    return [delete(tables.contact_rights).where(one), *rows]


def hold(tx: Transaction, words: str, *where: Any) -> None:
    """The same, done."""
    for statement in held(words, *where):
        tx.connection.execute(statement)


def tables_alone(folder: Path) -> str:
    """A folder of schemes for SCHEMES_DIR by which the tables alone decide, by phone and in Slack too."""
    for name, scheme in load_schemes().items():
        if name != "desk":
            text = Path(scheme.source).read_text("utf-8")
            (folder / f"{name}.toml").write_text(f"support_first = false\n{text}", "utf-8")
    return str(folder)
