"""Who gets each kind of notice in each scheme, seen in a mail sink and compared cell by cell with the rules (section "Who is told")."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from sqlalchemy import select

from authz import Action, Ask, Grant, Proof, Subject, Topic
from desk import notices
from desk.actors import Actor
from store import OPERATOR, tables
from store.notices import mail_preferences
from store.tickets import agent_tickets, customer_tickets
from tests.channels.mail_sink import HOLDINGS, NUMBERS, Sink, username
from tests.desk import Desk

SHELL = Actor(OPERATOR, Proof.NONE)
# Typed by hand from the rules: who is told.
TOLD = {
    ("media_temple", "billing"): {"owner", "billing"},
    ("media_temple", "technical"): {"owner", "technical"},
    ("media_temple", "account"): {"owner"},
    ("standard_roles", "billing"): {"owner", "administrator", "billing", "both"},
    ("standard_roles", "technical"): {"owner", "administrator", "support", "both"},
    ("standard_roles", "account"): {"owner"},
    ("memset", "billing"): {"billing_contact"},
    ("memset", "technical"): {"admin_contact"},
    ("memset", "account"): {"admin_contact"},
}
# Of a ticket about a topic: who else is told besides its requester and whoever wrote in it (MT-7).
ALWAYS = {"media_temple": {"owner"}, "standard_roles": set[str](), "memset": set[str]()}
OPENS = {  # who may open a ticket about the topic and has a right to see it
    ("media_temple", "technical"): "technical",
    ("media_temple", "billing"): "billing",
    ("standard_roles", "technical"): "support",
    ("standard_roles", "billing"): "both",
    ("memset", "technical"): "manage_support",
    ("memset", "billing"): "admin_contact",
}


def only(words: set[str], subject: str) -> dict[str, list[str]]:
    """That these holdings got this one mail, and nobody else anything."""
    return {word: [subject] for word in words}


@pytest.fixture
def sink(sample_sqlite: str) -> Iterator[Sink]:
    made = Sink(sample_sqlite)
    with made.mailbox:
        made.told()
        yield made
        made.desk.close()


def test_a_notice_goes_to_exactly_whom_the_scheme_names(sink: Sink) -> None:
    """Every kind in every scheme, seen by every holding: nobody else's mailbox has anything."""
    looked = 0
    for scheme, kind in product(HOLDINGS, ("billing", "technical", "account")):
        with sink.desk.store.transaction("shell") as tx:
            sent = notices.send(tx, SHELL, kind, [NUMBERS[scheme]], f"About {kind}\nWords of it.")
            assert isinstance(sent, notices.Sent)
        assert sink.told(scheme) == {word: [f"About {kind}"] for word in TOLD[scheme, kind]}, (scheme, kind)
        looked += 1
    assert looked == 9


def test_a_ticket_is_told_of_to_its_requester_to_who_wrote_in_it_and_to_whom_the_rules_name(sink: Sink) -> None:
    for scheme, topic in OPENS:
        word = OPENS[scheme, topic]
        number = sink.opens(scheme, word, topic)
        told = {word, *ALWAYS[scheme]}
        assert sink.told(scheme) == only(told, f"Ticket {number}: we have it"), (scheme, topic)
        sink.as_staff(
            scheme, lambda tx, grant, n=number: agent_tickets.answer(tx, grant, n, "The secret answer", phone=False)
        )
        assert sink.told(scheme) == only(told, f"Ticket {number}: there is an answer"), (scheme, topic)
        other = {"media_temple": "admin", "standard_roles": "administrator", "memset": "admin_contact"}[scheme]
        sink.replies(scheme, other, topic, number)
        sink.as_staff(scheme, lambda tx, grant, n=number: agent_tickets.set_status(tx, grant, n, "closed"))
        assert sink.told(scheme) == only({*told, other}, f"Ticket {number}: closed"), (scheme, topic)


def test_a_mail_about_a_ticket_holds_nothing_that_was_said(sink: Sink) -> None:
    number = sink.opens("media_temple", "technical", "technical")
    sink.as_staff(
        "media_temple", lambda tx, grant: agent_tickets.answer(tx, grant, number, "The secret answer", phone=False)
    )
    sink.desk.work()
    assert len(sink.mailbox.mails) == 4
    assert not any("secret" in mail.as_string() for mail in sink.mailbox.mails)
    assert not any("http" in mail.get_content() for mail in sink.mailbox.mails)


