"""What becomes of a ticket, brought to everybody who follows it: to the desk's card and thread, to the customer's direct
messages, and, without anything confidential, to the channel where it began. In each thread in its order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from authz import Grant
from bot.outbound import ticket_texts
from bot.outbound.posting import GONE, Posting, keep
from bot.platform.context import SlackContext
from bot.platform.web_api import OPERATORS, SlackError
from bot.views import blocks as b
from bot.views import customer_messages
from bot.views.blocks import Message, digest
from desk.actors import permit_worker
from store import Transaction
from store.jobs import job_queue
from store.jobs.job_queue import Job, PermanentError, RetryLaterError
from store.messages import attachments, timeline, visible_messages
from store.messages.timeline import Said
from store.slack import ticket_threads
from store.slack.ticket_threads import Post, TicketThread
from store.tickets import answer_delivery
from store.tickets import ticket_summary as facts
from store.tickets.answer_delivery import Delivery
from store.verification import slack_members


def news(posting: Posting, tx: Transaction, job: Job) -> None:
    """Something about a ticket changed: what each thread still needs, each thing once and in its order."""
    context, number = posting.context, int(job.payload["ticket"])
    home = context.home
    if home is None:
        raise RetryLaterError("Slack has not told us who we are yet", 15)
    grant = permit_worker(tx)
    about = timeline.about(tx, number)
    if about is None:
        return
    threads = _open_threads(context, tx, grant, number, about.status, home.team)
    said, theirs = visible_messages.said(tx, grant, number), False
    became = answer_delivery.of_ticket(tx, grant, number) if said[1:] else {}  # the first words are no answer
    shown = [thread for thread in threads if _is_shown(thread, about.status)]
    heads = [(f"{one.id}:{job.key}", {"thread": one.id, "ticket": number}, f"thread:{one.id}") for one in shown]
    job_queue.enqueue_each_once(tx, "slack.first_message", heads)
    for thread in shown:
        if thread.side == ticket_threads.CUSTOMER:
            if not thread.theirs:
                continue
            theirs = True
        ordering_key, first = f"thread:{thread.id}", {"thread": thread.id, "ticket": number}
        stand = ticket_threads.versions(tx, thread) if said[1:] else {}
        for one in said[1:]:
            version, state = _version(thread, one, became.get(one.id)), became.get(one.id)
            if _is_owed(thread, one, state) and stand.get(f"say:{thread.id}:{one.id}") != version:
                owed = {**first, "message": one.id, "version": version}
                job_queue.enqueue_once(
                    tx, "slack.message", f"{thread.id}:{one.id}:{job.key}", owed, ordering_key=ordering_key
                )
        for one in said:
            for file in one.files if _gets_files(thread, one) else ():
                if file.fetched:
                    sent = {**first, "file": file.id, "message": one.id}
                    job_queue.enqueue_once(
                        tx, "slack.send_file", f"{thread.id}:{file.id}", sent, ordering_key=ordering_key
                    )
    if not theirs:
        answer_delivery.left_over(tx, grant, number, phone=context.phone)


def _is_shown(thread: TicketThread, status: str) -> bool:
    """Whether anything of a ticket with this status is to stand there, or has to be taken away from there."""
    if thread.side == ticket_threads.DESK:
        return status not in timeline.NOT_THE_DESKS
    return thread.side != ticket_threads.CUSTOMER or thread.theirs or thread.head is not None


def _open_threads(
    context: SlackContext, tx: Transaction, grant: Grant, number: int, status: str, home: str
) -> list[TicketThread]:
    """All there are: the desk's own, and the direct messages of whoever opened it, if they are in Slack, are begun where they are not there."""
    there, new = ticket_threads.of_ticket(tx, number), False
    if (
        context.agent_channel
        and status not in timeline.NOT_THE_DESKS
        and not any(thread.side == ticket_threads.DESK for thread in there)
    ):
        ticket_threads.add(tx, number, ticket_threads.DESK, home, at_once=True)
        new = True
    requester = facts.requester_of(tx, grant, number)
    if requester is not None and not any(one.side == ticket_threads.CUSTOMER and one.theirs for one in there):
        member = next(iter(slack_members.of_person(tx, requester)), None)
        if member is not None:
            them = (member.team, member.user)
            via = member.via or home
            ticket_threads.add(tx, number, ticket_threads.CUSTOMER, via, person=requester, member=them, at_once=True)
            new = True
    return ticket_threads.of_ticket(tx, number) if new else there


