"""C2: what an author changes or deletes in Slack goes here, whoever they stand for by then, and however it came to be on a ticket."""

from __future__ import annotations

import json
from functools import partial

import pytest
from sqlalchemy import select

from deskgate.simulator_mount import SAMPLE
from store import tables
from store.tables import Base
from store.verification import slack_members
from tests.bot.by_hand import Json, event, send
from tests.bot.slack_desk import AGENTS, SlackDesk
from tests.bot.taking_away import bring
from tests.bot.test_words import MIA, SECRET, bodies, everything, opened


@pytest.fixture
def desk(slack_once: SlackDesk) -> SlackDesk:
    slack_once.link("U0MIA", "mia.chen")
    return slack_once


def test_c2_forgotten_first_and_deleted_then(desk: SlackDesk) -> None:
    """Whoever wrote it stands for nobody any more; it is their message all the same."""
    first = opened(desk)
    home = desk.be("U0MIA").home
    assert home is not None
    desk.be("U0MIA").click(home, "unlink")
    desk.work()
    desk.be("U0MIA").delete(first)
    desk.work()
    assert SECRET not in everything(desk)


@pytest.mark.parametrize("edited", [True, False])
def test_c2_unlinked_while_it_waits_to_be_asked_about(slack_once: SlackDesk, edited: bool) -> None:
    desk = slack_once
    mine = desk.be("U0OLIVIA").dm(f"our shop is down, {SECRET}")
    desk.work()
    with desk.store.transaction("test") as tx:
        slack_members.unlink(tx, mine.team, "U0OLIVIA")
    assert SECRET in everything(desk)
    desk.be("U0OLIVIA").edit(mine, "our shop is down") if edited else desk.be("U0OLIVIA").delete(mine)
    desk.work()
    assert SECRET not in everything(desk)


def test_c2_edited_by_whoever_may_write_there_no_more(desk: SlackDesk) -> None:
    """The old words go, though new ones are not taken."""
    first = opened(desk)
    for one in json.loads(SAMPLE.read_bytes())["accounts"]:
        rest = [contact for contact in one["contacts"] if contact["person"] != "mia.chen"]
        if rest != one["contacts"]:
            bring(desk, accounts=[{"number": one["number"], "contacts": rest}])
    desk.be("U0MIA").edit(first, "our shop is slow")
    desk.work()
    assert SECRET not in everything(desk)
    assert "our shop is slow" not in desk.said("U0KIM", AGENTS)


def test_c2_a_link_that_slack_shows_more_of_takes_nothing_away(desk: SlackDesk) -> None:
    said = {"ts": "1.000001", "text": "our site is down: <https://x.example>", **MIA}
    there = {"type": "message", "channel": "D0MIA", "channel_type": "im"}
    send(desk, event(desk, **there, **said))
    with desk.store.transaction("test") as tx:
        slack_members.unlink(tx, "T0DESK", "U0MIA")
    shown = {**said, "attachments": [{"from_url": "https://x.example", "title": "X"}]}
    send(desk, event(desk, **there, subtype="message_changed", ts="2.1", message=shown, previous_message=said))
    assert bodies(desk) == ["our site is down: https://x.example"]


@pytest.mark.parametrize("when", ["edited after", "deleted after", "edited while open", "deleted while open"])
def test_c2_a_ticket_made_of_a_message_by_a_form_follows_it(desk: SlackDesk, when: str) -> None:
    """While the form holds the message's words they are the message's: in the form too."""
    mia = desk.be("U0MIA")
    mine = mia.says("help", f"our site is down {SECRET}")
    mia.shortcut("open_ticket", mine)
    desk.work()
    form = desk.form("U0MIA")
    assert "they follow your message" in desk.text_of(form)
    words = next(one["element"]["initial_value"] for one in form.blocks if one.get("block_id") == "words")
    assert SECRET in words
    change = partial(mia.edit, mine, "our site is slow") if "edited" in when else partial(mia.delete, mine)
    if "open" in when:
        change()
    desk.submit("U0MIA", words=words)
    if "after" in when:
        assert bodies(desk) == [words]
        change()
    desk.work()
    with desk.store.transaction("test") as tx:
        assert SECRET not in repr([tx.connection.execute(select(one)).all() for one in Base.metadata.tables.values()])
    assert SECRET not in desk.said("U0KIM", AGENTS)
    gone = [] if "open" in when else [""]
    assert bodies(desk) == (["our site is slow"] if "edited" in when else gone)


def test_c2_words_of_a_form_that_is_not_sent_are_kept_for_a_day(desk: SlackDesk) -> None:
    """Where Deskgate is not in the channel it never hears that they were changed or deleted."""
    mine = desk.be("U0MIA").says("help", f"our site is down {SECRET}")
    desk.be("U0MIA").shortcut("open_ticket", mine)
    for hours, left in ((23, 1), (2, 0)):
        desk.pass_time(hours * 3_600)
        desk.container.worker.sweep()
        with desk.store.transaction("test") as tx:
            assert len(tx.connection.execute(select(tables.early_edits)).all()) == left


def test_c2_other_words_in_the_form_are_a_copy_and_it_says_so(desk: SlackDesk) -> None:
    mia = desk.be("U0MIA")
    for who, text in (
        ("U0MIA", "If you change them here, they become a separate copy"),
        ("U0LEO", "These words are a copy"),
    ):
        mine = desk.be(who).says("help", "our site is down")
        mia.shortcut("open_ticket", mine)
        desk.work()
        assert text in desk.text_of(desk.form("U0MIA"))
        desk.submit("U0MIA", words="our site is down" + ", since nine" * (who == "U0MIA"))
        desk.be(who).delete(mine)
        desk.work()
    assert bodies(desk) == ["our site is down, since nine", "our site is down"]


