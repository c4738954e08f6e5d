"""Events: messages, mentions, edits, the home tab, and what becomes of the app itself. One short transaction each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from bot.inbound import message_edits, overheard, ticket_opening
from bot.inbound.verification_actions import not_handed_in
from bot.outbound import outbox
from bot.platform.context import SlackContext
from bot.platform.identity import SlackUser, Who, known, link, of_event
from bot.platform.payloads import Came, Changed, ChannelMoved, Event, File, Revoked, Spoken
from bot.text import intents, replies
from bot.text.button_values import Kept, dump
from bot.text.replies import OPEN, STRANGER, Fixed, Named, Reply
from bot.views import customer_messages
from desk import accounts, choices, linking, ticket_lists, ticket_work, tickets, verification
from desk.outcomes import HandIn, NotProved
from store import WORKER, Transaction
from store.accounts.account_details import Refused
from store.calls import call_state
from store.messages import edits
from store.slack import installations, ticket_threads
from store.slack.installations import Installation
from store.slack.ticket_threads import TicketThread
from store.text import numbers, pin_redaction
from store.verification import transfer_codes

SPOKEN: Final = frozenset({"", "file_share", "thread_broadcast", "me_message"})
MINUTE: Final = 60_000  # ms


def message(context: SlackContext, body: Event[Spoken]) -> None:
    """Whatever somebody says where the app is: to it, in a ticket's thread, or to others, which is none of our business."""
    event, via = body.event, context.via(body)
    subtype = event.subtype
    if via is None:
        return
    overheard.listen(context, body, via)
    if subtype not in (*SPOKEN, "message_changed", "message_deleted"):
        return
    user = of_event(body, via.team)
    if subtype in ("message_changed", "message_deleted"):
        message_edits.changed(context, event, user, via)
    elif user is not None:
        _said(context, event, user, via)


def _said(context: SlackContext, event: Spoken, user: SlackUser, via: Installation) -> None:
    channel, ts = event.channel, event.ts
    thread_ts = event.thread_ts if event.thread_ts != ts else ""
    mentioned, direct = f"<@{via.bot_user}>" in event.text, event.channel_type == "im"
    if not (direct or mentioned or thread_ts):
        return
    words = event.words(via.bot_user)
    plain, keeps = numbers.western(words), pin_redaction.left_out(words)
    spoken = _Message(channel, ts, thread_ts, keeps, event.files)
    meant = intents.read(plain, context.phrases.example("examples"))  # before anybody waits for the database
    if meant.intent == "change":
        meant = replace(meant, value=intents.which_change(plain, context.phrases.example("changes")))
    with context.store.transaction("slack") as tx:
        thread = ticket_threads.at(tx, via.team, channel, thread_ts) if thread_ts else None
        if not (direct or mentioned or thread):
            return
        if not call_state.first_delivery(tx, f"slack:msg:{channel}:{ts}"):
            return
        edits.lock(tx, spoken.source)
        who = known(tx, user)
        if direct and meant.intent == "proof":
            _proved(context, tx, who, user, spoken, meant.value, thread)
            return
        if _is_code(meant, direct, thread):
            _aloud(tx, user, spoken, meant)
            return
        # An eight-digit code of somebody we do not know links them.
        if thread is None and not spoken.files and intents.may_be_pin(plain) and (who or meant.intent != "link"):
            _digits(tx, user, spoken, direct)
            return
        if keeps != words and (who is not None or direct or mentioned):
            there = spoken.reply_there if direct else None
            outbox.tell(tx, user, Fixed("pin_left_out"), f"pin:{_minute(tx, user, spoken)}", where=there)
        if thread is not None and _in_a_ticket(tx, who, user, thread, spoken):
            return
        if thread is not None and not (mentioned and thread.side == ticket_threads.ORIGIN):
            return
        if direct:
            _directly(context, tx, who, user, spoken, meant)
        else:
            _mentioned(tx, who, user, spoken, meant)


