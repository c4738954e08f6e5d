"""One event, one effect: whatever comes twice, in any order, at once or after a crash, is one ticket. T12, T13"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import structlog
import structlog.testing
from httpx2 import Response

from simulator.slack.sample import BOT, HARBOUR
from tests.bot.by_hand import Json, bodies, click, command, mention, message, new, rows, send, shortcut, submission
from tests.bot.slack_desk import SlackDesk, Stage
from tests.channels.faults import away, full

pytestmark = pytest.mark.both_databases

DOWN = "our site is down"
Sent = Callable[[SlackDesk, Json, Json], None]


@pytest.fixture(autouse=True)
def logged() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def desk(slack: SlackDesk) -> SlackDesk:
    """Tom may open technical tickets of one account and nothing else: his words become a ticket at once."""
    slack.link("U0TOM", "tom.reyes")
    return slack


def mentions(desk: SlackDesk) -> Json:
    words = f"<@{BOT}> {DOWN}"
    body = message(desk, words, "U0TOM", "C0HARBOUR", team=HARBOUR, user_team=HARBOUR, source_team=HARBOUR)
    return {**body, "team_id": HARBOUR, "is_ext_shared_channel": True}


def again(body: Json) -> Json:
    """The same click, as a person who clicks twice makes it."""
    return {**body, "trigger_id": new("trigger")}


def together(desk: SlackDesk, *bodies: Json) -> list[Response]:
    """All at the same moment, each on its own thread."""
    ready = Barrier(len(bodies))

    def one(body: Json) -> Response:
        ready.wait()
        return send(desk, body)

    with ThreadPoolExecutor(len(bodies)) as threads:
        return list(threads.map(one, bodies))


def in_turn(desk: SlackDesk, first: Json, second: Json) -> None:
    for body in (first, second):
        assert send(desk, body).status_code == 200


def backwards(desk: SlackDesk, first: Json, second: Json) -> None:
    in_turn(desk, second, first)


def after_work(desk: SlackDesk, first: Json, second: Json) -> None:
    send(desk, first)
    desk.work()
    send(desk, second)


def at_once(desk: SlackDesk, first: Json, second: Json) -> None:
    assert [answer.status_code for answer in together(desk, first, second, first, second)] == [200] * 4


ORDERS = (in_turn, backwards, after_work, at_once)


def tickets(desk: SlackDesk) -> int:
    desk.work()
    return rows(desk)["tickets"]


# --- events


def test_an_event_that_comes_again(desk: SlackDesk) -> None:
    desk.be("U0TOM").says("C0HARBOUR", f"@Deskgate {DOWN}")
    sent = [json.loads(dict(hook.params)["body"])["event_id"] for hook in list(desk.workspace.deliveries.journal)[-2:]]
    assert tickets(desk) == 1
    seen = [desk.read("U0TOM"), desk.read("U0TOM", "C0HARBOUR"), desk.read("U0KIM", "C0AGENTS")]
    assert all("#1" in "".join(words) for words in seen), "in direct messages, where it began, and on the desk's card"
    for _ in range(3):
        desk.pass_time(60)
        for id in sent:
            desk.workspace.deliveries.again(id)
    assert tickets(desk) == 1
    assert [desk.read("U0TOM"), desk.read("U0TOM", "C0HARBOUR"), desk.read("U0KIM", "C0AGENTS")] == seen


def test_an_event_that_comes_again_a_day_later(desk: SlackDesk) -> None:
    """Delayed events are sent for 24 hours, so what is remembered outlives the sweep of a day."""
    body = mentions(desk)
    send(desk, body)
    assert tickets(desk) == 1
    for _ in range(25):
        desk.pass_time(3_600)
        desk.container.worker.sweep()
    assert send(desk, body).status_code == 200
    assert tickets(desk) == 1


@pytest.mark.parametrize("order", ORDERS)
def test_a_mention_and_its_message_are_one_ticket(desk: SlackDesk, order: Sent) -> None:
    body = mentions(desk)
    order(desk, body, mention(body))
    assert tickets(desk) == 1
    assert rows(desk)["messages"] == 1


def test_the_same_words_twice_are_two_tickets(desk: SlackDesk) -> None:
    """Whoever says it twice means it: only the same message is the same."""
    in_turn(desk, mentions(desk), mentions(desk))
    assert tickets(desk) == 2


def test_many_at_once_are_as_many_tickets(desk: SlackDesk) -> None:
    bodies = [mentions(desk) for _ in range(4)]
    assert {answer.status_code for answer in together(desk, *bodies, *map(mention, bodies), *bodies)} == {200}
    assert tickets(desk) == 4


def test_a_crash_after_the_commit(desk: SlackDesk, slack_stage: Stage) -> None:
    """The ticket stands and Slack was never told: a process that knows nothing of it hears the event again."""
    body = mentions(desk)
    send(desk, body)
    restarted = SlackDesk(desk.store.url, slack_stage)
    try:
        assert send(restarted, body, x_slack_retry_num="1", x_slack_retry_reason="connection_failed").status_code == 200
        assert send(restarted, mention(body), x_slack_retry_num="1").status_code == 200
        assert tickets(restarted) == 1
    finally:
        restarted.close()


@pytest.mark.parametrize("table", ["tickets", "jobs", "ledger", "deliveries"])
def test_a_fault_before_the_commit_leaves_nothing_and_the_retry_does_it(desk: SlackDesk, table: str) -> None:
    body, before = mentions(desk), rows(desk)
    mended = full(desk, table)
    assert send(desk, body).status_code == 500
    assert rows(desk) == before
    mended()
    assert send(desk, body, x_slack_retry_num="1", x_slack_retry_reason="http_error").status_code == 200
    assert send(desk, body, x_slack_retry_num="2").status_code == 200
    assert tickets(desk) == 1


def test_while_the_database_is_away_slack_keeps_the_event_and_brings_it_again(desk: SlackDesk) -> None:
    with away(desk):
        desk.be("U0TOM").says("C0HARBOUR", f"@Deskgate {DOWN}")
    assert rows(desk)["tickets"] == 0
    waiting = desk.workspace.deliveries.waiting()
    assert [(sent.kind, sent.reason) for sent in waiting] == [("app_mention", "http_error"), ("message", "http_error")]
    desk.pass_time(1)
    assert desk.workspace.deliveries.redeliver_due() == 2
    assert tickets(desk) == 1
    assert not desk.workspace.deliveries.waiting()


def test_while_the_database_is_away_whoever_types_or_clicks_is_told(desk: SlackDesk) -> None:
    """E15: these come once, so nobody is left to believe that it was done: our words where there is room for them, and for what was
    pressed Slack's own failure, which it shows for everything but 200."""
    form = submission("open_ticket", about={"value": ""}, words={"value": "down"})
    with away(desk):
        said = send(desk, command("/ticket", "down"))
        pressed = [send(desk, body) for body in (click("open"), shortcut(), click("desk_take", "1", "U0KIM"))]
        sent = send(desk, form)
    assert (said.status_code, said.json()["response_type"]) == (200, "ephemeral")
    assert said.json()["text"].startswith("Sorry")
    assert [(answer.status_code, answer.text) for answer in pressed] == [(500, "")] * 3
    assert sent.status_code == 200
    assert sent.json()["response_action"] == "errors"
    assert [*sent.json()["errors"]] == ["words"], "the form stays, and so do their words"
    assert tickets(desk) == 0


