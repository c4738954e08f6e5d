"""Every word the Slack door says is in the file of phrases, nothing in the file is unused, and all of it can be read."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from authz import (
    CELLS,
    DESK_ACTIONS,
    LENDABLE,
    NAMES,
    PROOF_NEEDED,
    REQUESTS,
    Action,
    Next,
    Reason,
    Scheme,
    Topic,
    load_schemes,
)
from bot.inbound.submissions import FORMS
from bot.outbound import answers, handlers
from bot.text import phrases
from bot.views import agent_cards
from store.accounts import recipients
from store.calls import callbacks, live_calls
from store.messages import recordings, timeline
from store.security import alerts
from store.tickets import agent_tickets, answer_delivery, ticket_summary
from store.verification import step_ups
from tests.house.test_names import ROOT

SAID = phrases.load()
DOCUMENT, WORDS = SAID._document, SAID._document["words"]
SCHEMES = {name: scheme for name, scheme in load_schemes().items() if name != "desk"}
STATUSES = set(timeline.STATUSES)
SEEN = STATUSES - {"pending", "withdrawn"}  # by customers: what is theirs, and still there
FORMS_OF_WORDS = set(FORMS) - {"open_ticket", "desk_verify", "prove", "approve"}

# Keys that are put together, and what from: a new one is added here with all it can become.
MADE: dict[str, set[str]] = {
    "alert.{}": set(alerts.KINDS),
    "called.{}": set(callbacks.ENDED),
    "billing_alone.{}": {"suspended", "closed"},
    "call.ended.{}": set(live_calls.ENDINGS),
    "call.state.{}": {"waiting", "talking", "keypad"},
    "call.told.{}": {"passed", "guarded", "failed", "failed_second", "failed_over", "guarded_over"},
    "card.set.{}": set(agent_cards.STATUSES),
    "card.status.{}": STATUSES - set(timeline.NOT_THE_DESKS),
    "event.{}": set(timeline.EVENTS),
    "fixed:call_back_{}": {"nobody", "led", "no_number", "talking", "soon", "enough"},
    "fixed:loan_{}": {"sent", "open", "too_many"},
    "card.proof.{}": {"verified", *ticket_summary.HOW.values(), *step_ups.FACTORS},
    "card.answer.{}": set(answer_delivery.STATES),
    "card.nobody_why.{}": set(answer_delivery.WHY_NOBODY),
    "form.desk_answer_{}": {answer_delivery.SLACK, answer_delivery.PHONE, answer_delivery.NOBODY},
    "form.{}": FORMS_OF_WORDS,
    "form.{}_seen": {"reply", "desk_note"},
    "form.{}_send": {"reply", "desk_note"},
    "invoice.{}": {"paid", "unpaid", "overdue"},
    "loan.is.{}": {"lent", "refused", "gone"},
    "named.{}": {str(way) for way in NAMES},
    "notice.{}": {*recipients.OWN_SECURITY, *recipients.OF_CONTACT},
    "origin.{}": STATUSES,
    "prove.sent.{}": {"sent", "not_sent"},
    "prompt.{}": set(handlers.PROMPTS),
    "recording.{}": set(recordings.STATES),
    "refused.{}": {str(reason) for reason in Reason if reason is not Reason.ALLOWED},
    "ticket_is.{}": SEEN,
    "way.{}": {str(way) for way in Next if way is not Next.NONE},
}


@dataclass(frozen=True)
class Use:
    key: str
    given: frozenset[str] | None
    where: str


def uses(source: str, name: str) -> Iterator[Use]:
    """The keys a module asks for, with the names it gives them values by (None: others as well)."""
    tree = ast.parse(source)
    for scope in ast.walk(tree):
        if not isinstance(scope, ast.FunctionDef | ast.Module):
            continue
        bound = {
            target.id: node.value
            for node in _own(scope)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        parameters = {one.arg for one in scope.args.args} if isinstance(scope, ast.FunctionDef) else set()
        for node in _own(scope):
            if isinstance(node, ast.Constant | ast.JoinedStr):
                for key in _fixed(node):
                    yield Use(key, frozenset(), f"{name}:{node.lineno}")
            if not isinstance(node, ast.Call) or (asked := _asked(node)) is None:
                continue
            if isinstance(asked, ast.Name) and asked.id in parameters and asked.id not in bound:
                continue  # a key somebody else gives
            if isinstance(asked, ast.Name) and asked.id == "more":
                continue  # what follows `fixed:`, found where that is written
            asked = bound.get(asked.id, asked) if isinstance(asked, ast.Name) else asked
            every = any(keyword.arg is None for keyword in node.keywords)
            given = frozenset(str(keyword.arg) for keyword in node.keywords)
            for key in _keys(asked, f"{name}:{node.lineno}"):
                yield Use(key, None if every else given, f"{name}:{node.lineno}")


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """Everything in a function that is not in a function within it, nor a piece of an f-string."""
    for child in ast.iter_child_nodes(scope):
        piece = isinstance(scope, ast.JoinedStr) and isinstance(child, ast.Constant)
        if not isinstance(child, ast.FunctionDef) and not piece:
            yield child
            yield from _own(child)


def _asked(call: ast.Call) -> ast.expr | None:
    """Where it says something: the expression that is the key."""
    of, name = "", ""
    if isinstance(call.func, ast.Attribute):
        name, of = call.func.attr, ast.unparse(call.func.value).rpartition(".")[2]
    elif isinstance(call.func, ast.Name):
        name = call.func.id
    if name in ("say", "plain") and of in ("p", "phrases"):
        return call.args[0]
    if (name, of) in (("plain", "customer_messages"), ("plain", ""), ("stranger", "home")):
        return call.args[1] if name == "stranger" or ast.unparse(call.args[0]).endswith(("p", "phrases")) else None
    return None


def _keys(asked: ast.expr, where: str) -> Iterator[str]:
    if isinstance(asked, ast.Constant):
        yield str(asked.value)
    elif isinstance(asked, ast.IfExp):
        yield from _keys(asked.body, where)
        yield from _keys(asked.orelse, where)
    elif isinstance(asked, ast.JoinedStr):
        yield from _filled(asked, where)
    elif ast.unparse(asked).startswith("linking.link("):
        yield from LINK
    elif isinstance(asked, ast.Subscript) and (table := TABLES.get(ast.unparse(asked.value))):
        yield from (key.removeprefix("fixed:") for key in table)
    else:
        raise AssertionError(f"{where}: a key that cannot be read here: {ast.unparse(asked)}")


def _pattern(text: ast.JoinedStr) -> str:
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in text.values)


def _filled(text: ast.JoinedStr, where: str) -> Iterator[str]:
    pattern = _pattern(text)
    assert pattern in MADE, f"{where}: what can {pattern} become?"
    yield from (pattern.format(word).removeprefix("fixed:") for word in MADE[pattern])


def _fixed(text: ast.Constant | ast.JoinedStr) -> Iterator[str]:
    """The keys in `fixed:…`, which is said later (handlers.py)."""
    if isinstance(text, ast.Constant):
        if isinstance(text.value, str) and text.value.startswith("fixed:") and text.value != "fixed:":
            yield text.value.removeprefix("fixed:")
    elif _pattern(text) == "fixed:{}":
        inner = next(part.value for part in text.values if isinstance(part, ast.FormattedValue))
        yield from _keys(inner, "fixed") if isinstance(inner, ast.IfExp) else LINK
    elif _pattern(text).startswith("fixed:"):
        yield from _filled(text, "fixed")


LINK = {
    str(node.value.value)
    for node in ast.walk(ast.parse((ROOT / "bot" / "usecases" / "linking.py").read_text()))
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
}
SOURCES = {path.name: path.read_text() for path in sorted((ROOT / "bot").rglob("*.py"))}
TABLES = {
    ast.unparse(node.target): {ast.literal_eval(value) for value in node.value.values}
    for source in SOURCES.values()
    for node in ast.parse(source).body
    if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict)
    if all(isinstance(value, ast.Constant) and isinstance(value.value, str) for value in node.value.values)
}
"""Of what came of something to the key for it, as a table in a module says."""


@cache  # and not when the file is read, which every process of a run does
def all_uses() -> tuple[Use, ...]:
    return tuple(use for name, source in SOURCES.items() for use in uses(source, name))


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_uses_are_seen() -> None:
    source = (
        'def f(p):\n  key = "a" if p else "b"\n  p.say(key, name=1)\n  customer_messages.plain(p, "c")\n  x = "fixed:d"\n'
        "  y = f\"fixed:{'e' if p else 'f'}\"\n  z.phrases.plain(f\"card.set.{p}\")\n"
    )
    assert {use.key for use in uses(source, "x.py")} == {*"abcdef", *(f"card.set.{s}" for s in agent_cards.STATUSES)}
    assert {"linked", "link_wrong", "link_later", "link_already"} == LINK
    assert len(all_uses()) > 150


def test_every_key_that_is_asked_for_is_there() -> None:
    assert {use.where: use.key for use in all_uses() if use.key not in SAID.keys} == {}


def test_nothing_that_is_there_is_unused() -> None:
    assert SAID.keys - {use.key for use in all_uses()} == set()


def test_words_without_a_phone_stand_in_for_others_that_send_to_one() -> None:
    other = phrases.Phrases(DOCUMENT, phone=False)
    assert other.keys == SAID.keys
    changed = {key for key in SAID.keys if other._said[key] != SAID._said[key]}
    assert {key for key in changed if "ring us" not in SAID._said[key] or "ring us" in other._said[key]} == set()


def test_every_kind_of_key_is_still_made() -> None:
    patterns = {
        _pattern(node)
        for source in SOURCES.values()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.JoinedStr)
    }
    assert set(MADE) <= patterns


def test_every_phrase_is_given_what_it_needs() -> None:
    short = [use for use in all_uses() if use.given is not None and not placeholders(SAID._said[use.key]) <= use.given]
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
    assert {cell.removesuffix(":own") for cell in WORDS["telling"]} == set(agent_cards.TELLING)
    assert set(agent_cards.TELLING) <= set(CELLS)


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=list(SCHEMES))
def test_every_holding_has_a_word(scheme: Scheme) -> None:
    words = {*scheme.roles, *scheme.permissions}
    assert words
    assert words <= set(WORDS["standing"])
    assert words | {column.name for column in scheme.columns} <= set(WORDS["holding"])


def test_no_holding_is_named_that_no_scheme_has() -> None:
    columns = {column.name for scheme in SCHEMES.values() for column in scheme.columns}
    words = {word for scheme in SCHEMES.values() for word in (*scheme.roles, *scheme.permissions)}
    assert set(WORDS["standing"]) == words | {"nothing"}
    assert set(WORDS["holding"]) == words | columns


def test_the_other_tables_are_whole() -> None:
    assert SEEN <= set(WORDS["status"]) <= STATUSES
    assert set(WORDS["topic"]) == set(map(str, Topic))
    assert set(WORDS["kind"]) == {"problem", "question", *map(str, Topic), *map(str, REQUESTS)}
    assert set(agent_tickets.DESK_STATUSES) == set(agent_cards.STATUSES)
    assert all(PROOF_NEEDED[Action(cell)] for cell in REQUESTS)


def test_every_answer_is_asked_for_by_something() -> None:
    """ANSWERS by a button, a command, an event's intent, or another room."""
    everywhere = "\n".join(source for name, source in SOURCES.items() if name != "answers.py")
    for name in answers.ANSWERS:
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
