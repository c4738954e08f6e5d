"""A customer is invited by mail and joins: once, within 72 hours, one of two who send it at once, and never by a mailbox alone."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert, select, update

from store import tables
from store.contacts import contact_changes
from store.sign_in import invitations, passwords
from store.sign_in.invitations import Invited
from store.verification.totp import STEP
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.wire import change, count, rows
from tests.portal.browsing import Browser, scanned
from tests.portal.customers import OWN_PASSWORD, Customer, invite, link_for
from tests.portal.peopling import TIDEWORKS, page, proved, ticks
from tests.portal.test_own_pages import RAJ
from tests.rights import held

HOUR, MIA = 3_600, "mia@tideworks.example"


def mailed(mailbox: Mailbox) -> list[str]:
    words = "".join(mail.get_content() for mail in mailbox.mails)
    return re.findall(r"https?://[^/]+(/join/\S+)", words)


def test_the_mail_has_the_link_and_the_queue_does_not(mailing: Desk, mailbox: Mailbox) -> None:
    assert invite(mailing, "mia.chen") is Invited.INVITED
    kept = rows(mailing, select(tables.jobs.c.payload).where(tables.jobs.c.kind == invitations.WORK))
    assert kept == [('{"person": 8}',)]
    mailing.work()
    (link,) = mailed(mailbox)
    assert "Your username is mia.chen" in mailbox.mails[0].get_content()
    mia = Browser(mailing)
    mia.get(link)
    assert "Welcome, Mia Chen" in mia.words
    app = scanned(mia)
    mia.send(link, password=OWN_PASSWORD, again=OWN_PASSWORD, code=app.at(mailing.now // 1000))
    assert "You are signed in. From now on you sign in as mia.chen" in mia.words
    assert "Tideworks" in mia.read("/")
    mailing.work()
    told = [(mail["To"], mail["Subject"]) for mail in mailbox.mails[1:]]
    assert [title for _, title in told] == [
        "You can sign in to your account pages",
        "A contact can sign in to the account pages",
    ]
    said = rows(mailing, select(tables.ledger.c.fields).where(tables.ledger.c.action == "desk.operate"))
    assert any("invited:person:8" in str(fields) for (fields,) in said)


def test_a_newer_invitation_ends_the_older_one_and_each_is_good_once(one_desk: Desk) -> None:
    first, second = link_for(one_desk, "mia.chen"), link_for(one_desk, "mia.chen")
    stranger = Browser(one_desk)
    assert stranger.get(first).status_code == 410
    mia = Browser(one_desk)
    mia.get(second)
    form = mia.fields(second) | {"password": OWN_PASSWORD, "again": OWN_PASSWORD}
    app = scanned(mia)
    assert mia.post(second, form | {"code": app.at(one_desk.now // 1000)}).status_code == 200
    assert Browser(one_desk).get(second).status_code == 410
    assert "Ask the support desk for another" in stranger.words


def test_it_lasts_72_hours(one_desk: Desk) -> None:
    link = link_for(one_desk, "mia.chen")
    one_desk.pass_time(72 * HOUR - 1)
    assert Browser(one_desk).get(link).status_code == 200
    one_desk.pass_time(2)
    assert Browser(one_desk).get(link).status_code == 410


def test_of_two_who_send_it_at_once_one_has_joined(desk: Desk) -> None:
    link, forms = link_for(desk, "mia.chen"), []
    both = Browser(desk), Browser(desk)
    for one in both:
        one.get(link)
        code = scanned(one).at(desk.now // 1000)
        forms.append(one.fields(link) | {"password": OWN_PASSWORD, "again": OWN_PASSWORD, "code": code})
    with ThreadPoolExecutor(2) as at_once:
        sent = [at_once.submit(one.post, link, form) for one, form in zip(both, forms, strict=True)]
        assert sorted(done.result().status_code for done in sent) == [200, 410]
    assert count(desk, tables.person_sessions) == count(desk, tables.person_logins) == 1
    assert sum("Tideworks" in one.read("/") for one in both) == 1


@pytest.mark.parametrize(
    ("password", "again", "code", "said"),
    [
        ("short", "short", "", "too short"),
        ("mia.chen tideworks deskgate", "mia.chen tideworks deskgate", "", "little is left"),
        (OWN_PASSWORD, OWN_PASSWORD + "x", "", "not the same"),
        (OWN_PASSWORD, OWN_PASSWORD, "000000", "That code is not right"),
    ],
)
def test_what_is_wrong_with_it_is_said_and_nothing_is_used_up(
    one_desk: Desk, password: str, again: str, code: str, said: str
) -> None:
    link, mia = link_for(one_desk, "mia.chen"), Browser(one_desk)
    mia.get(link)
    app = scanned(mia)
    right = app.at(one_desk.now // 1000)
    wrong = code if code != right else "111111"
    assert mia.send(link, password=password, again=again, code=wrong if code else right).status_code == 422
    assert said in mia.words
    assert scanned(mia).secret == app.secret, "the one that was scanned"
    assert mia.send(link, password=OWN_PASSWORD, again=OWN_PASSWORD, code=right).status_code == 200
    assert passwords.SHORTEST == 15


def test_an_app_that_is_on_file_is_asked_for_and_stays(one_desk: Desk) -> None:
    """Joining anew is no way around it: whoever reads the mailbox gets no further, and their tries are counted."""
    mia = Customer(one_desk)
    assert invite(one_desk, "mia.chen") is Invited.JOINED, "it is too young to vouch for her"
    one_desk.pass_time(72 * HOUR)
    assert invite(one_desk, "mia.chen") is Invited.INVITED
    link, thief = link_for(one_desk, "mia.chen"), Browser(one_desk)
    thief.get(link)
    assert "You have one on file with the support desk already" in thief.words
    assert "<svg" not in thief.text
    new = "four quiet tractors at dawn"
    for _ in range(6):
        wrong = "000000" if mia.code() != "000000" else "111111"
        assert thief.send(link, password=new, again=new, code=wrong).status_code == 422
    assert thief.send(link, password=new, again=new, code=mia.code()).status_code == 422, "used up for now"
    one_desk.pass_time(HOUR)
    mia.get(link)
    assert mia.send(link, password=new, again=new, code=mia.code()).status_code == 200
    assert "You are signed in" in mia.words
    one_desk.now += STEP
    mia.client.cookies.clear()
    assert mia.sign_in(password=OWN_PASSWORD).status_code == 403
    assert mia.sign_in(password=new).status_code == 200


def test_whoever_holds_nothing_may_join_and_is_told_what_is_missing(one_desk: Desk) -> None:
    for statement in held("", tables.contacts.c.person_id == 8):
        change(one_desk, statement)
    link, mia = link_for(one_desk, "mia.chen"), Browser(one_desk)
    mia.get(link)
    code = scanned(mia).at(one_desk.now // 1000)
    assert mia.send(link, password=OWN_PASSWORD, again=OWN_PASSWORD, code=code).status_code == 200
    assert "You hold no permission on any account, so you cannot sign in yet" in mia.words
    assert "deskgate_account" not in mia.client.cookies


def test_nobody_is_invited_at_an_address_of_yesterday_or_who_is_not_there(one_desk: Desk) -> None:
    assert invite(one_desk, "nobody.here") is Invited.NOBODY
    p, young = tables.people.c, one_desk.now - HOUR * 1000
    change(one_desk, update(tables.people).where(p.id.in_((8, 9))).values(email_since=young))
    change(one_desk, insert(tables.old_emails).values(person_id=8, email="mia@before.example", replaced_at=young))
    assert invite(one_desk, "mia.chen") is Invited.ADDRESS_YOUNG
    assert invite(one_desk, "leo.fox") is Invited.INVITED, "a newcomer's first address"


def test_a_stolen_session_adds_and_invites_only_so_many(one_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of a day's number at once; then the page says why, and what was ticked is saved all the same."""
    monkeypatch.setattr(invitations, "A_DAY", 2)
    monkeypatch.setattr(contact_changes, "NEWCOMERS_A_DAY", 4)
    raj, new = proved(one_desk, RAJ), f"/accounts/{TIDEWORKS[1]}/new-person"
    for n in range(3):
        raj.get(new)
        raj.send(new, name=f"Ann {n}", email=f"ann{n}@nowhere.example", phone="")
        raj.send(new, username=f"ann.{n}")
    assert "Nobody was added: fifty people were added to this account already." in raj.words
    for n in range(2):
        ticks(raj, TIDEWORKS, f"ann.{n}", "manage_support")
        raj.send(page(TIDEWORKS, f"ann.{n}"))
    assert "Saved, but not everybody was invited" in raj.words
    raj.send(page(TIDEWORKS, "ann.1") + "/invite")
    assert "No invitation was sent: fifty were sent for this account already." in raj.words
    w = tables.jobs.c
    assert len(rows(one_desk, select(w.id).where(w.kind == "invitation"))) == 1
