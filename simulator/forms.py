"""What Twilio puts into each kind of request: forms as lists of (name, value).

Names are those of Twilio's pages on voice and progress. Those of recordings, transcriptions and
conferences are from memory of the vendor's pages: recording and conference callbacks carry no From and To.
"""

from __future__ import annotations

from typing import Any, Protocol

from simulator.conference import Conference
from simulator.recording import Recording

Form = list[tuple[str, str]]
Response = tuple[int, str, str]
"""Status, content type, body."""

_ENDS = ("From", "To", "Caller", "Called")
_PLACES = [f"{end}{place}" for end in _ENDS for place in ("City", "State", "Zip", "Country")]


class Account(Protocol):
    """Whose calls they are, and Twilio's clock."""

    account_sid: str

    def stamp(self) -> str: ...


class Reported(Protocol):
    """What is reported of a leg."""

    sid: str
    caller: str
    called: str
    direction: str
    status: str

    @property
    def exchange(self) -> Account: ...


def voice(leg: Reported) -> Form:
    """What every voice webhook carries; where the numbers are from is blank, as for most numbers outside of the US."""
    return [
        ("CallSid", leg.sid),
        ("AccountSid", leg.exchange.account_sid),
        ("From", leg.caller),
        ("To", leg.called),
        ("Caller", leg.caller),
        ("Called", leg.called),
        ("CallStatus", leg.status),
        ("ApiVersion", "2010-04-01"),
        ("Direction", leg.direction),
        *((name, "") for name in _PLACES),
    ]


def progress(leg: Reported, status: str, sequence: int, seconds: int | None) -> Form:
    """A status callback; `seconds` only when the call is over."""
    form = [(name, status if name == "CallStatus" else value) for name, value in voice(leg)]
    form += [("Timestamp", leg.exchange.stamp()), ("CallbackSource", "call-progress-events")]
    form += [("SequenceNumber", str(sequence))]
    if seconds is not None:
        form += [("CallDuration", str(seconds)), ("Duration", str(-(-seconds // 60)))]
    return form


def recorded(leg: Reported, recording: Recording, digits: str) -> Form:
    """A Record's action: `digits` is the key that ended it, `hangup`, or empty when silence did."""
    form = voice(leg) + _about(leg, recording) + [("RecordingDuration", str(recording.seconds))]
    return form + ([("Digits", digits)] if digits else [])


def recording_status(leg: Reported, recording: Recording | None) -> Form:
    """A recordingStatusCallback: completed, or absent when nothing was said."""
    form = [("AccountSid", leg.exchange.account_sid), ("CallSid", leg.sid)]
    if recording is None:
        return [*form, ("RecordingStatus", "absent")]
    form += [*_about(leg, recording), ("RecordingStatus", "completed")]
    form += [("RecordingDuration", str(recording.seconds)), ("RecordingChannels", "1")]
    return [*form, ("RecordingSource", "RecordVerb")]


def transcribed(leg: Reported, recording: Recording) -> Form:
    """A transcribeCallback: what was typed comes back as what was understood."""
    sid = "TR" + recording.sid[2:]
    return [
        *voice(leg),
        *_about(leg, recording),
        ("TranscriptionSid", sid),
        ("TranscriptionText", recording.text),
        ("TranscriptionStatus", "completed"),
        ("TranscriptionUrl", f"{_account(leg)}/Transcriptions/{sid}"),
    ]


def conference(room: Conference[Any], leg: Reported, event: str) -> Form:
    """A conference's statusCallback: start, join, leave or end."""
    names = {"join": "participant-join", "leave": "participant-leave"}
    form = [
        ("AccountSid", leg.exchange.account_sid),
        ("ConferenceSid", room.sid),
        ("FriendlyName", room.name),
        ("StatusCallbackEvent", names.get(event, f"conference-{event}")),
        ("SequenceNumber", str(room.sequence)),
        ("Timestamp", leg.exchange.stamp()),
    ]
    return form + ([("CallSid", leg.sid)] if event in names else [])


def announcement(leg: Reported, room: Conference[Any]) -> Form:
    """What asks for the words of an announcement: that is not documented, so a desk should not lean on it."""
    form = [("AccountSid", leg.exchange.account_sid), ("CallSid", leg.sid)]
    return [*form, ("ConferenceSid", room.sid), ("FriendlyName", room.name)]


def _about(leg: Reported, recording: Recording) -> Form:
    return [
        ("RecordingUrl", f"{_account(leg)}/Recordings/{recording.sid}"),
        ("RecordingSid", recording.sid),
    ]


def _account(leg: Reported) -> str:
    return f"https://api.twilio.com/2010-04-01/Accounts/{leg.exchange.account_sid}"