class _Message:
    """A message, as far as we need it."""

    def __init__(self, channel: str, ts: str, thread: str, words: str, files: Sequence[File]) -> None:
        self.channel, self.ts, self.thread, self.words = channel, ts, thread, words
        self.files = ticket_opening.sent(files)
        self.source = f"{channel}:{ts}"
        self.origin = ticket_opening.Origin(channel, thread or ts)
        self.key = f"msg:{channel}:{ts}"

    @property
    def reply_there(self) -> dict[str, str]:
        """Where an answer is seen: in direct messages beside the question, and not behind it; elsewhere in its thread."""
        if self.channel.startswith("D") and not self.thread:
            return {"channel": self.channel}
        return {"channel": self.channel, "thread": self.thread or self.ts}

    def kept(self, tx: Transaction, user: SlackUser) -> str:
        """Where it came from, for a message that asks what it is about."""
        said = Kept("from", self.channel, self.origin.thread, self.ts, outbox.files([one.id for one in self.files]))
        return dump(said._replace(seal=outbox.sealed(tx, user, dump(said))))


def _in_a_ticket(tx: Transaction, who: Who | None, user: SlackUser, thread: TicketThread, spoken: _Message) -> bool:
    """In a ticket's thread customers answer the desk, and the desk's people make notes for themselves. Whether it was that."""
    if who is None:
        if thread.side == ticket_threads.CUSTOMER:
            _stranger(tx, user, spoken)
        return False
    if not spoken.words and not spoken.files:
        outbox.tell(tx, user, Fixed("no_words"), spoken.key, where=spoken.reply_there)
        return True
    if thread.side == ticket_threads.DESK:
        ticket = ticket_work.to_work_on_shown(tx, who, thread.ticket)
        if ticket is not None:
            ticket_work.note(tx, ticket, spoken.words, source=spoken.source, files=spoken.files)
            there = {"via": thread.team, "channel": spoken.channel, "ts": spoken.ts}
            outbox.once(tx, "slack.react", spoken.key, f"thread:{thread.id}", **there)
        return ticket is not None
    said = tickets.reply(tx, who, thread.ticket, spoken.words, source=spoken.source, files=spoken.files)
    if not said and thread.side == ticket_threads.CUSTOMER:
        outbox.tell(tx, user, Fixed("not_added"), spoken.key, where=spoken.reply_there)
    return said


def _is_code(meant: intents.Read, direct: bool, thread: TicketThread | None) -> bool:
    """Whether somebody said a code where others read it. In the desk's own threads eight digits may be a support ID."""
    return not direct and meant.intent in ("link", "proof") and (thread is None or thread.side != ticket_threads.DESK)


def _proved(
    context: SlackContext,
    tx: Transaction,
    who: Who | None,
    user: SlackUser,
    spoken: _Message,
    digits: str,
    thread: TicketThread | None,
) -> None:
    """A code said to us alone: on the account of the draft in whose thread it is, on the only account they have, or on the
    one that a transfer code from the phone is for."""
    if who is None or not who.is_person:
        _stranger(tx, user, spoken) if who is None else outbox.tell(tx, user, replies.HELP, spoken.key)
        return
    number = thread.ticket if thread is not None and thread.side == ticket_threads.CUSTOMER else 0
    draft = tickets.draft(tx, who, number) if number else None
    mine = list(accounts.theirs(tx, who))
    account = draft.account if draft is not None else mine[0] if len(mine) == 1 and not number else None
    if account is None and len(digits) != linking.DIGITS:
        outbox.tell(tx, user, Named("prove"), spoken.key, where=spoken.reply_there)
        return
    found = verification.prove(
        tx, who, digits, account, draft, minutes=context.step_up_minutes, code_kind=transfer_codes.TO_SLACK
    )
    if found is NotProved.OTHER_TOPIC:
        outbox.tell(tx, user, replies.AboutTicket("prove.other_topic", number), spoken.key, where=spoken.reply_there)
    elif isinstance(found, NotProved):
        late = found is NotProved.LATER
        key = f"proof_later:{_minute(tx, user, spoken)}" if late else spoken.key
        outbox.tell(tx, user, Fixed("proof_later") if late else Fixed("proof_wrong"), key, where=spoken.reply_there)
    elif draft is None:
        outbox.tell(tx, user, Named("proved"), spoken.key, where=spoken.reply_there)
    elif (done := tickets.hand_in(tx, who, number)) is not HandIn.DONE:  # that is said by the ticket itself
        outbox.tell(tx, user, not_handed_in(done, number), spoken.key, where=spoken.reply_there)


