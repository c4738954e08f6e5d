"""docs/api.md keeps its word: its curl lines are run against a desk that is served, and every route stands there; /docs is for whoever runs the desk."""

from __future__ import annotations

import re
import shlex
from typing import Final

from api.v1.problems import KINDS
from api.v1.router import AT, ROUTES
from authz import KEY_VERBS
from tests.api.asking import RAJ, TIDEWORKS, Program, customers, operators, problem
from tests.desk import Desk
from tests.house.test_names import ROOT

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
