"""What an attacker tried and got: each attack here got through once."""

from __future__ import annotations

import inspect
import re

from sqlalchemy import text

import bot.text.mrkdwn
from authz import Subject
from bot.text.mrkdwn import plain_text
from bot.text.phrases import escaped
from desk import linking
from desk.linking import Link
from store.accounts import delegations
from store.slack import installations
from store.slack.installations import Installation
from store.tickets import customer_tickets
from store.verification import attempt_limits, slack_members
from tests.bot.by_hand import event, send
from tests.bot.slack_desk import AGENTS, SlackDesk


def test_met_elsewhere_is_still_the_same_member(slack: SlackDesk) -> None:
    """Olivia opens the home tab in her own workspace, where the app is too: her answers still come to her."""
    desk = slack
    desk.be("U0OLIVIA").dm("our shop is down")
    desk.work()
    desk.click("U0OLIVIA", "choose", value="1:technical")
    with desk.store.transaction("test") as tx:
        installations.put(tx, Installation("T0HARBOUR", "Harbour", "U0BOT2", "B2", ("chat:write",), "xoxb-2"))
    desk.context.home_team = "T0DESK"
    desk.context.look(anew=True)
    home = event(desk, type="app_home_opened", user="U0OLIVIA", channel="D9OTHER", tab="home") | {
        "team_id": "T0HARBOUR"
    }
    home["authorizations"] = [{"team_id": "T0HARBOUR"}]
    assert send(desk, home).status_code == 200
    desk.click("U0KIM", "desk_answer", AGENTS)
    desk.submit("U0KIM", words="We restarted it")
    assert "We restarted it" in desk.said("U0OLIVIA")


def test_what_a_message_keeps_is_for_its_reader(slack: SlackDesk) -> None:
    """Somebody's click with the words, the file and the place of somebody else's message."""
    desk = slack
    desk.link("U0MIA", "mia.chen")
    desk.be("U0OLIVIA").dm("about yesterday", files=[("secret.txt", "SECRET")])
    desk.work()
    kept = desk.last("U0OLIVIA", holding="becomes a ticket")
    block = next(block["block_id"] for block in kept.blocks if str(block.get("block_id")).startswith("from|"))
    file = next(iter(desk.workspace.files))
    for forged in (block, f"from|D0SAM|1.1|1.2|{file}|0123456789abcdef0123"):
        click = {
            "type": "block_actions",
            "user": {"id": "U0SAM", "team_id": "T0DESK"},
            "team": {"id": "T0DESK"},
            "trigger_id": f"t{len(forged)}",
            "container": {"type": "message", "message_ts": "5.5", "channel_id": "D0SAM"},
            "channel": {"id": "D0SAM"},
            "message": {"blocks": [{"type": "actions", "block_id": forged, "elements": []}]},
            "actions": [{"action_id": "choose", "block_id": forged, "selected_option": {"value": "2:technical"}}],
        }
        assert send(desk, click).status_code == 200
    desk.work()
    with desk.store.transaction("test") as tx:
        assert tx.connection.execute(text("SELECT count(*) FROM attachments")).scalar() == 0
        assert tx.connection.execute(text("SELECT count(*) FROM messages WHERE source IS NOT NULL")).scalar() == 0
    room = desk.workspace.dm(desk.be("U0SAM").person)
    assert not any(message.files for message in room.messages.values())


def test_what_nobody_proven_left_stays_the_desks(slack: SlackDesk) -> None:
    desk = slack
    desk.link("U0MIA", "mia.chen")
    with desk.store.transaction("phone") as tx:
        number = customer_tickets.leave_pending(tx, title="LEFT", body="PRIVATE", who=Subject("person:9"), account=3)
    desk.work()
    desk.click("U0KIM", "desk_status", AGENTS, value=f"{number}:closed")
    desk.be("U0MIA").dm(f"ticket {number}")
    desk.be("U0MIA").dm("my tickets")
    desk.work()
    assert "PRIVATE" not in desk.said("U0MIA")
    assert "LEFT" not in desk.said("U0MIA")


def test_strangers_do_not_spend_the_budget_of_those_who_belong(slack: SlackDesk) -> None:
    desk = slack
    with desk.store.transaction("test") as tx:
        for n in range(250):
            attempt_limits.reserve(
                tx, f"slack:T0STRANGE:U{n}", real=False, limits=(attempt_limits.desk_wide("link-other"),)
            )
    desk.be("U0FAKE").dm(f"link {desk.code('olivia.hart')}")
    desk.be("U0MIA").dm(f"link {desk.code('mia.chen')}")
    desk.work()
    assert "Too many codes were tried" in desk.said("U0FAKE")
    assert "I know you now" in desk.said("U0MIA")


