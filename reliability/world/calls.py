"""Twilio's side of a call, played over real sockets: signed webhooks, TwiML read, callbacks told, the fallback tried where the desk does not answer.

    twilio = Twilio(Lines(host, port), "http://desk.example", journal)
    call = Call(twilio, "+441632000001")
    screen = await call.dial()              # screen.said, screen.then ("gather", "record", "dial", "hangup" or "")
    screen = await call.key("10000081")     # what a Gather is told
    screen = await call.speak("our site is down")
    await call.hang_up()

As Twilio does (`docs/reference/platforms.md`): 15 seconds for an answer, one more try where nobody could be reached, none after a 5xx; then `/ivr/fallback`;
a callback that is not taken is not told again. In the journal: `voice`, `turn`, `fallback`, `recording`, `transcription`, `status`, the call's sid as id,
with `keyed`, `said`, `then` and `ms`.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode, urlsplit

from reliability.journal import Journal
from reliability.world.lines import FORM, Answer, Lines
from reliability.world.players import ACCOUNT, NUMBER, TOKEN

PATIENCE: Final = 15.0  # seconds of the whole exchange (11205)
REDIRECTS: Final = 10
_PLACES: Final = {
    f"{end}{place}": "" for end in ("From", "To", "Caller", "Called") for place in ("City", "State", "Zip", "Country")
}
Form = dict[str, str]


class Screen(NamedTuple):
    """What the caller hears, and what Twilio then does. `next`: where the next turn goes. `failed`: nothing that could be played came."""

    said: str = ""
    then: str = ""
    next: str = ""
    callbacks: Mapping[str, str] = {}  # of a Record: where its recording and transcription are told
    failed: bool = False
    took: float = 0.0
    status: int = 200


class Twilio:
    """Who signs and posts. `public`: the desk's PUBLIC_URL, over which is signed. `timed` is told of every answer: seconds, status."""

    def __init__(
        self,
        lines: Lines,
        public: str,
        journal: Journal | None = None,
        timed: Callable[[float, int], None] = lambda _took, _status: None,
    ) -> None:
        self.lines, self.public, self.journal, self._timed = lines, public.rstrip("/"), journal, timed

    async def post(self, url: str, form: Form, what: str, **facts: Any) -> Answer:
        """One webhook. `url` is whole, or a path of the desk's."""
        whole = url if "://" in url else self.public + url
        parts = urlsplit(whole)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        signed = whole.partition("#")[0] + "".join(name + form[name] for name in sorted(form))
        signature = base64.b64encode(hmac.digest(TOKEN.encode(), signed.encode(), "sha1")).decode()
        headers = {"X-Twilio-Signature": signature, "Content-Type": FORM, "User-Agent": "TwilioProxy/1.1"}
        body = urlencode(form).encode()
        answer = await self.lines.post(path, body, headers, PATIENCE)
        if answer.status == 0 and not answer.heard:
            answer = await self.lines.post(path, body, headers, PATIENCE)
        self._timed(answer.took, answer.status)
        self.note(what, form, answer, facts)
        return answer

    def note(self, what: str, form: Form, answer: Answer, facts: dict[str, Any]) -> None:
        if self.journal is not None:
            keyed, ms = form.get("Digits", ""), round(answer.took * 1000)
            said = read(answer).said if what in _HEARD else ""
            known = {"keyed": keyed, "said": said, "recording": form.get("RecordingSid", ""), **facts}
            known = {name: value for name, value in known.items() if value}
            self.journal.write("twilio", "asked", what, form.get("CallSid", ""), answer.status, ms=ms, **known)


_HEARD: Final = frozenset({"voice", "turn", "fallback"})


