"""A fault of ours, for whoever mends it: a short number that its reader and the log both have, and where in our code it was; not a word of what it was about.

What an exception says may quote an address or a number, so its words go nowhere: neither into the log, nor to the maintainers (`deskgate report`).
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import structlog

LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"  # no vowel, so that it is no word; no digit, so that nobody takes it for a code
FRAMES: Final = 8
KEPT: Final = 100
LARGEST: Final = 256 * 1024  # bytes, of the file that the last are kept in
ROOT: Final = Path(__file__).resolve().parent.parent
OURS: Final = frozenset(("api", "authz", "bot", "desk", "deskgate", "ivr", "portal", "simulator", "store"))
CHANNELS: Final = ("phone", "slack", "portal", "api", "mail", "worker", "web")
NAME: Final = "faults.jsonl"
log = structlog.get_logger("desk")
_lock = threading.Lock()
_told: list[Callable[[str], None]] = []
_file: list[Path] = []  # where the last are kept; none as long as nobody has said where


@dataclass(frozen=True, slots=True)
class Fault:
    """`at` in milliseconds since 1970; `error`: the exception's type, and that of its cause; `code`: the database's or the system's own, such as
    `SQLITE_FULL`, or empty; `frames`: where it was, the innermost last."""

    number: str
    at: int
    channel: str
    error: str
    code: str
    frames: tuple[str, ...]


def note(fault: BaseException, channel: str, *, route: str = "", kind: str = "", thread: str = "") -> str:
    """Logs a fault; its number, for whoever meets it. Of one exception it is the same, and logged once. `channel`: of
    `CHANNELS`, `web` for what no channel knows; `route`, `kind` and `thread` are our own words for what was going on."""
    known = getattr(fault, "deskgate_number", None)
    if isinstance(known, str):
        return known
    made = of(fault, channel)
    log.error(
        "internal_error",
        fault=made.number,
        channel=channel,
        route=route,
        kind=kind,
        thread=thread,
        error=made.error,
        code=made.code,
        at=list(made.frames),
    )
    return made.number


def of(fault: BaseException, channel: str) -> Fault:
    """What may be known of it; counted and kept. Whoever calls this logs it."""
    number = "".join(secrets.choice(LETTERS) for _ in range(6))
    made = Fault(number, time.time_ns() // 1_000_000, channel, _types(fault), _code(fault), tuple(_frames(fault)))
    with suppress(AttributeError):
        fault.deskgate_number = number  # type: ignore[attr-defined] # the next who catches it says the same
    for tell_of in _told:
        tell_of(channel)
    with _lock, suppress(OSError):
        if _file:
            _keep(_file[0], made)
    return made


def tell(how: Callable[[str], None]) -> None:
    """Whoever counts them is called with the channel of each."""
    _told.append(how)


def keep_in(folder: Path | None) -> None:
    """The last are kept there from now on, in a file for its owner alone. None: nowhere."""
    _file[:] = [] if folder is None else [folder / NAME]


def kept(folder: Path) -> list[dict[str, Any]]:
    """The last hundred of all processes of this machine, the oldest first. What cannot be read is left out."""
    found: list[dict[str, Any]] = []
    with suppress(OSError):
        for line in (folder / NAME).read_text("utf-8", "replace").splitlines()[-KEPT:]:
            with suppress(ValueError):
                found.append(json.loads(line))
    return found


def _keep(path: Path, made: Fault) -> None:
    wanted = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    with os.fdopen(os.open(path, wanted, 0o600), "a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(made)) + "\n")
        grown = file.tell() > LARGEST
    if grown:  # another process may write meanwhile: its line is lost then, and the log has it
        last = path.read_text("utf-8", "replace").splitlines()[-KEPT:]
        path.write_text("\n".join(last) + "\n", "utf-8")


def _chain(fault: BaseException) -> Iterator[BaseException]:
    """The fault, and what led to it."""
    seen: BaseException | None = fault
    for _ in range(4):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)


def _types(fault: BaseException) -> str:
    return " from ".join(type(one).__name__ for one in _chain(fault))


def _code(fault: BaseException) -> str:
    for one in _chain(fault):
        for found in (getattr(one, "sqlstate", None), getattr(one, "sqlite_errorname", None)):
            if isinstance(found, str):
                return found
        if isinstance(one, OSError) and one.errno is not None:
            return errno.errorcode.get(one.errno, "")
    return ""


def _frames(fault: BaseException) -> list[str]:
    """Files and lines of ours, and the innermost of all, whosesoever it is. No line's text and no variable."""
    found = [(Path(at.filename), at.lineno, at.name) for at in traceback.extract_tb(fault.__traceback__)]
    ours = [one for one in found if _is_ours(one[0])][-FRAMES:]
    last = [one for one in found[-1:] if one not in ours]
    return [f"{_name(path)}:{line} {name}" for path, line, name in (*ours, *last)]


def _is_ours(path: Path) -> bool:
    return path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in OURS


def _name(path: Path) -> str:
    """As it is named in the source; of another's package from that on."""
    if "site-packages" in path.parts:
        return "/".join(path.parts[path.parts.index("site-packages") + 1 :])
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
