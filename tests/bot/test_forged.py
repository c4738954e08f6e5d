"""Nobody lifts themselves in Slack: every form and button about contacts, what is lent, proofs and links, each field of it forged, by whoever may not and by whoever may manage all but themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, insert, select

from authz import Action, Ask, Denied, gained, load_schemes
from bot import router
from bot.inbound import bolt_app, contact_actions, customer_actions, verification_actions
from store import tables
from store.contacts.contact_requests import Wanted
from store.tickets import customer_tickets
from store.verification import step_ups
from tests.bot.by_hand import Json, acted, click, submission
from tests.bot.proving import SUBJECT, app, linked_days_ago, shows
from tests.bot.slack_desk import SlackDesk
from tests.bot.test_contact_requests import ADD, asked
from tests.ivr.wire import change, rows
from tests.sizes import is_everything

HARBOUR, NORTHLIGHT, TIDEWORKS = 1, 2, 3
OLIVIA, TOM, RAJ, MIA, LEO = 1, 3, 7, 8, 9  # people of the sample file, by their id
ZOE: Final = Wanted("add", "Zoe Zander", "zoe@new.example", frozenset({"manage_support"}))
# Who tries, on which accounts they are, and what of another's would be told by an answer that has it.
TRIES: Final[Mapping[str, tuple[tuple[int, ...], tuple[str, ...]]]] = {
    "U0MIA": ((TIDEWORKS,), ("Nina", "Zoe", "Harbour", "Olivia")),
    "U0SAM": ((NORTHLIGHT,), ("Nina", "Zoe", "Harbour", "Olivia", "Tideworks", "Raj")),
    "U0DEV": ((HARBOUR, NORTHLIGHT, TIDEWORKS), ("Zoe", "Nina")),  # who may confirm one, with a second proof
    "U0KIM": ((), ("Nina", "Zoe")),
    "U0FAKE": ((), ("Nina", "Zoe", "Harbour", "Olivia", "Tideworks", "Raj")),
}
# What nobody who may not changes: contacts and what they hold, what is lent and asked for, whose member is whose, who is proved where.
KEPT: Final = (
    *(tables.contacts, tables.contact_rights, tables.people, tables.contact_requests),
    *(tables.delegations, tables.delegation_requests, tables.step_ups),
)
Everybody = dict[tuple[int, int], frozenset[str]]
NO_NUMBER: Final = ("", "0", "-1", "9" * 30, "1 OR 1=1")


class House(NamedTuple):
    """Ids of what stands there: a request for a change and a ticket of each of two accounts, what is asked to be lent and what is."""

    nina: int
    zoe: int
    tickets: tuple[int, ...]
    delegation_requests: tuple[int, ...]
    delegation: int


def house(desk: SlackDesk) -> House:
    for user, username in (("U0MIA", "mia.chen"), ("U0LEO", "leo.fox")):
        desk.link(user, username)
        linked_days_ago(desk, user, 4)
    key = {"account_id": TIDEWORKS, "person_id": LEO}
    change(
        desk, insert(tables.contact_rights).values([{**key, "right": w} for w in ("manage_users", "manage_support")])
    )
    nina, zoe = asked(desk, "olivia.hart", HARBOUR, ADD), asked(desk, "raj.patel", TIDEWORKS, ZOE)
    proved = (("U0LEO", "leo.fox", TIDEWORKS), ("U0SAM", "sam.okoro", NORTHLIGHT))
    with desk.store.transaction("test") as tx:
        for user, username, account in proved:
            step_ups.reached(tx, SUBJECT[username], account, "text", f"T0DESK:{user}", ends_at=desk.now + 900_000)
            bound = step_ups.proof(tx, SUBJECT[username], account, f"T0DESK:{user}", "technical")
            ask = Ask(SUBJECT[username], Action.CONTACTS_MANAGE, account, None, bound)
            assert not isinstance(customer_tickets.request(tx, ask, topic="technical", body=""), Denied)
        d, r = tables.delegations, tables.delegation_requests
        asks = [(HARBOUR, TOM, "ticket.view:billing"), (TIDEWORKS, MIA, "ticket.view:billing")]
        asks.append((TIDEWORKS, LEO, "ticket.view:billing"))
        made = [
            {"account_id": account, "asker": who, "cell": cell, "status": "open", "asked_at": desk.now}
            for account, who, cell in asks
        ]
        new = insert(r).returning(r.c.id)
        ids = tuple(tx.connection.execute(new, row).scalar_one() for row in made)
        lent = {"account_id": HARBOUR, "lender": OLIVIA, "borrower": TOM, "cell": "ticket.view:billing"}
        lent |= {"one_ticket": False, "lent_at": desk.now, "ends_at": desk.now + 3_600_000}
        delegation = tx.connection.execute(insert(d).returning(d.c.id), lent).scalar_one()
    desk.work()
    numbers = tuple(row.number for row in rows(desk, select(tables.tickets.c.number)))
    return House(nina, zoe, numbers, ids, delegation)


def text(value: str) -> Json:
    return {"value": value}


def one(value: str) -> Json:
    return {"selected_option": {"value": value}}


def several(*values: str) -> Json:
    return {"selected_options": [{"value": value} for value in values]}


def forms(desk: SlackDesk, there: House, user: str, code: str, own: tuple[int, ...]) -> Iterator[Json]:
    """Every form, and in turn each of its fields as another might write it, with all others as they should be."""
    schemes = load_schemes()
    words = (*{w: "" for s in schemes.values() for w in s.roles + s.permissions}, "root", "contacts.manage")
    people = tuple(row.username for row in rows(desk, select(tables.people.c.username)))
    others = [account for account in (HARBOUR, NORTHLIGHT, TIDEWORKS, 99) if account not in own]
    tickets = (*map(str, there.tickets), *NO_NUMBER)
    requests = [f"{id}:{stamp}" for id in (there.nina, there.zoe, 0) for stamp in ("", "x", "x" * 43)]
    accounts = [f"{account}:{ticket}" for account in others for ticket in ("0", *tickets[:3])]
    metadata: dict[str, tuple[str, ...]] = {
        "contact_confirm": (*requests, *NO_NUMBER),
        "contact_ask": (*tickets, *(f"{ticket}:{there.zoe}" for ticket in tickets[:2])),
        "prove": (*accounts, *NO_NUMBER),
        "approve": ("1", "2", *NO_NUMBER),
        "open_ticket": ("", "C0HARBOUR|1.1|C0HARBOUR:1.1|F1|x|x|1:contacts.manage", f"||||||{HARBOUR}:technical"),
        "reply": tickets,
    }
    ticket = str(there.tickets[2] if user == "U0LEO" else there.tickets[1])
    base: dict[str, tuple[str, dict[str, Json]]] = {
        "contact_confirm": (requests[1], {}),
        "contact_ask": (ticket, {"do": one("change"), "person": one("leo.fox"), "holds": several("manage_billing")}),
        "prove": (accounts[0], {"code": text(code)}),
        "approve": ("1", {"number": text("48")}),
        "open_ticket": ("", {"about": one(f"{HARBOUR}:technical"), "words": text("hello"), "service": one("")}),
        "reply": (ticket, {"words": text("hello")}),
    }
    fields: dict[str, dict[str, list[Json]]] = {
        "contact_ask": {
            "do": [one(do) for do in ("add", "remove", "hand_over", "confirm", "", "x")],
            "person": [one(who) for who in (*people, "nobody", "*", "")],
            "holds": [several(word) for word in words] + [several(*words), several(), one(words[0])],
            "email": [text("raj@tideworks.example"), text("x" * 400)],
            "name": [text("Raj Patel"), text("<!channel>")],
        },
        "open_ticket": {
            "about": [
                one(f"{account}:{kind}")
                for account in others
                for kind in ("technical", "billing", "contacts.manage", "service.cancel", "account.lock", "right.lend")
            ],
            "service": [one(f"{HARBOUR}:grid-1"), one("x")],
        },
        "approve": {"number": [text("11"), text("x")]},
    }
    for callback, (said, values) in base.items():
        yield submission(callback, said, user, **values)
        yield from (submission(callback, other, user, **values) for other in metadata[callback])
        for field, forged in fields.get(callback, {}).items():
            yield from (submission(callback, said, user, **{**values, field: value}) for value in forged)
            yield submission(callback, said, user, **{f"{name}0": value for name, value in values.items()})
        elsewhere = submission(callback, said, user, **values)
        elsewhere["user"]["team_id"] = "T0STRANGE"
        yield elsewhere
    yield submission(
        "contact_ask", ticket, user, do=one("add"), name=text("Eve"), email=text("e@x.example"), holds=several(*words)
    )


def buttons(desk: SlackDesk, there: House, user: str, own: tuple[int, ...]) -> Iterator[Json]:
    """Every button, with the value of one that is another's."""
    others = [account for account in (HARBOUR, NORTHLIGHT, TIDEWORKS, 99) if account not in own]
    may_lend = {there.delegation_requests[0]} if user == "U0DEV" else set[int]()
    lent = [str(id) for id in (*there.delegation_requests, there.delegation) if id not in may_lend]
    values: dict[str, tuple[str, ...]] = {
        "contact_look": (str(there.nina), str(there.zoe)),
        "contact_refuse": (str(there.nina), str(there.zoe)),
        "contact_ask": tuple(map(str, there.tickets)),
        "ask_lender": tuple(f"{a}:{cell}" for a in others for cell in ("ticket.open:technical", "contacts.manage")),
        "lend_once": tuple(lent),
        "lend_hours": tuple(f"{id}:{hours}" for id in lent for hours in ("1", "9999", "-1")),
        "lend_refuse": tuple(lent[:1]),
        "take_back": tuple(lent),
        "prove": (f"{HARBOUR}:0", str(there.tickets[0])),
        "approve_say": ("1",),
        "approve_not_me": ("1",),
        "choose": (f"{HARBOUR}:technical", f"{HARBOUR}:contacts.manage"),
        "withdraw": tuple(map(str, there.tickets[:1])),
    }
    known = {**contact_actions.CLICKS, **customer_actions.CLICKS, **verification_actions.CLICKS}
    assert values.keys() <= known.keys()
    for action, said in values.items():
        for value in (*said, *NO_NUMBER[2:4]):
            yield click(action, value, user, channel=f"D{user[1:]}")
    yield acted("block_suggestion", user, action_id="prove_on", block_id="b", value="harbour")
    yield acted("block_suggestion", user, action_id="service", block_id="b", value="grid")