def _version(thread: TicketThread, said: Said, became: Delivery | None) -> str:
    """Of what it shows: its words, or what became of its sound, whether they were taken back, and its files; to the desk also what became of an answer."""
    shown = (
        said.body or said.recording,
        said.withdrawn,
        [(file.name, file.lost, file.removed_at) for file in said.files],
    )
    return digest(repr((*shown, became.state, became.why) if thread.side == ticket_threads.DESK and became else shown))


def _is_owed(thread: TicketThread, said: Said, became: Delivery | None) -> bool:
    """What a thread does not have already: not what was written there. The first words of a ticket stand in its head."""
    if thread.side == ticket_threads.ORIGIN:  # it says to look into direct messages: once the answer stands there
        return became is not None and became.state == "delivered"
    if became is not None and became.state == "refused" and became.thread == thread.id:
        return False  # Slack refused it for good; `deskgate jobs retry` tries again
    if ticket_texts.came_from(thread, said) or said.event in ("taken", "waiting"):
        return False
    return thread.side == ticket_threads.DESK or not said.internal


def _gets_files(thread: TicketThread, said: Said) -> bool:
    allowed = thread.side == ticket_threads.DESK or (thread.side == ticket_threads.CUSTOMER and not said.internal)
    return allowed and not said.withdrawn and not ticket_texts.came_from(thread, said)


# --- doing it


@dataclass(frozen=True, slots=True)
class _Head:
    """The first message of a thread as it has to be, and where it stands; `linked`: where what it leads to stands."""

    message: Message
    stands: Post | None
    linked: Post | None