# --- clicks, commands and forms


def choosing(desk: SlackDesk) -> Json:
    """The click of somebody who is asked what their words are about."""
    desk.be("U0DEV").dm(DOWN)
    desk.work()
    asked = desk.last("U0DEV")
    options = [
        option["value"]
        for block in asked.blocks
        for element in block.get("elements", ())
        for group in element.get("option_groups", ())
        for option in group["options"]
    ]
    assert len(options) > 2, "Dev is on three accounts"
    there = {"container": {"type": "message", "message_ts": asked.ts, "channel_id": asked.channel}}
    shown = {"message": {"ts": asked.ts, "text": asked.text, "blocks": asked.blocks}}
    return click("choose", options[0], "U0DEV", asked.channel, **there, **shown)


@pytest.mark.parametrize("order", ORDERS)
def test_a_choice_clicked_twice_is_one_ticket(desk: SlackDesk, order: Sent) -> None:
    body = choosing(desk)
    order(desk, body, again(body))
    assert tickets(desk) == 1
    assert "That is a ticket already" in desk.said("U0DEV"), "the second click is answered, and not as the first"


@pytest.mark.parametrize("order", ORDERS)
def test_a_click_that_comes_twice_is_one(desk: SlackDesk, order: Sent) -> None:
    body = choosing(desk)
    order(desk, body, body)
    assert tickets(desk) == 1


