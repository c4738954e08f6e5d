"""The only place where TwiML is drawn: a screen becomes what Twilio plays. Pure.

Every prompt can be interrupted by a key, silence comes back to us as an empty turn (`actionOnEmptyResult`), and the
builder escapes what is said. platform-facts.md 1.5 and 1.6.
"""

from __future__ import annotations

from twilio.twiml.voice_response import Dial, VoiceResponse
from twilio.twiml.voice_response import Gather as GatherVerb

from ivr.phrases import Phrases
from ivr.shapes import Conference, Gather, HangUp, Line, Record, Screen, line

def twiml(screen: Screen, phrases: Phrases, *, action: str, recording: str, transcription: str | None = None) -> str:
    """The document of one turn. `action` is where the next turn goes, `recording` where a finished recording is told."""
    response = VoiceResponse()
    match screen.then:
        case Gather(digits, until_hash, seconds):
            gather = GatherVerb(
                input="dtmf",
                action=action,
                method="POST",
                timeout=seconds,
                num_digits=digits,
                finish_on_key="#" if until_hash else "",
                action_on_empty_result=True,
            )
            _say(gather, screen.lines, phrases)
            response.append(gather)
        case Record(seconds):
            _say(response, screen.lines, phrases)
            words = {"transcribe": True, "transcribe_callback": transcription} if transcription else {}
            response.record(
                action=action,
                method="POST",
                max_length=seconds,
                timeout=5,
                finish_on_key="#",
                play_beep=True,
                recording_status_callback=recording,
                recording_status_callback_method="POST",
                recording_status_callback_event="completed",
                **words,
            )
            response.redirect(action, method="POST")  # nothing was said: Twilio goes on here
        case Conference(room):
            _say(response, screen.lines, phrases)
            dial = Dial(action=action, method="POST")
            dial.conference(room, start_conference_on_enter=True, end_conference_on_exit=True, beep=False)
            response.append(dial)
        case HangUp():
            _say(response, screen.lines, phrases)
            response.hangup()
    return str(response)


def refusal(phrases: Phrases) -> str:
    """What a forged, broken or repeated request hears: nothing to learn from."""
    return _short(phrases, line("goodbye.neutral"))


def dead_end(phrases: Phrases) -> str:
    """The last words when not even a message can be taken."""
    return _short(phrases, line("sorry.dead_end"))


def onward(url: str, phrases: Phrases) -> str:
    """Apologises and goes on somewhere else."""
    response = VoiceResponse()
    _say(response, (line("sorry.fault"),), phrases)
    response.redirect(url, method="POST")
    return str(response)


def nothing() -> str:
    """The answer to a callback whose body controls nothing."""
    return str(VoiceResponse())


def _short(phrases: Phrases, said: Line) -> str:
    response = VoiceResponse()
    _say(response, (said,), phrases)
    response.hangup()
    return str(response)


def _say(verb: VoiceResponse | GatherVerb, lines: tuple[Line, ...], phrases: Phrases) -> None:
    for sentence in map(phrases.say, lines):
        verb.say(sentence, voice=phrases.voice, language=phrases.language)
