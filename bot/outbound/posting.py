"""Posting: once by a key, changed afterwards where it stands. Between two transactions, never inside one: where it stands is written
down with the end of the job.

Slack has no way to say "only once": every post carries its key, and whoever tries again looks for
it first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.platform.context import SlackContext
from bot.platform.web_api import SlackError, WebApi
from bot.views.blocks import Message
from store import Transaction
from store.jobs.job_queue import Job, RetryLaterError, outside
from store.slack import ticket_threads
from store.slack.ticket_threads import Post
from store.verification import slack_members
from store.verification.slack_members import Member

EVENT_TYPE: Final = "deskgate"
CLOCKS: Final = 60  # seconds our clock and Slack's may differ
MOST_PAGES: Final = 20
GONE: Final = frozenset({"channel_not_found", "not_in_channel", "is_archived", "user_not_found", "users_not_found"})


@dataclass(frozen=True)
class Posting:
    context: SlackContext
    api: WebApi

    def post(
        self,
        key: str,
        team: str,
        channel: str,
        message: Message,
        job: Job,
        *,
        thread: str | None = None,
        version: str = "",
    ) -> Post:
        """Posts what has this key, unless it stands. Raises `RetryLaterError` and `PermanentError` as the Web API does."""
        with self.context.store.transaction("slack") as tx:
            stands = ticket_threads.posted(tx, key)
        if stands is not None:
            return stands
        return self.post_new(key, team, channel, message, job, thread=thread, version=version)

    def post_new(
        self,
        key: str,
        team: str,
        channel: str,
        message: Message,
        job: Job,
        *,
        thread: str | None = None,
        version: str = "",
    ) -> Post:
        """The same, where the job has read already that it does not stand. If it was tried before, it may stand and we not
        know."""
        ts = self._found(team, channel, thread, key, job.created_at) if job.attempts > 1 else None
        if ts is None:
            metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": key}}
            said = self.api.call(
                team, "chat.postMessage", channel=channel, thread_ts=thread, metadata=metadata, **message.sent()
            )
            channel, ts = str(said.get("channel") or channel), str(said["ts"])
        made = Post(team, channel, ts, version)
        keep(job, key, made)
        return made

    def post_to_member(self, key: str, member: Member, message: Message, job: Job) -> Post:
        """Posts what has this key in direct messages, unless it stands."""
        via = member.via or self.context.home_id
        return self.post(key, via, self.direct(member.team, member.user, via), message, job)

    def ask_person(
        self, tx: Transaction, key: str, person: int, message: Message, job: Job, *, waits: bool
    ) -> Iterator[None] | None:
        """A question to somebody, in direct messages, while it `waits` for an answer; afterwards the same message says what came of it.
        For a job to return: it posts after the transaction. None: nothing is to be posted."""
        member, stands = member_of(tx, person), ticket_threads.posted(tx, key)
        if member is None:
            return None
        if stands is not None:
            return outside(lambda: self.change(stands, message))
        return outside(lambda: self.post_to_member(key, member, message, job)) if waits else None

    def change(self, post: Post, message: Message) -> None:
        """Brings what stands there to what is so now. What is gone is left alone."""
        try:
            self.api.call(post.team, "chat.update", channel=post.channel, ts=post.ts, **message.sent())
        except SlackError as said:
            if said.error not in ("message_not_found", "cant_update_message", *GONE):
                raise

    def direct(self, team: str, user: str, via: str) -> str:
        """The channel of direct messages with a member."""
        with self.context.store.transaction("slack") as tx:
            member = slack_members.find(tx, team, user)
        if member is not None and member.dm is not None and member.via == via:
            return member.dm
        opened: dict[str, Any] = self.api.call(via, "conversations.open", users=user)["channel"]
        channel = str(opened["id"])
        if member is not None:
            with self.context.store.transaction("slack") as tx:
                slack_members.met(tx, member, via, channel)
        return channel

    def rewrite(self, key: str, stands: Post, message: Message, version: str, job: Job) -> None:
        """The same for what has a version, unless it is in that one."""
        if stands.version != version:
            self.change(stands, message)
            keep(job, key, replace(stands, version=version))

    def _found(self, team: str, channel: str, thread: str | None, key: str, since: int) -> str | None:
        """Where a post with this key stands already, among what was posted there since a time (ms)."""
        method = "conversations.replies" if thread else "conversations.history"
        oldest, cursor = f"{since // 1000 - CLOCKS}.000000", None
        for _ in range(MOST_PAGES):
            said = self.api.call(
                team,
                method,
                channel=channel,
                ts=thread,
                oldest=oldest,
                limit=200,
                include_all_metadata=True,
                cursor=cursor,
            )
            for message in said.get("messages", []):
                found = message.get("metadata") or {}
                if found.get("event_type") == EVENT_TYPE and (found.get("event_payload") or {}).get("key") == key:
                    return str(message["ts"])
            cursor = (said.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return None
        raise RetryLaterError("too much was written there since to find whether it was posted", 300)


def member_of(tx: Transaction, person: int) -> Member | None:
    """Where somebody is reached in Slack, of several places in one."""
    return next(iter(slack_members.of_person(tx, person)), None)


def keep(job: Job, key: str, post: Post) -> None:
    """Where something stands, written down when this try ends."""
    job.then.append(lambda tx: ticket_threads.keep_post(tx, key, post))
