"""The only place where TwiML is drawn: a screen becomes what Twilio plays. Pure.

Every prompt can be interrupted by a key, silence comes back to us as an empty turn (`actionOnEmptyResult`), and the
builder escapes what is said.
"""

from __future__ import annotations

import secrets
from functools import lru_cache
from xml.sax.saxutils import escape

from twilio.twiml.voice_response import Dial, VoiceResponse
from twilio.twiml.voice_response import Gather as GatherVerb

from ivr.phrases import Phrases
from ivr.types import Conference, Gather, HangUp, Record, Screen, Then, Utterance, say


def twiml(screen: Screen, phrases: Phrases, *, action: str, recording: str, transcription: str | None = None) -> str:
    """The document of one turn. `action` is where the next turn goes, `recording` where a finished recording is told."""
    said = tuple(map(phrases.say, screen.utterances))
    if any(utterance.values for utterance in screen.utterances):
        draw = _drawn
    else:
        draw = _drawn_once
    document = draw(said, screen.then, phrases.voice, phrases.language, recording, transcription, screen.pause)
    return document.replace(_ACTION, escape(action))


def _drawn(
    said: tuple[str, ...], then: Then, voice: str, language: str, recording: str, transcription: str | None, pause: int
) -> str:
    response = VoiceResponse()
    if pause:
        response.pause(length=pause)  # before the Gather: no key cuts it short
    speaker: VoiceResponse | GatherVerb = response
    if isinstance(then, Gather):
        speaker = GatherVerb(
            input="dtmf",
            action=_ACTION,
            method="POST",
            timeout=then.seconds,
            num_digits=then.digits,
            finish_on_key="#" if then.until_hash else "",
            action_on_empty_result=True,
        )
    for sentence in said:
        speaker.say(sentence, voice=voice, language=language)
    match then:
        case Gather():
            response.append(speaker)
        case Record(seconds):
            words = {"transcribe": True, "transcribe_callback": transcription} if transcription else {}
            response.record(
                action=_ACTION,
                method="POST",
                max_length=seconds,
                timeout=5,
                finish_on_key="#",
                play_beep=True,
                recording_status_callback=recording,
                recording_status_callback_method="POST",
                recording_status_callback_event="completed absent",
                **words,
            )
            response.redirect(_ACTION, method="POST")  # nothing was said: Twilio goes on here
        case Conference(room, ends):
            dial = Dial(action=_ACTION, method="POST")
            dial.conference(room, start_conference_on_enter=True, end_conference_on_exit=ends, beep=False)
            response.append(dial)
        case HangUp():
            response.hangup()
    return str(response)


_drawn_once = lru_cache(maxsize=256)(_drawn)  # only our own words are remembered, never what belongs to a customer
_ACTION = f"urn:{secrets.token_hex(16)}"  # stands for the turn's URL until the document is drawn; nobody can say it


def refusal(phrases: Phrases) -> str:
    """The answer to a forged, broken or repeated request: it teaches nothing."""
    return _short(phrases, say("goodbye.neutral"))


def dead_end(phrases: Phrases) -> str:
    """The last words when not even a message can be taken."""
    return _short(phrases, say("sorry.dead_end"))


def full(phrases: Phrases) -> str:
    """The answer where more call than can be answered in time."""
    return _short(phrases, say("goodbye.full"))


def announced(phrases: Phrases, said: Utterance) -> str:
    """What is said to one of those in a room, who stays in it."""
    response = VoiceResponse()
    response.say(phrases.say(said), voice=phrases.voice, language=phrases.language)
    return str(response)


def onward(url: str, phrases: Phrases) -> str:
    """Apologises and goes on somewhere else."""
    response = VoiceResponse()
    response.say(phrases.say(say("sorry.fault")), voice=phrases.voice, language=phrases.language)
    response.redirect(url, method="POST")
    return str(response)


def nothing() -> str:
    """The answer to a callback whose body controls nothing."""
    return str(VoiceResponse())


def _short(phrases: Phrases, said: Utterance) -> str:
    response = VoiceResponse()
    response.say(phrases.say(said), voice=phrases.voice, language=phrases.language)
    response.hangup()
    return str(response)
