"""Who walks: by which word a walk calls them, and the number, support ID, PIN and Slack member they come with."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from deskgate.settings import SIMULATED_AGENT
from deskgate.simulator_mount import SAMPLE


class Walker(NamedTuple):
    number: str = ""
    support_id: str = ""
    pin: str = ""
    slack: str = ""
    username: str = ""

    @property
    def is_staff(self) -> bool:
        return self.username.startswith(("agent.", "lead."))


_SLACK: Final = {"mia.chen": "U0MIA", "leo.fox": "U0LEO", "tom.reyes": "U0TOM"}  # in Slack, and not linked yet


def _walker(person: dict[str, Any]) -> Walker:
    username = person["username"]
    slack = person["slack"][0]["user"] if "slack" in person else _SLACK.get(username, "")
    return Walker(
        (person.get("phones") or [""])[0], person.get("support_id", ""), person.get("pin", ""), slack, username
    )


_SAMPLE: Final = json.loads(SAMPLE.read_text("utf-8"))
PEOPLE: Final = {
    **{one["username"].partition(".")[0]: _walker(one) for one in _SAMPLE["people"]},
    **{one["username"].partition(".")[2]: _walker(one) for one in _SAMPLE["staff"]},
    "stranger": Walker("+441632960199", slack="U0FAKE"),
    "withheld": Walker("anonymous"),
    "line": Walker(SIMULATED_AGENT),  # the desk's own phone
    "bo": Walker(username="lead.bo"),
}
NUMBERS: Final = {one.number: name for name, one in PEOPLE.items() if one.number}
MEMBERS: Final = {one.slack: name for name, one in PEOPLE.items() if one.slack}
