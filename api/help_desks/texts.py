"""The words of what goes to a help desk: facts to a title and a text, with nothing read."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, Final

from desk import disclosure
from desk.help_desk_outward import Outgoing, Owed

LONGEST_TITLE: Final = 100  # characters: with a mark after it RT keeps it whole


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(resources.files("api.help_desks").joinpath("en.toml").read_text("utf-8"))


def word(part: str, key: str, **given: object) -> str:
    return str(_words()[part][key]).strip().format(**given)


def title_of(said: Outgoing) -> str:
    """Whose words they are."""
    name = said.name or word("title", "nobody")
    kind = "note" if said.internal else "desk" if said.by_desk else "customer"
    return line(word("title", kind, name=name))


def line(text: str) -> str:
    """As a title: one line, and no mark of ours in it."""
    return " ".join(text.replace("[", "(").replace("]", ")").split())[:LONGEST_TITLE]


def words_of(said: Outgoing, mark: str) -> str:
    if said.file is not None:
        return word("said", "file" if said.file.content else "empty_file", file=said.file.name)
    if said.withdrawn:
        return word("said", "withdrawn", mark=mark)
    words = said.words or (word("said", "spoken") if said.spoken else word("said", "notes_only"))
    return f"{word('said', 'changed')}\n\n{words}" if said.changed else words


def proof_of(owed: Owed, url: str, desk: str) -> str:
    """Who asked and what they may be told, with the signed statement."""
    who = owed.requester
    if who is None:
        shown = word("proof", "nobody")
    else:
        told = disclosure.to(who)
        shown = word(
            "proof",
            "somebody",
            name=who.name,
            account=who.account_number,
            account_name=who.account_name,
            channel=owed.channel,
            proved=owed.proved,
            tell=", ".join(told.tell) or "nothing",
            never=", ".join(told.never) or "nothing",
            url=url,
        )
    if owed.statement is None:
        return shown
    return f"{shown}\n\n{word('proof', 'statement', check=f'{desk}/proof')}\n{owed.statement}"
