"""Everybody asks for everything of everybody else's, at every address: nothing comes, nothing is written, nothing of it is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from sqlalchemy import select

from authz import CELL_OF, CELLS, OWNERS_ACTIONS, Subject
from desk.actors import build_ask
from portal.customers.signed_in import acting
from portal.routes import OPEN, SIGNED_IN, STAFF_PAGES
from store import tables
from store.sign_in import sessions
from store.sign_in.realms import CUSTOMERS
from tests.desk import PUBLIC, Desk
from tests.ivr.wire import rows
from tests.portal.browsing import Browser
from tests.portal.crossing import (
    ABSENT,
    ACCOUNTS,
    FORMS,
    NOBODYS,
    OF_ACCOUNT,
    OWNERS,
    PEOPLE,
    Asked,
    Things,
    Visitor,
    addresses,
    things_of,
)
from tests.portal.test_login_details import kim
from tests.sizes import is_everything
from tests.statements import watched

# Written by asking alone, whatever is asked for.
OF_THE_VISITOR: Final = {"ledger", "ledger_segments", "sent_forms", "budgets", "person_sessions", "pin_guards"}
FEW: Final = (("sam.okoro", "raj.patel"), ("dev.anand", "raj.patel"))
PAIRS: Final = tuple((one, other) for one in PEOPLE for other in OWNERS.values() if one != other)
# Who may be on it and who may not is told by their link alone, or by what they sign in with.
OPEN_TO_ALL: Final = {
    "/desk/sign-in", "/desk/sign-in/passkey", "/desk/sign-out", "/desk/join/{link}", "/desk/join/{link}/passkey",
    "/desk/display",
    "/sign-in", "/sign-in/passkey", "/sign-out", "/recover", "/join/{link}", "/join/{link}/passkey",
    "/enrol/{link}", "/pin/{link}", "/me/pin", "/proof",
}  # fmt: skip


def kept(desk: Desk) -> dict[str, list[str]]:
    """Every row of the database, but for what asking writes."""
    with desk.store.transaction("test") as tx:
        every = (table for table in vars(tables)["Base"].metadata.sorted_tables if table.name not in OF_THE_VISITOR)
        return {table.name: sorted(map(repr, tx.connection.execute(select(table)).all())) for table in every}


def entries(desk: Desk, person: int) -> dict[tuple[str, int], Any]:
    e = tables.ledger.c
    told = select(e.segment, e.n, e.account, e.action, e.decision, e.rules, e.proof, e.fields)
    found = rows(desk, told.where(e.who == Subject.of_person(person)))
    return {(row.segment, row.n): tuple(row)[2:] for row in found}


def cases(visitor: Visitor, theirs: Things, own: Things) -> Iterator[tuple[Asked, Things, Things]]:
    """What is asked, with their things, and with things that are not there: all of another's, or one of another's on what is the
    visitor's own."""
    foreign = theirs["account"] not in visitor.on
    for asked in addresses():
        named = set(re.findall(r"<(\w+)>", repr(asked)))
        if foreign and named:
            yield asked, theirs, ABSENT
        if named - OF_ACCOUNT and not foreign:
            yield asked, theirs, {**theirs, **{name: ABSENT[name] for name in ABSENT.keys() - OF_ACCOUNT}}
        # Of a ticket one opens a service that is not there is left out: see below.
        if foreign and "account" in named and len(named) > 1 and not (asked.fields and asked.path == "/tickets/new"):
            yield asked, {**theirs, "account": own["account"]}, {**ABSENT, "account": own["account"]}
        if foreign and "number" in named and len(named) > 1:
            yield asked, {**theirs, "number": own["number"]}, {**ABSENT, "number": own["number"]}


@pytest.mark.parametrize(("one", "other"), PAIRS if is_everything() else FEW)
def test_whatever_is_anothers_is_answered_as_what_is_not_there(one_desk: Desk, one: str, other: str) -> None:
    """The answer with its headers, the statements, and what the ledger says; and nothing is written."""
    visitor, theirs = Visitor(one_desk, one), things_of(one_desk, other)
    owner = OWNERS[min(visitor.on)]
    own = theirs if owner == other else things_of(one_desk, owner)
    before, seen = kept(one_desk), entries(one_desk, visitor.person)
    told: list[list[Any]] = []
    answers: list[list[Any]] = []
    asked = list(cases(visitor, theirs, own))
    sent: list[str] = []
    for which in (1, 2):
        answers.append([])
        with watched(one_desk.store.engine, sent.append):
            for one_asked, there, absent in asked:
                sent.clear()
                answer = visitor.ask(one_asked, there if which == 1 else absent)
                answers[-1].append((one_asked, *answer, *sent))
        now = entries(one_desk, visitor.person)
        told.append([now[key] for key in now.keys() - seen.keys()])
        seen = now
    for with_theirs, with_nothing in zip(*answers, strict=True):
        assert with_theirs == with_nothing
    assert kept(one_desk) == before
    of_theirs, of_nothing = (sorted(map(repr, each)) for each in told)
    refused = [entry for entry in told[0] if entry[2] == "not_a_contact"]
    of_theirs, of_nothing = ([one for one in each if "not_a_contact" not in one] for each in (of_theirs, of_nothing))
    assert of_theirs == of_nothing
    assert {account for account, _, decision, *_ in told[1] if decision == "not_a_contact"} <= {None}
    assert {fields for *_, fields in refused} <= {""}
    assert {account for account, *_ in refused} <= {ACCOUNTS[theirs["account"]]}
    assert bool(refused) is (theirs["account"] not in visitor.on), "and the ledger of that account has who asked"


