"""The home tab: who this member is to us, in words, what they may do, and their tickets. Pure: facts in, a view out."""

from __future__ import annotations

from collections.abc import Sequence

from bot import blocks as b
from bot import told
from bot.blocks import Block, Message
from bot.phrases import Phrases
from store.tickets import Ticket


def home(p: Phrases, account: Message, found: Sequence[Ticket], page: int, more: bool) -> Block:
    listed = told.listed(p, found, page, more)
    sure = {"title": b.plain(p.plain("unlink.title"), 100), "text": b.plain(p.plain("unlink.text"), 300)}
    sure |= {"confirm": b.plain(p.plain("unlink.yes"), 30), "deny": b.plain(p.plain("unlink.no"), 30)}
    unlink = b.button(p.plain("button.unlink"), "unlink") | {"confirm": sure}
    return b.home([*account.blocks, b.divider(), *listed.blocks, b.divider(), *b.actions(unlink)])


def stranger(p: Phrases, key: str) -> Block:
    return b.home([b.section(p.say(key))])
