"""Clicks of customers: open, choose, ask, close, lend. Whoever clicks is asked about, not whom the message was for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.inbound import ticket_opening
from bot.inbound.block_action import Do, number_of, stands_there, value_of, where
from bot.inbound.ticket_opening import Origin
from bot.outbound import outbox
from bot.platform.context import SlackContext
from bot.platform.identity import SlackUser, Who, known, of_interaction
from bot.platform.payloads import Click, Pressed, Said, Shortcut
from bot.text import button_values
from bot.text.button_values import ForHours, Kept, OfCell, Opens
from bot.text.replies import OPEN, STRANGER, YOU_ARE_STAFF, AboutTicket, Fixed, Reply, Tickets, Why, from_value
from desk import choices, delegation, linking, tickets
from desk.delegation import Answered, Asked
from desk.outcomes import Drafted
from desk.tickets import Added
from store import Transaction
from store.accounts.account_details import Refused
from store.calls import call_state
from store.messages import edits, timeline
from store.messages.timeline import Sent
from store.slack import quotes
from store.text import pin_redaction


def _open(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    channel, began = body.channel.id, body.container.thread_ts  # the message with the button is nobody's beginning
    origin = (channel, began) if channel and began and not channel.startswith("D") else ()
    found = choices.possible(tx, who)
    if not choices.may_open(found) and not (found and value_of(action) == "requests"):
        return OPEN
    outbox.form(tx, who.user, "open", body.trigger_id, where(body), origin=origin)
    return None


def _choose(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    """Words that were kept in the message become a ticket."""
    words, origin, source, files = _kept(tx, who, body)
    message, about = body.container.message_ts, button_values.parse(Opens, value_of(action))
    may = any((one.account, one.kind) == about for one in choices.possible(tx, who))
    if may and about is not None and words is not None and choices.asks_which_service(tx, who, *about):
        began = (origin.channel, origin.thread) if origin is not None and not origin.direct else ()
        along = outbox.files([file.id for file in files])
        given = {"origin": began, "source": source, "files": along, "about": value_of(action)}
        outbox.form(tx, who.user, "open", body.trigger_id, where(body), **given)
        return None
    known_already = timeline.of_source(tx, source) is not None
    if known_already or (may and not call_state.first_delivery(tx, f"slack:chosen:{who.user.user}:{message}")):
        return Fixed("chosen_already")
    if words is None:
        return Fixed("words_gone")
    if about is None:
        return None
    made = ticket_opening.open_ticket(tx, who, about, words, origin=origin, source=source, files=files)
    if isinstance(made, Refused):
        return Why(made.cell)
    if isinstance(made, Drafted):
        outbox.form(tx, who.user, "prove", body.trigger_id, where(body), account=about[0], ticket=made.number)
        return AboutTicket("drafted", made.number)
    return AboutTicket("became", made.number)


def _add(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    """Words that were kept in the message are added to a ticket on which the desk waits for them."""
    _words, _origin, source, files = _kept(tx, who, body)
    added = tickets.add_kept(tx, who, number_of(action), source, files)
    return AboutTicket("added", number_of(action)) if added is Added.DONE else _NOT_ADDED[added]


_NOT_ADDED: Final = {
    Added.ALREADY: Fixed("chosen_already"),
    Added.GONE: Fixed("words_gone"),
    Added.REFUSED: Fixed("not_added"),
}


def _kept(tx: Transaction, who: Who, body: Click) -> tuple[str | None, Origin | None, str, Sequence[Sent]]:
    """What they said in the message that one of ours asks about, as it is now; where that was, as which message, and its files. No words:
    it is none of theirs, was taken back, or is a ticket already."""
    told = next(filter(None, (button_values.parse(Kept, block.block_id) for block in body.message.blocks)), None)
    if told is None or not outbox.is_sealed(tx, who.user, button_values.dump(told._replace(seal="")), told.seal):
        return None, None, "", ()
    source = quotes.said_as(tx, f"tell:msg:{told.channel}:{told.ts}", f"{told.channel}:{told.ts}")
    channel = source.partition(":")[0]
    edits.lock(tx, source)
    return (
        edits.unfiled(tx, who.subject, source),
        Origin(channel, told.thread),
        source,
        ticket_opening.listed(told.files),
    )


def _solved(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    done = tickets.close(tx, who, number_of(action))
    return None if done and stands_there(tx, who, body) else Fixed("closed_now" if done else "closed_already")


def _reopen(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    done = tickets.reopen(tx, who, number_of(action))
    return None if done and stands_there(tx, who, body) else Fixed("reopened_now" if done else "open_already")


def _withdraw(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    return Fixed("draft_gone") if tickets.withdraw(tx, who, number_of(action)) else Fixed("no_draft")


def _reply(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    if not tickets.may_reply(tx, who, number_of(action)):
        return Fixed("not_added")
    outbox.form(tx, who.user, "reply", body.trigger_id, where(body), ticket=number_of(action))
    return None


def _ask_lender(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    wanted = button_values.parse(OfCell, value_of(action))
    if wanted is None:
        return None
    asked = delegation.ask(tx, who, *wanted)
    if asked is Asked.NOBODY:  # any more: why it is refused says what helps now
        return Why(wanted.cell)
    return _ASKED[asked]


def _lend_once(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    return _LENT[delegation.lend(tx, who, number_of(action), None)]


def _lend_hours(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    chosen = button_values.parse(ForHours, value_of(action))
    return None if chosen is None else _LENT[delegation.lend(tx, who, *chosen)]


def _lend_refuse(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    return _REFUSED[delegation.refuse(tx, who, number_of(action))]


def _take_back(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    return Fixed("taken_back") if delegation.take_back(tx, who, number_of(action)) else Fixed("delegation_over")


# What is told of each outcome.
_ASKED: Final[dict[Asked, Reply]] = {
    Asked.SENT: Fixed("delegation_sent"),
    Asked.OPEN: Fixed("delegation_open"),
    Asked.TOO_MANY: Fixed("delegation_too_many"),
    Asked.NOT_PERMITTED: OPEN,
}
_LENT: Final[dict[Answered, Reply]] = {
    Answered.DONE: Fixed("lent_now"),
    Answered.GONE: Fixed("delegation_gone"),
    Answered.NOT_NOW: Why("right.lend"),
}
_REFUSED: Final[dict[Answered, Reply]] = {**_LENT, Answered.DONE: Fixed("refused_now")}


def _tell(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    """More of something: in the home tab its page, elsewhere an answer."""
    reply = from_value(value_of(action))
    if isinstance(reply, Tickets) and body.view.type == "home":
        outbox.home(tx, who.user, reply.page, f"home:{body.trigger_id}")
        return None
    return reply


def _unlink(tx: Transaction, who: Who, body: Click, action: Pressed) -> Reply | None:
    outbox.home(tx, who.user, 0, f"home:{body.trigger_id}")
    return Fixed("unlinked") if linking.unlink(tx, who.user.team, who.user.user) else STRANGER


def shortcut(context: SlackContext, body: Shortcut) -> None:
    """The shortcut of a message: the form, prefilled with what the message says."""
    via, message = context.via(body), body.message
    user = of_interaction(body, via.team) if via is not None else None
    if user is None:
        return
    channel, ts = body.channel.id, message.ts or body.message_ts
    there = {"channel": channel, "only": True} if channel and not channel.startswith("D") else {}
    with context.store.transaction("slack") as tx:
        if not call_state.first_delivery(tx, f"slack:act:{body.trigger_id}"):
            return
        who, words = known(tx, user), pin_redaction.left_out(message.words())
        if who is None or not who.is_person:
            outbox.tell(
                tx,
                user,
                STRANGER if who is None else YOU_ARE_STAFF,
                f"act:{body.trigger_id}",
                where=there,
            )
        elif not choices.may_open(choices.possible(tx, who)):
            outbox.tell(tx, user, OPEN, f"act:{body.trigger_id}", where=there)
        elif not words:
            outbox.tell(tx, user, Fixed("no_words"), f"act:{body.trigger_id}", where=there)
        else:
            began = (channel, message.thread_ts or ts) if there and ts else ()
            source = f"{channel}:{ts}" if channel and ts and _wrote(user, message) else ""
            said = (
                {
                    "source": source,
                    "files": outbox.files([file.id for file in ticket_opening.sent(message.files)]),
                }
                if source and _keeps(tx, who, source, words, message)
                else {"words": words, "copied": True}
            )
            outbox.form(tx, user, "open", body.trigger_id, there, origin=began, **said)


def _wrote(user: SlackUser, message: Said) -> bool:
    return not message.bot_id and (message.user, message.team or user.team) == (user.user, user.team)


def _keeps(tx: Transaction, who: Who, source: str, words: str, message: Said) -> bool:
    """Whether the words of their own message are kept as that, so that they follow it; those on a ticket already do so there."""
    edits.lock(tx, source)
    if timeline.of_source(tx, source) is not None:
        return False
    stamp = message.edited.get("ts", "")[:32]
    edits.early(tx, who.subject, source, words, stamp, kept_for=edits.FORM_FOR)
    return edits.unfiled(tx, who.subject, source) is not None


CLICKS: Final[dict[str, Do]] = {
    "open": _open,
    "choose": _choose,
    "choose_many": _choose,
    "open_words": _choose,
    "solved": _solved,
    "reopen": _reopen,
    "withdraw": _withdraw,
    "reply": _reply,
    "ask_lender": _ask_lender,
    "lend_once": _lend_once,
    "lend_hours": _lend_hours,
    "lend_refuse": _lend_refuse,
    "take_back": _take_back,
    "unlink": _unlink,
}
TELL: Final = _tell
ADD: Final = _add
