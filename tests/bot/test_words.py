"""C2 to C6: words are taken from wherever they are, as they were seen, whole; and what their author changes or takes back is changed or gone
everywhere."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from bot.outbound import edited_answers
from simulator.slack import Message
from store import tables
from store.tables import Base
from tests.bot.by_hand import event, message, send, shortcut
from tests.bot.slack_desk import AGENTS, SlackDesk

SECRET = "hunter2-is-my-password"
MIA: dict[str, Any] = {"user": "U0MIA", "team": "T0DESK"}
FORWARDED = {
    "is_share": True,
    "from_url": "https://x.slack.com/archives/C1/p1",
    "author_name": "Leo",
    "text": "our shop shows <tel:+441632960101|01632 960101> and 502",
}
ALERT = {"color": "danger", "title": "web-01 is DOWN", "fields": [{"title": "Since", "value": "09:12"}]}
BLOCKS = [
    {"type": "header", "text": {"type": "plain_text", "text": "Disk full"}},
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "on "},
                    {"type": "text", "text": "web-02", "style": {"bold": True}},
                ],
            }
        ],
    },
    {"type": "section", "fields": [{"type": "mrkdwn", "text": "*99 %*"}]},
]


@pytest.fixture
def desk(slack_once: SlackDesk) -> SlackDesk:
    slack_once.link("U0MIA", "mia.chen")
    return slack_once


def everything(desk: SlackDesk) -> str:
    """What stands anywhere: in every table, in all that anybody sees in Slack, in home tabs and open forms."""
    with desk.store.transaction("test") as tx:
        kept = [repr(tx.connection.execute(select(table)).all()) for table in Base.metadata.tables.values()]
    seen = [repr(desk.workspace.seen_by(user)) for user in ("U0MIA", "U0RAJ", "U0KIM", "U0LEO", "U0OLIVIA")]
    return "\n".join([*kept, *seen, *(repr(view.blocks) for view in desk.workspace.homes.values())])


def bodies(desk: SlackDesk) -> list[str]:
    with desk.store.transaction("test") as tx:
        return list(tx.connection.execute(select(tables.messages.c.body).order_by(tables.messages.c.id)).scalars())


# --- C2


def opened(desk: SlackDesk) -> Message:
    """A ticket whose first message holds a password, shown wherever a ticket is shown."""
    first = desk.be("U0MIA").dm(f"our site is down, {SECRET}\nsince nine")
    desk.work()
    for user in ("U0MIA", "U0RAJ"):
        desk.be(user).dm("my tickets")
        desk.work()
        desk.be(user).dm("ticket 1001")
        desk.work()
        desk.be(user).open_home()
        desk.work()
    assert everything(desk).count(SECRET) > 10, "it stands in many places"
    return first


def test_c2_a_password_that_is_edited_away_is_nowhere(desk: SlackDesk) -> None:
    first = opened(desk)
    desk.be("U0MIA").edit(first, "our shop is down")
    desk.work()
    assert SECRET not in everything(desk)
    for user, channel in (("U0KIM", AGENTS), ("U0RAJ", ""), ("U0MIA", "")):
        assert "#1001" in desk.said(user, channel)
        assert "our shop is down" in desk.said(user, channel)
    assert "our shop is down" in desk.text_of(desk.be("U0RAJ").home)


def test_c2_c3_a_password_that_is_deleted_is_nowhere(desk: SlackDesk) -> None:
    """Its thread makes that a change to a tombstone which is Slack's own, and it is a deletion all the same."""
    first = opened(desk)
    desk.be("U0MIA").delete(first)
    assert first.subtype == "tombstone"
    desk.work()
    assert SECRET not in everything(desk)
    assert "Deleted by its author" in desk.said("U0KIM", AGENTS)
    assert "(no words)" in desk.said("U0RAJ")


def test_c2_the_phone_reads_what_it_says_now(desk: SlackDesk) -> None:
    first = opened(desk)
    desk.be("U0MIA").edit(first, "our shop is down")
    heard = desk.ring(
        "from +441632960108\ndesk: …\ncaller presses #\ndesk: …\ncaller presses 17846325#\ndesk: …\ncaller presses 2\ndesk: …\n"
    )
    assert SECRET not in everything(desk)
    assert SECRET not in str(heard)


def test_c2_words_that_wait_to_be_asked_about(slack_once: SlackDesk) -> None:
    """What is quoted back with "which?" is what the message says now, and the ticket that comes of it too."""
    desk = slack_once
    mine = desk.be("U0OLIVIA").dm(f"our shop is down, {SECRET}")
    desk.work()
    assert SECRET in desk.said("U0OLIVIA")
    desk.be("U0OLIVIA").edit(mine, "our shop is down")
    desk.work()
    assert SECRET not in desk.said("U0OLIVIA")
    assert SECRET not in everything(desk)
    desk.click("U0OLIVIA", "choose", value="1:technical")
    assert bodies(desk) == ["our shop is down"]
    assert "our shop is down" in desk.said("U0KIM", AGENTS)
    with desk.store.transaction("test") as tx:
        assert tx.connection.execute(select(func.count()).select_from(tables.early_edits)).scalar() == 0, "one copy"


