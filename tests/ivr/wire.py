"""Signed webhooks by hand, and the raw TwiML that comes back: for what no well-behaved phone would do."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from threading import Barrier
from typing import Any, NamedTuple
from urllib.parse import urlencode
from xml.etree import ElementTree

from sqlalchemy import Engine, NullPool, create_engine, func, select, update
from starlette.types import Message
from twilio.request_validator import RequestValidator

from ivr.asks import DeskSettings
from ivr.types import Call
from store import tables
from store.calls import call_state
from tests.desk import PUBLIC, Desk

Form = list[tuple[str, str]]
ANYTHING = "Anything else? Press 9 for the menu, or hang up."  # after whatever a caller has done
_PLACES = [
    f"{end}{place}" for end in ("From", "To", "Caller", "Called") for place in ("City", "State", "Zip", "Country")
]


class Answer(NamedTuple):
    status: int
    kind: str
    text: str

    @property
    def said(self) -> list[str]:
        return [say.text or "" for say in ElementTree.fromstring(self.text).iter("Say")]

    @property
    def action(self) -> str:
        """The path where the next turn goes."""
        document = ElementTree.fromstring(self.text)
        for verb in document.iter():
            if verb.tag in ("Gather", "Record", "Dial"):
                return verb.get("action", "").removeprefix(PUBLIC)
            if verb.tag == "Redirect":
                return (verb.text or "").removeprefix(PUBLIC)
        raise AssertionError(f"nothing comes after {self.text}")


class Wire:
    """Posts to one desk what is signed with the token it knows, or with another."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.account = desk, desk.exchange.account_sid
        self._signer = RequestValidator(desk.exchange.auth_token)

    def sign(self, path: str, form: Form, base: str = PUBLIC) -> str:
        signature: str = self._signer.compute_signature(base + path, _Pairs(form))
        return signature

    def post(self, path: str, form: Form, signature: str | None = None, **headers: str) -> Answer:
        if signature is None:
            signature = self.sign(path, form)
        return self.send(path, urlencode(form).encode(), **{"X-Twilio-Signature": signature} | headers)

    def send(self, path: str, body: bytes, method: str = "POST", **headers: str) -> Answer:
        given = {"Content-Type": "application/x-www-form-urlencoded"} | headers
        raw = [(name.encode(), value.encode("latin-1")) for name, value in given.items()]
        answer = self.desk.client.request(method, path, content=body, headers=raw, follow_redirects=False)
        return Answer(answer.status_code, answer.headers.get("content-type", ""), answer.text)

    def raw(self, path: bytes, query: bytes, headers: Sequence[tuple[bytes, bytes]], chunks: Iterator[bytes]) -> Answer:
        """Straight at the app, for what an HTTP client would not send. Chunks are asked for one by one."""
        said: list[Message] = []

        async def receive() -> Message:
            chunk = next(chunks, None)
            return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

        async def send(message: Message) -> None:
            said.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": path.decode("latin-1"),
            "raw_path": path,
            "query_string": query,
        }
        scope |= {"headers": list(headers), "scheme": "http", "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 9)}
        asyncio.run(self.desk.app({**scope, "http_version": "1.1", "root_path": ""}, receive, send))
        kind = dict(said[0]["headers"]).get(b"content-type", b"").decode()
        return Answer(said[0]["status"], kind, b"".join(message.get("body", b"") for message in said[1:]).decode())


class _Pairs(dict[str, str]):
    def __init__(self, pairs: Form) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def getlist(self, name: str) -> list[str]:
        return [value for key, value in self._pairs if key == name]


class Caller:
    """One call by hand: `key` and `say` follow the last answer's action; `last` is what was sent last."""

    _count = itertools.count(1)

    def __init__(self, wire: Wire, number: str = "+441632960108", sid: str = "", *, attested: str = "") -> None:
        self.wire, self.number, self.attested = wire, number, attested
        self.sid = sid or f"CA{next(self._count):032x}"
        self.answer = Answer(0, "", "")
        self.sent: list[tuple[str, Form, Answer]] = []

    def form(self, *more: tuple[str, str], status: str = "in-progress") -> Form:
        """As Twilio sends it: sorted by nothing, most places blank."""
        return [
            ("CallSid", self.sid),
            ("AccountSid", self.wire.account),
            ("From", self.number),
            ("To", "+441632960000"),
            ("Caller", self.number),
            ("Called", "+441632960000"),
            ("CallStatus", status),
            ("ApiVersion", "2010-04-01"),
            ("Direction", "inbound"),
            *([("StirVerstat", self.attested)] if self.attested else []),
            *((place, "") for place in _PLACES),
            *more,
        ]

    def post(self, path: str, form: Form) -> Answer:
        self.wire.desk.now += 1  # no two requests at the same time: what is written has an order
        answer = self.wire.post(path, form)
        self.sent.append((path, form, answer))
        return answer

    def dial(self) -> Answer:
        self.answer = self.post("/ivr/voice", self.form(status="ringing"))
        return self.answer

    def key(self, digits: str) -> Answer:
        self.answer = self.post(self.answer.action, self.form(("Digits", digits)))
        return self.answer

    def say(self, recording: str = "", digits: str = "#") -> Answer:
        self.answer = self.post(self.answer.action, self.spoken(recording, digits))
        return self.answer

    def spoken(self, recording: str = "", digits: str = "#") -> Form:
        sid = recording or "RE" + self.sid[2:]
        url = f"https://api.twilio.com/2010-04-01/Accounts/{self.wire.account}/Recordings/{sid}"
        about = [("RecordingUrl", url), ("RecordingSid", sid), ("RecordingDuration", "5")]
        return self.form(*about, ("Digits", digits))

    def recorded(self, recording: str = "") -> Answer:
        """The recording's own callback."""
        sid = recording or "RE" + self.sid[2:]
        form = [("AccountSid", self.wire.account), ("CallSid", self.sid), ("RecordingSid", sid)]
        return self.post("/ivr/recording", [*form, ("RecordingStatus", "completed"), ("RecordingDuration", "5")])

    def transcribed(self, text: str, recording: str = "") -> Answer:
        sid = recording or "RE" + self.sid[2:]
        more = [("RecordingSid", sid), ("TranscriptionText", text), ("TranscriptionStatus", "completed")]
        return self.post("/ivr/transcription", self.form(*more))

    def hang_up(self) -> Answer:
        return self.post("/ivr/status", self.form(("SequenceNumber", "0"), ("CallDuration", "9"), status="completed"))

    def prove(self, support_id: str = "", pin: str = "17846325") -> Answer:
        """Up to the menu."""
        self.dial()
        self.key(support_id)
        return self.key(pin)

    def again(self, *, digits: str | None = None, recording: str = "") -> Answer:
        """The last webhook once more, with other keys or another recording if wanted."""
        path, form, _ = self.sent[-1]
        other = {"Digits": digits} if digits is not None else {"RecordingSid": recording} if recording else {}
        return self.wire.post(path, [(name, other.get(name, value)) for name, value in form])


def all_at_once(callers: int, path: str, form: Form, wire: Wire) -> list[Answer]:
    """So many deliveries of one request, let go together."""
    ready = Barrier(callers)

    def deliver(_n: int) -> Answer:
        ready.wait(30)
        return wire.post(path, form)

    with ThreadPoolExecutor(callers) as threads:
        return list(threads.map(deliver, range(callers)))


# --- what the database holds, seen and changed from outside: for tests alone


@lru_cache(maxsize=4)
def _outside(url: str) -> Engine:
    return create_engine(url, poolclass=NullPool)


def rows(desk: Desk, query: Any) -> Sequence[Any]:
    with _outside(desk.store.url).begin() as connection:
        return connection.execute(query).all()


def change(desk: Desk, *statements: Any) -> None:
    with _outside(desk.store.url).begin() as connection:
        for statement in statements:
            connection.execute(statement)


def state_of(desk: Desk, sid: str) -> Call:
    """Where a call stands, unsealed."""
    with desk.store.transaction("test", sid) as tx:
        row = call_state.load(tx, sid)
        assert row is not None
        return Call.from_json(row.state)


def set_state(desk: Desk, sid: str, call: Call) -> None:
    with desk.store.transaction("test", sid) as tx:
        call_state.update_state(tx, sid, call.to_json())
        tx.connection.execute(update(tables.calls).where(tables.calls.c.sid == sid).values(proved_by=call.proved_by))


def settings_of(desk: Desk) -> DeskSettings:
    assert desk.container.phone is not None
    return desk.container.phone.settings


def count(desk: Desk, table: Any, *where: Any) -> int:
    found: int = rows(desk, select(func.count()).select_from(table).where(*where))[0][0]
    return found


def kept(desk: Desk, but: Sequence[Any] = (tables.segments,)) -> str:
    """A digest of everything in the database, row by row. A segment of the ledger may be opened for what then writes nothing."""
    digest = hashlib.sha256()
    with _outside(desk.store.url).begin() as connection:
        for table in tables.Base.metadata.sorted_tables:
            if table not in but:
                found = sorted(map(repr, connection.execute(select(table))))
                digest.update(repr((table.name, found)).encode())
    return digest.hexdigest()
