"""A phone: what a person can do with one leg of a call. What Twilio does with it in turn is in leg.py."""

from __future__ import annotations

from functools import partial

from simulator import forms
from simulator.forms import Response
from simulator.leg import Leg
from simulator.twiml import Verb

KEYS = frozenset("0123456789*#")
WITHHELD = "anonymous"
"""What Twilio writes for a caller who withholds the number."""


class CallOverError(Exception):
    """Something was done with a phone that has no call, or not the kind of call it takes."""


class Phone(Leg):
    """One phone. `heard` is every line spoken to it, `transcript` what both sides did, `state` what it waits for."""

    def dial(self) -> None:
        """Ring the desk: the voice URL is asked with CallStatus=ringing, and the call is in progress after that."""
        with self._acting():
            self._needs(self.state == "idle", "dial: this phone has made its call")
            self.status = "ringing"
            self._began = self.exchange.now()
            self._load(self._voice_url, forms.voice(self))
            self.status = "in-progress"
            self._run()

    def press(self, keys: str) -> None:
        """Key something. In a Gather, keys are kept until it is complete; keys that are left go to what comes next."""
        if not keys or not set(keys) <= KEYS:
            raise ValueError("keys are 0 to 9, * and #")
        with self._acting():
            self._needs_call("press")
            for key in keys:
                if self.state == "ended":
                    break
                self._key(key)
            if self.waiting is None or self.waiting.name != "Gather":
                self._flush_keys(menu=False)

    def _key(self, key: str) -> None:
        verb = self.waiting
        self._typed += key
        self.unanswered = len(self.heard)  # the first key stops the prompt (1.6)
        if verb is None:
            return
        if verb.name == "Gather" and "dtmf" in verb.get("input", "dtmf"):
            if key == verb.get("finishOnKey", "#"):
                self._gathered(verb)
                return
            self.keys += key
            if len(self.keys) == verb.whole("numDigits", 0):
                self._gathered(verb)
        elif verb.name == "Record" and key in verb.get("finishOnKey", "1234567890*#"):
            self._flush_keys(menu=False)
            self._go_on()  # an empty recording is none: Twilio goes on (1.6)
        elif verb.name == "Dial" and key == "*" and verb.yes("hangupOnStar"):
            self._flush_keys(menu=False)
            self._leave_room()
            self._after_dial(verb)

    def _gathered(self, verb: Verb) -> None:
        """The Gather is complete. The finish key alone counts as nothing keyed (1.6)."""
        self._flush_keys()
        digits = self.keys
        if digits or verb.yes("actionOnEmptyResult"):
            self._follow(self.absolute(verb.get("action")), ("Digits", digits))
        else:
            self._go_on()

    def wait(self) -> None:
        """Let the time-out pass: what was keyed is submitted; with nothing keyed or said, the call goes on."""
        with self._acting():
            self._needs_call("wait")
            verb = self.waiting
            self._flush_keys()
            self._does("waits")
            if verb is None or verb.name == "Dial":
                return
            if verb.name == "Gather":
                self._gathered(verb)
                return
            if "absent" in verb.get("recordingStatusCallbackEvent") and verb.get("recordingStatusCallback"):
                url = self.absolute(verb.get("recordingStatusCallback"))
                self.exchange.tell(self, url, forms.recording_status(self, None))
            self._go_on()

    def speak(self, text: str, *, then_hang_up: bool = False, key: str = "#") -> None:
        """Say something. In a Record it is the message, ended by `key` (or by silence, when that key does not end it).

        In a conference the others hear it. A Gather for speech takes it; any other Gather, and the desk, do not.
        """
        text = " ".join(text.split())
        if not text:
            raise ValueError("say what? (to stay silent, wait)")
        with self._acting():
            self._needs_call("speak")
            verb = self.waiting
            self._flush_keys()
            self._does(f"says {text}" + (" and hangs up" if then_hang_up else ""))
            if verb is not None and verb.name == "Record":
                ends = key if key and key in verb.get("finishOnKey", "1234567890*#") else ""
                self._recorded(verb, text, "hangup" if then_hang_up else ends, hung_up=then_hang_up)
                if not then_hang_up:
                    self._run()
            elif verb is not None and verb.name == "Dial" and self.room is not None:
                for other in self.exchange.others_in(self, self.room):
                    self._afterwards.append(partial(other.overhear, text))
            elif verb is not None and verb.name == "Gather" and "speech" in verb.get("input") and not then_hang_up:
                self._follow(self.absolute(verb.get("action")), ("SpeechResult", text), ("Confidence", "0.91"))
            if then_hang_up:
                self._end("completed")

    def hang_up(self) -> None:
        """End the call from this side. Keys that were not submitted are lost; the status callback follows."""
        with self._acting():
            self._needs_call("hang up")
            self._flush_keys()
            self._does("hangs up")
            self._end("completed")

    # A phone that is being called

    def answer(self, *, by: str = "human") -> None:
        """Pick up: the call's Url is asked for, with CallStatus=in-progress. Where Twilio was to listen first, it tells who
        answered: human, machine_start, fax, unknown."""
        with self._acting():
            self._rung("answers" if by == "human" else "a machine answers")
            self.status = "in-progress"
            self._began = self.exchange.now()
            self._report("answered", "in-progress")
            heard = [("AnsweredBy", by)] if self.detects else []
            self._load(self._voice_url, [*forms.voice(self), *heard])
            self._run()

    def decline(self) -> None:
        """Press the red key: the status callback says busy."""
        with self._acting():
            self._rung("declines")
            self._end("busy")

    def no_answer(self) -> None:
        """Let it ring out: the status callback says no-answer."""
        with self._acting():
            self._rung("does not answer")
            self._end("no-answer")

    def _rung(self, does: str) -> None:
        """Reports of `initiated` and `ringing` wait until here, so that creating a call never posts to the desk."""
        self._needs(self.state == "ringing", f"{does}: this phone is not ringing")
        self._does(does)
        self._report("initiated", "initiated")
        self._report("ringing", "ringing")

    # What the REST API does with a live call (1.7)

    def redirect(self, url: str) -> None:
        """Calls.update(Url): leave whatever the leg is in and go on with another document."""
        with self._acting():
            self._needs_call("redirect")
            self._flush_keys()
            self._leave_room()
            self._follow(url)

    def cancel(self) -> None:
        """Calls.update(Status=canceled): ends what is queued or rings, and leaves alone what was picked up."""
        with self._acting():
            self._needs(self.state != "ended", "cancel: the call is over")
            if self.state == "ringing":
                self._end("canceled")

    def end(self) -> None:
        """Calls.update(Status=completed): ends it, whatever it is in."""
        with self._acting():
            self._needs(self.state != "ended", "end: the call is over")
            self._end("canceled" if self.state == "ringing" else "completed")

    # For tests of what Twilio does now and then

    def redeliver(self, **changes: str) -> Response:
        """Send the last webhook of this leg again, with parameters changed if wanted; the response is not played."""
        with self._lock:
            url, form = self._last
            changed = [(name, changes.pop(name, value)) for name, value in form]
            return self.exchange.request(self, url, changed + list(changes.items()))

    def _needs_call(self, what: str) -> None:
        going_on = self.state not in ("idle", "ringing", "ended")
        self._needs(going_on, f"{what}: there is no call, the phone is {self.state}")

    def _needs(self, so: bool, words: str) -> None:
        if not so:
            raise CallOverError(words)
