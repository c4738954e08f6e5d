"""How soon the shell's help is there, and the service ready: on a new SQLite database, and on one that is there.

    python -m benchmarks.start [--rounds 3]

Seconds of the process's own processor time, and by the clock; the median of the rounds. Ready is the first 200 of `/readyz`.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from benchmarks.measuring import aim, machine
from benchmarks.slack_side import free_port

LONGEST: Final = 60.0  # seconds a start may take
TICK: Final = os.sysconf("SC_CLK_TCK")


class Took(NamedTuple):
    clock: float
    processor: float


def helped(folder: Path) -> Took:
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "deskgate", "--help"], stdout=subprocess.DEVNULL, cwd=folder)
    _, code, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(code)
    if process.returncode:
        sys.exit("the help failed")
    return Took(time.perf_counter() - began, used.ru_utime + used.ru_stime)


def ready(folder: Path) -> Took:
    port, began = free_port(), time.perf_counter()
    settings = {"DATABASE_URL": f"sqlite:///{folder}/desk.db", "STATE_DIRECTORY": str(folder)}
    environment = {**os.environ, **settings, "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    command = [sys.executable, "-m", "deskgate", "serve", "--port", str(port)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, cwd=folder, stdout=quiet, stderr=quiet) as process:
        while not is_ready(port):
            if process.poll() is not None or time.perf_counter() - began > LONGEST:
                process.kill()
                sys.exit("the service did not start")
            time.sleep(0.01)
        took = time.perf_counter() - began
        fields = Path(f"/proc/{process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        process.send_signal(signal.SIGTERM)
    return Took(took, (int(fields[11]) + int(fields[12])) / TICK)


def is_ready(port: int) -> bool:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asked.request("GET", "/readyz")
        return asked.getresponse().status == 200
    except OSError:
        return False
    finally:
        asked.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print(machine(), flush=True)
    took: dict[str, list[Took]] = {"the help": [], "ready, a new database": [], "ready, one that is there": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as path:
            for name, start in zip(took, (helped, ready, ready), strict=True):
                took[name].append(start(Path(path)))
    for name, each in took.items():
        clock, processor = (median(one) for one in zip(*each, strict=True))
        print(f"{name:26}{clock:6.2f} s by the clock {processor:6.2f} s of the processor")
        aim(f"{name}: seconds of the processor", processor, 0.4 if name == "the help" else 1.5, at_most=True)


if __name__ == "__main__":
    main()
