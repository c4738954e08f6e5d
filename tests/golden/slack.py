"""Slack's part of a walk: what somebody does there, by what is written on it, and all that they then read."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from simulator.slack import Member, Message, View
from simulator.slack.elements import elements, inputs, options
from tests.bot.slack_desk import SlackDesk
from tests.golden.labels import NothingCalledError
from tests.golden.people import MEMBERS, PEOPLE
from tests.golden.slack_words import blocks, timed, view, words_of

Shown = dict[tuple[str, ...], list[str]]


class SlackDoor:
    def __init__(self, desk: SlackDesk) -> None:
        self.desk = desk
        self.own: dict[str, Message] = {}
        self._before: Shown = {}
        self._drawn: dict[int, tuple[list[Any], tuple[Any, ...], list[str]]] = {}
        list(self.news())

    def do(self, who: str, verb: str, rest: str) -> bool:
        user = PEOPLE[who].slack
        hand = self.desk.be(user) if user else None
        if hand is None:
            return False
        match verb:
            case "writes":
                words, _, thread = rest.partition(" >> ")  # >> words of the message that is answered
                self.own[who] = hand.dm(words, thread=self._message(user, thread) if thread else None)
            case "says":
                channel, _, words = rest.partition(" ")
                words, _, thread = words.partition(" >> ")
                self.own[who] = hand.says(channel, words, thread=self._message(user, thread) if thread else None)
            case "sends":
                name, _, words = rest.partition(": ")
                words, _, thread = words.partition(" >> ")
                there = self._message(user, thread) if thread else None
                self.own[who] = hand.dm(words, thread=there, files=[(name, b"a file of a walk")])
            case "edits":
                hand.edit(self.own[who], rest)
            case "deletes":
                hand.delete(self.own[who])
            case "types":
                words, _, channel = rest.partition(" in #")
                hand.command(*words.split(" ", 1), channel=channel)  # type: ignore[misc]
            case "clicks":
                self._click(user, rest)
            case "submits":
                self._submit(hand, dict(one.split("=", 1) for one in rest.split("; ") if one))
            case "closes":
                hand.close()
            case "shortcut":
                hand.shortcut("open_ticket", self.own[rest])
            case "looks" if rest == "at home":
                hand.open_home()
            case "looks" if rest == "at messages":
                hand.open_messages_tab()
            case "invites":
                hand.invite_bot(rest)
            case _:
                return False
        return True

    def _click(self, user: str, rest: str) -> None:
        """`LABEL`, `LABEL = OPTION` of a menu, `… @ words of the message`."""
        rest, _, holding = rest.partition(" @ ")
        label, _, option = rest.partition(" = ")
        hand, there = self.desk.be(user), []
        for place in self._places(user, holding):
            for block, element in elements(place.blocks):
                words = (element.get("text") or element.get("placeholder") or {}).get("text", "")
                choices = [one["text"]["text"] for one in options(element)]
                there += [words, *(f"{words} = {choice}" for choice in choices)]
                if words == label and (not option or option in choices):
                    value = option or element.get("value")
                    hand.click(place, element["action_id"], block_id=block["block_id"], value=value)
                    return
        if holding and not there:
            raise NothingCalledError("message with", holding, (one.text for one in self._messages(user, "")))
        raise NothingCalledError("button or menu", rest, filter(None, there))

    def _submit(self, hand: Member, filled: dict[str, str]) -> None:
        there = [] if hand.view is None else [block["label"]["text"] for block in inputs(hand.view.blocks)]
        for label in filled:
            if label not in there:
                raise NothingCalledError("field", label, there)
        hand.submit(filled)

    def _places(self, user: str, holding: str) -> Iterator[Message | View]:
        hand = self.desk.be(user)
        if hand.view is not None and not holding:
            yield hand.view
        yield from self._messages(user, holding)
        if hand.home is not None:
            yield hand.home

    def _messages(self, user: str, holding: str) -> Iterator[Message]:
        ws = self.desk.workspace
        said = [
            message
            for room in ws.rooms.values()
            if user in room.members
            for message in (*room.messages.values(), *room.ephemerals)
            if message.only_to in ("", user)
            and holding in "\n".join([message.text, *blocks(message.blocks, ws.name_of)])
        ]
        yield from sorted(said, key=lambda one: float(one.ts), reverse=True)

    def _message(self, user: str, holding: str) -> Message:
        found = next(self._messages(user, holding), None)
        if found is None:
            raise NothingCalledError("message with", holding, (one.text for one in self._messages(user, "")))
        return found

    def news(self) -> Iterator[str]:
        now = self._shown()
        for key, lines in now.items():
            before = self._before.get(key)
            if before is None:
                yield f"{key[0]}:"
                yield from (f"  {line}" for line in lines)
            elif before != lines:
                yield f"{key[0]}, changed:"
                yield from (f"  {line}" for line in difflib.ndiff(before, lines) if line[0] in "+-")
        for key in self._before:
            if key not in now:
                yield f"{key[0]}: gone: {(self._before[key] or [''])[0][:60]}"
        self._before = now

    def _shown(self) -> Shown:
        ws, shown = self.desk.workspace, Shown()
        for room in ws.rooms.values():
            name = f"#{room.name}" if room.name else f"{MEMBERS.get(room.person, room.person)}'s messages"
            for message in (*room.messages.values(), *room.ephemerals):
                if message.bot is None and message.user != ws.app.user:
                    continue
                only = f", for {MEMBERS.get(message.only_to, message.only_to)} alone" if message.only_to else ""
                place = f"{name}, in a thread" if message.is_reply else name
                shown[place + only, room.id, message.ts, message.only_to] = self._message_lines(message)
            for thread, status in room.statuses.items():
                if status.text:
                    shown[f"{name}, status", room.id, thread] = [status.text]
            if room.prompts:
                shown[f"{name}, suggested", room.id] = [
                    str(room.prompts.get("title")),
                    *(f"{one['title']} -> {one['message']}" for one in room.prompts.get("prompts", ())),
                ]
        for user, stack in ws.stacks.items():
            for one in stack:
                shown[f"{MEMBERS.get(user, user)}'s form", user, one.id] = view(one, ws.name_of)
        for user, one in ws.homes.items():
            shown[f"{MEMBERS.get(user, user)}'s home", user, one.id] = view(one, ws.name_of)
        return shown

    def _message_lines(self, message: Message) -> list[str]:
        """Drawn once for each content: the blocks of a message are replaced, never changed."""
        key, content = id(message), (message.text, len(message.files), tuple(message.reactions))
        before = self._drawn.get(key)
        if before is not None and before[0] is message.blocks and before[1] == content:
            return before[2]
        drawn = blocks(message.blocks, self.desk.workspace.name_of)
        said = [f"({line})" for line in message.text.split("\n") if line not in words_of(drawn)]  # for the notification
        files = [f"File: {file.title or file.name}" for file in message.files]
        reactions = [f":{name}:" for name in message.reactions]
        lines = [timed(line) for line in (*said, *drawn, *files, *reactions)]
        self._drawn[key] = message.blocks, content, lines
        return lines
