"""Where the tests put what need not outlive them: in memory where there is room, for nothing of it need reach the disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

ROOM: Final = 2 * 1024**3  # bytes


def _scratch() -> Path:
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return memory if roomy else Path("/tmp")


SCRATCH: Final = _scratch()
