"""A folder on this machine that belongs to this service: nobody else made it, and nobody else can write to it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path


def folder_of_ours(*bases: str) -> Path | None:
    """Our folder inside the first of these parents that allows one; made if it is missing. None: no parent allows one."""
    for base in bases:
        folder = Path(base, "deskgate")
        with suppress(OSError, RuntimeError):  # no home
            folder = folder.expanduser()
            if not folder.is_absolute():
                continue
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = folder.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022:
                return folder
    return None
