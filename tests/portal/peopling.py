"""Customers who manage the people of an account on their own pages, with a second proof given in their session."""

from __future__ import annotations

from authz import Subject
from store import tables
from store.sign_in import sessions
from store.sign_in.realms import CUSTOMERS
from store.verification import step_ups
from tests.desk import Desk
from tests.ivr.wire import rows
from tests.portal.browsing import Browser
from tests.portal.test_customers import entered

# Accounts of the sample file, by id and number.
HARBOUR, NORTHLIGHT, TIDEWORKS = (1, "200417"), (2, "300528"), (3, "400639")
MINUTES = 15 * 60_000


def proved(desk: Desk, person: int, account: tuple[int, str] = TIDEWORKS) -> Browser:
    """Signed in, and proved a second time on the account."""
    browser = entered(desk, person)
    prove(desk, browser, account)
    return browser


def prove(desk: Desk, browser: Browser, account: tuple[int, str] = TIDEWORKS) -> None:
    with desk.store.transaction("test") as tx:
        who = sessions.find(tx, CUSTOMERS, browser.client.cookies["deskgate_account"], does=False)
        assert who is not None
        step_ups.reached(tx, who.subject, account[0], "passkey", who.session, ends_at=desk.now + MINUTES)


def page(account: tuple[int, str], *username: str) -> str:
    return "/".join((f"/accounts/{account[1]}/people", *username))


def held(desk: Desk, account: tuple[int, str], person: int) -> set[str] | None:
    """What they hold there; None: they are not on it."""
    c, r = tables.contacts.c, tables.contact_rights.c
    if not rows(desk, c.person_id.table.select().where(c.account_id == account[0], c.person_id == person)):
        return None
    theirs = r.right.table.select().where(r.account_id == account[0], r.person_id == person)
    return {row.right for row in rows(desk, theirs)}


def ticks(browser: Browser, account: tuple[int, str], username: str, *words: str) -> None:
    """Ticks these and no others on somebody's page, and looks at what would change."""
    browser.get(page(account, username))
    browser.send(page(account, username), **{f"hold-{word}": "on" for word in words})


def saves(browser: Browser, path: str) -> None:
    """Presses the button of the page that says what would change."""
    browser.send(path)


def subject(person: int) -> Subject:
    return Subject.of_person(person)
