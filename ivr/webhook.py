"""What comes in from Twilio: checked before it is parsed, then read by an exact grammar.

Twilio's signature has no separators, no time and no nonce: a captured request can be re-cut and still carry a valid one. So every parameter we use has an exact form, those that are always sent must be there, none may come
twice, and each turn carries a single-use token of ours (`step_token`).
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from typing import Annotated, Final
from urllib.parse import parse_qsl

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_pascal
from starlette.exceptions import HTTPException
from twilio.request_validator import RequestValidator

from store import Keys
from store.text.cleaning import cleaned

MOST_PARAMETERS: Final = 80

CallSid = Annotated[str, Field(pattern=r"^CA[0-9a-f]{32}$")]
RecordingSid = Annotated[str, Field(pattern=r"^RE[0-9a-f]{32}$")]
CallStatus = Annotated[
    str, Field(pattern="^(queued|initiated|ringing|in-progress|answered|completed|busy|failed|no-answer|canceled)$")
]


class Webhook(BaseModel):
    """An announcement in a room: what else comes with it is not documented. What is empty was not sent; of `digits` that is None."""

    model_config = ConfigDict(frozen=True, alias_generator=to_pascal)

    account_sid: str = Field(pattern="^AC[0-9a-f]{32}$")
    answered_by: str = Field("", pattern="^(human|machine_start|machine_end_(beep|silence|other)|fax|unknown)$")
    api_version: str = Field("", pattern="^2010-04-01$")
    call_sid: CallSid = ""
    call_status: CallStatus = ""
    direction: str = Field("", pattern="^(inbound|outbound-api|outbound-dial)$")
    digits: Annotated[str | None, Field(pattern="^([0-9*#]{0,64}|hangup)$")] = None
    dial_call_status: str = Field("", pattern="^(completed|answered|busy|no-answer|failed|canceled)$")
    called_from: str = Field("", alias="From")
    recording_sid: RecordingSid = ""
    recording_duration: str = Field("", pattern="^-?[0-9]{1,6}$")
    recording_status: str = Field("", pattern="^(in-progress|completed|absent|failed)$")
    stir_verstat: str = ""
    transcription_status: str = Field("", pattern="^(completed|failed)$")
    transcription_text: Annotated[str, AfterValidator(cleaned)] = ""

    @property
    def number(self) -> str | None:
        """The number called from, or None: withheld, a SIP address, a stand-in, anything that is not E.164."""
        return self.called_from if _E164.fullmatch(self.called_from) and self.called_from not in _STAND_INS else None

    @property
    def is_attested(self) -> bool:
        """Whether the network vouches for the number. True proves nobody, and False says nothing either way."""
        return self.stir_verstat == "TN-Validation-Passed-A" and self.number is not None


class OfACall(Webhook):
    """With all that always comes with a call: a request without one of them has been re-cut."""

    api_version: str = Field(pattern="^2010-04-01$")
    call_sid: CallSid
    call_status: CallStatus
    direction: str = Field(pattern="^(inbound|outbound-api|outbound-dial)$")
    called_from: str = Field(alias="From")
    to: str


class OfARecording(Webhook):
    """Where nothing was recorded there may be no `recording_sid`."""

    call_sid: CallSid


class OfATranscription(OfARecording):
    recording_sid: RecordingSid


OVER: Final = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})  # CallStatus of a leg that has ended
_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{27}=")  # SHA-1 in base64
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class _Parameters(dict[str, list[str]]):
    """Parameters as the validator wants them: repeated ones by `getall`."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        for name, value in pairs:
            self.setdefault(name, []).append(value)

    def getall(self, name: str) -> list[str]:
        return self[name]


class Twilio:
    """Our Twilio account: checks that a request is from Twilio, for us, over the public URL, and reads it."""

    def __init__(self, account_sid: str, auth_tokens: Sequence[str], public_url: str) -> None:
        self._account_sid = account_sid
        self._validators = [RequestValidator(token) for token in auth_tokens]
        self._public_url = public_url.rstrip("/")

    def url(self, path_and_query: str) -> str:
        """Where Twilio reaches us, whatever proxy stands between."""
        return self._public_url + path_and_query

    def read(self, path_and_query: str, body: bytes, signature: str, kind: type[Webhook] = OfACall) -> Webhook:
        """The parameters we use, verified. Raises `HTTPException`: 403 unsigned or not ours, 400 otherwise."""
        pairs = self._verified(path_and_query, body, signature)
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            raise HTTPException(400, "a parameter came twice")
        try:
            found = kind.model_validate(dict(pairs))
        except ValidationError as wrong:
            first = wrong.errors(include_input=False)[0]
            how = "is missing" if first["type"] == "missing" else "has a wrong form"
            raise HTTPException(400, f"{first['loc'][0]} {how}") from None
        if not hmac.compare_digest(found.account_sid.encode(), self._account_sid.encode()):
            raise HTTPException(403, "for another account")
        return found

    @staticmethod
    def may_be_signed(signature: str) -> None:
        """Raises `HTTPException` (403) where that is no signature at all, before anything else is read."""
        if not _SIGNATURE.fullmatch(signature):
            raise HTTPException(403, "unsigned")

    def _verified(self, path_and_query: str, body: bytes, signature: str) -> list[tuple[str, str]]:
        self.may_be_signed(signature)
        try:
            pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
        except ValueError:
            raise HTTPException(403, "not a form") from None
        url, parameters = self.url(path_and_query), _Parameters(pairs)
        if not any(_is_signed(validator, url, parameters, signature) for validator in self._validators):
            raise HTTPException(403, "not signed by Twilio")
        return pairs


def _is_signed(validator: RequestValidator, url: str, parameters: _Parameters, signature: str) -> bool:
    """Over the URL as we know it, which is nearly always; `validate` looks at ports written out as well, and takes twice as long."""
    expected = validator.compute_signature(url, parameters)
    return hmac.compare_digest(expected.encode(), signature.encode()) or validator.validate(url, parameters, signature)


# Digits carriers put in place of a withheld number; from memory, Twilio lists none (docs/reference/platforms.md).
_STAND_INS = {"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"}


def step_token(keys: Keys, name: str, step: int) -> str:
    """The token the next turn must bring. It needs no column: it is good for one step, and the step is in the row."""
    digest = hmac.digest(keys.newest("steps").secret, f"{name}|{step}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:15]).decode()


def is_step_token(keys: Keys, token: str, name: str, step: int) -> bool:
    """Also one made under an older key, while it is being rotated."""
    fits = False
    for key in keys.for_use("steps"):
        digest = hmac.digest(key.secret, f"{name}|{step}".encode(), "sha256")
        made = base64.urlsafe_b64encode(digest[:15])
        fits |= hmac.compare_digest(made, token.encode("utf-8", "replace"))
    return fits
