"""Every word Slack says is in the file of phrases, nothing in the file is unused, and all of it can be read."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from authz import (
    CELLS,
    DESK_ACTIONS,
    LENDABLE,
    PROOF_NEEDED,
    REQUESTS,
    Action,
    Scheme,
    Topic,
    load_schemes,
)
from bot.outbound import private_answers, responses
from bot.platform.install import STATUS
from bot.text import phrases
from bot.views import agent_cards
from desk import disclosure
from store.tickets import agent_tickets
from tests.bot.phrase_keys import MADE, SEEN, SOURCES, STATUSES, all_uses, pattern, uses

SAID = phrases.load()
DOCUMENT, WORDS = SAID._document, SAID._document["words"]
SCHEMES = {name: scheme for name, scheme in load_schemes().items() if name != "desk"}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_uses_are_seen() -> None:
    source = (
        'def f(p):\n  key = "a" if p else "b"\n  p.say(key, name=1)\n  customer_messages.plain(p, "c")\n  x = Fixed("d")\n'
        "  y = AboutTicket('e' if p else 'f', 1)\n  z.phrases.plain(f\"card.set.{p}\")\n"
    )
    assert {use.key for use in uses(source, "x.py")} == {*"abcdef", *(f"card.set.{s}" for s in agent_cards.STATUSES)}
    assert len(all_uses()) > 150


def test_every_key_that_is_asked_for_is_there() -> None:
    assert {use.where: use.key for use in all_uses() if use.key not in SAID.keys} == {}


def test_nothing_that_is_there_is_unused() -> None:
    assert SAID.keys - {use.key for use in all_uses()} == set()


def test_words_without_a_phone_stand_in_for_others_that_send_to_one() -> None:
    other = phrases.Phrases(DOCUMENT, phone=False)
    assert other.keys == SAID.keys
    changed = {key for key in SAID.keys if other._said[key] != SAID._said[key]}
    assert {key for key in changed if "call us" not in SAID._said[key] or "call us" in other._said[key]} == set()


def test_every_kind_of_key_is_still_made() -> None:
    patterns = {
        pattern(node)
        for source in SOURCES.values()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.JoinedStr)
    }
    assert set(MADE) <= patterns


def test_every_phrase_is_given_what_it_needs() -> None:
    short = [
        use
        for use in all_uses()
        if use.given is not None and not placeholders(SAID._said[use.key]) <= use.given | {"pages"}
    ]
    assert short == []


def test_every_word_of_a_phrase_is_of_a_table_there_is() -> None:
    kinds = {
        spec.removesuffix("&")
        for text in SAID._said.values()
        for _, _, spec, _ in string.Formatter().parse(text)
        if spec
    }
    assert kinds <= {*WORDS, "day", "lasted", "list", "listed"}
    assert set(WORDS) - kinds == {"joins"}, "no table is unused"


# --- the tables


def test_every_cell_has_a_word() -> None:
    known = set(WORDS["action"])
    assert set(CELLS) - {"portal.login"} <= known, "nobody asks here whether they may sign in to the portal"
    assert known - set(CELLS) == {"ticket.open", "ticket.view", "ticket.reply"}, "those are for both topics at once"
    assert not known & set(map(str, DESK_ACTIONS))
    assert set(LENDABLE) <= known
    assert {cell.removesuffix(":own") for cell in WORDS["telling"]} == set(disclosure.TELLING)
    assert set(disclosure.TELLING) <= set(CELLS)


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=list(SCHEMES))
def test_every_holding_has_a_word(scheme: Scheme) -> None:
    words = {*scheme.roles, *scheme.permissions}
    assert words
    assert words <= set(WORDS["held"])
    assert words | {column.name for column in scheme.columns} <= set(WORDS["holding"])


def test_no_holding_is_named_that_no_scheme_has() -> None:
    columns = {column.name for scheme in SCHEMES.values() for column in scheme.columns}
    words = {word for scheme in SCHEMES.values() for word in (*scheme.roles, *scheme.permissions)}
    assert set(WORDS["held"]) == words | {"nothing"}
    assert set(WORDS["holding"]) == words | columns


def test_the_other_tables_are_whole() -> None:
    assert SEEN <= set(WORDS["status"]) <= STATUSES
    assert set(WORDS["topic"]) == set(map(str, Topic))
    assert set(WORDS["kind"]) == {"problem", "question", *map(str, Topic), *map(str, REQUESTS)}
    assert set(agent_tickets.DESK_STATUSES) == set(agent_cards.STATUSES)
    assert all(PROOF_NEEDED[Action(cell)] for cell in REQUESTS)


def test_every_answer_is_asked_for_by_something() -> None:
    """ANSWERS by a button, a command, an event's intent, or another room."""
    everywhere = "\n".join(
        source for name, source in SOURCES.items() if name not in ("answers.py", "private_answers.py", "replies.py")
    )
    for name in responses.RESPONSES | private_answers.ANSWERS:
        assert name in DOCUMENT["examples"] or re.search(rf'["\'{{]{name}[":\'{{]', everywhere), name


