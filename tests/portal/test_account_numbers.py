"""E15: every account number that an import takes has a page, whatever stands between its letters and digits."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from store import tables
from store.imports.file_format import ImportFileError, read
from tests.desk import Desk
from tests.ivr.wire import change
from tests.portal.test_insider import accounts, signed_in

TAKEN = ("AB.12", "a_b__c--9", "UK-2026-0017", "7.x-Y-z_0")
REFUSED = ("UK/2026/0017", "X/people", "a/../b", "a//b", "a..b", "a/", ".a", "a/./b", "a b", "a%2Fb", "a_/b")


def document(number: str) -> bytes:
    return f'{{"accounts": [{{"number": "{number}"}}]}}'.encode()


def test_e15_the_page_of_an_account_whose_number_has_more_than_digits(one_desk: Desk) -> None:
    kim = signed_in(one_desk)
    for number, ticket in zip(TAKEN, accounts(one_desk, len(TAKEN)), strict=True):
        assert [account.number for account in read(document(number)).accounts] == [number]
        where = tables.accounts.c.name == f"Firm {TAKEN.index(number)}"
        change(one_desk, update(tables.accounts).where(where).values(number=number))
        kim.get(f"/desk/tickets/{ticket}")
        kim.send(f"/desk/tickets/{ticket}/take")
        assert kim.get(f"/desk/account?number={number}").status_code == 200
        assert str(kim.page and kim.page.url.path) == f"/desk/account/{number}"
        assert f"Firm {TAKEN.index(number)}" in kim.words
        kim.client.cookies.clear()
        turned = kim.client.get(f"/desk/account/{number}").headers["location"]
        assert turned == f"/desk/sign-in?to=/desk/account/{number}", "and signing in leads back to it"
        kim.sign_in()


@pytest.mark.parametrize("number", REFUSED)
def test_e15_a_number_that_would_lead_elsewhere_is_refused(number: str) -> None:
    with pytest.raises(ImportFileError) as refused:
        read(document(number))
    assert refused.value.lines == [
        "accounts[0].number: may have letters, digits and . _ - between them, of . one at a time; write - for /"
    ]
