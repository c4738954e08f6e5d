"""What an import file may say: its shape, read and checked before the database is asked. In words: docs/import.md.

A key that is present replaces and a key that is absent leaves, so an entry's `model_fields_set` matters as much as its
values. A PIN is wrapped while the JSON is being read: no error, no repr and no trace ever has its digits.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from store.import_words import (
    PATTERN_WORDS,
    AccountNumber,
    Amount,
    Currency,
    Due,
    Email,
    Name,
    Phone,
    Ref,
    SlackMember,
    SlackTeam,
    SupportId,
    Username,
    Word,
)
from store.pins import Pin

MOST_BYTES: Final = 512 * 1024 * 1024


class ImportTrouble(ValueError):
    """What is wrong with an import, one line for each thing, the path in the file first. Nothing was stored."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)


class Slack(_Part):
    """A Slack member, by their own organisation and user id."""

    team: SlackTeam
    user: SlackMember


class Person(_Part):
    """`name` and `email` must be there for somebody new; without a `support_id` somebody new is issued one."""

    username: Username
    name: Name = ""
    email: Email = ""
    phones: list[Phone] = []
    support_id: SupportId = ""
    pin: Pin | None = None
    slack: list[Slack] = []


class Service(_Part):
    id: Ref
    name: Name
    status: Word
    managed_sla: bool = False


class Invoice(_Part):
    number: Ref
    amount: Amount
    currency: Currency
    due: Due
    status: Literal["paid", "unpaid", "overdue"]


class Contact(_Part):
    """What one person holds on the account, whole: a word that is not here is not held."""

    person: Username
    roles: list[Word] = []
    permissions: list[Word] = []


class Account(_Part):
    """`name` and `scheme` must be there for a new account. `slack_teams`: organisations whose members may link themselves to
    its contacts. A `decoy` is nobody's: whoever of the staff looks at it raises an alarm."""

    number: AccountNumber
    name: Name = ""
    scheme: Word = ""
    status: Literal["active", "suspended", "closed"] = "active"
    decoy: bool = False
    services: list[Service] = []
    invoices: list[Invoice] = []
    contacts: list[Contact] = []
    slack_teams: list[SlackTeam] = []


class StaffMember(_Part):
    """`name`, `email` and `role` must be there for somebody new. `phone` is the one of AGENT_NUMBER that is theirs."""

    username: Username
    name: Name = ""
    email: Email = ""
    phone: Phone | None = None
    role: Literal["agent", "supervisor", "administrator"] = "agent"
    slack: list[Slack] = []


class ImportFile(_Part):
    people: list[Person] = []
    accounts: list[Account] = []
    staff: list[StaffMember] = []


def read(source: Path | bytes) -> ImportFile:
    """The file, well-formed and free of doubles. Raises `ImportTrouble`, also when it cannot be opened.

    What depends on schemes, settings and the database is checked by `store.imports`.
    """
    with without_collecting():
        found = _read(source)
        if isinstance(found, ImportFile):
            found = list(_doubles(found)) or found
    if isinstance(found, list):
        raise ImportTrouble(found)  # raised here, where no frame and no earlier exception holds the text of the file
    return found


