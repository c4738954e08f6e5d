"""Lending a right, in words: the question to those who may lend, their answers, and what comes of it. Fixed words, never the
asker's own. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.text.button_values import ForHours
from bot.text.phrases import Phrases, moment
from bot.views import blocks as b
from bot.views.blocks import Message
from store.accounts.delegations import Delegation, Request, may_be_for_one

HOURS = (1, 4, 24)


def question(p: Phrases, request: Request) -> Message:
    """To somebody who may lend. Answered, lent or gone it says so, and has no buttons any more."""
    asked = p.say("loan.asked", asker=request.asker_name, account=request.account_name, cell=request.cell)
    if request.status != "open":
        return b.message(b.section(asked), b.context(p.say(f"loan.is.{request.status}")))
    once = None
    if may_be_for_one(request.cell):
        once = b.button(p.plain("button.lend_once"), "lend_once", str(request.id), style="primary")
    hours = [
        b.option(
            p.plain("loan.hour" if count == 1 else "loan.hours", count=count),
            ForHours(request.id, count),
        )
        for count in HOURS
    ]
    return b.message(
        b.section(asked),
        b.context(p.say("loan.explained")),
        b.actions(
            once,
            b.select(p.plain("button.lend_hours"), "lend_hours", hours),
            b.button(p.plain("button.lend_refuse"), "lend_refuse", str(request.id)),
        ),
    )


def granted(p: Phrases, loan: Delegation) -> Message:
    """To whoever asked."""
    key = "loan.given_once" if loan.one_ticket else "loan.given"
    said = p.say(key, lender=loan.lender_name, account=loan.account_name, cell=loan.cell, until=moment(loan.ends_at))
    return b.message(b.section(said), b.actions(b.button(p.plain("button.open_now"), "open", style="primary")))


def refused(p: Phrases, request: Request) -> Message:
    return b.message(b.section(p.say("loan.refused", account=request.account_name, cell=request.cell)))


def ended(p: Phrases, loan: Delegation) -> Message:
    return b.message(b.section(p.say("loan.ended", account=loan.account_name, cell=loan.cell, lender=loan.lender_name)))


def lent(p: Phrases, found: Sequence[Delegation]) -> Message:
    """What somebody has lent, each with a button to take it back."""
    if not found:
        return b.message(b.section(p.say("loan.none")))
    made = [b.section(p.say("loan.list"))]
    for loan in found[:20]:
        key = "loan.line_used" if loan.ticket else "loan.line_once" if loan.one_ticket else "loan.line"
        said = p.say(
            key,
            borrower=loan.borrower_name,
            account=loan.account_name,
            cell=loan.cell,
            until=moment(loan.ends_at),
            number=loan.ticket,
        )
        made.append(b.section(said, b.button(p.plain("button.take_back"), "take_back", str(loan.id))))
    if len(found) > 20:
        made.append(b.context(p.say("not_shown", count=len(found) - 20)))
    return b.message(made)
