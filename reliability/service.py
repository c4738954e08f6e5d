"""The service under test, as `deskgate serve` runs it, in processes of its own that can be measured, stopped and killed.

    with Service(url, world.environment(), folder / "log", workers=2, port=9210) as service:
        service.public, service.lines()          # where it is; connections to it
        service.processes()                      # pids, the children too

`broken` is `module:name` of what is called in its process before it starts, for a control; then there is one worker, for others would not know of it.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final

from benchmarks.measuring import APART
from reliability.world.lines import Lines
from tests.desk import SECRET

STARTS: Final = 90.0  # seconds
ENDS: Final = 40.0
HOST: Final = "127.0.0.1"


def free_port() -> int:
    with socket.create_server((HOST, 0)) as free:
        port: int = free.getsockname()[1]
    return port


class Service:
    """Begun at once; `ready()` waits until every worker answers. A context manager, which does both and stops it at the end."""

    def __init__(
        self, url: str, environment: dict[str, str], log: Path, *, workers: int = 1, port: int = 0, broken: str = ""
    ) -> None:
        self.port, self.log, self.workers = port or free_port(), log, workers
        self.public = f"http://{HOST}:{self.port}"
        known = {"DATABASE_URL": url, "SECRET_KEYS": SECRET, "PUBLIC_URL": self.public, **environment}
        self._given = (self.port, workers, known, str(log), broken)
        self.start()

    def start(self) -> None:
        # Not a daemon: those may have no workers of their own.
        self._process = APART.Process(target=_serve, args=self._given)
        self._process.start()

    def __enter__(self) -> Service:
        try:
            self.ready()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def ready(self) -> None:
        """Raises RuntimeError, with the end of its log, if it ends by itself or takes too long."""
        until = time.monotonic() + STARTS
        while not asyncio.run(self._answers()):
            if self._process.exitcode is not None or time.monotonic() > until:
                raise RuntimeError(f"the service did not start: {self.log.read_text('utf-8', 'replace')[-2000:]}")
            time.sleep(0.05)

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection(HOST, self.port)
            writer.write(b"GET /readyz HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n\r\n")
            said = await asyncio.wait_for(reader.read(), 10)
            writer.close()
        except (OSError, TimeoutError):
            return False
        return said.startswith(b"HTTP/1.1 200")

    def lines(self) -> Lines:
        return Lines(HOST, self.port)

    def processes(self) -> list[int]:
        """Of the service, parents before children."""
        assert self._process.pid is not None
        return family(self._process.pid)

    def stop(self) -> None:
        self._process.terminate()
        self._process.join(ENDS)
        self.kill()

    def kill(self) -> None:
        for pid in reversed(self.processes() if self._process.exitcode is None else []):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._process.join()

    def faults(self) -> list[str]:
        """Lines of its log that tell of a mistake of ours."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return [line for line in lines if "[error" in line or "[critical" in line or "internal_error" in line]


def family(pid: int) -> list[int]:
    """A process and all it has begun, parents before children."""
    found, at = [pid], 0
    while at < len(found):
        with suppress(OSError):  # it has gone meanwhile
            for thread in Path(f"/proc/{found[at]}/task").iterdir():
                found += [int(one) for one in (thread / "children").read_text("ascii").split()]
        at += 1
    return found


def _serve(port: int, workers: int, environment: dict[str, str], log: str, broken: str) -> None:
    os.environ.update(environment)
    where = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for one in (1, 2):
        os.dup2(where, one)
    sys.argv = ["deskgate"]
    if broken:
        module, _, name = broken.partition(":")
        getattr(importlib.import_module(module), name)()
    from deskgate.serve import serve

    serve(HOST, port, workers)
