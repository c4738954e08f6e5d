"""A member: what one person can do in Slack. Each act reaches the desk before it returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.slack import effects, envelopes, responses
from simulator.slack.cast import Person
from simulator.slack.elements import NoSuchElementError, action, chosen, find, initial_state, options
from simulator.slack.form_filling import fill, missing
from simulator.slack.leases import ResponseUrl
from simulator.slack.markup import escape
from simulator.slack.message import Json, Message
from simulator.slack.refusals import NotAvailableError
from simulator.slack.room import Room
from simulator.slack.state import State
from simulator.slack.view import View

Files = Iterable[tuple[str, str | bytes]]
"""Things to attach: name and content."""


class Member:
    """One person's hand. What they cannot do raises NotAvailable; what is not there, NoSuchElement."""

    def __init__(self, workspace: State, person: Person) -> None:
        self.workspace = workspace
        self.person = person

    # Talking

    def says(self, channel: str, text: str, thread: Message | str | None = None, files: Files = ()) -> Message:
        """Write in a room (by name or id), or in a thread of it. `@Deskgate` and `@Name` become mentions."""
        return self._say(self._room(channel), text, thread, files)

    def dm(self, text: str, thread: Message | str | None = None, files: Files = ()) -> Message:
        """Write to the app, in its messages tab."""
        return self._say(self.messages(), text, thread, files)

    def messages(self) -> Room:
        """This person's direct messages with the app, which somebody of elsewhere has only by a shared channel."""
        ws = self.workspace
        self._active()
        if not ws.is_met(self.person):
            raise NotAvailableError(f"{self.person.name} of {self.person.team} shares no channel with {ws.app.name}")
        with ws.lock:
            return ws.dm(self.person)

    def _say(self, room: Room, text: str, thread: Message | str | None, files: Files) -> Message:
        ws = self.workspace
        self._active()
        if room.archived:
            raise NotAvailableError(f"#{room.name} is archived")
        with ws.acting():
            attached = [effects.file_of(ws, self.person, name, content) for name, content in files]
            if not text.strip() and not attached:
                raise NotAvailableError("an empty message is none")
            said, events = effects.person_says(ws, self.person, room, text, self._thread(room, thread), attached)
        ws.send(events)
        return said

    def _thread(self, room: Room, thread: Message | str | None) -> str:
        """The ts of a thread, given any message in it."""
        ts = thread.ts if isinstance(thread, Message) else thread or ""
        if not ts:
            return ""
        message = room.messages.get(ts)
        if message is None:
            raise NotAvailableError(f"there is no message {ts} in {room.name or room.id}")
        return message.thread_ts or message.ts

    def edit(self, message: Message, text: str) -> None:
        """Change one's own words: a `message_changed`."""
        ws = self.workspace
        with ws.acting():
            events = effects.edit(ws, effects.own(ws, message, self.person), message, self.person.id, text)
        ws.send(events)

    def delete(self, message: Message) -> None:
        """Take one's own words back: a `message_deleted`, or a change to a tombstone where there are replies."""
        ws = self.workspace
        with ws.acting():
            events = effects.delete(ws, effects.own(ws, message, self.person), message)
        ws.send(events)

    def invite_bot(self, channel: str) -> None:
        """Bring the app into a channel."""
        ws = self.workspace
        room = self._room(channel)
        with ws.acting():
            events = effects.join(ws, room, self.person)
        ws.send(events)

    # The app's own place

    def open_home(self) -> View | None:
        """Look at the app's home tab; what stands there afterwards, if the app has published anything."""
        self._open("home")
        return self.workspace.homes.get(self.person.id)

    def open_messages_tab(self) -> Json | None:
        """Look at the app's messages tab; the prompts that are suggested there afterwards."""
        return self._open("messages").prompts

    def _open(self, tab: str) -> Room:
        ws = self.workspace
        room = self.messages()
        with ws.acting():
            home = ws.homes.get(self.person.id) if tab == "home" else None
            event = envelopes.opened(ws, self.person, room, tab, home)
        ws.send([event])
        return room

    # Commands and shortcuts: for the installation's own people alone (2.8)

    def command(self, name: str, text: str = "", channel: str = "") -> None:
        """Type a slash command, in a channel or in the app's messages."""
        ws = self.workspace
        self._at_home("slash commands")
        room = self._room(channel) if channel else self.messages()
        if name not in {command.name for command in ws.app.commands}:
            ws.complain(self.person.id, name, "because it is not a valid command")
            return
        with ws.acting():
            url, trigger = self._response_url(room, "", ephemeral=True), self._trigger()
            form = envelopes.command(ws, self.person, name, escape(text), room, url, trigger)
        response = ws.deliveries.command(form, self.person.name)
        responses.to_command(ws, self.person, room, name, response)
        ws.deliver()

    def shortcut(self, callback_id: str, message: Message | None = None) -> None:
        """Choose a shortcut, from a message's menu or from anywhere."""
        ws = self.workspace
        self._at_home("shortcuts")
        place = (self._sees(message), message) if message is not None else None
        with ws.acting():
            payload = envelopes.shortcut(ws, self.person, callback_id, place) | {"trigger_id": self._trigger()}
            if place:
                payload["response_url"] = self._response_url(place[0], "", ephemeral=True)
        response = ws.deliveries.interaction(payload, self.person.name)
        responses.to_click(ws, self.person, f"the shortcut {callback_id}", response)

    # Buttons, selects, forms

    def click(self, where: Message | View, action_id: str, block_id: str | None = None, value: Any = None) -> None:
        """Press a button, choose from a menu or a select. `value` is an option's value or text; several for checkboxes.

        In a modal a choice in an input block is kept and not sent, unless the block says `dispatch_action`.
        """
        ws = self.workspace
        self._active()
        with ws.acting():
            block, element = find(where.blocks, action_id, block_id, value)
            offered = self._offered(block, element, value)
            if element["type"] not in ("button", "overflow", "feedback_buttons", "icon_button"):
                self._keep(where, block, element, chosen(element, value, offered))
            if block["type"] == "input" and not block.get("dispatch_action"):
                return
            said = action(block, element, value, ws.ts(), offered)
            payload = self._payload("block_actions", where) | {"actions": [said], "trigger_id": self._trigger()}
            if isinstance(where, Message):
                room = ws.rooms[where.channel]
                url = self._response_url(room, where.ts, ephemeral=bool(where.only_to), thread_ts=where.thread_ts)
                state = ws.choices.get((where.channel, where.ts, self.person.id), initial_state(where.blocks))
                payload |= {"response_url": url, "state": {"values": state}}
        response = ws.deliveries.interaction(payload, self.person.name)
        name = element.get("text", {}).get("text") or action_id
        responses.to_click(ws, self.person, f"“{name}”", response)

    def suggestions(self, where: Message | View, action_id: str, words: str, block_id: str | None = None) -> list[Json]:
        """Type into an external select: the options (or those of all groups) that the app offers."""
        ws = self.workspace
        self._active()
        with ws.acting():
            block, _ = find(where.blocks, action_id, block_id, None)
            payload = self._payload("block_suggestion", where)
            payload |= {"action_id": action_id, "block_id": block["block_id"], "value": words}
        response = ws.deliveries.interaction(payload, self.person.name)
        offered = responses.to_suggestion(ws, self.person, response)
        with ws.lock:
            ws.offers[self.person.id, block["block_id"], action_id] = options(offered)
        return options(offered)

    def submit(self, values: Mapping[str, Any] | None = None) -> View | None:
        """Fill in the modal on top and send it; the modal on top afterwards, with its errors, or None when all is done.

        `values` are by block_id, action_id or label: text, an option's value or text, several for checkboxes. What is
        not named stays as it is. Slack itself asks for what is missing, and then nothing is sent.
        """
        ws = self.workspace
        view = self._top()
        with ws.acting():
            fill(view, values or {}, ws.offers)
            view.errors = missing(view)
            if view.errors:
                return view
            payload = self._payload("view_submission", view) | {"trigger_id": self._trigger()}
        response = ws.deliveries.interaction(payload, self.person.name)
        responses.to_submission(ws, self.person, view, response)
        return self.view

    def close(self, everything: bool = False) -> None:
        """Cancel the modal on top, or all of them. The app hears of those that say `notify_on_close`."""
        ws = self.workspace
        self._top()
        with ws.acting():
            stack = ws.stacks[self.person.id]
            closed = stack[::-1] if everything else [stack[-1]]
            del stack[len(stack) - len(closed) :]
            told = [
                self._payload("view_closed", view) | {"is_cleared": everything}
                for view in closed
                if view.body.get("notify_on_close")
            ]
        for payload in told:
            ws.deliveries.interaction(payload, self.person.name)

    @property
    def view(self) -> View | None:
        """The modal on top, if one is open."""
        stack = self.workspace.stacks.get(self.person.id)
        return stack[-1] if stack else None

    @property
    def home(self) -> View | None:
        return self.workspace.homes.get(self.person.id)

    @property
    def errors(self) -> list[str]:
        """What Slack had to tell this person about the app, oldest first."""
        return list(self.workspace.complaints[self.person.id])

    # What these need

    def _active(self) -> None:
        if self.person.deactivated:
            raise NotAvailableError(f"{self.person.name} has been deactivated")

    def _at_home(self, what: str) -> None:
        self._active()
        if self.workspace.is_external(self.person):
            raise NotAvailableError(f"{what} are not there for people of other organisations")

    def _room(self, name: str) -> Room:
        self._active()
        room = self.workspace.room_of(name)
        if room is None or self.person.id not in room.members:
            raise NotAvailableError(f"{self.person.name} is in no room {name}")
        return room

    def _sees(self, message: Message) -> Room:
        room = self._room(message.channel)
        if message.only_to not in ("", self.person.id):
            raise NotAvailableError("this is only visible to somebody else")
        if self.workspace.message(room.id, message.ts, self.person.id) is not message:
            raise NotAvailableError("this message is gone")
        return room

    def _top(self) -> View:
        self._active()
        if self.view is None:
            raise NotAvailableError(f"{self.person.name} has no form open")
        return self.view

    def _trigger(self) -> str:
        return self.workspace.leases.trigger(self.person.id, self.workspace.now())

    def _response_url(self, room: Room, ts: str, *, ephemeral: bool, thread_ts: str = "") -> str:
        now = self.workspace.now()
        return self.workspace.response_url(ResponseUrl(self.person.id, room.id, ts, ephemeral, now, thread_ts))

    def _payload(self, kind: str, where: Message | View) -> Json:
        ws = self.workspace
        if isinstance(where, Message):
            return envelopes.on_message(ws, kind, self.person, self._sees(where), where)
        if where.user != self.person.id:
            raise NotAvailableError("this is on somebody else's screen")
        return envelopes.in_view(ws, kind, self.person, where)

    def _offered(self, block: Json, element: Json, value: Any) -> list[Json] | None:
        if not element["type"].endswith("external_select"):
            return None
        offered = self.workspace.offers.get((self.person.id, block["block_id"], element["action_id"]), [])
        if value is not None and not offered:
            raise NoSuchElementError("ask for suggestions first: nothing is offered yet")
        return offered

    def _keep(self, where: Message | View, block: Json, element: Json, value: Json) -> None:
        if isinstance(where, View):
            state = where.values
        else:
            key = (where.channel, where.ts, self.person.id)
            state = self.workspace.choices.setdefault(key, initial_state(where.blocks))
        state.setdefault(block["block_id"], {})[element["action_id"]] = value
