"""What an import file may say: its shape, read and checked before the database is asked. In words: docs/import.md.

A key that is present replaces and a key that is absent leaves, so an entry's `model_fields_set` matters as much as its
values. A PIN is wrapped while the JSON is being read: no error, no repr and no trace ever has its digits.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import phonenumbers
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from store.people import is_support_id
from store.pins import Pin

MOST_BYTES: Final = 512 * 1024 * 1024


class ImportTrouble(ValueError):
    """What is wrong with an import, one line for each thing, the path in the file first. Nothing was stored."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def _phone(word: str) -> str:
    possible = False
    with suppress(phonenumbers.NumberParseException):
        number = phonenumbers.parse(word)
        same = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == word
        possible = same and phonenumbers.is_possible_number(number)
    if not possible:
        raise PydanticCustomError("phone", "is no possible phone number in the form +441632960101")
    return word


def _support_id(word: str) -> str:
    if not is_support_id(word):
        raise PydanticCustomError("support_id", "must be 8 digits, the last of them Luhn's check digit")
    return word


def _due(word: str) -> str:
    good = False
    with suppress(ValueError):
        good = date.fromisoformat(word).isoformat() == word
    if not good:
        raise PydanticCustomError("due", "must be a date like 2026-12-01")
    return word


# All that the doors clean away (cleaning.py): a file is an operator's, who is told where it stands instead.
_BAD: Final = (
    r"\x00-\x1f\x7f-\x9f\u{2028}\u{2029}\u{061c}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{206f}"
    r"\u{00ad}\u{180e}\u{200b}\u{2060}-\u{2065}\u{feff}\u{fff9}-\u{fffb}\u{e0000}-\u{e007f}"
)
_LINE: Final = rf"^[^{_BAD}\s](?:[^{_BAD}]*[^{_BAD}\s])?$"
_USERNAME: Final = r"^[A-Za-z0-9](?:[A-Za-z0-9._@+-]*[A-Za-z0-9])?$"
# Part of an address of the desk's page, where `..` and `//` would lead elsewhere.
ACCOUNT_NUMBER: Final = r"^[A-Za-z0-9]+(?:(?:[./]|[_-]+)[A-Za-z0-9]+)*$"
_EMAIL: Final = rf"^[^{_BAD}\s@<>(),;:\\\x22\[\]]+@[^{_BAD}\s@<>(),;:\\\x22\[\]]+$"
_SLACK: Final = r"^[A-Za-z0-9]+$"
_AMOUNT: Final = r"^(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,3})?$"
_CURRENCY: Final = r"^[A-Z]{3}$"
_PATTERN_WORDS: Final = {
    _LINE: "must be one line of text, without control characters or marks that cannot be seen, and without spaces around it",
    _USERNAME: "may have letters, digits and . _ @ + - and begins and ends with a letter or digit",
    ACCOUNT_NUMBER: "may have letters, digits and . _ / - between them, of . and / one at a time",
    _EMAIL: "is no e-mail address",
    _SLACK: "is no Slack id: letters and digits, like T0DESK or U0KIM",
    _AMOUNT: 'must be a decimal string like "20.00": not negative, at most three decimals',
    _CURRENCY: "must be three capital letters, like EUR",
}

Username = Annotated[str, StringConstraints(max_length=64, pattern=_USERNAME)]
Name = Annotated[str, StringConstraints(max_length=200, pattern=_LINE)]
Email = Annotated[str, StringConstraints(max_length=254, pattern=_EMAIL)]
Ref = Annotated[str, StringConstraints(max_length=64, pattern=_LINE)]
Word = Annotated[str, StringConstraints(max_length=40, pattern=_LINE)]
SlackId = Annotated[str, StringConstraints(max_length=32, pattern=_SLACK)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)


class Slack(_Part):
    """A Slack member, by their own organisation and user id."""

    team: SlackId
    user: SlackId


class Person(_Part):
    """`name` and `email` must be there for somebody new; without a `support_id` somebody new is issued one."""

    username: Username
    name: Name = ""
    email: Email = ""
    phones: list[Annotated[str, AfterValidator(_phone)]] = []
    support_id: Annotated[str, AfterValidator(_support_id)] = ""
    pin: Pin | None = None
    slack: list[Slack] = []


class Service(_Part):
    id: Ref
    name: Name
    status: Word
    managed_sla: bool = False


class Invoice(_Part):
    number: Ref
    amount: Annotated[str, StringConstraints(pattern=_AMOUNT)]
    currency: Annotated[str, StringConstraints(pattern=_CURRENCY)]
    due: Annotated[str, AfterValidator(_due)]
    status: Literal["paid", "unpaid", "overdue"]


class Contact(_Part):
    """What one person holds on the account, whole: a word that is not here is not held."""

    person: Username
    roles: list[Word] = []
    permissions: list[Word] = []


class Account(_Part):
    """`name` and `scheme` must be there for a new account. `slack_teams`: organisations whose members may link themselves to
    its contacts. A `decoy` is nobody's: whoever of the staff looks at it raises an alarm."""

    number: Annotated[str, StringConstraints(max_length=32, pattern=ACCOUNT_NUMBER)]
    name: Name = ""
    scheme: Word = ""
    status: Literal["active", "suspended", "closed"] = "active"
    decoy: bool = False
    services: list[Service] = []
    invoices: list[Invoice] = []
    contacts: list[Contact] = []
    slack_teams: list[SlackId] = []


class StaffMember(_Part):
    """`name`, `email` and `role` must be there for somebody new. `phone` is the one of AGENT_NUMBER that is theirs."""

    username: Username
    name: Name = ""
    email: Email = ""
    phone: Annotated[str, AfterValidator(_phone)] | None = None
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
        words = _PATTERN_WORDS[context["pattern"]]
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
    yield from _repeated((("people", i, "username"), p.username) for i, p in enumerate(file.people))
    yield from _repeated((("people", i, "support_id"), p.support_id) for i, p in enumerate(file.people) if p.support_id)
    yield from _repeated((("staff", i, "username"), s.username) for i, s in enumerate(file.staff))
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


def _repeated(places: Iterable[tuple[tuple[str | int, ...], Hashable]]) -> Iterator[str]:
    first: dict[Hashable, tuple[str | int, ...]] = {}
    for place, value in places:
        if value in first:
            where = "" if first[value] == place else f", also at {path_of(*first[value])}"
            yield f"{path_of(*place)}: {value} stands there twice{where}"
        else:
            first[value] = place
