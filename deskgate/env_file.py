"""`.env` as text, or in one line why it cannot be read: settings nobody can read would be settings nobody has made."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ENV_FILE: Final = Path(".env")
ENCODING: Final = "utf-8-sig"  # some editors write a mark first, which would become part of the first name


def trouble() -> str | None:
    """What is wrong with the file, and what to do; None if it can be read or is not there."""
    try:
        raw = ENV_FILE.read_bytes() if ENV_FILE.exists() else b""
    except OSError as fault:
        return f".env: cannot be read: {fault.strerror}: check who owns it and its permissions"
    if b"\0" in raw:
        return ".env: is UTF-16, not UTF-8: save it as UTF-8"
    try:
        raw.decode(ENCODING)
    except UnicodeDecodeError as wrong:
        return f".env: line {raw.count(10, 0, wrong.start) + 1} is not UTF-8: save the file as UTF-8"
    return None


def text() -> str:
    return ENV_FILE.read_text(ENCODING, errors="replace") if ENV_FILE.is_file() else ""
