"""Each recipe is followed, on the desk that `make run` starts; one that was not run against the product it is about says so, and the index says the same."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from tests.api.asking import MIA, TIDEWORKS
from tests.api.assisting import lets_help, opened, signed_in, takes
from tests.cli.conftest import Shell, nowhere  # noqa: F401 - a fixture
from tests.desk import Desk
from tests.house.recipe import Operator, blocks, commands
from tests.house.test_names import ROOT
from tests.request_tracker import OURS, PASSWORD, RequestTracker
from tests.serving import serving

FOLDER: Final = ROOT / "docs" / "recipes"
INDEX: Final = (FOLDER / "README.md").read_text("utf-8")
PAGES: Final = {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.md")) if path.stem != "README"}
PARTS: Final = ["See that it works", "What goes wrong", "Undo it"]
ELSEWHERE: Final = {
    "my-own-panel": ["php -S"],  # tests/api/test_php_panel.py
    "zammad": ["$ZAMMAD"],
    "zendesk": ["$ZENDESK"],
}
LONGEST: Final = 120


@pytest.fixture
def operator(nowhere: Path, sample_sqlite: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:  # noqa: F811
    (nowhere / "deskgate.db").symlink_to(sample_sqlite.removeprefix("sqlite:///"))  # where `make run` has it
    desk = Desk(sample_sqlite, webhook_networks="127.0.0.0/8")
    desk.now = int(time.time() * 1000)
    with serving(desk.app) as served:
        yield Operator(desk, served.url, Shell(sample_sqlite, monkeypatch), nowhere)
    desk.close()


def follow(operator: Operator, name: str) -> None:
    operator.follow(PAGES[name])
    assert operator.typed >= 2
    for line, wanted in zip(operator.elsewhere, ELSEWHERE.get(name, []), strict=True):
        assert wanted in line


@pytest.mark.parametrize("name", sorted(PAGES.keys() - {"leaving", "my-own-ai", "request-tracker"}))
def test_a_recipe_is_followed(name: str, operator: Operator) -> None:
    follow(operator, name)


def test_who_leaves_has_it_all_in_files(operator: Operator) -> None:
    opened(operator.desk, MIA, TIDEWORKS, "our web server answers very slowly")
    follow(operator, "leaving")
    left = operator.folder / "leaving"
    accounts = [json.loads(line) for line in (left / "accounts.jsonl").read_text("utf-8").splitlines()]
    assert [one["number"] for one in accounts] == ["200417", "300528", TIDEWORKS]
    assert {one["username"] for one in accounts[2]["people"]} == {"raj.patel", "mia.chen", "leo.fox", "dev.anand"}
    (ticket,) = json.loads((left / "tickets.json").read_text("utf-8"))
    assert ticket["body"] == "our web server answers very slowly"
    assert len(json.loads((left / "ledger.json").read_text("utf-8"))) > 1
    assert json.loads((left / "jwks.json").read_text("utf-8"))["keys"]
    with closing(sqlite3.connect(left / "desk-backup.db")) as copy:
        assert copy.execute("SELECT count(*) FROM accounts").fetchone() == (3,)
    assert "17846325" not in "".join(path.read_text("utf-8", "replace") for path in left.iterdir()), "no PIN is in it"


def test_the_recipe_of_an_ai_is_followed(operator: Operator) -> None:
    """What Kim presses on the page is pressed for it."""
    number = opened(operator.desk, MIA, TIDEWORKS, "our web server answers very slowly")
    kim = signed_in(operator.desk)
    operator.given["TOKEN"] = lets_help(kim, takes(kim, number))
    by_phone = "deskgate simulate call --from +441632960108 --script tests/ivr/calls/mia.txt\n"
    assert by_phone in PAGES["my-own-ai"]
    operator.follow(PAGES["my-own-ai"].replace(by_phone, ""))
    assert "We look into it." in kim.read(f"/desk/tickets/{number}")
    assert operator.typed >= 8


def test_the_recipe_of_request_tracker_is_followed(operator: Operator, rt: RequestTracker) -> None:
    operator.given |= {"RT_URL": rt.url, "RT_USER": OURS, "RT_PASSWORD": PASSWORD}
    follow(operator, "request-tracker")
    assert operator.looked == 2


@pytest.mark.parametrize("name", PAGES)
def test_a_recipe_has_its_parts_and_is_short(name: str) -> None:
    page = PAGES[name]
    assert page.startswith("# Recipe: ")
    assert len(page.splitlines()) <= LONGEST
    headings = re.findall(r"^## (.+)$", page, re.MULTILINE)
    assert [one for one in headings if one in PARTS] == PARTS
    assert any(one.startswith("Steps") for one in headings)
    assert "**You get**" in page
    assert "**You need**" in page


def test_the_index_lists_each_and_says_whether_it_was_run() -> None:
    rows = dict(re.findall(r"^\| \[.+?\]\(([\w-]+)\.md\) \| (.+?) \|$", INDEX, re.MULTILINE))
    assert set(rows) == set(PAGES)
    for name, said in rows.items():
        assert ("**Not run against" in PAGES[name]) == said.startswith("not against"), name


def test_a_page_that_says_what_is_not_printed_is_seen(operator: Operator) -> None:
    good = "```sh\ndeskgate key list\ndeskgate tickets --json\n```\n\n```text\n[]\n```\n"
    operator.follow(good)
    assert (operator.typed, operator.looked) == (2, 1)
    with pytest.raises(AssertionError, match="not printed: made up"):
        operator.follow(good.replace("[]", "made up"))
    with pytest.raises(AssertionError):
        operator.follow("```sh\ndeskgate nothing\n```\n")
    with pytest.raises(AssertionError):
        operator.follow("```sh\ncurl -s $DESK/api/v1/accounts/1\n```\n")


def test_what_is_typed_and_written_is_read_as_a_shell_would() -> None:
    page = 'text\n\n`a.json`:\n\n   ```json\n   {\n     "a": 1}\n   ```\n\n```sh\none \\\n  two\n# no\nthree\n```\n'
    first, second = blocks(page)
    assert (first.file, first.lines) == ("a.json", ["{", '  "a": 1}'])
    assert [" ".join(line.split()) for line in commands(second.lines)] == ["one two", "three"]
