"""What people do, from its beginning to its end, as the platform goes on with it when something fails: calls again, delivers again, sends the form again.

A flow is prepared before anything can fail, and then done; whoever runs it settles what is owed and has it checked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi.testclient import TestClient

from reliability.furnishing import Customer
from reliability.judged_told import OPENED
from reliability.stage import LOOPBACK, Stage
from reliability.world.calls import Call
from store.imports import import_run
from store.imports.file_format import read
from tests.api.mailing import SETTINGS, MailServer
from tests.channels.endpoint import Endpoint
from tests.desk import PUBLIC
from tests.portal.browsing import Agent, Browser, hire
from tests.portal.peopling import prove
from tests.portal.test_customers import entered

TRIES: Final = 4
WRONG: Final = "10203040"
ANSWER: Final = "It is up again, we are sorry."


@dataclass
class Played:
    """One run of a flow. `cases` gives each message its own words."""

    stage: Any  # a Stage; where the service is a process of its own, what kills.py has in its place
    customers: list[Customer]
    kept: dict[str, Any] = field(default_factory=dict)
    told: int = 0

    def words(self) -> str:
        self.told += 1
        return f"our site is down, case {self.told}"

    @property
    def who(self) -> Customer:
        return self.customers[0]


@dataclass(frozen=True)
class Flow:
    does: Callable[[Played], Coroutine[Any, Any, None]]
    prepare: Callable[[Played], None] = lambda _: None  # once; what is `kept` by it is there in every run
    begins: Callable[[Played], None] = lambda _: None  # in every run
    settings: dict[str, str] = field(default_factory=dict)
    ended: Callable[[Played], str] = lambda _: ""  # what is not as it should be at last, beside what the checker finds


async def rings(played: Played, *then: str) -> None:
    """With the PIN, what they have, and a ticket; after a fault they leave a message, or call again."""
    for _ in range(TRIES):
        call = Call(played.stage.twilio, played.who.number)
        screen = await call.dial()
        for keys in ("", played.who.pin, "4", "9", *(then or ("1",))):
            if screen.then == "gather":
                screen = await call.key(keys)
        if screen.then == "record":
            screen = await call.speak(played.words())
        await call.hang_up()
        if OPENED in screen.said or (then and not screen.failed and screen.then == "gather"):
            played.kept["heard"] = screen.said
            return


async def writes(played: Played, words: str = "", user: str = "") -> bool:
    """Delivered again until it is taken."""
    slack = played.stage.slack
    asked = slack.direct(user or played.who.slack, words or played.words())
    for again in range(TRIES):
        if 200 <= (await slack.deliver(asked, again=again)).status < 300:
            return True
    return False


async def guesses(played: Played) -> None:
    """Wrong PINs, three a call, until nothing more is let through."""
    for _ in range(3):
        call = Call(played.stage.twilio, played.who.number)
        screen = await call.dial()
        for keys in ("", WRONG, WRONG, WRONG):
            if screen.then == "gather":
                screen = await call.key(keys)
        await call.hang_up()


async def message(played: Played) -> None:
    await writes(played)


def browser(of: Browser, stage: Stage) -> Browser:
    """The same at another desk on the same database, whose faults are pages, and no exceptions."""
    cookies, of.desk = of.client.cookies, stage
    of.client = TestClient(
        stage.app, base_url=PUBLIC, client=LOOPBACK, follow_redirects=False, raise_server_exceptions=False
    )
    of.client.cookies.update(cookies)
    return of


def sends(one: Browser, page: str, form: str, done: Callable[[str], bool], **filled: str) -> None:
    """The form of a page, until what it does is done; a page that failed is loaded again."""
    for _ in range(TRIES):
        one.get(page)
        if one.page is not None and one.page.status_code == 200:
            if done(one.text):
                return
            with suppress(AssertionError):  # there is no such form on it
                one.send(form, **filled)
                if one.page.status_code == 200 and done(one.text):
                    return


def _agent(played: Played) -> None:
    hire(played.stage, "agent.kim", "Kim Novak", "agent")
    played.kept["agent"] = Agent(played.stage)
    played.kept["agent"].sign_in()


def _agent_and_ticket(played: Played) -> None:
    import asyncio

    _agent(played)
    asyncio.run(writes(played))
    played.stage.settle()


async def answers(played: Played) -> None:
    """The agent takes the ticket on the page and answers; the customer has it by mail and Slack, and hears it on the phone."""
    agent, at = played.kept["agent"], "/desk/tickets/1001"
    sends(agent, at, f"{at}/take", lambda text: f'action="{at}/take"' not in text)
    sends(agent, at, f"{at}/answer", lambda text: ANSWER.split(",")[0] in text, words=ANSWER)
    played.stage.ahead += 11_000  # until then it can be taken back
    played.stage.settle()
    played.stage.ahead -= 11_000
    await rings(played, "2")


def _answered(played: Played) -> str:
    events = played.stage.history().events
    by_mail = [
        e for e in events if e["what"] == "mail" and e["facts"].get("kept") and "answer" in str(e["facts"]).lower()
    ]
    in_slack = [e for e in events if e["side"] == "slack" and ANSWER.split(",")[0] in str(e["facts"].get("words", ""))]
    by_mail += [e for e in events if e["what"] == "mail" and e["status"] == 554]  # refused for good, which nobody mends
    lacks = [name for name, there in (("mail", by_mail), ("Slack", in_slack)) if not there]
    return f"the answer did not come by {' or '.join(lacks)}" if lacks else ""


def _admin(played: Played) -> None:
    admin = entered(played.stage, played.who.person + len(played.customers))
    prove(played.stage, admin, (played.who.account, str(1_000_000)))
    played.kept["admin"] = admin


async def changes_contacts(played: Played) -> None:
    """The admin contact gives a right on their page, looks at what would change, and confirms it."""
    admin, at = played.kept["admin"], f"/accounts/{1_000_000}/people/person.0"
    ticked = {f"hold-{word}": "on" for word in ("manage_support", "manage_services", "manage_billing")}
    for _ in range(TRIES):
        admin.get(at)
        with suppress(AssertionError):
            admin.send(at, **ticked)
            admin.send(at)
            if admin.page.status_code == 200:
                return


def _changed(played: Played) -> str:
    rights = [r.right for r in played.stage.history().rows("contact_rights") if r.person_id == played.who.person]
    return "" if "manage_billing" in rights else "the right was never given"


async def links(played: Played) -> None:
    """A code heard on the phone, and said in Slack by a member nobody knows."""
    for _ in range(TRIES):
        await rings(played, "7")
        digits = [word for word in played.kept.get("heard", "").replace(".", " ").split() if word.isdigit()]
        code = "".join(digits)[:8]
        if len(code) == 8 and await writes(played, f"link {code}", "U0NEW"):
            played.stage.settle()
            if any(member.member == "U0NEW" for member in played.stage.history().rows("slack_members")):
                return


def _linked(played: Played) -> str:
    there = any(member.member == "U0NEW" for member in played.stage.history().rows("slack_members"))
    return "" if there else "nobody was linked"


def _joined(played: Played) -> None:
    hire(played.stage, "agent.kim", "Kim Novak", "agent")
    played.kept["agent"] = Agent(played.stage)


async def signs_in(played: Played) -> None:
    agent = played.kept["agent"]
    for _ in range(TRIES):
        with suppress(AssertionError):
            agent.sign_in()
        if agent.page.status_code == 200 and "/desk/sign-out" in agent.text:
            return


def _signed_in(played: Played) -> str:
    return "" if "/desk/sign-out" in played.kept["agent"].text else "the agent never came in"


def _document() -> bytes:
    people = [{"username": f"new.{n}", "name": f"New {n}", "email": f"new.{n}@new.example"} for n in range(3)]
    contacts = [{"person": "new.0", "roles": ["owner"]}, {"person": "new.1", "roles": ["support"]}]
    account = {"number": "700700", "name": "New house", "scheme": "standard_roles", "contacts": contacts}
    more = {"services": [], "invoices": [], "status": "active"}
    return json.dumps({"people": people, "accounts": [account | more]}).encode()


async def imports(played: Played) -> None:
    """All of it or nothing; whoever runs the command runs it again."""
    for _ in range(TRIES):
        with suppress(Exception):
            import_run.run(played.stage.store, read(_document()))
            return


def _imported(played: Played) -> str:
    there = [a.number for a in played.stage.history().rows("accounts") if a.number == "700700"]
    return "" if there else "the import was never kept"


def _endpoint(played: Played) -> None:
    from tests.channels.test_webhooks import added

    played.kept["endpoint"] = Endpoint()
    added(played.stage, played.kept["endpoint"].url, "ticket.opened")


async def tells_others(played: Played) -> None:
    await writes(played)
    played.stage.settle()


def _others_told(played: Played) -> str:
    endpoint = played.kept["endpoint"]
    ids = {came.headers.get("webhook-id") for came in endpoint.came}
    endpoint.__exit__(None, None, None)
    return "" if len(ids) == 1 else f"another system was told of {len(ids)} events of one ticket"


def _mail_in(played: Played) -> None:
    played.kept["server"] = MailServer(played.stage)
    played.kept["server"].__enter__()


async def mails(played: Played) -> None:
    """Their mail server comes again where it heard no 250."""
    for _ in range(TRIES):
        with suppress(OSError):
            code, _ = played.kept["server"].says(
                "person.0@customer.example", played.words(), Message_ID="<one@customer>"
            )
            if code == 250:
                return


def _mailed(played: Played) -> str:
    played.kept["server"].__exit__(None, None, None)
    many = len(played.stage.history().rows("pending_mails"))
    return "" if many == 1 else f"{many} mails are kept of one"


FLOWS: Final[dict[str, Flow]] = {
    "call": Flow(rings),
    "guesses": Flow(guesses),
    "slack": Flow(message),
    "answer": Flow(answers, _agent_and_ticket, ended=_answered),
    "contacts": Flow(changes_contacts, _admin, ended=_changed),
    "link": Flow(links, ended=_linked),
    "sign-in": Flow(signs_in, _joined, ended=_signed_in),
    "import": Flow(imports, ended=_imported),
    "webhook": Flow(tells_others, begins=_endpoint, settings={"webhook_networks": "127.0.0.0/8"}, ended=_others_told),
    "mail-in": Flow(mails, begins=_mail_in, settings=dict(SETTINGS), ended=_mailed),
}
