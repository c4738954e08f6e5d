"""Several web processes: started, watched, and replaced where one has died or hangs, which stands in the log."""

from __future__ import annotations

from typing import Final

import structlog
from uvicorn.config import Config
from uvicorn.supervisors import Multiprocess

log = structlog.get_logger("deskgate")
# Seconds until a process counts as hung. It answers nobody while it starts, and on a busy machine that takes a while:
# with uvicorn's own five seconds slow ones were killed before they had started, for ever.
SILENT_FOR: Final = 60


class Workers(Multiprocess):
    def keep_subprocess_alive(self) -> None:
        before = list(self.processes)
        super().keep_subprocess_alive()
        for old, new in zip(before, self.processes, strict=True):
            if old is not new:
                log.error("worker replaced", pid=old.pid, exit=old.exitcode, by=new.pid)


def run(config: Config) -> None:
    """Until it is told to go."""
    Workers(config, [config.bind_socket()]).run()
