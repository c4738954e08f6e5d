"""What somebody looks after themselves on their page: numbers, address, PIN, passkeys, app, Slack; each with its proof, its notices, and the other sessions over."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update

from desk import linking, own_security
from desk.linking import Link
from store import tables
from store.sign_in import sessions
from store.sign_in.realms import CUSTOMERS
from store.text.durations import COOLING
from store.verification import pins
from store.verification.pins import Match, Pin
from store.verification.step_ups import reached
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import change, count, rows
from tests.portal.browsing import Browser
from tests.portal.passkeying import MIA, device, touches
from tests.portal.test_customers import entered
from tests.portal.test_own_pages import RAJ
from tests.portal.test_prove import by_passkey, texted

NEW = "+441632960999"
TYPED = "01632 960 999"
READ = "+44 1632 960999"  # as it stands on a page


def proved(desk: Desk, person: int = MIA.person) -> Browser:
    """Signed in long ago, and proved further for what is their own a moment ago."""
    browser = entered(desk, person)
    desk.pass_time(20 * 60)
    with desk.store.transaction("portal") as tx:
        who = sessions.find(tx, CUSTOMERS, browser.client.cookies["deskgate_account"], does=True)
        assert who is not None
        reached(tx, who.subject, None, "authenticator", who.session, ends_at=desk.now + 15 * 60_000)
    return browser


def mails(desk: Desk, mailbox: Mailbox) -> list[tuple[str, str]]:
    desk.work()
    return sorted((str(mail["To"]), str(mail["Subject"])) for mail in mailbox.mails)


def keyed(desk: Desk, digits: str, person: int = MIA.person) -> Match:
    with desk.store.transaction("test") as tx:
        kept = pins.find(tx, person)
    assert kept is not None
    return pins.compare(desk.store.keys, kept, Pin(digits))


def shown(browser: Browser) -> list[str]:
    return [one.replace(" ", "") for one in re.findall(r'<p class="pin">([0-9 ]+)</p>', browser.text)]


def test_it_shows_what_is_on_file_to_themselves(one_desk: Desk) -> None:
    mia = entered(one_desk, MIA.person)
    page = mia.read("/me")
    assert "Mia Chen · username mia.chen" in page
    assert "+44 1632 960108" in page
    assert "mia@tideworks.example" in page
    assert page.count("@") == 1
    e = tables.ledger.c
    ((fields,),) = rows(one_desk, select(e.fields).where(e.action == "own_details"))
    assert set(fields.split()) == {"contact.support_id", "contact.email", "contact.number", "pin.there"}


def test_a_number_is_added_and_removed_and_everybody_is_told(mailing: Desk, mailbox: Mailbox) -> None:
    mia, elsewhere = proved(mailing), entered(mailing, MIA.person)
    mia.get("/me/numbers")
    mia.send("/me/numbers", number=TYPED)
    assert f"{READ} counts from" in mia.words, "72 hours from now"
    assert "You are" not in elsewhere.read("/me"), "signed out everywhere else"
    assert "Mia Chen" in mia.read("/me"), "and goes on here"
    assert mails(mailing, mailbox) == [
        ("mia@tideworks.example", "Your phone numbers with the desk were changed"),
        ("raj@tideworks.example", "The phone numbers of a contact were changed"),
    ]
    mia.get("/me/numbers")
    assert 'action="/me/numbers"' not in mia.text, "each change takes a proof"
    again = proved(mailing)
    again.get("/me/numbers")
    again.send("/me/numbers/remove", number=NEW)
    assert "The number is no longer on file" in again.words
    assert rows(mailing, select(tables.phones.c.number).where(tables.phones.c.person_id == 8)) == [("+441632960108",)]


def test_a_new_number_is_confirmed_by_a_code_that_proves_nothing_else(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT, sms="on", sms_countries="GB")
    mia = proved(desk)
    mia.get("/me/numbers")
    mia.send("/me/numbers", number="+447400123456")
    desk.work()
    assert desk.exchange.messages[-1][0] == "+447400123456"
    assert not rows(desk, select(tables.phones).where(tables.phones.c.number == "+447400123456"))
    mia.send("/me/numbers/confirm", code="12345678")
    assert "That code did not match" in mia.words
    mia.get("/prove?account=400639")
    form = mia.fields("/prove/text") | {"code": texted(desk)}
    assert mia.post("/prove/code", form).status_code == 422, "no second proof"
    mia.get("/me/numbers")
    mia.send("/me/numbers", number="+447400123456")
    desk.work()
    mia.send("/me/numbers/confirm", code=texted(desk))
    assert "+44 7400 123456 counts from" in mia.words
    desk.close()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("12", "We cannot read that as a telephone number"),
        ("+441632960108", "on file already"),
        ("+449098790000", "We take no calls from that number"),
    ],
)
def test_what_is_no_number_is_still_in_its_field(one_desk: Desk, typed: str, said: str) -> None:
    mia = entered(one_desk, MIA.person)
    mia.get("/me/numbers")
    assert mia.send("/me/numbers", number=typed).status_code == 422
    assert said in mia.words
    assert f'value="{typed}"' in mia.text


def test_an_address_takes_a_second_proof_and_both_are_told(mailing: Desk, mailbox: Mailbox) -> None:
    fresh = entered(mailing, MIA.person)
    assert "Prove again who you are" in fresh.read("/me/address"), "having signed in just now is not enough"
    mia = proved(mailing)
    mia.get("/me/address")
    for wrong in ("mia@@new.example", "\uff4dia@new.example", "mia@\uff4eew.example", "mia\uff20new.example"):
        assert mia.send("/me/address", email=wrong).status_code == 422
    mia.send("/me/address", email="mia@new.example")
    assert "Both addresses have a mail about it" in mia.words
    assert mails(mailing, mailbox) == [
        ("mia@new.example", "Your e-mail address with the desk was changed"),
        ("mia@tideworks.example", "Your e-mail address with the desk was changed"),
        ("raj@tideworks.example", "The e-mail address of a contact was changed"),
    ]
    p = tables.people.c
    assert rows(mailing, select(p.email, p.email_since).where(p.id == 8))[0][0] == "mia@new.example"
    mia.get("/me")
    form = {"token": mia.fields("/sign-out")["token"], "email": "other@new.example"}
    assert mia.post("/me/address", form).status_code == 422
    assert "Your second proof has ended" in mia.words
    assert 'value="other@new.example"' in mia.text


def test_a_new_pin_is_shown_once_and_opens(desk: Desk) -> None:
    assert "Prove again who you are" in entered(desk, MIA.person).read("/me/pin")
    mia = proved(desk)
    mia.get("/me/pin")
    form = {"token": mia.fields("/me/pin")["token"]}
    answer = mia.post("/me/pin", form)
    (pin,) = shown(mia)
    assert answer.headers["Cache-Control"] == "no-store"
    assert keyed(desk, pin) is Match.PIN
    mia.post("/me/pin", form)
    assert shown(mia) == [pin], "pressed again, it is the same"
    assert count(desk, tables.jobs, tables.jobs.c.key.startswith("pin_set")) == 1
    with desk.store.transaction("portal") as tx:
        who = sessions.find(tx, CUSTOMERS, mia.client.cookies["deskgate_account"], does=True)
        kept = pins.find(tx, MIA.person)
        assert who is not None
        assert kept is not None
        assert not own_security.new_pin(tx, who, kept), "nor where the proof has ended while it was hashed"
    desk.pass_time(11 * 60)
    mia.post("/me/pin", form)
    assert shown(mia) == []
    assert pin not in mia.read("/me")
    assert "Prove again" in mia.read("/me/pin")


def test_a_pin_for_a_threat_comes_with_it_and_is_never_told_of_again(desk: Desk) -> None:
    raj = proved(desk, RAJ)
    raj.get("/me/pin")
    raj.post("/me/pin", {"token": raj.fields("/me/pin")["token"]})
    mia = proved(desk)
    mia.get("/me/pin")
    mia.send("/me/pin", threat="yes")
    pin, duress = shown(mia)
    assert keyed(desk, pin) is Match.PIN
    assert keyed(desk, duress) is Match.DURESS
    s, e, p = tables.sent_forms.c, tables.ledger.c, tables.pins.c
    assert len({len(location) for (location,) in rows(desk, select(s.location))}) == 1, "nor by what is kept"
    told = rows(desk, select(e.action, e.decision, e.fields).where(e.action == "pin_set"))
    assert told == [("pin_set", "done", "own_page")] * 2
    assert len({len(row.duress) for row in rows(desk, select(p.duress).where(p.person_id.in_((8, RAJ))))}) == 1
    assert mia.read("/me").replace("Mia Chen", "").count("force") == 0


def test_a_page_left_open_changes_nothing(one_desk: Desk) -> None:
    """Whoever comes upon it: every form of these pages, sent after the 15 minutes and without a second proof."""
    mia = entered(one_desk, MIA.person)
    mia.get("/me")
    token = mia.fields("/sign-out")["token"]
    one_desk.pass_time(15 * 60)
    before = state(one_desk)
    for path, fields in {
        "/me/numbers": {"number": TYPED},
        "/me/numbers/confirm": {"number": NEW, "code": "12345678"},
        "/me/numbers/remove": {"number": "+441632960108"},
        "/me/address": {"email": "mia@new.example"},
        "/me/app": {},
        "/me/app/remove": {},
        "/me/pin": {},
        "/me/slack/code": {},
        "/me/slack/unlink": {"team": "T0TIDE", "user": "U0MIA"},
        "/me/passkeys": {"challenge": "x", "passkey": "{}"},
        "/me/passkeys/1/remove": {},
    }.items():
        mia.post(path, {"token": token} | fields)
        assert state(one_desk) == before, path
        assert shown(mia) == [], path


def state(desk: Desk) -> list[object]:
    own = (tables.people, tables.phones, tables.pins, tables.authenticators, tables.slack_members, tables.passkeys)
    codes = select(tables.codes.c.kind)
    return [*(list(map(tuple, rows(desk, select(table)))) for table in own), rows(desk, codes)]


def test_passkeys_are_added_and_removed_by_their_owner(one_desk: Desk) -> None:
    mia, first = by_passkey(one_desk)
    second, elsewhere = device(), entered(one_desk, MIA.person)
    mia.get("/me/passkeys")
    touches(mia, second, "/me/passkeys", name="Blue key")
    assert "In 72 hours it counts as a second proof too" in mia.words
    assert "Mia Chen" not in elsewhere.read("/me")
    mia.send("/me/passkeys/1/remove")
    assert '<p class="said" role="status">The passkey is removed' in mia.text
    assert "Mia Chen" in mia.read("/me"), "she goes on where she did it"
    mia.get("/me/passkeys")
    mia.send("/me/passkeys/2/remove")
    assert '<p class="said not-done" role="alert">That is the last way you can sign in' in mia.text
    mia.get("/sign-in")
    assert touches(mia, first, "/sign-in/passkey").status_code == 403


def test_the_app_is_set_up_and_removed_with_its_72_hours(one_desk: Desk) -> None:
    mia = entered(one_desk, MIA.person)
    mia.get("/me/app")
    mia.send("/me/app")
    assert "Add an authenticator app" in mia.words
    change(one_desk, tables.authenticators.insert().values(
        person_id=8, sealed=b"x", made_at=one_desk.now, confirmed_at=one_desk.now, last_step=0
    ))  # fmt: skip
    mia.get("/me/app")
    assert "counts from" in mia.words
    change(one_desk, tables.person_logins.insert().values(person_id=8, password=b"x", set_at=one_desk.now))
    mia.get("/me/app")
    assert "Add a passkey first" in mia.words, "or she could sign in no more"
    mia.post("/me/app/remove", {"token": mia.fields("/sign-out")["token"]})
    change(one_desk, update(tables.person_logins).values(password=None))
    mia.get("/me/app")
    mia.send("/me/app/remove")
    assert "The app is removed in 72 hours" in mia.words
    assert rows(one_desk, select(tables.authenticators.c.ends_at)) == [(one_desk.now + COOLING,)]
    one_desk.pass_time(16 * 60)
    mia.get("/me/app")
    mia.send("/me/app/keep")
    assert "You keep the app" in mia.words, "at any time"


def test_a_slack_member_is_linked_by_a_code_of_the_page_and_unlinked(one_desk: Desk) -> None:
    fresh = entered(one_desk, MIA.person)
    assert "Whoever has the code becomes you in Slack" in fresh.read("/me/slack")
    mia = proved(one_desk)
    mia.get("/me/slack")
    mia.send("/me/slack/code")
    (code,) = shown(mia)
    with one_desk.store.transaction("slack") as tx:
        assert linking.link(tx, "T0DESK", "T0DESK", "U0OTHER", code) is Link.LINKED
    raj = entered(one_desk, RAJ)
    raj.post("/me/slack/unlink", {"token": seen(raj), "team": "T0DESK", "user": "U0OTHER"})
    assert "is not linked to you" in raj.words
    again = entered(one_desk, MIA.person)
    again.get("/me/slack")
    again.post("/me/slack/unlink", {"token": seen(again), "team": "T0DESK", "user": "U0OTHER"})
    assert "That Slack member is no longer linked to you" in again.words
    m = tables.slack_members.c
    assert not rows(one_desk, select(m.member).where(m.member == "U0OTHER"))


def seen(browser: Browser) -> str:
    browser.get("/me")
    return browser.fields("/sign-out")["token"]
