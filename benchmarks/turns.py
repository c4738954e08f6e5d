"""What a call's turn costs beside the smallest handler: signature, state, database and TwiML against a signature alone.

    python -m benchmarks.turns [--seconds 2] [--rounds 6] [--only SQLite] [--keys 9] [--pool N] [--threads N]

Two uvicorn servers of one worker with the same options, one load generator in a process of its own with 32 connections, all
on the same machine. Both get the same signed requests; the calls are proven already and stand at the menu, and each
answer's step token is what the next request brings. The bare server runs before and after every round of the desk, and a
round's ratio is to the mean of the two. Whoever is not driven is stopped (SIGSTOP). CPU is the server's own processor time
an answer, PostgreSQL's not included: on a shared machine it moves less than a rate does.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import random
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import mean, median
from typing import Any
from urllib.parse import urlencode

import uvloop
from fastapi import FastAPI, Request, Response
from twilio.request_validator import RequestValidator

from benchmarks.measuring import (
    ACCOUNT,
    APART,
    CONNECTIONS,
    KINDS,
    PATIENCE,
    STORE_PARTS,
    TOKEN,
    Job,
    Load,
    Prepared,
    Stopwatch,
    aim,
    databases,
    drive,
    machine,
)

# Imported late below: whatever belongs to the desk, so that the bare server and the generator stay small.
CALLS = 2 * CONNECTIONS
SECRET = base64.b64encode(bytes(range(32))).decode()  # benchmarks.growth.KEYS
CONSTANT = (
    '<?xml version="1.0" encoding="UTF-8"?><Response><Gather action="/ivr/turn?t=AAAAAAAAAAAAAAAAAAAA" '
    'actionOnEmptyResult="true" finishOnKey="" input="dtmf" method="POST" numDigits="1" timeout="6">'
    '<Say language="en-GB">To open a ticket, press 1. To hear this again, press 9.</Say></Gather></Response>'
)
SCOPE = {"type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "server": ("127.0.0.1", 8000)}
MIXES = {"9": "the menu again", "43": "services, invoices"}
AIMS = {("SQLite", "9"): 0.55, ("SQLite", "43"): 0.38, ("PostgreSQL", "9"): 0.28, ("PostgreSQL", "43"): 0.22}


# --- the two servers


def bare() -> FastAPI:
    """The smallest handler: reads the form, checks the signature, answers the same each time."""
    from urllib.parse import parse_qsl

    app, validator, public = FastAPI(), RequestValidator(TOKEN), os.environ["PUBLIC_URL"]

    @app.post("/ivr/turn")
    async def turn(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        url = f"{public}{request.url.path}?{request.url.query}"
        if not validator.validate(url, form, request.headers.get("X-Twilio-Signature", "")):
            return Response(status_code=403)
        return Response(CONSTANT, media_type="application/xml")

    return app


def desk() -> FastAPI:
    """The real service, as `deskgate serve` runs it; BENCH_POOL and BENCH_THREADS try other sizes."""
    import ivr.router
    import store.db.engine
    from deskgate.serve import app

    if pool := os.environ.get("BENCH_POOL"):
        store.db.engine.POOL_SIZE.update(dict.fromkeys(store.db.engine.POOL_SIZE, int(pool)))
    if threads := os.environ.get("BENCH_THREADS"):
        ivr.router._TURNS = ThreadPoolExecutor(int(threads))
    return app()


class Server:
    """One of the two, under uvicorn; `awake` while it is driven. `factory` is `module:name` of what makes its app."""

    def __init__(self, factory: str, **environment: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.public = f"http://127.0.0.1:{self.port}"
        given = (factory, self.port, {"PUBLIC_URL": self.public, **environment})
        self.process = APART.Process(target=_serve, args=given, daemon=True)
        self.process.start()
        end = time.monotonic() + PATIENCE
        while socket.socket().connect_ex(("127.0.0.1", self.port)):
            if self.process.exitcode is not None or time.monotonic() > end:
                self.process.kill()
                raise RuntimeError(f"the {factory} server ended at once, or never listened")
            time.sleep(0.05)
        self._send(signal.SIGSTOP)

    @contextmanager
    def awake(self) -> Iterator[None]:
        self._send(signal.SIGCONT)
        try:
            yield
        finally:
            self._send(signal.SIGSTOP)

    def _send(self, what: signal.Signals) -> None:
        assert self.process.pid
        os.kill(self.process.pid, what)

    def processor_time(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        self._send(signal.SIGCONT)
        self.process.terminate()
        self.process.join(30)


def _serve(factory: str, port: int, environment: dict[str, str]) -> None:
    import uvicorn

    os.environ.update(environment)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    quiet = {"access_log": False, "log_level": "warning", "server_header": False, "proxy_headers": False}
    uvicorn.run(factory, factory=True, port=port, **quiet)  # type: ignore[arg-type]


# --- the rounds


def settings(url: str) -> dict[str, str]:
    """A desk with a Twilio account of its own, so that nothing is simulated inside the server that is measured."""
    account = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_NUMBER": "+441632960000"}
    return {**account, "DATABASE_URL": url, "SECRET_KEYS": SECRET}


def calls_at_the_menu(opened: Any, public: str) -> list[tuple[str, str]]:
    """New calls, proven and at the menu, by people who may do everything; and where their next turns go."""
    from benchmarks.growth import SMALL, at_the_menu, customer
    from ivr.webhook import step_token
    from store.calls import call_state

    sids = [f"CA{random.getrandbits(128):032x}" for _ in range(CALLS)]
    with opened.transaction("phone") as tx:
        for sid in sids:
            call = at_the_menu(customer(random.randint(1, SMALL // 3)))
            call_state.begin(tx, sid, call.to_json(), "first", "<Response/>", proved_by=call.proved_by)
    return [(sid, f"{public}/ivr/turn?{urlencode({'t': step_token(opened.keys, sid, 0)})}") for sid in sids]


def any_calls(public: str) -> list[tuple[str, str]]:
    return [(f"CA{n:032x}", f"{public}/ivr/turn?t=AAAAAAAAAAAAAAAAAAAA") for n in range(CALLS)]


class Rounds:
    """Drives one server after the other; gives the load and the server's own µs of processor time an answer."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._generator = ProcessPoolExecutor(1, mp_context=APART)
        self.close = self._generator.shutdown

    def drive(self, server: Server, keys: str, opened: Any = None) -> tuple[Load, float]:
        """`opened` is the desk's store, for new calls; the bare server needs none."""
        with server.awake():
            calls = calls_at_the_menu(opened, server.public) if opened else any_calls(server.public)
            job, before = Job(server.port, server.public, calls, keys, self._seconds), server.processor_time()
            load = self._generator.submit(drive, job).result()
            spent = server.processor_time() - before
        if load.refused:
            raise RuntimeError(f"{load.refused} of {load.answers} requests were not answered by a screen")
        return load, spent / load.answers * 1e6


