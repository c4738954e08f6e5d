"""E16: what can never work later is refused when it is imported, or set, with its path."""

from __future__ import annotations

import copy
import json
import re
from typing import Any, Final

import pytest

from deskgate.settings import SettingError, read_settings
from store.imports.file_format import ImportFileError, read
from tests.store.importing import SAMPLE, Desk, document

TEAM: Final = "is no id of a Slack workspace or organisation, like T0DESK or E0GRID"
MEMBER: Final = "is no id of a Slack member, like U0KIM"
BLANK: Final = "has no letter and no digit, so that nobody could read or hear it"
LINE: Final = "must be one line of text"
DOMAIN: Final = "is no e-mail address: there can be no such domain"
NOBODYS: Final = "nobody rings from there, and we ring nobody there"

NEVER: Final[list[tuple[str, Any, str]]] = [
    ("people[0].slack[0].team", "harbour-bakery", TEAM),
    ("people[0].slack[0].team", "t0harbour", TEAM),
    ("people[0].slack[0].team", "U0OLIVIA", TEAM),
    ("people[0].slack[0].user", "olivia", MEMBER),
    ("people[0].slack[0].user", "T0HARBOUR", MEMBER),
    ("staff[0].slack[0].user", "@kim", MEMBER),
    ("accounts[0].slack_teams[0]", "tideworks", TEAM),
    ("accounts[0].slack_teams[0]", "C0CHANNEL", TEAM),
    ("people[0].name", "-", BLANK),
    ("people[0].name", "\u2800", BLANK),
    ("people[0].name", "\u3164", LINE),
    ("people[0].name", "\xa0", LINE),
    ("staff[0].name", "…", BLANK),
    ("accounts[0].name", "***", BLANK),
    ("accounts[0].services[0].name", "--", BLANK),
    ("people[0].email", "olivia@-harbour.example", DOMAIN),
    ("people[0].email", "olivia@harbour..example", DOMAIN),
    ("people[0].email", "olivia@harbour.example.", DOMAIN),
    ("people[0].email", "olivia@☃-.example", DOMAIN),
    ("people[0].phones[0]", "+449098790000", f"is a premium-rate number: {NOBODYS}"),
    ("people[0].phones[0]", "+979123456789", f"is a premium-rate number: {NOBODYS}"),
    ("people[0].phones[0]", "+447640123456", f"is a pager's number: {NOBODYS}"),
    ("staff[0].phone", "+19005550100", f"is a premium-rate number: {NOBODYS}"),
]
GOOD: Final = {
    "people": [
        {
            "username": "olivia",
            "name": "Оливия 2",
            "email": "olivia@straße.example",
            "phones": ["+443301234567", "+18005550199"],
            "slack": [{"team": "E0GRID", "user": "W0OLIVIA"}],
        }
    ],
    "staff": [
        {"username": "kim", "name": "김", "phone": "+441632960001", "slack": [{"team": "T0DESK", "user": "U0KIM"}]}
    ],
    "accounts": [
        {"number": "1", "name": "7", "slack_teams": ["T0A"], "services": [{"id": "s", "name": "é", "status": "up"}]}
    ],
}


def with_word(path: str, word: Any) -> bytes:
    made = copy.deepcopy(GOOD)
    steps = [int(step) if step.isdigit() else step for step in re.findall(r"\w+", path)]
    place: Any = made
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = word
    return json.dumps(made).encode()


def test_e16_names_of_every_script_and_numbers_of_companies_are_taken() -> None:
    assert next(iter(read(json.dumps(GOOD).encode()).people)).name == "Оливия 2"


@pytest.mark.parametrize(("path", "word", "says"), NEVER)
def test_e16_what_can_never_work_is_refused_with_its_path(path: str, word: str, says: str) -> None:
    with pytest.raises(ImportFileError) as refused:
        read(with_word(path, word))
    (line,) = refused.value.lines
    assert line.startswith(f"{path}: {says}")


def test_e16_usernames_that_differ_in_capitals_alone(sqlite_url: str) -> None:
    twice = document(
        people=[{"username": "mia.chen"}, {"username": "Mia.Chen"}], staff=[{"username": "A"}, {"username": "a"}]
    )
    desk = Desk(sqlite_url)
    desk.imports(SAMPLE)
    new = {"name": "M", "email": "m@x.example", "role": "agent"}
    try:
        with pytest.raises(ImportFileError) as refused:
            read(json.dumps(twice).encode())
        assert refused.value.lines == [
            "people[1].username: Mia.Chen differs from people[0].username in capitals alone",
            "staff[1].username: a differs from staff[0].username in capitals alone",
        ]
        there = document(
            people=[{"username": "MIA.chen", "name": "M", "email": "m@x.example"}],
            staff=[{"username": "Agent.Kim", **new}],
        )
        assert desk.refuses(there) == [
            "people[0].username: MIA.chen differs from mia.chen, who is there already, in capitals alone",
            "staff[0].username: Agent.Kim differs from agent.kim, who is there already, in capitals alone",
        ]
        desk.imports(SAMPLE)
    finally:
        desk.store.close()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("agent_number", "+44 1632", "AGENT_NUMBER: must be a telephone number like +441632960000"),
        (
            "agent_number",
            "+449098790000",
            "AGENT_NUMBER: must be a number people answer; one of these is a premium-rate number",
        ),
        (
            "emergency_number",
            "+19005550100",
            "EMERGENCY_NUMBER: must be a number people answer; one of these is a premium-rate number",
        ),
        (
            "slack_teams",
            "T0DESK,desk",
            "SLACK_TEAMS: must be ids like T0DESK or E0GRID, from the workspace's address in a browser",
        ),
    ],
)
def test_e16_settings_that_can_never_work(name: str, value: str, says: str) -> None:
    with pytest.raises(SettingError, match=f"^{re.escape(says)}$"):
        read_settings(_env_file=None, **{name: value})
