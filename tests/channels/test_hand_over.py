"""E8: whoever lost a right always hears of it, at every address they have of late; and both sides of a hand-over do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from store.imports import import_run
from store.imports.file_format import read
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.store.importing import sample

LESS, GONE, CHANGED = (
    "You may do less on an account than before",
    "You were removed from an account",
    "The contacts of your account were changed",
)
MORE = "You may do more on an account than before"
ALL = ["manage_users", "manage_billing", "manage_services", "manage_support", "purchase_services"]
Contacts = list[dict[str, Any]]


@pytest.fixture
def desk(sample_sqlite: str, mailbox: Mailbox) -> Iterator[Desk]:
    opened = Desk(sample_sqlite, smtp_url=mailbox.url, mail_from="desk@desk.example")
    yield opened
    opened.close()


def brought(desk: Desk, document: Any) -> None:
    import_run.run(desk.store, read(json.dumps(document).encode()))
    desk.work()


def told(mailbox: Mailbox) -> set[tuple[str, str]]:
    return {(str(mail["To"]).partition("@")[0], str(mail["Subject"])) for mail in mailbox.mails}


def person(name: str, *permissions: str, roles: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"person": name, "roles": list(roles), "permissions": list(permissions)}


def test_e8_both_hear_of_a_hand_over_of_the_admin_contact(desk: Desk, mailbox: Mailbox) -> None:
    """E8: who has it now, as what became of the account; who had it, as what they lost, though they may do the rest as before."""
    document = sample()
    document["accounts"][2]["contacts"] = [
        person("mia.chen", *ALL, roles=("admin_contact",)),
        person("raj.patel", *ALL, roles=("billing_contact",)),
        person("leo.fox", "manage_services"),
        person("dev.anand", "manage_support", "manage_services"),
    ]
    brought(desk, document)
    assert told(mailbox) == {("mia", CHANGED), ("mia", MORE), ("raj", LESS)}
    assert "Tideworks Ltd" in mailbox.to("raj@tideworks.example")[0]


def test_e8_a_billing_contact_who_is_another_hears_of_it(desk: Desk, mailbox: Mailbox) -> None:
    """E8: with every cell they had, and no invoice any more."""
    document = sample()
    document["accounts"][2]["contacts"] = [
        person("raj.patel", *ALL, roles=("admin_contact",)),
        person("mia.chen", "manage_support", "manage_billing", roles=("billing_contact",)),
        person("leo.fox", "manage_services"),
        person("dev.anand", "manage_support", "manage_services"),
    ]
    brought(desk, document)
    assert told(mailbox) == {("raj", CHANGED), ("raj", LESS), ("mia", MORE)}


def test_e8_who_is_taken_off_or_may_do_less_is_told_and_who_may_do_more_is_not(desk: Desk, mailbox: Mailbox) -> None:
    document = sample()
    document["people"][3]["email"] = "bea@new.example"  # the one she had is told as well
    document["accounts"][0]["contacts"] = [
        person("olivia.hart", roles=("owner",)),
        person("dev.anand", roles=("technical",)),
        person("tom.reyes", roles=("admin",)),
    ]
    document["accounts"][2]["contacts"][3]["permissions"] = ["manage_support"]
    brought(desk, document)
    lost = {(to, title) for to, title in told(mailbox) if title in (LESS, GONE)}
    assert lost == {("dev", LESS), ("bea", GONE), ("accounts", GONE)}
    (of_bakery, of_tideworks) = sorted(
        m for m in mailbox.to("dev@pixelsmith.example") if "you lost a right or a role" in m
    )
    assert ("Harbour Bakery" in of_bakery, "Tideworks" in of_bakery) == (True, False)
    assert ("Harbour Bakery" in of_tideworks, "Tideworks" in of_tideworks) == (False, True)


def test_e8_other_rules_that_take_a_right_away_are_told_too(desk: Desk, mailbox: Mailbox) -> None:
    """E8: an account under other rules, its contacts' roles called as before: the billing contact may open no ticket any more."""
    document = sample()
    account = document["accounts"][0]
    account["scheme"] = "standard_roles"
    account["contacts"] = [person("olivia.hart", roles=("owner",)), person("bea.lund", roles=("billing",))]
    brought(desk, document)
    assert {one for one in told(mailbox) if one[1] in (LESS, GONE)} == {
        ("accounts", LESS),
        ("dev", GONE),
        ("tom", GONE),
    }


def test_e8_one_of_the_desk_who_leads_no_more_is_told(desk: Desk, mailbox: Mailbox) -> None:
    document = sample()
    document["staff"][1]["role"] = "agent"
    document["staff"].append(
        {"username": "lead.bo", "name": "Bo", "email": "bo@desk.example", "role": "administrator", "slack": []}
    )
    brought(desk, document)
    assert {to for to, title in told(mailbox) if title == "One of the staff was changed"} == {"ana", "bo"}
