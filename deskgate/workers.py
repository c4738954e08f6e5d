"""Several web processes: started, watched, and replaced where one has died or hangs, which stands in the log."""

from __future__ import annotations

from socket import socket
from time import monotonic
from typing import Final

import structlog
from uvicorn.config import Config
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

log = structlog.get_logger("deskgate")
# Seconds until a process counts as hung. It answers nobody while it starts, and on a busy machine that takes a while:
# with uvicorn's own five seconds slow ones were killed before they had started, for ever.
SILENT_FOR: Final = 60
ASKED: Final = 0.1  # seconds that one which does not answer keeps us from the others, each round
LEAVES_WITHIN: Final = 25  # seconds to a clean stop; whoever stops us (systemd, Docker) waits for 30


class Workers(Multiprocess):
    def __init__(self, config: Config, sockets: list[socket]) -> None:
        super().__init__(config, sockets)
        self._silent: dict[Process, float] = {}  # since it was asked in vain
        self._leaving: dict[Process, float] = {}  # until when it has time
        self._instead: dict[Process, Process] = {}  # one that begins, and whom it is to replace

    def restart_all(self) -> None:
        """At SIGHUP: each goes once another is ready. uvicorn would wait for one after the other, as long as it hangs."""
        for old in self.processes:
            if old not in self._instead.values():
                new = Process(self.config, self.sockets)
                new.start()
                self._instead[new] = old

    def handle_ttou(self) -> None:
        if self.processes_num > 1:
            self.processes_num -= 1
            self._see_off(self.processes.pop())

    def keep_subprocess_alive(self) -> None:
        """uvicorn replaces those that have gone. It is shown no others: it would wait for each of them in turn until it has
        been silent for too long, and meanwhile replace nobody and hear no signal."""
        self._replace()
        for one in [one for one, until in self._leaving.items() if monotonic() >= until or not one.process.is_alive()]:
            del self._leaving[one]
            _end(one)
        everyone = self.processes
        gone = [one for one in everyone if self._has_gone(one)]
        self.processes = list(gone)
        super().keep_subprocess_alive()
        instead = dict(zip(gone, self.processes, strict=True))
        self.processes = [instead.get(one, one) for one in everyone]
        for old, new in instead.items():
            self._silent.pop(old, None)
            if old is not new:
                log.error("worker_replaced", pid=old.pid, exit=old.exitcode, by=new.pid)

    def _has_gone(self, one: Process) -> bool:
        """Whether it has died, or is put an end to for its silence."""
        if not one.process.is_alive():
            return True
        while one.parent_conn.poll():  # what it answered too late says nothing of now
            one.parent_conn.recv()
        if one.ping(ASKED):
            self._silent.pop(one, None)
            return False
        if monotonic() - self._silent.setdefault(one, monotonic()) < self.config.timeout_worker_healthcheck:
            return False
        one.process.kill()
        one.process.join()
        return True

    def _replace(self) -> None:
        for new, old in list(self._instead.items()):
            if new.is_ready(ASKED):
                self._silent.pop(new, None)
                going = old if old in self.processes else new  # which has been replaced for a reason of its own
                self.processes = [new if one is old else one for one in self.processes]
            elif self._has_gone(new):
                log.error("worker_not_replaced", pid=old.pid, exit=new.exitcode)
                going = new
            else:
                continue
            del self._instead[new]
            self._see_off(going)

    def _see_off(self, one: Process) -> None:
        one.terminate()
        self._silent.pop(one, None)
        self._leaving[one] = monotonic() + LEAVES_WITHIN

    def join_all(self) -> None:
        """One that hangs does not hear that it is to go: when the others have had their time, it is killed."""
        until = monotonic() + LEAVES_WITHIN
        for new in self._instead:
            new.terminate()
        for one in (*self.processes, *self._instead, *self._leaving):
            one.process.join(max(0.0, until - monotonic()))
            _end(one)


def _end(one: Process) -> None:
    if one.process.is_alive():
        log.error("worker_killed", pid=one.pid)
        one.process.kill()
    one.process.join()


def run(config: Config) -> None:
    """Until it is told to go."""
    Workers(config, [config.bind_socket()]).run()