def standing(desk: SlackDesk, own: tuple[int, ...]) -> dict[str, list[tuple[Any, ...]]]:
    """All of it, and the tickets of accounts that are not their `own`."""
    found = {table.name: sorted(map(tuple, rows(desk, select(table))), key=repr) for table in KEPT}
    t, m, s = tables.tickets.c, tables.messages.c, tables.slack_members.c
    others = select(t.number, t.status, t.account_id, t.opened_by, m.body).outerjoin(
        tables.messages, m.ticket == t.number
    )
    found["tickets"] = sorted(map(tuple, rows(desk, others.where(t.account_id.not_in(own)))), key=repr)
    links = select(s.team, s.member, s.person_id, s.staff_id, s.linked_by)
    return found | {"links": sorted(map(tuple, rows(desk, links)), key=repr)}


class Hand:
    """Sends what is forged to the one function that both doors, HTTP and Socket Mode, call: there are hundreds."""

    def __init__(self, desk: SlackDesk) -> None:
        self.desk, self.listening = desk, bolt_app.make_bolt(desk.context)

    def send(self, body: Json) -> str:
        """What Slack is answered."""
        ws = self.desk.workspace
        body["trigger_id"] = ws.leases.trigger(body["user"]["id"], ws.now())
        status, answer = router.respond(self.desk.context, self.listening, body)
        assert status == 200, body
        return str(answer)

    def sees(self, user: str) -> str:
        """The form that is open, once the worker has opened it."""
        self.desk.work()
        view = self.desk.be(user).view
        return "" if view is None else self.desk.text_of(view)


