"""An administrator removes the passkey of a colleague who has lost it: they are signed out and told, and what it was the last of is said before."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from store import tables
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.wire import change, count, rows
from tests.portal.browsing import Agent
from tests.portal.full_house import ANA, KIM, staff
from tests.portal.passkeying import device, passkey, touches
from tests.portal.test_staff_invitations import links

BO = 3
OFF = f"/desk/staff/{KIM}/passkeys/%d/remove"
LAST = "It is the last thing they can sign in with"


def test_one_of_theirs_is_removed_and_they_are_signed_out_and_told(mailing: Desk, mailbox: Mailbox) -> None:
    kim = Agent(mailing)
    kim.sign_in()
    kim.get("/desk/passkeys")
    touches(kim, device(), "/desk/passkeys", name="Blue key")
    bo = staff(mailing, BO)
    assert "None. They sign in with a password and an app" not in bo.read(f"/desk/staff/{KIM}")
    assert "Blue key added" in bo.words
    assert LAST not in bo.words, "there is the password"
    mailing.work()
    mailbox.mails.clear()
    bo.send(OFF % 1)
    assert "The passkey is removed, and they are signed out everywhere" in bo.words
    assert "None. They sign in with a password and an app" in bo.words
    assert "Sign in" in kim.read("/desk")
    assert count(mailing, tables.passkeys) == 0
    mailing.work()
    assert [(mail["To"], mail["Subject"]) for mail in mailbox.mails] == [
        ("kim@desk.example", "An administrator removed a passkey of yours")
    ]
    said = rows(mailing, select(tables.ledger.c.fields).where(tables.ledger.c.who == f"staff:{BO}"))
    assert any(f"passkey_removed:staff:{KIM}" in str(fields) for (fields,) in said)
    bo.post(OFF % 1, bo.fields("/desk/sign-out"))
    assert "it was so already" in bo.words


def test_of_the_last_it_is_said_and_an_invitation_offered(mailing: Desk, mailbox: Mailbox) -> None:
    only = passkey(mailing, KIM, "Telephone")
    bo = staff(mailing, BO)
    assert LAST in bo.read(f"/desk/staff/{KIM}")
    bo.send(OFF % only, then="invite")
    assert "Invited." in bo.words
    assert "One is on its way to their address" in bo.words
    mailing.work()
    assert len(links(mailbox)) == 1
    assert count(mailing, tables.passkeys) == 0


def test_where_only_passkeys_sign_in_the_last_is_the_last(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite, public_url="http://localhost:8000", **ACCOUNT, staff_passkeys="required")
    change(desk, update(tables.staff).where(tables.staff.c.id == ANA).values(role="administrator"))
    row = {"staff_id": KIM, "password": b"x", "authenticator": b"x", "last_step": 0, "set_at": desk.now}
    change(desk, insert(tables.staff_logins).values(row))
    only = passkey(desk, KIM, "Telephone")
    ana = staff(desk, ANA)
    ana.get(f"/desk/staff/{KIM}")
    assert LAST in ana.words
    assert "deskgate staff invite agent.kim" in ana.words
    ana.send(OFF % only)
    assert "They have nothing to sign in with" in ana.words
    desk.close()


def test_nobody_removes_their_own_or_anothers_through_a_third(mailing: Desk) -> None:
    own, kims = passkey(mailing, BO, "Mine"), passkey(mailing, KIM, "Hers")
    bo = staff(mailing, BO)
    assert "Mine" not in bo.read(f"/desk/staff/{BO}")
    token = bo.fields("/desk/sign-out")
    bo.post(f"/desk/staff/{BO}/passkeys/{own}/remove", token)
    assert "nobody does that to themselves" in bo.words
    bo.post(f"/desk/staff/{ANA}/passkeys/{kims}/remove", bo.fields("/desk/sign-out"))
    assert "it was so already" in bo.words
    assert count(mailing, tables.passkeys) == 2


def test_supervisors_and_agents_see_and_remove_none(mailing: Desk) -> None:
    kims = passkey(mailing, KIM, "Hers")
    ana, kim = staff(mailing, ANA), staff(mailing, KIM)
    ana.get("/desk/staff")
    kim.get("/desk")
    for browser in (ana, kim):
        token = browser.fields("/desk/sign-out")
        assert browser.post(OFF % kims, token).status_code == 404
        assert browser.get(f"/desk/staff/{KIM}").status_code == 404
        assert "Hers" not in browser.words
    assert count(mailing, tables.passkeys) == 1
