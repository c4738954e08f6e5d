"""What of the API names a thing of somebody's, as its own description has it: a new name in an address, a query or a body has to be placed here first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from api.v1.description import described
from tests.api.asking import Program
from tests.desk import Desk
from tests.statements import watched

Things = Mapping[str, str]
NOBODYS: Final = ""
# By where it stands and its name; of one that names something else in other places, with the beginning of the address.
NAMED: Final[Mapping[str, str]] = {
    "/accounts path.number": "account",
    "/tickets path.number": "number",
    "/changes path.id": "change",
    "/notices path.id": "notice",
    "/verifications path.id": "verification",
    "path.file": "file",
    "path.invoice": "invoice",
    "path.ticket": "number",
    "path.username": "username",
    "query.account": "account",
    **dict.fromkeys(
        (
            "query.cursor",
            "query.status",
            "query.state",
            "query.by",
            "query.periods",
            "query.start",
            "query.since",
            "query.until",
            "query.after",
        ),
        NOBODYS,
    ),
    "body.account": "account",
    "body.accounts": "account",
    "body.person": "username",
    "body.service": "service",
    "body.username": "username",
    "/accounts body.id": "service",
    "/accounts body.number": "invoice",
    "/accounts body.support_id": "support_id",
    "/accounts body.user": "member",
    "/accounts body.name": NOBODYS,
    "/accounts body.email": NOBODYS,
    "/accounts body.phones": NOBODYS,
    "/tickets body.name": NOBODYS,
    **dict.fromkeys(("body.words", "body.title", "body.files", "body.content", "body.asks", "body.people"), NOBODYS),
    **dict.fromkeys(("body.kind", "body.topic", "body.status", "body.do", "body.action", "body.way"), NOBODYS),
    **dict.fromkeys(("body.proof", "body.at", "body.again", "body.seen", "body.holds", "body.scheme"), NOBODYS),
    **dict.fromkeys(
        ("body.decoy", "body.locked", "body.services", "body.invoices", "body.contacts", "body.billing"), NOBODYS
    ),
    **dict.fromkeys(("body.roles", "body.permissions", "body.slack", "body.team", "body.slack_teams"), NOBODYS),
    **dict.fromkeys(("body.managed_sla", "body.amount", "body.currency", "body.due"), NOBODYS),
    **dict.fromkeys(("body.address", "body.vat_number"), NOBODYS),
}
_NOTICE: Final = {"kind": "billing", "accounts": ["<account>"], "title": "Works", "words": "Tonight."}
_WHOLE: Final = {
    "status": "closed",
    "services": [{"id": "<service>", "name": "Theirs", "status": "running"}],
    "invoices": [{"number": "<invoice>", "amount": "1.00", "currency": "EUR", "due": "2026-12-01", "status": "paid"}],
    "contacts": [{"person": "<username>"}],
    "people": [
        {"username": "<username>", "support_id": "<support_id>", "slack": [{"team": "T0DESK", "user": "<member>"}]}
    ],
}
BODIES: Final[Mapping[tuple[str, str], Any]] = {
    ("POST", "/tickets"): {"topic": "technical", "words": "hello", "service": "<service>"},
    ("PATCH", "/tickets/{number}"): {"status": "closed"},
    ("POST", "/tickets/{number}/messages"): {"words": "hello"},
    ("POST", "/tickets/{number}/notes"): {"words": "hello"},
    ("PUT", "/accounts/{number}"): _WHOLE,
    ("POST", "/accounts/{number}/contact-requests"): {"do": "remove", "username": "<username>"},
    ("POST", "/accounts/bulk"): None,  # JSON Lines, each as PUT has it: no customer's key is asked what they say
    ("POST", "/verifications"): {
        "person": "<username>",
        "account": "<account>",
        "action": "billing.view",
        "way": "text",
    },
    ("POST", "/notices"): _NOTICE,
    ("POST", "/notices/preview"): _NOTICE,
    ("POST", "/decisions"): {
        "asks": [{"account": "<account>", "person": "<username>", "action": "ticket.open", "service": "<service>"}]
    },
}
ABSENT: Final[Things] = {
    "account": "999999",
    "number": "666666",
    "file": "888888",
    "service": "xx-0",
    "username": "nobody",
    "invoice": "XX-0",
    "notice": "777777",
    "change": "888777",
    "verification": "555555",
    "support_id": "99990012",
    "member": "U0NOBODY",
}


class Operation(NamedTuple):
    """`things`: what of somebody's its address, its query and its body name."""

    method: str
    path: str
    query: str
    body: Any
    things: frozenset[str]


