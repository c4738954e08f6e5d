"""Somebody changes or deletes what they have said in Slack: what we have of it becomes what it says now, or goes."""

from __future__ import annotations

from bot.outbound import outbox
from bot.platform.context import SlackContext
from bot.platform.identity import SlackUser, Who, known
from bot.platform.payloads import Event, FileDeleted, Said, Spoken
from bot.text.replies import Fixed
from desk import ticket_work, tickets
from store import Transaction
from store.messages import edits, timeline
from store.messages.timeline import About
from store.slack import ticket_threads
from store.slack.installations import Installation
from store.text import pin_redaction


def before_and_now(event: Spoken) -> tuple[Said, Said | None]:
    """What a message said, and what it says now: None where it is gone. One with a thread leaves a stone behind that is not its
    author's (`tombstone`); whose it was says the message before, which Slack leaves out now and then."""
    now, before = event.message, event.previous_message
    if event.subtype == "message_deleted" or now is None:
        return before or Said(ts=event.deleted_ts), None
    return before or now, None if now.subtype == "tombstone" else now


def changed(context: SlackContext, event: Spoken, user: SlackUser | None, via: Installation) -> None:
    """It may overtake the message itself. Slack says that its author did it, whoever they stand for by now and whatever they may, and also
    where it does not say who that is: the old words go in any case, and the new ones come instead where they may be added."""
    if event.subtype == "message_changed" and event.message is None:
        return
    before, now = before_and_now(event)
    said = now or before
    if said.bot_id:
        return  # no ticket has words of a program
    source, stamp = f"{event.channel}:{said.ts}", _stamp(event, now)
    thread = said.thread_ts if said.thread_ts != said.ts else ""
    mentioned = any(f"<@{via.bot_user}>" in one.text for one in (before, said))
    ours = event.channel_type == "im" or mentioned
    written = now.words(via.bot_user) if now is not None else None
    words = pin_redaction.left_out(written) if written is not None else None
    lost = _files_lost(before, now)
    same = before is not now and written == before.words(via.bot_user)  # Slack shows more of a link in it
    if same and not lost:
        return
    with context.store.transaction("slack") as tx:
        edits.lock(tx, source)
        if lost:
            edits.files_gone(tx, lost, source)
        if same:
            return
        about, whose = timeline.of_source(tx, source), edits.whose(tx, source)
        who = known(tx, user) if about is not None or whose is not None or ours or thread else None
        if words != written and user is not None and (about is not None or whose is not None):
            outbox.tell(tx, user, Fixed("pin_left_out"), f"pin:{source}:{stamp}")
        if about is not None:
            if words is None or not _edited(tx, who, about, source, words, stamp):
                edits.withdraw(tx, source)
        elif whose is not None:
            theirs = who is not None and who.subject == whose
            edits.early(tx, whose, source, words if theirs else None, stamp)
        elif who is not None and (
            ours or (thread and ticket_threads.at(tx, via.team, event.channel, thread) is not None)
        ):
            edits.early(tx, who.subject, source, words, stamp)


def file_deleted(context: SlackContext, body: Event[FileDeleted]) -> None:
    """Whoever deletes a file in Slack means all that has it."""
    if context.via(body) is not None:
        with context.store.transaction("slack") as tx:
            edits.files_gone(tx, [body.event.file_id])


def _files_lost(before: Said, now: Said | None) -> list[str]:
    """Files that were taken out of a message, or deleted, since it was sent; with the whole message they go anyway."""
    if now is None:
        return []
    there = {file.id for file in now.files if file.mode != "tombstone"}
    return [file.id for file in (*before.files, *now.files) if file.id not in there]


def _edited(tx: Transaction, who: Who | None, about: About, source: str, words: str, stamp: str) -> bool:
    """Whether what they say now is theirs to say on that ticket."""
    if who is None or about.account is None:
        return False
    if not who.is_person:
        return ticket_work.edit_note(tx, who, about.account, source, words, stamp)
    return tickets.edit(tx, who, about, source, words, stamp)


def _stamp(event: Spoken, now: Said | None) -> str:
    """When it was edited, or deleted: Slack's stamps of one length, which sort as they follow each other."""
    return ((now.edited.get("ts") if now is not None else "") or event.event_ts or event.ts)[:32]