@contextmanager
def without_collecting() -> Iterator[None]:
    """Millions of objects that all stay are made here, and the collector would look at them again and again: four times
    as long, measured. Nothing of ours needs it to be freed."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(source: Path | bytes) -> ImportFile | list[str]:
    try:
        raw = source if isinstance(source, bytes) else source.read_bytes()
        if len(raw) > MOST_BYTES:
            return [f"the file is larger than {MOST_BYTES // 1024 // 1024} MiB"]
        document = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=str)
    except OSError as trouble:
        return [f"the file cannot be read: {trouble.strerror}"]
    except UnicodeDecodeError as trouble:
        return [f"the file is not UTF-8: byte {trouble.start + 1}"]
    except json.JSONDecodeError as trouble:
        return [f"line {trouble.lineno}, column {trouble.colno}: not JSON: {trouble.msg}"]
    except (RecursionError, ValueError):
        return ["not JSON that can be read: it is nested too deeply, or has a number too long"]
    if not isinstance(document, dict):
        return ["the file must be one object with people, accounts and staff"]
    try:
        return ImportFile.model_validate(document)
    except ValidationError as trouble:
        return [_in_words(error) for error in trouble.errors(include_url=False, include_input=False)]


_TWICE: Final = "\0twice"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """One JSON object. A key given twice leaves a mark that no model knows, so that its path is told."""
    made = dict(pairs)
    if "pin" in made:
        made["pin"] = Pin(made["pin"]) if isinstance(made["pin"], str) else _NO_PIN
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _value in pairs:
            if key in seen:
                made[key + _TWICE] = None
            seen.add(key)
    return made


_NO_PIN: Final = object()  # stands for a PIN that is no string: refused, and its digits are gone already


# --- what is wrong, in words


def path_of(*place: str | int) -> str:
    """`accounts[2].contacts[0].roles`."""
    path = ""
    for part in place:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else _shown(part)
    return path


def _shown(key: str) -> str:
    """A key of the file as it may stand in a line for a terminal."""
    return "".join(c if c.isprintable() else "?" for c in key[:80])


def _in_words(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    place = [_shown(part) if isinstance(part, str) else part for part in error["loc"]]
    last = error["loc"][-1] if error["loc"] else ""
    if kind == "extra_forbidden" and isinstance(last, str) and last.endswith(_TWICE):
        return f"{path_of(*place[:-1], _shown(last.removesuffix(_TWICE)))}: this key stands there twice"
    if kind == "string_pattern_mismatch":
        words = PATTERN_WORDS[context["pattern"]]
    elif kind == "string_too_long":
        words = f"is longer than {context['max_length']} characters"
    elif kind == "literal_error":
        words = f"must be {context['expected']}"
    elif kind == "is_instance_of":
        words, place = "must be a string of digits", place[: place.index("pin") + 1] if "pin" in place else place
    else:
        words = _KIND_WORDS.get(kind, error["msg"])
    return f"{path_of(*place)}: {words}"


_KIND_WORDS: Final = {
    "missing": "is missing",
    "extra_forbidden": "is not a known key",
    "string_type": "must be a string",
    "string_unicode": "has characters that are not Unicode text",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}


# --- what may stand there only once


def _doubles(file: ImportFile) -> Iterator[str]:
    """Doubles inside the file; each line names the second place and the first."""
    yield from _usernames("people", file.people)
    yield from _repeated((("people", i, "support_id"), p.support_id) for i, p in enumerate(file.people) if p.support_id)
    yield from _usernames("staff", file.staff)
    yield from _repeated((("accounts", i, "number"), a.number) for i, a in enumerate(file.accounts))
    members: tuple[tuple[str, Sequence[Person | StaffMember]], ...] = (("people", file.people), ("staff", file.staff))
    yield from _repeated(
        ((kind, i, "slack", k), f"{member.team}/{member.user}")
        for kind, entries in members
        for i, entry in enumerate(entries)
        for k, member in enumerate(entry.slack)
    )
    for i, person in enumerate(file.people):
        yield from _repeated((("people", i, "phones", k), number) for k, number in enumerate(person.phones))
    for i, account in enumerate(file.accounts):
        here = ("accounts", i)
        yield from _repeated(((*here, "services", k, "id"), s.id) for k, s in enumerate(account.services))
        yield from _repeated(((*here, "invoices", k, "number"), v.number) for k, v in enumerate(account.invoices))
        yield from _repeated(((*here, "contacts", k, "person"), c.person) for k, c in enumerate(account.contacts))
        for k, contact in enumerate(account.contacts):
            yield from _repeated(((*here, "contacts", k, "roles"), word) for word in contact.roles)
            yield from _repeated(((*here, "contacts", k, "permissions"), word) for word in contact.permissions)


def _usernames(kind: str, entries: Sequence[Person | StaffMember]) -> Iterator[str]:
    """People type them, and telephones begin them with a capital: two that differ in nothing else would be taken for each other."""
    yield from _repeated(((kind, i, "username"), entry.username) for i, entry in enumerate(entries))
    first: dict[str, int] = {}
    for i, entry in enumerate(entries):
        other = first.setdefault(entry.username.lower(), i)
        if entries[other].username != entry.username:
            where = path_of(kind, other, "username")
            yield f"{path_of(kind, i, 'username')}: {entry.username} differs from {where} in capitals alone"


def _repeated(places: Iterable[tuple[tuple[str | int, ...], Hashable]]) -> Iterator[str]:
    first: dict[Hashable, tuple[str | int, ...]] = {}
    for place, value in places:
        if value in first:
            where = "" if first[value] == place else f", also at {path_of(*first[value])}"
            yield f"{path_of(*place)}: {value} stands there twice{where}"
        else:
            first[value] = place