def test_the_operator_may_have_the_words_in_it(sample_sqlite: str) -> None:
    made = Sink(sample_sqlite, ticket_mail_text="on")
    with made.mailbox:
        number = made.opens("media_temple", "technical", "technical")
        made.as_staff(
            "media_temple", lambda tx, grant: agent_tickets.answer(tx, grant, number, "Plug it in", phone=False)
        )
        made.desk.work()
        answered = [mail.get_content() for mail in made.mailbox.mails if "answer" in mail["Subject"]]
        made.desk.close()
    assert len(answered) == 2
    assert all("The secret title" in words and "Plug it in" in words for words in answered)


def test_it_is_judged_when_it_is_sent(sink: Sink) -> None:
    """Whoever has lost what they were told by gets nothing, and stands in the list as that."""
    number = sink.opens("media_temple", "technical", "technical")
    with sink.desk.store.transaction("shell") as tx:
        notices.send(tx, SHELL, "billing", [NUMBERS["media_temple"]], "Bills\nWords.")
    while sink.desk.container.worker.do_one(["ticket_event"]):
        pass
    gone = [sink.person("media_temple", word).person for word in ("technical", "billing")]
    with sink.desk.store.transaction("test") as tx:
        r = tables.contact_rights
        tx.connection.execute(r.delete().where(r.c.person_id.in_(gone)))
    assert sink.told("media_temple") == {"owner": ["Bills", f"Ticket {number}: we have it"]}
    with sink.desk.store.transaction("test") as tx:
        n = tables.notice_recipients.c
        states = tx.connection.execute(select(n.state).where(n.person_id.in_(gone))).scalars().all()
    assert states == ["withheld", "withheld"]


def test_mail_about_tickets_can_be_turned_off_but_not_what_a_rule_says_they_get(sink: Sink) -> None:
    with sink.desk.store.transaction("portal") as tx:
        for word in ("owner", "technical"):
            mail_preferences.choose_tickets(tx, sink.person("media_temple", word), wanted=False)
    number = sink.opens("media_temple", "technical", "technical")
    assert sink.told("media_temple") == {"owner": [f"Ticket {number}: we have it"]}, "MT-7"
    with sink.desk.store.transaction("portal") as tx:
        mail_preferences.choose_tickets(tx, sink.person("media_temple", "technical"), wanted=True)
    sink.as_staff("media_temple", lambda tx, grant: agent_tickets.set_status(tx, grant, number, "closed"))
    assert set(sink.told("media_temple")) == {"owner", "technical"}


def test_a_ticket_left_under_a_threat_is_told_of_as_always_and_the_desks_work_on_it_is_not(sink: Sink) -> None:
    number = sink.opens("media_temple", "technical", "technical")
    t = tables.tickets
    with sink.desk.store.transaction("test") as tx:
        tx.connection.execute(t.update().where(t.c.number == number).values(customer_status="open"))
    assert set(sink.told("media_temple")) == {"owner", "technical"}
    sink.as_staff("media_temple", lambda tx, grant: agent_tickets.set_status(tx, grant, number, "closed"))
    assert sink.told("media_temple") == {}


def test_imports_tell_of_news_once_and_not_of_what_a_first_import_brings(sink: Sink) -> None:
    """Invoices, payments and the status of services and accounts, each to whom the scheme names."""
    for account in sink.document["accounts"]:
        account["invoices"][0]["status"] = "paid"
        account["invoices"].append({**account["invoices"][0], "number": "I2", "status": "unpaid"})
        account["services"][0]["status"] = "stopped"
        account["status"] = "suspended"
    sink.imports()
    found = sink.told()
    for scheme, holdings in HOLDINGS.items():
        house = f"House {scheme}"
        for word in holdings:
            wanted = []
            if word in TOLD[scheme, "billing"]:
                wanted += [f"New invoice for {house}", f"Payment received from {house}"]
            if word in TOLD[scheme, "technical"]:
                wanted += [f"The services of {house} were changed"]
            if word in TOLD[scheme, "account"]:
                wanted += ["Your account was changed"]
            assert sorted(found.pop(username(scheme, word), [])) == sorted(wanted), (scheme, word)
    assert found == {}
    sink.imports()
    assert sink.told() == {}, "the same file again"


