"""What ends: drafts that were taken back, links, installations, places. After it nothing more is told, and nothing is stuck."""

from __future__ import annotations

import json
from dataclasses import replace

from sqlalchemy import text

from authz import Subject
from simulator.slack import SAMPLE, Cast, Trouble
from simulator.slack.sample import BOT
from store.slack import installations
from store.slack.installations import Installation
from store.verification import slack_members
from tests.bot.by_hand import event, send
from tests.bot.slack_desk import AGENTS, SlackDesk, Stage


def test_a_draft_that_was_taken_back_is_nobodys(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.be("U0OLIVIA").dm("help")
    desk.work()
    desk.click("U0OLIVIA", "open")
    desk.submit("U0OLIVIA", about="1:account.close", words="close it all, and fire Dev")
    desk.click("U0OLIVIA", "withdraw")
    assert "The draft is gone" in desk.said("U0OLIVIA")
    desk.be("U0OLIVIA").dm("ticket 1001")
    desk.be("U0DEV").command("/tickets")
    desk.be("U0DEV").command("/ticket", "1001")
    desk.work()
    assert "There is no ticket 1001 that you may see" in desk.said("U0OLIVIA")
    assert "fire Dev" not in desk.said("U0DEV")
    assert "fire Dev" not in desk.said("U0KIM", AGENTS)
    assert "[Open it again]" not in desk.said("U0OLIVIA")


def test_nothing_more_is_said_to_a_member_who_stands_for_nobody(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.link("U0MIA", "mia.chen")
    mine = desk.be("U0MIA").dm("our site is down", files=[("a.txt", "a")])
    desk.work()
    desk.be("U0MIA").open_home()
    desk.work()
    home = desk.be("U0MIA").home
    assert home is not None
    desk.be("U0MIA").click(home, "unlink")
    desk.work()
    assert "I don't know you yet" in desk.text_of(desk.be("U0MIA").home)
    desk.click("U0KIM", "desk_answer", AGENTS)
    desk.submit("U0KIM", words="SECRET ANSWER")
    assert "SECRET ANSWER" not in desk.said("U0MIA")
    desk.be("U0MIA").dm("and now?", thread=mine)
    desk.work()
    assert "and now?" not in desk.said("U0KIM", AGENTS)


def test_an_organisation_that_is_listed_no_more(slack_once: SlackDesk) -> None:
    from store.imports import import_run
    from store.imports.file_format import read

    desk = slack_once
    for teams in ('["T0STRANGE"]', "[]"):
        import_run.run(desk.store, read(f'{{"accounts": [{{"number": "200417", "slack_teams": {teams}}}]}}'.encode()))
        if teams != "[]":
            desk.be("U0FAKE").dm(f"link {desk.code('tom.reyes')}")
            desk.work()
            assert "I know you now" in desk.said("U0FAKE")
    desk.be("U0FAKE").dm("my tickets")
    desk.work()
    assert "I don't know you yet" in desk.said("U0FAKE")


def test_an_organisation_that_another_account_of_theirs_still_lists(slack_once: SlackDesk) -> None:
    from store.imports import import_run
    from store.imports.file_format import read

    desk = slack_once

    def bring(number: str, **said: object) -> None:
        import_run.run(desk.store, read(json.dumps({"accounts": [{"number": number, **said}]}).encode()))

    for number in ("200417", "300528"):
        bring(number, slack_teams=["T0STRANGE"])
    owner, billing = {"person": "sam.okoro", "roles": ["owner"]}, {"person": "ines.costa", "roles": ["billing"]}
    bring("300528", contacts=[owner, billing, {"person": "tom.reyes", "roles": ["support"]}])
    desk.be("U0FAKE").dm(f"link {desk.code('tom.reyes')}")
    desk.work()
    for number, known in (("200417", True), ("300528", False)):
        bring(number, slack_teams=[])
        with desk.store.transaction("test") as tx:
            assert (slack_members.find(tx, "T0STRANGE", "U0FAKE") is not None) is known


def test_a_strangers_workspace_that_has_the_app_is_not_ours(slack_once: SlackDesk) -> None:
    desk = slack_once
    with desk.store.transaction("test") as tx:
        installations.put(tx, Installation("T0STRANGE", "Strange", "U0BOT2", "B2", ("chat:write",), "xoxb-2"))
    desk.context.home_team = "T0DESK"
    desk.context.look(anew=True)
    desk.be("U0FAKE").dm(f"link {desk.code('mia.chen')}")
    desk.work()
    assert "That code is wrong" in desk.said("U0FAKE")


def test_the_app_is_removed_elsewhere(slack_once: SlackDesk) -> None:
    """Slack tells of it twice, and now and then again: it is never taken for the desk's own installation."""
    desk = slack_once
    with desk.store.transaction("test") as tx:
        installations.put(tx, Installation("T0OTHER", "Other", "U0BOT2", "B2", ("chat:write",), "xoxb-2"))
    desk.context.look(anew=True)
    at = desk.now // 1000
    of_other = {"team_id": "T0OTHER", "event_time": at}
    revoked = event(desk, type="tokens_revoked", tokens={"bot": ["U0BOT2"]}) | of_other
    gone = event(desk, type="app_uninstalled") | of_other
    for body in (revoked, gone, gone, revoked):
        body["authorizations"] = []
        assert send(desk, body).status_code == 200
    with desk.store.transaction("test") as tx:
        assert [one.team for one in installations.every(tx)] == ["T0DESK"]
        desk.now += 60_000
    with desk.store.transaction("test") as tx:
        installations.put(tx, Installation("T0OTHER", "Other", "U0BOT2", "B2", ("chat:write",), "xoxb-3"), anew=True)
    desk.context.look(anew=True)
    late = event(desk, type="app_uninstalled") | of_other
    send(desk, late)
    with desk.store.transaction("test") as tx:
        assert [one.team for one in installations.every(tx)] == ["T0DESK", "T0OTHER"], "it was installed anew since"


def test_the_app_is_invited_into_the_desks_channel_later(sample_sqlite: str, slack_stage: Stage) -> None:
    channels = tuple(
        replace(one, members=tuple(member for member in one.members if member != BOT)) if one.id == AGENTS else one
        for one in SAMPLE.channels
    )
    desk = SlackDesk(sample_sqlite, slack_stage, cast=Cast(SAMPLE.teams, SAMPLE.people, channels))
    desk.link("U0MIA", "mia.chen")
    mine = desk.be("U0MIA").dm("our site is down")
    desk.be("U0MIA").dm("more of it", thread=mine)
    desk.work()
    assert desk.said("U0KIM", AGENTS) == ""
    assert "invite the app" in (desk.store.backlog("slack.%").error or "")
    desk.be("U0KIM").invite_bot(AGENTS)
    desk.pass_time(301)
    desk.work()
    assert desk.said("U0KIM", AGENTS).count("#1001: our site is down") == 1
    assert "more of it" in desk.said("U0KIM", AGENTS)
    desk.close()


def test_somebody_elses_thread(slack_once: SlackDesk) -> None:
    """A mention in the thread of another customer's ticket is a beginning of its own."""
    desk = slack_once
    desk.link("U0MIA", "mia.chen")
    mine = desk.be("U0MIA").says("help", "@Deskgate our site is down")
    desk.work()
    desk.be("U0SAM").says("help", "@Deskgate our server is down too", thread=mine)
    desk.work()
    assert "our server is down too" in desk.said("U0SAM")
    desk.click("U0SAM", "choose", value="2:technical")
    assert "#1002: our server is down too" in desk.said("U0KIM", AGENTS)
    assert "our server is down too" not in desk.said("U0MIA")


def test_a_form_does_not_wait_behind_others(slack_once: SlackDesk) -> None:
    from deskgate.job_threads import THREADS, waits_for

    assert waits_for("slack.form") != waits_for("slack.message")
    assert THREADS[waits_for("slack.form")] >= 1


def test_an_answer_for_ones_eyes_where_the_app_is_not(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.link("U0LEO", "leo.fox")
    said = desk.be("U0MIA").says("random", "tide-web is slow")
    desk.be("U0LEO").shortcut("open_ticket", said)
    desk.work()
    assert "you may not ask for support" in desk.said("U0LEO"), "in direct messages then"


def test_files_are_not_posted_twice(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.link("U0MIA", "mia.chen")
    lost = {"left": 1}

    def once(method: str, _args: object) -> Trouble | None:
        if method == "files.completeUploadExternal" and lost["left"]:
            lost["left"] -= 1
            return Trouble(lost_response=True)
        return None

    desk.workspace.trouble = once
    desk.be("U0MIA").dm("our site is down", files=[("a.txt", "a")])
    desk.work()
    desk.pass_time(61)
    desk.work()
    room = desk.workspace.rooms[AGENTS]
    assert [file.name for message in room.messages.values() for file in message.files] == ["a.txt"]


def test_words_while_the_desk_waits(slack_once: SlackDesk) -> None:
    """What is written outside the thread may be the answer: it is offered first, and nothing is opened by itself."""
    desk = slack_once
    desk.link("U0MIA", "mia.chen")
    desk.be("U0MIA").dm("our site is down")
    desk.work()
    desk.click("U0KIM", "desk_answer", AGENTS)
    desk.submit("U0KIM", words="Is it better now?")
    desk.be("U0MIA").dm("our site is down still")
    desk.work()
    assert "#1002" not in desk.said("U0KIM", AGENTS)
    desk.click("U0MIA", "add_1001")
    assert "our site is down still" in desk.said("U0KIM", AGENTS)
    assert "That is added to ticket #1001" in desk.said("U0MIA")


def test_a_used_loan_and_a_view_that_is_asked_for(slack_once: SlackDesk) -> None:
    """One ticket can be lent to open, not to see: which one would it be?"""
    desk = slack_once
    desk.link("U0LEO", "leo.fox")
    desk.be("U0LEO").command("/tickets")
    desk.work()
    desk.click("U0LEO", "ask_lender")
    assert "[Allow one ticket]" not in desk.said("U0RAJ")
    assert "[Allow for some time ▾]" in desk.said("U0RAJ")
    with desk.store.transaction("test") as tx:
        from authz import Action, Ask, Grant, Proof
        from store.accounts import delegations

        raj = tx.connection.execute(text("SELECT id FROM people WHERE username = 'raj.patel'")).scalar_one()
        grant = tx.ask(Ask(Subject.of_person(raj), Action.RIGHT_LEND, 3, None, Proof.VERIFIED))
        assert isinstance(grant, Grant)
        assert delegations.lend(tx, grant, 1, None) is None


def test_the_card_of_a_lent_right(slack_once: SlackDesk) -> None:
    desk = slack_once
    desk.link("U0LEO", "leo.fox")
    desk.be("U0LEO").command("/ticket", "x")
    desk.work()
    desk.click("U0LEO", "ask_lender")
    desk.click("U0RAJ", "lend_once")
    desk.be("U0LEO").dm("our site is down")
    desk.work()
    card = desk.said("U0KIM", AGENTS)
    assert "their own technical tickets, nobody else's" in card
    assert "*Lent to them*, for their own tickets only" in card
    desk.be("U0RAJ").dm("account")
    desk.work()
    desk.click("U0RAJ", "tell_lent")
    assert "*Leo Fox* has opened #1001 with this" in desk.said("U0RAJ")
