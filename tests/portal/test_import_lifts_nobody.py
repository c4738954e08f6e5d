"""An import beside what customers do on their pages: what they asked for, confirmed or wrote lifts nobody by way of the file. T17"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from sqlalchemy import select, update

from store import tables
from store.imports.file_format import ImportFileError, read
from store.imports.import_run import ImportResult, run
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.wire import change, count, rows
from tests.portal.peopling import HARBOUR, TIDEWORKS, held, page, proved, ticks
from tests.portal.test_contact_requests import request, writes
from tests.portal.test_insider import signed_in
from tests.portal.test_own_pages import LEO, RAJ
from tests.store.importing import SAMPLE

Document = dict[str, Any]


def sample(**contacts: list[dict[str, Any]]) -> Document:
    """The file of the operator's; `contacts` of an account (`_400639`) are put in the place of its own."""
    changed: Document = copy.deepcopy(SAMPLE)
    for account in changed["accounts"]:
        account["contacts"] = contacts.get(f"_{account['number']}", account["contacts"])
    return changed


def imports(desk: Desk, document: Document, **options: Any) -> ImportResult:
    return run(desk.store, read(json.dumps(document).encode()), **options)


def test_a_request_that_waits_is_confirmed_by_no_import_and_one_confirmed_stands_by_the_file(one_desk: Desk) -> None:
    """The file is the operator's word: where it names the contacts, it says what they hold."""
    number, kim = request(one_desk, RAJ, TIDEWORKS), signed_in(one_desk, "agent.kim")
    writes(kim, number, "change", "leo.fox", "manage_support")
    before = held(one_desk, TIDEWORKS, LEO)
    imports(one_desk, sample())
    assert held(one_desk, TIDEWORKS, LEO) == before, "it waits still"
    raj = proved(one_desk, RAJ)
    at = "/accounts/400639/contact-requests/1"
    raj.get(at)
    raj.send(f"{at}/confirm")
    assert held(one_desk, TIDEWORKS, LEO) == {"manage_support"}
    imports(one_desk, sample())
    assert held(one_desk, TIDEWORKS, LEO) == before


def test_a_username_written_on_a_page_meets_the_file_on_no_other_account(one_desk: Desk) -> None:
    """Raj has somebody on his account called as the owner of a new one will be: no login of his is on that account by it."""
    raj = proved(one_desk, RAJ)
    raj.get("/accounts/400639/new-person")
    raj.send("/accounts/400639/new-person", name="Zoe Finch", email="zoe@raj.example", phone="")
    raj.send("/accounts/400639/new-person", username="zoe.finch")
    ticks(raj, TIDEWORKS, "zoe.finch", "manage_support")
    raj.send(page(TIDEWORKS, "zoe.finch"))
    zoe = {"person": "zoe.finch", "roles": ["owner"], "permissions": []}
    new = {"number": "700800", "name": "Finch", "scheme": "media_temple", "status": "active", "contacts": [zoe]}
    harbour = next(one["contacts"] for one in SAMPLE["accounts"] if one["number"] == HARBOUR[1])
    people, accounts = count(one_desk, tables.contacts), count(one_desk, tables.accounts)
    for document in (
        {"accounts": [new]},
        sample(**{f"_{HARBOUR[1]}": [*harbour, zoe]}),
    ):
        for over in (False, True):
            with pytest.raises(ImportFileError, match=r"zoe\.finch was added on the pages of another account"):
                imports(one_desk, document, over_locks=over)
    assert (count(one_desk, tables.contacts), count(one_desk, tables.accounts)) == (people, accounts)
    tideworks = next(one["contacts"] for one in SAMPLE["accounts"] if one["number"] == TIDEWORKS[1])
    mine = {"person": "zoe.finch", "permissions": ["manage_support", "manage_services"]}
    imports(one_desk, sample(_400639=[*tideworks, mine]))
    p = tables.people.c
    (row,) = rows(one_desk, select(p.id).where(p.username == "zoe.finch"))
    assert held(one_desk, TIDEWORKS, row.id) == {"manage_support", "manage_services"}, (
        "on the account she was added to the file counts"
    )


