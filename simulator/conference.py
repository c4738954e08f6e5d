"""The room two legs meet in: who is there, when it starts, and whose leaving ends it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from simulator.twiml import Verb

Member = TypeVar("Member")  # a leg: of it no more is asked here than which one it is


@dataclass
class Conference(Generic[Member]):
    """One named conference. The exchange's lock guards it; nothing here talks to the desk."""

    name: str
    sid: str = field(default_factory=lambda: "CF" + secrets.token_hex(16))
    started: bool = False
    members: dict[Member, Verb] = field(default_factory=dict)
    callback: tuple[str, frozenset[str]] = ("", frozenset())
    sequence: int = 0

    def join(self, leg: Member, noun: Verb) -> list[str]:
        """Let a leg in; returns the conference events that follow, in order."""
        self.members[leg] = noun
        events = []
        if noun.yes("startConferenceOnEnter", True) and not self.started:
            self.started = True
            events.append("start")
        return [*events, "join"]

    def leave(self, leg: Member) -> tuple[list[str], list[Member]]:
        """Let a leg out; returns the events that follow and the legs for which the conference is now over."""
        noun = self.members.pop(leg)
        if self.members and not noun.yes("endConferenceOnExit"):
            return ["leave"], []
        others = list(self.members)
        self.members.clear()
        return ["leave", "end"], others