def test_forged_forms_change_nothing_and_tell_nothing(slack_once: SlackDesk) -> None:
    """At every change each form by one or another of them, with `--everything` each by each."""
    desk, there = slack_once, house(slack_once)
    made, hand = app(desk, "mia.chen"), Hand(desk)
    for n, (user, (own, secret)) in enumerate(TRIES.items()):
        before = standing(desk, own)
        bodies = [*forms(desk, there, user, shows(desk, made), own), *buttons(desk, there, user, own)]
        for body in bodies if is_everything() else bodies[n :: len(TRIES)]:
            told = hand.send(body)
            if body["type"] == "block_actions" or is_everything():
                told += hand.sees(user)
            assert not [word for word in secret if word in told], body
            if is_everything():
                assert standing(desk, own) == before, body
        desk.work()
        assert standing(desk, own) == before, user


def holdings(desk: SlackDesk) -> Everybody:
    r = tables.contact_rights.c
    found: Everybody = {(row.account_id, row.person_id): frozenset() for row in rows(desk, select(tables.contacts))}
    for row in rows(desk, select(r.account_id, r.person_id, r.right)):
        found[row.account_id, row.person_id] |= {row.right}
    return found


def put_back(desk: SlackDesk, before: Everybody) -> None:
    for table in (tables.contact_requests, tables.contact_rights, tables.contacts):
        change(desk, delete(table))
    change(desk, insert(tables.contacts).values([{"account_id": a, "person_id": p} for a, p in before]))
    held = [{"account_id": a, "person_id": p, "right": word} for (a, p), words in before.items() for word in words]
    change(desk, insert(tables.contact_rights).values(held))


