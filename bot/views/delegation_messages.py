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
    asked = p.say("delegation.asked", asker=request.asker_name, account=request.account_name, cell=request.cell)
    if request.status != "open":
        return b.message(b.section(asked), b.context(p.say(f"delegation.is.{request.status}")))
    once = None
    if may_be_for_one(request.cell):
        once = b.button(p.plain("button.lend_once"), "lend_once", str(request.id), style="primary")
    hours = [
        b.option(
            p.plain("delegation.hour" if count == 1 else "delegation.hours", count=count),
            ForHours(request.id, count),
        )
        for count in HOURS
    ]
    return b.message(
        b.section(asked),
        b.context(p.say("delegation.explained")),
        b.actions(
            once,
            b.select(p.plain("button.lend_hours"), "lend_hours", hours),
            b.button(p.plain("button.lend_refuse"), "lend_refuse", str(request.id)),
        ),
    )


def granted(p: Phrases, lent: Delegation) -> Message:
    """To whoever asked."""
    key = "delegation.given_once" if lent.one_ticket else "delegation.given"
    said = p.say(key, lender=lent.lender_name, account=lent.account_name, cell=lent.cell, until=moment(lent.ends_at))
    return b.message(b.section(said), b.actions(b.button(p.plain("button.open_now"), "open", style="primary")))


def refused(p: Phrases, request: Request) -> Message:
    return b.message(b.section(p.say("delegation.refused", account=request.account_name, cell=request.cell)))


def ended(p: Phrases, lent: Delegation) -> Message:
    return b.message(
        b.section(p.say("delegation.ended", account=lent.account_name, cell=lent.cell, lender=lent.lender_name))
    )


def lent(p: Phrases, found: Sequence[Delegation]) -> Message:
    """What somebody has lent, each with a button to take it back."""
    if not found:
        return b.message(b.section(p.say("delegation.none")))
    made = [b.section(p.say("delegation.list"))]
    for one in found[:20]:
        key = "delegation.line_used" if one.ticket else "delegation.line_once" if one.one_ticket else "delegation.line"
        said = p.say(
            key,
            borrower=one.borrower_name,
            account=one.account_name,
            cell=one.cell,
            until=moment(one.ends_at),
            number=one.ticket,
        )
        made.append(b.section(said, b.button(p.plain("button.take_back"), "take_back", str(one.id))))
    if len(found) > 20:
        made.append(b.context(p.say("not_shown", count=len(found) - 20)))
    return b.message(made)
