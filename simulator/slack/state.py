"""What is in the workspace: people, rooms and messages, what each of them sees open, and what is on its way to the desk."""

from __future__ import annotations

import secrets
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from simulator.slack.cast import App, Cast, Person
from simulator.slack.delivery import Deliveries, Post
from simulator.slack.event import Event, envelope
from simulator.slack.injected_faults import Ordered, untroubled
from simulator.slack.leases import Leases, ResponseUrl
from simulator.slack.markup import spoken
from simulator.slack.message import File, Json, Message
from simulator.slack.plain_text import read_blocks
from simulator.slack.refusals import NotAvailableError
from simulator.slack.room import Room
from simulator.slack.tokens import Tokens
from simulator.slack.view import View

Listener = Callable[[Json], None]
_COMPLAINTS = 50  # kept for each person


class State:
    """What there is in the organisations of a cast, and what is on its way to the desk."""

    def __init__(
        self,
        post: Post,
        signing_secret: str,
        cast: Cast,
        app: App,
        *,
        public_url: str = "http://127.0.0.1:8000",
        path: str = "/slack/events",
        now: Callable[[], float] = time.time,
    ) -> None:
        self.app = app
        self.cast = cast
        self.public_url = public_url.rstrip("/")
        self.now = now
        self.trouble: Ordered = untroubled
        self.lock = threading.RLock()
        self.teams = {team.id: team for team in cast.teams}
        self.people = {person.id: person for person in cast.people}
        self.files: dict[str, File] = {}
        self.stacks: dict[str, list[View]] = defaultdict(list)  # the modals of each person, the top one last
        self.homes: dict[str, View] = {}
        self.choices: dict[tuple[str, str, str], Json] = {}  # what somebody chose in a message: channel, ts, user
        self.offers: dict[tuple[str, str, str], list[Json]] = {}  # external selects: person, block_id, action_id
        self.complaints: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=_COMPLAINTS))
        self.leases = Leases()
        self.tokens = Tokens(app, now)
        self.deliveries = Deliveries(self, post, signing_secret, path)
        self.rooms = {
            channel.id: Room(
                channel.id,
                channel.name,
                channel.teams or (app.team,),
                list(channel.members),
                channel.private,
                channel.archived,
                channel.topic,
                created=int(now()),
            )
            for channel in cast.channels
        }
        self._pending: deque[Event] = deque()
        self._sending = 0  # who is at it
        self._settled = threading.Condition()
        self._listeners: list[Listener] = []
        self._last_ts = 0
        self._depth = 0

    # Who and where

    def person(self, user_id: str) -> Person:
        person = self.people.get(user_id)
        if person is None:
            raise NotAvailableError(f"there is nobody with the id {user_id}")
        return person

    def is_external(self, person: Person) -> bool:
        """Is this somebody of another organisation than the one where the app is installed?"""
        return person.team != self.app.team

    def name_of(self, id_: str) -> str:
        """The name of a person, the app, or a channel; the id itself of what is unknown."""
        if id_ in (self.app.user, self.app.bot):
            return self.app.name
        if id_ in self.people:
            return self.people[id_].name
        return self.rooms[id_].name if id_ in self.rooms else id_

    def is_met(self, person: Person) -> bool:
        """Can the app and this person know of each other? Somebody of elsewhere has to share a channel with it."""
        together = ({person.id, self.app.user} <= set(room.members) for room in self.rooms.values() if not room.person)
        return not self.is_external(person) or any(together)

    def dm(self, person: Person) -> Room:
        """Somebody's direct messages with the app, which begin when they are first needed."""
        id_ = "D" + person.id[1:]
        if id_ not in self.rooms:
            teams = tuple(dict.fromkeys((self.app.team, person.team)))
            members = [person.id, self.app.user]
            self.rooms[id_] = Room(id_, "", teams, members, True, person=person.id, created=int(self.now()))
        return self.rooms[id_]

    def room_of(self, name: str) -> Room | None:
        """A room by id or by name, with or without #."""
        named = (room for room in self.rooms.values() if room.name == name.removeprefix("#") and not room.person)
        return self.rooms.get(name) or next(named, None)

    def message(self, channel: str, ts: str, viewer: str = "") -> Message | None:
        """A message by its place, or an ephemeral of `viewer`'s."""
        room = self.rooms.get(channel)
        if room is None:
            return None
        own = (one for one in room.ephemerals if one.ts == ts and one.only_to == viewer)
        return room.messages.get(ts) or next(own, None)

    # Ids and times

    def ts(self) -> str:
        """A time stamp greater than all before, as Slack's messages are named."""
        with self.lock:
            self._last_ts = max(int(self.now() * 1_000_000), self._last_ts + 1)
            return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    @staticmethod
    def new_id(kind: str) -> str:
        """An id that no run before has used: a desk keeps them for longer than this process lives."""
        return kind + secrets.token_hex(5).upper()

    # What is written and read

    def shown(self, message: Message, *, metadata: bool = False) -> Json:
        """A message as Slack writes it."""
        room = self.rooms[message.channel]
        return message.shown(self.public_url, metadata=metadata, root=room.messages.get(message.thread_ts))

    def shown_room(self, room: Room) -> Json:
        return room.shown(self.app.user, self.app.team)

    def text_of(self, thing: Message | View) -> str:
        """A message or a view the way somebody would read it out."""
        if isinstance(thing, View):
            title, submit = thing.title, (thing.body.get("submit") or {}).get("text")
            lines = [title, read_blocks(thing.blocks, self.name_of), f"[{submit}]" if submit else ""]
            return "\n".join(line for line in lines if line)
        body = (
            read_blocks(thing.blocks, self.name_of) if thing.bot and thing.blocks else spoken(thing.text, self.name_of)
        )
        return "\n".join([*([body] if body else []), *(f"[file: {file.name}]" for file in thing.files)])

    def permalink(self, message: Message) -> str:
        """Leads to the message on the simulator's page; whoever gets it should not look into it, as with Slack's."""
        link = f"{self.public_url}/simulator#/archives/{message.channel}/p{message.ts.replace('.', '')}"
        return link + (f"?thread_ts={message.thread_ts}&cid={message.channel}" if message.is_reply else "")

    # Telling the desk

    def send(self, events: list[Event]) -> None:
        """Deliver events now, those that the app subscribes to. Not under the lock."""
        with self._on_its_way():
            for event in events:
                if event.subscription in self.app.events:
                    id_ = self.new_id("Ev")
                    self.deliveries.event(envelope(self.app, event, id_, self.now()), event.who)

    def later(self, events: list[Event]) -> None:
        """Keep events for `deliver()`: what the app causes must not come back to it before its request is answered."""
        self._pending.extend(events)

    def deliver(self) -> None:
        """Send what the app's own doings have caused."""
        with self._on_its_way():
            while True:
                try:
                    event = self._pending.popleft()
                except IndexError:
                    return
                self.send([event])

    def settle(self) -> None:
        """Send what is pending and wait until nothing is on its way: before the clock is moved, as a request signed before that is too old after it."""
        self.deliver()
        with self._settled:
            assert self._settled.wait_for(lambda: not self._sending, timeout=60), "an event is on its way still"

    @contextmanager
    def _on_its_way(self) -> Iterator[None]:
        with self._settled:
            self._sending += 1
        try:
            yield
        finally:
            with self._settled:
                self._sending -= 1
                self._settled.notify_all()

    def redeliver_due(self) -> int:
        """Send again the events that failed and are due: at once, after a minute, after five more. How many that were."""
        self.deliver()
        return self.deliveries.redeliver_due()

    def deliver_again(self, event_id: str) -> None:
        """Send an event again that was answered, as Slack now and then does."""
        self.deliveries.again(event_id)

    def response_url(self, lease: ResponseUrl) -> str:
        return f"{self.public_url}/simulator/slack/response/{self.leases.url(lease)}"

    def complain(self, user_id: str, what: str, why: str = "") -> None:
        """What a person sees when the app did not do its part."""
        with self.acting():
            self.complaints[user_id].append(f"{what} failed " + (why or "because the app did not respond"))

    # Telling the pages

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every event (of kind changed or webhook), in the thread it happens in. Returns its end."""
        with self.lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self.lock:
                self._listeners.remove(listener)

        return stop

    def tell(self, event: Json) -> None:
        with self.lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(dict(event))

    @contextmanager
    def acting(self) -> Iterator[None]:
        """The lock, for a change; the pages are told when it is given back."""
        with self.lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                told = not self._depth
        if told:
            self.tell({"kind": "changed"})
