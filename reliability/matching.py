"""What was said, what is in the database, what was read back and what stands in Slack, matched by each ticket's own words: lost, doubled, or told to somebody else.

found = matched(url, journal path, cases, customers, calls)       # each a sentence; nothing: all is well
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import select

from reliability import journal
from reliability.crowd import CASE, Case
from reliability.furnishing import CANARY, Customer, opened
from reliability.world.players import AGENT_CHANNEL
from store import tables
from store.ledger.verify import verify

NAMED: Final = 3  # of each fault, so many are named


class Fault(NamedTuple):
    kind: str  # "lost", "doubled", "told", "ledger"
    words: str


def matched(
    url: str, path: Path, cases: Sequence[Case], customers: Sequence[Customer], calls: Mapping[str, Customer]
) -> list[Fault]:
    """All that is wrong."""
    events = [*journal.read(path)]
    return [
        *in_the_database(url, cases),
        *in_slack(events, cases),
        *other_canaries(events, cases, customers, calls),
    ]


def in_the_database(url: str, cases: Sequence[Case]) -> list[Fault]:
    """Every promised ticket once, on the account of whoever asked, under the number they were told; and the ledger whole."""
    store, t, m = opened(url), tables.tickets.c, tables.messages.c
    with store.engine.connect().execution_options(reads_only=True) as connection:
        accounts = {row.number: row.account_id for row in connection.execute(select(t.number, t.account_id))}
        said = [(row.ticket, row.body) for row in connection.execute(select(m.ticket, m.body))]
    broken = verify(store).broken
    store.engine.dispose()
    tickets: dict[str, set[int]] = defaultdict(set)
    for number, body in said:
        for code in CASE.findall(body):
            tickets[code].add(number)
    found = [Fault("ledger", broken)] if broken else []
    for case in cases:
        mine = tickets[case.code] | ({case.number} & accounts.keys())
        if case.promised and not mine:
            found.append(Fault("lost", f"a ticket by {case.channel} was promised and is not there, case {case.code}"))
        elif case.promised and case.number and case.number not in accounts:
            found.append(Fault("told", f"ticket {case.number} was promised and is none, case {case.code}"))
        elif case.promised and not tickets[case.code] and (case.written or case.channel == "Slack"):
            found.append(Fault("lost", f"ticket {case.number} is there without its words, case {case.code}"))
        if len(mine) > 1:
            found.append(Fault("doubled", f"{len(mine)} tickets have the words of case {case.code}"))
        if any(accounts[number] != case.who.account for number in mine):
            found.append(Fault("told", f"a ticket is on somebody else's account, case {case.code}"))
        if case.read_back is False:
            found.append(Fault("told", f"other words were read out than had been said, case {case.code}"))
    return found


def in_slack(events: Iterable[journal.Event], cases: Sequence[Case]) -> list[Fault]:
    """Every ticket has one card in the desk's channel, and one message where it was written; nothing was posted twice."""
    posted: dict[str, tuple[str, str]] = {}  # ts → channel, and what stands there last
    keys: Counter[tuple[str, str]] = Counter()
    for one in events:
        facts = one["facts"]
        if one["side"] != "slack" or one["kind"] != "received" or not facts.get("kept"):
            continue
        if one["what"] == "chat.postMessage":
            posted[one["id"]] = facts.get("channel", ""), facts.get("words", "")
            if facts.get("key"):
                keys[facts.get("channel", ""), facts["key"]] += 1
        elif one["what"] == "chat.update" and facts.get("of") in posted:
            posted[facts["of"]] = posted[facts["of"]][0], facts.get("words", "")
    where: dict[str, Counter[str]] = defaultdict(Counter)
    for channel, words in posted.values():
        for code in set(CASE.findall(words)):
            where[code][channel] += 1
    found = [
        Fault("doubled", f"{many} messages of one key stand in {channel}")
        for (channel, _), many in keys.items()
        if many > 1
    ]
    for case in cases:
        if not case.promised or not (case.written or case.channel == "Slack"):
            continue
        there, own = where[case.code], f"D{case.who.slack[1:]}"
        if not there[AGENT_CHANNEL]:
            found.append(Fault("lost", f"the desk's channel has no card of case {case.code}"))
        if there[AGENT_CHANNEL] > 1:
            found.append(Fault("doubled", f"the desk's channel has {there[AGENT_CHANNEL]} cards of case {case.code}"))
        if not there[own]:
            found.append(Fault("lost", f"who asked has no message about case {case.code}"))
    return found


def other_canaries(
    events: Iterable[journal.Event], cases: Sequence[Case], customers: Sequence[Customer], calls: Mapping[str, Customer]
) -> list[Fault]:
    """Whoever was told anything was told it of their own account."""
    whose = {case.code: case.who.canary for case in cases}
    reached = {f"D{who.slack[1:]}": who.canary for who in customers} | {who.slack: who.canary for who in customers}
    reached |= {
        f"{role}.{n}@customer.example": who.canary for n, who in enumerate(customers) for role in ("person", "house")
    }
    found = list[Fault]()
    for one in events:
        facts = one["facts"]
        words = str(facts.get("said") or facts.get("words") or "")
        told = {word.capitalize() for word in CANARY.findall(words)}
        if not told or (one["kind"] == "asked" and one["side"] == "slack"):
            continue
        place = facts.get("channel") or facts.get("user") or facts.get("to") or one["id"]
        if place == AGENT_CHANNEL:  # the desk may know everybody, each in a message of their own
            mine = {whose[code] for code in CASE.findall(words) if code in whose} or set([*told][:1])
        elif one["side"] == "twilio":
            mine = {calls[one["id"]].canary} if one["id"] in calls else set()
        else:
            mine = {reached[place]} if place in reached else set()
        if told - mine:
            found.append(
                Fault(
                    "told", f"{one['what']} to {place} names {', '.join(sorted(told - mine))}, which is somebody else's"
                )
            )
    return found


def in_words(found: Sequence[Fault]) -> list[str]:
    """How many of each kind, and some of them."""
    kinds = Counter(one.kind for one in found)
    return [
        f"{many} {kind}: " + "; ".join([one.words for one in found if one.kind == kind][:NAMED])
        for kind, many in kinds.items()
    ]