def test_c2_words_taken_back_before_they_became_a_ticket(slack_once: SlackDesk) -> None:
    desk = slack_once
    mine = desk.be("U0OLIVIA").dm(f"our shop is down, {SECRET}")
    desk.work()
    asked = desk.last("U0OLIVIA", holding=SECRET)
    before = [*asked.blocks]
    desk.be("U0OLIVIA").delete(mine)
    desk.work()
    assert SECRET not in everything(desk)
    asked.blocks = before  # a click that was on its way
    desk.click("U0OLIVIA", "choose", value="1:technical")
    assert bodies(desk) == []
    assert "was taken back" in desk.said("U0OLIVIA")


def test_c2_a_code_in_the_words_of_a_ticket_is_spoilt_and_not_kept(desk: SlackDesk) -> None:
    code = desk.code("leo.fox")
    send(
        desk,
        message(desk, f"our site is down, the code is {code[:4]}-{code[4:]}", "U0MIA", "D0MIA", ts="1795348000.000001"),
    )
    desk.work()
    desk.be("U0LEO").command("/link", code)
    assert "That code is wrong" in desk.said("U0LEO")
    assert "••••-••••" in desk.said("U0KIM", AGENTS)


# --- answers that hold words


def owed_anew(desk: SlackDesk) -> int:
    w = tables.jobs.c
    with desk.store.transaction("test") as tx:
        waiting = select(func.count()).where(w.kind == "slack.refresh_answer", w.done_at.is_(None))
        return int(tx.connection.execute(waiting).scalar_one())


def test_one_edit_makes_a_few_answers_anew_at_once_and_in_the_end_all(desk: SlackDesk) -> None:
    first = desk.be("U0MIA").dm(f"our site is down, {SECRET}")
    desk.work()
    for _ in range(2 * edited_answers.AT_ONCE + 1):
        desk.be("U0RAJ").dm("ticket 1001")
    desk.work()
    for said in ("our shop is down", "our shop is back"):  # the second finds what the first has begun
        desk.be("U0MIA").edit(first, said)
        while desk.container.worker.do_one(["slack.refresh_answers"]):
            pass
    assert owed_anew(desk) == edited_answers.AT_ONCE, "each once, whatever became of the words"
    desk.work()
    assert desk.said("U0RAJ").count(SECRET) >= edited_answers.AT_ONCE + 1
    for _ in range(2):
        desk.pass_time(edited_answers.APART / 1000)
        desk.work()
    assert SECRET not in everything(desk)
    assert desk.said("U0RAJ").count("our shop is back") >= 2 * edited_answers.AT_ONCE + 1


def test_which_answers_hold_words_is_forgotten_after_a_month(desk: SlackDesk) -> None:
    opened(desk)
    count = select(func.count()).select_from(tables.quotes)
    for days, left in ((30, True), (1, False)):
        desk.pass_time(days * 86_400)
        desk.container.worker.sweep()
        with desk.store.transaction("test") as tx:
            assert bool(tx.connection.execute(count).scalar()) is left


def test_an_answer_follows_words_whose_channel_has_another_id(slack_once: SlackDesk) -> None:
    """Slack gives a channel a new id when it is shared: what was asked about words said there is made anew all the same."""
    desk = slack_once
    mine = desk.be("U0OLIVIA").says("harbour-bakery", f"@Deskgate our shop is down, {SECRET}")
    desk.work()
    assert SECRET in desk.said("U0OLIVIA")
    send(desk, event(desk, type="channel_id_changed", old_channel_id=mine.channel, new_channel_id="C0NEW"))
    stamp, text = f"{desk.now // 1000 + 1}.000000", mine.text.replace(f"down, {SECRET}", "slow")
    said: dict[str, Any] = {"type": "message", "user": mine.user, "team": mine.team, "ts": mine.ts, "text": text}
    edited = {**said, "edited": {"user": mine.user, "ts": stamp}}
    changed = {"subtype": "message_changed", "message": edited, "channel": "C0NEW", "channel_type": "channel"}
    send(desk, event(desk, type="message", ts=stamp, **changed))
    desk.work()
    asked = desk.said("U0OLIVIA")
    assert SECRET not in asked
    assert "our shop is slow" in asked


# --- C3


def test_c3_a_tombstone_in_a_channel_thread(desk: SlackDesk) -> None:
    there = {"channel": "D0MIA", "channel_type": "im"}
    for ts, said, thread in (("1.000001", "our site is down", {}), ("2.000001", SECRET, {"thread_ts": "1.000001"})):
        send(desk, event(desk, type="message", ts=ts, text=said, **MIA, **there, **thread))
    stone = {
        "ts": "2.000001",
        "subtype": "tombstone",
        "text": "This message was deleted.",
        "user": "USLACKBOT",
        "hidden": True,
    }
    before = {"ts": "2.000001", "text": SECRET, **MIA, "thread_ts": "1.000001"}
    gone = {
        "subtype": "message_changed",
        "ts": "3.000001",
        "event_ts": "3.000001",
        "message": stone,
        "previous_message": before,
    }
    send(desk, event(desk, type="message", **gone, **there))
    desk.work()
    assert bodies(desk) == ["our site is down", ""]
    assert SECRET not in everything(desk)


