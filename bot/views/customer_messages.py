"""Answers to customers as messages: what they owe and run, who decides, their tickets, why not. Pure: facts in, words out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from authz import LENDABLE, Action, Status, WayForward, leaves_out_suspension
from bot.text import button_values
from bot.text.button_values import OfCell, Opens
from bot.text.phrases import Phrases, moment
from bot.text.replies import Named, OneTicket, Tickets, Why
from bot.views import blocks as b
from bot.views.blocks import Block, Message
from desk import disclosure
from desk.accounts import REFUSALS, OfAccounts, Rights
from desk.choices import Choice, Possible, is_request, may_open
from desk.linking import Link
from store.accounts.account_details import AccountName, Deciders, Invoice, Refused, Service
from store.messages.timeline import Said
from store.notices.notice_delivery import Letter
from store.tickets.customer_tickets import Conversation, Ticket

PAGE = 10
ACCOUNTS = 40  # in one message
STANDINGS = 12  # what one may do on each
ROOM = 40  # blocks for what was said in a ticket
PARTS = 4  # of somebody's words in one message: 12,000 characters


LINK: Final = {
    Link.LINKED: "linked",
    Link.ALREADY: "link_already",
    Link.WRONG: "link_wrong",
    Link.LATER: "link_later",
}


def plain(p: Phrases, key: str, **values: object) -> Message:
    return b.message(b.section(p.say(key, **values)))


def announcement(p: Phrases, letter: Letter) -> Message:
    """A notice to somebody whom a scheme names, with why they have it."""
    why = p.say("announcement_why", about=", ".join(letter.about), rules=", ".join(letter.rules))
    return b.message(b.section(p.say("announcement", title=letter.title)), b.quoted(letter.body), b.context(why))


def fixed(p: Phrases, key: str) -> Message:
    """Words that say nothing about anybody."""
    said = b.section(p.say(key))
    return b.message(said, b.actions(b.button(p.plain("button.open"), "open") if key == "mention_empty" else None))


def refused(p: Phrases, found: Sequence[tuple[AccountName, Refused]], *, rules: bool = False) -> Message:
    """Why not, who can help, and a button to ask whoever could lend the right; with `rules`, for whoever asks why, which rule."""
    if not found:
        return plain(p, "nothing_allowed")
    return b.message(*(block for account, why in found[:REFUSALS] for block in _refusal(p, account, why, rules=rules)))


def _refusal(p: Phrases, account: AccountName, why: Refused, *, rules: bool) -> list[Block]:
    reason, lines = str(why.denied.reason), []
    lines.append(p.say(f"refused.{reason}", account=account.name, action=why.cell, cell=why.cell))
    if why.needs:
        lines.append(p.say("needs_role" if why.needs_role else "needs_permission", needs=why.needs))
    if leaves_out_suspension(why.denied):
        lines.append(p.say("refused.suspended"))
    asked = [lender for lender in why.lenders if lender.member]
    if why.helpers:
        lines.append(p.say(f"named.{why.denied.next}", names=why.helpers[:3]))
        lines += [p.say("way.sign_in")] if why.denied.next == WayForward.ASK_FOR_SUPPORT else []
    elif why.denied.next != WayForward.NONE:
        lines.append(p.say(f"way.{why.denied.next}"))
    if asked:
        lines.append(p.say("lenders", names=[lender.name for lender in asked[:3]], action=why.cell))
    cited = [b.context(p.say("rules", rules=", ".join(why.denied.rules)))] if rules else []
    ask = (
        b.button(
            p.plain("button.ask_lender", name=asked[0].name) if len(asked) == 1 else p.plain("button.ask_lenders"),
            "ask_lender",
            OfCell(account.id, why.cell),
        )
        if asked
        else None
    )
    return [b.section("\n".join(lines)), *cited, *b.actions(ask)]


def bills(p: Phrases, found: OfAccounts[Sequence[Invoice] | None]) -> Message:
    """What each account owes; None where they may not see it, which is said beside the others."""
    made = []
    for account, invoices in found.each[:ACCOUNTS]:
        if invoices is None:
            made.append(b.section(p.say("bills_not", account=account.name)))
            continue
        lines = [p.say(f"invoice.{invoice.status}", **_invoice(invoice)) for invoice in invoices[:20]]
        lines += _rest(p, len(invoices) - 20)
        made.append(b.section("\n".join([p.say("bills", account=account.name), *(lines or [p.say("no_bills")])])))
    return b.message(made, _rest_of(p, found))


def _invoice(invoice: Invoice) -> dict[str, object]:
    return {"number": invoice.number, "amount": invoice.amount, "currency": invoice.currency, "due": invoice.due}


def services(p: Phrases, found: OfAccounts[Sequence[Service]]) -> Message:
    made = []
    for account, listed in found.each[:ACCOUNTS]:
        lines = [p.say("service", name=service.name, status=service.status) for service in listed[:30]]
        lines += _rest(p, len(listed) - 30)
        made.append(b.section("\n".join([p.say("services", account=account.name), *(lines or [p.say("no_services")])])))
    return b.message(made, _rest_of(p, found))


def contacts(p: Phrases, found: OfAccounts[Deciders]) -> Message:
    """Who may change contacts, and whether the asker is one of them."""
    made = []
    for account, who in found.each[:ACCOUNTS]:
        others = who.names or (p.plain("nobody"),)
        if not who.later:
            key = ("contacts_too" if who.names else "contacts_you") if who.asker else "contacts"
            made.append(b.section(p.say(key, account=account.name, names=others)))
        else:
            names = (p.plain("you"), *who.names) if who.asker else others
            made.append(b.section(p.say(f"contacts_{who.later}", account=account.name, names=names)))
    return b.message(made, _rest_of(p, found))


def _rest(p: Phrases, count: int) -> list[str]:
    """That there is more than is shown, where there is."""
    return [p.say("not_shown", count=count)] if count > 0 else []


def _rest_of(p: Phrases, found: OfAccounts[Any], shown: int = ACCOUNTS) -> list[Block]:
    return [b.context(said) for said in _rest(p, max(len(found.each) - shown, 0) + found.more)]


def account(p: Phrases, found: OfAccounts[Rights], could: Sequence[Possible], *, has_lent: bool) -> Message:
    """What a member may do, account by account, and buttons to see what they may see, and what they have lent."""
    made: list[Block] = []
    for name, rights in found.each[:STANDINGS]:
        if rights.why is not None:
            made += _refusal(p, name, rights.why, rules=False)
            continue
        later = [one.kind for one in could if one.account == name.id and is_request(one.kind)]
        lines = [p.say("account", account=name.name, number=name.number)]
        lines.append(p.say("may", cells=disclosure.joined(rights.said)) if rights.said else p.say("may_nothing"))
        if later:
            lines.append(p.say("may_further", cells=disclosure.joined(later)))
        wanted = [cell for cell in LENDABLE if cell.startswith("ticket.open") and cell not in rights.every]
        if wanted:
            lines.append(p.say("may_not", cells=disclosure.joined(wanted)))
        why = b.tell(p.plain("button.why_not"), Why(wanted[0])) if wanted else None
        made += [b.section("\n".join(lines)), *b.actions(why)]
    made += _rest_of(p, found, STANDINGS)
    seen = {cell for _, rights in found.each for cell in rights.every}
    made += b.actions(
        b.button(p.plain("button.open"), "open") if may_open(could) else None,
        b.tell(p.plain("button.bills"), Named("bills")) if "billing.view" in seen else None,
        b.tell(p.plain("button.services"), Named("services")) if "service.view" in seen else None,
        b.tell(p.plain("button.contacts"), Named("contacts")) if any(rights.said for _, rights in found.each) else None,
        b.tell(p.plain("button.lent"), Named("lent")) if has_lent else None,
    )
    return b.message(made, b.context(p.say("linked_as"))) if made else plain(p, "nothing_allowed")


def listed(p: Phrases, found: Sequence[Ticket], page: int, more: bool) -> Message:
    """One page of tickets, one's own first, with buttons to the pages beside it."""
    if not found:
        return plain(p, "no_tickets" if page == 0 else "no_more_tickets")
    made: list[Block] = [b.section(p.say("tickets"))] if page == 0 else []
    made += [ticket_line(p, ticket) for ticket in found]
    made += b.actions(
        b.tell(p.plain("button.newer"), Tickets(page - 1)) if page else None,
        b.tell(p.plain("button.older"), Tickets(page + 1)) if more else None,
        block_id=f"tickets:{page}",
    )
    return b.message(made)


