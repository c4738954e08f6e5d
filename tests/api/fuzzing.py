"""Schemathesis at /api/v1 of the real app: every operation it describes, with odd and with good data, one after the other as its links lead.

What it takes is the description itself, so that a new route is tried by itself.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

import schemathesis
from hypothesis import strategies
from schemathesis import BaseSchema, Case, HookContext, Response
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.engine import events, from_schema
from starlette.types import Message, Receive, Scope, Send

from tests.api.asking import Program
from tests.desk import Desk
from tests.portal.crossing import things_of

PHASES: Final = ("examples", "coverage", "fuzzing", "stateful")
# Checks that are left out; all others are made, those of later versions as well.
LEFT_OUT: Final = {
    "object_level_authorization": "test_crossing.py asks more: answer, headers and statements, with every key and each thing",
}
# What addresses, bodies and headers call something, and what of that is there: so that more is tried than what becomes of nonsense.
THERE: Final[dict[str, tuple[str | int, ...]]] = {
    "number": ("200417", "300528", "400639", "F-1700"),
    "account": ("200417", "300528", "400639"),
    "person": ("raj.patel", "mia.chen", "leo.fox", "olivia.hart"),
    "username": ("raj.patel", "mia.chen", "leo.fox", "zoe.finch"),
}
HEADERS: Final = {"If-Match": ("*",), "If-None-Match": ("*",)}
# Any text may be one of these: what PostgreSQL keeps in none, what ends a line, what other programs would read as their own.
ODD: Final = (
    "a\0b",
    "a\u2028b",
    "\u202eabc",
    " ",
    "%",
    "\\",
    "'; --",
    "../key",
    "{{7*7}}",
    "1e309",
    "null",
    "\U0001f600" * 40,
)
# What pydantic says of data that the description does not allow. A rule that no description can say, such as "is no phone number", has words of its own.
OF_THE_SCHEMA: Final = re.compile(
    r"(Input|String|List|Tuple|Dictionary|Value|Set|Data) should |Field required|Extra inputs|Object has no|Invalid JSON"
)
AFTER_ITS_END: Final = {
    "DELETE /verifications/{id}": "withdrawn is how one has ended, and whoever asked can read that",
}


class Door:
    """The app as Schemathesis reaches it: time passes between its requests, and each is a new one."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.answers: Counter[int] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self._desk.pass_time(20)  # so that neither its limits nor those of whom it asks are all that is seen
        headers = [self._named(name, value) for name, value in scope["headers"]]
        await self._desk.app({**scope, "client": ("127.0.0.1", 50000), "headers": headers}, receive, self._seen(send))

    def _named(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        """Of an Idempotency-Key there is one good one for each request: what comes of two with the same, test_keys.py says."""
        once = name == b"idempotency-key" and 0 < len(value) <= 255
        return name, b"%d" % self.answers.total() if once else value

    def _seen(self, send: Send) -> Send:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.answers[message["status"]] += 1
            await send(message)

        return sent


def described(desk: Desk) -> dict[str, Any]:
    document: dict[str, Any] = desk.client.get("/docs/openapi.json").json()
    return document


def fuzzed(
    desk: Desk,
    program: Program,
    door: Door,
    *,
    examples: int,
    phases: Sequence[str] = PHASES,
    only: str = "",
    seed: int = 0,
) -> tuple[list[str], set[str]]:
    """The violations that were found, and the operations that were asked. `only`: one operation; `seed` 0: the same examples each time."""
    document, there = described(desk), {**THERE, **HEADERS}
    if not only:
        for name, one in things_of(desk, "raj.patel").items():
            there[name] = (*there.get(name, ()), one)
    config = SchemathesisConfig.from_dict(_settings(document, there, program, examples, phases, seed))
    schema: BaseSchema = schemathesis.openapi.from_dict(document, config=config)
    schema.app = door
    if only:
        schema = schema.include(name=only)
    schema.hook("filter_failure")(_is_one)
    _lines_for(schema)
    found, asked = dict[tuple[str, str, str], str](), set[str]()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            asked |= {node.value.operation.label for node in event.recorder.cases.values()}
            found |= _violations(event, program)
        elif isinstance(event, events.NonFatalError):
            found["error", event.label, ""] = f"{event.label}: {event.value}"
        elif isinstance(event, events.FatalError):
            raise event.exception
    return list(found.values()), asked


Values = dict[str, tuple[str | int, ...]]


def _settings(
    document: dict[str, Any], there: Values, program: Program, examples: int, phases: Sequence[str], seed: int
) -> dict[str, Any]:
    return {
        "headers": {"Authorization": f"Bearer {program.key}"},
        "workers": 1,
        "seed": seed,
        "continue-on-failure": True,
        "generation": {
            "max-examples": examples,
            "deterministic": not seed,
            "database": "none",
            "no-shrink": True,
            "dictionaries": {"string": {"dictionary": "odd", "probability": 0.1}},
        },
        "phases": {phase: {"enabled": phase in phases} for phase in PHASES},
        "dictionaries": {
            name: {"values": [_as_number(one) for one in values]} for name, values in {**there, "odd": ODD}.items()
        },
        "parameters": {
            at: {"dictionary": name, "probability": 0.25 if name in HEADERS else 0.5}
            for at, name in _places(document, there)
        },
        "checks": {
            "enabled": True,
            "max_response_time": 300,  # seconds: how long answers take is measured by `make bench`, with the machine to itself
            **{name: {"enabled": False} for name in LEFT_OUT},
            "missing_required_header": {"expected-statuses": ["401", "403", "404", "422", "428"]},
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "3xx", "401", "403", "404", "409", "412", "429"],
            },
        },
    }


