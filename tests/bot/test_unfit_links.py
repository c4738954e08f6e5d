"""H2: a Slack link ends with what justified it: an account that lists the organisation, of whoever it was linked to. T19"""

from __future__ import annotations

import json

import pytest
from sqlalchemy import delete, select

from deskgate.simulator_mount import SAMPLE
from store import tables
from store.codes import one_time_codes
from store.imports import import_run
from store.imports.file_format import read
from store.verification import slack_members
from tests.bot.slack_desk import SlackDesk

DEV, TIDEWORKS = 2, 3


def bring(desk: SlackDesk, *accounts: dict[str, object]) -> None:
    import_run.run(desk.store, read(json.dumps({"accounts": accounts}).encode()))


def tideworks(**said: object) -> dict[str, object]:
    """Without Dev, who is on two other accounts."""
    (sample,) = [one for one in json.loads(SAMPLE.read_bytes())["accounts"] if one["number"] == "400639"]
    others = [one for one in sample["contacts"] if one["person"] != "dev.anand"]
    return {"number": "400639", "contacts": others, **said}


def linked(desk: SlackDesk) -> None:
    """Dev links a member of an organisation that Tideworks alone lists."""
    bring(desk, {"number": "400639", "slack_teams": ["T0STRANGE"]})
    desk.be("U0FAKE").dm(f"link {desk.code('dev.anand')}")
    desk.work()
    assert stands(desk)


def stands(desk: SlackDesk, team: str = "T0STRANGE", user: str = "U0FAKE") -> bool:
    with desk.store.transaction("test") as tx:
        return slack_members.find(tx, team, user) is not None


def told(desk: SlackDesk) -> list[str]:
    w = tables.jobs.c
    with desk.store.transaction("test") as tx:
        keys = tx.connection.execute(select(w.key).where(w.kind == "notice").order_by(w.id)).scalars()
        return [key.partition(":")[0] for key in keys]


@pytest.mark.parametrize("file", [tideworks(), tideworks(slack_teams=[])], ids=["removed", "removed and unlisted"])
def test_h2_it_ends_when_they_are_taken_off_the_account_that_listed_it(
    slack: SlackDesk, file: dict[str, object]
) -> None:
    """They are told, and what they had been sent ends. What stands on other grounds stays: their member in our own workspace,
    and the one the operator tied."""
    desk = slack
    linked(desk)
    desk.link("U0MIA", "mia.chen")
    code = desk.code("dev.anand")
    bring(desk, file)
    assert not stands(desk)
    assert stands(desk, "T0DESK", "U0DEV")
    assert stands(desk, "T0DESK", "U0MIA")
    assert "slack_unlinked" in told(desk)
    with desk.store.transaction("test") as tx:
        assert one_time_codes.redeem(tx, "link", code) is None
    desk.be("U0FAKE").dm("my tickets")
    desk.work()
    assert "I don't know you yet" in desk.said("U0FAKE")


def test_h2_a_night_later_whatever_took_it_away(slack: SlackDesk) -> None:
    desk = slack
    linked(desk)
    c = tables.contacts
    with desk.store.transaction("test") as tx:
        tx.connection.execute(delete(c).where(c.c.person_id == DEV, c.c.account_id == TIDEWORKS))
    desk.container.worker.sweep()
    desk.work()
    assert not stands(desk)
    assert stands(desk, "T0DESK", "U0DEV")
    with desk.store.transaction("test") as tx:
        assert (
            tx.connection.execute(select(tables.slack_members).where(tables.slack_members.c.linked_by == "code")).all()
            == []
        )
    linked_again = told(desk).count("slack_unlinked")
    desk.container.worker.sweep()
    desk.work()
    assert (linked_again, told(desk).count("slack_unlinked")) == (1, 1)


def test_h2_a_link_that_still_fits_is_left_alone(slack_once: SlackDesk) -> None:
    """Another account of theirs lists it, or it is the desk's own workspace, the app being installed or not."""
    desk = slack_once
    bring(desk, {"number": "200417", "slack_teams": ["T0STRANGE"]})
    linked(desk)
    desk.link("U0MIA", "mia.chen")
    bring(desk, tideworks(slack_teams=[]))
    with desk.store.transaction("test") as tx:
        i = tables.installations
        tx.connection.execute(i.update().values(ended_at=tx.now))
    desk.container.worker.sweep()
    desk.work()
    assert stands(desk)
    assert stands(desk, "T0DESK", "U0MIA")