def test_colleagues_with_wrong_link_codes_block_nobody_but_themselves(slack: SlackDesk) -> None:
    """Four members with five wrong codes each blocked linking for their whole workspace, and nobody was told."""
    desk = slack
    with desk.store.transaction("test") as tx:
        for user in ("U0RAJ", "U0DEV", "U0SAM"):
            slack_members.unlink(tx, "T0DESK", user)
    for user in ("U0LEO", "U0RAJ", "U0DEV", "U0SAM"):
        for n in range(6):
            desk.be(user).dm(f"link {40_000_000 + n * 7_717}")
    desk.be("U0MIA").dm(f"link {desk.code('mia.chen')}")
    desk.work()
    assert "Too many codes were tried" in desk.said("U0LEO")
    assert "I know you now" in desk.said("U0MIA")
    with desk.store.transaction("test") as tx:  # as many members as the simulator has not
        home = "T0DESK"
        said = [linking.link(tx, home, home, f"U9{n}", "40817263") for n in range(21) for _ in range(5)]
        assert said.count(Link.LATER) == 105 - (100 - 20)
        kinds = tx.connection.execute(text("SELECT kind, detail FROM alerts")).all()
    assert [tuple(row) for row in kinds] == [("links_team", "T0DESK")]


def test_a_loan_is_taken_back_on_a_suspended_account_too(slack: SlackDesk) -> None:
    desk = slack
    desk.link("U0LEO", "leo.fox")
    desk.be("U0LEO").command("/ticket", "x")
    desk.work()
    desk.click("U0LEO", "ask_lender")
    desk.click("U0RAJ", "lend_hours", value="1:24")
    desk.be("U0RAJ").dm("account")
    desk.work()
    desk.click("U0RAJ", "tell_lent")
    with desk.store.transaction("test") as tx:
        tx.connection.execute(text("UPDATE accounts SET status = 'suspended' WHERE number = '400639'"))
    desk.click("U0RAJ", "take_back")
    assert "Done. The right has ended" in desk.said("U0RAJ")
    with desk.store.transaction("test") as tx:
        assert not delegations.take_back(tx, Subject("person:9"), 1), "nobody else's"
        tx.connection.execute(text("UPDATE accounts SET status = 'active' WHERE number = '400639'"))
    desk.be("U0LEO").dm("our site is down")
    desk.work()
    assert "#1001" not in desk.said("U0KIM", AGENTS)


def test_a_code_said_aloud_is_good_no_more(slack: SlackDesk) -> None:
    desk = slack
    code = desk.code("mia.chen")
    desk.be("U0MIA").says("help", f"@Deskgate link {code}")
    desk.be("U0LEO").command("/link", code)
    desk.work()
    assert "That code is wrong" in desk.said("U0LEO")
    assert "it no longer works" in desk.said("U0MIA")
    with desk.store.transaction("test") as tx:
        kept = (
            tx.connection.execute(text("SELECT decision FROM ledger WHERE action IN ('slack.link', 'code')"))
            .scalars()
            .all()
        )
    assert kept == ["said_aloud", "refused"]


def test_a_channel_does_not_learn_who_is_known(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.link("U0DEV", "dev.anand")
    heard: dict[str, list[list[str]]] = {}
    for user in ("U0DEV", "U0MIA", "U0KIM"):
        for words in ("@Deskgate", "@Deskgate what do we owe?", "@Deskgate what do we owe?"):
            desk.pass_time(60 if words == "@Deskgate" else 0)
            said = desk.be(user).says("help", words)
            desk.work()
            replies = [m for m in desk.workspace.rooms["C0HELP"].messages.values() if m.thread_ts == said.ts]
            heard.setdefault(user, []).append([desk.workspace.text_of(reply) for reply in replies])
    assert heard["U0DEV"] == heard["U0MIA"] == heard["U0KIM"]


def test_a_stranger_is_answered_once_a_minute(slack_once: SlackDesk) -> None:
    desk = slack_once
    for _ in range(8):
        desk.be("U0MIA").dm("hello")
        desk.be("U0MIA").open_home()
        desk.be("U0MIA").dm("link 12345678")
    with desk.store.transaction("test") as tx:
        owed = tx.connection.execute(text("SELECT kind, count(*) FROM jobs GROUP BY kind")).all()
    assert dict(tuple(row) for row in owed) == {"slack.reply": 1 + 5 + 1, "slack.home": 1}, (
        "five wrong codes, then once that they are too many"
    )


def test_a_title_draws_nothing_on_the_card(slack_once: SlackDesk) -> None:
    said = escaped("a* :white_check_mark: *Proven* _x_ ~y~ `z` snake_case <!channel>")
    bare = said.replace("\u200b*", "").replace("\u200b_", "").replace("\u200b~", "").replace("\u200b`", "")
    assert not set("*~`") & set(bare)
    assert ":white_check_mark:" not in said
    assert "snake_case" in said
    assert "<!channel>" not in said


def test_an_unclosed_bracket_ends_at_the_next() -> None:
    """Or every one of them is looked for to the end of the text: work that grew with the square of its length."""
    source = inspect.getsource(bot.text.mrkdwn)
    classes = re.findall(r"\[\^([^\]]*)\]", source)
    assert len(classes) >= 5
    assert all("<" in found for found in classes)
    assert plain_text("<http:" * 9_000, "U0DESKGATE") == "<http:" * 9_000


def test_edits_do_not_pile_up(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.link("U0MIA", "mia.chen")
    mine = desk.be("U0MIA").dm("our site is down")
    for n in range(40):
        desk.be("U0MIA").edit(mine, f"our site is down {n}")
    with desk.store.transaction("test") as tx:
        (earlier,) = tx.connection.execute(text("SELECT earlier FROM messages")).scalars()
    assert earlier == "[]", "what somebody has changed is gone, as it is where they wrote it"
    desk.work()
    assert "our site is down 39" in desk.said("U0KIM", AGENTS)
