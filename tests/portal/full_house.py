"""A desk on which every page has something to show, and where each page is found: for whatever looks at all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import insert, select, update

from authz import Subject
from store import tables
from store.codes import one_time_links
from store.security.alerts import alert
from store.sign_in import sessions
from store.sign_in.realms import CUSTOMERS, STAFF
from store.verification import step_ups
from tests.api.assisting import drafted
from tests.api.mailing import mailed, proof_page
from tests.api.verifying import verification_waits
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.golden.page_words import form_of
from tests.ivr.wire import change, rows
from tests.portal.browsing import Browser, hire, invitation
from tests.portal.customers import link_for
from tests.portal.passkeying import passkey
from tests.portal.peopling import HARBOUR, MINUTES, TIDEWORKS, prove
from tests.portal.test_call_page import digits_of, on_the_phone
from tests.portal.test_contact_requests import request, writes
from tests.portal.test_customers import entered
from tests.portal.test_drills import begin, does
from tests.portal.test_insider import accounts, talks
from tests.portal.test_prove import by_passkey
from tests.portal.test_requests import asks
from tests.portal.walls import shown as wall_display
from tests.rights import held

OLIVIA, SAM, RAJ, MIA, LEO = 1, 5, 7, 8, 9  # people of the sample file, by their id
KIM, ANA = 1, 2  # and of the staff
LONG: Final = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh"
NOTICE: Final = "Works on Sunday\nThe servers are away from two to three."
HOME: Final = "/accounts/400639"
# What has no page to look at.
FILES: Final = (
    {f"/accounts/{{account}}/{name}" for name in ("records.csv", "records.json", "records/receipt")}
    | {f"{door}/tickets/{{number}}/files/{{file}}" for door in ("", "/desk")}
    | {"/desk/tickets/{number}/recordings/{message}", "/desk/reports.csv"}
)


@dataclass(frozen=True)
class Sight:
    """One page: who is at it, where, and the button pressed there first, with fields filled by their labels."""

    route: str
    path: str
    who: str = ""
    press: str = ""
    fill: dict[str, str] = field(default_factory=dict)


@dataclass
class House:
    """`browsers`: of each of those who look."""

    desk: Desk
    browsers: dict[str, Browser]
    sights: list[Sight]

    def shows(self, sight: Sight) -> str:
        """The page, as it comes."""
        browser = self.browsers.get(sight.who) or Browser(self.desk)
        page = browser.get(sight.path)
        assert page.url.path == urlsplit(sight.path).path, f"{sight.path} leads {sight.who or 'a stranger'} on"
        if sight.press:
            form = form_of(page.text, sight.press)
            name, value = form.buttons[sight.press]
            typed = {form.labels[label]: words for label, words in sight.fill.items()}
            page = browser.post(form.action, {**form.hidden, **({name: value} if name else {}), **typed})
        assert page.status_code < 500, sight
        return page.text


def staff(desk: Desk, member: int) -> Browser:
    browser = Browser(desk)
    with desk.store.transaction("test") as tx:
        browser.client.cookies.set("deskgate_session", sessions.begin(tx, STAFF, member))
    return browser


def link(desk: Desk, kind: str, person: int) -> str:
    with desk.store.transaction("test") as tx:
        return one_time_links.issue(tx, kind, Subject.of_person(person))


def opened(who: Browser, about: str, words: str) -> int:
    who.get("/tickets/new")
    who.send("/tickets/new", about=about, words=words, service="")
    return number_on(who)


def number_on(who: Browser) -> int:
    found = re.search(r"#(\d+)", who.words)
    assert found, who.words
    return int(found[1])


def people(desk: Desk) -> None:
    """One more, with a name as long as names get."""
    row = {
        "support_id": "10000107",
        "username": f"w.{LONG.lower()}",
        "name": f"Hubert {LONG}",
        "email": f"h@{'long-' * 9}name.example",
    }
    change(desk, insert(tables.people).values(id=99, **row))
    change(desk, insert(tables.contacts).values(account_id=3, person_id=99))
    change(desk, *held("manage_support,manage_services,purchase_services", tables.contacts.c.person_id == 99))


def furnished(desk: Desk, mailbox: Mailbox) -> House:
    """The clock stands where a second proof, a call and a link all count."""
    people(desk)
    mailed(desk, "raj@tideworks.example", f"{LONG} is slow")
    verification_waits(desk, RAJ, TIDEWORKS[0])
    olivia, _ = by_passkey(desk, Subject.of_person(OLIVIA))
    raj, mia, leo = (entered(desk, one) for one in (RAJ, MIA, LEO))
    prove(desk, raj, TIDEWORKS)
    prove(desk, olivia, HARBOUR)
    kim, ana = staff(desk, KIM), staff(desk, ANA)

    first = opened(raj, "400639:technical", "tide-web answers slowly since noon\nEvery page takes ten seconds.")
    opened(mia, "400639:technical", f"{LONG * 2} does not resolve any more, whatever we try")
    kim.get(f"/desk/tickets/{first}")
    ana.get("/desk/answers")
    ana.send("/desk/answers/new", title="Restarted", words="Hello {name}, we restarted {service}.")
    kim.send(f"/desk/tickets/{first}/take")
    kim.send(f"/desk/tickets/{first}/note", words="The disk of its host is full.")
    kim.answers(f"/desk/tickets/{first}", "We moved it to another host.\nIs it better now?", seen="")
    raj.get(f"{HOME}/requests/new/service.credentials")
    asks(raj, "sent", "The root login, please", path=f"{HOME}/requests/new/service.credentials")
    login = number_on(raj)
    kim.get(f"/desk/tickets/{login}")
    kim.send(f"/desk/tickets/{login}/login-details", details="user root\nsecret Zaungast-48", days="1")
    fresh = entered(desk, RAJ)
    fresh.get(f"{HOME}/requests/new/service.cancel")
    asks(fresh, "draft", "It may end in May.", path=f"{HOME}/requests/new/service.cancel")
    draft = number_on(fresh)
    closed = opened(raj, "400639:billing", "Is VAT due on this?")
    raj.get(f"/tickets/{closed}")
    raj.send(f"/tickets/{closed}/solved")
    desk.work()
    login_at = next(
        found for mail in reversed(mailbox.mails) for found in re.findall(r"/login-details/\S+", mail.get_content())
    )

    (quarantined,) = accounts(desk, 1)[-1:]
    change(
        desk,
        update(tables.tickets)
        .where(tables.tickets.c.number == quarantined)
        .values(status="quarantined", opened_by=MIA),
    )
    with desk.store.transaction("test") as tx:
        alert(tx, "signin_tried", "a", subject=Subject.of_person(MIA))
        alert(tx, "probing_account", "b", subject=Subject.of_person(MIA), detail="6")
    talks(desk)
    ana.get("/desk")
    (call,) = [row.id for row in rows(desk, select(tables.support_calls.c.id))]
    ana.send(f"/desk/calls/{call}/mine")
    ana.get("/desk/supervisors")
    ana.send("/desk/supervisors/pin", person="10000081", reason="she has forgotten it", action="pin_unlock")
    change_of_contacts = request(desk, OLIVIA, HARBOUR)
    kim.get(f"/desk/tickets/{change_of_contacts}")
    kim.send(f"/desk/tickets/{change_of_contacts}/take")
    drafted(desk, change_of_contacts, KIM)
    writes(kim, change_of_contacts, "change", "tom.reyes", "technical", "billing")
    drills = [begin(kim, "new_colleague"), begin(ana, "sim_swap")]
    does(kim, drills[0], act="pin")
    for press in ("pin", "end"):
        does(ana, drills[1], act=press)
    ana.get("/desk/notices")
    ana.send("/desk/notices/preview", kind="technical", accounts="400639, 200417", words=NOTICE)
    ana.send("/desk/notices")
    desk.work()
    digits_of(on_the_phone(desk))
    with desk.store.transaction("test") as tx:
        for on in (None, TIDEWORKS[0]):
            who = sessions.find(tx, CUSTOMERS, raj.client.cookies["deskgate_account"], does=False)
            assert who is not None
            step_ups.reached(tx, who.subject, on, "passkey", who.session, ends_at=desk.now + MINUTES)

    kim.get("/desk/tickets")
    ticked = {f"tick-{one.number}": "0" for one in rows(desk, select(tables.tickets.c.number))}
    kim.send("/desk/tickets/bulk", deed="tag", tag="outage", **ticked)
    kim.get(f"/desk/tickets/{change_of_contacts}")
    kim.send(f"/desk/tickets/{change_of_contacts}/answer", words="We have asked your colleagues.", seen="")
    notice = rows(desk, select(tables.notices.c.id).where(tables.notices.c.title == NOTICE.partition("\n")[0]))[0].id
    hire(desk, "lead.bo", "Bo Lind", "administrator")
    bo = rows(desk, select(tables.staff.c.id).where(tables.staff.c.username == "lead.bo"))[0].id
    lead = staff(desk, bo)
    lead.get("/desk/staff")
    lead.send("/desk/staff/invite", person=f"Nora {LONG}", username="agent.nora", email="nora@desk.example")
    passkey(desk, KIM, LONG[:40])
    browsers = {
        "olivia": olivia,
        "raj": raj,
        "mia": mia,
        "leo": leo,
        "fresh": fresh,
        "kim": kim,
        "ana": ana,
        "bo": lead,
        "display": wall_display(desk),
    }
    account = "/accounts/{account}"
    sights = [
        Sight("/sign-in", "/sign-in"),
        Sight(
            "/sign-in",
            "/sign-in",
            press="Sign in",
            fill={"Username": "x", "Password": "y", "Code from your authenticator app": "1"},
        ),
        Sight("/proof", "/proof"),
        Sight("/proof", "/proof", press="Check", fill={"The statement": "x"}),
        Sight("/recover", "/recover"),
        Sight("/recover", "/recover", press="Send me a link", fill={"Username": "x"}),
        Sight("/join/{link}", link_for(desk, "mia.chen")),
        Sight("/join/{link}", "/join/x"),
        Sight("/enrol/{link}", f"/enrol/{link(desk, 'enrol', MIA)}"),
        Sight("/enrol/{link}", f"/enrol/{link(desk, 'enrol', LEO)}", press="Show the QR code"),
        Sight("/pin/{link}", f"/pin/{link(desk, 'pin', MIA)}"),
        Sight("/", "/", "raj"),
        Sight("/", "/", "olivia"),
        Sight(account, HOME, "raj"),
        Sight(account, HOME, "leo"),
        Sight(account, "/accounts/1", "raj"),
        Sight(f"{account}/requests/new", f"{HOME}/requests/new", "raj"),
        Sight(f"{account}/requests/new", f"{HOME}/requests/new", "leo"),
        Sight(f"{account}/requests/new/{{kind}}", f"{HOME}/requests/new/service.cancel", "raj"),
        Sight(f"{account}/requests/new/{{kind}}", f"{HOME}/requests/new/service.cancel", "fresh"),
        Sight(f"{account}/requests/new/{{kind}}", f"{HOME}/requests/new/service.cancel", "mia"),
        Sight(f"{account}/invoices/{{invoice:path}}", f"{HOME}/invoices/MS-9001", "raj"),
        Sight(f"{account}/records", f"{HOME}/records", "raj"),
        Sight(f"{account}/xray", f"{HOME}/xray", "raj"),
        Sight(f"{account}/keys", f"{HOME}/keys", "raj"),
        Sight(f"{account}/keys", f"{HOME}/keys", "raj", "Make the key", {"What is it for?": "billing"}),
        Sight(f"{account}/keys", "/accounts/200417/keys", "olivia"),
        Sight(f"{account}/lock", f"{HOME}/lock", "raj"),
        Sight(f"{account}/people", f"{HOME}/people", "raj"),
        Sight(f"{account}/people", f"{HOME}/people", "leo"),
        Sight(f"{account}/people", "/accounts/200417/people", "olivia"),
        Sight(f"{account}/people", f"{HOME}/people", "raj", "Remove those ticked"),
        Sight(f"{account}/people/{{username}}", f"{HOME}/people/mia.chen", "raj"),
        Sight(f"{account}/people/{{username}}", "/accounts/200417/people/tom.reyes", "olivia"),
        Sight(
            f"{account}/people/{{username}}", f"{HOME}/people/mia.chen?set=manage_billing", "raj", "See what changes"
        ),
        Sight(f"{account}/people/{{username}}", f"{HOME}/people/raj.patel?set=", "raj", "See what changes"),
        Sight(f"{account}/contact-requests/{{id}}", "/accounts/200417/contact-requests/1", "olivia"),
        Sight(f"{account}/new-person", f"{HOME}/new-person", "raj"),
        Sight(
            f"{account}/new-person",
            f"{HOME}/new-person",
            "raj",
            "Go on",
            {"Name": "Ada", "E-mail address": "a@b.example"},
        ),
        Sight("/call", "/call", "olivia"),
        Sight("/call", "/call", "raj"),
        Sight("/prove", "/prove?account=400639&then=/tickets", "fresh"),
        Sight("/prove", "/prove?then=/me", "olivia"),
        Sight("/me", "/me", "raj"),
        Sight("/me/passkeys", "/me/passkeys?said=passkey_last", "olivia"),
        *(Sight(at, at, "raj") for at in ("/me/app", "/me/pin", "/me/numbers")),
        Sight("/me/numbers", "/me/numbers", "raj", "Add this number", {"Phone number": "12"}),
        *(Sight(at, at, "raj") for at in ("/me/address", "/me/slack", "/me/notices", "/tickets", "/confirm")),
        Sight("/confirm/passkey", "/confirm/passkey", "mia"),
        Sight("/confirm/code", "/confirm/code", "raj"),
        Sight("/mails", "/mails", "raj"),
        Sight("/mails/{id}", "/mails/1", "raj"),
        Sight("/mails/yours/{link}", proof_page(desk, LEO), "leo"),
        Sight("/tickets", "/tickets", "leo"),
        Sight("/tickets/new", "/tickets/new", "raj"),
        Sight("/tickets/{number}", f"/tickets/{first}", "raj"),
        Sight("/tickets/{number}", f"/tickets/{login}", "raj"),
        Sight("/tickets/{number}", f"/tickets/{draft}", "fresh"),
        Sight("/tickets/{number}", f"/tickets/{closed}", "raj"),
        Sight("/login-details/{link}", login_at, "raj"),
        Sight("/login-details/{link}", login_at, "raj", "Show them once"),
        Sight("/me/pin", "/me/pin", "raj", "Show my new PIN"),  # and so ends his second proof
        Sight("/desk/sign-in", "/desk/sign-in"),
        Sight("/desk/join/{link}", f"/desk/join/{invitation(desk, 'agent.kim')}"),
        Sight("/desk", "/desk", "ana"),
        Sight("/desk", "/desk", "kim"),
        Sight("/desk/calls/{support_call}", f"/desk/calls/{call}", "ana"),
        Sight("/desk/hours", "/desk/hours", "ana"),
        Sight("/desk/wall", "/desk/wall", "kim"),
        Sight("/desk/staff", "/desk/staff", "ana"),
        Sight("/desk/staff", "/desk/staff", "bo"),
        Sight("/desk/display", "/desk/display"),
        Sight("/desk/display", "/desk/display", "display"),
        Sight("/desk/staff/{id}", f"/desk/staff/{KIM}", "bo"),
        Sight("/desk/staff/{id}", f"/desk/staff/{bo}", "bo"),
        Sight("/desk/keys", "/desk/keys", "kim"),
        Sight("/desk/tickets/bulk/{bulk}", "/desk/tickets/bulk/1", "kim"),
        Sight("/desk/reports", "/desk/reports", "ana"),
        Sight("/desk/tickets", "/desk/tickets?sort=newest", "kim"),
        Sight("/desk/tickets", "/desk/tickets?q=slow", "kim"),
        Sight("/desk/tickets", "/desk/tickets?status=pending", "kim"),
        Sight("/desk/mails", "/desk/mails", "kim"),
        Sight("/desk/mails/{id}", "/desk/mails/1", "kim"),
        Sight("/desk/tickets/{number}", f"/desk/tickets/{first}", "kim"),
        Sight("/desk/tickets/{number}", f"/desk/tickets/{login}", "kim"),
        Sight("/desk/tickets/{number}/assistant", f"/desk/tickets/{change_of_contacts}/assistant", "kim"),
        Sight(
            "/desk/tickets/{number}/assistant", f"/desk/tickets/{change_of_contacts}/assistant", "kim", "Make its token"
        ),
        Sight("/desk/calls/{support_call}/assistant", f"/desk/calls/{call}/assistant", "ana", "Make its token"),
        Sight("/desk/tickets/{number}", f"/desk/tickets/{quarantined}", "ana"),
        Sight("/desk/tickets/{number}", f"/desk/tickets/{change_of_contacts}?said=answered_meanwhile", "kim"),
        Sight("/desk/answers", "/desk/answers", "ana"),
        Sight("/desk/answers", "/desk/answers", "kim"),
        Sight("/desk/account", "/desk/account", "ana"),
        Sight("/desk/account/{account}", "/desk/account/400639", "kim"),
        Sight("/desk/account/{account}", "/desk/account/300528", "kim"),
        Sight("/desk/supervisors", "/desk/supervisors", "ana"),
        Sight("/desk/notices", "/desk/notices", "ana"),
        Sight(
            "/desk/notices",
            "/desk/notices",
            "ana",
            "See who would get it",
            {
                "Account numbers": "400639",
                "Text": NOTICE,
            },
        ),
        Sight("/desk/notices/{id}", f"/desk/notices/{notice}", "ana"),
        Sight("/desk/drills", "/desk/drills", "ana"),
        Sight("/desk/drills/{id}", drills[0], "kim"),
        Sight("/desk/drills/{id}", drills[1], "ana"),
        Sight("/desk/passkeys", "/desk/passkeys", "kim"),
        Sight("/desk/ringing", "/desk/ringing", "kim"),
        Sight("/desk/{anything:path}", "/desk/nothing", "kim"),
    ]
    return House(desk, browsers, sights)
