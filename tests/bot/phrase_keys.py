"""Which keys of the words Slack asks for, read from its sources: each with the values it is given. For test_phrases.py."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import get_args

from authz import LOCKED, NAMES, Broken, Reason, WayForward
from bot.inbound.submissions import FORMS
from bot.outbound import handlers
from bot.views import agent_cards
from desk.people import NotAdded
from store.accounts import recipients
from store.calls import callbacks, live_calls
from store.contacts.contact_requests import NotAsked
from store.contacts.request_rows import Do
from store.messages import recordings, timeline
from store.security import alerts
from store.tickets import answer_delivery, ticket_summary
from store.verification import step_ups
from tests.house.test_names import ROOT

STATUSES = set(timeline.STATUSES)
SEEN = STATUSES - {"pending", "withdrawn"}  # by customers: what is theirs, and still there
FORMS_OF_WORDS = set(FORMS) - {"open_ticket", "desk_verify", "prove", "approve", "contact_ask", "contact_confirm"}

# Keys that are put together, and what from: a new one is added here with all it can become.
MADE: dict[str, set[str]] = {
    "alert.{}": set(alerts.KINDS),
    "called.{}": set(callbacks.ENDED),
    "billing_alone.{}": {"suspended", "closed"},
    "call.ended.{}": set(live_calls.ENDINGS),
    "call.state.{}": {"waiting", "talking", "keypad"},
    "call.told.{}": {"passed", "guarded", "failed", "failed_second", "failed_over", "guarded_over"},
    "contacts_{}": {"suspended", LOCKED},
    "card.set.{}": set(agent_cards.STATUSES),
    "card.status.{}": STATUSES - set(timeline.NOT_THE_DESKS),
    "event.{}": set(timeline.EVENTS),
    "card.proof.{}": {"verified", *ticket_summary.HOW.values(), *step_ups.FACTORS},
    "card.answer.{}": {*answer_delivery.STATES, "pages_refused"},
    "card.nobody_why.{}": set(answer_delivery.WHY_NOBODY),
    "form.desk_answer_{}": {
        answer_delivery.SLACK,
        answer_delivery.PAGES,
        "pages_refused",
        answer_delivery.PHONE,
        answer_delivery.NOBODY,
    },
    "form.{}": FORMS_OF_WORDS,
    "form.{}_seen": {"reply", "desk_note"},
    "form.{}_send": {"reply", "desk_note"},
    "invoice.{}": {"paid", "unpaid", "overdue"},
    "contact.{}": set(get_args(Do)),
    "contact.do_{}": set(get_args(Do)),
    "contact.is.{}": {"confirmed", "refused", "ended"},
    "contact.rule.{}": set(Broken),
    "contact.trouble.{}": {*NotAsked, NotAdded.NAME, NotAdded.EMAIL},
    "delegation.is.{}": {"lent", "refused", "gone"},
    "named.{}": {str(way) for way in NAMES},
    "notice.{}": {*recipients.OWN_SECURITY, *recipients.OF_CONTACT, *recipients.OF_MAIL},
    "origin.{}": STATUSES,
    "prove.sent.{}": {"sent", "not_sent"},
    "prompt.{}": set(handlers.PROMPTS),
    "recording.{}": set(recordings.STATES),
    "refused.{}": {str(reason) for reason in Reason if reason is not Reason.ALLOWED},
    "ticket_is.{}": SEEN,
    "way.{}": {str(way) for way in WayForward if way is not WayForward.NONE},
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
            if not isinstance(node, ast.Call) or (asked := _asked(node)) is None:
                continue
            if isinstance(asked, ast.Name) and asked.id in parameters and asked.id not in bound:
                continue  # a key somebody else gives
            if isinstance(asked, ast.Name) and asked.id == "key" and asked.id not in bound:
                continue  # that of a reply, found where one is made
            asked = bound.get(asked.id, asked) if isinstance(asked, ast.Name) else asked
            every = any(keyword.arg is None for keyword in node.keywords)
            given = frozenset(str(keyword.arg) for keyword in node.keywords)
            given |= {"number"} if ast.unparse(node.func).endswith("AboutTicket") else set()
            for key in _keys(asked, f"{name}:{node.lineno}"):
                yield Use(key, None if every else given, f"{name}:{node.lineno}")


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """Everything in a function that is not in a function within it, nor a piece of an f-string."""
    for child in ast.iter_child_nodes(scope):
        job = isinstance(scope, ast.JoinedStr) and isinstance(child, ast.Constant)
        if not isinstance(child, ast.FunctionDef) and not job:
            yield child
            yield from _own(child)


def _asked(call: ast.Call) -> ast.expr | None:
    """Where it says something: the expression that is the key."""
    of, name = "", ""
    if isinstance(call.func, ast.Attribute):
        name, of = call.func.attr, ast.unparse(call.func.value).rpartition(".")[2]
    elif isinstance(call.func, ast.Name):
        name = call.func.id
    if name in ("Fixed", "AboutTicket"):
        return call.args[0]  # said later (handlers.py)
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
    elif isinstance(asked, ast.Subscript) and (table := TABLES.get(ast.unparse(asked.value).rpartition(".")[2])):
        yield from table
    else:
        raise AssertionError(f"{where}: a key that cannot be read here: {ast.unparse(asked)}")


def pattern(text: ast.JoinedStr) -> str:
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in text.values)


def _filled(text: ast.JoinedStr, where: str) -> Iterator[str]:
    made = pattern(text)
    assert made in MADE, f"{where}: what can {made} become?"
    yield from (made.format(word) for word in MADE[made])


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