def _directly(
    context: SlackContext, tx: Transaction, who: Who | None, user: SlackUser, spoken: _Message, meant: intents.Read
) -> None:
    if meant.intent == "link":
        done = link(tx, context.home_id, user, meant.value) if meant.value else None
        said = customer_messages.LINK[done] if done is not None else "link_how"
        # Said of every wrong one, and from the sixth on once.
        key = f"{said}:{_minute(tx, user, spoken)}" if done is linking.Link.LATER else spoken.key
        outbox.tell(tx, user, Fixed(said), key, where=spoken.reply_there)
        return
    if who is None:
        _stranger(tx, user, spoken)
        return
    if not spoken.words and not spoken.files:
        outbox.tell(tx, user, Fixed("no_words"), spoken.key, where=spoken.reply_there)
        return
    _understood(tx, who, spoken, meant, spoken.reply_there)


def _mentioned(tx: Transaction, who: Who | None, user: SlackUser, spoken: _Message, meant: intents.Read) -> None:
    """In a channel others listen: what is said there is the same fixed words for everybody, once a minute, so that nobody
    learns who is known; and everything else goes to direct messages."""
    there = f"aloud:{_minute(tx, user, spoken)}"
    if not spoken.words and not spoken.files:
        outbox.tell(tx, user, Fixed("mention_empty"), there, where=spoken.reply_there)
        return
    if replies.is_private(_asks(meant)):
        outbox.tell(
            tx, user, Fixed("write_directly"), f"directly:{_minute(tx, user, spoken)}", where=spoken.reply_there
        )
        return
    if who is None:
        outbox.tell(tx, user, STRANGER, f"stranger:{_minute(tx, user, spoken)}")
    elif not who.is_person:
        outbox.tell(tx, user, replies.YOU_ARE_STAFF, f"staff:{_minute(tx, user, spoken)}")
    elif _understood(tx, who, spoken, meant, None):
        return
    outbox.tell(tx, user, Fixed("see_direct"), there, where=spoken.reply_there)


def _digits(tx: Transaction, user: SlackUser, spoken: _Message, direct: bool) -> None:
    """Digits and no word: they may be a PIN, so nothing is kept of them, and whoever wrote them is told why."""
    key = f"no_pins:{_minute(tx, user, spoken)}"
    outbox.tell(tx, user, Fixed("no_pins"), key, where=spoken.reply_there if direct else None)
    if not direct:
        outbox.tell(tx, user, Fixed("see_direct"), f"aloud:{_minute(tx, user, spoken)}", where=spoken.reply_there)


def _aloud(tx: Transaction, user: SlackUser, spoken: _Message, meant: intents.Read) -> None:
    """A code that others could read is no longer valid (overheard.py). Whoever says one as if to us is told so, right or wrong."""
    key = "code_aloud" if meant.value else "link_how"
    outbox.tell(tx, user, Fixed(key), f"{key}:{_minute(tx, user, spoken)}")
    there = f"aloud:{_minute(tx, user, spoken)}"
    outbox.tell(tx, user, Fixed("see_direct"), there, where=spoken.reply_there)


def _minute(tx: Transaction, user: SlackUser, spoken: _Message) -> str:
    """For a key: this member, here, in this minute. Nobody has us talk to themselves more often than that."""
    return f"{user.team}:{user.user}:{spoken.channel}:{tx.now // MINUTE}"


