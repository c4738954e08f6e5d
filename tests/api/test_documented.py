"""docs/api.md keeps its word: its curl lines are run against a desk that is served, and every route stands there; /docs is for whoever runs the desk."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any, Final

import pytest

from api.v1.problems import KINDS
from api.v1.router import AT, ROUTES
from authz import FACTS, KEY_VERBS, LENT, OWN_REQUESTS
from authz.vocabulary import LIMITS
from store import tables
from tests.api.asking import RAJ, TIDEWORKS, Program, customers, operators, problem
from tests.desk import Desk
from tests.house.test_names import ROOT
from tests.ivr.wire import change

NO_OBJECTS: Final = ("/tickets/{number}/files/{file}", "/ledger")  # what is read there has no version
TOKEN: Final = "a token for monitoring alone"
PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")


def lines() -> list[str]:
    return re.findall(r"^ *curl .+$", PAGE, re.MULTILINE)


def test_every_curl_line_of_the_page_is_answered(sample_sqlite: str) -> None:
    """What a shell and curl make of it is read by us: neither has to be there."""
    desk = Desk(sample_sqlite, metrics_token=TOKEN)
    known = {"KEY": operators(desk).key, "CUSTOMER_KEY": customers(desk, RAJ, TIDEWORKS).key}
    known |= {"DESK": "", "METRICS_TOKEN": TOKEN}
    for line in lines():
        words = iter(shlex.split(re.sub(r"\$([A-Z_]+)", lambda found: known[found[1]], line))[1:])
        method, headers, body, at = "GET", {}, None, ""
        for word in words:
            match word:
                case "-s":
                    pass
                case "-X":
                    method = next(words)
                case "-H":
                    name, _, value = next(words).partition(": ")
                    headers[name] = value
                case "-d":
                    body = next(words)
                case _:
                    at = word
        answer = desk.client.request(method, at, headers=headers, content=body)
        assert answer.status_code in (200, 201, 202), (line, answer.text)
    desk.close()
    assert len(lines()) >= 5


def test_every_limit_of_a_yes_stands_on_the_page() -> None:
    table = PAGE.partition("### A yes with a limit")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \| (?!the yes is for)", table, re.MULTILINE)) == (
        LIMITS | FACTS | LENT | {OWN_REQUESTS}
    )


def test_every_route_and_every_verb_stands_on_the_page() -> None:
    for method, path in ROUTES:
        assert f"`{method} {AT}{path}`" in PAGE
    for verb in KEY_VERBS:
        assert f"`{verb}`" in PAGE


def test_the_description_is_for_whoever_runs_the_desk(one_desk: Desk, sample_sqlite: str) -> None:
    described = one_desk.client.get("/docs/openapi.json").json()
    assert {path for _, path in ROUTES} == set(described["paths"])
    page = one_desk.client.get("/docs")
    assert "POST /api/v1/tickets" in page.text
    assert "<script" not in page.text
    for path in ("/docs", "/docs/openapi.json"):
        assert one_desk.client.get(path, headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404


def test_what_a_problem_is_anybody_may_read(one_desk: Desk) -> None:
    for kind, what in KINDS.items():
        told = one_desk.client.get(f"{AT}/problems/{kind}").json()
        assert told == {"status": what.status, "title": what.title, "what_to_do": what.do}
    problem(one_desk.client.get(f"{AT}/problems/nonsense"), "not-found")
    program = Program(one_desk, operators(one_desk).key)
    problem(program.get("/nothing"), "not-found")
    assert problem(program.ask("DELETE", "/tickets"), "no-such-method")
    assert program.ask("DELETE", "/key").headers["allow"] == "GET"


def test_an_address_says_all_that_it_does(one_desk: Desk) -> None:
    """A name comes before a parameter: no account is asked for by what is an address of ours."""
    program = operators(one_desk)
    for path, allowed in (("/key", "GET"), ("/accounts/1", "GET, PUT"), ("/accounts/bulk", "POST")):
        answer = program.ask("DELETE", path)
        problem(answer, "no-such-method")
        assert answer.headers["allow"] == allowed
    problem(program.get("/accounts/bulk"), "no-such-method")
    problem(program.ask("PUT", "/accounts/bulk", {"name": "Bulk"}), "no-such-method")


@pytest.mark.both_databases
def test_what_can_be_no_name_is_refused_as_such(desk: Desk) -> None:
    """PostgreSQL keeps no text with a NUL, so that one must not get there."""
    program = operators(desk)
    for odd in ("a%00b", "a%0Ab", "%0A", "%E2%80%A8"):
        assert problem(program.get(f"/accounts/{odd}"), "invalid")["errors"][0]["field"] == "number"
    odd = "a\0b"
    wanted = {"person": "mia.chen", "account": TIDEWORKS, "action": "billing.view"}
    for field in ("person", "account"):
        problem(program.post("/verifications", {**wanted, "way": "text", field: odd}), "invalid")
    for field in ("person", "account", "service"):
        problem(program.post("/decisions", {"asks": [{**wanted, field: odd}]}), "invalid")
    ticket = {"topic": "technical", "words": "hello", "service": odd}
    problem(customers(desk, RAJ, TIDEWORKS).post("/tickets", ticket), "invalid")


def test_the_description_says_what_only_we_know(one_desk: Desk) -> None:
    described = one_desk.client.get("/docs/openapi.json").json()["paths"]
    for path, methods in described.items():
        for method, operation in methods.items():
            responses = operation["responses"]
            headers = {one["name"]: one["required"] for one in operation.get("parameters", ()) if one["in"] == "header"}
            done = next(given for status, given in responses.items() if status.startswith("2"))
            assert {"RateLimit-Policy", "RateLimit"} <= done["headers"].keys()
            assert ("304" in responses) == ("ETag" in done["headers"]) == (method == "get" and path not in NO_OBJECTS)
            assert headers.get("If-Match") == {"patch": True, "delete": True, "put": False}.get(method)
    assert set(described["/accounts/{number}"]["put"]["responses"]) >= {"200", "201"}
    lines = described["/accounts/bulk"]["post"]["requestBody"]["content"]["application/jsonl"]["schema"]
    assert lines["minLength"] == 1
    file = described["/tickets/{number}/files/{file}"]["get"]["responses"]["200"]
    assert list(file["content"]) == ["application/octet-stream"]
    links = described["/tickets"]["post"]["responses"]["201"]["links"]
    assert links["tickets.answered"]["parameters"] == {"path.number": "$response.body#/number"}
    links = described["/verifications/{id}"]["get"]["responses"]["200"]["links"]
    assert links["verifications.withdraw"]["parameters"]["header.If-Match"] == "$response.header.ETag"


def test_one_name_is_one_thing_in_the_description(one_desk: Desk) -> None:
    """Two of one name would both get that of their module before it; and an account's number is asked for in one way."""
    described = one_desk.client.get("/docs/openapi.json").json()
    odd = [name for name in described["components"]["schemas"] if re.fullmatch("[A-Z][A-Za-z]+", name) is None]
    assert odd == []
    numbers = [
        json.dumps(parameter, sort_keys=True)
        for path, methods in described["paths"].items()
        for operation in methods.values()
        for parameter in operation.get("parameters", ())
        if path.startswith("/accounts/{number}") and parameter["name"] == "number"
    ]
    assert len(numbers) > 5
    assert len(set(numbers)) == 1