def head(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """The first message of a thread: posted, or brought to what is so now."""
    thread = _thread(tx, job)
    found = _head(posting.context, tx, thread)
    if found is None:
        return
    yield
    _bring_head(posting, thread, found, job)


def _head(context: SlackContext, tx: Transaction, thread: TicketThread) -> _Head | None:
    stands = thread.head
    if stands is not None and thread.side == ticket_threads.CUSTOMER and not thread.theirs:
        # What stood there is not for whoever they are now.
        return _Head(customer_messages.fixed(context.phrases, "stranger"), stands, None)
    _still_theirs(thread)
    message = ticket_texts.HEADS[thread.side](context, tx, thread)
    linked = _customers(tx, thread) if thread.side == ticket_threads.ORIGIN else None
    return None if message is None else _Head(message, stands, linked)


def _bring_head(posting: Posting, thread: TicketThread, found: _Head, job: Job) -> TicketThread:
    """The thread, with its first message in it."""
    key, message = f"head:{thread.id}", found.message
    if link := _link(posting, found.linked):
        message = b.message(list(message.blocks), b.section(f"<{link}|{posting.context.phrases.say('button.follow')}>"))
    if (post := found.stands) is not None:
        posting.rewrite(key, post, message, message.version, job)
    else:
        channel = thread.channel or _channel(posting, thread)
        post = _posted(posting, key, thread, channel, message, job, message.version)
        job.then.append(lambda tx: _head_stands(tx, thread, post))
    return thread if thread.ts is not None else replace(thread, channel=post.channel, ts=post.ts)


def _head_stands(tx: Transaction, thread: TicketThread, post: Post) -> None:
    if thread.ts is None:
        ticket_threads.stands(tx, thread, post.channel, post.ts)
    if thread.side == ticket_threads.CUSTOMER:  # now there is something that the channel where it began can link to
        for other in ticket_threads.of_ticket(tx, thread.ticket):
            if other.side == ticket_threads.ORIGIN:
                first = {"thread": other.id, "ticket": thread.ticket}
                job_queue.enqueue_once(
                    tx, "slack.first_message", f"{other.id}:linked", first, ordering_key=f"thread:{other.id}"
                )


def _customers(tx: Transaction, thread: TicketThread) -> Post | None:
    """Where the customer's own messages about the ticket begin."""
    theirs = (one for one in ticket_threads.of_ticket(tx, thread.ticket) if one.side == ticket_threads.CUSTOMER)
    return next((one.head for one in theirs if one.head is not None), None)


def _link(posting: Posting, found: Post | None) -> str:
    """Leads whoever opened the ticket to it, and nobody else anywhere. Empty while it does not stand, or Slack says none."""
    if found is None:
        return ""
    with suppress(RetryLaterError, PermanentError):
        said = posting.api.call(found.team, "chat.getPermalink", channel=found.channel, message_ts=found.ts)
        link = str(said.get("permalink") or "")
        return link if link.startswith(("https://", "http://")) and not set(link) & set("<>|") else ""
    return ""


def say(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """One thing that was said, in one thread; if it stands there, it was changed since."""
    context, id, version = posting.context, int(job.payload["message"]), str(job.payload["version"])
    thread, first = _standing(context, tx, job)
    key = f"say:{thread.id}:{id}"
    _still_theirs(thread)
    message = ticket_texts.SAYS[thread.side](context, tx, thread, id)
    stands = ticket_threads.posted(tx, key)
    yield
    if first is not None:
        thread = _bring_head(posting, thread, first, job)
    customers = thread.side == ticket_threads.CUSTOMER
    if message is None:
        if customers:
            number = thread.ticket
            job.then.append(
                lambda tx: answer_delivery.unreadable(tx, permit_worker(tx), number, id, phone=context.phone)
            )
        return
    if stands is None:
        _posted(posting, key, thread, thread.channel or "", message, job, version)
    else:
        posting.rewrite(key, stands, message, version, job)
    if customers:
        job.then.append(lambda tx: answer_delivery.settle(tx, id, "delivered"))


def send_file(posting: Posting, tx: Transaction, job: Job) -> Iterator[None]:
    """A file, in one thread. Its id is kept before it is posted: whoever tries again asks by it whether it was."""
    context = posting.context
    thread, first = _standing(context, tx, job)
    key = f"file:{thread.id}:{job.payload['file']}"
    _still_theirs(thread)
    allowed = (
        thread.side == ticket_threads.DESK
        or ticket_texts.as_customer(tx, thread, int(job.payload["message"])) is not None
    )
    found = attachments.content(tx, permit_worker(tx), int(job.payload["file"])) if allowed else None
    posted, begun = ticket_threads.posted(tx, key), ticket_threads.posted(tx, f"{key}:begun:{job.attempts - 1}")
    yield
    if first is not None:
        thread = _bring_head(posting, thread, first, job)
    channel = thread.channel or ""
    if found is None or posted is not None or (begun is not None and _is_shared(posting, begun, channel)):
        return

    def before(file: str) -> None:
        with context.store.transaction("slack") as tx:
            ticket_threads.keep_post(tx, f"{key}:begun:{job.attempts}", Post(thread.team, channel, file))

    sent = posting.api.upload(thread.team, channel, thread.ts, found.name, found.content, before=before)
    keep(job, key, Post(thread.team, channel, sent))


def _is_shared(posting: Posting, begun: Post, channel: str) -> bool:
    try:
        about = posting.api.call(begun.team, "files.info", file=begun.ts)["file"]
    except SlackError:
        return False
    return any(channel in (about.get(where) or ()) for where in ("channels", "groups", "ims"))


def _thread(tx: Transaction, job: Job) -> TicketThread:
    thread = ticket_threads.find(tx, int(job.payload["thread"]))
    if thread is None:
        raise PermanentError("its thread is gone")
    return thread


def _standing(context: SlackContext, tx: Transaction, job: Job) -> tuple[TicketThread, _Head | None]:
    """The thread of a job; and its first message, if that is to be brought there before anything else."""
    thread = _thread(tx, job)
    if thread.ts is not None:
        return thread, None
    first = _head(context, tx, thread)
    if first is None:
        raise PermanentError("nothing of the ticket may stand there")
    return thread, first


def _still_theirs(thread: TicketThread) -> None:
    """Direct messages are somebody's as long as that member stands for them: else nothing more is said there."""
    if thread.side == ticket_threads.CUSTOMER and not thread.theirs:
        raise PermanentError("the member these direct messages are with no longer stands for them")


def _channel(posting: Posting, thread: TicketThread) -> str:
    if thread.side == ticket_threads.DESK:
        return posting.context.agent_channel
    if thread.member is None:
        raise PermanentError("they are not in Slack")
    return posting.direct(*thread.member, thread.team)


def _posted(
    posting: Posting, key: str, thread: TicketThread, channel: str, message: Message, job: Job, version: str = ""
) -> Post:
    try:
        return posting.post_new(key, thread.team, channel, message, job, thread=thread.ts, version=version)
    except SlackError as said:
        if thread.side == ticket_threads.DESK and said.error in GONE:
            raise RetryLaterError(
                f"SLACK_AGENT_CHANNEL: Slack answers {said.error}: invite the app into it", OPERATORS
            ) from said
        if thread.side == ticket_threads.ORIGIN and said.error in GONE:
            raise PermanentError("the app is not in the channel where it began") from said
        raise