# --- where the time goes

PARTS = {
    **STORE_PARTS,
    "ivr.webhook:Twilio._verified": "webhook: parse",
    "twilio.request_validator:RequestValidator.validate": "webhook: RequestValidator",
    "ivr.webhook:Twilio.read": "webhook: grammar",
    "ivr.router:_handled": "turn, itself",
    "ivr.turn:is_step_token": "step token",
    "ivr.transitions:step": "dialogue",
    "ivr.types:Call.to_json": "state to and from JSON",
    "ivr.types:Call.from_json": "state to and from JSON",
    "ivr.screens:twiml": "TwiML by the builder",
    "ivr.phrases:Phrases.say": "phrases",
    "ivr.store_desk:StoreDesk.offer": "what the dialogue asks, itself",
    "ivr.store_desk:StoreDesk.services": "what the dialogue asks, itself",
    "ivr.store_desk:StoreDesk.invoices": "what the dialogue asks, itself",
    "store.calls.call_state:load": "calls.load and save, themselves",
    "store.calls.call_state:save": "calls.load and save, themselves",
    "store.db.keys:Keys.seal": "answer sealed and opened",
    "store.db.keys:Keys.open": "answer sealed and opened",
}


async def through_the_door(app: Any, made: list[Prepared], times: int) -> float:
    """Seconds for so many turns through ASGI, one after the other: no socket, no HTTP parser."""
    took, sent = 0.0, list[Any]()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    for n in range(times):
        call = made[n % len(made)]
        signature, body = call.signed()
        path, query = call.path.encode().split(b"?")
        headers = [(b"x-twilio-signature", signature.encode())]
        scope = {**SCOPE, "path": path.decode(), "raw_path": path, "query_string": query, "headers": headers}
        sent.clear()
        began = time.perf_counter()
        await app(scope, receive, send)
        took += time.perf_counter() - began
        assert call.answered(b"".join(message.get("body", b"") for message in sent)), sent
    return took


