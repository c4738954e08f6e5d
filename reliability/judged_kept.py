"""INV4, 5, 6, 7, 10 and 12: what the database and the ledger say by themselves. Each yields sentences that name what is wrong."""

from __future__ import annotations

import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

from sqlalchemy import create_engine
from sqlalchemy.engine import Row

from authz import load_schemes
from reliability.history import History
from store.ledger.verify import verify

IN_A_ROW_TO_LOCK, LOCK, IN_A_ROW, IN_A_LIFE = 5, 30 * 60_000, 10, 30  # /docs/pins.md
HOUR: Final = 3_600_000
STRANGERS_AN_HOUR: Final = (
    1_080 + 60 + 300 + 15 + 300 + 15 + 200 + 10
)  # all shared budgets of wrong PINs together (docs/pins.md)
MET: Final = 2_000  # ms: on PostgreSQL what is told in the moment of a change is still told
ALLOWED: Final = frozenset({"allowed", "offered"})


def attempts_bounded(history: History) -> Iterator[str]:
    """INV4: five wrong PINs in a row in half an hour, ten in a row, thirty in a PIN's life, and all together no more than the shared budgets hold;
    every PIN that was compared had been counted."""
    for guard in history.rows("pin_guards"):
        person = guard.counter_key.removeprefix("person:")
        by_code = any(e.action == "pin.attempt" and e.decision == "code" for e in history.entries)
        for name, bound in (("window_attempts", IN_A_ROW_TO_LOCK), ("consecutive", IN_A_ROW), ("lifetime", IN_A_LIFE)):
            if getattr(guard, name) > bound and not (by_code and name != "lifetime"):
                yield f"the counter of {person[:12]} has {name} {getattr(guard, name)}, above {bound}"
        if guard.window_attempts >= IN_A_ROW_TO_LOCK and guard.locked_until is None:
            yield f"the counter of {person[:12]} has {guard.window_attempts} attempts and no lock"
    rows: dict[str, list[Row[Any]]] = defaultdict(list)
    for entry in history.entries:
        if entry.action == "pin.attempt":
            claimed = next((f for f in entry.fields.split() if f.startswith("claimed:")), f"claimed:{entry.who}")
            rows[claimed.removeprefix("claimed:")].append(entry)
    for who, tried in rows.items():
        wrong = list[int]()
        for entry in tried:
            if entry.decision == "wrong" and who != "nobody":
                wrong.append(entry.at)
                close = [at for at in wrong if at > entry.at - LOCK]
                if len(close) > IN_A_ROW_TO_LOCK:
                    yield f"{len(close)} PINs of {who} were compared in half an hour"
                if len(wrong) > IN_A_ROW:
                    yield f"{len(wrong)} PINs of {who} were compared in a row"
            elif entry.decision in ("proved", "nothing_allowed", "code"):
                wrong.clear()
    every = [e.at for e in history.entries if e.action == "pin.attempt" and e.decision == "wrong"]
    for at, last in enumerate(every):
        if at >= STRANGERS_AN_HOUR and last - every[at - STRANGERS_AN_HOUR] < HOUR:
            yield f"more than {STRANGERS_AN_HOUR} wrong PINs were compared within an hour"
            break
    yield from _compared(history)


def _compared(history: History) -> Iterator[str]:
    """What was compared, as whoever plays the process wrote it down before it was (`did` `compared`): each was counted first."""
    compared = Counter(int(e["facts"]["person"]) for e in history.events if e["what"] == "compared")
    right = Counter(
        e.who for e in history.entries if e.action == "pin.attempt" and e.decision in ("proved", "nothing_allowed")
    )
    counted = {guard.counter_key: guard.lifetime for guard in history.rows("pin_guards")}
    for person, many in compared.items():
        who = f"person:{person}"
        if person and many > counted.get(who, 0) + right[who]:
            yield f"{many} PINs of {who} were compared, {counted.get(who, 0)} are counted as wrong and {right[who]} as right"


class _Held(NamedTuple):
    at: int  # from when on
    held: frozenset[str] | None  # None: not on the account