def test_who_manages_contacts_asks_and_confirms_and_lifts_nobody_above_themselves(slack_once: SlackDesk) -> None:
    """Leo manages users and is not the admin contact: whatever he asks for he confirms himself, as he has looked at it."""
    desk, there = slack_once, house(slack_once)
    scheme, before, hand = load_schemes()["memset"], holdings(desk), Hand(desk)
    most, confirmed = set(gained(scheme, frozenset(), before[TIDEWORKS, LEO])), 0
    desk.work()
    bodies = list(forms(desk, there, "U0LEO", "123456", (TIDEWORKS,)))[:: 1 if is_everything() else 2]
    for body in bodies:
        if body["view"]["callback_id"] not in ("contact_ask", "contact_confirm"):
            continue
        hand.send(body)
        r = tables.contact_requests.c
        for row in rows(desk, select(r.id).where(r.status == "waiting", r.account_id == TIDEWORKS)):
            shown = hand.send(submission("contact_confirm", f"{row.id}:", "U0LEO"))
            metadata = json.loads(shown)["view"].get("private_metadata", "")
            hand.send(submission("contact_confirm", metadata, "U0LEO"))
        now = holdings(desk)
        for (account, person), held in now.items():
            had = before.get((account, person), frozenset())
            assert account == TIDEWORKS or held == had, body
            more = gained(scheme, had, held)
            assert person != LEO or not more, body
            assert most.issuperset(more), body
        assert {key for key in before if key[0] != TIDEWORKS} <= now.keys()
        if now != before:
            confirmed += 1
            put_back(desk, before)
    assert confirmed, "some of it he may do"