@cache
def _found(path: str, where: str) -> str:
    """Raises `KeyError` for a name that was not placed yet."""
    at = f"/{path.split('/')[1]} {where}"
    return NAMED[at] if at in NAMED else NAMED[where]


def operations(desk: Desk) -> list[Operation]:
    """All that the app describes. Raises `KeyError`, and `AssertionError` where a body leaves out a thing that it could name."""
    api = next(route.app for route in desk.app.routes if getattr(route, "path", "") == "/api/v1")  # type: ignore[attr-defined]
    document = described(api)
    return [
        _operation(document, method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _operation(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> Operation:
    places = [(one["in"], one["name"]) for one in operation.get("parameters", ()) if one["in"] != "header"]
    named = {(where, name): _found(path, f"{where}.{name}") for where, name in places}
    contents = operation.get("requestBody", {}).get("content", {})
    in_body = {name for content in contents.values() for name in _names(document, content["schema"], ())}
    of_body = {_found(path, f"body.{name}") for name in in_body} - {NOBODYS}
    body = BODIES[method, path] if contents else None
    said = set(re.findall(r"<(\w+)>", repr(body)))
    assert said == of_body, f"{method} {path} can name {of_body}, and its body in BODIES names {said}"
    query = "&".join(f"{name}=<{thing}>" for (where, name), thing in named.items() if where == "query" and thing)
    at = re.sub(r"\{(\w+)\}", lambda found: f"<{named['path', found[1]]}>", path)
    return Operation(method, at, query, body, frozenset({*named.values(), *said} - {NOBODYS}))


def _names(document: dict[str, Any], schema: dict[str, Any], within: tuple[str, ...]) -> Iterator[str]:
    named = schema.get("$ref", "").rpartition("/")[2]
    if named:
        if named not in within:
            yield from _names(document, document["components"]["schemas"][named], (*within, named))
        return
    for name, one in schema.get("properties", {}).items():
        yield name
        yield from _names(document, one, within)
    for one in (*([schema["items"]] if "items" in schema else ()), *schema.get("anyOf", ())):
        yield from _names(document, one, within)


class Told(NamedTuple):
    """What came of one request: with its headers, and each statement that was sent for it; without what is new each time."""

    operation: str
    status: int
    headers: dict[str, str]
    text: str
    sent: tuple[str, ...]


NEW: Final = ("ratelimit", "content-length")


def told(program: Program, of: list[Operation], things: Things) -> list[Told]:
    """Each asked once with these, in a minute of its own: of what a key did before, nothing is seen in the statements."""
    program.desk.pass_time(120)
    assert program.get("/key").status_code == 200
    found = []
    for one in of:
        sent: list[str] = []
        at = _filled(one.path + (f"?{one.query}" if one.query else ""), things)
        body = eval(_filled(repr(one.body), things))
        with watched(program.desk.store.engine, sent.append):
            answer = program.ask(one.method, at, body, If_Match="*")
        assert answer.status_code != 429
        headers = {name: re.sub(r"\d+", "0", value) for name, value in answer.headers.items() if name not in NEW}
        text = re.sub(r"\d{4,}", "0", answer.text)  # numbers of what was made
        found.append(Told(f"{one.method} {one.path}", answer.status_code, headers, text, tuple(sent)))
    return found


def _filled(words: str, things: Things) -> str:
    return re.sub(r"<(\w+)>", lambda found: things[found[1]], words)
