"""What Twilio does with one leg of a call: asks for documents, plays their verbs, and reports on it.

Requests come in Twilio's order. What a person does with a leg is in phone.py.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Protocol
from urllib.parse import urljoin

from simulator import forms, twiml
from simulator.conference import Conference
from simulator.forms import Account, Form, Response
from simulator.journal import Fault, shown_keys
from simulator.recording import Recording
from simulator.twiml import TwimlError, Verb

APPLICATION_ERROR = "We are sorry. An application error has occurred. Goodbye."
_MOST_REDIRECTS = 10
_MOST_LOOPS = 10


class Switchboard(Account, Protocol):
    """What a leg needs of the exchange it is on."""

    recordings: dict[str, Recording]

    @property
    def faults(self) -> Collection[Fault]: ...
    @property
    def now(self) -> Callable[[], float]: ...
    def tick(self) -> int: ...
    def request(self, leg: Leg, url: str, form: Form) -> Response: ...
    def tell(self, leg: Leg, url: str, form: Form) -> None: ...
    def fault(self, leg: Leg, code: int, words: str, url: str) -> None: ...
    def changed(self, leg: Leg) -> None: ...
    def enter(self, leg: Leg, noun: Verb) -> Conference[Leg]: ...
    def leave(self, leg: Leg, room: Conference[Leg]) -> list[Leg]: ...
    def others_in(self, leg: Leg, room: Conference[Leg]) -> list[Leg]: ...


class Leg:
    """One leg, in memory. Acts on it are serialised by its own lock; what they cause on other legs comes after it."""

    def __init__(
        self,
        exchange: Switchboard,
        *,
        caller: str,
        called: str,
        direction: str,
        voice_url: str,
        fallback_url: str = "",
        status_url: str = "",
        status_events: tuple[str, ...] = ("completed",),
        ring_seconds: int = 60,
        detects: bool = False,
    ) -> None:
        self.exchange = exchange
        self.sid = "CA" + secrets.token_hex(16)
        self.caller = caller
        self.called = called
        self.direction = direction
        # The desk has Twilio listen for machines where it calls a customer, never at its own people's phones.
        self.party = "caller" if direction == "inbound" or detects else "agent"
        self.detects = detects
        self.ring_seconds = ring_seconds
        self.heard: list[str] = []
        self.transcript: list[tuple[str, str]] = []
        self.script: list[tuple[int, str]] = []
        self.status = "queued"
        self._voice_url, self._fallback_url, self._status_url = voice_url, fallback_url, status_url
        self._status_events = status_events
        self._url = voice_url
        self._document: tuple[Verb, ...] = ()
        self._position = 0
        self.waiting: Verb | None = None
        self.keys = ""
        self._typed = ""
        self.room: Conference[Leg] | None = None
        self._began = 0.0
        self._redirects = 0
        self._reports = 0
        self.unanswered = 0  # how much was heard before the last act of the person
        self._last: tuple[str, Form] = (voice_url, [])
        self._lock = threading.RLock()
        self._depth = 0
        self._afterwards: list[Callable[[], None]] = []

    @property
    def state(self) -> str:
        """idle (not dialled), ringing (being called), gathering, recording, in conference NAME, or ended."""
        if self.status in ("completed", "busy", "no-answer", "canceled", "failed"):
            return "ended"
        if self.status == "queued":
            return "idle" if self.direction == "inbound" else "ringing"
        if self.room is not None:
            return f"in conference {self.room.name}"
        if self.waiting is None:
            return "connecting"
        return {"Gather": "gathering", "Record": "recording"}[self.waiting.name]

    @property
    def other_end(self) -> str:
        """The number of whoever holds this phone."""
        return self.caller if self.direction == "inbound" else self.called

    def absolute(self, url: str) -> str:
        """A URL in a document, which may be relative to it; an empty one is the document's own."""
        return urljoin(self._url, url.strip()) if url.strip() else self._url

    # One act at a time

    @contextmanager
    def _acting(self) -> Iterator[None]:
        after: list[Callable[[], None]] = []
        with self._lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if not self._depth:
                    after, self._afterwards = self._afterwards, []
        for act in after:
            act()
        self.exchange.changed(self)

    # What is heard and done

    def _hear(self, words: str, who: str = "desk") -> None:
        self.heard.append(words)
        self.transcript.append((who, words))
        self._note(f"desk: {words}" if self.party == "caller" else f"agent: hears {words}")
        self.exchange.changed(self)

    def _does(self, shown: str, script: str = "") -> None:
        self.unanswered = len(self.heard)
        self.transcript.append((self.party, shown))
        self._note(f"{self.party} {script or shown}")

    def _note(self, line: str) -> None:
        self.script.append((self.exchange.tick(), line))

    def _flush_keys(self, *, menu: bool = True) -> None:
        """Write down what was keyed since the last time, in one line, so that no PIN shows key by key."""
        typed, self._typed = self._typed, ""
        if typed:
            shown = shown_keys(self.keys or typed) if menu else "•"
            self._does(f"presses {shown}", f"presses {typed}")

    # Documents

    def _load(self, url: str, form: Form) -> None:
        """Ask for a document; when that fails, ask the fallback once; when that fails too, apologise as Twilio does."""
        try:
            self._read(url, form)
        except TwimlError as error:
            self._fault(error.code, error.words, url)
            if not self._fallback_url or url == self._fallback_url:
                self._apologise()
                return
            try:
                self._read(self._fallback_url, [*forms.voice(self), ("ErrorCode", str(error.code)), ("ErrorUrl", url)])
            except TwimlError as again:
                self._fault(again.code, again.words, self._fallback_url)
                self._apologise()

    def _read(self, url: str, form: Form) -> None:
        self._last = (url, form)
        document = twiml.read(*self.exchange.request(self, url, form))
        for code, words in document.warnings:
            self._fault(code, words, url)
        self._url, self._document, self._position = url, document.verbs, 0

    def _apologise(self) -> None:
        self._document, self._position = (Verb("Say", {}, APPLICATION_ERROR), Verb("Hangup", {})), 0

    def _fault(self, code: int, words: str, url: str) -> None:
        self.exchange.fault(self, code, words, url)

    def _follow(self, url: str, *extra: tuple[str, str]) -> None:
        """Go on with another document, after something the person did or time that passed."""
        self.waiting, self.keys, self._redirects = None, "", 0
        self._load(url, [*forms.voice(self), *extra])
        self._run()

    def _go_on(self) -> None:
        """Go on with the next verb of the same document."""
        self.waiting, self.keys, self._redirects = None, "", 0
        self._run()

    def _run(self) -> None:
        """Play verbs until one waits for the person or for others; the document's end is a hang-up (1.6)."""
        while self.state != "ended":
            if self._position >= len(self._document):
                self._end("completed")
                return
            verb = self._document[self._position]
            self._position += 1
            if self._play(verb):
                return

    def _play(self, verb: Verb) -> bool:
        """Play one verb; true when it waits."""
        if "GET" in (verb.get("method"), verb.get("recordingStatusCallbackMethod")):
            self._fault(0, f'<{verb.name} method="GET">: the simulator posts only', self._url)
        match verb.name:
            case "Say" | "Play":
                self._prompt(verb)
            case "Gather":
                for prompt in verb.children:
                    self._prompt(prompt)
                self.waiting, self.keys = verb, ""
            case "Record":
                self.waiting = verb
            case "Dial":
                self._join(verb)
            case "Redirect":
                self._redirects += 1
                if self._redirects > _MOST_REDIRECTS:
                    self._fault(11215, f"more than {_MOST_REDIRECTS} redirects without waiting for anyone", self._url)
                    self._apologise()
                else:
                    self._load(self.absolute(verb.text), forms.voice(self))
            case "Hangup":
                self._end("completed")
            case "Reject":
                self._end("busy" if verb.get("reason") == "busy" else "no-answer")
            case "Pause":
                pass
            case _:
                self._fault(0, f"the simulator does not play <{verb.name}>", self._url)
                self._apologise()
        return self.waiting is not None

    def _prompt(self, verb: Verb) -> None:
        if verb.name == "Say" and verb.text:
            for _ in range(min(max(verb.whole("loop", 1), 1), _MOST_LOOPS)):
                self._hear(verb.text)
        elif verb.name == "Play" and not verb.get("digits"):
            self._hear("[music]")

    # Conferences

    def _join(self, dial: Verb) -> None:
        if len(dial.children) != 1 or dial.children[0].name != "Conference":
            self._fault(0, "the simulator dials conferences only", self._url)
            self._apologise()
            return
        self.waiting = dial
        self.room = self.exchange.enter(self, dial.children[0])
        for other in self.exchange.others_in(self, self.room):
            self._afterwards.append(partial(self.exchange.changed, other))

    def _leave_room(self) -> None:
        room, self.room = self.room, None
        if room is not None:
            for other in self.exchange.leave(self, room):
                self._afterwards.append(partial(other.conference_over, room))

    def conference_over(self, room: Conference[Leg]) -> None:
        """The conference ended for this leg: the Dial's action is asked for, or the document goes on (1.6)."""
        with self._acting():
            dial = self.waiting
            if self.room is not room or dial is None:
                return
            self.room = None
            self._after_dial(dial)

    def _after_dial(self, dial: Verb) -> None:
        if dial.get("action"):
            self._follow(self.absolute(dial.get("action")), ("DialCallStatus", "completed"))
        else:
            self._go_on()

    def announce(self, url: str) -> None:
        """Participants.update(AnnounceUrl): hear what a document says, and stay in the conference. Only prompts are played."""
        with self._acting():
            if self.room is None:
                return
            try:
                document = twiml.read(*self.exchange.request(self, url, forms.announcement(self, self.room)))
            except TwimlError as error:
                self._fault(error.code, error.words, url)
                return
            for verb in document.verbs:
                if verb.name in ("Say", "Play", "Pause"):
                    self._prompt(verb)
                else:
                    self._fault(12200, f"<{verb.name}> is not allowed in an announcement", url)

    def overhear(self, text: str) -> None:
        """Hear what another member of the conference said."""
        with self._acting():
            if self.room is not None:
                self._hear(text, "line")

    # Recordings

    def _recorded(self, verb: Verb, text: str, digits: str, *, hung_up: bool) -> None:
        """The action first, then the recording's callbacks (1.6); after a hang-up the response is not played."""
        recording = Recording("RE" + secrets.token_hex(16), self.sid, text)
        self.exchange.recordings[recording.sid] = recording
        action = self.absolute(verb.get("action"))
        status_url, transcribe_url = (
            self.absolute(verb.get(name)) if verb.get(name) else ""
            for name in ("recordingStatusCallback", "transcribeCallback")
        )
        self.waiting, self.keys, self._redirects = None, "", 0
        if hung_up:
            self.status = "completed"
            self._last = (action, forms.recorded(self, recording, digits))
            self.exchange.tell(self, *self._last)
        else:
            self._load(action, forms.recorded(self, recording, digits))
        if status_url and "completed" in verb.get("recordingStatusCallbackEvent", "completed").split():
            self.exchange.tell(self, status_url, forms.recording_status(self, recording))
        if transcribe_url and verb.yes("transcribe"):
            self.exchange.tell(self, transcribe_url, forms.transcribed(self, recording))

    # The end, and reports on the way there

    def _end(self, status: str) -> None:
        """The leg is over, whoever ended it: out of its conference, then the status callback (1.7)."""
        self._flush_keys()
        self.status = status
        self.waiting = None
        self._leave_room()
        self._report("completed", status)

    def _report(self, event: str, status: str) -> None:
        if not self._status_url or event not in self._status_events:
            return
        seconds = None
        if event == "completed":
            seconds = max(0, round(self.exchange.now() - self._began)) if self._began else 0
        form = forms.progress(self, status, self._reports, seconds)
        self._reports += 1
        self.exchange.tell(self, self._status_url, form)
