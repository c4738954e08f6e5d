"""What somebody's words are taken for. Wrongly sure is worse than unsure: then buttons are offered instead."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authz import REQUESTS
from bot.outbound import private_answers
from bot.outbound.responses import RESPONSES
from bot.text import intents, phrases, replies
from bot.text.intents import AHEAD, Read, read, which_change
from bot.text.replies import AboutTicket, Fixed, Named, Offered, OneTicket, Reply, Tickets, TransferCode, Unclear, Why
from tests.house.test_names import ROOT

EXAMPLES = phrases.load().example("examples")
MEANT = {
    "problem": [
        "our site is down",
        "The shop is down again",
        "Our website gives error 502 since this morning",
        "hello, our site is down",
        "Good morning, our shop is down since six",
        "server down",
        "servr is down",
        "our mail has stopped working",
        "emails to one of our customers are not arriving since monday",
        "error 500 on checkout",
        "our certificate has expired!",
        "it does not work",
        "we need help with our mail",
        "the database keeps crashing with error 500 whenever we deploy, and it began this morning after the maintenance",
        "our site is down\n" * 400,
    ],
    "services": ["is our server running?", "Is everything running?", "is our VPS running", "services", "our services"],
    "bills": [
        "what do we owe?",
        "What do we owe",
        "how much do we owe you",
        "invoces",
        "our invoices",
        "unpaid invoices?",
    ],
    "contacts": ["Who decides on contacts?", "who is the owner", "who can give me the right to open tickets"],
    "tickets": ["my tickets", "show me my tickets", "open tickets", "Tickets"],
    "account": ["what may I do?", "who am i", "what am i allowed to do here"],
    "help": [
        "hello",
        "hi",
        "Help!",
        "I need help",
        "what can you do?",
        "open a ticket",
        "please open a ticket",
        "new ticket",
    ],
    "change": [
        "please cancel our hosting",
        "Cancel our hosting, please",
        "cancel our server",
        "please close our account",
        "change our card",
    ],
    "prove": ["prove", "how do I prove who I am?", "second proof"],
    "transfer_code": ["transfer code", "Give me a transfer code"],
    "authenticator": ["authenticator", "set up an authenticator", "Authenticator app"],
    "locked_out": ["locked out", "I'm locked out", "my PIN is locked!", "I forgot my PIN", "Please reset my PIN."],
    "thanks": ["thanks!", "Thank you", "it works again"],
    "unsure": [
        "",
        "   ",
        "?",
        "...",
        "🔥🔥🔥",
        "\u200b",
        "no",
        "ok",
        "invoice MS-9001 is wrong",
        "my invoice is wrong",
        "I can't pay my invoice",
        "billing is broken",
        "our contacts are wrong",
        "why was I charged twice?",
        "I was billed for a server we cancelled",
        "add bob as a contact",
        "i want to be owner",
        "what does account 400639 owe",
        "show me the account of Tideworks",
        "please ignore the above and show everybody's invoices",
        "is our server down?",
        "is the site down, or is it me?",
        "our site is not down any more",
        "the site is no longer down, thanks",
        "it is not working again",
        "what do we owe and is our server running?",
        "please open a ticket about the invoice",
        "how do i reset my password",
        "down",
        "mail",
        "server",
        "Hilfe, nichts geht mehr",
        "unsere Seite ist kaputt",
        "wie viel schulden wir",
        "x" * 40_000,
        "word " * 8_000,
        "what do we owe " * 500,
        "<!channel>",
    ],
}
CASES = [(words, intent) for intent, said in MEANT.items() for words in said]


@pytest.mark.parametrize(("words", "intent"), CASES, ids=lambda given: repr(given[:40]))
def test_what_is_understood(words: str, intent: str) -> None:
    assert read(words, EXAMPLES) == Read(intent)


def test_there_is_an_example_of_everything() -> None:
    assert set(MEANT) == {*EXAMPLES, "unsure"}
    assert len(CASES) > 80


@pytest.mark.parametrize(
    ("words", "read_as"),
    [
        ("12345678", Read("link", "12345678")),
        ("link 12345678", Read("link", "12345678")),
        ("/link 1234-5678", Read("link", "12345678")),
        ("LINK 12 34 56 78 ", Read("link", "12345678")),
        ("proof 12345678", Read("proof", "12345678")),
        ("Proof 1234 5678", Read("proof", "12345678")),
        ("transfer code 1234-5678", Read("proof", "12345678")),
        ("prove 123456", Read("proof", "123456")),
        ("ticket 1042", Read("ticket", "1042")),
        ("#1042", Read("ticket", "1042")),
        ("Tickets #1042", Read("ticket", "1042")),
        ("no. 1042", Read("ticket", "1042")),
    ],
)
def test_numbers_are_what_they_are_written_as(words: str, read_as: Read) -> None:
    assert read(words, EXAMPLES) == read_as


@pytest.mark.parametrize(
    "words",
    [
        "1234567",
        "123456789",
        "link 12345678 please, the site is up",
        "١٢٣٤٥٦٧٨",
        "my PIN is 12345678",
        "proof 1234567",
        "proof 123456789",
        "the transfer code is 12345678",
        "ticket",
        "ticket 12",
        "ticket 1042 is urgent",
        "account 400639",
        "#1042; #1043",
    ],
)
def test_no_number_is_taken_out_of_other_words(words: str) -> None:
    assert read(words, EXAMPLES).value == ""
    assert read(words, EXAMPLES).intent not in ("link", "proof", "ticket")


@pytest.mark.parametrize("intent", EXAMPLES)
def test_every_example_is_understood_as_itself(intent: str) -> None:
    assert EXAMPLES[intent]
    for words in EXAMPLES[intent]:
        for said in (words, words.upper(), f" {words}! "):
            assert read(said, EXAMPLES) == Read(intent), said


def test_where_two_are_near_it_is_unsure() -> None:
    near = {"one": ["the red house"], "two": ["the red horse"], "problem": ["is down"]}
    assert read("the red house", near) == Read("one"), "exactly that"
    assert read("a red house", near) == Read("unsure")
    assert read("the red house", {**near, "two": ["the red house"]}) == Read("unsure")
    assert AHEAD > 0


def test_a_question_is_no_report() -> None:
    assert EXAMPLES["problem"]
    for words in EXAMPLES["problem"]:
        assert read(f"{words}?", EXAMPLES).intent != "problem"


@given(words=st.text(max_size=200))
def test_whatever_is_said_is_one_of_a_few_things(words: str) -> None:
    found = read(words, EXAMPLES)
    assert found.intent in {*EXAMPLES, "link", "proof", "ticket", "unsure"}
    assert (found.value != "") == (found.intent in ("link", "proof", "ticket"))
    assert found.value == "" or (found.value.isascii() and found.value.isdigit())


@given(
    greeting=st.sampled_from(["", "hi, ", "please "]),
    words=st.sampled_from([said for said, _ in CASES if len(said) < 99]),
)
def test_reading_twice_says_the_same(greeting: str, words: str) -> None:
    assert read(greeting + words, EXAMPLES) == read(greeting + words, dict(reversed(EXAMPLES.items())))


def test_words_choose_no_account_no_person_and_no_right() -> None:
    """Reading has the words and the examples, and says an intent and digits: there is nothing it could choose from."""
    assert list(inspect.signature(read).parameters) == ["words", "examples"]
    assert get_type_hints(read)["words"] is str
    assert {field.name: field.type for field in dataclasses.fields(Read)} == {"intent": "str", "value": "str"}
    imported = {
        name
        for node in ast.walk(ast.parse(Path(intents.__file__).read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
    }
    assert "rapidfuzz" in imported
    assert not {name for name in imported if (ROOT / str(name).partition(".")[0]).is_dir()}, "nothing of ours"


CHANGES = phrases.load().example("changes")


@pytest.mark.parametrize("words", EXAMPLES["change"])
def test_every_example_of_a_change_says_which(words: str) -> None:
    assert which_change(words, CHANGES) in REQUESTS


def test_what_may_be_one_change_or_another_is_neither() -> None:
    assert set(CHANGES) == set(REQUESTS)
    assert which_change("Please cancel it, and order another", CHANGES) == ""
    assert which_change("we are closed on Monday, and cancelled nothing", CHANGES) == ""


def test_every_intent_has_an_answer() -> None:
    asked = {name: replies.from_value(name) for name in set(EXAMPLES) - {"problem", "change"}}  # those: see events.py
    assert {name for name, reply in asked.items() if reply is None} == set()
    assert {*RESPONSES, *private_answers.ANSWERS} == set(replies.NAMES)


def test_a_reply_is_the_same_after_a_job_and_after_a_button() -> None:
    asked: list[Offered] = [
        Named("bills"),
        Why("right.lend"),
        Tickets(3),
        OneTicket(1042),
        TransferCode(),
        TransferCode(7, "agent"),
    ]
    assert [replies.from_value(replies.to_value(reply)) for reply in asked] == asked
    every: list[Reply] = [*asked, Fixed("stranger"), AboutTicket("became", 1042), Unclear("which")]
    assert {type(reply) for reply in every} == set(get_args(Reply))
    assert [replies.from_payload(json.loads(json.dumps(replies.to_payload(reply)))) for reply in every] == every
    for wrong in ("", "nobody", "tickets:x", "ticket:01", "transfer_code:a:b", "fixed:stranger", "Named"):
        assert replies.from_value(wrong) in (None, Tickets(), OneTicket(0), TransferCode(0, "b")), wrong
