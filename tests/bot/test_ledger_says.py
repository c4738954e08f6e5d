"""What was posted in Slack and what the ledger says of it, both ways: for every question, account by account.

T23
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert, select

from authz import Reason, Subject
from bot.text.phrases import Phrases
from desk import disclosure
from store import tables
from store.verification import step_ups
from tests.bot.slack_desk import SlackDesk

PEOPLE = {
    "U0OLIVIA": "olivia.hart",
    "U0TOM": "tom.reyes",
    "U0DEV": "dev.anand",
    "U0SAM": "sam.okoro",
    "U0RAJ": "raj.patel",
    "U0MIA": "mia.chen",
    "U0LEO": "leo.fox",
}
UNLINKED = ("U0TOM", "U0MIA", "U0LEO")
OWN_WORDS = ("our site is down", "about yesterday")  # quoted back to whoever said them, which tells nobody anything
QUESTIONS = (
    "what do we owe?",
    "is our VPS running?",
    "who decides on contacts?",
    "what may I do?",
    "my tickets",
    "ticket 1001",
    "ticket 1004",
    *OWN_WORDS,
    "prove",
)


@dataclass
class Entry:
    account: int | None
    action: str
    decision: str
    rules: list[str]
    proof: str
    fields: list[str]


class Told:
    """What one person sees that they had not seen, and what the ledger says since."""

    def __init__(self, desk: SlackDesk, user: str) -> None:
        self.desk, self.user = desk, user
        p = tables.people.c
        (found,) = rows(desk, select(p.id, p.name).where(p.username == PEOPLE[user]))
        self.subject, self.name = Subject.of_person(found.id), found.name

    def after(self, does: Callable[[], Any]) -> tuple[str, str, list[Entry]]:
        """What is new to see, of others and all of it, and the entries of theirs."""
        read, written = Counter(self._posts()), set(self._ledger())
        hand = self.desk.be(self.user)
        hand.close(everything=True) if hand.view is not None else None
        home = self._home()
        does()
        self.desk.work()
        own, seen = "", []
        for (user, words), many in (Counter(self._posts()) - read).items():
            if user == self.user:
                own += words
            else:
                seen += [words] * many
        seen += [_words(hand.view.body)] if hand.view is not None else []
        seen += [self._home()] if self._home() != home or getattr(does, "__name__", "") == "open_home" else []
        ledger = self._ledger()
        fresh = [ledger[place] for place in ledger if place not in written]
        theirs = "\n".join(seen)
        return theirs, f"{own}\n{theirs}", [entry for who, entry in fresh if who == self.subject]

    def _posts(self) -> list[tuple[str, str]]:
        """Every message they see, by whom, with what stands in its menus."""
        seen = self.desk.workspace.seen_by(self.user)
        rooms = [seen["dm"], *seen["channels"]]
        every = [
            one for room in rooms if room for message in room["messages"] for one in (message, *message["replies"])
        ]
        return [(str(one["user"]), _words([one["text"], one.get("blocks"), one["words"]])) for one in every]

    def _home(self) -> str:
        view = self.desk.be(self.user).home
        return "" if view is None else _words(view.body)

    def _ledger(self) -> dict[tuple[str, int], tuple[str, Entry]]:
        return {
            (row.segment, row.n): (
                row.who,
                Entry(row.account, row.action, row.decision, row.rules.split(), row.proof, row.fields.split()),
            )
            for row in rows(self.desk, select(tables.ledger))
        }


def _words(shown: Any) -> str:
    """Whatever is written anywhere in a message or a view, line by line."""
    if isinstance(shown, dict):
        return "\n".join(_words(part) for part in shown.values())
    if isinstance(shown, list | tuple):
        return "\n".join(_words(part) for part in shown)
    return html.unescape(shown) if isinstance(shown, str) else ""


def rows(desk: SlackDesk, query: Any) -> list[Any]:
    with desk.store.transaction("test") as tx:
        return list(tx.connection.execute(query).all())


def facts(desk: SlackDesk, but: str) -> dict[tuple[int, str], set[str]]:
    """(account, field) → the words by which that fact would be seen. `but`: the asker, whose own name tells them nothing."""
    t, found = tables, dict[tuple[int, str], set[str]]()
    said = [
        ("account.name", select(t.accounts.c.id, t.accounts.c.name)),
        ("account.number", select(t.accounts.c.id, t.accounts.c.number)),
        ("service.name", select(t.services.c.account_id, t.services.c.name)),
        ("invoice.number", select(t.invoices.c.account_id, t.invoices.c.number)),
        ("invoice.amount", select(t.invoices.c.account_id, t.invoices.c.amount)),
        ("ticket.title", select(t.tickets.c.account_id, t.tickets.c.title)),
        (
            "ticket.messages",
            select(t.tickets.c.account_id, t.messages.c.body).join(
                t.messages, t.messages.c.ticket == t.tickets.c.number
            ),
        ),
        (
            "contact.name",
            select(t.contacts.c.account_id, t.people.c.name)
            .join(t.people, t.people.c.id == t.contacts.c.person_id)
            .where(t.people.c.name != but),
        ),
    ]
    for field, query in said:
        for account, words in rows(desk, query):
            found.setdefault((account, field), set()).add(words)
    return found


def check(
    p: Phrases, posted: str, seen_in_all: str, entries: list[Entry], known: dict[tuple[int, str], set[str]]
) -> None:
    told_of = {(entry.account, field) for entry in entries for field in entry.fields}
    of_field = {field for _, field in known}
    for (_, field), values in known.items():
        for value in values:
            others = {other for (other, same), words in known.items() if same == field and value in words}
            if value not in OWN_WORDS and re.search(rf"(?<![\w.]){re.escape(value)}(?![\w.]*\w)", posted):
                fields = {field, "ticket.authors"} if field == "contact.name" else {field}
                said = {(other, name) for other in others for name in fields} & told_of
                assert said, f"{field} {value!r} has no entry"
    for entry in entries:
        if entry.decision not in ("allowed", "offered"):
            assert entry.decision not in set(Reason) or not entry.fields, f"told under a refusal: {entry}"
            continue
        assert entry.account is not None, entry
        assert entry.rules, entry
        assert entry.proof == "verified", entry
        if entry.decision == "offered":
            assert p.say("may", cells=disclosure.joined(entry.fields)) in posted, entry
            continue
        seen = [f for f in entry.fields if any(v in seen_in_all for v in known.get((entry.account, f), ()))]
        seen += [f for f in entry.fields if f.startswith("ticket.number:") and f.partition(":")[2] in posted]
        if "ticket.none" in entry.fields:
            assert "no tickets" in posted
            continue
        assert seen, f"nothing of it was posted: {entry}\n{posted}"
        told_them = set(entry.fields) & of_field
        assert told_them <= {*seen, "account.number"}, f"more than was posted: {entry}\n{posted}"


def load_samples(desk: SlackDesk) -> None:
    """On every account a technical ticket and one about bills, of its first contact, with words of their own."""
    t = tables
    with desk.store.transaction("test") as tx:
        for account in tx.connection.execute(select(t.accounts.c.id).order_by(t.accounts.c.id)).scalars().all():
            first = select(t.contacts.c.person_id).where(t.contacts.c.account_id == account).limit(1)
            author = tx.connection.execute(first).scalar_one()
            for topic in ("technical", "billing"):
                row = {"account_id": account, "opened_by": author, "topic": topic, "kind": "problem"}
                row |= {"title": f"title {topic} of {account}", "status": "open"}
                made = insert(t.tickets).values(**row, channel="portal", opened_at=1).returning(t.tickets.c.number)
                number = tx.connection.execute(made).scalar_one()
                words = {"ticket": number, "author": Subject.of_person(author), "at": 1, "event": "", "internal": False}
                tx.connection.execute(insert(t.messages).values(**words, body=f"body {topic} of {account}"))


@pytest.mark.parametrize("user", PEOPLE)
def test_h15_what_slack_told_is_what_the_ledger_says(slack_once: SlackDesk, user: str) -> None:
    desk = slack_once
    load_samples(desk)
    if user in UNLINKED:
        desk.link(user, PEOPLE[user])
    person, hand = Told(desk, user), desk.be(user)
    p = desk.context.phrases
    steps: list[Callable[[], Any]] = [partial(hand.dm, asks) for asks in QUESTIONS]
    steps += [
        hand.open_home,
        *([partial(desk.click, user, "open")] if user != "U0LEO" else []),
    ]  # who is offered nothing
    if user not in ("U0OLIVIA", "U0TOM"):
        commands = (("/tickets", ""), ("/account", ""), ("/ticket", "1002"), ("/ticket", "help us"))
        steps += [partial(hand.command, name, words) for name, words in commands]
    told_in_all = 0
    for step in steps:
        posted, seen_in_all, entries = person.after(step)
        told_in_all += sum(entry.decision in ("allowed", "offered") for entry in entries)
        check(p, posted, seen_in_all, entries, facts(desk, person.name))
    assert told_in_all > len(QUESTIONS), "this test sees nothing"


def test_h8_a_transfer_code_shown_in_slack_is_in_the_ledger(slack_once: SlackDesk) -> None:
    desk = slack_once
    with desk.store.transaction("test") as tx:
        step_ups.reached(tx, Subject("person:7"), 3, "authenticator", "T0DESK:U0RAJ", ends_at=tx.now + 900_000)
    desk.be("U0RAJ").dm("transfer code")
    desk.work()
    desk.click(
        "U0RAJ", "tell_transfer_code", value="transfer_code:3:service.cancel", holding="A transfer code for the phone"
    )
    assert re.search("[0-9]{4} [0-9]{4}", desk.said("U0RAJ"))
    with desk.store.transaction("test") as tx:
        e = tables.ledger.c
        query = select(e.account, e.proof, e.fields).where(e.action == "step_up", e.decision == "transfer_code_told")
        assert tx.connection.execute(query).all() == [(3, "stepped-up", "topic:technical")]