def test_c2_with_a_deleted_message_go_its_files(desk: SlackDesk) -> None:
    mine = desk.be("U0MIA").dm("our site is down", files=[(f"{SECRET}.txt", "x")])
    desk.work()
    assert SECRET in everything(desk)
    desk.be("U0MIA").delete(mine)
    desk.work()
    with desk.store.transaction("test") as tx:
        assert tx.connection.execute(select(tables.attachments)).all() == []
        assert SECRET not in repr([tx.connection.execute(select(one)).all() for one in Base.metadata.tables.values()])
    assert SECRET not in repr(desk.last("U0KIM", AGENTS, "#1001").blocks)


IM: Json = {"type": "message", "channel": "D0MIA", "channel_type": "im"}


@pytest.mark.parametrize("how", ["deleted", "taken out", "a stone in its place"])
def test_c2_a_file_that_goes_alone_goes_here_too(desk: SlackDesk, how: str) -> None:
    """The wrong file was sent: its message stays. What is not in Slack any more is not kept here, nor named on the card."""
    mine = desk.be("U0MIA").dm("our site is down", files=[(f"{SECRET}.txt", "x"), ("log.txt", "y")])
    desk.work()
    wrong, other = ({"id": file.id, "name": file.name} for file in mine.files)
    said: Json = {"ts": mine.ts, "text": "our site is down", **MIA}
    now = [other] if how == "taken out" else [{"id": wrong["id"], "mode": "tombstone"}, other]
    changed = {"message": {**said, "files": now}, "previous_message": {**said, "files": [wrong, other]}}
    there = {**IM, "channel": mine.channel, "subtype": "message_changed", "ts": "1795349000.000001"}
    gone = event(desk, type="file_deleted", file_id=wrong["id"])
    send(desk, gone if how == "deleted" else event(desk, **there, **changed))
    desk.work()
    with desk.store.transaction("test") as tx:
        assert list(tx.connection.execute(select(tables.attachments.c.name)).scalars()) == ["log.txt"]
    card = repr(desk.last("U0KIM", AGENTS, "#1001").blocks)
    assert SECRET not in card
    assert "log.txt" in card
    assert bodies(desk) == ["our site is down"]


def test_c2_a_file_that_was_sent_along_with_an_answer_stays(desk: SlackDesk) -> None:
    """The desk cannot unsay an answer by deleting its own file."""
    desk.be("U0MIA").dm("our site is down")
    desk.work()
    card = desk.last("U0KIM", AGENTS, "#1001")
    note = desk.be("U0KIM").says(AGENTS, "for them", thread=card, files=[("plan.txt", "x")])
    desk.work()
    desk.click("U0KIM", "desk_answer", AGENTS)
    along = next(one for one in desk.form("U0KIM").blocks if one.get("block_id") == "along")
    desk.submit("U0KIM", words="here is the plan", along=[along["element"]["options"][0]["value"]])
    send(desk, event(desk, type="file_deleted", file_id=note.files[0].id))
    with desk.store.transaction("test") as tx:
        f, m = tables.attachments.c, tables.messages.c
        query = select(m.internal).join(tables.attachments, m.id == f.message)
        assert list(tx.connection.execute(query).scalars()) == [False]


@pytest.mark.parametrize("how", ["by its stamp alone", "a stone alone", "in a shared channel, without a team"])
def test_c3_a_deletion_that_does_not_say_whose_it_was(desk: SlackDesk, how: str) -> None:
    """As Slack's documentation has it, and as its retention does it: nothing is said of the message but which it was."""
    mine = desk.be("U0MIA").dm(f"our site is down, {SECRET}")
    desk.work()
    stone = {"ts": mine.ts, "subtype": "tombstone", "user": "USLACKBOT", "text": "This message was deleted."}
    before = {"ts": mine.ts, "user": "U0MIA", "text": mine.text}
    ways: dict[str, Json] = {
        "by its stamp alone": {"subtype": "message_deleted", "deleted_ts": mine.ts},
        "a stone alone": {"subtype": "message_changed", "message": stone},
        "in a shared channel, without a team": {"subtype": "message_deleted", "previous_message": before},
    }
    body = event(desk, **{**IM, "channel": mine.channel, "ts": "1795349000.000001", **ways[how]})
    send(desk, {**body, "is_ext_shared_channel": how.startswith("in a shared")})
    desk.work()
    with desk.store.transaction("test") as tx:
        assert SECRET not in repr([tx.connection.execute(select(one)).all() for one in Base.metadata.tables.values()])
    assert SECRET not in desk.said("U0KIM", AGENTS)
    assert bodies(desk) == [""]


def test_c2_a_question_that_stands_already_can_be_answered_when_its_channel_has_another_id(
    slack_once: SlackDesk,
) -> None:
    desk = slack_once
    mine = desk.be("U0OLIVIA").says("harbour-bakery", "@Deskgate our shop is down")
    desk.work()
    send(desk, event(desk, type="channel_id_changed", old_channel_id=mine.channel, new_channel_id="C0NEW"))
    desk.click("U0OLIVIA", "choose", value="1:technical")
    assert bodies(desk) == ["our shop is down"]
    with desk.store.transaction("test") as tx:
        m, p = tables.messages.c, tables.ticket_threads.c
        assert tx.connection.execute(select(m.source)).scalar_one() == f"C0NEW:{mine.ts}"
        assert tx.connection.execute(select(p.channel).where(p.side == "origin")).scalar_one() == "C0NEW"