# --- what it reads like

JARGON = re.compile(
    r"\b(subjects?|grants?|granted|cells?|null|none|nil|true|false|scheme|payload|boolean|enum|asker|lender|worker|timeout|"
    r"exception|invalid|unauthori[sz]ed|forbidden|denied|stepped-up|step-up|verified|api call|trigger|modal|uuid|database)\b",
    re.I,
)
FOR_THE_DESK = re.compile(
    r"(alert|call\.|call_|called|card|verify|code_|not_yours|taken_already|taken_another|form\.(desk|verify|look)|home_staff|you_are_staff)"
)


def texts() -> Iterator[tuple[str, str]]:
    """Everything customers may read, without the places that are filled in."""
    for key, text in SAID._said.items():
        if not FOR_THE_DESK.match(key):
            yield key, re.sub(r"\{[^}]*\}", "", text)
    for table in ("action", "holding", "status", "topic", "kind", "joins"):
        for key, text in WORDS[table].items():
            yield f"{table}.{key}", text


def test_customers_read_no_jargon() -> None:
    assert len(list(texts())) > 150
    assert {key: text for key, text in texts() if JARGON.search(text)} == {}
    assert JARGON.search("No Grant for cell"), "it would be seen"
    assert FOR_THE_DESK.match("card.head"), "the desk's own people have words of their own"


def test_phrases_are_well_written() -> None:
    assert len(SAID._said) > 100
    for key, text in SAID._said.items():
        assert text == text.strip(), key
        assert text, key
        assert "  " not in text, key
        assert text.count("*") % 2 == 0, f"{key}: bold that does not end"
        assert text.count("`") % 2 == 0, key
        assert not re.search(r"[<>&]", re.sub(r"\{[^}]*\}", "", text)), f"{key}: alive, or escaped twice"
        assert not re.search(r"\b(\w+) \1\b", text), f"{key}: a word twice"
        assert "!" not in text, f"{key}: nobody is shouted at"


def test_the_file_says_nothing_twice_under_one_table() -> None:
    """tomllib refuses a key that comes twice; two kinds of what is understood may not share words either."""
    examples = DOCUMENT["examples"]
    every = [said for known in examples.values() for said in known]
    assert len(every) == len(set(every))
    assert all(said == said.lower().strip() for said in every)


def test_it_is_read_from_the_package() -> None:
    assert Path(str(phrases.__file__)).parent.joinpath("phrases", "en.toml").is_file()
    assert phrases.load() is SAID


@pytest.mark.parametrize(
    ("detail", "where"), [("GB", "text message to GB have"), ("", "text message to all countries have")]
)
def test_a_warning_that_codes_by_text_are_spent_says_where(detail: str, where: str) -> None:
    assert where in str(SAID.say("alert.texts_spent", detail=detail))


def test_every_page_to_install_the_app_has_its_words_and_no_words_lie_unused() -> None:
    assert set(DOCUMENT["install"]["page"]) == set(STATUS)
