"""Records of an account, for its owner alone: in sentences, chosen, page by page, as files; a receipt that is checked without the desk."""

from __future__ import annotations

import csv
import io
import json
from collections import deque
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update

from authz import Proof, Subject
from portal.customers import records_pages
from store import tables
from store.ledger import public_keys, receipts
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.browsing import Browser
from tests.portal.test_customers import entered
from tests.portal.test_requests import OLIVIA, RAJ, TIDEWORKS, proves
from tests.serving import serving

PAGE = f"/accounts/{TIDEWORKS}/records"
LEO, MIA = 9, 8
TIDE = 3


def owner(desk: Desk) -> Browser:
    """Raj, signed in, with a second proof on Tideworks."""
    raj = entered(desk, RAJ)
    proves(desk, raj, RAJ, TIDE)
    return raj


def recorded(
    desk: Desk, who: str, action: str, decision: str, *fields: str, rules: str = "MS-28", account: int | None = TIDE
) -> None:
    with desk.store.transaction("phone") as tx:
        tx.record(Subject(who), account, action, decision, [rules], Proof.VERIFIED, fields)
    desk.now += 1000


def exported(who: Browser, kind: str, **chosen: str) -> list[dict[str, Any]]:
    asked = "&".join(f"{name}={value}" for name, value in chosen.items())
    text = who.get(f"{PAGE}.{kind}?{asked}").content.decode("utf-8-sig")
    rows: list[dict[str, Any]] = json.loads(text) if kind == "json" else list(csv.DictReader(io.StringIO(text)))
    return rows


def test_the_owner_reads_who_was_told_what_in_sentences(one_desk: Desk) -> None:
    raj = entered(one_desk, RAJ)
    raj.get(PAGE)
    assert raj.page is not None
    assert raj.page.url.path == "/prove", "it takes a second proof"
    recorded(one_desk, "person:8", "ticket.view:technical", "allowed", "ticket.title", "ticket.status")
    recorded(one_desk, "person:9", "billing.view", "no_right", rules="MS-26")
    recorded(one_desk, "person:9", "ticket.open:technical", "allowed", "lent_by:person:7", rules="D-lent")
    recorded(one_desk, "desk:operator", "contacts.changed", "removed", "person:8", rules="D-x")
    proves(one_desk, raj, RAJ, TIDE)
    raj.get(PAGE.replace("records", "new-person"))
    page = raj.read(PAGE)
    for sentence in (
        "Mia Chen was told titles of tickets and how tickets stand.",
        "Leo Fox asked to see what is owed and was refused: nothing they hold allows it.",
        "Leo Fox was allowed to open technical tickets.",
        "by a right that Raj Patel had lent them · Rule D-lent",
        "The operator removed Mia Chen.",
        "Raj Patel looked at who is on the account.",
    ):
        assert sentence in page


def test_notices_are_in_them_with_whom_and_why(one_desk: Desk) -> None:
    recorded(one_desk, "staff:2", "notice.technical", "queued", "notice:1", "people:2")
    recorded(one_desk, "desk:worker", "notice.technical", "sent", "notice:1", "person:7", rules="MS-12 MS-22")
    recorded(one_desk, "desk:worker", "notice.ticket", "refused", "notice:2", "person:8", "ticket.number:1001")
    recorded(one_desk, "desk:worker", "notice.billing", "sent", "notice:3", "person:999")
    page = owner(one_desk).read(PAGE)
    for sentence in (
        "The support desk sent out a notice about services, maintenance or advice.",
        "Raj Patel was sent a notice about services, maintenance or advice.",
        "on the desk's authority · Rule MS-12, MS-22",
        "Mia Chen was sent a mail about a ticket, and their address refused it.",
        "Somebody whose data was erased was sent a notice about invoices, renewals or payments.",
        "November 2026" if "2026-11" in records_pages._months(one_desk.now) else "20",
    ):
        assert sentence in page, sentence


def test_nobody_else_reads_them(one_desk: Desk) -> None:
    leo, olivia = entered(one_desk, LEO), entered(one_desk, OLIVIA)
    for path in (PAGE, f"{PAGE}.csv", f"{PAGE}.json", f"{PAGE}/receipt?entry={'0' * 16}-1"):
        assert leo.get(path).status_code == 403, path
        assert "Raj Patel" in leo.words
        assert olivia.get(path).status_code == 404, path


def test_what_a_threat_holds_back_tries_and_strangers_are_not_in_them(one_desk: Desk) -> None:
    """Somebody who has the owner's session learns nothing of a duress PIN, of who tried to prove themselves, of other accounts."""
    raj = owner(one_desk)
    raj.get(PAGE)
    before = exported(raj, "json")
    hidden = (
        ("person:8", "duress", "not_told", "Invoices"),
        ("person:8", "ticket.quarantined", "kept", "ticket.number:1001"),
        ("nobody", "pin.attempt", "wrong", "claimed:person:8"),
        ("person:8", "pin.attempt", "right", "duress"),
        ("person:8", "step_up", "wrong", "factor:passkey"),
        ("person:8", "step_up", "refused", "factor:passkey"),
        ("person:8", "proof.pin", "guarded", "x"),
        ("person:8", "approval", "asked", "x"),
        ("person:8", "revoked", "account", "x"),
        ("person:1", "billing.view", "not_a_contact", "x"),
        ("staff:2", "desk.ticket.work", "allowed", "ticket.body"),
        ("desk:worker", "callback", "busy", "called:person:8"),
    )
    for who, action, decision, field in hidden:
        recorded(one_desk, who, action, decision, field)
    recorded(one_desk, "person:8", "billing.view", "allowed", "invoice.amount", account=1)
    after = exported(raj, "json")
    assert [row for row in after if row not in before and row["action"] != "account.records"] == []
    recorded(one_desk, "person:8", "billing.view", "allowed", "invoice.amount")
    assert any(row["action"] == "billing.view" for row in exported(raj, "json")), "and it does look"


