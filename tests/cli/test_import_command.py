"""`deskgate import` from a shell: what it says it did, and one line for each thing wrong, with its path. docs/import.md"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from deskgate.simulator_mount import SAMPLE
from tests.cli.conftest import Said, Shell

Document = dict[str, list[dict[str, Any]]]


def sample() -> Document:
    found: Document = copy.deepcopy(json.loads(SAMPLE.read_bytes()))
    return found


@pytest.fixture
def empty(nowhere: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Shell:
    assert nowhere.is_dir()
    return Shell(sqlite_url, monkeypatch)


def written(document: Any, name: str = "accounts.json") -> str:
    Path(name).write_text(json.dumps(document), "utf-8")
    return name


def test_the_first_time_and_again(empty: Shell) -> None:
    said = empty.run("import", written(sample()))
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Imported: 3 accounts added, 11 contacts added")
    again = Said(0, "Imported: nothing, all is as the file says.\n", "")
    assert empty.run("import", "accounts.json") == again
    assert empty.run("import", "accounts.json", "--dry-run").out == again.out.replace("Imported", "Would change")


def test_a_dry_run_tells_the_differences_and_stores_nothing(light: Shell) -> None:
    changed = sample()
    changed["accounts"][2]["status"] = "suspended"
    name = written(changed)
    for _ in range(2):
        said = light.run("import", name, "--dry-run")
        assert said.out == "account 400639: status active → suspended\nWould change: 1 accounts changed.\n"
    assert light.run("import", name).out == "Imported: 1 accounts changed.\n"


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("accounts", 2, "contacts", 1, "permissions"), ["manage_suport"], "accounts[2].contacts[1].permissions: "),
        (("accounts", 0, "contacts", 0, "roles"), ["technical"], "accounts[0].contacts"),
        (("accounts", 1, "scheme"), "godmode", "accounts[1].scheme: "),
        (("people", 0, "support_id"), "10000017", "people[0].support_id: "),
        (("people", 3, "phones"), ["0163 2960"], "people[3].phones[0]: "),
        (("people", 3, "surprise"), 1, "people[3].surprise: "),
        (("people", 1, "username"), "olivia.hart", "people[1].username: "),
        (("accounts", 0, "status"), "asleep", "accounts[0].status: "),
    ],
)
def test_what_is_wrong_is_named_with_file_path_and_reason(
    empty: Shell, place: tuple[Any, ...], value: Any, said: str
) -> None:
    wrong = sample()
    inner: Any = wrong
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    name = written(wrong, "bad.json")
    for further in ((), ("--dry-run",)):
        done = empty.run("import", name, *further)
        assert (done.code, done.out) == (2, "")
        lines = done.err.splitlines()
        assert lines
        assert all(line.startswith("deskgate: bad.json: ") for line in lines)
        assert lines[0].startswith(f"deskgate: bad.json: {said}"), lines
        assert len(lines[0]) > len(f"deskgate: bad.json: {said}") + 5, "and why"
    assert empty.run("import", written(sample())).out.startswith("Imported: 3 accounts added"), "something was stored"


def test_several_faults_are_a_line_each(empty: Shell) -> None:
    wrong = sample()
    wrong["accounts"][0]["status"] = "asleep"
    wrong["people"][2]["email"] = "tom"
    done = empty.run("import", written(wrong, "bad.json"))
    assert (done.code, done.out) == (2, "")
    paths = [line.split(": ")[2] for line in done.err.splitlines()]
    assert sorted(paths) == ["accounts[0].status", "people[2].email"]


@pytest.mark.parametrize("pin", ["12345678", "96010101", "582039", "58203917a", "٥٨٢٠٣٩١٧"])
def test_a_pin_that_will_not_do_is_not_quoted(empty: Shell, pin: str) -> None:
    wrong = sample()
    wrong["people"][0]["pin"] = pin
    line = empty.refuses("import", written(wrong, "bad.json"))
    assert line.startswith("bad.json: people[0].pin: ")
    assert pin not in line


@pytest.mark.parametrize(
    ("content", "said"), [("{", "line 1"), ("[]", ""), ("", ""), ('{"people": [], "people": []}', "people")]
)
def test_what_is_no_such_file(empty: Shell, content: str, said: str) -> None:
    Path("bad.json").write_text(content, "utf-8")
    line = empty.refuses("import", "bad.json")
    assert line.startswith("bad.json: ")
    assert said in line


@pytest.mark.parametrize("name", ["nosuch.json", "."])
def test_a_file_that_cannot_be_read(empty: Shell, name: str) -> None:
    assert empty.refuses("import", name).startswith(f"{name}: ")


def test_bytes_that_are_no_text(empty: Shell) -> None:
    Path("bad.json").write_bytes(b'{"people": [{"name": "\xff\xfe"}]}')
    assert empty.refuses("import", "bad.json").startswith("bad.json: ")


def test_g9_what_is_piped_in_is_read_as_a_file_is(empty: Shell) -> None:
    line = empty.refuses("import", "-", stdin='{"people": [')
    assert line == "standard input: line 1, column 13: not JSON: Expecting value"
    assert empty.run("import", "-", stdin=SAMPLE.read_bytes()).out.startswith("Imported: 3 accounts added")