# --- C4


def use_shortcut(desk: SlackDesk, said: dict[str, Any]) -> None:
    """The shortcut of a message, of one that the little Slack cannot make."""
    with desk.workspace.acting():
        trigger = desk.be("U0MIA")._trigger()
    send(desk, shortcut(user="U0MIA", trigger_id=trigger, message={"type": "message", "ts": "1.1", **said}))


@pytest.mark.parametrize(
    ("brought", "said"),
    [
        ({"attachments": [FORWARDED]}, "our shop shows 01632 960101 and 502"),
        ({"text": "please look at this, our site is down", "attachments": [FORWARDED]}, "our shop shows 01632 960101"),
        ({"attachments": [ALERT]}, "web-01 is DOWN\nSince: 09:12"),
        ({"blocks": BLOCKS}, "Disk full\non web-02\n*99 %*"),
        ({"attachments": [{"message_blocks": [{"message": {"blocks": BLOCKS}}], "is_share": True}]}, "on web-02"),
        ({"attachments": [{"fallback": "it broke at nine"}]}, "it broke at nine"),
    ],
)
def test_c4_words_are_taken_from_wherever_they_are(desk: SlackDesk, brought: dict[str, Any], said: str) -> None:
    use_shortcut(desk, {"bot_id": "B1", "text": "", **brought})
    desk.work()
    view = desk.form("U0MIA")
    initial = next(
        block["element"].get("initial_value", "") for block in view.blocks if block.get("block_id") == "words"
    )
    assert said in initial
    assert brought.get("text", "") in initial


def test_c4_a_preview_of_a_link_is_none_of_their_words(desk: SlackDesk) -> None:
    preview = {
        "from_url": "https://n.example",
        "original_url": "https://n.example",
        "title": "News",
        "text": "of others",
    }
    send(desk, message(desk, "our site is down: <https://n.example>", "U0MIA", "D0MIA", attachments=[preview]))
    assert bodies(desk) == ["our site is down: https://n.example"]


NESTED = [{"is_share": True, "attachments": [ALERT]}]


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ({"text": "see <https://x.example/a|this page>"}, "see this page (https://x.example/a)"),
        ({"text": "see <https://x.example/|x.example>"}, "see x.example"),
        ({"text": "ask <#C0123|> or <!subteam^S012> or <!subteam^S012|@ops>"}, "ask #… or @… or @ops"),
        ({"text": "our site is down\u3164\u034f\u115f!"}, "our site is down!"),
        ({"text": "", "attachments": NESTED}, "web-01 is DOWN\nSince: 09:12"),
    ],
)
def test_c4_c5_words_are_what_was_seen(desk: SlackDesk, said: dict[str, Any], seen: str) -> None:
    """What a link says and where it leads; channels and groups, that Slack names or does not; nothing that is not drawn."""
    send(desk, message(desk, user="U0MIA", channel="D0MIA", ts="1795348000.000001", **{"text": "", **said}))
    with desk.store.transaction("test") as tx:
        kept = list(tx.connection.execute(select(tables.early_edits.c.body)).scalars())
    assert [*bodies(desk), *kept] == [seen]


def test_c4_where_there_are_no_words_one_is_told(desk: SlackDesk) -> None:
    told = "There are no words in that message"
    use_shortcut(desk, {"text": ""})
    desk.work()
    assert desk.be("U0MIA").view is None, "no empty form"
    assert told in desk.said("U0MIA", "help")
    before = desk.be("U0RAJ").dm("hello")
    share = [{"is_share": True, "text": ""}]
    send(desk, message(desk, "", "U0RAJ", before.channel, attachments=share, thread_ts=before.ts))
    desk.work()
    assert told in desk.said("U0RAJ")
    assert bodies(desk) == []


# --- C6


@pytest.mark.parametrize("long", [15_027, 39_990])
def test_c6_long_words_are_kept_whole(desk: SlackDesk, long: int) -> None:
    words = ("our site is down. " * 3_000)[:long]
    desk.be("U0MIA").dm(words)
    desk.work()
    assert bodies(desk) == [words.strip()]
    assert f"and {len(words.strip()) - 12_000} more characters. All of it is kept" in desk.said("U0KIM", AGENTS)


def test_c6_of_words_that_wait_too(slack_once: SlackDesk) -> None:
    desk, words = slack_once, ("our shop is down. " * 3_000)[:25_000].strip()
    desk.be("U0OLIVIA").dm(words)
    desk.work()
    desk.click("U0OLIVIA", "choose", value="1:technical")
    assert bodies(desk) == [words]