def test_chosen_by_person_and_month_page_by_page_and_the_files_have_the_same_rows(
    one_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records_pages, "AT_ONCE", 7)
    raj = owner(one_desk)
    for n in range(60):
        recorded(one_desk, "person:8" if n % 2 else "person:9", "billing.view", "allowed", f"field{n}")
    month = next(iter(records_pages._months(one_desk.now)))
    mia = [
        row["told"][0]
        for row in exported(raj, "json", person="mia.chen", month=month)
        if row["action"] == "billing.view"
    ]
    assert mia == [f"field{n}" for n in range(59, 0, -2)], "the newest first, each once, over several pieces"
    assert [row["told"] for row in exported(raj, "csv", person="mia.chen") if row["action"] == "billing.view"] == mia
    assert exported(raj, "json", person="mia.chen", month=list(records_pages._months(one_desk.now))[3]) == []
    assert exported(raj, "json", person="nobody.here") == []
    recorded(one_desk, "desk:operator", "contacts.changed", "removed", "person:8")
    recorded(one_desk, "desk:operator", "contacts.changed", "removed", "person:88")
    assert exported(raj, "json", person="mia.chen")[0]["what"] == "The operator removed Mia Chen."
    seen: list[str] = []
    page = raj.read(PAGE)
    while True:
        seen += [word.strip(".") for word in page.split() if word.startswith("field")]
        if 'rel="next"' not in raj.text:
            break
        page = raj.read(raj.text.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&"))
    assert seen == [f"field{n}" for n in range(59, -1, -1)]


def test_a_file_ends_where_the_right_is_lost(one_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records_pages, "AT_ONCE", 1)
    raj = owner(one_desk)
    for n in range(3):
        recorded(one_desk, "person:8", "billing.view", "allowed", f"field{n}")
    further = records_pages._further

    def gone(*args: Any) -> Any:
        one_desk.pass_time(3600)  # the second proof has ended
        return further(*args)

    monkeypatch.setattr(records_pages, "_further", gone)
    came, cookie = bytearray(), {"Cookie": f"deskgate_account={raj.client.cookies['deskgate_account']}"}
    with serving(one_desk.app) as server, httpx2.stream("GET", f"{server.url}{PAGE}.csv", headers=cookie) as file:
        parts = file.iter_raw()
        with pytest.raises(httpx2.RemoteProtocolError, match="incomplete chunked read"):
            deque(map(came.extend, parts))
    assert came.decode().count("\n") == 2, "the names of the columns, and the one row read before"


def test_a_formula_is_no_formula_in_a_spreadsheet(one_desk: Desk) -> None:
    raj = owner(one_desk)
    change(one_desk, update(tables.people).where(tables.people.c.id == MIA).values(name='=HYPERLINK("x")'))
    recorded(one_desk, "person:8", "billing.view", "allowed", "invoice.amount")
    row = next(row for row in exported(raj, "csv") if row["action"] == "billing.view")
    assert row["who"] == '\'=HYPERLINK("x")'


def receipt(desk: Desk) -> tuple[str, str]:
    """One, and the public keys."""
    raj = owner(desk)
    recorded(desk, "person:8", "billing.view", "allowed", "invoice.amount")
    entry = next(row["entry"] for row in exported(raj, "json") if row["action"] == "billing.view")
    made = raj.get(f"{PAGE}/receipt?entry={entry}")
    assert made.headers["content-disposition"].startswith("attachment")
    return made.text, raj.get("/.well-known/jwks.json").text


def test_a_receipt_is_checked_without_the_desk_and_whatever_is_changed_in_it_is_found(one_desk: Desk) -> None:
    text, published = receipt(one_desk)
    known = public_keys.read_published(published)
    said = json.loads(text)
    assert receipts.checked(text, known)["entry"]["what"] == "Mia Chen was told amounts of invoices."
    tampered: tuple[Any, ...] = (
        {**said, "account": "200417"},
        {**said, "entry": {**said["entry"], "what": "Mia Chen was told nothing."}},
        {**said, "ledger": {**said["ledger"], "digest": ""}},
        {**said, "more": 1},
        {**said, "receipt": 2},
        {**said, "kid": "00000000"},
        {name: value for name, value in said.items() if name != "signature"},
        {name: value for name, value in said.items() if name != "made_at"},
        {**said, "signature": said["signature"][:-4]},
        [],
        {},
    )
    for changed in tampered:
        with pytest.raises(receipts.NoReceiptError):
            receipts.checked(json.dumps(changed), known)
    with pytest.raises(receipts.NoReceiptError):
        receipts.checked(text[:-20], known)


def test_a_receipt_of_what_is_not_this_accounts_is_not_there(one_desk: Desk) -> None:
    raj = owner(one_desk)
    recorded(one_desk, "person:1", "billing.view", "allowed", "invoice.amount", account=1)
    e = tables.ledger.c
    ((segment, n),) = rows(one_desk, select(e.segment, e.n).where(e.account == 1, e.action == "billing.view"))
    for entry in (f"{segment}-{n}", "", "x", f"{'0' * 16}-1", f"{segment}-{n}'"):
        assert raj.get(f"{PAGE}/receipt?entry={entry}").status_code == 404
