"""A room: a channel or somebody's direct messages with the app, with all that was said in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.slack.message import Json, Message

STATUS_LASTS = 120.0  # seconds until a status that nobody followed up goes away by itself (2.10)


@dataclass
class Status:
    """What the app says it is doing, in one thread."""

    text: str
    at: float
    loading: list[str] = field(default_factory=list)


@dataclass
class Room:
    """`teams` share it; `person` is whose direct messages these are, or empty for a channel."""

    id: str
    name: str
    teams: tuple[str, ...]
    members: list[str]
    private: bool = False
    archived: bool = False
    topic: str = ""
    person: str = ""
    created: int = 0
    messages: dict[str, Message] = field(default_factory=dict)
    ephemerals: list[Message] = field(default_factory=list)
    statuses: dict[str, Status] = field(default_factory=dict)
    prompts: Json | None = None
    titles: dict[str, str] = field(default_factory=dict)

    @property
    def is_shared(self) -> bool:
        """Do several organisations read here? Then everything said in it is said to all of them."""
        return len(self.teams) > 1

    @property
    def kind(self) -> str:
        """What events call it: `im`, `group` (private) or `channel`. A private one stays a group, though its id begins with C."""
        if self.person:
            return "im"
        return "group" if self.private else "channel"

    def replies(self, ts: str) -> list[Message]:
        return [message for message in self.messages.values() if message.thread_ts == ts and message.ts != ts]

    def said(self, message: Message) -> None:
        """Keep a message; a reply makes a thread of the message it answers."""
        self.messages[message.ts] = message
        root = self.messages.get(message.thread_ts)
        if root is not None and not root.thread_ts:
            root.thread_ts = root.ts

    def thread_of(self, message: Message) -> Json:
        """What Slack adds to the message that began a thread."""
        replies = self.replies(message.ts)
        if not replies:
            return {}
        users = list(dict.fromkeys(reply.user for reply in replies))
        return {
            "reply_count": len(replies),
            "reply_users_count": len(users),
            "reply_users": users[:5],
            "latest_reply": replies[-1].ts,
            "is_locked": False,
            "subscribed": False,
        }

    def shown(self, app_user: str, home: str) -> Json:
        """As conversations.info writes it for the app."""
        base: Json = {
            "id": self.id,
            "created": self.created,
            "is_archived": self.archived,
            "is_org_shared": False,
            "is_ext_shared": self.is_shared,
            "context_team_id": home,
            "updated": self.created * 1000,
        }
        if self.person:
            return base | {"is_im": True, "user": self.person, "is_open": True, "is_user_deleted": False}
        return base | {
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": True,
            "is_group": False,
            "is_im": False,
            "is_mpim": False,
            "is_private": self.private,
            "is_general": False,
            "is_member": app_user in self.members,
            "is_shared": self.is_shared,
            "is_pending_ext_shared": False,
            "pending_shared": [],
            "shared_team_ids": list(self.teams),
            "connected_team_ids": [team for team in self.teams if team != home],
            "conversation_host_id": self.teams[0] if self.teams else home,
            "creator": self.members[0] if self.members else "",
            "topic": {"value": self.topic, "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
        }
