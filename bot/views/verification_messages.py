"""What people are shown who prove themselves: the form, codes for their eyes alone, and what is asked for a call. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from bot.text.button_values import ToProve
from bot.text.phrases import Phrases, clock, moment
from bot.text.replies import TransferCode, to_value
from bot.views import blocks as b
from bot.views import customer_messages
from bot.views.blocks import Block, Message
from desk.accounts import OfAccounts
from desk.outcomes import HandIn
from desk.own_security import Enrolled
from desk.verification import Proved, Standing, Ways
from store.accounts.account_details import AccountName, Refused
from store.tickets.customer_tickets import Ticket
from store.verification.call_approvals import ON_PAGE, Asked
from store.verification.verification_requests import WAITING, VerificationRequest

HANDED_IN: Final = {
    HandIn.DONE: "prove.handed",
    HandIn.ALREADY: "prove.handed_in",
    HandIn.WITHDRAWN: "prove.withdrawn",
    HandIn.NONE: "prove.no_draft",
}


def form(
    p: Phrases, ways: Ways, account: AccountName, number: int, minutes: int, *, kind: str = "", sent: str = ""
) -> Block:
    """One field for whatever code they have. `number` of the draft that is to be handed in, of this `kind`, or 0; `sent`: what
    became of a text message just now, or empty."""
    key = "prove.why_draft" if kind else "prove.why"
    lines = [p.say(key, number=number, account=account.name, minutes=minutes, kind=kind), *ways_on(p, ways)]
    made: list[Block] = [b.section("\n".join(lines))]
    if ways.ending:
        made += b.actions(b.button(p.plain("button.send_text", ending=ways.ending), "send_text"))
    made += [b.context(p.say(f"prove.sent.{sent}", ending=ways.ending))] if sent else []
    element: Block = {"type": "plain_text_input", "action_id": "code", "max_length": 40}
    made.append(b.ask(p.plain("prove.code"), "code", element, hint=p.plain("prove.hint")))
    return b.modal(
        "prove",
        p.plain("prove.title"),
        made,
        submit=p.plain("prove.send"),
        close=p.plain("form.close"),
        metadata=ToProve(account.id, number),
    )


def ways_on(p: Phrases, ways: Ways) -> list[str]:
    """What somebody can use, a line each."""
    lines = [p.say("prove.authenticator")] if ways.authenticator else []
    lines += [p.say("prove.text", ending=ways.ending)] if ways.ending else []
    lines += [p.say("prove.number")] if ways.number else []
    if ways.any and ways.phone and not ways.number:
        lines.append(p.say("prove.transfer_code"))
    lines += [] if ways.any else [p.say("prove.nothing")]
    if ways.authenticator_from is not None:
        lines.append(p.say("prove.authenticator_young", at=moment(ways.authenticator_from)))
    return lines


def needed(p: Phrases, ways: Ways) -> tuple[Block, ...]:
    """What a draft needs, in its own thread, where a code may be written as well."""
    return (b.section("\n".join([p.say("prove.needed"), *ways_on(p, ways)])),)


def proved(p: Phrases, account: AccountName, further: Proved, number: int, done: HandIn | Refused | None) -> Block:
    """The form's own answer. `done`: what became of the draft `number`, if there is one, or why it was not handed in."""
    made: list[Block] = []
    if isinstance(done, Refused):
        made += customer_messages.refused(p, [(account, done)]).blocks
    elif done is not None:
        made.append(b.section(p.say(HANDED_IN[done], number=number)))
    made.append(b.context(good_until(p, account.name, further)))
    return b.modal("proved", p.plain("prove.title"), made, close=p.plain("form.close"))


def good_until(p: Phrases, account: str, further: Proved) -> str:
    if further.topic:
        return p.say("further_topic", account=account, until=clock(further.until), topic=further.topic)
    return p.say("further", account=account, until=clock(further.until))


def proofs(
    p: Phrases, found: OfAccounts[Proved | None], needed: Collection[int], drafts: Sequence[Ticket] = ()
) -> Message:
    """How far somebody is proved, account by account, with a button for where they are not; and drafts that are waiting.
    `needed`: the accounts (ids) where something needs it. Those that are not shown are found by typing."""
    made: list[Block] = [b.section(p.say("prove.how"))]
    for account, further in found.each[:20]:
        if further is None:
            button = b.button(p.plain("button.prove"), "prove", ToProve(account.id, 0))
            said = "prove.not_yet" if account.id in needed else "prove.no_need"
            made.append(b.section(p.say(said, account=account.name), button))
        else:
            made.append(b.section(good_until(p, account.name, further)))
    if found.more:
        made += b.actions(b.search(p.plain("prove.on_which"), "prove_on"))
    for ticket in drafts[:10]:
        button = b.button(p.plain("button.hand_in"), "prove", str(ticket.number), style="primary")
        made.append(b.section(p.say("prove.draft", number=ticket.number, title=ticket.title), button))
    return b.message(made, [b.context(p.say("not_shown", count=len(drafts) - 10))] if len(drafts) > 10 else [])


# --- carried to the phone