def where_the_time_goes(kind: str, url: str, opened: Any, times: int) -> None:
    public = "http://127.0.0.1:8000"
    os.environ.update(settings(url), PUBLIC_URL=public)
    app, job = desk(), Job(8000, public, [], "9", 0)
    made = [Prepared(job, *call) for call in calls_at_the_menu(opened, public)]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(through_the_door(app, made, times // 5))
        floor = runner.run(through_the_door(bare(), [Prepared(job, *call) for call in any_calls(public)], times))
        plain = runner.run(through_the_door(app, made, times))
        with Stopwatch(PARTS, app.state.container.store.engine) as watch:
            total = runner.run(through_the_door(app, made, times))
    title = f"{kind}, key 9, one at a time ({plain / times * 1e6:.0f} µs without the stopwatch; bare {floor / times * 1e6:.0f})"
    watch.report(title, times, total, "FastAPI, metrics, hop to a thread and back")
    app.state.container.store.close()


def main() -> None:
    from authz import load_schemes
    from benchmarks.growth import KEYS, SMALL, fill
    from store import open_store

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument("--keys", choices=list(MIXES), help="one mix alone")
    parser.add_argument("--pool", type=int, help="database connections; the Store's own choice if not given")
    parser.add_argument("--threads", type=int, help="pool threads for turns; the service's own choice if not given")
    parser.add_argument(
        "--apart", type=int, default=1_000, help="turns that are taken apart, to see where the time goes"
    )
    options = parser.parse_args()
    kinds = (options.only,) if options.only else KINDS
    mixes = (options.keys,) if options.keys else tuple(MIXES)
    sizes = {"BENCH_POOL": str(options.pool or ""), "BENCH_THREADS": str(options.threads or "")}
    print(machine(), flush=True)
    with databases("turns", kinds=kinds) as urls, ExitStack() as stack:
        stores = {kind: open_store(urls[kind, "turns"], KEYS, load_schemes()) for kind in kinds}
        for kind in kinds:
            fill(stores[kind], SMALL)
        small = stack.enter_context(closing(Server("benchmarks.turns:bare")))
        servers = {k: Server("benchmarks.turns:desk", **settings(urls[k, "turns"]), **sizes) for k in kinds}
        for server in servers.values():
            stack.callback(server.close)
        rounds = stack.enter_context(closing(Rounds(options.seconds)))
        cases = [(kind, keys) for keys in mixes for kind in kinds]
        loads: dict[Any, list[tuple[Load, float]]] = {case: [] for case in cases}
        ratios: dict[Any, list[float]] = {case: [] for case in cases}
        bares = [rounds.drive(small, "9")]
        for _ in range(options.rounds):
            for kind, keys in cases:
                loads[kind, keys].append(rounds.drive(servers[kind], keys, stores[kind]))
                bares.append(rounds.drive(small, keys))
                floor = mean(load.rate for load, _ in bares[-2:])
                ratios[kind, keys].append(loads[kind, keys][-1][0].rate / floor)
        print(f"\n{CONNECTIONS} connections, one worker; {options.rounds} rounds of {options.seconds:g} s, medians")
        print(f"  {'':44}{'a second':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}   of the bare rate, by round")
        show("bare handler", bares, [])
        for (kind, keys), each in loads.items():
            pool: Any = stores[kind].engine.pool
            show(f"{kind}, pool of {options.pool or pool.size()}: {MIXES[keys]}", each, ratios[kind, keys])
        stack.close()
        for kind in kinds:
            where_the_time_goes(kind, urls[kind, "turns"], stores[kind], options.apart)
            stores[kind].close()
        for (kind, keys), found in ratios.items():
            aim(f"{kind}: a turn ({MIXES[keys]}) of the bare handler's rate", median(found), AIMS[kind, keys])


def show(name: str, rounds: list[tuple[Load, float]], ratios: list[float]) -> None:
    rate, p50, p99 = (median(load[n] for load, _ in rounds) for n in range(3))
    said = f"{median(ratios):.2f} ({', '.join(f'{ratio:.2f}' for ratio in ratios)})" if ratios else ""
    print(f"  {name:44}{rate:9.0f}{p50:9.1f}{p99:9.1f}{median(cpu for _, cpu in rounds):9.0f}   {said}")


if __name__ == "__main__":
    main()
