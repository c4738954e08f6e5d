"""Slack's side of what people do there, over real sockets: signed events and clicks, delivered once or until they are taken.

    slack = SlackPeople(Lines(host, port), journal)
    answer = await slack.says("U0MIA", "our site is down")                  # to the app, in direct messages
    answer = await slack.deliver(slack.mention("U0MIA", "C0HELP", "…"))     # in a channel: one of the two events Slack sends
    answer = await slack.clicks("U0MIA", "tell_services", "services")

As Slack does: three seconds for an answer. An event that was not taken comes again (`deliver(…, again=1)`, after `AGAIN` seconds); clicks and commands never do.
In the journal: `event`, `click`, `command`; the id is the event's own, or the trigger's; facts are `user`, `words`, `ms`, `again`.
"""

from __future__ import annotations

import hmac
import itertools
import json
import secrets
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from reliability.journal import Journal
from reliability.world.lines import Answer, Lines
from reliability.world.players import SIGNING
from reliability.world.slack_api import BOT, BOT_ID, TEAM

PATIENCE: Final = 3.0  # seconds
AGAIN: Final = (0.0, 60.0, 300.0)  # seconds after which an event comes again that was not taken
APP: Final = "A0DESKGATE"


class Asked(NamedTuple):
    """A request without what depends on the time."""

    what: str
    id: str
    body: bytes
    user: str
    words: str = ""
    content_type: str = "application/json"


class SlackPeople:
    """`now`: the desk's clock, by which Slack's stamps are young enough."""

    def __init__(
        self,
        lines: Lines,
        journal: Journal | None = None,
        signing: str = SIGNING,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.lines, self.journal, self._signing, self._now = lines, journal, signing, now
        self._count = itertools.count(time.time_ns() // 1_000)

    async def says(self, user: str, words: str) -> Answer:
        return await self.deliver(self.direct(user, words))

    async def clicks(self, user: str, action: str, value: str, *, ts: str = "") -> Answer:
        return await self.deliver(self.click(user, action, value, ts=ts))

    def direct(self, user: str, words: str) -> Asked:
        """Somebody writes to the app."""
        return self._event(user, f"D{user[1:]}", words, "message", "im")

    def mention(self, user: str, channel: str, words: str) -> Asked:
        return self._event(user, channel, f"<@{BOT}> {words}", "app_mention", "")

    def _event(self, user: str, channel: str, words: str, kind: str, room: str) -> Asked:
        ts, id = self.ts(), f"Ev{secrets.token_hex(6).upper()}"
        event: dict[str, Any] = {
            "type": kind,
            "user": user,
            "text": words,
            "ts": ts,
            "team": TEAM,
            "channel": channel,
            "event_ts": ts,
        }
        event |= {"client_msg_id": secrets.token_hex(16)} | ({"channel_type": room} if room else {})
        envelope = {
            "token": "played",
            "team_id": TEAM,
            "context_team_id": TEAM,
            "context_enterprise_id": None,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": id,
            "event_time": int(float(ts)),
            "authorizations": [
                {"enterprise_id": None, "team_id": TEAM, "user_id": BOT, "is_bot": True, "is_enterprise_install": False}
            ],
            "is_ext_shared_channel": False,
            "event_context": f"4-{id}",
        }
        return Asked("event", id, json.dumps(envelope).encode(), user, words)

    def click(self, user: str, action: str, value: str, *, ts: str = "", channel: str = "") -> Asked:
        """On a button of ours."""
        at, trigger, where = ts or self.ts(), f"{next(self._count)}.{secrets.token_hex(8)}", channel or f"D{user[1:]}"
        button: dict[str, Any] = {"type": "button", "action_id": action, "block_id": "b", "value": value}
        button |= {"text": {"type": "plain_text", "text": "x"}, "action_ts": self.ts()}
        payload: dict[str, Any] = {
            "type": "block_actions",
            "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": TEAM},
            "api_app_id": APP,
            "token": "played",
            "container": {"type": "message", "message_ts": at, "channel_id": where, "is_ephemeral": False},
            "trigger_id": trigger,
            "team": {"id": TEAM, "domain": "desk"},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": where, "name": "directmessage"},
            "message": {
                "type": "message",
                "user": BOT,
                "bot_id": BOT_ID,
                "ts": at,
                "text": "x",
                "team": TEAM,
                "blocks": [],
            },
            "state": {"values": {}},
            "response_url": "http://127.0.0.1:9/response",
            "actions": [button],
        }
        form = urlencode({"payload": json.dumps(payload)}).encode()
        return Asked("click", trigger, form, user, f"{action} {value}", "application/x-www-form-urlencoded")

    def command(self, user: str, command: str, words: str = "") -> Asked:
        trigger = f"{next(self._count)}.{secrets.token_hex(8)}"
        form = {
            "token": "played",
            "team_id": TEAM,
            "team_domain": "desk",
            "channel_id": f"D{user[1:]}",
            "channel_name": "directmessage",
            "user_id": user,
            "user_name": user.lower(),
            "command": command,
            "text": words,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": "http://127.0.0.1:9/response",
            "trigger_id": trigger,
        }
        return Asked(
            "command",
            trigger,
            urlencode(form).encode(),
            user,
            f"{command} {words}",
            "application/x-www-form-urlencoded",
        )

    async def deliver(self, asked: Asked, *, again: int = 0, patience: float = PATIENCE) -> Answer:
        """Once."""
        stamp = str(int(self._now()))
        digest = hmac.digest(self._signing.encode(), b"v0:" + stamp.encode() + b":" + asked.body, "sha256").hex()
        headers = {
            "Content-Type": asked.content_type,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={digest}",
        }
        if again:
            headers |= {"X-Slack-Retry-Num": str(again), "X-Slack-Retry-Reason": "http_timeout"}
        answer = await self.lines.post("/slack/events", asked.body, headers, patience)
        if self.journal is not None:
            facts = {"user": asked.user, "words": asked.words[:1_500], "ms": round(answer.took * 1000), "again": again}
            self.journal.write("slack", "asked", asked.what, asked.id, answer.status, **facts)
        return answer

    def ts(self) -> str:
        """As Slack stamps messages: never the same twice."""
        at = next(self._count)
        return f"{at // 1_000_000}.{at % 1_000_000:06d}"
