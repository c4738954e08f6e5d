"""T50, colleagues are invited on the staff page: by mail, to them alone, once; invited again, withdrawn; and who may not."""

from __future__ import annotations

import re
from email.message import EmailMessage

from sqlalchemy import select, update

from store import tables
from store.staff import staff_invitations
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.wire import change, count, rows
from tests.portal.browsing import PASSWORD, Browser, hire, scanned
from tests.portal.full_house import ANA, KIM, staff

BO, NORA = 3, 4  # an administrator (conftest.py), and whoever is invited first
HOUR = 3_600


def invites(
    lead: Browser, username: str = "agent.nora", name: str = "Nora Quill", email: str = "nora@desk.example"
) -> str:
    lead.get("/desk/staff")
    lead.send("/desk/staff/invite", person=name, username=username, email=email)
    return lead.words


def links(mailbox: Mailbox) -> list[str]:
    return re.findall(r"https?://[^/]+(/desk/join/\S+)", "".join(mail.get_content() for mail in mailbox.mails))


def to(mailbox: Mailbox, address: str) -> list[EmailMessage]:
    return [mail for mail in mailbox.mails if mail["To"] == address]


def joins(desk: Desk, link: str) -> Browser:
    nora = Browser(desk)
    nora.get(link)
    app = scanned(nora)
    nora.send(link, password=PASSWORD, again=PASSWORD, code=app.at(desk.now // 1000))
    return nora


def test_the_link_goes_to_them_alone_and_they_are_an_agent(mailing: Desk, mailbox: Mailbox) -> None:
    bo = staff(mailing, BO)
    assert "Invited. A link goes to their address" in invites(bo, "Agent.Nora")
    assert "the invitation is on its way" in bo.words
    kept = rows(mailing, select(tables.jobs.c.payload).where(tables.jobs.c.kind == staff_invitations.WORK))
    assert [set(re.findall(r'"(\w+)":', payload)) for (payload,) in kept] == [{"staff", "at"}]
    mailing.work()
    (link,) = links(mailbox)
    (mail,) = to(mailbox, "nora@desk.example")
    assert link in mail.get_content()
    assert "Your username is agent.nora" in mail.get_content()
    told = {
        mail["To"] for mail in mailbox.mails if mail["Subject"] == "One of the staff was invited to the desk's page"
    }
    assert told == {
        row.email for row in rows(mailing, select(tables.staff.c.email).where(tables.staff.c.id.in_((ANA, BO))))
    }
    token = link.rpartition("/")[2]
    assert "invited until" in bo.read("/desk/staff")
    assert token not in bo.text + bo.get(f"/desk/staff/{NORA}").text
    nora = joins(mailing, link)
    assert "You sign in as agent.nora from now on" in nora.words
    assert "Nora Quill agent" in nora.read("/desk")
    assert "invited until" not in bo.read("/desk/staff")
    said = [str(fields) for (fields,) in rows(mailing, select(tables.ledger.c.fields))]
    for what in (f"added:staff:{NORA}", f"invited:staff:{NORA}", f"invitation_sent_to:staff:{NORA}"):
        assert any(what in fields for fields in said), what
    assert not any(token in fields for fields in said)


def test_what_is_odd_or_taken_invites_nobody_and_stays_in_its_field(mailing: Desk) -> None:
    bo = staff(mailing, BO)
    assert "somebody has that username" in invites(bo, "AGENT.KIM")
    hire(mailing, "Lead.Zoe", "Zoe Adler", "supervisor")
    assert "somebody has that username" in invites(bo, "lead.zoe")
    assert 'value="Nora Quill"' in bo.text
    assert "that is no e-mail address" in invites(bo, email="nora at desk.example")
    assert "a username has letters" in invites(bo, "nora quill")
    assert "write the name" in invites(bo, name="--")
    assert count(mailing, tables.staff) == 4


def test_twenty_at_once_and_then_no_more(mailing: Desk) -> None:
    bo = staff(mailing, BO)
    for n in range(staff_invitations.A_DAY // 2):
        assert "Invited." in invites(bo, f"agent.{n}"), n
    assert "twenty go out at once and forty a day" in invites(bo, "agent.more")
    assert count(mailing, tables.staff) == 3 + staff_invitations.A_DAY // 2


def test_another_takes_the_place_of_the_first_and_ends_after_a_day(mailing: Desk, mailbox: Mailbox) -> None:
    bo = staff(mailing, BO)
    invites(bo)
    mailing.work()
    bo.get(f"/desk/staff/{NORA}")
    bo.send(f"/desk/staff/{NORA}/invite")
    assert "Invited." in bo.words
    mailing.work()
    first, second = links(mailbox)
    assert Browser(mailing).get(first).status_code == 410
    mailing.pass_time(24 * HOUR - 1)
    assert Browser(mailing).get(second).status_code == 200
    mailing.pass_time(2)
    assert Browser(mailing).get(second).status_code == 410
    assert "has not joined yet; no invitation is open" in staff(mailing, BO).read("/desk/staff")


def test_withdrawn_it_opens_nothing_and_whoever_was_written_down_wrongly_is_gone(
    mailing: Desk, mailbox: Mailbox
) -> None:
    bo = staff(mailing, BO)
    invites(bo)
    mailing.work()
    (link,) = links(mailbox)
    nora = Browser(mailing)
    nora.get(link)
    form = nora.fields(link) | {"password": PASSWORD, "again": PASSWORD}
    app = scanned(nora)
    bo.get(f"/desk/staff/{NORA}")
    bo.send(f"/desk/staff/{NORA}/withdraw")
    assert "Withdrawn: no link of theirs is good any more" in bo.words
    assert "Nora" not in bo.words
    assert nora.post(link, form | {"code": app.at(mailing.now // 1000)}).status_code == 410
    assert "Invited." in invites(bo), "as they should have been"


def test_what_is_withdrawn_before_its_mail_is_never_sent(mailing: Desk, mailbox: Mailbox) -> None:
    bo = staff(mailing, BO)
    bo.get(f"/desk/staff/{KIM}")
    bo.send(f"/desk/staff/{KIM}/invite")
    bo.get(f"/desk/staff/{KIM}")
    assert "One is on its way to their address" in bo.words
    bo.send(f"/desk/staff/{KIM}/withdraw")
    mailing.work()
    assert links(mailbox) == []
    assert "Kim Novak" in bo.words, "who came with the import stays"


def test_whoever_is_suspended_is_sent_none(mailing: Desk, mailbox: Mailbox) -> None:
    bo = staff(mailing, BO)
    invites(bo)
    bo.get("/desk/staff")
    bo.send(f"/desk/staff/{NORA}/suspend")
    mailing.work()
    assert links(mailbox) == []
    bo.get(f"/desk/staff/{NORA}")
    assert "None: they are suspended" in bo.words
    token = bo.fields("/desk/sign-out")
    bo.post(f"/desk/staff/{NORA}/invite", token)
    assert "choose a colleague who works here" in bo.words


def test_supervisors_and_agents_invite_nobody(mailing: Desk) -> None:
    ana, kim = staff(mailing, ANA), staff(mailing, KIM)
    assert "Invite a colleague" not in ana.read("/desk/staff")
    assert ana.get(f"/desk/staff/{KIM}").status_code == 404
    ana.get("/desk/staff")
    kim.get("/desk")
    new = {"person": "Nora Quill", "username": "nora", "email": "nora@desk.example"}
    for browser in (ana, kim):
        token = browser.fields("/desk/sign-out")
        for way in ("invite", f"{KIM}/invite", f"{KIM}/withdraw"):
            assert browser.post(f"/desk/staff/{way}", token | new).status_code == 404, way
    assert count(mailing, tables.staff) == 3


def test_nobody_invites_themselves(mailing: Desk) -> None:
    bo = staff(mailing, BO)
    assert "Nobody changes their own role here" in bo.read(f"/desk/staff/{BO}")
    bo.post(f"/desk/staff/{BO}/invite", bo.fields("/desk/sign-out"))
    assert "nobody does that to themselves" in bo.words


def test_without_a_mail_server_the_page_says_how_else(one_desk: Desk) -> None:
    change(one_desk, update(tables.staff).where(tables.staff.c.id == ANA).values(role="administrator"))
    ana = staff(one_desk, ANA)
    assert "no mail server" in ana.read("/desk/staff")
    assert "deskgate staff invite" in ana.words
    new = {"person": "Nora Quill", "username": "nora", "email": "nora@desk.example"}
    ana.post("/desk/staff/invite", ana.fields("/desk/sign-out") | new)
    assert "Nobody was invited: this desk has no mail server" in ana.words
    assert "deskgate staff invite agent.kim" in ana.read(f"/desk/staff/{KIM}")
