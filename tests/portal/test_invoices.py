"""Invoices on an account's pages: each prints what was on file when it was issued, and an unpaid one is corrected by a new one alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from store import tables
from store.imports import import_run
from store.imports.file_format import ImportFileError, read
from tests.desk import Desk
from tests.ivr.wire import change
from tests.portal.browsing import Browser
from tests.portal.test_customers import entered

OLIVIA, TOM, BEA, INES, RAJ, MIA, LEO = 1, 3, 4, 6, 7, 8, 9  # people of the sample file, by their id
OLD = {"number": "MS-9001", "amount": "311.20", "currency": "GBP", "due": "2026-11-15", "status": "overdue"}
NEW = {"number": "MS/9002", "amount": "20.00", "currency": "GBP", "due": "2026-12-15", "status": "unpaid"}
FIRST = (
    "Billed to Tideworks Ltd Unit 4, Slipway Road Falmouth TR11 9ZZ VAT number GB999 0000 02 "
    "For the attention of Raj Patel, raj@tideworks.example"
)
WRONG = "We never change an invoice once it is issued: ask us for a new one."


def imported(desk: Desk, **account: Any) -> None:
    import_run.run(desk.store, read(json.dumps({"accounts": [{"number": "400639"} | account]}).encode()))


def invoice(who: Browser, number: str, account: str = "400639") -> str:
    return who.read(f"/accounts/{account}/invoices/{number}")


def test_ms14_ms15_an_invoice_prints_what_was_on_file_when_it_was_issued(one_desk: Desk) -> None:
    raj = entered(one_desk, RAJ)
    raj.get("/accounts/400639")
    assert 'href="/accounts/400639/invoices/MS-9001"' in raj.text
    assert FIRST in invoice(raj, "MS-9001")
    assert "has changed since" not in raj.words
    billing = {"name": "Tideworks Marine", "address": ["1 Pier"]}
    imported(one_desk, billing=billing, invoices=[OLD | {"status": "unpaid", "amount": "300.00"}, NEW])
    assert FIRST in invoice(raj, "MS-9001"), "what is issued stays"
    assert "300.00 GBP due on" in raj.words
    assert "What is on file has changed since" in raj.words
    assert "Tideworks Marine" not in raj.words
    assert "Billed to Tideworks Marine 1 Pier For the attention of Raj Patel" in invoice(raj, "MS/9002")
    assert "has changed since" not in raj.words
    people = [{"username": "raj.patel", "name": "Raj Patel-Wood"}]
    import_run.run(one_desk.store, read(json.dumps({"people": people}).encode()))
    raj = entered(one_desk, RAJ)
    assert "For the attention of Raj Patel, raj@" in invoice(raj, "MS/9002")
    assert "has changed since" in raj.words, "the next one names him as he is called now"


def test_ms14_after_a_hand_over_later_invoices_name_the_new_billing_contact(one_desk: Desk) -> None:
    everything = ["manage_users", "manage_billing", "manage_services", "manage_support", "purchase_services"]
    contacts = [
        {"person": "raj.patel", "roles": ["admin_contact"], "permissions": everything},
        {"person": "mia.chen", "roles": ["billing_contact"], "permissions": ["manage_billing"]},
    ]
    imported(one_desk, contacts=contacts, invoices=[OLD, NEW])
    mia = entered(one_desk, MIA)
    assert FIRST in invoice(mia, "MS-9001")
    assert "For the attention of Mia Chen, mia@" in invoice(mia, "MS/9002")


def test_without_billing_details_it_is_for_the_account_and_only_memset_names_a_contact(one_desk: Desk) -> None:
    ines = entered(one_desk, INES)
    page = invoice(ines, "SR-118", "300528")
    assert "64.50 EUR paid Billed to Northlight Studio This is what" in page
    assert WRONG not in page, "it is paid"
    assert "VAT number GB999 0000 01" in invoice(entered(one_desk, BEA), "MT-3307", "200417")


def test_ms16_an_unpaid_one_leads_to_a_billing_ticket_or_says_who_may_open_one(one_desk: Desk) -> None:
    raj = entered(one_desk, RAJ)
    assert WRONG in invoice(raj, "MS-9001")
    assert "/tickets/new?account=400639&amp;invoice=MS-9001" in raj.text
    page = raj.read("/tickets/new?account=400639&invoice=MS-9001")
    assert "Invoice MS-9001: please send a new one." in page
    assert 'value="400639:billing" selected' in raj.text
    raj.send("/tickets/new", about="400639:billing", words="Invoice MS-9001: another name", service="")
    assert "Your ticket is open" in raj.words
    i = tables.invoices
    change(one_desk, i.update().values(status="unpaid"))
    ines = entered(one_desk, INES)
    assert WRONG in invoice(ines, "SR-118", "300528")
    assert "does not let you open billing tickets. Ask Sam Okoro" in ines.words
    assert "SR-11" in ines.words
    assert "invoice=SR-118" not in ines.text


def test_nobody_else_sees_an_invoice_and_all_hear_the_same(one_desk: Desk) -> None:
    """Of another account, of this one without the right, and whoever asks for another account's invoice under their own."""
    for person, account, number in (
        (OLIVIA, "400639", "MS-9001"),
        (OLIVIA, "200417", "MS-9001"),
        (MIA, "400639", "MS-9001"),
        (LEO, "400639", "MS-9001"),
        (TOM, "200417", "MT-3307"),
        (RAJ, "400639", "MS-9999"),
    ):
        one = entered(one_desk, person)
        nobodys = one.get("/accounts/999999/invoices/1").status_code, one.words
        assert (one.get(f"/accounts/{account}/invoices/{number}").status_code, one.words) == nobodys == (404, one.words)


@pytest.mark.parametrize(
    ("billing", "says"),
    [
        ({"address": ["x1"]}, "accounts[0].billing.name: is missing"),
        ({"name": "A", "address": ["x1"] * 9}, "accounts[0].billing.address: has too many lines: eight at most"),
        ({"name": "A", "address": ["two\nlines"]}, "accounts[0].billing.address[0]: must be one line of text"),
        ({"name": "A", "iban": "1"}, "accounts[0].billing.iban: is not a known key"),
    ],
)
def test_billing_details_that_could_not_be_printed_are_refused(billing: Any, says: str) -> None:
    with pytest.raises(ImportFileError) as caught:
        read(json.dumps({"accounts": [{"number": "1", "billing": billing}]}).encode())
    assert any(line.startswith(says) for line in caught.value.lines), caught.value.lines
