"""What the checker judges: every row of a desk's database, its ledger, and the journal of what the world asked and received.

    history = read(url, journal=Path("journal.jsonl"), keys="…", secrets={"12345678": "PIN"}, artefacts=[Path("log")])
    history.rows("tickets"), history.entries, history.events, history.told

Read once, by a connection of its own that writes nothing. `told` is every text that left the desk for somebody, with who that was.
The clock of a desk whose time is played stands in an event's facts as `clock` (ms); otherwise it is the event's own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import create_engine, select
from sqlalchemy.engine import Row, make_url

from reliability import journal as journals
from reliability.journal import Event
from store import Keys, tables

CASE: Final = re.compile(r"\bcase [0-9a-z]+\b")  # by these words tickets of a run are told from each other
_WORD: Final = re.compile(r"[0-9a-zA-Z]+")


class Told(NamedTuple):
    """`who`: the subjects that it reached, empty if none is known; `desk`: it reached the desk's own people."""

    at: int  # ms of the desk's clock
    who: frozenset[str]
    desk: bool
    side: str
    call: str  # the call's sid, or nothing
    text: str
    place: str  # for a sentence


class Canary(NamedTuple):
    """Words that stand in one account alone, and the field by whose name the ledger says that they were told."""

    words: str
    account: int
    field: str


