"""Whoever is not known is told nothing, however much they look like somebody who is.

T37
"""

from __future__ import annotations

import pytest
from sqlalchemy import text

from simulator.slack import SAMPLE, Cast, Person
from tests.bot.by_hand import event, send
from tests.bot.slack_desk import AGENTS, SlackDesk, Stage

SECRETS = ("20.00", "Harbour", "grid-1", "Grid hosting", "200417", "Dev Anand", "MT-3307")


def nothing_told(desk: SlackDesk, user: str, channel: str = "") -> None:
    told = desk.said(user, channel) + desk.said(user)
    for secret in SECRETS:
        assert secret not in told


def test_the_same_name_and_address_from_another_organisation(slack_once: SlackDesk) -> None:
    desk = slack_once
    fake = desk.be("U0FAKE")
    for words in (
        "what do we owe?",
        "our shop is down",
        "who decides on contacts?",
        "my tickets",
        "account",
        "ticket 1001",
    ):
        fake.dm(words)
        fake.says("hosting-meetup", f"@Deskgate {words}")
    fake.open_home()
    fake.open_messages_tab()
    desk.work()
    nothing_told(desk, "U0FAKE", "hosting-meetup")
    assert "I don't know you yet" in desk.said("U0FAKE")
    assert fake.home is not None
    assert "I don't know you yet" in desk.text_of(fake.home)
    assert "#" not in desk.said("U0KIM", AGENTS)


def test_what_strangers_hear_does_not_depend_on_who_they_say_they_are(slack_once: SlackDesk) -> None:
    desk = slack_once
    heard = set()
    for user in ("U0FAKE", "U0TOM", "U0MIA"):
        desk.be(user).dm("what does Olivia Hart owe?")
        desk.work()
        heard.add(desk.workspace.text_of(desk.last(user, holding="I don")))
    assert len(heard) == 1


def test_strangers_clicks(slack_once: SlackDesk) -> None:
    """Tom, not linked, sees Olivia's messages in the shared channel, and clicks whatever is there."""
    desk = slack_once
    desk.be("U0OLIVIA").says("harbour-bakery", "@Deskgate")
    desk.work()
    desk.click("U0TOM", "open", "harbour-bakery")
    assert desk.be("U0TOM").view is None
    assert "I don't know you yet" in desk.said("U0TOM", "harbour-bakery")
    assert "I don't know you yet" not in desk.said("U0OLIVIA", "harbour-bakery"), "for Tom's eyes alone"


def test_wrong_codes_are_counted(slack: SlackDesk) -> None:
    desk = slack
    good = desk.code("olivia.hart")
    for n in range(5):
        desk.be("U0MIA").dm(f"link {n:08}")
        desk.work()
    desk.be("U0MIA").dm(f"link {desk.code('mia.chen')}")
    desk.work()
    assert "Too many codes were tried" in desk.said("U0MIA")
    assert "I know you now" not in desk.said("U0MIA")
    desk.pass_time(31 * 60)
    desk.be("U0MIA").dm(f"link {desk.code('mia.chen')}")
    desk.work()
    assert "I know you now" in desk.said("U0MIA")
    assert good


def test_a_code_is_good_once_and_for_ten_minutes(slack: SlackDesk) -> None:
    desk = slack
    code = desk.code("mia.chen")
    desk.pass_time(601)
    desk.be("U0MIA").command("/link", code)
    assert "That code is wrong" in desk.said("U0MIA")
    code = desk.code("mia.chen")
    desk.be("U0MIA").command("/link", code)
    assert "I know you now" in desk.said("U0MIA")
    desk.be("U0LEO").command("/link", code)
    assert "That code is wrong" in desk.said("U0LEO")


def test_an_unlisted_organisation_cannot_link_even_with_a_good_code(slack: SlackDesk) -> None:
    desk = slack
    code = desk.code("olivia.hart")
    desk.be("U0FAKE").dm(f"link {code}")
    desk.work()
    assert "That code is wrong" in desk.said("U0FAKE")
    desk.be("U0TOM").dm(f"link {code}")
    desk.work()
    assert "That code is wrong" in desk.said("U0TOM"), "a code that leaked is no longer valid"


def test_an_actor_who_cannot_be_told_is_nobody(slack_once: SlackDesk) -> None:
    """Slack names no organisation of theirs: nothing is told, nothing is opened, and nothing fails."""
    desk = slack_once
    ours = {
        "type": "message",
        "channel_type": "im",
        "channel": "D0OLIVIA",
        "user": "U0OLIVIA",
        "text": "what do we owe?",
    }
    shared = {"is_ext_shared_channel": True}
    body = event(desk, **ours, ts="1.1") | shared
    assert send(desk, body).status_code == 200
    two = event(desk, **ours, ts="1.2", user_team="T0HARBOUR", source_team="T0STRANGE") | shared
    assert send(desk, two).status_code == 200
    desk.work()
    assert desk.read("U0OLIVIA") == []


def test_deactivated_members_stand_for_nobody(slack: SlackDesk) -> None:
    desk = slack
    user = {"id": "U0OLIVIA", "team_id": "T0HARBOUR", "deleted": True}
    assert send(desk, event(desk, type="user_change", user=user)).status_code == 200
    desk.be("U0OLIVIA").dm("what do we owe?")
    desk.work()
    assert "20.00" not in desk.said("U0OLIVIA")
    assert "I don't know you yet" in desk.said("U0OLIVIA")
    with desk.store.transaction("test") as tx:
        notices = tx.connection.execute(text("SELECT payload FROM jobs WHERE kind = 'notice'")).scalars().all()
    assert any("slack_unlinked" in notice for notice in notices)


def test_forgotten_at_ones_own_wish(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.be("U0OLIVIA").open_home()
    desk.work()
    home = desk.be("U0OLIVIA").home
    assert home is not None
    desk.be("U0OLIVIA").click(home, "unlink")
    desk.work()
    desk.be("U0OLIVIA").dm("what do we owe?")
    desk.work()
    assert "20.00" not in desk.said("U0OLIVIA")


def test_a_permission_withdrawn_is_gone_at_once(slack: SlackDesk) -> None:
    """What is told is read when it is told: between the question and the answer the right may go."""
    desk = slack
    desk.be("U0OLIVIA").dm("what do we owe?")
    with desk.store.transaction("test") as tx:
        tx.connection.execute(
            text("DELETE FROM contacts WHERE person_id = (SELECT id FROM people WHERE name = 'Olivia Hart')")
        )
    desk.work()
    assert "20.00" not in desk.said("U0OLIVIA")


@pytest.mark.parametrize("name", ["*bold* <!channel>", "<https://evil.example|Slack>"])
def test_names_are_escaped(sample_sqlite: str, slack_stage: Stage, name: str) -> None:
    people = tuple(Person(p.id, p.team, name, name) if p.id == "U0FAKE" else p for p in SAMPLE.people)
    desk = SlackDesk(sample_sqlite, slack_stage, cast=Cast(SAMPLE.teams, people, SAMPLE.channels))
    desk.be("U0FAKE").dm("hello")
    desk.work()
    assert name not in "\n".join(line for line in desk.read("U0FAKE") if line != "hello")
    desk.close()


def test_a_code_mistyped_twice_is_answered_twice(slack_once: SlackDesk) -> None:
    desk = slack_once
    for words in ("link 11111111", "link 22222222", "link"):
        desk.be("U0MIA").dm(words)
        desk.work()
    assert desk.said("U0MIA").count("That code is wrong") == 2
    assert "Write link and the eight digits" in desk.said("U0MIA")
