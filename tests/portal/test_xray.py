"""The X-ray of an account: each thing it finds, for its owner alone, and in the same sentences for the operator."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import delete, insert, update

from authz import Subject, load_schemes
from desk import xray
from desk.xray import FOUND
from store import tables
from store.contacts.account_xray import LONG, Examination, Examined
from store.text.durations import COOLING
from tests.desk import Desk
from tests.ivr.wire import change
from tests.portal.browsing import Browser
from tests.portal.test_customers import entered
from tests.portal.test_requests import OLIVIA, RAJ, TIDEWORKS, proves

PAGE = f"/accounts/{TIDEWORKS}/xray"
LEO, MIA, TIDE = 9, 8, 3
MEMSET = load_schemes()["memset"]
ADA = Examined(1, "Ada", MEMSET.owner_holds | {"billing_contact"}, True, True, False, False, 1, False)
BEN = Examined(2, "Ben", frozenset({"manage_users", "manage_support"}), True, True, False, False, 1, False)


def found(*people: Examined) -> dict[str, tuple[str, ...]]:
    return {one.code: one.names for one in xray.of(Examination("Ltd", MEMSET, people)).findings}


def test_a_healthy_account_has_nothing_to_mend() -> None:
    assert found(ADA, BEN) == {}
    assert xray.of(Examination("Ltd", MEMSET, (ADA, BEN))).owners == ("Ada",)


@pytest.mark.parametrize(
    ("people", "code", "names"),
    [
        (
            (
                replace(ADA, held=frozenset({"admin_contact", "manage_users"})),
                replace(BEN, held=frozenset({"manage_users"})),
            ),
            "support_none",
            (),
        ),
        ((ADA, replace(BEN, held=frozenset({"manage_users"}))), "support_one", ("Ada",)),
        ((ADA, replace(BEN, held=frozenset({"manage_support"}))), "managing_one", ("Ada",)),
        ((replace(ADA, number=False), BEN), "owner_unreachable", ("Ada",)),
        ((replace(ADA, second=False), BEN), "owner_without_second", ("Ada",)),
        ((ADA, replace(BEN, second=False)), "without_second", ("Ben",)),
        ((ADA, replace(BEN, pin_locked=True)), "pin_locked", ("Ben",)),
        ((ADA, replace(BEN, changed=True)), "changed_lately", ("Ben",)),
        ((ADA, replace(BEN, accounts=3)), "many_accounts", ("Ben",)),
        ((ADA, replace(BEN, unseen=True)), "unseen", ("Ben",)),
    ],
)
def test_each_thing_is_found_alone(people: tuple[Examined, ...], code: str, names: tuple[str, ...]) -> None:
    assert found(*people) == {code: names}
    assert code in FOUND


def read(desk: Desk) -> tuple[Browser, str]:
    raj = entered(desk, RAJ)
    proves(desk, raj, RAJ, TIDE)
    return raj, raj.read(PAGE)


def test_the_owner_sees_what_is_on_file_and_nobody_else_does(one_desk: Desk) -> None:
    change(one_desk, delete(tables.phones).where(tables.phones.c.person_id == RAJ))
    for account in (1, 2):
        change(one_desk, insert(tables.contacts).values(account_id=account, person_id=LEO))
    change(one_desk, update(tables.phones).where(tables.phones.c.person_id == MIA).values(added_at=one_desk.now))
    _, page = read(one_desk)
    assert "You own the account and have no telephone number on file." in page
    assert "Leo Fox is on three accounts of this desk or more." in page
    assert "Harbour" not in page, "which ones, nobody hears"
    assert "Something on file for Mia Chen was changed" in page
    assert "The account belongs to you. Is that who owns the company or the domain?" in page
    leo, olivia = entered(one_desk, LEO), entered(one_desk, OLIVIA)
    assert leo.get(PAGE).status_code == 403
    assert olivia.get(PAGE).status_code == 404
    again = entered(one_desk, RAJ)
    again.get(PAGE)
    assert again.page is not None
    assert again.page.url.path == "/prove"


def test_a_locked_pin_and_whoever_was_not_seen_for_a_year(one_desk: Desk) -> None:
    change(one_desk, update(tables.people).values(email_since=0))
    _, before = read(one_desk)
    assert "PIN of" not in before
    assert "here for a year" not in before, "the desk itself is younger than that"
    one_desk.now += LONG + COOLING
    with one_desk.store.transaction("phone") as tx:
        tx.record(Subject.of_person(MIA), TIDE, "phone.support", "allowed")
    guard = {
        "counter_key": f"person:{LEO}",
        "window_attempts": 3,
        "locked_until": one_desk.now + 60_000,
        "consecutive": 3,
    }
    change(one_desk, delete(tables.pin_guards).where(tables.pin_guards.c.counter_key == f"person:{LEO}"))
    change(
        one_desk, insert(tables.pin_guards).values(**guard, lifetime=3, generation=1, real=True, seen_at=one_desk.now)
    )
    _, page = read(one_desk)
    assert "The PIN of Leo Fox is locked" in page
    assert "Nobody has seen Leo Fox here" in page
    assert "nobody has seen Mia Chen" not in page
    assert "nobody has seen you" not in page, "he is signed in"
