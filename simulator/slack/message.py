"""A message and a file, and how Slack writes them in events and in responses."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
TOMBSTONE = "This message was deleted."


@dataclass
class File:
    """Something attached. Nobody gets `content` without a token, or on the page as somebody who sees the message."""

    id: str
    name: str
    content: bytes
    user: str
    team: str
    created: int
    title: str = ""
    channels: list[str] = field(default_factory=list)
    expected: int | None = None  # announced length of an upload that has not arrived

    @property
    def mimetype(self) -> str:
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    @property
    def preview(self) -> str:
        """The first of its words, when it has words."""
        start = self.content[:2000]
        if b"\0" in start or self.mimetype.startswith(("image/", "audio/", "video/")):
            return ""
        return start.decode("utf-8", "replace")

    def shown(self, public_url: str, *, abroad: bool = False) -> Json:
        """As in an event or in files.info. `abroad`: all that an event says of a file of another organisation (2.8)."""
        if abroad:
            return {
                "id": self.id,
                "created": 0,
                "timestamp": 0,
                "user": "",
                "mode": "file_access",
                "file_access": "check_file_info",
            }
        url = f"{public_url}/simulator/slack/files/{self.id}"
        text = bool(self.preview)
        return {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mimetype,
            "filetype": self.name.rpartition(".")[2].lower() if "." in self.name else "text",
            "pretty_type": "Plain Text" if text else "Binary",
            "user": self.user,
            "user_team": self.team,
            "editable": text,
            "size": len(self.content),
            "mode": "snippet" if text else "hosted",
            "is_external": False,
            "external_type": "",
            "is_public": False,
            "public_url_shared": False,
            "display_as_bot": False,
            "username": "",
            "file_access": "visible",
            "url_private": f"{url}/{self.name}",
            "url_private_download": f"{url}/download/{self.name}",
            "channels": list(self.channels),
        }


@dataclass
class Message:
    """One message, or one ephemeral when `only_to` says who sees it. `blocks` are the app's; people's are made of their text."""

    channel: str
    ts: str
    user: str
    team: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str = ""
    bot: Json | None = None
    client_msg_id: str = ""
    metadata: Json | None = None
    files: list[File] = field(default_factory=list)
    subtype: str = ""
    inviter: str = ""
    edited: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    pinned: bool = False
    broadcast: bool = False
    only_to: str = ""
    abroad: Json = field(default_factory=dict)  # user_team and the like, when the author's organisation is another

    @property
    def is_reply(self) -> bool:
        return bool(self.thread_ts) and self.thread_ts != self.ts

    def shown(self, public_url: str, *, metadata: bool = False, root: Message | None = None) -> Json:
        """As conversations.replies and events write it; `root` is the message that began the thread of a reply."""
        body: Json = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts, "team": self.team}
        if self.subtype:
            body["subtype"] = self.subtype
        if self.files:
            outside = bool(self.abroad)
            body["files"] = [file.shown(public_url, abroad=outside) for file in self.files]
            body |= {"upload": False, "display_as_bot": False}
        if self.client_msg_id:
            body["client_msg_id"] = self.client_msg_id
        if self.blocks:
            body["blocks"] = self.blocks
        if self.bot:
            body |= {"bot_id": self.bot["id"], "app_id": self.bot["app_id"], "bot_profile": self.bot}
        if self.thread_ts:
            body["thread_ts"] = self.thread_ts
            if self.is_reply and root is not None:
                body["parent_user_id"] = root.user
        if self.inviter:
            body["inviter"] = self.inviter
        if self.edited:
            body["edited"] = self.edited
        if self.reactions:
            body["reactions"] = [
                {"name": name, "users": users, "count": len(users)} for name, users in self.reactions.items()
            ]
        if self.pinned:
            body["pinned_to"] = [self.channel]
        if self.metadata and metadata:
            body["metadata"] = self.metadata
        return body | self.abroad