def ticket_line(p: Phrases, ticket: Ticket) -> Block:
    whose = "ticket_own" if ticket.own else "ticket_other"
    line = p.say(whose, number=ticket.number, title=ticket.title, status=ticket.status, topic=ticket.topic)
    return b.section(line, b.tell(p.plain("button.show"), OneTicket(ticket.number)))


def billing_alone(p: Phrases, found: tuple[AccountName, Status] | None) -> tuple[Block, ...]:
    """Why a ticket went to billing, and what can be done about it."""
    return () if found is None else (b.section(p.say(f"billing_alone.{found[1]}", account=found[0].name)),)


def conversation(p: Phrases, found: Conversation, *, last: int = 12) -> Message:
    """One ticket with the last of what was said, and what may be done with it."""
    ticket = found.ticket
    made: list[Block] = [ticket_head(p, ticket, found.kind, found.service)]
    shown = [said_in(p, said) for said in found.said[-last:]]
    while len(shown) > 1 and sum(map(len, shown)) > ROOM:
        del shown[0]
    if len(found.said) > len(shown):
        made.append(b.context(p.say("earlier", count=len(found.said) - len(shown))))
    made += [block for blocks in shown for block in blocks][:ROOM]
    return b.message(made, ticket_buttons(p, ticket, found.kind, reply=True))