def transfer_codes(p: Phrases, found: Sequence[Standing], could: Mapping[int, Collection[str]]) -> Message:
    """For what, on which account: what may be requested there is asked as what it is, and nobody has to know its topic."""
    groups = [
        (
            customer_messages.account_label(p, account),
            [
                *(
                    b.option(p.plain("kind", kind=kind), to_value(TransferCode(account.id, kind)))
                    for kind in could.get(account.id, ())
                ),
                b.option(p.plain("transfer_code.agent"), to_value(TransferCode(account.id, "agent"))),
            ],
        )
        for account, _ in found[:10]
    ]
    chooser = b.grouped(p.plain("button.transfer_code"), "tell_transfer_code", groups)
    return b.message(b.section(p.say("transfer_code.which")), b.actions(chooser))


def transfer_code(p: Phrases, account: str, topic: str, digits: str) -> Message:
    """`topic` is empty for an agent, who is content with either."""
    said = {"account": account, "digits": spaced(digits)}
    if not topic:
        return b.message(b.section(p.say("transfer_code.code_agent", **said)))
    return b.message(b.section(p.say("transfer_code.code", topic=topic, **said)))


# --- authenticator, and a PIN that is locked


def enrolment(p: Phrases, url: str) -> Message:
    button = b.button(p.plain("button.enrol"), "link", url=url, style="primary")
    return b.message(b.section(p.say("authenticator.link")), b.actions(button), b.context(p.say("authenticator.told")))


def enrolled(p: Phrases, there: Enrolled) -> Message:
    young = there.counts_from
    said = p.say("authenticator.since", at=moment(there.since))
    said += "\n" + (p.say("authenticator.counts") if young is None else p.say("authenticator.from", at=moment(young)))
    if there.ends_at is not None:
        said += "\n" + p.say("authenticator.ending", at=moment(there.ends_at))
        return b.message(b.section(said), b.actions(b.button(p.plain("button.keep"), "authenticator_keep")))
    return b.message(b.section(said), b.actions(remove(p)))


def remove(p: Phrases) -> Block:
    sure = {"title": b.plain(p.plain("remove.title"), 100), "text": b.plain(p.plain("remove.text"), 300)}
    sure |= {"confirm": b.plain(p.plain("remove.yes"), 30), "deny": b.plain(p.plain("remove.no"), 30)}
    return b.button(p.plain("button.remove"), "authenticator_remove") | {"confirm": sure}


def unlocking(p: Phrases, digits: str) -> Message:
    return b.message(b.section(p.say("locked.code", digits=spaced(digits))), b.context(p.say("never_tell")))


# --- for somebody on the phone


def step_code(p: Phrases, account: str, digits: str) -> Message:
    said = b.section(p.say("step_code.shown", account=account, digits=spaced(digits)))
    return b.message(said, b.context(p.say("never_tell")))


def approval(p: Phrases, asked: Asked, pages: str) -> Message:
    """A number is said, or "not me": there is no yes to press. What is asked on their account page is answered there: the way to it, at `pages`."""
    id, account = asked.id, asked.account_name
    if asked.over:
        return b.message(b.section(p.say("approval.over", account=account)))
    not_me = b.button(p.plain("button.approve_not_me"), "approve_not_me", str(id), style="danger")
    if asked.way == ON_PAGE:
        page = b.button(p.plain("button.approve_page"), "link", url=f"{pages}/call", style="primary")
        return b.message(b.section(p.say("approval.on_page", account=account)), b.actions(page, not_me))
    key = "approval.asked_draft" if asked.kind else "approval.asked"
    return b.message(
        b.section(p.say(key, account=account, number=asked.ticket or 0, kind=asked.kind)),
        b.actions(
            b.button(p.plain("button.approve_say"), "approve_say", str(id), style="primary"),
            not_me,
        ),
    )


def verification(p: Phrases, asked: VerificationRequest, account: str) -> Message:
    """Another system asks for their word. What they say by it proves no more than anything else this member writes."""
    if asked.state != WAITING:
        return b.message(b.section(p.say("verification.over", by=asked.asked_by, account=account)))
    yes = b.button(p.plain("button.verification_yes"), "verification_yes", str(asked.id), style="primary")
    no = b.button(p.plain("button.verification_not_me"), "verification_not_me", str(asked.id), style="danger")
    said = p.say("verification.asked", by=asked.asked_by, action=asked.action, account=account)
    return b.message(b.section(said), b.actions(yes, no))


def number_form(p: Phrases, id: int) -> Block:
    element: Block = {"type": "plain_text_input", "action_id": "number", "min_length": 2, "max_length": 10}
    made = [
        b.section(p.say("approval.form")),
        b.ask(p.plain("approval.number"), "number", element, hint=p.plain("approval.hint")),
    ]
    return b.modal(
        "approve",
        p.plain("prove.title"),
        made,
        submit=p.plain("prove.send"),
        close=p.plain("form.close"),
        metadata=str(id),
    )


def answered(p: Phrases, said: Message) -> Block:
    """What came of the number that was said."""
    return b.modal("answered", p.plain("prove.title"), said.blocks, close=p.plain("form.close"))


def calling(p: Phrases, ending: str, words: tuple[str, str]) -> Message:
    said = p.say("calling.now", ending=ending, words=" ".join(words))
    return b.message(b.section(said), b.context(p.say("calling.never")))


def spaced(digits: str) -> str:
    """Eight digits as they are read: four and four."""
    return f"{digits[:4]} {digits[4:]}"
