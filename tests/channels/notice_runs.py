"""One notice to many, and whether each of them got it once: for tests and for benchmarks/notice_kills.py."""

from __future__ import annotations

import json
from collections import Counter
from email.message import EmailMessage

from sqlalchemy import func, select

from authz import Proof
from desk import notices
from desk.actors import Actor
from store import OPERATOR, Store, tables
from store.imports import import_run
from store.imports.file_format import read


def written(store: Store, houses: int) -> None:
    """One notice to the owners of so many accounts."""
    people = [{"username": f"owner{n}", "name": f"Owner {n}", "email": f"o{n}@run.example"} for n in range(houses)]
    accounts = [
        {"number": f"8{n:06d}", "name": f"House {n}", "scheme": "standard_roles"}
        | {"contacts": [{"person": f"owner{n}", "roles": ["owner"]}]}
        for n in range(houses)
    ]
    import_run.run(store, read(json.dumps({"people": people, "accounts": accounts}).encode()))
    numbers = [f"8{n:06d}" for n in range(houses)]
    with store.transaction("shell") as tx:
        sent = notices.send(tx, Actor(OPERATOR, Proof.NONE), "technical", numbers, "Works\nTonight.")
    assert isinstance(sent, notices.Sent)
    assert len(sent.recipients) == houses


def repeats(store: Store, mails: list[EmailMessage], houses: int) -> int:
    """How many mails came twice, all else being as it must: everybody has their one mail, and the list says so."""
    ids = Counter((mail["To"], mail["Message-ID"]) for mail in mails)
    assert sorted(to for to, _ in ids) == sorted(f"o{n}@run.example" for n in range(houses)), "one each, nobody missing"
    r = tables.notice_recipients.c
    with store.transaction("test") as tx:
        states = tx.connection.execute(select(r.state, func.count()).group_by(r.state)).all()
    assert [tuple(row) for row in states] == [("sent", houses)]
    return len(mails) - len(ids)