def ticket_head(p: Phrases, ticket: Ticket, kind: str, service: str) -> Block:
    key = "ticket_head_about" if service else "ticket_head"
    what = p.say(key, number=ticket.number, title=ticket.title, kind=kind, service=service)
    return b.section("\n".join([what, p.say(f"ticket_is.{ticket.status}")]))


def ticket_buttons(p: Phrases, ticket: Ticket, kind: str, *, reply: bool = False) -> tuple[Block, ...]:
    """On a request to change contacts, its author says who and what."""
    number = str(ticket.number)
    if ticket.status == "draft":
        return b.actions(
            b.button(p.plain("button.prove"), "prove", number, style="primary"),
            b.button(p.plain("button.withdraw"), "withdraw", number),
        )
    if ticket.status == "closed":
        return b.actions(b.button(p.plain("button.reopen"), "reopen", number))
    asks = ticket.own and kind == Action.CONTACTS_MANAGE
    return b.actions(
        b.button(p.plain("button.contact_ask"), "contact_ask", number) if asks else None,
        b.button(p.plain("button.reply"), "reply", number) if reply else None,
        b.button(p.plain("button.solved"), "solved", number, style="primary"),
    )


def said_in(p: Phrases, said: Said) -> list[Block]:
    """One message of a ticket, for the customer: who, when, what; or what became of it."""
    if said.event:
        return [b.context(p.say(f"event.{said.event}", name=said.name, at=moment(said.at)))]
    by = "said_desk" if said.by_desk else "said_written" if said.writer else "said_customer"
    made = [b.context(p.say(by, name=said.name or p.plain("somebody"), writer=said.writer, at=moment(said.at)))]
    return made + words_of(p, said)


def words_of(p: Phrases, said: Said) -> list[Block]:
    if said.withdrawn:
        return [b.context(p.say("withdrawn"))]
    made: list[Block] = quote(p, said.body)
    if said.recording:
        made.append(b.context(p.say("transcript" if said.body else f"recording.{said.recording}")))
    if said.edited:
        made.append(b.context(p.say("edited")))
    for file in said.files:
        what = "file_lost" if file.lost else "file_removed" if file.removed_at else "file"
        made.append(b.context(p.say(what, name=file.name or p.plain("a_file"))))
    return made


