"""The people of an account on its own pages: looked at, then saved as it was looked at; refused with the rule and the step that comes first."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from store import tables
from tests.desk import PUBLIC, Desk
from tests.ivr.wire import Caller, Wire, change, count, rows
from tests.portal.browsing import Browser
from tests.portal.peopling import HARBOUR, NORTHLIGHT, TIDEWORKS, held, page, prove, proved, ticks
from tests.portal.test_customers import entered, is_in
from tests.portal.test_own_pages import DEV, INES, LEO, MIA, OLIVIA, RAJ, SAM, opened
from tests.rights import held as holding

EVERY = {"manage_users", "manage_billing", "manage_services", "manage_support", "purchase_services"}
CONTACT_ROLES = {"admin_contact", "billing_contact"}
TOM, BEA = 3, 4


def told(desk: Desk) -> list[tuple[str, int | None]]:
    """The notices about contacts that are owed: kind, and to whom of the account."""
    jobs = [json.loads(payload) for (payload,) in rows(desk, select(tables.jobs.c.payload).order_by(tables.jobs.c.id))]
    return [(one["notice"], one.get("person")) for one in jobs if "account" in one and "notice" in one]


def holds(desk: Desk, account: tuple[int, str], person: int, words: str) -> None:
    c = tables.contacts.c
    for statement in holding(words, c.account_id == account[0], c.person_id == person):
        change(desk, statement)


def test_a_right_is_given_and_taken_as_the_page_said(one_desk: Desk) -> None:
    number = opened(entered(one_desk, MIA))
    raj, leo, mia = proved(one_desk, RAJ), entered(one_desk, LEO), entered(one_desk, MIA)
    ticks(raj, TIDEWORKS, "leo.fox", "manage_services", "manage_support")
    assert "Leo Fox can from now on:" in raj.words
    assert "open technical tickets" in raj.words
    assert held(one_desk, TIDEWORKS, LEO) == {"manage_services"}, "looked at, not done"
    raj.send(page(TIDEWORKS, "leo.fox"))
    assert "Saved." in raj.words
    assert held(one_desk, TIDEWORKS, LEO) == {"manage_services", "manage_support"}
    assert not is_in(leo), "whose rights change is signed out"
    assert "Raj Patel : Manage Services → Manage Services and Manage Support" in raj.words
    ticks(raj, TIDEWORKS, "mia.chen")
    assert "Mia Chen can do nothing on this account any more." in raj.words
    assert "1 of Mia Chen's tickets is open; they will not see it any more." in raj.words
    raj.send(page(TIDEWORKS, "mia.chen"))
    assert held(one_desk, TIDEWORKS, MIA) == set()
    assert mia.get(f"/tickets/{number}").url.path == "/sign-in"
    assert told(one_desk) == [
        ("contacts_changed", None),
        ("rights_gained", LEO),
        ("contacts_changed", None),
        ("rights_lost", MIA),
    ]
    e = tables.ledger.c
    (fields,) = rows(one_desk, select(e.fields).where(e.action == "contacts.changed", e.fields.like("%person:8%")))
    assert fields[0].split() == ["person:8", "took:manage_support"]
    raj.get(page(TIDEWORKS, "mia.chen"))
    back = re.search(r'href="([^"]+\?set=[^"]*)"', raj.text)
    assert back
    raj.get(back[1])
    assert 'name="hold-manage_support" checked' in raj.text, "undone in two clicks"


def test_somebody_new_is_added_given_a_right_and_invited(one_desk: Desk) -> None:
    """Whatever address is written: the one of somebody who is known tells nothing, and ties nobody to the account."""
    raj = proved(one_desk, RAJ)
    before = count(one_desk, tables.people)
    for address in ("new@nowhere.example", "olivia@harbourbakery.example"):
        raj.get(f"/accounts/{TIDEWORKS[1]}/new-person")
        raj.send(f"/accounts/{TIDEWORKS[1]}/new-person", name="Leo Fox", email=address, phone="")
        assert f"An invitation to {address} waits until this desk has a mail server." in raj.words
        assert 'value="leo.fox2"' in raj.text or 'value="leo.fox3"' in raj.text, "leo.fox is somebody's"
        raj.send(
            f"/accounts/{TIDEWORKS[1]}/new-person",
            username=raj.fields(f"/accounts/{TIDEWORKS[1]}/new-person")["username"],
        )
        assert "They are on the account." in raj.words
        assert "Holds nothing" in raj.words
    assert count(one_desk, tables.people) == before + 2
    assert held(one_desk, TIDEWORKS, OLIVIA) is None
    w = tables.jobs.c
    assert not rows(one_desk, select(w.id).where(w.kind == "invitation")), "nobody who can do nothing is invited"
    ticks(raj, TIDEWORKS, "leo.fox2", "manage_support")
    assert "An invitation to new@nowhere.example waits until this desk has a mail server." in raj.words
    assert "told by mail" not in raj.words
    raj.send(page(TIDEWORKS, "leo.fox2"))
    assert len(rows(one_desk, select(w.id).where(w.kind == "invitation"))) == 1
    raj.send(page(TIDEWORKS, "leo.fox2") + "/invite")
    assert len(rows(one_desk, select(w.id).where(w.kind == "invitation"))) == 1, "once in ten minutes"


@pytest.mark.parametrize(
    ("field", "typed", "why"),
    [
        ("name", "…", "write their name"),
        ("email", "nobody", "not an e-mail address"),
        ("email", "\uff52aj@tideworks.example", "not an e-mail address"),
        ("phone", "12", "We could not call that number"),
        ("username", "-x-", "begins and ends with a letter"),
        ("username", "Mia.CHEN", "is taken"),
    ],
)
def test_what_will_not_do_is_said_and_the_rest_is_kept(one_desk: Desk, field: str, typed: str, why: str) -> None:
    raj, new = proved(one_desk, RAJ), f"/accounts/{TIDEWORKS[1]}/new-person"
    form = {"name": "Ana Ruiz", "email": "ana@new.example", "phone": "", "username": "ana"} | {field: typed}
    raj.get(new)
    assert raj.send(new, **form, **({"save": "yes"} if field == "username" else {})).status_code == 422
    assert why in raj.words
    assert 'value="Ana Ruiz"' in raj.text or 'value="ana@new.example"' in raj.text
    assert len(rows(one_desk, select(tables.people.c.id))) == 9


def test_ms43_a_role_is_handed_over_first_and_what_it_needs_comes_before_that(one_desk: Desk) -> None:
    """MS-13, MS-19, MS-41, MS-43 to MS-46"""
    raj = proved(one_desk, RAJ)
    raj.get(page(TIDEWORKS, "raj.patel"))
    assert raj.text.count('type="checkbox" checked disabled') == 5, "the green ticks"
    raj.get(page(TIDEWORKS))
    assert raj.send(page(TIDEWORKS), **{"delete-raj.patel": "on"}).status_code == 422
    assert "First hand the role over to somebody else." in raj.words
    assert "MS-43, MS-44" in raj.words
    raj.get(page(TIDEWORKS, "mia.chen"))
    raj.send(page(TIDEWORKS, "mia.chen") + "/hand-over", role="billing_contact")
    assert "Missing: Manage Billing." in raj.words
    assert "Rules: MS-19, MS-46" in raj.words
    ticks(raj, TIDEWORKS, "mia.chen", "manage_support", "manage_billing")
    raj.send(page(TIDEWORKS, "mia.chen"))
    raj.get(page(TIDEWORKS, "mia.chen"))
    raj.send(page(TIDEWORKS, "mia.chen") + "/hand-over", role="billing_contact")
    assert "the role Billing contact belongs to: Mia Chen" in raj.words
    raj.send(page(TIDEWORKS, "mia.chen") + "/hand-over")
    assert held(one_desk, TIDEWORKS, MIA) == {"manage_support", "manage_billing", "billing_contact"}
    raj = proved(one_desk, RAJ)
    raj.get(page(TIDEWORKS, "dev.anand"))
    raj.send(page(TIDEWORKS, "dev.anand") + "/hand-over", role="admin_contact")
    assert "Rules: MS-13, MS-45" in raj.words
    ticks(raj, TIDEWORKS, "dev.anand", *EVERY)
    raj.send(page(TIDEWORKS, "dev.anand"))
    raj.get(page(TIDEWORKS, "dev.anand"))
    raj.send(page(TIDEWORKS, "dev.anand") + "/hand-over", role="admin_contact")
    raj.send(page(TIDEWORKS, "dev.anand") + "/hand-over")
    assert held(one_desk, TIDEWORKS, DEV) == EVERY | {"admin_contact"}
    assert held(one_desk, TIDEWORKS, RAJ) == EVERY
    dev = proved(one_desk, DEV)
    dev.get(page(TIDEWORKS))
    dev.send(page(TIDEWORKS), **{"delete-raj.patel": "on"})
    dev.send(page(TIDEWORKS))
    assert held(one_desk, TIDEWORKS, RAJ) is None


def test_roles_and_the_advice_where_an_owner_is_named(one_desk: Desk) -> None:
    """MT-10, MT-11; the last owner stays."""
    olivia = proved(one_desk, OLIVIA, HARBOUR)
    ticks(olivia, HARBOUR, "tom.reyes", "owner")
    assert "Do not make an employee the owner." in olivia.words
    ticks(olivia, HARBOUR, "olivia.hart", "admin")
    assert "An account always has this role: Owner." in olivia.words
    sam = proved(one_desk, SAM, NORTHLIGHT)
    ticks(sam, NORTHLIGHT, "ines.costa", "billing", "support")
    assert "Do not make an employee" not in sam.words
    sam.send(page(NORTHLIGHT, "ines.costa"))
    assert held(one_desk, NORTHLIGHT, INES) == {"billing", "support"}


def test_what_somebody_changed_meanwhile_is_shown_anew(one_desk: Desk) -> None:
    raj, again = proved(one_desk, RAJ), proved(one_desk, RAJ)
    ticks(raj, TIDEWORKS, "leo.fox", "manage_support")
    ticks(again, TIDEWORKS, "mia.chen", "manage_support", "manage_services")
    again.send(page(TIDEWORKS, "mia.chen"))
    assert raj.send(page(TIDEWORKS, "leo.fox")).status_code == 422
    assert "Somebody has changed something in the meantime." in raj.words
    assert held(one_desk, TIDEWORKS, LEO) == {"manage_services"}
    raj.send(page(TIDEWORKS, "leo.fox"))
    assert held(one_desk, TIDEWORKS, LEO) == {"manage_support"}


def test_a_proof_that_ended_keeps_what_was_filled_in(one_desk: Desk) -> None:
    raj = proved(one_desk, RAJ)
    ticks(raj, TIDEWORKS, "leo.fox", "manage_support")
    one_desk.pass_time(16 * 60)
    assert raj.send(page(TIDEWORKS, "leo.fox")).status_code == 422
    assert "Your second proof has ended" in raj.words
    way = re.search(r'href="(/prove[^"]+)"', raj.text)
    assert way
    prove(one_desk, raj)
    raj.get(way[1].replace("&amp;", "&"))
    assert 'name="hold-manage_support" checked' in raj.text
    assert held(one_desk, TIDEWORKS, LEO) == {"manage_services"}
    assert raj.client.get(page(TIDEWORKS)).status_code == 200
    one_desk.pass_time(16 * 60)
    assert raj.client.get(page(TIDEWORKS)).headers["location"].startswith("/prove?account=400639")


def test_a_reader_sees_who_decides_and_nothing_more(one_desk: Desk) -> None:
    mia = entered(one_desk, MIA)
    assert "Raj Patel may change who is on the account" in mia.read(page(TIDEWORKS))
    for name in ("Leo Fox", "leo@", "Dev Anand", "Manage Support"):
        assert name not in mia.words
    for path in (page(TIDEWORKS, "mia.chen"), page(TIDEWORKS, "leo.fox"), f"/accounts/{TIDEWORKS[1]}/new-person"):
        assert mia.get(path).status_code == 404
    olivia = proved(one_desk, OLIVIA, HARBOUR)
    for path in (page(TIDEWORKS), page(TIDEWORKS, "mia.chen"), page(HARBOUR, "mia.chen"), page((9, "999999"))):
        assert olivia.get(path).status_code == 404
        assert "Mia" not in olivia.words


# --- nobody lifts themselves, whatever they send

EVERYBODY = {
    HARBOUR: (OLIVIA, DEV, TOM, BEA),
    NORTHLIGHT: (SAM, DEV, INES),
    TIDEWORKS: (RAJ, MIA, LEO, DEV),
}
USERNAMES = {
    OLIVIA: "olivia.hart",
    DEV: "dev.anand",
    TOM: "tom.reyes",
    BEA: "bea.lund",
    SAM: "sam.okoro",
    INES: "ines.costa",
}
USERNAMES |= {RAJ: "raj.patel", MIA: "mia.chen", LEO: "leo.fox"}
OWNERS = {HARBOUR: OLIVIA, NORTHLIGHT: SAM, TIDEWORKS: RAJ}


def everything(desk: Desk) -> list[tuple[int, int, str]]:
    r = tables.contact_rights.c
    return sorted(map(tuple, rows(desk, select(r.account_id, r.person_id, r.right))))


def sends(browser: Browser, path: str, **filled: str) -> None:
    """The form of that page as its sender likes it, and what it leads to, saved."""
    token = browser.fields("/sign-out")["token"]
    made = browser.client.post(path, data={"token": token} | filled, headers={"Origin": PUBLIC})
    stamp = re.search(r'name="stamp" value="([0-9a-f]+)"', made.text)
    if stamp:
        browser.client.post(path, data={"token": token, "stamp": stamp[1]} | filled, headers={"Origin": PUBLIC})


def test_forged_fields_lift_nobody(one_desk: Desk) -> None:
    """Every person of the sample, proved as far as may be, on every account, asks for every word of every scheme for themselves."""
    before = everything(one_desk)
    for person, username in USERNAMES.items():
        for account, there in EVERYBODY.items():
            if OWNERS[account] == person:
                continue
            one = proved(one_desk, person, account)
            one.get("/")
            own = page(account, username)
            for scheme in ("media_temple", "standard_roles", "memset"):
                sends(one, own, **{f"hold-{word}": "on" for word in one_desk.store.schemes[scheme].words})
            for role in ("owner", "admin_contact", "billing_contact"):
                sends(one, f"{own}/hand-over", role=role)
            owner = USERNAMES[OWNERS[account]]
            sends(one, page(account), **{f"delete-{owner}": "on"})
            sends(one, page(account, owner), **{"hold-owner": "on", "hold-nothing": "on"})
            assert everything(one_desk) == before, (username, account)
            assert person in there or held(one_desk, account, person) is None


def test_nobody_gives_more_than_they_hold_or_touches_the_owner(one_desk: Desk) -> None:
    holds(one_desk, TIDEWORKS, LEO, "manage_users,manage_support")
    leo = proved(one_desk, LEO)
    for username, words, why in (
        ("mia.chen", ("manage_support", "manage_billing"), "You cannot give Mia Chen more than you hold yourself."),
        ("leo.fox", ("manage_users", "manage_support", "manage_billing"), "Nobody gives themselves more"),
        ("mia.chen", ("admin_contact",), "is for the Admin contact alone to change"),
        ("mia.chen", ("billing_contact",), "more than you hold"),
        ("mia.chen", ("strange",), "There is no such right"),
    ):
        ticks(leo, TIDEWORKS, username, *words)
        assert why in leo.words, words
    leo.get(page(TIDEWORKS))
    leo.send(page(TIDEWORKS), **{"delete-raj.patel": "on"})
    assert "What Raj Patel holds is for the Admin contact alone to change" in leo.words
    ticks(leo, TIDEWORKS, "dev.anand", "manage_support")
    leo.send(page(TIDEWORKS, "dev.anand"))
    assert held(one_desk, TIDEWORKS, DEV) == {"manage_support"}, "taking a right away needs not holding it"
    ticks(leo, TIDEWORKS, "leo.fox", "manage_support")
    leo.send(page(TIDEWORKS, "leo.fox"))
    assert held(one_desk, TIDEWORKS, LEO) == {"manage_support"}, "and one may give up one's own"


@pytest.mark.both_databases
def test_what_is_taken_away_on_the_page_is_gone_at_the_next_key_of_a_call(desk: Desk) -> None:
    mia = Caller(Wire(desk), "+441632960108")
    mia.prove()
    raj = proved(desk, RAJ)
    ticks(raj, TIDEWORKS, "mia.chen", "manage_services")
    raj.send(page(TIDEWORKS, "mia.chen"))
    assert mia.key("1").said[0] == "You may not ask for support on this account."
    raj.get(page(TIDEWORKS))
    raj.send(page(TIDEWORKS), **{"delete-mia.chen": "on"})
    raj.send(page(TIDEWORKS))
    assert mia.key("1").said[0] != "Press 1 for something technical."
    assert held(desk, TIDEWORKS, MIA) is None


@pytest.mark.both_databases
def test_of_two_owners_who_take_each_other_off_at_once_one_remains(desk: Desk) -> None:
    holds(desk, HARBOUR, DEV, "owner")
    two = {OLIVIA: "dev.anand", DEV: "olivia.hart"}
    browsers = {person: proved(desk, person, HARBOUR) for person in two}
    for person, other in two.items():
        browsers[person].get(page(HARBOUR))
        browsers[person].send(page(HARBOUR), **{f"delete-{other}": "on"})
        assert "is removed from the account" in browsers[person].words
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda one: one.send(page(HARBOUR)), browsers.values()))
    assert [held(desk, HARBOUR, person) is None for person in two].count(True) == 1


def test_sr1_single_permissions_make_a_custom_set(one_desk: Desk) -> None:
    """C5: a set that is no role is shown as custom, and allows what its permissions say."""
    sam = proved(one_desk, SAM, NORTHLIGHT)
    ticks(sam, NORTHLIGHT, "ines.costa", "tickets", "invoices")
    assert "Ines Costa can no longer change payment details." in sam.words
    sam.send(page(NORTHLIGHT, "ines.costa"))
    assert "Custom Tickets and help by phone Invoices" in sam.words
    ines = entered(one_desk, INES)
    assert opened(ines, "300528:billing")
    assert "64.50" in ines.read("/accounts/300528")
    ticks(sam, NORTHLIGHT, "dev.anand", "contacts", "services")
    sam.send(page(NORTHLIGHT, "dev.anand"))
    dev = proved(one_desk, DEV, NORTHLIGHT)
    ticks(dev, NORTHLIGHT, "ines.costa", "tickets", "invoices", "payment")
    assert "You cannot give Ines Costa more than you hold yourself." in dev.words
