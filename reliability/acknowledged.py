"""Whether everything that was acknowledged is there: the journal of a light load against the database, read when all is quiet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from authz import load_schemes
from reliability import journal
from store import Keys, open_store, tables
from store.ledger.verify import verify
from tests.desk import SECRET

WRONG = ("wrong", "refused", "busy", "budget_spent")  # what the ledger says of one that proved nobody (ivr/pin.py)
TOLD = {"services": "service.view", "invoices": "billing.view"}


@dataclass
class Found:
    """Counts of what was acknowledged, and by name what of it is not there, or is there twice."""

    tickets: int = 0
    attempts: int = 0
    told: int = 0
    lost: dict[str, list[str]] = field(default_factory=lambda: {"ticket": [], "attempt": [], "disclosure": []})
    doubled: list[str] = field(default_factory=list)
    broken: str | None = None

    @property
    def losses(self) -> int:
        return sum(map(len, self.lost.values()))

    @property
    def whole(self) -> bool:
        return not self.losses and not self.doubled and self.broken is None

    def __str__(self) -> str:
        lost = ", ".join(f"{len(names)} {what}s" for what, names in self.lost.items() if names) or "nothing"
        return (
            f"acknowledged {self.tickets} tickets, {self.attempts} PIN attempts, {self.told} disclosures; lost {lost}; "
            f"{len(self.doubled)} tickets twice; ledger {self.broken or 'whole'}"
        )


def check(url: str, path: Path) -> Found:
    """Reads the whole journal and the whole ledger."""
    found, store = Found(), open_store(url, Keys.parse(SECRET), load_schemes())
    m, e, g = tables.messages.c, tables.ledger.c, tables.pin_guards.c
    with store.engine.connect() as connection:
        cases = Counter(connection.execute(select(m.body).where(m.body.like("our site is down, case %"))).scalars())
        entries = {
            tuple(row) for row in connection.execute(select(e.call, e.action, e.decision).where(e.call.is_not(None)))
        }
        people = select(tables.people.c.id, tables.people.c.username).where(tables.people.c.username.like("caller.%"))
        person = {row.username.removeprefix("caller."): f"person:{row.id}" for row in connection.execute(people)}
        counted = {row.counter_key: row.lifetime for row in connection.execute(select(g.counter_key, g.lifetime))}
    wrong = Counter[str]()
    for event in journal.read(path):
        facts, what, id = event["facts"], event["what"], event["id"]
        if what == "ticket" and 200 <= event["status"] < 300:
            found.tickets += 1
            if not cases[id]:
                found.lost["ticket"].append(id)
        elif what == "wrong_pin" and facts["done"]:
            found.attempts += 1
            wrong[str(facts["person"])] += (
                id,
                "pin.attempt",
                "wrong",
            ) in entries  # while the line is busy nothing is counted
            if not any((id, "pin.attempt", said) in entries for said in WRONG):
                found.lost["attempt"].append(id)
        elif what == "right_pin" and facts["done"] and (id, "pin.attempt", "proved") not in entries:
            found.lost["attempt"].append(id)
        elif what in TOLD and facts["told"]:
            found.told += 1
            if (id, TOLD[what], "allowed") not in entries:
                found.lost["disclosure"].append(id)
    # The entry says that there was a wrong one, the counter that it counts.
    found.lost["attempt"] += [f"caller.{n}" for n, many in wrong.items() if counted.get(person.get(n, ""), 0) < many]
    found.doubled = [case for case, many in cases.items() if many > 1]
    found.broken = verify(store).broken
    store.engine.dispose()
    return found
