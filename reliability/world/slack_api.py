"""Slack's Web API, played: who we are, messages posted, changed and found again, direct messages, forms, files.

In the journal the method is `what` and the message's ts the id; facts are `channel`, `thread`, `user`, `key` (of the message's metadata, by which a desk
finds it again) and `words`, all that is to be read in it. What was posted is kept by channel and thread, for whoever looks.
"""

from __future__ import annotations

import itertools
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from reliability.journal import Journal
from reliability.world.answering import JSON, Answer, answered
from reliability.world.orders import Orders

TEAM, BOT, BOT_ID = "T0DESK", "U0DESKGATE", "B0DESKGATE"
LONGEST: Final = 1_500  # characters of the words in the journal, whose lines are shorter than a page
Message = dict[str, Any]


class SlackApi:
    def __init__(self, journal: Journal, orders: Orders) -> None:
        self._journal, self._orders = journal, orders
        self._count = itertools.count(int(time.time()) * 1_000_000)
        self._last = 0  # stamp, in µs
        self._there: dict[tuple[str, str], list[Message]] = defaultdict(list)  # (channel, thread or nothing)

    async def answer(self, request: Request) -> Response:
        body, method = await request.body(), request.path_params["method"]
        if "json" in request.headers.get("content-type", ""):
            args = json.loads(body)
        else:
            args = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)) | dict(request.query_params)
        facts = {
            "channel": args.get("channel") or args.get("channel_id"),
            "thread": args.get("thread_ts"),
            "user": args.get("user") or args.get("user_id") or args.get("users"),
            "of": args.get("ts") or args.get("timestamp") or args.get("file"),
            "key": ((_read(args.get("metadata")) or {}).get("event_payload") or {}).get("key"),
            "words": " ".join(dict.fromkeys(words([args.get("text"), *map(_read, _parts(args))])))[:LONGEST],
        }
        known = {name: str(value) for name, value in facts.items() if value}
        base = str(request.base_url)
        return await answered(
            self._journal, self._orders, "slack", method, known, lambda: self._done(method, args, base)
        )

    def forget(self) -> None:
        """All that stands anywhere."""
        self._there.clear()

    async def uploaded(self, request: Request) -> Response:
        size = len(await request.body())
        done = request.path_params["file"], (200, b"OK", "text/plain")
        return await answered(self._journal, self._orders, "slack", "upload", {"size": size}, lambda: done)

    def _done(self, method: str, args: dict[str, Any], base: str) -> tuple[str, Answer]:
        id, said = self._said(method, args, base)
        return id, (200, json.dumps({"ok": True, **said}).encode(), JSON)

    def _said(self, method: str, args: dict[str, Any], base: str) -> tuple[str, dict[str, Any]]:
        channel, thread = str(args.get("channel") or ""), str(args.get("thread_ts") or "")
        if method == "auth.test":
            return "", {"team_id": TEAM, "team": "Deskgate Hosting", "user_id": BOT, "bot_id": BOT_ID}
        if method == "conversations.open":
            user = str(args.get("users", "")).partition(",")[0]
            return f"D{user[1:]}", {"channel": {"id": f"D{user[1:]}"}}
        if method == "chat.postMessage":
            ts = self._ts()
            message = {"ts": ts, "user": BOT, "bot_id": BOT_ID, "text": args.get("text", "")}
            message |= {"metadata": _read(args.get("metadata"))} | ({"thread_ts": thread} if thread else {})
            self._there[channel, thread].append(message)
            return ts, {"channel": channel, "ts": ts, "message": message}
        if method in ("conversations.replies", "conversations.history"):
            oldest = float(args.get("oldest") or 0)
            there = self._there[channel, str(args.get("ts") or "") if method.endswith("replies") else ""]
            return "", {"messages": [one for one in there if float(one["ts"]) >= oldest], "has_more": False}
        if method == "files.getUploadURLExternal":
            file = f"F{next(self._count)}"
            return file, {"upload_url": f"{base}upload/{file}", "file_id": file}
        if method == "conversations.info":
            return "", {"channel": {"id": channel, "is_member": True, "is_private": True}}
        if method == "files.info":
            return "", {"file": {"id": args.get("file"), "shares": {}}}
        if method == "chat.getPermalink":
            return "", {"permalink": f"https://desk.slack.com/archives/{channel}/p{args.get('message_ts', '')}"}
        if method.startswith("views."):
            return "", {"view": {"id": f"V{next(self._count)}", "hash": "1"}}
        ts = str(args.get("ts") or self._ts())
        return ts, {"channel": channel, "ts": ts, "message_ts": ts}

    def _ts(self) -> str:
        """Of this moment, and never the same twice: a desk looks for what it posted since a time."""
        at = self._last = max(self._last + 1, time.time_ns() // 1_000)
        return f"{at // 1_000_000}.{at % 1_000_000:06d}"


def _parts(args: dict[str, Any]) -> Iterator[Any]:
    yield from (args.get(name) for name in ("blocks", "attachments", "view") if args.get(name))


def _read(given: Any) -> Any:
    """JSON inside of a form, or what has been read already."""
    return json.loads(given) if isinstance(given, str) and given[:1] in "[{" else given


def words(given: Any) -> Iterator[str]:
    """All that is to be read, wherever it stands."""
    if isinstance(given, str):
        yield given
    elif isinstance(given, list):
        for one in given:
            yield from words(one)
    elif isinstance(given, dict):
        for name, one in given.items():
            if name in ("text", "title") or isinstance(one, dict | list):
                yield from words(one)
