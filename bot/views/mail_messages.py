"""Mails that say they are from a member: when they came and what they may become, and nothing of what they say. Pure: facts in, words out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from authz import Topic
from bot.text.button_values import FromMail
from bot.text.phrases import Phrases, moment
from bot.views import blocks as b
from bot.views import customer_messages
from bot.views.blocks import Block, Message
from desk.choices import Choice
from desk.mail_in import WaitingMail

SHOWN = 5  # mails in one message


def waiting(
    p: Phrases, mails: Sequence[WaitingMail], found: Sequence[Choice], why: Sequence[Block], address: str
) -> Message:
    """`found`: what a mail of theirs may become; `why` it is nothing, where it is; `address`: of the page on which its words stand, or empty."""
    if not mails:
        return customer_messages.plain(p, "mail.none")
    made = [block for mail in mails[:SHOWN] for block in _mail(p, mail, list(islice(found, b.MOST_OPTIONS)))]
    more = [b.context(p.say("not_shown", count=len(mails) - SHOWN))] if len(mails) > SHOWN else []
    read = b.button(p.plain("button.mail_read"), "link", url=address) if address else None
    return b.message(b.section(p.say("mail.lead")), *b.actions(read), why, made, more)


def _mail(p: Phrases, mail: WaitingMail, found: list[Choice]) -> list[Block]:
    add = open_one = chooser = None
    if mail.number is not None:
        add = b.button(p.plain("button.mail_add", number=mail.number), "mail_add", str(mail.id), style="primary")
    if len(found) == 1:
        open_one = b.button(p.plain("button.mail_open"), "mail_open", _value(mail, found[0]))
    elif found:
        groups: dict[str, list[Block]] = {}
        for one in found:
            said = b.option(p.plain("kind", kind=one.kind), _value(mail, one))
            groups.setdefault(customer_messages.account_label(p, one.account), []).append(said)
        chooser = b.grouped(p.plain("mail.about"), "mail_open", list(groups.items()))
    not_me = b.button(p.plain("button.mail_not_me"), "mail_not_me", str(mail.id))
    return [b.section(p.say("mail.came", at=moment(mail.came_at))), *b.actions(add, open_one, chooser, not_me)]


def _value(mail: WaitingMail, choice: Choice) -> FromMail:
    return FromMail(mail.id, Topic(choice.kind), choice.account.number)
