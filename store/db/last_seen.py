"""What this machine has seen of a database, in a small file outside it: one that is behind that was restored, or lost its end.

The file survives the restore because it lies neither in the database nor beside it. It keeps the newest checkpoint, and who of
the staff is suspended, by username: ids begin anew in a new database.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from store.db.engine import read_url
from store.db.own_folder import folder_of_ours

SYSTEMD: Final = "/var/lib/deskgate"


def state_folder() -> Path | None:
    """A folder of ours that outlives a reboot; None where the machine allows none. The operator's shell finds
    the folder of systemd's `StateDirectory=deskgate` as well, though it is not told of it."""
    given = os.environ.get("STATE_DIRECTORY", "").split(":")[0] or (SYSTEMD if Path(SYSTEMD).is_dir() else "")
    return folder_of_ours(given, os.environ.get("XDG_STATE_HOME", "") or "~/.local/state")


@dataclass(frozen=True, slots=True)
class Seen:
    """`checkpoint` and its `digest` in hex; `suspended` are usernames. `origin` is the digest of the first checkpoint of all, which
    every copy and backup has as well."""

    checkpoint: int
    digest: str
    suspended: tuple[str, ...]
    origin: str = ""


class Memory:
    """What was seen of one database, shared by all processes of this machine. Without a folder it lasts as long as the process."""

    def __init__(self, url: str) -> None:
        self._name = _name(url)
        self._own: Seen | None = None

    @cached_property  # made when it is first needed: a mere question makes no folder
    def path(self) -> Path | None:
        folder = state_folder()
        return None if folder is None else folder / f"seen-{self._name}.json"

    @property
    def is_new(self) -> bool:
        """Whether this machine has not met a database under this name."""
        return self.path is not None and not self.path.exists()

    def recall(self) -> Seen | None:
        """None: nothing, or nothing that can be read."""
        return self._own if self.path is None else _read(self.path)

    def recall_other(self, origin: str) -> Seen | None:
        """The newest checkpoint this machine has seen of it under another name: a backup is often restored under a new one."""
        if self.path is None or not origin:
            return None
        found = [seen for path in self.path.parent.glob("seen-*.json") if (seen := _read(path)) is not None]
        return max((seen for seen in found if seen.origin == origin), key=lambda seen: seen.checkpoint, default=None)

    def keep(self, seen: Seen | None) -> None:
        """Writes the whole file or leaves the old one: a full disk must not stop checkpoints. None: deletes it."""
        self._own = seen
        if self.path is None:
            return
        new = self.path.with_suffix(".new")
        with suppress(OSError):
            wanted = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
            with os.fdopen(os.open(new, wanted, 0o600), "w") as file:
                file.write(json.dumps(asdict(seen) if seen is not None else None))
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.path)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Processes look and write one after the other, so that a restore is answered once."""
        lock = None
        with suppress(OSError):
            if self.path is not None:
                wanted = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
                lock = os.open(self.path.with_suffix(".lock"), wanted, 0o600)
                fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            if lock is not None:
                os.close(lock)


def _read(path: Path) -> Seen | None:
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        kept = json.loads(path.read_text("utf-8"))
        suspended = tuple(map(str, kept["suspended"]))
        return Seen(int(kept["checkpoint"]), str(kept["digest"]), suspended, str(kept.get("origin", "")))
    return None


def _name(url: str) -> str:
    """The name of a database: the same for every login and every working directory."""
    parsed = read_url(url)
    where = (
        str(Path(parsed.database).resolve())
        if parsed.get_backend_name() == "sqlite" and parsed.database
        else f"{parsed.host}:{parsed.port}/{parsed.database}{sorted(parsed.query.items())}"
    )
    return hashlib.sha256(where.encode()).hexdigest()[:16]