@pytest.mark.parametrize("order", ORDERS)
def test_words_become_one_ticket_whatever_else_is_chosen_afterwards(desk: SlackDesk, order: Sent) -> None:
    body = choosing(desk)
    (action,) = body["actions"]
    account = action["value"].partition(":")[0]
    order(desk, body, {**again(body), "actions": [{**action, "value": f"{account}:billing"}]})
    assert tickets(desk) == 1


@pytest.mark.parametrize("made", [lambda: command("/ticket", "down"), lambda: click("open"), shortcut])
def test_a_trigger_opens_one_form(desk: SlackDesk, made: Callable[[], Json]) -> None:
    body, before = made(), rows(desk)["jobs"]
    assert {answer.status_code for answer in together(desk, body, body, body)} == {200}
    assert send(desk, body).status_code == 200
    assert rows(desk)["jobs"] == before + 1


def filled_in(desk: SlackDesk, words: str = "it is broken") -> Json:
    value = choosing(desk)["actions"][0]["value"]
    about = {"type": "static_select", "selected_option": {"value": value}}
    return submission("open_ticket", about=about, words={"type": "plain_text_input", "value": words})


def test_a_form_that_comes_twice_is_one_ticket(desk: SlackDesk) -> None:
    body = filled_in(desk)
    first, second = send(desk, body), send(desk, again(body))
    assert first.json()["response_action"] == "update"
    assert (second.status_code, second.text) == (200, ""), "Slack closes it"
    assert tickets(desk) == 1


def test_a_form_sent_four_times_at_once_is_one_ticket(desk: SlackDesk) -> None:
    body = filled_in(desk)
    answers = together(desk, body, again(body), body, again(body))
    assert sorted(bool(answer.text) for answer in answers) == [False, False, False, True]
    assert tickets(desk) == 1


def test_a_form_with_a_mistake_may_be_sent_again(desk: SlackDesk) -> None:
    body = filled_in(desk, "  ")
    for _ in range(2):
        wrong = send(desk, body).json()
        assert (wrong["response_action"], [*wrong["errors"]]) == ("errors", ["words"])
    assert tickets(desk) == 0
    body["view"]["state"]["values"]["words"]["words"]["value"] = "it is broken"
    assert send(desk, again(body)).json()["response_action"] == "update"
    assert send(desk, again(body)).text == ""
    assert tickets(desk) == 1


def test_a_form_that_met_a_fault_may_be_sent_again(desk: SlackDesk) -> None:
    body = filled_in(desk)
    mended = full(desk, "tickets")
    assert send(desk, body).json()["response_action"] == "errors"
    mended()
    assert send(desk, again(body)).json()["response_action"] == "update"
    assert tickets(desk) == 1


# --- characters that a database does not take


@pytest.mark.parametrize("odd", ["\x00", "\ud83d", "\udc00 and \x00"], ids=ascii)
def test_characters_that_are_none_cost_nobody_their_ticket(desk: SlackDesk, odd: str) -> None:
    """JSON can say half a character and no character at all; PostgreSQL keeps neither, and nobody may be asked for ever."""
    said = mentions(desk)
    said["event"] |= {"text": f"<@{BOT}> {DOWN} {odd}", "files": [{"id": "F1", "name": odd, "mimetype": odd}]}
    assert send(desk, said).status_code == 200
    form = filled_in(desk, f"it is broken {odd}")
    assert send(desk, form).json()["response_action"] == "update"
    for body in (shortcut(f"broken {odd}"), command("/ticket", odd.replace("\ud83d", "").replace("\udc00", ""))):
        assert send(desk, body).status_code == 200
    assert tickets(desk) == 2
    assert all(words.isprintable() for words in bodies(desk))
