"""A few machines on this one: each a folder for its files and a network namespace for its address; what runs in it is killed, frozen or cut off together.

A machine is whatever has its working directory below the folder, so that PostgreSQL, which its Patroni started, goes with it. Being cut off
is being lost: what was under way to it or from it is lost as well, and nobody hears that a connection has ended. Needs root, and `ip`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

NETWORK = "198.18.93"  # of the addresses for measurements (RFC 2544), which nobody routes
BRIDGE = "dgdrill0"
HERE = f"{NETWORK}.254"  # this side, where HAProxy, the web processes and whoever drills are
PATIENCE = 90.0  # seconds until something that should come is said not to come

# Ends what the drill started if the drill itself was killed: waits until the pipe closes, then does what `Machines.close` does.
KEEPER = "import sys; sys.stdin.read(); from reliability import machines; machines.sweep(sys.argv[1])"


class Machine:
    """`address` is where others reach it; `here` machines have no namespace of their own."""

    def __init__(self, home: Path, name: str, address: str, *, here: bool = False) -> None:
        self.name, self.address, self.folder, self._here = name, address, home / name, here
        self.folder.mkdir(mode=0o755)
        self._logs: list[IO[bytes]] = []

    def start(self, *command: str, user: str = "", **environment: str) -> subprocess.Popen[bytes]:
        """Its output goes to the file `NAME.log` in the folder, after the command. Runs as `user` where one is named."""
        log = (self.folder / f"{Path(command[0]).name}.log").open("ab")
        self._logs.append(log)
        inside = () if self._here else ("ip", "netns", "exec", _space(self.name))
        as_whom = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups") if user else ()
        if user:
            account = pwd.getpwnam(user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        return subprocess.Popen(
            [*inside, *as_whom, *command],
            cwd=self.folder,
            env={"PATH": f"{os.defpath}:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "HOME": str(self.folder), **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            umask=0o077,
            start_new_session=True,  # Ctrl-C is for the drill, which ends it all
        )

    def pids(self) -> list[int]:
        return _below(self.folder)

    def kill(self) -> None:
        """SIGKILL to everything on it, until nothing is left."""
        _killed(self.folder)

    def end(self) -> None:
        """A clean stop: asked to go, and waited for."""
        self._send(signal.SIGTERM)
        wait_for(f"{self.name} to end", lambda: not [pid for pid in self.pids() if _state(pid) != "Z"])

    def freeze(self) -> None:
        """As a virtual machine that is paused: nothing runs, and nothing that is sent to it arrives."""
        self.cut_off()
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)
        self.plug_in()

    def cut_off(self) -> None:
        """The network card is pulled out."""
        _ip("link", "set", _card(self.name), "down")

    def plug_in(self) -> None:
        _ip("link", "set", _card(self.name), "up")

    def _send(self, what: signal.Signals) -> None:
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, what)


@contextlib.contextmanager
def opened(*apart: str, here: tuple[str, ...] = ()) -> Iterator[dict[str, Machine]]:
    """Machines with these names; all that ran on them has ended when the context does, and the files are gone. One drill at a time."""
    if os.geteuid() != 0:
        raise SystemExit("machines with network cards of their own need root")
    with Path("/run/lock/deskgate-drill.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        home = Path(
            tempfile.mkdtemp(prefix="deskgate-cluster-", dir="/tmp")
        )  # short: a socket's path may have 107 bytes
        home.chmod(0o755)
        keeper = subprocess.Popen(
            [sys.executable, "-c", KEEPER, str(home)],
            stdin=subprocess.PIPE,
            cwd=Path(__file__).parents[1],
            start_new_session=True,
        )
        # Whatever asks us to go: everything that was started goes first.
        before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        try:
            _network(apart)
            found = {name: Machine(home, name, f"{NETWORK}.{n}") for n, name in enumerate(apart, 1)}
            yield found | {name: Machine(home, name, "127.0.0.1", here=True) for name in here}
        finally:
            signal.signal(signal.SIGTERM, before)
            assert keeper.stdin
            keeper.stdin.close()
            keeper.wait(60)


def sweep(home: str) -> None:
    """Ends all that runs below it, takes the network down, deletes it."""
    _killed(Path(home))
    for name in subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False).stdout.split():
        if name.startswith(_space("")):
            _ip("netns", "del", name)
    subprocess.run(["ip", "link", "del", BRIDGE], stderr=subprocess.DEVNULL, check=False)
    shutil.rmtree(home, ignore_errors=True)


def wait_for(what: str, so: Callable[[], bool], patience: float = PATIENCE) -> float:
    """Seconds until it was so. Raises TimeoutError, naming it."""
    began = time.monotonic()
    while not so():
        if time.monotonic() - began > patience:
            raise TimeoutError(f"not within {patience:.0f} s: {what}")
        time.sleep(0.1)
    return time.monotonic() - began


def _network(names: tuple[str, ...]) -> None:
    subprocess.run(["ip", "link", "del", BRIDGE], stderr=subprocess.DEVNULL, check=False)
    _ip("link", "add", BRIDGE, "type", "bridge")
    _ip("addr", "add", f"{HERE}/24", "dev", BRIDGE)
    _ip("link", "set", BRIDGE, "up")
    for n, name in enumerate(names, 1):
        space, card = _space(name), _card(name)
        _ip("netns", "add", space)
        _ip("link", "add", card, "type", "veth", "peer", "name", "eth0", "netns", space)
        _ip("link", "set", card, "master", BRIDGE, "up")
        for within in (
            ("addr", "add", f"{NETWORK}.{n}/24", "dev", "eth0"),
            ("link", "set", "eth0", "up"),
            ("link", "set", "lo", "up"),
        ):
            _ip("-n", space, *within)


def _space(name: str) -> str:
    return f"dgdrill-{name}"


def _card(name: str) -> str:
    return f"dg-{name}"


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def _below(folder: Path) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            where = str((process / "cwd").readlink()).removesuffix(" (deleted)")
            if where == str(folder) or where.startswith(f"{folder}/"):
                found.append(int(process.name))
    return found


def _killed(folder: Path) -> None:
    while there := [pid for pid in _below(folder) if _state(pid) != "Z"]:
        for pid in there:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _state(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    return "Z"