def _as_number(one: str | int) -> str | int:
    """What is a number is said as one: then it is a text as well where one is asked for."""
    return int(one) if str(one).isdecimal() and not str(one).startswith("0") else one


def _places(document: dict[str, Any], there: Values) -> Iterator[tuple[str, str]]:
    for methods in document["paths"].values():
        for operation in methods.values():
            for one in operation.get("parameters", ()):
                if one["name"] in there:
                    yield f"{one['in']}.{one['name']}", one["name"]
    for name in there:
        if name.isidentifier():
            yield f"body.{name}", name
            yield f"body.asks[*].{name}", name


def _is_one(_context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Whether a failure is one: good data may break a rule that no description can say, which then has words of its own."""
    if type(failure).__name__ == "UseAfterFree":
        return failure.operation not in AFTER_ITS_END
    if type(failure).__name__ == "AcceptedNegativeData" and " in path - dictionary" in failure.message:
        return False  # a number of ours where a text is asked for: in an address both read the same
    if type(failure).__name__ != "RejectedPositiveData" or response.status_code != 422:
        return True
    errors = response.json().get("errors", [])
    return not errors or any(OF_THE_SCHEMA.match(one["problem"]) for one in errors)


def _violations(event: events.ScenarioFinished, program: Program) -> dict[tuple[str, str, str], str]:
    """Each kind of an operation once."""
    found = {}
    for checks in event.recorder.checks.values():
        for one in checks:
            if one.failure_info is not None:
                failure = one.failure_info.failure
                words = f"{one.name}: {failure.operation}: {failure.title}: {failure.message}\n{one.failure_info.code_sample}"
                found[one.name, str(failure.operation), failure.title] = words.replace(program.key, "$KEY")
    return found


def _lines_for(schema: BaseSchema) -> None:
    """JSON Lines have no schema in OpenAPI 3.1: each line is what one is put with, or nonsense."""
    put = schema["/accounts/{number}"]["PUT"].as_strategy()
    line = strategies.one_of(
        put.map(lambda case: json.dumps(case.body).encode()), strategies.binary(min_size=1, max_size=40)
    )
    schemathesis.openapi.media_type("application/jsonl", strategies.lists(line, min_size=1, max_size=4).map(b"\n".join))
