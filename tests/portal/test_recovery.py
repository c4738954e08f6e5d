"""Somebody has lost all they sign in with: an owner vouches, two of the desk agree, and only then an invitation goes that takes its place."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update

from store import tables
from store.text.durations import COOLING
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.wire import change, count, rows
from tests.portal.browsing import Agent, Browser
from tests.portal.customers import OWN_PASSWORD, Customer
from tests.portal.passkeying import device, touches
from tests.portal.peopling import HARBOUR, TIDEWORKS, page, proved
from tests.portal.test_invitations import mailed
from tests.portal.test_two_people import MIA, MIAS_ID, answer, leads
from tests.statements import watched

RAJ, DEV = 7, 2
VOUCH = page(TIDEWORKS, "mia.chen") + "/vouch"


def asks(agent: Agent, action: str = "login_reissue") -> str:
    agent.get("/desk/supervisors")
    agent.send("/desk/supervisors/pin", person=MIAS_ID, reason="her telephone is gone", action=action)
    return agent.words


def vouches(desk: Desk) -> None:
    raj = proved(desk, RAJ)
    raj.get(page(TIDEWORKS, "mia.chen"))
    raj.send(VOUCH)
    assert "Your word is with the support desk" in raj.words


def test_an_owner_and_two_of_the_desk_and_then_she_begins_anew(mailing: Desk, mailbox: Mailbox) -> None:
    mia, before = Customer(mailing), Browser(mailing)
    ana, bo = leads(mailing)
    assert "No owner or admin contact of an account of theirs has vouched" in asks(ana)
    vouches(mailing)
    assert "Another supervisor or administrator has to agree" in asks(ana)
    assert "Somebody else has to agree" in answer(ana, "agree")
    assert "Vouched for by Raj Patel" in bo.read("/desk/supervisors")
    assert "two people have agreed" in answer(bo, "agree")
    mailing.work()
    link = mailed(mailbox)[-1]
    subjects = [mail["Subject"] for mail in mailbox.mails if mail["To"] == "mia@tideworks.example"]
    assert "Somebody asks for you to be invited anew" in subjects
    mine = device()
    before.get(link)
    assert "Set up your sign-in again, Mia Chen" in before.words
    assert "The code your authenticator app shows now" not in before.words, "which is lost"
    touches(before, mine, f"{link}/passkey")
    assert "Tideworks" in before.read("/")
    (made,) = rows(mailing, select(tables.passkeys.c.counts_from - tables.passkeys.c.made_at))
    assert tuple(made) == (COOLING,), "and is no second proof for 72 hours"
    assert count(mailing, tables.authenticators) == 0, "the app is gone, and proves nothing by phone either"
    assert mia.sign_in(password=OWN_PASSWORD).status_code == 403
    assert Browser(mailing).get(link).status_code == 410
    assert "No owner or admin contact" in asks(ana), "a word is good once"


@pytest.mark.parametrize(
    "how", ["too old", "who vouched is off the account", "who vouched may manage nobody", "the address is young"]
)
def test_what_no_longer_holds_when_the_second_agrees(mailing: Desk, mailbox: Mailbox, how: str) -> None:
    Customer(mailing)
    ana, bo = leads(mailing)
    vouches(mailing)
    if how == "too old":
        mailing.pass_time(COOLING // 1000 - 600)
        ana.sign_in()
        bo.sign_in()
    assert "Another supervisor or administrator has to agree" in asks(ana)
    if how == "too old":
        mailing.pass_time(900)
    elif how == "the address is young":
        change(mailing, update(tables.people).where(tables.people.c.id == MIA).values(email_since=mailing.now))
    elif how == "who vouched may manage nobody":
        r = tables.contact_rights.c
        change(
            mailing,
            tables.contact_rights.delete().where(r.person_id == RAJ, r.right.in_(("manage_users", "admin_contact"))),
        )
    else:
        c = tables.contacts.c
        change(mailing, tables.contacts.delete().where(c.account_id == TIDEWORKS[0], c.person_id == RAJ))
    assert "two people have agreed" not in answer(bo, "agree")
    mailing.work()
    assert not mailed(mailbox)


def test_nobody_vouches_for_themselves_nor_without_the_right_nor_at_another_account(one_desk: Desk) -> None:
    Customer(one_desk)
    Customer(one_desk, "raj.patel")
    raj = proved(one_desk, RAJ)
    raj.get(page(TIDEWORKS, "raj.patel"))
    assert "I vouch for" not in raj.text
    token = {"token": raj.fields("/sign-out")["token"]}
    raj.post(page(TIDEWORKS, "raj.patel") + "/vouch", token)
    assert "Nothing was done" in raj.words
    assert raj.post(page(HARBOUR, "olivia.hart") + "/vouch", token).status_code == 404
    mia = proved(one_desk, MIA)
    mia.get("/")
    assert mia.post(VOUCH, {"token": mia.fields("/sign-out")["token"]}).status_code == 404
    s = tables.step_ups
    change(one_desk, update(s).values(ends_at=one_desk.now))
    assert raj.post(VOUCH, token).status_code == 422, "and not without a second proof"
    assert count(one_desk, tables.vouches) == 0


def test_whoever_manages_contacts_does_not_vouch_for_the_owner(one_desk: Desk) -> None:
    """A developer who has the client's mailbox in their hands as well would be half way into all that is the owner's."""
    Customer(one_desk, "raj.patel")
    Customer(one_desk)
    change(
        one_desk, tables.contact_rights.insert().values(account_id=TIDEWORKS[0], person_id=DEV, right="manage_users")
    )
    dev = proved(one_desk, DEV)
    for username, many in (("raj.patel", 0), ("mia.chen", 1)):
        dev.get(page(TIDEWORKS, username))
        dev.send(page(TIDEWORKS, username) + "/vouch")
        assert count(one_desk, tables.vouches) == many
    olivia_too = {"account_id": HARBOUR[0], "person_id": 3, "right": "owner"}
    Customer(one_desk, "olivia.hart")
    for person, many in ((DEV, 1), (3, 2)):
        if person == 3:
            change(one_desk, tables.contact_rights.insert().values(**olivia_too))
        who = proved(one_desk, person, HARBOUR)
        who.get(page(HARBOUR, "olivia.hart"))
        who.send(page(HARBOUR, "olivia.hart") + "/vouch")
        assert count(one_desk, tables.vouches) == many


def test_a_vouch_alone_opens_nothing(mailing: Desk, mailbox: Mailbox) -> None:
    Customer(mailing)
    vouches(mailing)
    vouches_again = proved(mailing, RAJ)
    vouches_again.get(page(TIDEWORKS, "mia.chen"))
    vouches_again.send(VOUCH)
    assert "somebody has vouched for them already" in vouches_again.words
    mailing.work()
    assert not mailed(mailbox)
    assert not re.search("/join/", "".join(mail.get_content() for mail in mailbox.mails))


# --- by the app, asked for on the sign-in's page


def recovers(desk: Desk, username: str) -> tuple[str, list[str]]:
    """What a stranger reads, and which statements it took."""
    stranger, sent = Browser(desk), list[str]()
    stranger.get("/recover")
    with watched(desk.store.engine, sent.append):
        stranger.send("/recover", username=username)
    return stranger.words, sent


def test_a_lost_password_is_set_anew_by_a_link_and_a_code_of_the_app(mailing: Desk, mailbox: Mailbox) -> None:
    mia = Customer(mailing)
    recovers(mailing, "mia.chen")
    mailing.work()
    assert not mailed(mailbox), "the app is too young"
    mailing.pass_time(COOLING // 1000)
    recovers(mailing, "mia.chen")
    recovers(mailing, "mia.chen")
    mailing.work()
    (link,) = mailed(mailbox)
    mia.get(link)
    wrong = "000000" if mia.code() != "000000" else "111111"
    new = "eleven barges under the crane"
    assert mia.send(link, password=new, again=new, code=wrong).status_code == 422, "never by mail alone"
    mia.send(link, password=new, again=new, code=mia.code())
    assert "You are signed in" in mia.words
    mia.get("/")
    mia.send("/sign-out")
    assert mia.sign_in(password=OWN_PASSWORD).status_code == 403
    assert mia.sign_in(password=new).status_code == 200


def test_a_stranger_learns_nothing_by_asking(mailing: Desk, mailbox: Mailbox) -> None:
    Customer(mailing)
    mailing.pass_time(COOLING // 1000)
    Customer(mailing, "leo.fox")
    asked = [recovers(mailing, name) for name in ("mia.chen", "leo.fox", "raj.patel", "mia.nobody")]
    assert len({(words, tuple(sent)) for words, sent in asked}) == 1
    assert "a link is on its way" in asked[0][0]
    kept = rows(mailing, select(tables.jobs.c.payload).where(tables.jobs.c.kind == "recovery"))
    assert not any("chen" in payload or "nobody" in payload for (payload,) in kept)
    for _ in range(12):
        recovers(mailing, "mia.chen")
        mailing.pass_time(660)
    mailing.work()
    assert 1 <= len(mailed(mailbox)) <= 5


def test_asking_ends_no_link_that_two_of_the_desk_have_sent(mailing: Desk, mailbox: Mailbox) -> None:
    Customer(mailing)
    mailing.pass_time(COOLING // 1000)
    ana, bo = leads(mailing)
    vouches(mailing)
    asks(ana)
    answer(bo, "agree")
    mailing.work()
    (link,) = mailed(mailbox)
    recovers(mailing, "mia.chen")
    mailing.work()
    assert mailed(mailbox) == [link]
    assert Browser(mailing).get(link).status_code == 200