@pytest.mark.parametrize("written", ["zoe.finch", "Zoe.Finch"])
def test_a_username_that_a_customer_foresaw_gives_way_to_the_file(
    mailing: Desk, mailbox: Mailbox, written: str
) -> None:
    """The import goes on as if nobody had it: a dry run, one with PINs, and the same file the night after."""
    raj = proved(mailing, RAJ)
    for username in ("zoe.finch", "zoe.finch-2"):
        raj.get("/accounts/400639/new-person")
        raj.send("/accounts/400639/new-person", name="Zoe Finch", email="zoe@raj.example", phone="")
        raj.send("/accounts/400639/new-person", username=username)
    ticks(raj, TIDEWORKS, "zoe.finch", "manage_support")
    raj.send(page(TIDEWORKS, "zoe.finch"))
    mailing.work()
    p = tables.people.c
    find = select(p.id, p.username, p.name, p.email).where(p.email.like("zoe@%"))
    ghost = next(row.id for row in rows(mailing, find) if row.username == "zoe.finch")
    zoe = {"username": written, "name": "Zoe F. Finch", "email": "zoe@finch.example", "pin": "79461385"}
    contact = {"person": written, "roles": ["owner"]}
    new = {"number": "700800", "name": "Finch", "scheme": "media_temple", "contacts": [contact]}
    document = {
        "people": [zoe, {"username": "zoe.finch-3", "name": "Z", "email": "z@finch.example"}],
        "accounts": [new],
    }
    dry = imports(mailing, document, dry_run=True)
    assert "zoe.finch" in {row.username for row in rows(mailing, find)}
    done = imports(mailing, document)
    assert dry.counts == done.counts
    assert done.counts["people.renamed"] == 1
    said = "person zoe.finch, added on the pages of account 400639: now zoe.finch-4"
    assert said in dry.differences
    assert said in done.differences
    called = {row.id: row for row in rows(mailing, find)}
    assert called[ghost].username == "zoe.finch-4", "neither of those that are somebody's already"
    assert (called[ghost].name, called[ghost].email) == ("Zoe Finch", "zoe@raj.example"), (
        "nothing of the file's is theirs"
    )
    (hers,) = (row.id for row in called.values() if row.username == written)
    finch = (rows(mailing, select(tables.accounts.c.id).where(tables.accounts.c.number == "700800"))[0].id, "700800")
    assert held(mailing, finch, hers) == {"owner"}
    assert held(mailing, finch, ghost) is None
    assert held(mailing, TIDEWORKS, ghost) == {"manage_support"}, "what they hold on their own account stays"
    mailbox.mails.clear()
    mailing.work()
    told = [str(mail["To"]) for mail in mailbox.mails if "username" in str(mail["Subject"])]
    assert any("zoe@raj.example" in to for to in told), told
    assert not any("zoe@finch" in to for to in told), told
    assert imports(mailing, document).counts == {}, "the night after there is nothing to do"


@pytest.mark.parametrize("over", [False, True])
def test_no_import_takes_the_last_owner_and_a_lock_gives_way_by_the_operators_word_alone(
    one_desk: Desk, over: bool
) -> None:
    change(
        one_desk, update(tables.accounts).where(tables.accounts.c.number == TIDEWORKS[1]).values(locked_at=one_desk.now)
    )
    admin = {"person": "raj.patel", "roles": ["admin_contact", "billing_contact"]}
    with pytest.raises(ImportFileError):
        imports(one_desk, sample(_400639=[]), over_locks=over)
    admin["permissions"] = ["manage_users", "manage_billing", "manage_services", "manage_support", "purchase_services"]
    mia = {"person": "mia.chen", "permissions": ["manage_users"]}
    found = imports(one_desk, sample(_400639=[admin, mia]), over_locks=over)
    assert found.locked == ([] if over else [TIDEWORKS[1]])
    assert held(one_desk, TIDEWORKS, LEO) is None if over else held(one_desk, TIDEWORKS, LEO) is not None