def test_its_patterns_are_read_by_whoever_reads_it(one_desk: Desk) -> None:
    """What JSON Schema asks for, ECMA's dialect, and Python's: `\\u{2028}` is the one and not the other."""
    found = re.findall(r'"pattern": *("(?:[^"\\]|\\.)*")', json.dumps(one_desk.client.get("/docs/openapi.json").json()))
    assert len(found) > 5
    for pattern in found:
        re.compile(json.loads(pattern))


@pytest.mark.parametrize("path", ["/decisions", "/notices/preview"])
def test_what_only_reads_takes_no_idempotency_key_and_is_answered_as_it_is_now(one_desk: Desk, path: str) -> None:
    """The yes of yesterday was said again after the contact had been removed."""
    program = operators(one_desk)
    ask = {"account": TIDEWORKS, "person": "mia.chen", "action": "ticket.open", "topic": "technical"}
    notice = {"kind": "technical", "accounts": [TIDEWORKS], "title": "Works on Sunday", "words": "From two to three."}
    body: Any = {"asks": [ask]} if path == "/decisions" else notice
    before = program.post(path, body, Idempotency_Key="one")
    change(one_desk, tables.contacts.delete().where(tables.contacts.c.account_id == 3))
    after = program.post(path, body, Idempotency_Key="one")
    assert (before.status_code, after.status_code) == (200, 200), after.text
    assert "idempotency-replayed" not in after.headers
    if path == "/decisions":
        assert [one.json()["decisions"][0]["allowed"] for one in (before, after)] == [True, False]
    other = {"asks": [ask, ask]} if path == "/decisions" else notice | {"title": "Works on Monday"}
    assert program.post(path, other, Idempotency_Key="one").status_code == 200, "the key is of no request"
    document = one_desk.client.get("/docs/openapi.json").json()["paths"]
    operation = document[path]["post"]
    assert "parameters" not in operation
    assert "Idempotency-Replayed" not in operation["responses"]["200"]["headers"]
    assert document["/tickets"]["post"]["parameters"][0]["name"] == "Idempotency-Key"
