"""What becomes of a ticket, brought to everybody who follows it: to the desk's card and thread, to the customer's direct
messages, and, without anything confidential, to the channel where it began. In each place in its order.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from authz import Grant
from bot.outbound import ticket_texts
from bot.outbound.posting import GONE, Posting
from bot.platform.context import Door
from bot.platform.web_api import OPERATORS, SlackSaid
from bot.views import blocks as b
from bot.views import customer_messages
from bot.views.blocks import Message, digest
from desk.actors import permit_worker
from store import Transaction
from store.accounts.people import subject_of
from store.jobs import job_queue
from store.jobs.job_queue import Later, Never, Work
from store.messages import attachments, shown, timeline
from store.messages.timeline import Said
from store.slack import ticket_threads
from store.slack.ticket_threads import Place, Post
from store.tickets import answer_delivery
from store.tickets import ticket_summary as facts
from store.tickets.answer_delivery import Delivery
from store.verification import slack_members


def news(posting: Posting, piece: Work) -> None:
    """Something about a ticket changed: what each place is owed, each thing once and in its order."""
    door, number = posting.door, int(piece.payload["ticket"])
    home = door.home
    if home is None:
        raise Later("Slack has not told us who we are yet", 15)
    with door.store.transaction("worker") as tx:
        grant = permit_worker(tx)
        about = timeline.about(tx, number)
        if about is None:
            return
        _places_for(door, tx, grant, number, about.status, home.team)
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
            answer_delivery.left_over(tx, grant, number, phone=door.phone)


def _places_for(door: Door, tx: Transaction, grant: Grant, number: int, status: str, home: str) -> None:
    """The desk's own place, and the direct messages of whoever opened it, if they are in Slack."""
    there = ticket_threads.of_ticket(tx, number)
    if (
        door.agent_channel
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


def head(posting: Posting, piece: Work) -> None:
    """The first message of a place: posted, or brought to what is so now."""
    _head(posting, _place(posting.door, piece), piece)


def _head(posting: Posting, place: Place, piece: Work) -> None:
    door, key = posting.door, f"head:{place.id}"
    link = _link(posting, place) if place.side == ticket_threads.ORIGIN else ""
    with door.store.transaction("slack") as tx:
        stands = ticket_threads.posted(tx, key)
        if stands is not None and place.side == ticket_threads.CUSTOMER and not _is_theirs(tx, place):
            # What stood there is not for whoever they are now.
            message: Message | None = customer_messages.fixed(door.phrases, "stranger")
        else:
            _still_theirs(tx, place)
            message = ticket_texts.HEADS[place.side](door, tx, place)
    if message is None:
        return
    if link:
        message = b.message(list(message.blocks), b.section(f"<{link}|{door.phrases.say('button.follow')}>"))
    version = message.version
    if stands is not None:
        if stands.version != version:
            posting.change(stands, message)
            posting.keep(key, replace(stands, version=version))
        return
    channel = place.channel or _channel(posting, place)
    post = _posted(posting, key, place, channel, message, piece, version)
    with door.store.transaction("slack") as tx:
        if place.thread is None:
            ticket_threads.stands(tx, place, post.channel, post.ts)
        if place.side == ticket_threads.CUSTOMER:  # now there is something that the channel where it began can link to
            for other in ticket_threads.of_ticket(tx, place.ticket):
                if other.side == ticket_threads.ORIGIN:
                    first = {"place": other.id, "ticket": place.ticket}
                    job_queue.enqueue_once(tx, "slack.head", f"{other.id}:linked", first, lane=f"place:{other.id}")


def _link(posting: Posting, place: Place) -> str:
    """Leads whoever opened the ticket to it, and nobody else anywhere. Empty while it does not stand, or Slack says none."""
    with posting.door.store.transaction("slack") as tx:
        theirs = (one for one in ticket_threads.of_ticket(tx, place.ticket) if one.side == ticket_threads.CUSTOMER)
        found = next(
            (posted for one in theirs if (posted := ticket_threads.posted(tx, f"head:{one.id}")) is not None), None
        )
    if found is None:
        return ""
    with suppress(Later, Never):
        said = posting.api.call(found.team, "chat.getPermalink", channel=found.channel, message_ts=found.ts)
        link = str(said.get("permalink") or "")
        return link if link.startswith(("https://", "http://")) and not set(link) & set("<>|") else ""
    return ""


def say(posting: Posting, piece: Work) -> None:
    """One thing that was said, in one place; if it stands there, it was changed since."""
    door, place = posting.door, _standing(posting, piece)
    key, version = f"say:{place.id}:{piece.payload['message']}", str(piece.payload["version"])
    with door.store.transaction("slack") as tx:
        _still_theirs(tx, place)
        message = ticket_texts.SAYS[place.side](door, tx, place, int(piece.payload["message"]))
        stands = ticket_threads.posted(tx, key)
    id = int(piece.payload["message"])
    if message is None:
        if place.side == ticket_threads.CUSTOMER:
            with door.store.transaction("worker") as tx:
                answer_delivery.unreadable(tx, permit_worker(tx), place.ticket, id, phone=door.phone)
        return
    if stands is None:
        _posted(posting, key, place, place.channel or "", message, piece, version)
    elif stands.version != version:
        posting.change(stands, message)
        posting.keep(key, replace(stands, version=version))
    if place.side == ticket_threads.CUSTOMER:
        with door.store.transaction("worker") as tx:
            answer_delivery.settle(tx, id, "delivered")


def send_file(posting: Posting, piece: Work) -> None:
    """A file, in one place. Its id is kept before it is posted: whoever tries again asks by it whether it was."""
    door, place = posting.door, _standing(posting, piece)
    key, channel = f"file:{place.id}:{piece.payload['file']}", place.channel or ""
    with door.store.transaction("slack") as tx:
        _still_theirs(tx, place)
        allowed = (
            place.side == ticket_threads.DESK
            or ticket_texts.as_customer(tx, place, int(piece.payload["message"])) is not None
        )
        found = attachments.content(tx, permit_worker(tx), int(piece.payload["file"])) if allowed else None
        posted, begun = ticket_threads.posted(tx, key), ticket_threads.posted(tx, f"{key}:begun:{piece.attempts - 1}")
    if found is None or posted is not None or (begun is not None and _is_shared(posting, begun, channel)):
        return
    sent = posting.api.upload(
        place.team,
        channel,
        place.thread,
        found.name,
        found.content,
        before=lambda file: posting.keep(f"{key}:begun:{piece.attempts}", Post(place.team, channel, file)),
    )
    posting.keep(key, Post(place.team, channel, sent))


def _is_shared(posting: Posting, begun: Post, channel: str) -> bool:
    try:
        about = posting.api.call(begun.team, "files.info", file=begun.ts)["file"]
    except SlackSaid:
        return False
    return any(channel in (about.get(where) or ()) for where in ("channels", "groups", "ims"))


def _place(door: Door, piece: Work) -> Place:
    with door.store.transaction("worker") as tx:
        place = ticket_threads.find(tx, int(piece.payload["place"]))
    if place is None:
        raise Never("its place is gone")
    return place


def _standing(posting: Posting, piece: Work) -> Place:
    """The place of a piece of work, with its first message in it."""
    place = _place(posting.door, piece)
    if place.thread is None:
        _head(posting, place, piece)
        place = _place(posting.door, piece)
    if place.thread is None:
        raise Never("nothing of the ticket may stand there")
    return place


def _still_theirs(tx: Transaction, place: Place) -> None:
    """Direct messages are somebody's as long as that member stands for them: else nothing more is said there."""
    if place.side == ticket_threads.CUSTOMER and not _is_theirs(tx, place):
        raise Never("the member these direct messages are with does not stand for them any more")


def _is_theirs(tx: Transaction, place: Place) -> bool:
    found = slack_members.find(tx, *place.member) if place.member is not None else None
    return place.member is None or (found is not None and found.subject == subject_of(place.person or 0))


def _channel(posting: Posting, place: Place) -> str:
    if place.side == ticket_threads.DESK:
        return posting.door.agent_channel
    if place.member is None:
        raise Never("they are not in Slack")
    return posting.direct(*place.member, place.team)


def _posted(
    posting: Posting, key: str, place: Place, channel: str, message: Message, piece: Work, version: str = ""
) -> Post:
    try:
        return posting.post(key, place.team, channel, message, piece, thread=place.thread, version=version)
    except SlackSaid as said:
        if place.side == ticket_threads.DESK and said.error in GONE:
            raise Later(f"SLACK_AGENT_CHANNEL: Slack answers {said.error}: invite the app into it", OPERATORS) from said
        if place.side == ticket_threads.ORIGIN and said.error in GONE:
            raise Never("the app is not in the channel where it began") from said
        raise
