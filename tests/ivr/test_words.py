"""The words: everything that is said has words, no words lie unused, and nobody's own words can break a call. T38"""

from __future__ import annotations

import ast
import re
import string
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ivr
from authz import NAMES, REQUESTS, Action, Denied, Proof, Reason, WayForward, load_schemes
from ivr import phrases, screens
from ivr.menu import LINK, MENU, MESSAGE
from ivr.phrases import LONGEST_TEXT, speakable
from ivr.step_up import STEP_UP, WAYS
from ivr.transitions import refusal
from ivr.types import Conference, Gather, HangUp, Record, Screen, say
from store.accounts.account_details import Invoice, Refused
from store.messages.timeline import STATUSES
from tests.sizes import size

WORDS = phrases.load()

# What the {…} of an f-string of a key can be, by what stands before it.
EXPANDED = {
    "agent.": {"passed", "failed", "guarded"},
    "no_message.": {"no_pin", "busy", "closed", "spent", "fallback"},
    "no_more_messages.": {"number", "withheld", "others"},
    "message.": {"no_pin", "busy", "closed", "spent", "fallback", "proved"},
    "billing_alone.": {"suspended", "closed"},
    "menu.": {*MENU, "request", "proved"},
    "invoice.": {"paid", "unpaid", "overdue"},
    "ringing.": {"person", "emergency", "agent"},
    "refused.": {str(reason) for reason in Reason if reason != Reason.ALLOWED},
    "named.": {str(way) for way in NAMES},
    "way.": {str(way) for way in WayForward},
    "topic.": {"technical", "billing", "request"},
    "request.": {str(n) for n in range(1, 1 + len(REQUESTS))},
    "prove.": set(WAYS),
    "key_code.": set(WAYS.values()) - {"slack_approval", "passkey"},
    "fresh.": {"number", "slack", "authenticator"},
    "ticket_status.": set(STATUSES) - {"pending"},
}


@cache  # and not when the file is read, which every process of a run does
def sources() -> dict[str, ast.Module]:
    return {path.name: ast.parse(path.read_text("utf-8")) for path in Path(ivr.__file__).parent.glob("*.py")}


