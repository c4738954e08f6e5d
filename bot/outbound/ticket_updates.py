"""What becomes of a ticket, brought to everybody who follows it: to the desk's card and thread, to the customer's direct
messages, and, without anything confidential, to the channel where it began. In each place in its order.
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
from store.accounts.people import subject_of
from store.jobs import job_queue
from store.jobs.job_queue import Job, PermanentError, RetryLaterError
from store.messages import attachments, shown, timeline
from store.messages.timeline import Said
from store.slack import ticket_threads
from store.slack.ticket_threads import Place, Post
from store.tickets import answer_delivery
from store.tickets import ticket_summary as facts
from store.tickets.answer_delivery import Delivery
from store.verification import slack_members


def news(posting: Posting, tx: Transaction, piece: Job) -> None:
    """Something about a ticket changed: what each place is owed, each thing once and in its order."""
    context, number = posting.context, int(piece.payload["ticket"])
    home = context.home
    if home is None:
        raise RetryLaterError("Slack has not told us who we are yet", 15)
    grant = permit_worker(tx)
    about = timeline.about(tx, number)
    if about is None:
        return
    _places_for(context, tx, grant, number, about.status, home.team)
    said, theirs = shown.said(tx, grant, number), False
    became = answer_delivery.of_ticket(tx, grant, number)
    for place in ticket_threads.of_ticket(tx, number):
        if place.side == ticket_threads.DESK and about.status in timeline.NOT_THE_DESKS:
            continue
        lane = f"place:{place.id}"
        first = {"place": place.id, "ticket": number}
        if place.side == ticket_threads.CUSTOMER:
            if not _is_theirs(tx, place):
                if ticket_threads.posted(tx, f"head:{place.id}") is not None:
                    job_queue.enqueue_once(tx, "slack.head", f"{place.id}:{piece.key}", first, lane=lane)
                continue
            theirs = True
        job_queue.enqueue_once(tx, "slack.head", f"{place.id}:{piece.key}", first, lane=lane)
        stand = ticket_threads.versions(tx, place)
        for one in said[1:]:
            version, state = _version(place, one, became.get(one.id)), became.get(one.id)
            if _is_owed(place, one, state) and stand.get(f"say:{place.id}:{one.id}") != version:
                owed = {**first, "message": one.id, "version": version}
                job_queue.enqueue_once(tx, "slack.say", f"{place.id}:{one.id}:{piece.key}", owed, lane=lane)
        for one in said:
            for file in one.files if _gets_files(place, one) else ():
                if file.fetched:
                    sent = {**first, "file": file.id, "message": one.id}
                    job_queue.enqueue_once(tx, "slack.send_file", f"{place.id}:{file.id}", sent, lane=lane)
    if not theirs:
        answer_delivery.left_over(tx, grant, number, phone=context.phone)


def _places_for(context: SlackContext, tx: Transaction, grant: Grant, number: int, status: str, home: str) -> None:
    """The desk's own place, and the direct messages of whoever opened it, if they are in Slack."""
    there = ticket_threads.of_ticket(tx, number)
    if (
        context.agent_channel
        and status not in timeline.NOT_THE_DESKS
        and not any(place.side == ticket_threads.DESK for place in there)
    ):
        ticket_threads.add(tx, number, ticket_threads.DESK, home)
    requester = facts.requester_of(tx, grant, number)
    if requester is None or any(place.side == ticket_threads.CUSTOMER and _is_theirs(tx, place) for place in there):
        return
    member = next(iter(slack_members.of_person(tx, requester)), None)
    if member is not None:
        them = (member.team, member.user)
        ticket_threads.add(tx, number, ticket_threads.CUSTOMER, member.via or home, person=requester, member=them)


def _version(place: Place, said: Said, became: Delivery | None) -> str:
    """Of what it shows: its words, or what became of its sound, whether they were taken back, and its files; to the desk also what became of an answer."""
    shown = (said.body or said.recording, said.withdrawn, [(file.name, file.lost) for file in said.files])
    return digest(repr((*shown, became.state, became.why) if place.side == ticket_threads.DESK and became else shown))


