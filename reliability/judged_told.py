"""INV1, 2, 3, 8, 9 and 11: what the world asked and was told, held against the database and the ledger. Each yields sentences that name what is wrong."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from reliability.history import Canary, History, Told
from tests.seeking import Secrets

TOLERANCE: Final = 1_000  # ms between our clock and the desk's
OPENED: Final = "Your ticket is open"
LEFT: Final = "We have your message"
NUMBER: Final = re.compile(r"The ticket number is ((?:\d )*\d)\.")
SORRY: Final = "something went wrong on our side"
ALLOWED: Final = frozenset({"allowed", "offered"})
RECENT: Final = 5 * 60_000  # ms: a used code is kept for longer


def acknowledged_tickets(history: History) -> Iterator[str]:
    """INV1: every acknowledged ticket exists exactly once; one that was not, once at most."""
    there: dict[str, set[int]] = defaultdict(set)
    for message in history.rows("messages"):
        for case in set(history.case.findall(message.body)):
            there[case].add(message.ticket)
    asked: dict[str, bool] = {}
    numbers = {ticket.number for ticket in history.rows("tickets")}
    spoken = Counter(message.recording for message in history.rows("messages") if message.recording)
    for event in history.events:
        facts = event["facts"]
        if event["kind"] != "asked":
            continue
        if event["what"] in ("event", "ticket"):
            for case in set(history.case.findall(str(facts.get("words", "")))):
                asked[case] = asked.get(case, False) or 200 <= event["status"] < 300
        said = str(facts.get("said", ""))
        if event["side"] == "twilio" and (OPENED in said or LEFT in said) and facts.get("recording"):
            if spoken[facts["recording"]] != 1:
                yield f"a caller was told that we have what they said, and {spoken[facts['recording']]} messages hold {facts['recording']}"
            for told in NUMBER.findall(said):
                if int(told.replace(" ", "")) not in numbers:
                    yield f"a caller was told of ticket {told.replace(' ', '')}, which is none"
    for case, promised in asked.items():
        if promised and not there[case]:
            yield f"{case} was acknowledged and is on no ticket"
    for case, tickets in there.items():
        if len(tickets) > 1:
            yield f"{case} is on {len(tickets)} tickets: {', '.join(map(str, sorted(tickets)))}"


def disclosures_allowed(history: History) -> Iterator[str]:
    """INV2: whatever was told of an account has an earlier allowed entry: same subject, account and field, in the same call."""
    allowed: dict[tuple[str, int], list[tuple[int, str, frozenset[str]]]] = defaultdict(list)
    worker: list[int] = []
    for entry in history.entries:
        if entry.decision in ALLOWED and entry.account is not None:
            fields = frozenset(entry.fields.split())
            allowed[entry.who, entry.account].append((entry.at, entry.call or "", fields))
        elif entry.who == "desk:worker" and entry.action == "desk.deliver" and entry.decision == "allowed":
            worker.append(entry.at)
    for told, canary in _told_of(history):
        if told.side == "smtp" or (told.side == "slack" and canary.field == "account.name"):
            # Mail, and what the desk's own worker writes, goes out under the worker's grant, whoever it is to.
            if not any(at <= told.at + TOLERANCE for at in worker):
                yield f"{told.place} names {canary.words}, and the worker was never allowed to deliver anything"
            continue
        found = (one for who in told.who for one in allowed[who, canary.account])
        if not any(
            at <= told.at + TOLERANCE and call == told.call and canary.field in fields
            if told.side == "twilio"
            else at <= told.at + TOLERANCE and canary.field in fields
            for at, call, fields in found
        ):
            whom = ", ".join(sorted(told.who)) or "nobody known"
            yield f"{told.place} ({whom}) was told {canary.field} of account {canary.account}, and no entry allows it"


def nobody_elses(history: History) -> Iterator[str]:
    """INV3: no text to a customer holds what is another account's."""
    for told, canary in _told_of(history):
        mine = frozenset[int]().union(*(history.accounts_of.get(who, frozenset()) for who in told.who))
        if canary.account not in mine:
            whom = ", ".join(sorted(told.who)) or "nobody known"
            yield f"{told.place} ({whom}) names {canary.words}, which is of account {canary.account}"


def _told_of(history: History) -> Iterator[tuple[Told, Canary]]:
    for told in history.told:
        if not told.desk:
            for canary in history.canaries_in(told.text):
                yield told, canary


