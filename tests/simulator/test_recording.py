"""The recordings' sound is sound: any player can read it, and the words are in its comment."""

from __future__ import annotations

import io
import wave

from simulator.recording import Recording, comment


def test_a_recording_is_a_second_of_sound_with_its_words() -> None:
    wav = Recording("RE1", "CA1", "odd").wav()
    with wave.open(io.BytesIO(wav)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getnframes()) == (8000, 1, 8000)
    assert int.from_bytes(wav[4:8], "little") == len(wav) - 8
    assert comment(wav) == "odd"
    assert comment(b"RIFF") == ""


def test_it_is_as_long_as_its_words() -> None:
    assert Recording("RE1", "CA1", "one").seconds == 1
    assert Recording("RE1", "CA1", "word " * 50).seconds == 20
