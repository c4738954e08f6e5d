"""One of each thing that anybody has in the sample file, the addresses that name them, and what their forms send."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Final, NamedTuple

from httpx2 import Response
from sqlalchemy import func, insert, select

from authz import Subject
from portal.routes import SIGNED_IN
from store import tables
from tests.api.mailing import mailed
from tests.desk import PUBLIC, Desk
from tests.ivr.wire import rows
from tests.portal.test_customers import entered
from tests.portal.test_files import known, sends
from tests.portal.test_requests import proves

ACCOUNTS: Final = {"200417": 1, "300528": 2, "400639": 3}
PEOPLE: Final[Mapping[str, tuple[int, frozenset[str]]]] = {
    "olivia.hart": (1, frozenset({"200417"})),
    "dev.anand": (2, frozenset(ACCOUNTS)),
    "tom.reyes": (3, frozenset({"200417"})),
    "bea.lund": (4, frozenset({"200417"})),
    "sam.okoro": (5, frozenset({"300528"})),
    "ines.costa": (6, frozenset({"300528"})),
    "raj.patel": (7, frozenset({"400639"})),
    "mia.chen": (8, frozenset({"400639"})),
    "leo.fox": (9, frozenset({"400639"})),
}
SUPPORT: Final = {"200417": "technical", "300528": "support", "400639": "manage_support"}
OWNERS: Final = {"200417": "olivia.hart", "300528": "sam.okoro", "400639": "raj.patel"}
# What a form sends beside its token. `<account>` and the like stand for a thing of somebody else's.
FORMS: Final[dict[str, tuple[dict[str, str], ...]]] = {
    "/accounts/{account}/requests/new/{kind}": (
        {"as": "sent", "words": "at once", "service": "<service>"},
        {"as": "draft", "words": "later", "service": "<service>"},
    ),
    "/accounts/{account}/keys": ({"name": "mine", "may-billing.view": "on", "days": "30"},),
    "/accounts/{account}/keys/{key}/withdraw": ({},),
    "/accounts/{account}/lock": ({"to": "lock"}, {"to": "unlock"}),
    "/accounts/{account}/people": ({"delete-<username>": "on"}, {"delete-<username>": "on", "stamp": "<stamp>"}),
    "/accounts/{account}/new-person": (
        {"name": "Eve Hill", "email": "eve@evil.example", "phone": "", "username": "eve.hill", "save": "1"},
    ),
    "/accounts/{account}/people/{username}": (
        {"hold-owner": "on", "hold-manage_users": "on"},
        {"hold-owner": "on", "stamp": "<stamp>"},
    ),
    "/accounts/{account}/people/{username}/hand-over": (
        {"role": "owner"},
        {"role": "admin_contact", "stamp": "<stamp>"},
    ),
    "/accounts/{account}/contact-requests/{id}/confirm": ({}, {"stamp": "<stamp>"}),
    "/accounts/{account}/contact-requests/{id}/refuse": ({},),
    "/accounts/{account}/people/{username}/invite": ({},),
    "/accounts/{account}/people/{username}/vouch": ({},),
    "/call/passkey": ({"id": "<approval>", "number": "48", "passkey": "{}", "challenge": "x"},),
    "/call/not-me": ({"id": "<approval>"},),
    "/mails/{id}/ticket": ({"about": "<account>:technical"},),
    "/mails/{id}/answer": ({},),
    "/mails/{id}/not-mine": ({},),
    "/mails/yours/{link}": ({},),
    "/confirm/passkey": ({"id": "<verification>", "passkey": "{}", "challenge": "x"},),
    "/confirm/code": ({"id": "<verification>", "code": "123456"},),
    "/confirm/not-me": ({"id": "<verification>"},),
    "/prove/passkey": ({"account": "<account>", "then": "/me", "passkey": "{}", "challenge": "x"},),
    "/prove/code": ({"account": "<account>", "then": "//evil.example", "code": "123456"},),
    "/prove/text": ({"account": "<account>", "then": "/\\evil.example"},),
    "/me/passkeys/{id}/rename": ({"name": "mine now"},),
    "/me/passkeys/{id}/remove": ({},),
    "/me/numbers/confirm": ({"number": "<number_on_file>", "code": "123456"},),
    "/me/numbers/remove": ({"number": "<number_on_file>"},),
    "/me/slack/unlink": ({"team": "T0DESK", "user": "<member>"},),
    "/login-details/{link}": ({},),
    "/tickets/new": (
        {"about": "<account>:technical", "words": "hello", "service": "<account>:<service>"},
        {"about": "<account>:billing", "words": "hello", "service": ""},
    ),
    "/tickets/{number}/reply": ({"words": "hello"},),
    "/tickets/{number}/solved": ({},),
    "/tickets/{number}/reopen": ({},),
    "/tickets/{number}/hand-in": ({},),
    "/tickets/{number}/withdraw": ({},),
}
# Forms that name nothing that another could have.
NOBODYS: Final = frozenset(
    {"/me/notices", "/me/passkeys", "/me/app", "/me/app/remove", "/me/app/keep", "/me/numbers", "/me/address"}
    | {"/me/slack/code"}
)
# What an address may ask beside its path.
QUERIES: Final = {
    "/": ("",),
    "/prove": ("?account=<account>", "?account=<account>&then=/accounts/<account>"),
    "/tickets/new": ("?account=<account>", "?account=<account>&invoice=<invoice>"),
    "/accounts/{account}/records": ("", "?person=<username>", "?after=0-<entry>"),
    "/accounts/{account}/records/receipt": ("?entry=<entry>",),
    "/accounts/{account}/people/{username}": ("", "?set=owner,manage_users"),
}
KINDS: Final = ("service.cancel", "service.credentials", "contacts.manage")


class Asked(NamedTuple):
    """One request, with the words in it that stand for a thing. `fields` None: it is only looked at."""

    path: str
    fields: dict[str, str] | None


def addresses() -> Iterator[Asked]:
    """Every page for whoever is signed in, as the app has them. Raises `KeyError` for a form that is named nowhere here."""
    for method, path in SIGNED_IN:
        named = (
            re.sub(r"\{(\w+)(:path)?\}", r"<\1>", path)
            .replace("contact-requests/<id>", "contact-requests/<asked>")
            .replace("mails/<id>", "mails/<mail>")
        )
        for kind in KINDS if "<kind>" in named else ("",):
            at = named.replace("<kind>", kind)
            if method == "GET":
                yield from (Asked(at + query, None) for query in QUERIES.get(path, ("",)))
            elif path not in NOBODYS:
                yield from (Asked(at, fields) for fields in FORMS[path])


Things = Mapping[str, str]
SHORTEST: Final = 3  # a shorter one stands in any page, and no page repeats it
ABSENT: Final[Things] = {
    "account": "999999",
    "username": "nobody.here",
    "invoice": "XX-0000",
    "service": "xx-0",
    "number": "666666",
    "file": "888888",
    "entry": "0123456789abcdef-1",
    "id": "777777",
    "asked": "444444",
    "approval": "555555",
    "verification": "222222",
    "mail": "111111",
    "member": "U0NOBODY",
    "number_on_file": "+441632960199",
    "link": "0" * 40,
    "stamp": "0" * 43,
    "key": "333333",
}
OF_ACCOUNT: Final = frozenset(
    {"account", "username", "invoice", "service", "number", "file", "entry", "stamp", "asked", "key"}
)


def things_of(desk: Desk, username: str) -> Things:
    """What the owner of an account has there: things of the account, and what is theirs alone."""
    person, on = PEOPLE[username]
    (number,) = on
    account = ACCOUNTS[number]
    who = known(desk, person)
    who.get("/tickets/new")
    sent = sends(
        who, "/tickets/new", [("map.txt", b"where it is")], about=f"{number}:technical", words="Ours alone", service=""
    )
    assert sent == 303, who.words
    ticket = re.search(r"#(\d+)", who.words)
    assert ticket
    proves(desk, who, person, account)
    with desk.store.transaction("portal") as tx:
        own = {"person_id": person, "made_at": tx.now}
        key = {"credential_id": username.encode(), "public_key": b"", "handle": b"", "sign_count": 0, "transports": ""}
        key |= {"name": "", "backup_eligible": False, "backed_up": False, "counts_from": tx.now, **own}
        asked = {"way": "passkey", "ending": "01", "on_file": True, "action": "service.cancel", "service": None, **own}
        asked |= {"account_id": account, "call": f"CA{person:032}", "digest": "x", "expires_at": tx.now + 600_000}
        link = f"{person:040x}"
        kept = {"ticket": int(ticket[1]), "account_id": account, "sealed": b"x", "state": "waiting", "state_at": tx.now}
        kept |= {"link": tx.keys.digest("login-details-link", link), "ends_at": tx.now + 86_400_000, **own}
        p, a = tables.passkeys, tables.approvals
        id = tx.connection.execute(insert(p).values(**key).returning(p.c.id)).scalar_one()
        approval = tx.connection.execute(insert(a).values(**asked).returning(a.c.id)).scalar_one()
        change = {
            "account_id": account,
            "ticket": int(ticket[1]),
            "asker": person,
            "written_by": Subject.of_person(person),
        }
        change |= {
            "do": "add",
            "name": "Nell Gray",
            "email": "nell@new.example",
            "holds": SUPPORT[number],
            "status": "waiting",
            "asked_at": tx.now,
        }
        c = tables.contact_requests
        request = tx.connection.execute(insert(c).values(**change).returning(c.c.id)).scalar_one()
        api = {
            "person_id": person,
            "account_id": account,
            "name": "theirs",
            "digest": f"{person:064}",
            "hint": "dgk_aaaa",
        }
        api |= {"scope": "billing.view", "made_at": tx.now, "ends_at": tx.now + 86_400_000}
        k = tables.api_keys
        api_key = tx.connection.execute(insert(k).values(**api).returning(k.c.id)).scalar_one()
        wanted = {"key_id": api_key, "asked_by": "panel", "person_id": person, "account_id": account, "why": ""}
        wanted |= {
            "action": "billing.view",
            "way": "text",
            "state": "waiting",
            "made_at": tx.now,
            "ends_at": tx.now + 600_000,
        }
        v = tables.verification_requests
        verification = tx.connection.execute(insert(v).values(**wanted).returning(v.c.id)).scalar_one()
        tx.connection.execute(insert(tables.login_details).values(**kept))
        member = {
            "team": "T0DESK",
            "member": f"U0THEIRS{person}",
            "person_id": person,
            "linked_at": tx.now,
            "linked_by": "code",
        }
        tx.connection.execute(insert(tables.slack_members).values(**member))
    (address,) = rows(desk, select(tables.people.c.email).where(tables.people.c.id == person))
    mailed(desk, address[0], "Ours alone, by mail")
    ((mail,),) = rows(desk, select(func.max(tables.pending_mails.c.id)))
    file, entry = tables.attachments.c, tables.ledger.c
    (newest,) = rows(desk, select(file.id).order_by(file.id.desc()).limit(1))
    (about,) = rows(
        desk,
        select(entry.segment, entry.n).where(entry.account == account, entry.who == Subject.of_person(person)).limit(1),
    )
    (service,) = rows(desk, select(tables.services.c.ref).where(tables.services.c.account_id == account).limit(1))
    (invoice,) = rows(desk, select(tables.invoices.c.number).where(tables.invoices.c.account_id == account).limit(1))
    (phone,) = rows(desk, select(tables.phones.c.number).where(tables.phones.c.person_id == person))
    return {
        "account": number,
        "username": username,
        "invoice": invoice[0],
        "service": service[0],
        "number": ticket[1],
        "file": str(newest[0]),
        "entry": f"{about[0]}-{about[1]}",
        "id": str(id),
        "asked": str(request),
        "approval": str(approval),
        "verification": str(verification),
        "mail": str(mail),
        "member": f"U0THEIRS{person}",
        "number_on_file": phone[0],
        "link": link,
        "stamp": "0" * 43,
        "key": str(api_key),
    }


class Visitor:
    """Somebody who is signed in, and proved on all that is theirs; asks with a form's token that is theirs."""

    def __init__(self, desk: Desk, username: str) -> None:
        self.desk, self.username = desk, username
        self.person, self.on = PEOPLE[username]
        self.browser = entered(desk, self.person)
        for number in self.on:
            proves(desk, self.browser, self.person, ACCOUNTS[number])
        self.browser.get("/")
        self.token = self.browser.fields("/sign-out")["token"]
        self.sent = 0

    @property
    def subject(self) -> Subject:
        return Subject.of_person(self.person)

    def ask(self, asked: Asked, things: Things, *, blur: bool = True) -> tuple[int, dict[str, str], str]:
        """Status, headers and page, in which the things that they named are what they were called."""
        path = filled(asked.path, things)
        if asked.fields is None:
            answer = self.browser.client.get(path)
        else:
            answer = self.sends(
                path, {filled(name, things): filled(word, things) for name, word in asked.fields.items()}
            )
        if not blur:
            return answer.status_code, dict(answer.headers), answer.text
        headers = {name: blurred(value, things) for name, value in answer.headers.items() if name != "content-length"}
        return answer.status_code, headers, blurred(answer.text, things)

    def sends(self, path: str, fields: Mapping[str, str]) -> Response:
        """A form of theirs, with whatever fields."""
        self.sent += 1
        form = {**fields, "token": f"{self.token[:43]}.{self.sent:016}"}
        return self.browser.client.post(path, data=form, headers={"Origin": PUBLIC})

    @property
    def is_in(self) -> bool:
        return self.browser.client.get("/me").status_code == 200


def filled(words: str, things: Things) -> str:
    return re.sub(r"<(\w+)>", lambda found: things[found[1]], words)


def blurred(text: str, things: Things) -> str:
    """Without what is new each time, and what the visitor typed."""
    text = re.sub(r'name="(token|challenge)" value="[^"]*"|data-options="[^"]*"', "new", text)
    for name, word in sorted(things.items(), key=lambda one: -len(one[1])):
        if len(word) >= SHORTEST:
            for written in {word, escape(word)}:
                text = re.sub(rf"(?<!\w){re.escape(written)}(?!\w)", f"<{name}>", text)
    return text