def once(history: History) -> Iterator[str]:
    """INV8: each one-time code is used once at most, each event and each recording has its effect once, and nothing is posted or mailed twice but
    after a kill or an answer that was kept back."""
    for name, column in (
        ("messages", "source"),
        ("messages", "recording"),
        ("recordings", "sid"),
        ("deliveries", "key"),
    ):
        seen = Counter(getattr(row, column) for row in history.rows(name))
        yield from (f"{many} rows of {name} have {column} {one}" for one, many in seen.items() if one and many > 1)
    jobs = Counter((job.kind, job.key) for job in history.rows("jobs"))
    yield from (f"{many} jobs are {kind} {key}" for (kind, key), many in jobs.items() if many > 1)
    for action, decision in (("call", "began"), ("call", "ended")):
        calls = Counter(e.call for e in history.entries if (e.action, e.decision) == (action, decision))
        yield from (
            f"the ledger has {many} times that call {one} {decision}" for one, many in calls.items() if many > 1
        )
    yield from _codes(history)
    posted, mailed = Counter[tuple[str, str]](), Counter[str]()
    for event in history.events:
        facts = event["facts"]
        if event["kind"] != "received" or not facts.get("kept", True):
            continue
        if event["what"] == "chat.postMessage" and facts.get("key"):
            posted[str(facts.get("channel")), str(facts["key"])] += 1
        elif event["what"] == "mail":
            mailed[event["id"]] += 1
    yield from (
        f"{many} messages of the key {key} stand in {where}" for (where, key), many in posted.items() if many > 1
    )
    again = sum(mailed.values()) - len(mailed)
    if again > history.kills:
        yield f"{again} mails came again under the same Message-ID, and only {history.kills} times anything was cut off"


def _codes(history: History) -> Iterator[str]:
    """As many members were linked by a code as codes of that kind were used."""
    newest = max((entry.at for entry in history.entries), default=0)
    used = sum(c.kind == "link" and (c.used_at or 0) > newest - RECENT for c in history.rows("codes"))
    linked = sum((e.action, e.decision) == ("slack.link", "linked") and e.at > newest - RECENT for e in history.entries)
    if linked > used:
        yield f"{linked} times somebody linked Slack with a code, and {used} codes were used"
    for code, many in Counter(str(e["facts"]["code"]) for e in history.events if e["facts"].get("taken")).items():
        if many > 1:
            yield f"one code was taken {many} times: {code}"


def no_secret(history: History) -> Iterator[str]:
    """INV9: no PIN, code or key stands in a row, a log, or what was received."""
    secrets = Secrets()
    for secret, kind in history.secrets.items():
        secrets.learn(secret, kind)
    if not len(secrets):
        return
    public = frozenset(person.support_id for person in history.rows("people"))
    for name, rows in history.tables.items():
        for row in rows:
            text = " ".join(one.hex() if isinstance(one, bytes) else str(one) for one in row)
            yield from (f"a row of {name} holds a {f.kind}, {f.form}" for f in secrets.within(text, public))
    for artefact in history.artefacts:
        text = artefact.read_text("utf-8", "replace")
        yield from (f"{artefact.name} holds a {f.kind}, {f.form}" for f in secrets.within(text, public))
    for told in history.told:
        for found in secrets.within(told.text, public):
            if not found.kind.startswith("code"):  # a code is told to whoever asked for it
                yield f"{told.place} holds a {found.kind}, {found.form}"


def errors_refuse(history: History) -> Iterator[str]:
    """INV11: on any error path the decision is no: nothing of an account is told by it, nobody is let in, nothing is said to be open."""
    for event in history.events:
        facts = event["facts"]
        said = str(facts.get("said", ""))
        if event["kind"] != "asked" or not (event["status"] >= 500 or SORRY in said):
            continue
        for canary in history.canaries_in(said):
            yield f"{event['what']} {event['id'][-6:]} failed ({event['status']}) and told {canary.field} of account {canary.account}"
        if OPENED in said:
            yield f"{event['what']} {event['id'][-6:]} failed ({event['status']}) and said yes: {said[:60]}"
    for entry in history.entries:
        if (
            entry.decision in ALLOWED
            and entry.who.startswith("person:")
            and entry.proof not in ("verified", "stepped-up")
        ) and entry.action != "portal.login":
            yield f"{entry.who} was allowed {entry.action} with proof {entry.proof}"
    for entry in history.entries:
        if entry.decision in ALLOWED and entry.who == "nobody":
            yield f"nobody in particular was allowed {entry.action}"
