"""Each recipe is followed, on the desk that `make run` starts; one that was not run against the product it is about says so, and the index says the same."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Final

import pytest

from tests.cli.conftest import Shell, nowhere  # noqa: F401 - a fixture
from tests.desk import Desk
from tests.house.recipe import Operator, blocks, commands
from tests.house.test_names import ROOT

FOLDER: Final = ROOT / "docs" / "recipes"
INDEX: Final = (FOLDER / "README.md").read_text("utf-8")
PAGES: Final = {
    path.stem: path.read_text("utf-8")
    for path in sorted(FOLDER.glob("*.md"))
    if path.stem not in ("README", "help-desks")
}
ELSEWHERE: Final = {"my-own-panel": ["php -S"]}  # tests/api/test_php_panel.py
LONGEST: Final = 130


@pytest.fixture
def operator(nowhere: Path, sample_sqlite: str, monkeypatch: pytest.MonkeyPatch) -> Operator:  # noqa: F811
    desk = Desk(sample_sqlite, webhook_networks="127.0.0.0/8")
    desk.now = int(time.time() * 1000)
    return Operator(desk, Shell(sample_sqlite, monkeypatch), nowhere)


@pytest.mark.parametrize("name", PAGES)
def test_a_recipe_is_followed(name: str, operator: Operator) -> None:
    operator.follow(PAGES[name])
    operator.desk.close()
    assert operator.typed >= 2
    for line, wanted in zip(operator.elsewhere, ELSEWHERE.get(name, []), strict=True):
        assert wanted in line


@pytest.mark.parametrize("name", PAGES)
def test_a_recipe_has_its_parts_and_is_short(name: str) -> None:
    page = PAGES[name]
    assert page.startswith("# Recipe: ")
    assert len(page.splitlines()) <= LONGEST
    headings = re.findall(r"^## (.+)$", page, re.MULTILINE)
    assert [one for one in headings if one in PARTS] == PARTS
    assert "**You get**" in page
    assert "**You need**" in page


PARTS: Final = ["Steps", "See that it works", "What goes wrong", "Undo it"]


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
    operator.desk.close()


def test_what_is_typed_and_written_is_read_as_a_shell_would() -> None:
    page = 'text\n\n`a.json`:\n\n   ```json\n   {\n     "a": 1}\n   ```\n\n```sh\none \\\n  two\n# no\nthree\n```\n'
    first, second = blocks(page)
    assert (first.file, first.lines) == ("a.json", ["{", '  "a": 1}'])
    assert [" ".join(line.split()) for line in commands(second.lines)] == ["one two", "three"]