def _understood(
    tx: Transaction, who: Who, spoken: _Message, meant: intents.Read, where: Mapping[str, str] | None
) -> bool:
    """Opens a ticket where that is plainly meant and there is one thing it can be about; otherwise answers or asks.
    Whether a ticket was opened."""
    if meant.intent == "ticket":
        outbox.tell(tx, who.user, replies.OneTicket(numbers.parse_int(meant.value) or 0), spoken.key, where=where)
        return False
    if who.is_person and meant.intent in ("problem", "unsure", "change"):
        problem = meant.intent == "problem"
        found, awaited = ticket_lists.to_open(tx, who) if problem else (choices.possible(tx, who), True)
        if problem and len(found) == 1 and not awaited:
            opened = ticket_opening.open_ticket(
                tx,
                who,
                (found[0].account, found[0].kind),
                spoken.words,
                origin=spoken.origin,
                source=spoken.source,
                files=spoken.files,
            )
            if isinstance(opened, Refused):
                outbox.tell(tx, who.user, OPEN, spoken.key, where=where)  # the right went in this very moment
            return not isinstance(opened, Refused)
        if not found and meant.intent != "unsure":
            outbox.tell(tx, who.user, replies.Why(meant.value) if meant.value else OPEN, spoken.key, where=where)
            return False
        what = replies.Unclear("which" if problem else meant.intent)
        edits.keep(tx, who.subject, spoken.source, spoken.words)
        outbox.tell(tx, who.user, what, spoken.key, where=where, origin=spoken.kept(tx, who.user))
        return False
    outbox.tell(tx, who.user, _asks(meant), spoken.key, where=where)
    return False


def _asks(meant: intents.Read) -> Reply:
    """Which answer somebody asks for by what they say."""
    return replies.from_value(meant.intent) or replies.HELP


def _stranger(tx: Transaction, user: SlackUser, spoken: _Message) -> None:
    """Always the same words."""
    outbox.tell(tx, user, STRANGER, f"stranger:{_minute(tx, user, spoken)}", where=spoken.reply_there)


def home_opened(context: SlackContext, body: Event[Came]) -> None:
    event, via = body.event, context.via(body)
    user = of_event(body, via.team) if via is not None else None
    if user is None:
        return
    with context.store.transaction("slack") as tx:
        if call_state.first_delivery(tx, f"slack:ev:{body.event_id}"):
            opened = body.event_id if known(tx, user) else f"{user.team}:{user.user}:{tx.now // MINUTE}"
            if event.tab == "messages":
                outbox.prompts(tx, user, f"prompts:{opened}")
            else:
                outbox.home(tx, user, 0, f"home:{opened}")


def joined(context: SlackContext, body: Event[Came]) -> None:
    """The app came into a channel: it says once what it is good for, and pins that."""
    event, via = body.event, context.via(body)
    if via is None or event.user != via.bot_user or event.channel == context.agent_channel:
        return
    channel = event.channel
    with context.store.transaction("slack") as tx:
        outbox.once(tx, "slack.welcome", f"{via.team}:{channel}", f"welcome:{channel}", via=via.team, channel=channel)


def user_changed(context: SlackContext, body: Event[Changed]) -> None:
    """Somebody deactivated stands for nobody any more."""
    gone, via = body.event.user, context.via(body)
    if not gone.deleted or via is None:
        return
    with context.store.transaction("slack") as tx:
        if call_state.first_delivery(tx, f"slack:ev:{body.event_id}"):
            linking.unlink(tx, gone.team_id, gone.id, by=WORKER)


def channel_moved(context: SlackContext, body: Event[ChannelMoved]) -> None:
    event, via = body.event, context.via(body)
    if via is not None:
        with context.store.transaction("slack") as tx:
            ticket_threads.channel_moved(tx, via.team, event.old_channel_id, event.new_channel_id)


def removed(context: SlackContext, body: Event[Any]) -> None:
    """Uninstalled, or its token revoked: what we had of that installation is forgotten, unless it was installed anew."""
    event, found = body.event, context.named(body)
    if found is None or (isinstance(event, Revoked) and not event.tokens.get("bot")):
        return
    with context.store.transaction("slack") as tx:
        installations.end(tx, found.team, ((body.event_time or 0) + 1) * 1000)
    context.look(anew=True)


EVENTS: Final[dict[str, Callable[[SlackContext, Any], None]]] = {
    "message": message,
    "app_mention": message,
    "app_home_opened": home_opened,
    "member_joined_channel": joined,
    "user_change": user_changed,
    "channel_id_changed": channel_moved,
    "file_deleted": message_edits.file_deleted,
    "tokens_revoked": removed,
    "app_uninstalled": removed,
}