def holdings(history: History) -> Mapping[tuple[int, int], list[_Held]]:
    """(account, person) → what they held, one after the other, as the changes say it; what is so now comes last."""
    now: dict[tuple[int, int], set[str]] = {(c.account_id, c.person_id): set() for c in history.rows("contacts")}
    for right in history.rows("contact_rights"):
        now[right.account_id, right.person_id].add(right.right)
    found: dict[tuple[int, int], list[_Held]] = defaultdict(list)
    for change in sorted(history.rows("contact_changes"), key=lambda row: row.id):
        of = change.account_id, change.person_id
        if not found[of]:
            found[of].append(_Held(0, _words(change.before)))
        found[of].append(_Held(change.at, _words(change.after)))
    for of, held in now.items():
        if not found[of]:
            found[of].append(_Held(0, frozenset(held)))
    return found


def _words(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(word for word in text.split(",") if word)


def revoked_stays_revoked(history: History) -> Iterator[str]:
    """INV5: nothing is allowed to a contact after the right to it was taken away and that is committed. Judged anew, by each scheme's own table."""
    schemes, scheme_of = load_schemes(), {account.id: account.scheme for account in history.rows("accounts")}
    held, met = holdings(history), MET if history.is_postgres else 0
    for entry in history.entries:
        scheme = schemes.get(scheme_of.get(entry.account or 0, ""))
        if entry.decision != "allowed" or scheme is None or not entry.who.startswith("person:"):
            continue
        if entry.action not in scheme.cells or "lent_by:" in entry.fields:
            continue
        states = held.get((entry.account, int(entry.who[7:])), [])
        since = [state for state in states if state.at <= entry.at]
        before = [state for state, then in itertools.pairwise(since) if then.at >= entry.at - met]
        if not any(one.held is not None and entry.action in scheme.rights(one.held) for one in (*since[-1:], *before)):
            yield f"{entry.who} was allowed {entry.action} on account {entry.account} at {entry.at}, and held nothing that allows it"


def accounts_keep_their_rules(history: History) -> Iterator[str]:
    """INV6: each account has the contacts its scheme demands, what a role requires is held with it, and nobody gave more than they held themselves."""
    schemes = load_schemes()
    now: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for right in history.rows("contact_rights"):
        now[right.account_id][right.person_id].add(right.right)
    for account in history.rows("accounts"):
        scheme, people = schemes.get(account.scheme), now[account.id]
        if scheme is None:
            yield f"account {account.number} has a scheme that is none: {account.scheme}"
            continue
        have = Counter(word for words in people.values() for word in words)
        owner = ("owner",) if account.scheme in ("media_temple", "standard_roles") else ()
        single = ("admin_contact", "billing_contact") if account.scheme == "memset" else ()
        yield from (f"account {account.number} has no {word}" for word in owner if not have[word])
        yield from (f"account {account.number} has {have[word]} of {word}" for word in single if have[word] != 1)
        for person, words in people.items():
            lacks = _REQUIRED["admin_contact"] - words if "admin_contact" in words else set()
            lacks = lacks | ({"manage_billing"} - words if "billing_contact" in words else set())
            if lacks and account.scheme == "memset":
                yield f"person {person} holds a role of account {account.number} without {', '.join(sorted(lacks))}"
    yield from _no_more_than_held(history)


_REQUIRED: Final = {
    "admin_contact": {"manage_users", "manage_billing", "manage_services", "manage_support", "purchase_services"}
}


def _no_more_than_held(history: History) -> Iterator[str]:
    schemes, scheme_of = load_schemes(), {account.id: account.scheme for account in history.rows("accounts")}
    held = holdings(history)
    for change in history.rows("contact_changes"):
        scheme = schemes.get(scheme_of.get(change.account_id, ""))
        if scheme is None or not change.by.startswith("person:"):
            continue
        more = scheme.rights(_words(change.after) or frozenset()) - scheme.rights(_words(change.before) or frozenset())
        theirs = [one.held for one in held.get((change.account_id, int(change.by[7:])), []) if one.at < change.at]
        mine = scheme.rights((theirs[-1] if theirs else None) or frozenset())
        if more - mine:
            yield f"{change.by} gave person {change.person_id} {', '.join(sorted(more - mine))} on account {change.account_id}, which they had not"
        if more and change.by == f"person:{change.person_id}":
            yield f"{change.by} gave themselves {', '.join(sorted(more))} on account {change.account_id}"


def ledger_whole(history: History) -> Iterator[str]:
    """INV7: the ledger is whole and has no gaps, and there are as many entries as decisions."""
    places: dict[str, set[int]] = defaultdict(set)
    for entry in history.rows("ledger"):
        places[entry.segment].add(entry.n)
    known = {segment.id for segment in history.rows("ledger_segments")}
    for segment, numbers in places.items():
        if segment not in known:
            yield f"segment {segment} has entries and is no segment"
        missing = sorted(set(range(1, max(numbers) + 1)) - numbers)
        if missing:
            yield f"segment {segment} has no entry {missing[0]}" + (
                f" and {len(missing) - 1} others" if missing[1:] else ""
            )
    checkpoints = sorted(history.rows("ledger_checkpoints"), key=lambda row: row.n)
    for n, checkpoint in enumerate(checkpoints, 1):
        if checkpoint.n != n:
            yield f"checkpoint {n} is missing"
            break
        for segment, last, _ in json.loads(checkpoint.heads):
            if last and last not in places[segment]:
                yield f"checkpoint {n} saw {last} entries of segment {segment}, and the last is not there"
    if history.keys is not None:
        engine = create_engine(history.url)
        newest = max((entry.at for entry in history.entries), default=0)
        verdict: Any = verify(SimpleNamespace(engine=engine, keys=history.keys, clock=lambda: newest))
        engine.dispose()
        if verdict.broken:
            yield f"the ledger is broken: {verdict.broken}"
    yield from _as_many_as_decisions(history)


def _as_many_as_decisions(history: History) -> Iterator[str]:
    made = {f for e in history.entries if e.action.startswith(("ticket.", "phone.", "desk.")) for f in e.fields.split()}
    for ticket in history.rows("tickets"):
        if f"ticket.number:{ticket.number}" not in made:
            yield f"ticket {ticket.number} is in no entry"
    changes = Counter(change.account_id for change in history.rows("contact_changes"))
    entries = Counter(entry.account for entry in history.entries if entry.action == "contacts.changed")
    for account in changes.keys() | entries.keys():
        if changes[account] != entries[account]:
            yield f"{changes[account]} changes of contacts on account {account}, and {entries[account]} entries"
    proved = {(e.call, e.who) for e in history.entries if e.action == "pin.attempt" and e.decision == "proved"}
    for call in history.rows("calls"):
        if call.proved_by is not None and (call.sid, f"person:{call.proved_by}") not in proved:
            yield f"call {call.sid[-6:]} counts as proved by person {call.proved_by}, and no entry says so"
    began = {entry.call for entry in history.entries if entry.call}
    for call in history.rows("calls"):
        if began and call.sid not in began and call.started_at >= history.entries[0].at:
            yield f"call {call.sid[-6:]} is in no entry"
    reached = Counter(e.who for e in history.entries if (e.action, e.decision) == ("step_up", "reached"))
    for who, many in Counter(f"person:{row.person_id}" for row in history.rows("step_ups")).items():
        if many > reached[who]:
            yield f"{many} second proofs of {who}, and {reached[who]} entries"


def decisions_have_reasons(history: History) -> Iterator[str]:
    """INV10: every allow, deny, lock, unlock and override has an entry with who, by which channel and why."""
    for entry in history.entries:
        empty = [name for name in ("who", "action", "decision", "channel") if not getattr(entry, name)]
        if empty:
            yield f"entry {entry.n} of segment {entry.segment} has no {', '.join(empty)}"
        if entry.decision == "allowed" and not entry.rules and entry.who.startswith("person:"):
            yield f"{entry.who} was allowed {entry.action} by no rule (entry {entry.n} of segment {entry.segment})"
    tried = {f for e in history.entries if e.action == "pin.attempt" for f in e.fields.split()}
    for guard in history.rows("pin_guards"):
        if guard.real and guard.locked_until is not None and f"claimed:{guard.counter_key}" not in tried:
            yield f"{guard.counter_key} is locked, and no entry says what was tried"
    for account in history.rows("accounts"):
        locks = [e for e in history.entries if e.account == account.id and "account.locked" in e.fields.split()]
        if account.locked_at is not None and not any(e.at == account.locked_at for e in locks):
            yield f"account {account.number} is locked, and no entry says by whom"
    said = {field for entry in history.entries for field in entry.fields.split()}
    for staff in history.rows("staff"):
        if staff.suspended_at is not None and f"suspended:staff:{staff.id}" not in said:
            yield f"staff {staff.id} is suspended, and no entry says by whom"


NOTICES: Final = {  # (action, decision) in the ledger → how the key of its notice begins
    ("pin_set", "done"): "pin_set:{person}:",
    ("slack.link", "linked"): "slack_linked:{person}:",
    ("slack.link", "ended"): "slack_unlinked:{person}:",
    ("authenticator", "ending"): "authenticator_ending:{person}:",
    ("authenticator", "removed"): "authenticator_removed:{person}:",
    ("address_changed", "done"): "address_changed:{person}:",
    ("numbers_changed", "done"): "numbers_changed:{person}:",
    ("contacts.changed", "added"): "contacts_changed:{account}:",
    ("contacts.changed", "changed"): "contacts_changed:{account}:",
    ("contacts.changed", "removed"): "contacts_changed:{account}:",
    ("api_key", "made"): "api_key_made:{account}:",
}


def changes_are_told(history: History) -> Iterator[str]:
    """INV12: each change of somebody's security has its notice, and when that was sent each address on file had it."""
    jobs = [job for job in history.rows("jobs") if job.kind == "notice"]
    wanted: dict[str, set[int]] = defaultdict(set)  # key's beginning → when
    for entry in history.entries:
        key = NOTICES.get((entry.action, entry.decision))
        about = next((f for f in entry.fields.split() if f.startswith("person:")), entry.who)
        if key is not None and entry.channel != "shell" and (about.startswith("person:") or "{account}" in key):
            wanted[key.format(person=about.removeprefix("person:"), account=entry.account)].add(entry.at)
    for key, moments in wanted.items():
        there = sum(job.key.startswith(key) for job in jobs)
        if there < len(moments):
            yield f"{len(moments)} changes are to be told as {key}…, and {there} notices were written down"
    newest = max((entry.at for entry in history.entries), default=0)
    for guard in history.rows("pin_guards"):
        begins = f"lock:{guard.counter_key[:16]}"
        is_locked = guard.real and guard.locked_until is not None and guard.locked_until > newest
        if is_locked and not any(job.key.startswith(begins) for job in jobs):
            yield f"{guard.counter_key} is locked, and no notice of it was written down"
    yield from _mailed(history, jobs)


def _mailed(history: History, jobs: list[Row[Any]]) -> Iterator[str]:
    """Of a notice about somebody that was sent: they were written to, at every address of theirs, and those mails arrived."""
    if history.keys is None:
        return
    mails = {job.key: job for job in history.rows("jobs") if job.kind == "mail"}
    received = Counter(
        str(e["facts"].get("to")) for e in history.events if e["what"] == "mail" and e["facts"].get("kept", True)
    )
    due = Counter[str]()
    people = {person.id: person for person in history.rows("people")}
    old = defaultdict(list)
    for row in history.rows("old_emails"):
        old[row.person_id].append(row)
    of_person = tuple(key.partition(":")[0] for key in NOTICES.values() if "{person}" in key)
    for job in jobs:
        kind, _, rest = job.key.partition(":")
        person = people.get(int(rest.partition(":")[0])) if kind in of_person else None
        if person is None or job.done_at is None or job.given_up or job.error:
            continue
        addresses = [person.email] if person.email_since <= job.created_at else []
        addresses += [row.email for row in old[person.id] if row.replaced_at >= job.created_at]
        for address in addresses:
            mail = mails.get(f"notice:{job.key}:{history.keys.digest('mail', address)[:16]}")
            if mail is None:
                yield f"the notice {job.key} was sent, and not to every address of person {person.id}"
            elif mail.done_at is not None and not mail.given_up:
                due[address] += 1
    if any(event["side"] == "smtp" for event in history.events):
        for address, many in due.items():
            if received[address] < many:
                yield f"{many} notices are done to {address}, and {received[address]} mails were received"