def test_an_import_can_be_told_to_mail_nobody_about_invoices_and_services(sink: Sink) -> None:
    for account in sink.document["accounts"]:
        account["services"][0]["status"] = "stopped"
        account["status"] = "suspended"
    sink.imports(notices=False)
    assert {subject for subjects in sink.told().values() for subject in subjects} == {"Your account was changed"}


def test_an_address_that_refuses_is_seen_tried_again_and_told_in_other_ways(sink: Sink) -> None:
    technical = f"{username('media_temple', 'technical')}@sink.example"
    sink.mailbox.says[f"RCPT {technical}"] = "550 5.1.1 no such user"
    with sink.desk.store.transaction("shell") as tx:
        notices.send(tx, SHELL, "technical", [NUMBERS["media_temple"]], "Works tonight\nWords.")
    assert sorted(sink.told("media_temple")["owner"]) == ["Mail to a contact comes back", "Works tonight"]
    bounces, recipients = tables.mail_bounces, tables.notice_recipients
    with sink.desk.store.transaction("test") as tx:
        (bounce,) = tx.connection.execute(select(bounces)).all()
        assert (bounce.email, bounce.times) == (technical, 1)
        assert bounce.why == "the mail server refuses the address for good (550)"
        states = tx.connection.execute(select(recipients.c.state)).scalars().all()
        assert sorted(states) == ["refused", "sent"]
    sink.desk.container.worker.sweep()
    assert sink.told("media_temple") == {}, "not before a day has passed"
    sink.mailbox.says.clear()
    sink.desk.pass_time(25 * 3600)
    sink.desk.container.worker.sweep()
    assert sink.told("media_temple") == {"technical": ["Works tonight"]}
    with sink.desk.store.transaction("test") as tx:
        assert tx.connection.execute(select(bounces)).all() == [], "it takes mail again"


def test_without_a_mail_server_nobody_waits_for_what_became_of_a_ticket(sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite)
    with desk.store.transaction("portal") as tx:
        grant = tx.ask(Ask(Subject("person:8"), Action.TICKET_OPEN, 3, Topic.TECHNICAL, Proof.VERIFIED))
        assert isinstance(grant, Grant)
        customer_tickets.open(tx, grant, title="s", body="b")
    desk.work()
    assert desk.store.backlog().pending == 0
    desk.close()


def test_what_was_tried_for_days_says_so(sink: Sink) -> None:
    sink.mailbox.says["DATA"] = "554 not wanted"
    with sink.desk.store.transaction("shell") as tx:
        notices.send(tx, SHELL, "account", [NUMBERS["memset"]], "News\nWords.")
    assert sink.told("memset") == {}
    with sink.desk.store.transaction("test") as tx:
        row = tx.connection.execute(select(tables.notice_recipients)).one()
    assert (row.state, row.why) == ("unsent", "the mail server refuses the mail for good (554)")


def test_each_mail_says_why_it_came_and_one_with_several_accounts_names_them_once(sink: Sink) -> None:
    owner = sink.person("media_temple", "owner").person
    with sink.desk.store.transaction("test") as tx:
        other = 2  # Northlight Studio
        tx.connection.execute(tables.contacts.insert().values(account_id=other, person_id=owner))
        tx.connection.execute(tables.contact_rights.insert().values(account_id=other, person_id=owner, right="owner"))
    with sink.desk.store.transaction("shell") as tx:
        numbers = [NUMBERS["media_temple"], "300528", NUMBERS["media_temple"]]
        notices.send(tx, SHELL, "account", numbers, "News\nWords.")
    sink.desk.work()
    mails = [m.get_content() for m in sink.mailbox.mails if str(m["To"]).startswith("700101.owner")]
    assert len(mails) == 1
    assert "This is about House media_temple and Northlight Studio." in mails[0]
    assert "rule D-notices.account, MT-7" in mails[0]
