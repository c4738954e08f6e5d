"""The home tab: who this member is to us, in words, what they may do, and their tickets. Pure: facts in, a view out."""

from __future__ import annotations

from collections.abc import Sequence

from bot.text.phrases import Phrases, moment
from bot.text.replies import Named, TransferCode
from bot.views import blocks as b
from bot.views import customer_messages, verification_messages
from bot.views.blocks import Block, Message
from desk.ticket_lists import Page
from desk.verification import Standing


def home(
    p: Phrases,
    account: Message,
    found: Page | None,
    page: int,
    proved: Sequence[Standing] = (),
    authenticator: int | None = None,
    *,
    offers: bool = True,
    mails: int = 0,
) -> Block:
    """`mails`: how many wait that say they are from them; `found`: their tickets, None where they may see none anywhere; `offers`: whether they may do anything at all here; `proved`: how far they are proved on each account; `authenticator`: since when (ms) they have one."""
    listed = customer_messages.listed(p, found.tickets, page, found.more).blocks if found is not None else ()
    sure = {"title": b.plain(p.plain("unlink.title"), 100), "text": b.plain(p.plain("unlink.text"), 300)}
    sure |= {"confirm": b.plain(p.plain("unlink.yes"), 30), "deny": b.plain(p.plain("unlink.no"), 30)}
    unlink = b.button(p.plain("button.unlink"), "unlink") | {"confirm": sure}
    further = [
        verification_messages.good_until(p, account.name, said) for account, said in proved[:10] if said is not None
    ]
    since = p.say("home.no_authenticator")
    if authenticator is not None:
        since = p.say("authenticator.since", at=moment(authenticator))
    proof = [b.context(*further, since), *b.actions(*_proof_buttons(p, authenticator is not None, offers))]
    theirs = [*listed, b.divider()] if listed else []
    look = b.tell(p.plain("button.mails"), Named("mails"))
    waiting = [b.section(p.say("home.mails", count=mails), look), b.divider()] if mails else []
    return b.home([*account.blocks, *proof, b.divider(), *waiting, *theirs, *b.actions(unlink)])


def _proof_buttons(p: Phrases, there: bool, offers: bool) -> list[Block | None]:
    return [
        b.tell(p.plain("button.prove"), Named("prove")) if offers else None,
        verification_messages.remove(p) if there else b.tell(p.plain("button.enrol"), Named("authenticator")),
        b.tell(p.plain("button.to_phone"), TransferCode()) if offers else None,
    ]


def stranger(p: Phrases, key: str) -> Block:
    return b.home([b.section(p.say(key))])
