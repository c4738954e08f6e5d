"""The two places where PINs are hashed: in turn, two at once on the machine, and no more than a short queue before them.

T34
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from store import HashPool
from store.verification.hash_pool import PLACES, QUEUE

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds before a test that would hang fails instead


class Crowd:
    """Callers at one pool, each in a thread of their own; work that stays in its place until it is let go."""

    def __init__(self, pool: HashPool) -> None:
        self.pool = pool
        self.threads = ThreadPoolExecutor(PLACES + QUEUE)
        self.out = threading.Semaphore(0)
        self.begun: list[int] = []
        self.inside = threading.Semaphore(0)

    def comes(self, n: int) -> Future[int]:
        assert self.pool.admit()
        return self.threads.submit(self.pool.run, lambda: self.stays(n))

    def stays(self, n: int) -> int:
        self.begun.append(n)
        self.inside.release()
        assert self.out.acquire(timeout=PATIENCE)
        return n

    def let_all_go(self) -> None:
        self.out.release(2 * (PLACES + QUEUE))

    def queued(self, count: int) -> None:
        """Waits until so many stand in the pool's queue, in the order in which they came."""
        queue = self.pool._threads._work_queue
        done = threading.Event()
        while queue.qsize() < count:
            done.wait(0.001)


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Crowd]:
    crowd = Crowd(HashPool(tmp_path))
    yield crowd
    crowd.let_all_go()
    crowd.threads.shutdown()
    crowd.pool.close()


def test_first_in_first_out(crowd: Crowd) -> None:
    comers = []
    for n in range(PLACES + QUEUE):
        comers.append(crowd.comes(n))
        if n < PLACES:
            assert crowd.inside.acquire(timeout=PATIENCE)
        else:
            crowd.queued(n + 1 - PLACES)
    assert sorted(crowd.begun) == [0, 1]
    for _ in range(QUEUE):  # one leaves, and one comes in
        crowd.out.release()
        assert crowd.inside.acquire(timeout=PATIENCE)
    assert crowd.begun[PLACES:] == list(range(PLACES, PLACES + QUEUE)), "first in, first out"
    crowd.let_all_go()
    assert [comer.result(PATIENCE) for comer in comers] == list(range(PLACES + QUEUE))


def test_eight_wait_and_the_next_is_sent_away(crowd: Crowd) -> None:
    comers = [crowd.comes(n) for n in range(PLACES + QUEUE)]
    assert not crowd.pool.admit()
    assert not crowd.pool.admit()
    crowd.let_all_go()
    for comer in comers:
        comer.result(PATIENCE)
    assert all(crowd.pool.admit() for _ in range(PLACES + QUEUE))
    assert not crowd.pool.admit()
    crowd.pool.leave()
    assert crowd.pool.admit()


def test_two_at_once_and_never_three(crowd: Crowd) -> None:
    comers = [crowd.comes(n) for n in range(5)]
    for _ in range(PLACES):
        assert crowd.inside.acquire(timeout=PATIENCE)
    assert not crowd.inside.acquire(timeout=0.05)
    assert len(crowd.begun) == 2
    crowd.let_all_go()
    assert {comer.result(PATIENCE) for comer in comers} == set(range(5))


def test_work_that_fails_frees_its_place(crowd: Crowd) -> None:
    def fails() -> int:
        raise ZeroDivisionError

    for _ in range(3 * (PLACES + QUEUE)):
        assert crowd.pool.admit()
        with pytest.raises(ZeroDivisionError):
            crowd.pool.run(fails)
    assert crowd.pool.admit()
    assert crowd.pool.run(lambda: 6 * 7) == 42


def test_more_cannot_leave_than_came(crowd: Crowd) -> None:
    with pytest.raises(ValueError, match="released too many times"):
        crowd.pool.leave()


# --- other processes on the machine


def test_a_process_takes_the_place_that_another_left_free(crowd: Crowd, tmp_path: Path) -> None:
    """A lock belongs to whoever opened its file, so two pools in one process stand for two processes."""
    other = Crowd(HashPool(tmp_path))
    try:
        mine, theirs = crowd.comes(1), other.comes(2)
        assert crowd.inside.acquire(timeout=PATIENCE)
        assert other.inside.acquire(timeout=PATIENCE), "one place is held and the other is not used"
        waits = other.comes(3)
        assert not other.inside.acquire(timeout=0.05), "a third hash began while two were running"
        crowd.let_all_go()
        assert mine.result(PATIENCE) == 1
        other.let_all_go()
        assert {theirs.result(PATIENCE), waits.result(PATIENCE)} == {2, 3}
    finally:
        other.let_all_go()
        other.threads.shutdown()
        other.pool.close()


IN_ANOTHER_PROCESS = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from store import HashPool, Keys
from store.verification import pins
from store.verification.pins import Pin

folder = Path(sys.argv[1])
pool, keys, log = HashPool(folder), Keys([bytes(32)]), os.open(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

def work():
    os.write(log, b"+")
    pins.keep(keys, 1, Pin("58203917"))
    os.write(log, b"-")

print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(10) as callers:
    for _ in range(10):
        assert pool.admit()
        callers.submit(pool.run, work)
"""


def test_two_processes_share_the_two_places(tmp_path: Path) -> None:
    script = [sys.executable, "-c", IN_ANOTHER_PROCESS, str(tmp_path)]
    both = [
        subprocess.Popen(script, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in both:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
    log = (tmp_path / "log").read_text()
    assert (log.count("+"), log.count("-")) == (20, 20)
    running = [log[: n + 1].count("+") - log[: n + 1].count("-") for n in range(len(log))]
    assert max(running) == 2


def test_a_place_is_free_when_its_process_was_killed(crowd: Crowd, tmp_path: Path) -> None:
    holding = "\n".join(
        (
            "import signal, sys",
            "from pathlib import Path",
            "from store import HashPool",
            "pool = HashPool(Path(sys.argv[1]))",
            "assert pool.admit()",
            "pool.run(lambda: (print('inside', flush=True), signal.pause()))",
        )
    )
    script = [sys.executable, "-c", holding, str(tmp_path)]
    holders = [subprocess.Popen(script, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(PLACES)]
    for process in holders:
        assert process.stdout
        assert process.stdout.readline() == "inside\n"
    comer = crowd.comes(1)
    assert not crowd.inside.acquire(timeout=0.05)
    for process in holders:
        process.kill()
        process.communicate()
    assert crowd.inside.acquire(timeout=PATIENCE)
    crowd.let_all_go()
    assert comer.result(PATIENCE) == 1
