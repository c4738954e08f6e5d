"""How Twilio reads a response: content types, TwiML's grammar, and the errors and warnings it would log.

As Twilio does: an error ends the document; a warning (12200) is logged and what is
wrong is ignored, so that the call goes on as it would at Twilio. A call script fails on either.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field

LARGEST_DOCUMENT = 64 * 1024
LONGEST_SAY = 3000  # the narrowest voice: Polly, tags not counted (13521)

_PROMPTS = frozenset({"Say", "Play", "Pause"})
_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "Say": "voice language loop",
        "Play": "loop digits",
        "Pause": "length",
        "Gather": "input action method timeout finishOnKey numDigits actionOnEmptyResult language hints speechTimeout "
        "maxSpeechTime speechModel enhanced profanityFilter bargeIn partialResultCallback "
        "partialResultCallbackMethod debug",
        "Record": "action method timeout finishOnKey maxLength playBeep trim recordingStatusCallback "
        "recordingStatusCallbackMethod recordingStatusCallbackEvent transcribe transcribeCallback storageUrl",
        "Dial": "action method timeout timeLimit callerId answerOnBridge hangupOnStar record recordingStatusCallback "
        "recordingStatusCallbackMethod recordingStatusCallbackEvent recordingTrack sequential ringTone trim",
        "Conference": "startConferenceOnEnter endConferenceOnExit beep muted maxParticipants waitUrl waitMethod coach "
        "record region trim participantLabel jitterBufferSize statusCallback statusCallbackEvent "
        "statusCallbackMethod recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent",
        "Redirect": "method",
        "Hangup": "",
        "Reject": "reason",
    }.items()
}
_TOP = frozenset(_ATTRIBUTES) - {"Conference"}
_CHILDREN = {"Gather": _PROMPTS, "Dial": frozenset({"Conference"})}
# Real verbs and nouns that this simulator does not play. Passing over one in silence would be a lie.
_UNPLAYED = frozenset(
    {
        "Enqueue",
        "Queue",
        "Leave",
        "Connect",
        "Start",
        "Stop",
        "Pay",
        "Prompt",
        "Sms",
        "Message",
        "Refer",
        "Echo",
        "Siprec",
    }
    | {"Stream", "Number", "Client", "Sip", "Application", "WhatsApp"}
)
_SSML = frozenset({"break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"})
_WHOLE = frozenset({"numDigits", "length", "maxLength", "timeLimit", "loop", "maxParticipants"})
_SWITCHES = frozenset(
    {"actionOnEmptyResult", "playBeep", "transcribe", "hangupOnStar", "muted"}
    | {"startConferenceOnEnter", "endConferenceOnExit"}
)
_KEYS = frozenset("0123456789*#")


class TwimlError(Exception):
    """A response Twilio cannot act on. `code` is Twilio's own error number."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


@dataclass(frozen=True)
class Verb:
    """One element: its name, its attributes as written, its text (for Say: what is spoken), and its children."""

    name: str
    attributes: Mapping[str, str]
    text: str = ""
    children: tuple[Verb, ...] = ()

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def whole(self, name: str, default: int) -> int:
        value = self.attributes.get(name, "")
        return int(value) if value.isascii() and value.isdigit() else default

    def yes(self, name: str, default: bool = False) -> bool:
        return self.attributes.get(name, str(default)).lower() == "true"


@dataclass(frozen=True)
class Document:
    """A response, ready to be played, and the warnings (code, words) Twilio would log about it."""

    verbs: tuple[Verb, ...]
    warnings: list[tuple[int, str]] = field(default_factory=list)


def read(status: int, content_type: str, body: str) -> Document:
    """Turn an HTTP response into a document, or raise TwimlError as Twilio would log it."""
    if not 200 <= status < 300:
        raise TwimlError(11200, f"the response's status was {status}")
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("audio/"):
        return Document((Verb("Play", {}), Verb("Hangup", {})))
    if kind == "text/plain":
        try:
            return parse(body)
        except TwimlError:
            return Document((Verb("Say", {}, " ".join(body.split())), Verb("Hangup", {})))
    if kind not in ("text/xml", "application/xml", "text/html"):
        raise TwimlError(12300, f"the response's content type was {kind or 'missing'}, not XML")
    return parse(body)