class Call:
    """One leg. `from_number` may be any text: a withheld number is "anonymous"."""

    def __init__(self, twilio: Twilio, from_number: str, *, attested: bool = True, sid: str = "") -> None:
        self._twilio, self.number, self._attested = twilio, from_number, attested
        self.sid = sid or f"CA{secrets.token_hex(16)}"
        self.screen, self.over = Screen(), False
        self.told_words = False  # a transcription was taken

    async def dial(self) -> Screen:
        more = {"StirVerstat": "TN-Validation-Passed-A"} if self._attested else {}
        return await self._ask("/ivr/voice", "voice", **more)

    async def key(self, digits: str) -> Screen:
        return await self._ask(self.screen.next, "turn", Digits=digits, msg="Gather End")

    async def speak(self, words: str, *, turn: bool = True, told: bool = True) -> Screen:
        """To a Record. `turn` False: the turn that would bring the recording is lost; `told` False: so are the callbacks."""
        recording, where = f"RE{secrets.token_hex(16)}", self.screen.callbacks
        about = {
            "RecordingSid": recording,
            "RecordingUrl": f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Recordings/{recording}",
        }
        screen = self.screen
        if turn:
            screen = await self._ask(screen.next, "turn", spoken=words, Digits="#", RecordingDuration="4", **about)
        if told and where.get("recording"):
            form = {"CallSid": self.sid, "AccountSid": ACCOUNT, **about}
            form |= {"RecordingStatus": "completed", "RecordingDuration": "4", "RecordingSource": "RecordVerb"}
            await self._twilio.post(where["recording"], form, "recording")
        if told and where.get("transcription"):
            form = {**self._form("in-progress"), **about, "TranscriptionSid": f"TR{recording[2:]}"}
            form |= {"TranscriptionText": words, "TranscriptionStatus": "completed"}
            taken = await self._twilio.post(where["transcription"], form, "transcription", spoken=words)
            self.told_words = 200 <= taken.status < 300
        return screen

    async def hang_up(self) -> Answer:
        self.over = True
        form = self._form("completed") | {
            "CallDuration": "30",
            "SequenceNumber": "0",
            "CallbackSource": "call-progress-events",
        }
        return await self._twilio.post("/ivr/status", form, "status")

    async def _ask(self, url: str, what: str, *, spoken: str = "", **more: str) -> Screen:
        """Raises nothing: what fails is a screen that says so."""
        form = self._form("ringing" if what == "voice" else "in-progress") | more
        facts = {"spoken": spoken} if spoken else {}
        for _ in range(REDIRECTS):
            answer = await self._twilio.post(url, form, what, **facts)
            self.screen = read(answer)
            if self.screen.failed and what != "fallback":
                url, what, form = "/ivr/fallback", "fallback", self._form("in-progress") | {"ErrorCode": "11200"}
            elif self.screen.then == "redirect":
                url, what, form = self.screen.next, _what(self.screen.next), self._form("in-progress")
            else:
                break
        self.over = self.screen.then in ("hangup", "") or self.screen.failed
        return self.screen

    def _form(self, status: str) -> Form:
        ends = {"From": self.number, "To": NUMBER, "Caller": self.number, "Called": NUMBER}
        call = {"CallSid": self.sid, "AccountSid": ACCOUNT, "CallStatus": status, "ApiVersion": "2010-04-01"}
        return {**call, **ends, "Direction": "inbound", **_PLACES}


def _what(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2] or "turn"


def read(answer: Answer) -> Screen:
    """What a caller hears of an answer. A status of 400 or more is a failure at Twilio, whatever it says."""
    try:
        document = ET.fromstring(answer.body) if 200 <= answer.status < 300 else None
    except ET.ParseError:
        document = None
    if document is None:
        return Screen(failed=True, took=answer.took, status=answer.status)
    said = " ".join(one.text or "" for one in document.iter("Say"))
    for verb in document:
        then, heard = verb.tag.lower(), verb.get("action", "")
        if then in ("gather", "dial"):
            return Screen(said, then, heard, took=answer.took)
        if then == "record":
            where = {
                "recording": verb.get("recordingStatusCallback", ""),
                "transcription": verb.get("transcribeCallback", ""),
            }
            return Screen(said, then, heard, where, took=answer.took)
        if then in ("redirect", "hangup"):
            return Screen(said, then, (verb.text or "").strip(), took=answer.took)
    return Screen(said, "", took=answer.took)
