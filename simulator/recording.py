"""A recording that nobody spoke: a small real WAV, with what was typed in its place kept as its comment."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

_RATE = 8000


@dataclass(frozen=True)
class Recording:
    """What Twilio would keep of one Record: `text` is what was typed instead of spoken."""

    sid: str
    call: str
    text: str

    @property
    def seconds(self) -> int:
        """About as long as the words would take to say; never zero."""
        return max(1, round(len(self.text.split()) / 2.5))

    def wav(self) -> bytes:
        """One second of a quiet tone, 8 kHz, 16 bit, mono; the text is the RIFF INFO comment (ICMT)."""
        tone = b"".join(
            struct.pack("<h", round(900 * math.sin(2 * math.pi * 440 * sample / _RATE))) for sample in range(_RATE)
        )
        chunks = (
            _chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, _RATE, _RATE * 2, 2, 16))
            + _chunk(b"LIST", b"INFO" + _chunk(b"ICMT", self.text.encode() + b"\0"))
            + _chunk(b"data", tone)
        )
        return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def comment(wav: bytes) -> str:
    """The text kept in a recording's WAV; empty when there is none."""
    at = wav.find(b"ICMT")
    if at < 0:
        return ""
    (size,) = struct.unpack("<I", wav[at + 4 : at + 8])
    return wav[at + 8 : at + 8 + size].rstrip(b"\0").decode()


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
