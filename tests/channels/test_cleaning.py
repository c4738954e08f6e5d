"""C5: what people send goes through one cleaning, at whichever door it comes in; what is kept is what was seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from store import tables
from store.imports.file_format import ImportFileError, read
from store.text.cleaning import clean, cleaned
from tests.bot.by_hand import message, send, submission
from tests.bot.conftest import slack_stage as slack_stage
from tests.bot.slack_desk import SlackDesk, Stage
from tests.ivr.wire import Caller, Wire
from tests.portal.browsing import Agent

SENT = "pay \u202e100\u202c \u2066EUR\u2069 to\x07 web\u200b-01\x9b\ufeff,\r\nsince \U000e0041nine\u2028now\x00"
KEPT = "pay 100 EUR to web-01,\nsince nine\nnow\ufffd"
RECORDING = "RE" + "1" * 32


@pytest.fixture
def desk(sample_sqlite: str, slack_stage: Stage) -> Iterator[SlackDesk]:
    opened = SlackDesk(sample_sqlite, slack_stage)
    opened.link("U0MIA", "mia.chen")
    yield opened
    opened.close()


def by_message(desk: SlackDesk) -> None:
    send(desk, message(desk, f"our site is down: {SENT}", "U0MIA", "D0MIA"))


def by_form(desk: SlackDesk) -> None:
    with desk.store.transaction("test") as tx:
        a = tables.accounts.c
        account = tx.connection.execute(select(a.id).where(a.number == "400639")).scalar()
    about = {"selected_option": {"value": f"{account}:technical"}}
    send(desk, submission("open_ticket", user="U0MIA", about=about, words={"value": SENT}))


def by_phone(desk: SlackDesk) -> None:
    caller = Caller(Wire(desk))
    caller.prove()
    caller.key("1")
    caller.key("0")
    caller.say(RECORDING)
    caller.hang_up()
    caller.transcribed(SENT, RECORDING)
    desk.work()


def by_page(desk: SlackDesk) -> None:
    by_form(desk)
    kim = Agent(desk)
    kim.sign_in()
    kim.get("/desk/tickets/1001")
    kim.send("/desk/tickets/1001/take")
    kim.send("/desk/tickets/1001/note", words=SENT)


DOORS: dict[str, tuple[Callable[[SlackDesk], None], str]] = {
    "Slack, a message": (by_message, KEPT),
    "Slack, a form": (by_form, KEPT),
    "the phone": (by_phone, KEPT),
    "a page": (by_page, KEPT),
}


@pytest.mark.parametrize("door", DOORS)
def test_c5_every_door_cleans_what_comes_in(desk: SlackDesk, door: str) -> None:
    do, kept = DOORS[door]
    do(desk)
    with desk.store.transaction("test") as tx:
        rows = [row for table in tables.Base.metadata.sorted_tables for row in tx.connection.execute(select(table))]
    every = [value for row in rows for value in row if isinstance(value, str)]
    assert any(value.endswith(kept) for value in every), "the words are there, as they were seen"
    assert not [value for value in every if set(value) & set("\u202e\x07\u200b\x9b\u2066")]


def test_c5_an_import_names_what_a_door_would_clean_away() -> None:
    """An operator can mend their file, and is to know what stands in it."""
    for unseen in "\u202e\x07\u200b\x9b\u2066\u00ad\ufeff\U000e0041":
        mia = {"username": "mia.chen", "name": f"Mia{unseen} Chen"}
        with pytest.raises(ImportFileError) as refused:
            read(json.dumps({"people": [mia]}).encode())
        assert "people[0].name" in str(refused.value), repr(unseen)


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("<tel:+441632960101|+44 1632 960101>", "+44 1632 960101"),
        ("<tel:12345678|12345678>", "12345678"),
        ("<mailto:mia@tideworks.example|mia@tideworks.example>", "mia@tideworks.example"),
        ("<https://a.example/x|a.example>", "a.example"),
        ("<https://evil.example|a.example>", "https://evil.example"),
        ("<!here> see <#C12345|help>, <#C12345> &amp; <@U0LEO>", "@here see help, #… & @…"),
        ("<!date^1795348800^{date}|22 November>", "22 November"),
    ],
)
def test_c5_slacks_markup_is_kept_as_it_was_seen(desk: SlackDesk, said: str, seen: str) -> None:
    send(desk, message(desk, f"our site is down: {said}", "U0MIA", "D0MIA"))
    with desk.store.transaction("test") as tx:
        assert tx.connection.execute(select(tables.messages.c.body)).scalars().all() == [f"our site is down: {seen}"]


def test_c5_what_is_seen_stays() -> None:
    for said in ("Grüße, 東京", "👩‍👩‍👧 می‌خواهم", "a\tb\nc", "e\u0301 ❤️"):
        assert cleaned(said) == said
    assert cleaned(cleaned(SENT)) == cleaned(SENT) == KEPT
    assert clean({"a": [SENT, {"b": SENT}], "c": 1}) == {"a": [KEPT, {"b": KEPT}], "c": 1}
