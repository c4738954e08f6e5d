"""T58. Whoever puts somebody else's address on file for themselves sees none of their mails, on any channel: a link that was sent there has to be opened first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from authz import Proof, Subject
from desk import mail_in
from desk.actors import Actor
from store import tables
from store.imports import import_run
from store.imports.file_format import read
from store.mail_in import address_proofs
from tests.api.mailing import SETTINGS, MailServer
from tests.api.test_mail_in import MIA, first_mail
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.browsing import Browser
from tests.portal.customers import subject_of
from tests.portal.test_customers import entered
from tests.portal.test_me import proved

MIAS, SAM = 8, 5  # people of the sample file, by their id
NEW = "sam@new.example"


@pytest.fixture
def desk(sample_sqlite: str, mailbox: Mailbox) -> Iterator[Desk]:
    opened = Desk(sample_sqlite, smtp_url=mailbox.url, mail_from="desk@desk.example", **SETTINGS)
    yield opened
    opened.close()


@pytest.fixture
def server(desk: Desk) -> Iterator[MailServer]:
    with MailServer(desk) as opened:
        yield opened


def changed(desk: Desk, email: str) -> Browser:
    """Sam, who has just put that address on file for himself."""
    sam = proved(desk, SAM)
    sam.get("/me/address")
    sam.send("/me/address", email=email)
    assert "Your address is changed" in sam.words
    return sam


def link(desk: Desk, mailbox: Mailbox, to: str) -> str:
    """The one in our answer to a mail, as it came there."""
    desk.work()
    said = next(m.get_content() for m in mailbox.mails if m["To"] == to and m["Auto-Submitted"] == "auto-replied")
    found = re.search(r"https?://[^/\s]+(/mails/yours/[0-9a-f-]+)\s", said)
    assert found, said
    return found[1]


def sees(browser: Browser) -> bool:
    return "No mail of yours waits" not in browser.read("/mails")


def test_who_takes_somebodys_address_reads_and_removes_nothing_of_theirs(
    desk: Desk, server: MailServer, mailbox: Mailbox
) -> None:
    """The attack: Sam puts Mia's address on file. What waits, and what she sends later, is hers alone, though he has links of his own, and she opens hers."""
    server.says(MIA, "My new password is a parrot.", Message_ID="<1@tideworks.example>")
    sam = changed(desk, MIA)
    server.says(MIA, "It is still down.", Message_ID="<2@tideworks.example>")
    server.says(MIA, "Mine, I say.", returns_to="sam@evil.example", Message_ID="<3@evil.example>")
    hers, his = link(desk, mailbox, MIA), link(desk, mailbox, "sam@evil.example")
    mia = entered(desk, MIAS)
    assert (mia.get(hers).status_code, sees(mia)) == (200, True)
    page, token = first_mail(mia), sam.fields("/sign-out")["token"]
    for way in (his, f"{hers[:-1]}{'0' if hers[-1] != '0' else '1'}", "/mails/yours/x"):
        assert not sees(sam), way
        assert "Is this your address?" not in sam.read(way)
        sam.post(way, {"token": token})
    assert sam.get(page).status_code == 404
    for deed in ("ticket", "answer", "not-mine"):
        sam.post(f"{page}/{deed}", {"token": token, "about": "300528:technical"})
    assert not sees(sam)
    assert len(re.findall(r'href="/mails/\d+"', mia.get("/mails").text)) == 3
    assert "write to the desk from that address" in sam.read("/mails")


def test_in_slack_and_by_phone_they_are_told_of_none_either(desk: Desk, server: MailServer) -> None:
    """Every channel finds them by the same functions."""
    server.says(MIA, "My new password is a parrot.")
    sam = changed(desk, MIA)
    assert not sees(sam)
    who = Actor(subject_of(desk, "sam.okoro"), Proof.VERIFIED)
    id = rows(desk, select(tables.pending_mails.c.id))[0][0]
    with desk.store.transaction("test") as tx:
        assert (mail_in.waiting(tx, who), mail_in.waiting_count(tx, who), mail_in.own_mail(tx, who, id)) == (
            (),
            0,
            None,
        )
        assert mail_in.opens(tx, who, id, "300528", "technical") is mail_in.answers(tx, who, id) is mail_in.Became.GONE
        assert not mail_in.disown(tx, who, id)


def test_who_reads_what_is_sent_there_proves_it_once_until_it_is_another(
    desk: Desk, server: MailServer, mailbox: Mailbox
) -> None:
    sam = changed(desk, NEW)
    server.says(NEW.upper(), "Our shop is down.", returns_to=NEW)
    assert not sees(sam)
    way = link(desk, mailbox, NEW)
    assert f"opened the link in our answer to a mail from {NEW}" in sam.read(way)
    assert not sees(sam), "to look is not enough"
    sam.get(way)
    sam.send(way)
    assert "Mails from your address are shown here." in sam.words
    assert sees(sam)
    assert "Is this your address?" not in sam.read(way), "it is proved"
    done = select(tables.ledger.c.who).where(tables.ledger.c.action == "address_proved")
    assert [row.who for row in rows(desk, done)] == [Subject.of_person(SAM)]
    again = changed(desk, "other@new.example")
    again = changed(desk, NEW)
    assert not sees(again)
    desk.pass_time((address_proofs.GOOD + 1) * 86_400)
    assert "Is this your address?" not in entered(desk, SAM).read(way), "a link of long ago proves nothing"


def test_one_that_an_import_replaced_is_to_be_proved_and_a_newcomers_is_not(desk: Desk, server: MailServer) -> None:
    """The operator's system may have it from whoever changed it there; a newcomer is invited at the address itself."""
    people = [{"username": "sam.okoro", "email": MIA}, {"username": "new.one", "name": "New", "email": "n@c.example"}]
    for _ in range(2):
        import_run.run(desk.store, read(json.dumps({"people": people}).encode()))
    p = tables.people.c
    found = select(p.username).where(p.email_unproved)
    assert [row.username for row in rows(desk, found)] == ["sam.okoro"]
    change(desk, update(tables.people).where(p.username == "sam.okoro").values(email_unproved=False))
    import_run.run(desk.store, read(json.dumps({"people": people}).encode()))
    assert rows(desk, found) == [], "brought again as it is, it stays proved"
