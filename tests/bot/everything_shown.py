"""Every message that Slack can make, with the same words wherever somebody's words stand. Forms and home tabs: every_view.py."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter
from types import SimpleNamespace
from typing import Any

from authz import CELLS, LENDABLE, REQUESTS, Denied, Proof, Reason, Subject, Topic, WayForward
from bot.text import phrases
from bot.views import (
    agent_cards,
    call_cards,
    customer_messages,
    delegation_messages,
    mail_messages,
    verification_messages,
)
from bot.views import blocks as b
from bot.views.blocks import Message
from desk import choices
from desk.accounts import OfAccounts, Rights
from desk.choices import Choice, Possible, Running
from desk.mail_in import WaitingMail
from desk.own_security import Enrolled
from desk.verification import Proved, Standing
from store.accounts.account_details import AccountName, Deciders, Invoice, Refused, Service, ServiceName
from store.accounts.delegations import Delegation, Lender, Request
from store.accounts.standing import Requester
from store.calls import callbacks
from store.calls.callbacks import Callback
from store.calls.live_calls import ENDINGS, Case, LiveCall, OpenTicket
from store.messages.timeline import EVENTS, NOT_THE_DESKS, STATUSES, File, Said
from store.security import alerts
from store.tickets import answer_delivery
from store.tickets.answer_delivery import Delivery
from store.tickets.customer_tickets import Conversation, Ticket
from store.tickets.ticket_summary import Card
from store.verification.call_approvals import ON_PAGE, Asked
from store.verification.verification_requests import VerificationRequest

P = phrases.load()
AT = 1_795_348_800_000
UNREAD: Any = SimpleNamespace(when="")  # of a grant only its cell and its limit are read here


def name(text: str) -> str:
    return text[:200]


def account(text: str, n: int = 0) -> AccountName:
    return AccountName(10**15 + n, f"{400_000 + n}", name(text))


def running(text: str, accounts: int, services: int) -> list[Running]:
    named = tuple(ServiceName(f"service-{n}-{'i' * 90}", name(text)) for n in range(services))
    return [Running(account(text, n), named) for n in range(accounts)] if named else []


def offered(text: str, accounts: int) -> list[Choice]:
    return [Choice(account(text, n), kind) for n in range(accounts) for kind in (*Topic, *REQUESTS)]


def possible(text: str, accounts: int) -> list[Possible]:
    return [Possible(choice.account.id, choice.kind, UNREAD) for choice in offered(text, accounts)]


def said(text: str, id: int = 1, **more: Any) -> Said:
    files = tuple(File(n, name(text), 10, True) for n in range(3))
    made: dict[str, Any] = {
        "id": id,
        "author": Subject("person:1"),
        "name": name(text),
        "body": text,
        "at": AT,
        "event": "",
        "internal": False,
        "source": None,
        "edited": True,
        "withdrawn": False,
        "recording": "here",
        "files": files,
    }
    return Said(**made | more)


def ticket(text: str, status: str = "open", number: int = 10**9) -> Ticket:
    return Ticket(number, "technical", text[:90], status, number % 2 == 0, text)


def refusal(
    text: str, reason: Reason = Reason.NO_RIGHT, way: WayForward = WayForward.ASK_OWNER, helpers: int = 9
) -> Refused:
    people = tuple(name(text) for _ in range(helpers))
    lenders = tuple(Lender(n, name(text), True) for n in range(helpers))
    return Refused(LENDABLE[0], Denied(reason, ("MT-1", "MS-30"), way), ("owner", "admin"), True, people, lenders)


def card(text: str, status: str = "open", requester: bool = True) -> Card:
    held, may = ("manage_users", "manage_support"), frozenset(CELLS[:6])
    who = Requester(
        name=name(text),
        account_number="400639",
        account_name=name(text),
        account_status="active",
        scheme="memset",
        held=held,
        may=may,
        own_only={LENDABLE[0]: "one_ticket"},
        step_up=frozenset(REQUESTS),
        open_tickets=3,
        lent=frozenset(LENDABLE),
        no_support=True,
        unlocked_by=(name(text), name(text)),
    )
    about = (10**9, text[:90], "billing", "problem", status, True, "slack", AT, name(text), name(text))
    return Card(*about, who if requester else None, said(text))


def loan(text: str, one_ticket: bool = False) -> Delegation:
    return Delegation(
        10**15,
        name(text),
        1,
        name(text),
        name(text),
        LENDABLE[0],
        one_ticket,
        AT,
        10**9 if one_ticket and text else None,
    )


def request(text: str, status: str = "open") -> Request:
    return Request(10**15, 1, name(text), 2, name(text), LENDABLE[0], status)


def standings(text: str, many: int) -> list[Standing]:
    further = (None, Proved(1, AT), Proved(1, AT, "billing"))
    return [(account(text, n), further[n % 3]) for n in range(many)]


def cases(text: str) -> Iterator[tuple[str, Case]]:
    """A call in every state, of somebody verified and of nobody."""
    who = card(text).requester
    warnings = (
        "fresh_number",
        "fresh_slack",
        "fresh_authenticator",
        "pin_locked",
        "probing_account",
        name(text) or "-",
    )
    open_ones = tuple(OpenTicket(10**9 + n, name(text), "billing", "open") for n in range(5))
    states = [*((state, "") for state in ("waiting", "talking", "keypad")), *(("over", ending) for ending in ENDINGS)]
    for n, (state, ending) in enumerate(states):
        for told_them in ("", "passed", "guarded", "failed"):
            agent = (name(text), "")[n % 2]
            call = LiveCall(
                *(
                    10**15,
                    "CA1",
                    1,
                    state,
                    n == 1,
                    n == 2,
                    AT,
                    AT,
                    None,
                    agent,
                    1,
                    3,
                    "pin",
                    told_them,
                    ("amber", "otter"),
                    ending,
                    10**9,
                )
            )
            yield f"{state} {told_them}", Case(call, who, Proof.STEPPED_UP, AT, True, ("slack",), warnings, open_ones)
            yield f"{state} verified", Case(call, who, Proof.VERIFIED, None, False, ("slack", "number"), (), ())
            yield f"{state} nobody", Case(call, None, Proof.CLAIMED, None, False, (), (), ())


def messages(text: str) -> Iterator[tuple[str, Message]]:
    """Every kind of message there is, with the same nasty words wherever somebody's words stand, small and large."""
    for many in (0, 1, 8, 150):
        yield f"refused {many}", customer_messages.refused(P, [(account(text, n), refusal(text)) for n in range(many)])
        due = [
            Invoice(name(text), "9" * 30, "GBP", "2026-11-15", ("paid", "unpaid", "overdue")[n % 3]) for n in range(60)
        ]
        owed = tuple((account(text, n), None if n % 5 == 4 else due) for n in range(many)) or ((account(text), []),)
        yield f"bills {many}", customer_messages.bills(P, OfAccounts(owed, many // 2))
        run = [Service("ref", name(text), name(text)) for _ in range(40)]
        runs = tuple((account(text, n), run) for n in range(many)) or ((account(text), []),)
        yield f"services {many}", customer_messages.services(P, OfAccounts(runs, many // 2))
        people = [name(text)] * 30
        if many:
            who = tuple(
                (account(text, n), Deciders(tuple(people[n:]), n % 2 == 0, ("", "suspended", "locked")[n % 3]))
                for n in range(many)
            )
            yield f"contacts {many}", customer_messages.contacts(P, OfAccounts(who, 0))
        every = tuple((account(text, n), Rights(tuple(CELLS), frozenset(CELLS))) for n in range(many))
        yield (
            f"account {many}",
            customer_messages.account(P, OfAccounts(every, many // 2), possible(text, many), has_lent=True),
        )
        none = tuple((account(text, n), Rights((), frozenset({"contacts.view"}))) for n in range(many))
        yield f"account with little {many}", customer_messages.account(P, OfAccounts(none, 0), [], has_lent=False)
        yield f"lent {many}", delegation_messages.lent(P, [loan(text, n % 2 == 0) for n in range(many)])
    for reason in Reason:
        for way in WayForward:
            if reason is not Reason.ALLOWED:
                yield (
                    f"refused {reason} {way}",
                    customer_messages.refused(P, [(account(text), refusal(text, reason, way, 0))]),
                )
    for page, more in ((0, False), (0, True), (7, True), (9_999, False)):
        listed = [
            ticket(text, ("open", "waiting", "closed", "draft")[n % 4], 10**9 + n)
            for n in range(customer_messages.PAGE)
        ]
        yield f"tickets {page}", customer_messages.listed(P, listed, page, more)
        yield f"no tickets {page}", customer_messages.listed(P, [], page, False)
    for status in STATUSES:
        if status not in ("pending", "withdrawn"):
            short = Conversation(ticket(text, status), "problem", (said(text),))
            yield f"ticket {status}", customer_messages.conversation(P, short)
        if status not in NOT_THE_DESKS:
            yield f"card {status}", agent_cards.card(P, card(text, status), phone=True)
    long = (
        *(said(text, n, author=(Subject("person:1"), Subject("staff:1"))[n % 2]) for n in range(60)),
        *(said("", event=event) for event in EVENTS),
    )
    yield "a long ticket", customer_messages.conversation(P, Conversation(ticket(text), "question", long))
    yield (
        "a ticket with files",
        customer_messages.conversation(P, Conversation(ticket(text), "question", (said(text),) * 40)),
    )
    yield "card of nobody", agent_cards.card(P, card(text, requester=False), phone=True)
    for one in (
        said(text),
        said(text, internal=True),
        said(text, author=Subject("staff:1")),
        said(text, name=""),
        said(text, withdrawn=True),
    ):
        yield "said to the desk", agent_cards.said(P, 10**9, one, None, text)
        yield "said to the customer", b.message(customer_messages.said_in(P, one))
    for event in EVENTS:
        yield f"event {event}", agent_cards.said(P, 10**9, said(text, event=event, name=name(text)), None, text)
    for state in answer_delivery.STATES:
        why = "no_way" if state == "nobody" else text[:300]
        became = Delivery(state, why, AT)
        yield f"answer {state}", agent_cards.said(P, 10**9, said(text, author=Subject("staff:1")), became, name(text))
    yield "found", agent_cards.verification(P, 10**15, phone=True)
    yield "not found", agent_cards.verification(P, None, phone=True)
    kept = f"from|C0123456789|1795348000.000001|1795348000.000002|{','.join(['F0123456789'] * 15)}"
    for accounts in (0, 1, 3, 40, 150):
        found = offered(text, accounts)
        asked = customer_messages.Unclear(text or "-", found, kept, [ticket(text, number=10**9 + n) for n in range(3)])
        yield f"unsure {accounts}", customer_messages.unsure(P, asked)
        if choices.may_open(found):
            yield f"which {accounts}", customer_messages.which(P, asked)
        if found:
            yield f"change {accounts}", customer_messages.change(P, customer_messages.Unclear(text or "-", found, kept))
    yield (
        "which one",
        customer_messages.which(
            P, customer_messages.Unclear(text or "-", [Choice(account(text), Topic.TECHNICAL)], kept)
        ),
    )
    for status in ("open", "lent", "refused", "gone"):
        yield f"loan {status}", delegation_messages.question(P, request(text, status))
    for one_ticket in (True, False):
        yield "loan given", delegation_messages.granted(P, loan(text, one_ticket))
        yield "loan over", delegation_messages.ended(P, loan(text, one_ticket))
    for many in (0, 1, 150):
        stand, waits = standings(text, many), [ticket(text, "draft", 10**9 + n) for n in range(many)]
        for left in (0, 1):
            shown = verification_messages.proofs(P, OfAccounts(tuple(stand), left), {0, 2}, [] if left else waits)
            yield f"standing {many} {left}", shown
        if stand:  # whoever has proved nothing here is told that
            yield (
                f"transfer codes {many}",
                verification_messages.transfer_codes(P, stand, {account.id: REQUESTS for account, _ in stand}),
            )
    for topic in (*Topic, ""):
        yield f"transfer code {topic}", verification_messages.transfer_code(P, name(text), topic, "12345678")
    yield "enrolment", verification_messages.enrolment(P, "https://desk.example/enrol/" + "x" * 43)
    yield "enrolled", verification_messages.enrolled(P, Enrolled(AT, None, None))
    yield "enrolled lately", verification_messages.enrolled(P, Enrolled(AT, AT, None))
    yield "enrolled, ending", verification_messages.enrolled(P, Enrolled(AT, None, AT))
    yield "remove", b.message(b.section("x"), b.actions(verification_messages.remove(P)))
    yield "unlocking", verification_messages.unlocking(P, "12345678")
    yield "step code", verification_messages.step_code(P, name(text), "12345678")
    for over in (True, False):
        for what, question in {
            "approval": Asked(10**15, 1, name(text), over),
            "approval for a draft": Asked(1, 1, name(text), over, 1, "account.close"),
            "approval on the page": Asked(1, 1, name(text), over, way=ON_PAGE),
        }.items():
            yield f"{what} {over}", verification_messages.approval(P, question, "https://desk.example")
    for state in ("waiting", "passed"):
        wanted = VerificationRequest(
            10**15, 1, text, 1, 1, "ticket.open:technical", "slack", state, "", None, AT, AT, None, None
        )
        yield f"verification {state}", verification_messages.verification(P, wanted, name(text))
    for many in (0, 1, 8, 150):
        came = [WaitingMail(10**15 + n, AT, (None, 10**9)[n % 2]) for n in range(many)]
        for accounts in (0, 1, 60):
            may = [one for one in offered(text, accounts) if isinstance(one.kind, Topic)]
            may_not = customer_messages.refused(P, [(account(text), refusal(text))]).blocks if not may else ()
            shown = mail_messages.waiting(P, came, may, may_not, "https://desk.example/mails")
            yield f"mails {many} {accounts}", shown
    yield "calling", verification_messages.calling(P, "08", ("amber", "otter"))
    for what, case in cases(text):
        yield f"call {what}", call_cards.card(P, case)
        yield f"call in short {what}", call_cards.in_short(P, case)
    for status in callbacks.ENDED:
        for number in (None, 10**9):
            ours = Callback(1, 1, 1, number, "+441632960101", "talk", 1, status, None, AT, None)
            yield f"called {status}", call_cards.not_reached(P, ours)
    for kind, audience in alerts.KINDS.items():
        warned = alerts.Alert(1, kind, audience, Subject("person:1"), 1, name(text), AT, False)
        for whom in (alerts.Named(name(text), name(text), name(text)), alerts.Named("", "", "")):
            yield f"alert {kind}", call_cards.alert(P, warned, whom)
    yield "loan refused", delegation_messages.refused(P, request(text))
    for key in sorted(P.keys):
        if not any(words.strip() for words, *_ in Formatter().parse(P._said[key])):
            continue  # nothing but what is put in: the label of a choice, and never a message
        values = {one: name(text) for _, one, spec, _ in Formatter().parse(P._said[key]) if one and spec != "day"}
        yield (
            f"phrase {key}",
            customer_messages.plain(P, key, **values | {"lasted": 10**9, "due": "2026-11-15", "kind": "problem"}),
        )
