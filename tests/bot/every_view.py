"""Every form and home tab that Slack can make, with the same words wherever somebody's words stand."""

from __future__ import annotations

from collections.abc import Iterator

from authz import CELLS, Topic
from bot.text.button_values import Opening
from bot.views import blocks as b
from bot.views import customer_messages, forms, home, verification_messages
from desk.accounts import OfAccounts, Rights
from desk.choices import Choice
from desk.outcomes import HandIn
from desk.ticket_lists import Page
from desk.verification import Proved, Ways
from store.messages.timeline import EVENTS
from store.tickets import answer_delivery
from store.tickets.answer_delivery import Reach
from tests.bot.everything_shown import (
    AT,
    P,
    account,
    messages,
    name,
    offered,
    possible,
    refusal,
    running,
    said,
    standings,
    ticket,
)


def views(text: str) -> Iterator[tuple[str, b.Block]]:
    for accounts, services in ((1, 0), (1, 150), (2, 3), (9, 40), (10, 40), (150, 40)):
        found, about = offered(text, accounts), running(text, accounts, services)
        kept = Opening("C0123456789", "1795348000.000001")
        yield f"open {accounts}x{services}", forms.open_ticket(P, found, text, kept, running=about)
        yield (
            f"open one {services}",
            forms.open_ticket(P, [Choice(account(text), Topic.TECHNICAL)], text, Opening(), running=about),
        )
    yield "opened", forms.opened(P, 10**15, "https://slack.com/app_redirect?app=A1&team=T1")
    yield "opened", forms.opened(P, 10**15, "")
    for ways in (
        *(Ways(True, None, "08"), Ways(False, AT, "08"), Ways(False, AT, ""), Ways(False, None, "")),
        *(Ways(False, None, "", number=True), Ways(False, None, "", phone=False)),
    ):
        for number in (0, 10**9):
            yield "prove", verification_messages.form(P, ways, account(text), number, 60)
            yield (
                "prove",
                verification_messages.form(P, ways, account(text), number, 60, sent="sent" if number else "not_sent"),
            )
            yield "prove", verification_messages.form(P, ways, account(text), number, 60, kind="service.cancel")
            for done in (*HandIn, None, refusal(text)):
                yield "proved", verification_messages.proved(P, account(text), Proved(1, AT, "billing"), number, done)
    yield "answered", verification_messages.answered(P, customer_messages.plain(P, "approval.right"))
    yield "number", verification_messages.number_form(P, 10**15)
    for callback in ("reply", "desk_note"):
        yield callback, forms.words(P, callback, 10**15)
    for found_way in (
        Reach(answer_delivery.SLACK, text),
        Reach(answer_delivery.PAGES, text),
        Reach(answer_delivery.PAGES, text, answer_delivery.MAIL_REFUSED),
        Reach(answer_delivery.PHONE, text),
        Reach(answer_delivery.NOBODY, text, "no_way", 10**6),
    ):
        yield f"answer {found_way.way}", forms.answer(P, 10**15, found_way)
        since = [said(text, author="staff:1"), *(said(text, event=event, name=name(text)) for event in EVENTS)]
        for some in (since[:1], since):
            yield (
                f"answer after another {found_way.way}",
                forms.answer(P, 10**15, found_way, taken=name(text), newest=10**15, since=some, typed=text),
            )
        yield f"correct {found_way.way}", forms.answer(P, 10**15, found_way, correcting=(10**15, text))
    yield "verify", forms.verify(P)
    for who, shown in messages(text):
        if shown.blocks and who.split()[0] in ("refused", "found", "not"):
            yield f"form: {who}", forms.refused(P, shown.blocks)
            yield f"form: {who}", forms.looked_up(P, shown.blocks)
    for many in (0, 1, 150):
        every = tuple((account(text, n), Rights(tuple(CELLS), frozenset(CELLS))) for n in range(many))
        stands = customer_messages.account(P, OfAccounts(every, 0), possible(text, many), has_lent=True)
        listed = tuple(ticket(text, number=n) for n in range(customer_messages.PAGE))
        yield f"home {many}", home.home(P, stands, Page(listed, True), 3, standings(text, many), AT)
        yield f"home {many}", home.home(P, stands, Page((), False), 0)
    yield "home of a stranger", home.stranger(P, "stranger")
