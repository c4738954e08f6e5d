"""The tools: what each is called, takes and does. Each takes the case by its name, and no other: a try at another is refused, and in the ledger."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from api.mcp import shown
from api.mcp.shown import Shown
from desk import assistant_tools
from desk.actors import NotAllowed
from desk.assistant_tools import LONGEST, Refused, Suggested
from desk.calls import AskedFor
from store import Transaction
from store.assistants import assistant_sessions
from store.assistants.assistant_sessions import Assistant

WRITTEN: Final = "[by an assistant] "  # before a note, wherever that is read
_NAMED: Final = re.compile(r"(ticket|call|account):[0-9]{1,18}")
_CASE: Final = {"type": "string", "maxLength": 40, "description": "Your case, as `cases` names it."}
_WORDS: Final = {"type": "string", "minLength": 1, "maxLength": LONGEST}
SAID: Final = {
    Refused.NO_SUCH_TOOL: "There is no such tool.",
    Refused.NOT_ITS_CASE: "You have one case and were asked for something else. Nothing was told.",
    Refused.PROOF_OVER: "The customer has proved nothing, or what they proved is over. Nothing may be told.",
    Refused.NOT_A_TICKET: "Your case is a call. A note goes with it; there is no ticket to read or answer.",
    Refused.NOT_A_CALL: "Your case is a ticket. Its agent can call the customer back and ask for proof there.",
    Refused.AGENT_MAY_NOT: "Your agent may not do that, so you may not either.",
    Refused.NOT_NOW: "That cannot be done now.",
    Refused.UNFIT: "There are no such words, or too many.",
    Refused.TOO_OFTEN: "You have asked too often. Wait a moment.",
}
Given = Mapping[str, Any]
Result = Shown | NotAllowed | Refused


@dataclass(frozen=True, slots=True)
class Tool:
    """`takes` are JSON Schemas of what it takes beside the case. `reads`: it changes nothing."""

    says: str
    do: Callable[[Transaction, Assistant, Given], Result]
    takes: Mapping[str, Shown] = field(default_factory=dict)
    case: bool = True
    reads: bool = False

    @property
    def schema(self) -> Shown:
        takes = {**({"case": _CASE} if self.case else {}), **self.takes}
        return {"type": "object", "properties": takes, "required": list(takes), "additionalProperties": False}


def call(tx: Transaction, one: Assistant, name: str, given: Given, *, sends: bool = False) -> Result:
    """What came of it. `sends`: canned answers may go out by themselves."""
    if not assistant_sessions.asks(tx, one):
        return assistant_tools.refuse(tx, one, Refused.TOO_OFTEN)
    tool = TOOLS.get(name)
    own, asked = shown.name_of(one), _asked_for(given)
    if tool is None:
        strays = any(each != f"asked:{own}" for each in asked)
        refuse = assistant_tools.refuse_stray if strays else assistant_tools.refuse
        return refuse(tx, one, Refused.NO_SUCH_TOOL, *asked)
    if tool.case and "case" not in given:
        return assistant_tools.refuse(tx, one, Refused.NOT_ITS_CASE, f"tool:{name}", *asked)
    if given.get("case", own) != own or set(given) - set(tool.schema["properties"]):
        return assistant_tools.refuse_stray(tx, one, Refused.NOT_ITS_CASE, f"tool:{name}", *asked)
    if not all(_fits(given.get(word), schema) for word, schema in tool.takes.items()):
        return assistant_tools.refuse(tx, one, Refused.UNFIT, f"tool:{name}")
    return tool.do(tx, one, {**given, "sends": sends})


def told(result: Result) -> Shown:
    """As JSON. A refusal says why, by which rules, and what can be done about it."""
    if isinstance(result, Refused):
        return {"refused": str(result), "says": SAID[result]}
    if isinstance(result, NotAllowed):
        no = result.denied
        says = "The customer may not be told that now. Nothing was told."
        return {"refused": str(no.reason), "rules": list(no.rules), "next": str(no.next), "says": says}
    return result


def _asked_for(given: Given) -> list[str]:
    """What it named in vain, for the ledger: of the words it sent only what reads as one of our own names."""
    found = {f"{'account' if word == 'account' else 'case'}:{value}": value for word, value in given.items()}
    named = (key if key.startswith("account:") else str(value) for key, value in found.items())
    return [f"asked:{one}" for one in named if _NAMED.fullmatch(one)]


def _fits(value: Any, schema: Shown) -> bool:
    if schema["type"] == "integer":
        return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**18
    return isinstance(value, str) and value in schema.get("enum", (value,))


def _shown(result: Any, show: Callable[[Any], Shown]) -> Result:
    return result if isinstance(result, NotAllowed | Refused) else show(result)


def _cases(_tx: Transaction, one: Assistant, _given: Given) -> Result:
    return shown.cases(one)


def _card(tx: Transaction, one: Assistant, _given: Given) -> Result:
    return _shown(assistant_tools.card(tx, one), shown.card)


def _services(tx: Transaction, one: Assistant, _given: Given) -> Result:
    return _shown(assistant_tools.services(tx, one), shown.services)


def _invoices(tx: Transaction, one: Assistant, _given: Given) -> Result:
    return _shown(assistant_tools.invoices(tx, one), shown.invoices)


def _messages(tx: Transaction, one: Assistant, _given: Given) -> Result:
    return _shown(assistant_tools.messages(tx, one), shown.messages)


def _canned(tx: Transaction, one: Assistant, _given: Given) -> Result:
    return _shown(assistant_tools.listed(tx, one), shown.canned)


def _draft(tx: Transaction, one: Assistant, given: Given) -> Result:
    return _shown(assistant_tools.draft(tx, one, given["words"]), _waits)


def _suggest(tx: Transaction, one: Assistant, given: Given) -> Result:
    return _shown(assistant_tools.suggest(tx, one, given["answer"], sends=given["sends"]), _waits)


def _note(tx: Transaction, one: Assistant, given: Given) -> Result:
    words = given["words"].strip()
    return _shown(assistant_tools.note(tx, one, WRITTEN + words if words else ""), lambda _done: {"done": "noted"})


def _ask_for_proof(tx: Transaction, one: Assistant, given: Given) -> Result:
    return _shown(assistant_tools.ask_for_proof(tx, one, AskedFor(given["what"])), lambda _done: {"done": "asked"})


def _waits(came: Suggested) -> Shown:
    return {"done": "held" if came.held else "waits_for_the_agent"}


TOOLS: Final[dict[str, Tool]] = {
    "cases": Tool("The case you help with: there is one.", _cases, case=False, reads=True),
    "card": Tool("Who the customer is, what they proved, and what they may be told.", _card, reads=True),
    "services": Tool("The services, as far as this customer may be told now.", _services, reads=True),
    "invoices": Tool("What is owed, as far as this customer may be told now.", _invoices, reads=True),
    "messages": Tool("What was said on the ticket, as its customer may read it.", _messages, reads=True),
    "canned_answers": Tool("The answers the desk gives again and again.", _canned, reads=True),
    "draft_answer": Tool(
        "Draft an answer. It waits for your agent, who reads, changes and sends it or lets it go.",
        _draft,
        {"words": _WORDS},
    ),
    "suggest_canned_answer": Tool(
        "Suggest a canned answer, filled for this customer, to your agent.",
        _suggest,
        {"answer": {"type": "integer", "description": "Its id."}},
    ),
    "note": Tool("A note that stays inside the desk.", _note, {"words": _WORDS}),
    "ask_for_proof": Tool(
        "Send the caller to the keypad for their PIN, or for a second proof. Only in a call.",
        _ask_for_proof,
        {"what": {"type": "string", "enum": [str(one) for one in AskedFor]}},
    ),
}