@dataclass
class History:
    url: str
    tables: Mapping[str, Sequence[Row[Any]]]
    events: Sequence[Event]
    keys: Keys | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)  # digits or words → of what kind
    artefacts: Sequence[Path] = ()  # logs and the like
    case: re.Pattern[str] = CASE

    def rows(self, table: str) -> Sequence[Row[Any]]:
        return self.tables[table]

    @cached_property
    def entries(self) -> Sequence[Row[Any]]:
        """The ledger's, by their time; within a segment in its order."""
        return sorted(self.tables["ledger"], key=lambda entry: (entry.at, entry.segment, entry.n))

    @property
    def is_postgres(self) -> bool:
        return make_url(self.url).get_backend_name() == "postgresql"

    @cached_property
    def kills(self) -> int:
        """How often a process of the desk's was ended, or an answer of the world's kept back: so often something may have been done again."""
        did = sum(event["kind"] == "did" and event["what"] != "compared" for event in self.events)
        return did + sum(e["kind"] == "received" and not 200 <= e["status"] < 300 for e in self.events)

    # --- who is who

    @cached_property
    def accounts_of(self) -> Mapping[str, frozenset[int]]:
        """Subject → the accounts they are on, or were."""
        found: dict[str, set[int]] = defaultdict(set)
        for row in (*self.rows("contacts"), *self.rows("contact_changes")):
            found[f"person:{row.person_id}"].add(row.account_id)
        return {who: frozenset(on) for who, on in found.items()}

    @cached_property
    def canaries(self) -> Mapping[str, Sequence[Canary]]:
        """By the last of their words, in small letters."""
        every: dict[str, set[tuple[int, str]]] = defaultdict(set)
        for account in self.rows("accounts"):
            every[account.name].add((account.id, "account.name"))
        for service in self.rows("services"):
            every[service.name].add((service.account_id, "service.name"))
        for invoice in self.rows("invoices"):
            every[invoice.number].add((invoice.account_id, "invoice.number"))
        found: dict[str, list[Canary]] = defaultdict(list)
        for words, where in every.items():
            last = _WORD.findall(words)[-1:]
            if last and len({account for account, _ in where}) == 1:
                found[last[0].lower()] += [Canary(words, *one) for one in where]
        return found

    def canaries_in(self, text: str) -> Iterator[Canary]:
        """The longest first, for one may be part of another."""
        low = text.lower()
        found = [
            one
            for word in {word.lower() for word in _WORD.findall(text)} & self.canaries.keys()
            for one in self.canaries[word]
        ]
        for canary in sorted(found, key=lambda one: -len(one.words)):
            low, times = re.subn(rf"(?<!\w){re.escape(canary.words.lower())}(?!\w)", " ", low)
            if times:
                yield canary

    # --- what was told

    @cached_property
    def told(self) -> Sequence[Told]:
        return [one for event in self.events for one in self._told(event) if one.text]

    def _told(self, event: Event) -> Iterator[Told]:
        facts, side = event["facts"], event["side"]
        at = clock(event)
        if side == "twilio" and event["kind"] == "asked" and facts.get("said"):
            who = self._heard_in.get(event["id"], frozenset())
            desk = any(one.startswith("staff:") for one in who)
            yield Told(at, who, desk, side, event["id"], str(facts["said"]), f"call {event['id'][-6:]}")
        elif event["kind"] != "received" or not facts.get("kept", True):
            return
        elif side == "slack" and facts.get("words"):
            place = str(facts.get("channel") or facts.get("user") or "")
            who, desk = self._in_slack(place, str(facts.get("user") or ""))
            yield Told(at, who, desk, side, "", str(facts["words"]), f"{event['what']} in {place}")
        elif side == "smtp":
            for to in str(facts.get("to", "")).split(","):
                who = self._addresses.get(to, frozenset())
                text = f"{facts.get('subject', '')}\n{facts.get('words', '')}"
                yield Told(at, who, any(one.startswith("staff:") for one in who), side, "", text, f"mail to {to}")
        elif side == "twilio" and event["what"] == "messages":
            who = frozenset(f"person:{p.person_id}" for p in self.rows("phones") if p.number == facts.get("to"))
            yield Told(at, who, False, side, "", str(facts.get("body", "")), f"text message to {facts.get('to')}")

    @cached_property
    def _heard_in(self) -> Mapping[str, frozenset[str]]:
        """Call → who was proved in it, as the ledger has it."""
        found: dict[str, set[str]] = defaultdict(set)
        for entry in self.entries:
            if entry.call and entry.who.startswith(("person:", "staff:")):
                found[entry.call].add(entry.who)
        return {call: frozenset(who) for call, who in found.items()}

    @cached_property
    def _addresses(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for person in self.rows("people"):
            found[person.email].add(f"person:{person.id}")
        for old in self.rows("old_emails"):
            found[old.email].add(f"person:{old.person_id}")
        for staff in self.rows("staff"):
            found[staff.email].add(f"staff:{staff.id}")
        return {email: frozenset(who) for email, who in found.items()}

    @cached_property
    def _direct(self) -> Mapping[str, frozenset[str]]:
        """Channel of direct messages, or member → who that is."""
        found: dict[str, set[str]] = defaultdict(set)
        for member in self.rows("slack_members"):
            who = f"person:{member.person_id}" if member.person_id is not None else f"staff:{member.staff_id}"
            for place in (member.dm, member.member, f"D{member.member[1:]}"):
                if place:
                    found[place].add(who)
        for thread in self.rows("ticket_threads"):
            if thread.side == "customer" and thread.channel and thread.person_id is not None:
                found[thread.channel].add(f"person:{thread.person_id}")
        return {place: frozenset(who) for place, who in found.items()}

    def _in_slack(self, place: str, user: str) -> tuple[frozenset[str], bool]:
        who = self._direct.get(place) or (self._direct.get(user, frozenset()) if not place.startswith("C") else None)
        if who is not None:
            return who, any(one.startswith("staff:") for one in who)
        desk = {thread.channel for thread in self.rows("ticket_threads") if thread.side == "desk"}
        return frozenset(), place in desk or place in _DESK


_DESK: Final = {"C0DESK", "C0AGENTS"}  # as the world and the simulator call the desk's own channel


def clock(event: Event) -> int:
    """The desk's time (ms) at an event."""
    return int(event["facts"].get("clock") or event["at"] * 1000)


def read(
    url: str,
    *,
    journal: Path | None = None,
    keys: str = "",
    secrets: Mapping[str, str] | None = None,
    artefacts: Iterable[Path] = (),
    case: re.Pattern[str] = CASE,
) -> History:
    """All of it, as it is at this moment. Raises what the driver raises, and ValueError for a journal that is not whole."""
    made = make_url(url)
    engine = create_engine(
        made.set(drivername="postgresql+psycopg") if made.get_backend_name() == "postgresql" else made
    )
    try:
        with engine.connect() as connection:
            held = {table.name: connection.execute(select(table)).all() for table in tables.Base.metadata.sorted_tables}
    finally:
        engine.dispose()
    events = [*journals.read(journal)] if journal is not None and journal.exists() else []
    return History(url, held, events, Keys.parse(keys) if keys else None, secrets or {}, tuple(artefacts), case)