def _is_owed(place: Place, said: Said, became: Delivery | None) -> bool:
    """What a place does not have already: not what was written there. The first words of a ticket stand in its head."""
    if place.side == ticket_threads.ORIGIN:  # it says to look into direct messages: once the answer stands there
        return became is not None and became.state == "delivered"
    if became is not None and became.state == "refused" and became.place == place.id:
        return False  # Slack refused it for good; `deskgate jobs retry` tries again
    if ticket_texts.came_from(place, said) or said.event in ("taken", "waiting"):
        return False
    return place.side == ticket_threads.DESK or not said.internal


def _gets_files(place: Place, said: Said) -> bool:
    allowed = place.side == ticket_threads.DESK or (place.side == ticket_threads.CUSTOMER and not said.internal)
    return allowed and not said.withdrawn and not ticket_texts.came_from(place, said)


# --- doing it


@dataclass(frozen=True, slots=True)
class _Head:
    """The first message of a place as it has to be, and where it stands; `linked`: where what it leads to stands."""

    message: Message
    stands: Post | None
    linked: Post | None


def head(posting: Posting, tx: Transaction, piece: Job) -> Iterator[None]:
    """The first message of a place: posted, or brought to what is so now."""
    place = _place(tx, piece)
    found = _head(posting.context, tx, place)
    if found is None:
        return
    yield
    _bring_head(posting, place, found, piece)


def _head(context: SlackContext, tx: Transaction, place: Place) -> _Head | None:
    stands = ticket_threads.posted(tx, f"head:{place.id}")
    if stands is not None and place.side == ticket_threads.CUSTOMER and not _is_theirs(tx, place):
        # What stood there is not for whoever they are now.
        return _Head(customer_messages.fixed(context.phrases, "stranger"), stands, None)
    _still_theirs(tx, place)
    message = ticket_texts.HEADS[place.side](context, tx, place)
    linked = _customers(tx, place) if place.side == ticket_threads.ORIGIN else None
    return None if message is None else _Head(message, stands, linked)


def _bring_head(posting: Posting, place: Place, found: _Head, piece: Job) -> Place:
    """The place, with its first message in it."""
    key, message = f"head:{place.id}", found.message
    if link := _link(posting, found.linked):
        message = b.message(list(message.blocks), b.section(f"<{link}|{posting.context.phrases.say('button.follow')}>"))
    if (post := found.stands) is not None:
        posting.rewrite(key, post, message, message.version, piece)
    else:
        channel = place.channel or _channel(posting, place)
        post = _posted(posting, key, place, channel, message, piece, message.version)
        piece.then.append(lambda tx: _first_stands(tx, place, post))
    return place if place.thread is not None else replace(place, channel=post.channel, thread=post.ts)


def _first_stands(tx: Transaction, place: Place, post: Post) -> None:
    if place.thread is None:
        ticket_threads.stands(tx, place, post.channel, post.ts)
    if place.side == ticket_threads.CUSTOMER:  # now there is something that the channel where it began can link to
        for other in ticket_threads.of_ticket(tx, place.ticket):
            if other.side == ticket_threads.ORIGIN:
                first = {"place": other.id, "ticket": place.ticket}
                job_queue.enqueue_once(tx, "slack.head", f"{other.id}:linked", first, lane=f"place:{other.id}")


def _customers(tx: Transaction, place: Place) -> Post | None:
    """Where the customer's own messages about the ticket begin."""
    theirs = (one for one in ticket_threads.of_ticket(tx, place.ticket) if one.side == ticket_threads.CUSTOMER)
    return next((posted for one in theirs if (posted := ticket_threads.posted(tx, f"head:{one.id}")) is not None), None)


def _link(posting: Posting, found: Post | None) -> str:
    """Leads whoever opened the ticket to it, and nobody else anywhere. Empty while it does not stand, or Slack says none."""
    if found is None:
        return ""
    with suppress(RetryLaterError, PermanentError):
        said = posting.api.call(found.team, "chat.getPermalink", channel=found.channel, message_ts=found.ts)
        link = str(said.get("permalink") or "")
        return link if link.startswith(("https://", "http://")) and not set(link) & set("<>|") else ""
    return ""