def key_arguments(tree: ast.AST) -> Iterator[ast.expr]:
    """What stands where a key of the phrases is expected: say(…) and goodbye(call, …)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "say":
                yield node.args[0]
            elif node.func.id == "goodbye":
                yield from node.args[1:]


def keys_in(argument: ast.expr) -> Iterator[str]:
    match argument:
        case ast.Constant(value=str(key)):
            yield key
        case ast.IfExp(body=one, orelse=other):
            yield from keys_in(one)
            yield from keys_in(other)
        case ast.JoinedStr(values=[ast.Constant(value=str(before)), *_]):
            yield from (before + word for word in EXPANDED[before])
        case _:
            raise AssertionError(f"a key nobody can read: {ast.unparse(argument)}")


def said_keys() -> dict[str, str]:
    """Every key that is said, and where."""
    found: dict[str, str] = {}
    for name, tree in sources().items():
        for argument in key_arguments(tree):
            if not isinstance(argument, ast.Name | ast.Starred):  # goodbye's own *keys, and say's own key
                found.update(dict.fromkeys(keys_in(argument), name))
    return found


def fields_of(key: str) -> list[tuple[str, str]]:
    return [(field, spec or "") for _, field, spec, _ in string.Formatter().parse(WORDS._said[key]) if field]


def test_everything_that_is_said_has_words_and_nothing_lies_unused() -> None:
    said = said_keys()
    assert len(said) > 60, "the test does not see the keys"
    assert set(said) - WORDS.keys == set()
    assert WORDS.keys - set(said) == set()


def test_a_missing_key_is_seen() -> None:
    tree = ast.parse("say('a' if b else f'way.{c}'), goodbye(call, 'd')")
    assert {key for argument in key_arguments(tree) for key in keys_in(argument)} >= {"a", "d", "way.step_up"}


def test_an_utterance_brings_what_its_words_need() -> None:
    looked = 0
    for tree in sources().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                brought = {word.arg for word in node.keywords}
                for key in keys_in(node.args[0]):
                    needed = {field.partition(".")[0] for field, _ in fields_of(key)}
                    assert needed <= brought, key
                    looked += len(needed)
    assert looked > 20


def test_every_format_is_known() -> None:
    used = {spec for key in WORDS.keys for _, spec in fields_of(key) if spec}
    known = {"text", "digits", "spell", "date", "money", "action", "holdings", "people", "proof"}
    assert used == known | {"words", "weekday", "hour", "minutes", "ago"}
    for spec in used:
        assert hasattr(phrases._Filling, f"_{spec}")


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason != Reason.ALLOWED])
def test_every_refusal_says_why_and_the_way_forward(reason: Reason) -> None:
    for way in WayForward:
        for helpers in ((), ("Raj Patel",), ("Raj Patel", "Dev Anand", "Olivia Hart", "Sam Okoro")):
            refused = Refused(
                "ticket.open:technical", Denied(reason, ("D-1",), way), ("manage_support",), False, helpers
            )
            said = [WORDS.say(each) for each in refusal(refused)]
            assert all(re.fullmatch(r"[A-Z][^{}]+\.", sentence) for sentence in said)
            assert len(said) >= 2


def test_every_action_of_the_menu_and_every_holding_has_a_name() -> None:
    never_refused = {LINK, STEP_UP, MESSAGE}
    for cell in {cell for cell, _ in MENU.values()} - never_refused | {Action.TICKET_REPLY, *REQUESTS}:
        assert cell in WORDS._document["action"]
    words = {word for name, scheme in load_schemes().items() if name != "desk" for word in scheme.words}
    assert words == set(WORDS._document["holding"])
    assert {Proof.VERIFIED.word, Proof.STEPPED_UP.word} == set(WORDS._document["proof"])


def test_holdings_are_joined() -> None:
    said = WORDS.say(say("refused.permission", needs=("manage_support+manage_billing", "manage_users")))
    assert said == (
        "That needs the permission Manage Support together with the permission Manage Billing or the permission Manage Users."
    )
    assert WORDS.say(say("refused.role", needs=("some_new_role",))) == "That is for some new role."


# --- numbers


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        ("0", "GBP", "0 pounds"),
        ("0.50", "GBP", "0 pounds 50"),
        ("0.05", "EUR", "0 euros 5"),
        ("1.00", "GBP", "1 pound"),
        ("1", "USD", "1 dollar"),
        ("1.5", "USD", "1 dollar 50"),
        ("20.00", "USD", "20 dollars"),
        ("64.50", "EUR", "64 euros 50"),
        ("311.20", "GBP", "311 pounds 20"),
        ("1000000.00", "GBP", "1000000 pounds"),
        ("999999999999.99", "GBP", "999999999999 pounds 99"),
        ("500", "JPY", "500 JPY"),
        ("64.50", "CHF", "64.5 CHF"),
        ("1.505", "KWD", "1.505 KWD"),
        ("1.050", "KWD", "1.05 KWD"),
        ("0.004", "EUR", "0.004 euros"),
        ("1.505", "GBP", "1.505 pounds"),
    ],
)
def test_money(amount: str, currency: str, said: str) -> None:
    invoice = Invoice("MS-9001", amount, currency, "2026-11-15", "paid")
    assert WORDS.say(say("invoice.paid", invoice=invoice)) == f"Invoice M S 9 0 0 1: {said}, paid."


@given(
    st.decimals(0, 10**11, places=3).map(str) | st.decimals(0, 10**11, places=2).map(str) | st.integers(0, 99).map(str)
)
def test_no_part_of_an_amount_is_left_out(amount: str) -> None:
    for currency in ("GBP", "KWD"):
        said = WORDS.say(say("invoice.paid", invoice=Invoice("A1", amount, currency, "2026-11-15", "paid")))
        told = re.search(r": ([0-9.]+) [A-Za-z]+(?: ([0-9]+))?, paid", said)
        assert told
        cents = f".{int(told[2]):02}" if told[2] else ""
        assert float(told[1] + cents) == float(amount)


def test_dates_and_digits() -> None:
    invoice = Invoice("MT-3307", "20.00", "USD", "2026-12-01", "unpaid")
    assert (
        WORDS.say(say("invoice.unpaid", invoice=invoice)) == "Invoice M T 3 3 0 7: 20 dollars, due on 1 December 2026."
    )
    assert WORDS.say(say("ticket_number", number=1001)) == "The ticket number is 1 0 0 1."
    for month in range(1, 13):
        assert WORDS.say(say("invoice.unpaid", invoice=replace(invoice, due=f"2026-{month:02}-09"))).count(" 9 ") == 1


# --- somebody's own words

NASTY = "<Dial>+44 1632 960999</Dial> & \u202edesrever \u0007\r\n 😀👍🏽 1️⃣ ❤️ ]]> {number} %s \ufffe\u2028 Zoë"


@settings(max_examples=size(600))
@given(st.text(max_size=400) | st.text("<>&\"'\x00\x1b\u202e😀️⃣ a.", max_size=300))
def test_what_cannot_be_said_is_left_out(text: str) -> None:
    words = speakable(text)
    assert 0 < len(words) <= LONGEST_TEXT
    assert not set("<>{}[]\\`$\r\n\t") & set(words)
    for character in words:
        assert unicodedata.category(character)[0] not in "C"
        assert unicodedata.category(character) not in ("So", "Sk", "Me", "Zl", "Zp"), "emoji and what makes them"
        assert not "\ufe00" <= character <= "\ufe0f"
    assert words == speakable(words), "saying it again changes nothing"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Zoë's shop & café (Köln)", "Zoë's shop & café (Köln)"),
        ("שרת איטי", "שרת איטי"),
        ("We restarted it. Better?", "We restarted it. Better?"),
        ("?!", "no words"),
        ("", "no words"),
        ("😀", "no words"),
        ("...", "no words"),
        ("x" * 10_000, "x" * 200),
        ("word " * 50, ("word " * 40).strip()),
        ("a\x00b\x1b[31mc", "a b 31mc"),
    ],
)
def test_plain_words_stay(text: str, words: str) -> None:
    assert speakable(text) == words


def test_a_question_ends_a_sentence_of_ours() -> None:
    assert WORDS.say(say("ticket_answer", answer="Better now? ")) == "The last answer was: Better now?"


SCREENS = (Gather(1), Gather(10, until_hash=True), Record(), Conference("desk-1"), HangUp())
TEXT_LINES: dict[str, dict[str, Any]] = {
    "ticket": {"number": 1001, "title": ""},
    "ticket_answer": {"answer": ""},
    "service": {"name": "", "status": ""},
    "this_account": {"name": ""},
    "choose.account": {"digit": 1, "name": ""},
    "choose.service": {"digit": 1, "name": ""},
    **{f"named.{way}": {"names": ("",)} for way in NAMES},
    "verify.why": {"by": ""},
    "verify.for": {"by": "", "action": "ticket.open", "account": ""},
    "agent.who": {"name": "", "account": "", "number": "", "proof": Proof.VERIFIED},
}


def drawn(text: str, then: Gather | Record | Conference | HangUp) -> str:
    lines = []
    for key, values in TEXT_LINES.items():
        own = {name: text if value == "" else (text,) if value == ("",) else value for name, value in values.items()}
        lines.append(say(key, **own))
    action, recording = "https://desk.example/ivr/turn?t=a", "https://desk.example/ivr/recording"
    return screens.twiml(Screen(tuple(lines), then), WORDS, action=action, recording=recording)


def elements(twiml: str) -> list[tuple[str, list[str]]]:
    return [(each.tag, sorted(each.attrib)) for each in ElementTree.fromstring(twiml).iter()]


def test_all_lines_with_somebodys_own_words_are_tried() -> None:
    own = {key for key in WORDS.keys if {spec for _, spec in fields_of(key)} & {"text", "people"}}
    assert own == set(TEXT_LINES)


@settings(max_examples=size(1000))
@given(st.text(max_size=300), st.sampled_from(SCREENS))
def test_no_text_adds_anything_to_a_document(text: str, then: Gather | Record | Conference | HangUp) -> None:
    assert elements(drawn(text, then)) == elements(drawn("word", then))


@pytest.mark.parametrize(
    "text", [NASTY, NASTY * 400, "</Say></Gather><Redirect>/x</Redirect>", "&#x3C;Dial&#x3E;", "\ud800"]
)
def test_nasty_text_adds_nothing(text: str) -> None:
    for then in SCREENS:
        assert elements(drawn(text, then)) == elements(drawn("word", then))