def quote(p: Phrases, words: str) -> list[Block]:
    """Somebody's words, and, where they are longer than Slack takes in one message, how much more there is."""
    shown, more = parts(words)[:PARTS], len(words) - PARTS * b.SECTION
    return [b.quoted(part) for part in shown] + ([b.context(p.say("words_more", count=more))] if more > 0 else [])


def parts(words: str) -> list[str]:
    """Long words in pieces that fit a section each."""
    return [words[at : at + b.SECTION] for at in range(0, len(words), b.SECTION)]


class Unclear(NamedTuple):
    """Words whose writer is asked what they are about, which may be one of `found` or an answer to a ticket that is `waiting`. `why`
    they are not what they seem to be is said first."""

    words: str
    found: Sequence[Choice]
    came_from: str
    waiting: Sequence[Ticket] = ()
    why: Sequence[Block] = ()


def which(p: Phrases, said: Unclear) -> Message:
    """Words that are to become a ticket, or that answer one."""
    tickets = [choice for choice in said.found if not is_request(choice.kind)]
    one = tickets[0] if len(tickets) == 1 else None
    button = b.button(p.plain("button.open_these"), "open_words", _value(one), style="primary") if one else None
    rest = [choice for choice in said.found if choice is not one]
    chooser = choose(p, rest) if rest else None
    key = "which_one" if one else "which_else" if said.why else "which"
    return b.message(
        said.why,
        b.section(p.say(key, account=one.account.name if one else "")),
        quote(p, said.words),
        b.actions(*(add_to(p, ticket) for ticket in said.waiting), button, chooser, block_id=said.came_from),
    )


def add_to(p: Phrases, ticket: Ticket) -> Block:
    said = p.plain("button.add_to", number=ticket.number)
    return b.button(said, f"add_{ticket.number}", str(ticket.number), style="primary")


def unsure(p: Phrases, said: Unclear) -> Message:
    """Words that may be a question or a problem: everything they might mean as buttons; or why they can be no ticket."""
    asked = which(p, said) if said.found else b.message(said.why)
    others = b.actions(
        b.tell(p.plain("button.bills"), Named("bills")),
        b.tell(p.plain("button.services"), Named("services")),
        b.tell(p.plain("button.contacts"), Named("contacts")),
        b.tell(p.plain("button.tickets"), Tickets()),
        b.tell(p.plain("button.account"), Named("account")),
    )
    return b.message(list(asked.blocks), b.section(p.say("or_this")), others)


def not_closed(p: Phrases, found: Sequence[AccountName]) -> Sequence[Block]:
    """Why what is asked for is not to be had: there is nothing to reopen."""
    return [b.section(p.say("not_closed", account=account.name)) for account in found]


def change(p: Phrases, said: Unclear) -> Message:
    """Words that ask for a change: what may be requested comes first; before it why what they ask for may not."""
    in_order = sorted(said.found, key=lambda choice: not is_request(choice.kind))
    asked = b.actions(*(add_to(p, ticket) for ticket in said.waiting), choose(p, in_order), block_id=said.came_from)
    return b.message(said.why, b.section(p.say("which_else" if said.why else "which")), quote(p, said.words), asked)


ASKED: Final[dict[str, Callable[[Phrases, Unclear], Message]]] = {"which": which, "unsure": unsure, "change": change}


def choose(p: Phrases, found: Sequence[Choice]) -> Block:
    options = grouped(p, found)
    if sum(len(listed) for _, listed in options) > b.MOST_OPTIONS or len(options) > b.MOST_OPTIONS:
        return b.search(p.plain("about"), "choose_many")
    return b.grouped(p.plain("about"), "choose", options)


def _value(choice: Choice) -> str:
    return button_values.dump(Opens(choice.account.id, choice.kind))


def account_label(p: Phrases, account: AccountName) -> str:
    return p.plain("account_label", account=account.name, number=account.number)


def grouped(p: Phrases, found: Sequence[Choice]) -> list[tuple[str, list[Block]]]:
    """Choices as options under their account's name."""
    groups: dict[str, list[Block]] = {}
    for choice in found:
        label = account_label(p, choice.account)
        groups.setdefault(label, []).append(b.option(p.plain("kind", kind=choice.kind), _value(choice)))
    return list(groups.items())