def say(posting: Posting, tx: Transaction, piece: Job) -> Iterator[None]:
    """One thing that was said, in one place; if it stands there, it was changed since."""
    context, id, version = posting.context, int(piece.payload["message"]), str(piece.payload["version"])
    place, first = _standing(context, tx, piece)
    key = f"say:{place.id}:{id}"
    _still_theirs(tx, place)
    message = ticket_texts.SAYS[place.side](context, tx, place, id)
    stands = ticket_threads.posted(tx, key)
    yield
    if first is not None:
        place = _bring_head(posting, place, first, piece)
    customers = place.side == ticket_threads.CUSTOMER
    if message is None:
        if customers:
            number = place.ticket
            piece.then.append(
                lambda tx: answer_delivery.unreadable(tx, permit_worker(tx), number, id, phone=context.phone)
            )
        return
    if stands is None:
        _posted(posting, key, place, place.channel or "", message, piece, version)
    else:
        posting.rewrite(key, stands, message, version, piece)
    if customers:
        piece.then.append(lambda tx: answer_delivery.settle(tx, id, "delivered"))


def send_file(posting: Posting, tx: Transaction, piece: Job) -> Iterator[None]:
    """A file, in one place. Its id is kept before it is posted: whoever tries again asks by it whether it was."""
    context = posting.context
    place, first = _standing(context, tx, piece)
    key = f"file:{place.id}:{piece.payload['file']}"
    _still_theirs(tx, place)
    allowed = (
        place.side == ticket_threads.DESK
        or ticket_texts.as_customer(tx, place, int(piece.payload["message"])) is not None
    )
    found = attachments.content(tx, permit_worker(tx), int(piece.payload["file"])) if allowed else None
    posted, begun = ticket_threads.posted(tx, key), ticket_threads.posted(tx, f"{key}:begun:{piece.attempts - 1}")
    yield
    if first is not None:
        place = _bring_head(posting, place, first, piece)
    channel = place.channel or ""
    if found is None or posted is not None or (begun is not None and _is_shared(posting, begun, channel)):
        return

    def before(file: str) -> None:
        with context.store.transaction("slack") as tx:
            ticket_threads.keep_post(tx, f"{key}:begun:{piece.attempts}", Post(place.team, channel, file))

    sent = posting.api.upload(place.team, channel, place.thread, found.name, found.content, before=before)
    keep(piece, key, Post(place.team, channel, sent))


def _is_shared(posting: Posting, begun: Post, channel: str) -> bool:
    try:
        about = posting.api.call(begun.team, "files.info", file=begun.ts)["file"]
    except SlackError:
        return False
    return any(channel in (about.get(where) or ()) for where in ("channels", "groups", "ims"))


def _place(tx: Transaction, piece: Job) -> Place:
    place = ticket_threads.find(tx, int(piece.payload["place"]))
    if place is None:
        raise PermanentError("its place is gone")
    return place


def _standing(context: SlackContext, tx: Transaction, piece: Job) -> tuple[Place, _Head | None]:
    """The place of a piece of work; and its first message, if that is to be brought there before anything else."""
    place = _place(tx, piece)
    if place.thread is not None:
        return place, None
    first = _head(context, tx, place)
    if first is None:
        raise PermanentError("nothing of the ticket may stand there")
    return place, first


def _still_theirs(tx: Transaction, place: Place) -> None:
    """Direct messages are somebody's as long as that member stands for them: else nothing more is said there."""
    if place.side == ticket_threads.CUSTOMER and not _is_theirs(tx, place):
        raise PermanentError("the member these direct messages are with does not stand for them any more")


def _is_theirs(tx: Transaction, place: Place) -> bool:
    found = slack_members.find(tx, *place.member) if place.member is not None else None
    return place.member is None or (found is not None and found.subject == subject_of(place.person or 0))


def _channel(posting: Posting, place: Place) -> str:
    if place.side == ticket_threads.DESK:
        return posting.context.agent_channel
    if place.member is None:
        raise PermanentError("they are not in Slack")
    return posting.direct(*place.member, place.team)


def _posted(
    posting: Posting, key: str, place: Place, channel: str, message: Message, piece: Job, version: str = ""
) -> Post:
    try:
        return posting.post_new(key, place.team, channel, message, piece, thread=place.thread, version=version)
    except SlackError as said:
        if place.side == ticket_threads.DESK and said.error in GONE:
            raise RetryLaterError(
                f"SLACK_AGENT_CHANNEL: Slack answers {said.error}: invite the app into it", OPERATORS
            ) from said
        if place.side == ticket_threads.ORIGIN and said.error in GONE:
            raise PermanentError("the app is not in the channel where it began") from said
        raise
