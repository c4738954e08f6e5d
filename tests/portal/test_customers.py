"""Customers sign in at their own door: a stranger learns nothing, somebody without a permission learns it last, and sessions end."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import select

from authz import Subject
from store import Transaction, tables
from store.imports import import_run
from store.imports.file_format import read
from store.sign_in import sessions
from store.sign_in.realms import CUSTOMERS, STAFF
from store.verification import pins, revocation, totp
from store.verification.totp import STEP
from tests.channels.mailbox import Mailbox
from tests.desk import PUBLIC, Desk
from tests.ivr.wire import change, count, rows
from tests.portal.browsing import PASSWORD, Agent, Browser
from tests.portal.customers import OWN_PASSWORD, Customer
from tests.portal.test_shut_out import crowd
from tests.rights import held
from tests.statements import watched

MINUTE, HOUR = 60, 3_600
IN = "You are signed in as"


def is_in(customer: Browser) -> bool:
    return IN in customer.read("/")


def holds_nothing(desk: Desk, person: int) -> None:
    for statement in held("", tables.contacts.c.person_id == person):
        change(desk, statement)


def test_password_and_code_open_their_pages(desk: Desk) -> None:
    mia = Customer(desk)
    assert not is_in(mia)
    assert mia.sign_in().status_code == 200
    assert "You are signed in as Mia Chen (mia.chen). Tideworks Ltd Account 400639" in mia.words
    assert "Harbour Bakery" not in mia.words, "an account that is not hers"
    told = rows(desk, select(tables.ledger.c.action, tables.ledger.c.decision).where(tables.ledger.c.who == "person:8"))
    assert ("person.sign_in", "allowed") in told


def test_whatever_was_wrong_a_stranger_gets_the_same_words_by_the_same_statements(one_desk: Desk) -> None:
    """Nobody of that name, no login yet, a wrong password, a wrong code, a code that was used, and somebody who holds nothing."""
    mia, leo = Customer(one_desk), Customer(one_desk, "leo.fox")
    holds_nothing(one_desk, 9)
    one_desk.now += STEP
    mia.sign_in()
    used = mia.code()
    tried: dict[str, tuple[int, str, tuple[str, ...]]] = {}
    for why, username, password, code in (
        ("unknown", "mia.nobody", OWN_PASSWORD, used),
        ("not joined", "raj.patel", OWN_PASSWORD, used),
        ("wrong password", "mia.chen", "seven lamps over the water", used),
        ("wrong code", "mia.chen", OWN_PASSWORD, "000000" if used != "000000" else "111111"),
        ("used code", "mia.chen", OWN_PASSWORD, used),
        ("holds nothing, wrong password", "leo.fox", "seven lamps over the water", leo.code()),
        ("holds nothing, wrong code", "leo.fox", OWN_PASSWORD, "000000" if leo.code() != "000000" else "111111"),
    ):
        stranger, sent = Browser(one_desk), list[str]()
        stranger.get("/sign-in")
        with watched(one_desk.store.engine, sent.append):
            answer = stranger.send("/sign-in", username=username, password=password, code=code)
        tried[why] = answer.status_code, stranger.words, tuple(sent)
        assert "deskgate_account" not in stranger.client.cookies
    assert {one[:2] for one in tried.values()} == {tried["unknown"][:2]}
    assert tried["unknown"][0] == 403
    assert len(tried["unknown"][2]) > 5
    for why, (_, _, sent_then) in tried.items():
        assert sent_then == tried["unknown"][2], why


def test_ms40_somebody_without_any_permission_cannot_sign_in_and_learns_it_after_proof_alone(one_desk: Desk) -> None:
    leo = Customer(one_desk, "leo.fox")
    holds_nothing(one_desk, 9)
    before = count(one_desk, tables.person_sessions)
    assert leo.sign_in().status_code == 403
    assert "you hold no permission on any account" in leo.words
    assert count(one_desk, tables.person_sessions) == before
    e = tables.ledger.c
    (rule,) = rows(
        one_desk, select(e.rules).where(e.action == "portal.login", e.who == "person:9", e.decision != "allowed")
    )
    assert "MS-40" in rule[0]


def test_a_code_is_good_once_wherever_it_is_said(one_desk: Desk) -> None:
    mia = Customer(one_desk)
    mia.sign_in()
    with one_desk.store.transaction("test") as tx:
        assert not totp.check(tx, 8, mia.code()), "as a second proof by phone"
    one_desk.now += STEP
    with one_desk.store.transaction("test") as tx:
        assert totp.check(tx, 8, mia.code())
    mia.get("/sign-out")
    mia.client.cookies.clear()
    mia.get("/sign-in")
    assert mia.send("/sign-in", username="mia.chen", password=OWN_PASSWORD, code=mia.code()).status_code == 403


def test_a_stranger_is_counted_and_whoever_is_known_is_not_shut_out(mailing: Desk, mailbox: Mailbox) -> None:
    mia = Customer(mailing)
    strangers = crowd(mailing, 16)
    for one in strangers:
        one.get("/sign-in")
        one.send("/sign-in", username="mia.chen", password="x" * 15, code="123456")
    assert [one.page.status_code for one in strangers if one.page] == [403] * 15 + [429]
    assert "too many tries with that username" in strangers[-1].words
    assert mia.sign_in().status_code == 200
    mailing.pass_time(2 * MINUTE)
    mailing.work()
    assert [mail["Subject"] for mail in mailbox.mails if "sign in as" in mail["Subject"]] == [
        "Somebody tried to sign in as you",
        "Somebody tried to sign in as a contact",
    ]
    assert Agent(mailing).sign_in().status_code == 200, "the desk's door is counted apart"


# --- how a session ends


def test_it_ends_at_sign_out_after_an_hour_without_a_deed_and_after_twelve(one_desk: Desk) -> None:
    mia = Customer(one_desk)
    mia.sign_in()
    held_before = mia.client.cookies["deskgate_account"]
    mia.send("/sign-out")
    assert not is_in(mia)
    mia.client.cookies.set("deskgate_account", held_before, domain="127.0.0.1", path="/")
    assert not is_in(mia), "nor by whoever has kept the cookie"
    mia.sign_in()
    one_desk.pass_time(59 * MINUTE)
    assert is_in(mia)
    one_desk.pass_time(61 * MINUTE)
    assert not is_in(mia)
    mia.sign_in()
    for _ in range(12):
        one_desk.pass_time(HOUR - 5)
        still = is_in(mia)
    assert still
    one_desk.pass_time(2 * MINUTE)
    assert not is_in(mia)


def by_import(*mia: str, off: bool = False) -> Callable[[Desk], object]:
    every = ["manage_users", "manage_billing", "manage_services", "manage_support", "purchase_services"]
    contacts: list[dict[str, object]] = [
        {"person": "raj.patel", "roles": ["admin_contact", "billing_contact"], "permissions": every},
        {"person": "mia.chen", "permissions": list(mia)},
    ]
    file = {"accounts": [{"number": "400639", "contacts": contacts[:1] if off else contacts}]}
    return lambda desk: import_run.run(desk.store, read(json.dumps(file).encode()))


def in_store(do: Callable[[Transaction], object]) -> Callable[[Desk], object]:
    def done(desk: Desk) -> None:
        with desk.store.transaction("test") as tx:
            do(tx)

    return done


def revoked(ground: str) -> Callable[[Desk], object]:
    return in_store(lambda tx: revocation.revoke(tx, [8], ground))


def entered(desk: Desk, person: int) -> Browser:
    """Somebody who has signed in, however it was."""
    browser = Browser(desk)
    with desk.store.transaction("test") as tx:
        browser.client.cookies.set("deskgate_account", sessions.begin(tx, CUSTOMERS, person))
    return browser


def test_it_ends_when_rights_or_security_change(one_desk: Desk) -> None:
    Customer(one_desk)  # has an authenticator
    raj = entered(one_desk, 7)
    for what, change_it in {
        "a right more": by_import("manage_support", "manage_services"),
        "another right": by_import("manage_services"),
        "a new PIN": pin_set,
        "the authenticator is removed": in_store(lambda tx: totp.remove(tx, 8)),
        "a new address": revoked("address"),
        "a new number": revoked("number"),
        "out of Slack": revoked("slack"),
        "off the account": by_import(off=True),
    }.items():
        mia = entered(one_desk, 8)
        assert is_in(mia), what
        change_it(one_desk)
        assert not is_in(mia), what
        assert is_in(raj), "of whom nothing has changed"


def pin_set(desk: Desk) -> None:
    kept = pins.keep(desk.store.keys, 8, pins.issue())
    with desk.store.transaction("test") as tx:
        pins.put(tx, kept)


# --- whose cookie, whose form


def test_the_two_doors_know_nothing_of_each_others_sessions(one_desk: Desk) -> None:
    mia, kim = Customer(one_desk), Agent(one_desk)
    mia.sign_in()
    kim.sign_in()
    hers, his = mia.client.cookies["deskgate_account"], kim.client.cookies["deskgate_session"]
    thief = Browser(one_desk)
    thief.client.cookies.set("deskgate_session", hers)
    thief.client.cookies.set("deskgate_account", his)
    assert "Kim Novak" not in thief.read("/desk")
    assert IN not in thief.read("/")
    assert "Mia Chen" not in thief.words
    for form in ({"token": "x" * 43}, {"other": ""}, {"token": kim.fields("/desk/sign-out")["token"]}):
        assert mia.post("/sign-out", form).status_code == 403
    form = mia_form(mia)
    assert mia.post("/sign-out", form, Origin="https://evil.example").status_code == 403
    assert is_in(mia)


def mia_form(mia: Customer) -> dict[str, str]:
    mia.get("/")
    return mia.fields("/sign-out")


def test_staff_do_not_sign_in_as_customers_nor_the_other_way_round(one_desk: Desk) -> None:
    mia, kim = Customer(one_desk), Agent(one_desk)
    one_desk.now += STEP
    kim.get("/sign-in")
    assert kim.send("/sign-in", username="agent.kim", password=PASSWORD, code=kim.code()).status_code == 403
    assert mia.try_to_sign_in("mia.chen", OWN_PASSWORD, mia.code()).status_code == 403
    assert mia.client.cookies["deskgate_account_known"].startswith("person.8.")
    marks = one_desk.container.portal.marks
    assert marks.whose(CUSTOMERS, mia.client.cookies["deskgate_account_known"]) == Subject.of_person(8)
    assert marks.whose(STAFF, mia.client.cookies["deskgate_account_known"]) == ""


def test_to_a_stranger_every_page_is_the_sign_in_and_it_leads_to_our_own_alone(one_desk: Desk) -> None:
    stranger, mia = Browser(one_desk), Customer(one_desk)
    assert stranger.client.get("/").headers["location"] == "/sign-in"
    for asked in ("//evil.example", "https://evil.example/", "/desk", "/sign-out", "/\\evil.example", "/simulator"):
        mia.desk.now += STEP
        mia.client.cookies.clear()
        mia.get(f"/sign-in?to={asked}")
        form = mia.fields("/sign-in") | {"username": "mia.chen", "password": OWN_PASSWORD, "code": mia.code()}
        assert mia.client.post("/sign-in", data=form, headers={"Origin": PUBLIC}).headers["location"] == "/"


@pytest.mark.both_databases
def test_an_address_with_a_nul_names_nothing(desk: Desk) -> None:
    """PostgreSQL takes no such text, not even to look for it."""
    mia = entered(desk, 8)
    for path in ("/accounts/a%00b", "/accounts/400639%00", "/accounts/400639/people/mia.chen%00"):
        assert mia.client.get(path).status_code == 404