def test_every_address_of_the_app_is_asked_or_said_to_be_nobodys() -> None:
    """A new page is tried above as it is; a new form, or a thing in an address that is new, has to be named first."""
    asked = {asked.path.partition("?")[0] for asked in addresses()}
    known = {re.sub(r"<\w+>", "{}", path) for path in asked}
    assert not {word for path in asked for word in re.findall(r"<(\w+)>", path)} - ABSENT.keys()
    for method, page in SIGNED_IN:
        if method == "GET" and "{kind}" not in page:
            assert re.sub(r"\{\w+(:path)?\}", "{}", page) in known, page
    assert {page for method, page in SIGNED_IN if method == "POST"} == FORMS.keys() | NOBODYS
    assert {page for _, page in OPEN} == OPEN_TO_ALL
    assert all(page == "/desk" or page.startswith("/desk/") for _, page in STAFF_PAGES)


def test_neither_door_opens_to_whoever_is_signed_in_at_the_other(one_desk: Desk) -> None:
    """The cookies of both doors, put in each other's place, with a form's token that is made for them."""
    raj, agent = Visitor(one_desk, "raj.patel"), kim(one_desk)
    theirs = things_of(one_desk, "raj.patel")
    agent.get("/desk")
    token = agent.fields("/desk/sign-out")["token"]
    customers, staff = raj.browser.client.cookies["deskgate_account"], agent.client.cookies["deskgate_session"]
    before = kept(one_desk)
    for pages, cookie, of, way, form in (
        (STAFF_PAGES, "deskgate_session", customers, "/desk/sign-in", raj.token),
        (SIGNED_IN, "deskgate_account", staff, "/sign-in", token),
    ):
        browser = Browser(one_desk)
        for method, page in pages:
            browser.client.cookies.clear()
            browser.client.cookies.set(cookie, of)
            path = re.sub(r"\{(\w+)(:path)?\}", lambda found: theirs.get(found[1], "1"), page)
            if method == "GET":
                answer = browser.client.get(path)
            else:
                fields = {"token": f"{form[:43]}.{'x' * 16}", "number": "1", "person": "8"}
                answer = browser.client.post(path, data=fields, headers={"Origin": PUBLIC})
            if answer.status_code == 401:  # what they typed is kept for whoever signs in
                assert "Sign out" not in answer.text
                assert "Tideworks" not in answer.text
            else:
                assert (answer.status_code, answer.text) == (303, ""), page
                assert answer.headers["location"].partition("?")[0] == way, page
    assert kept(one_desk) == before


# What stands on a page of somebody who may do that, and of nobody else.
SHOWS: Final = {
    "400639": {
        "service.view": ("<span>stopped",),
        "billing.view": ("311.20", "Slipway Road"),
        "contacts.manage": ("mia@tideworks.example", "leo@tideworks.example"),
        "ticket.view:technical": ("Ours alone", "map.txt"),
        "account.records": ("told what",),
    },
    "200417": {
        "service.view": ("<span>running",),
        "billing.view": ("20.00", "Quay Street"),
        "contacts.manage": ("tom@harbourbakery.example", "dev@pixelsmith.example"),
        "ticket.view:technical": ("Ours alone", "map.txt"),
    },
}


def may(desk: Desk, visitor: Visitor, number: str) -> set[str]:
    """The cells that the judge allows them in their session."""
    asked = [*CELLS, *map(str, OWNERS_ACTIONS)]
    with desk.store.transaction("test") as tx:
        who = sessions.find(tx, CUSTOMERS, visitor.browser.client.cookies["deskgate_account"], does=False)
        assert who is not None
        pairs = [pair for pair, cell in CELL_OF.items() if cell in asked]
        return set(tx.offer([build_ask(tx, acting(who), action, ACCOUNTS[number], topic) for action, topic in pairs]))


@pytest.mark.parametrize("one", PEOPLE if is_everything() else ("leo.fox",))
def test_without_the_right_nothing_of_ones_own_account_is_on_a_page(one_desk: Desk, one: str) -> None:
    visitor, own = Visitor(one_desk, one), one.partition(".")[0]  # their own address is theirs to see
    for number in visitor.on & SHOWS.keys():
        things = things_of(one_desk, OWNERS[number])
        held = may(one_desk, visitor, number)
        shown = {cell: set[str]() for cell in SHOWS[number]}
        for asked in addresses():
            _, _, text = visitor.ask(asked, things, blur=False)
            for cell, words in SHOWS[number].items():
                shown[cell] |= {word for word in words if word in text and not word.startswith(own)}
        for cell, found in shown.items():
            assert bool(found) is (cell in held), (cell, found)