def parse(body: str) -> Document:
    """Parse TwiML; raises TwimlError 12100 for what is no XML or no Response."""
    raw = body.encode()
    if len(raw) > LARGEST_DOCUMENT:
        raise TwimlError(12100, f"the document has {len(raw)} bytes, more than {LARGEST_DOCUMENT}")
    try:
        root = ET.fromstring(raw)  # noqa: S314  # our own desk's response, on loopback, and small
    except (ET.ParseError, ValueError) as error:
        raise TwimlError(12100, f"the document is not XML: {error}") from None
    if root.tag != "Response":
        raise TwimlError(12100, f"the document's root is <{root.tag}>, not <Response>")
    warnings: list[tuple[int, str]] = []
    if (root.text or "").strip() or any((child.tail or "").strip() for child in root):
        warnings.append((12200, "there is text outside of any verb"))
    verbs = tuple(verb for child in root if (verb := _verb(child, _TOP, "Response", warnings)))
    return Document(verbs, warnings)


def _verb(element: ET.Element, allowed: frozenset[str], parent: str, warnings: list[tuple[int, str]]) -> Verb | None:
    name = element.tag
    if name in _UNPLAYED:
        return Verb(name, dict(element.attrib), "unplayed")
    if name not in allowed:
        warnings.append((12200, f"<{name}> is not allowed in <{parent}>, it was ignored"))
        return None
    for attribute, value in element.attrib.items():
        if (complaint := _complaint(name, attribute, value)) is not None:
            warnings.append((12200, f'<{name} {attribute}="{value}">: {complaint}'))
    if name == "Say":
        text = _spoken(element, warnings)
        if not text:
            warnings.append((13520, "<Say> has no words"))
        if len(text) > LONGEST_SAY:
            warnings.append((13521, f"<Say> has {len(text)} characters, more than {LONGEST_SAY}"))
        return Verb(name, dict(element.attrib), text)
    inside = _CHILDREN.get(name, frozenset())
    children = tuple(verb for child in element if (verb := _verb(child, inside, name, warnings)))
    return Verb(name, dict(element.attrib), (element.text or "").strip(), children)


def _complaint(verb: str, attribute: str, value: str) -> str | None:
    if attribute not in _ATTRIBUTES[verb]:
        return "no such attribute"
    if attribute in _WHOLE and not (value.isascii() and value.isdigit()):
        return "not a whole number"
    if attribute == "timeout" and not ((value.isascii() and value.isdigit()) or (verb, value) == ("Gather", "auto")):
        return "not a whole number"
    if attribute in _SWITCHES and value not in ("true", "false"):
        return "neither true nor false"
    if attribute == "method" and value not in ("POST", "GET"):
        return "neither POST nor GET"
    if attribute == "finishOnKey" and (not set(value) <= _KEYS or (verb == "Gather" and len(value) > 1)):
        return "not a key" if verb == "Gather" else "not keys"
    return None


def _spoken(say: ET.Element, warnings: list[tuple[int, str]]) -> str:
    """The words of a Say, SSML inside taken as what it says: say-as digits 4821 is heard as 4821."""
    parts: list[str] = []

    def collect(element: ET.Element) -> None:
        parts.append(element.text or "")
        for child in element:
            tag = child.tag
            if tag not in _SSML and not tag.startswith("amazon:"):
                warnings.append((12200, f"<{tag}> is not allowed in <Say>"))
            apart = " " if tag in ("break", "p", "s") else ""
            parts.append(apart)
            collect(child)
            parts.extend((apart, child.tail or ""))

    collect(say)
    return " ".join("".join(parts).split())
