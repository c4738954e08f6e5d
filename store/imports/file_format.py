"""What an import file may say: its shape, read and checked before the database is asked. In words: docs/import.md.

A key that is present replaces and a key that is absent leaves, so an entry's `model_fields_set` matters as much as its
values. A PIN is wrapped while the JSON is being read: no error, no repr and no trace ever has its digits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Hashable, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from store.imports.field_words import (
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
from store.imports.json_stream import LIST, BrokenJsonError, Text, walk
from store.imports.scratch import Entries, Once, Scratch
from store.verification.pins import Pin


class ImportFileError(ValueError):
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


class PersonDetails(_Part):
    """`name` and `email` must be there for somebody new; without a `support_id` somebody new is issued one."""

    username: Username
    name: Name = ""
    email: Email = ""
    phones: list[Phone] = []
    support_id: SupportId = ""
    slack: list[Slack] = []


class Person(PersonDetails):
    pin: Pin | None = None


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


class Billing(_Part):
    """Whom an account's invoices are for, whole: the name and the lines of the address as they are printed."""

    name: Name
    address: list[Name] = Field(default=[], max_length=8)
    vat_number: Name = ""


class Contact(_Part):
    """What one person holds on the account, whole: a word that is not here is not held."""

    person: Username
    roles: list[Word] = []
    permissions: list[Word] = []


class Account(_Part):
    """`name` and `scheme` must be there for a new account. `slack_teams`: organisations whose members may link themselves to
    its contacts. `billing`: what its next invoices print; none without. A `decoy` is nobody's: whoever of the staff looks at it raises an alarm."""

    number: AccountNumber
    name: Name = ""
    scheme: Word = ""
    status: Literal["active", "suspended", "closed"] = "active"
    decoy: bool = False
    services: list[Service] = []
    invoices: list[Invoice] = []
    contacts: list[Contact] = []
    slack_teams: list[SlackTeam] = []
    billing: Billing | None = None


class StaffMember(_Part):
    """`name`, `email` and `role` must be there for somebody new. `phone` is the one of AGENT_NUMBER that is theirs."""

    username: Username
    name: Name = ""
    email: Email = ""
    phone: Phone | None = None
    role: Literal["agent", "supervisor", "administrator"] = "agent"
    slack: list[Slack] = []


class ImportFile:
    """What a file says, for as long as this stands; `close` lets go of what is on the disk, and so does the last reference."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self.people = Entries(scratch, "people", Person)
        self.accounts = Entries(scratch, "accounts", Account)
        self.staff = Entries(scratch, "staff", StaffMember)
        self.has_pins = bool(scratch.pins)
        self.close = scratch.close

    def places(self, usernames: Iterable[str]) -> dict[str, int]:
        """Of these usernames those that are of people of the file, and at which place."""
        asked = {username.lower(): username for username in usernames}
        found = self._scratch.find("people", asked)
        return {name.written: name.place for name in found if name.written == asked[name.value]}

    def has_username(self, username: str) -> bool:
        """Whether somebody of the file has it, in whatever capitals."""
        return any(True for _ in self._scratch.find("people", [username.lower()]))

    def contact_of(self, usernames: Iterable[str]) -> dict[str, set[str]]:
        """Of which accounts, by number, the file says that these are contacts."""
        return self._scratch.contact_of(usernames)

    def support_ids(self, asked: Iterable[str]) -> set[str]:
        """Which of these the file gives somebody."""
        return {name.value for name in self._scratch.find("support_id", asked)}

    def members(self, asked: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Which of these Slack members (team, user) the file ties to somebody."""
        known = {f"{team}/{user}": (team, user) for team, user in asked}
        return {known[name.value] for name in self._scratch.find("slack", known)}


def read(source: Path | BinaryIO | bytes) -> ImportFile:
    """The file, well-formed and free of doubles; a stream is read to its end. Raises `ImportFileError`, also when it cannot be opened.

    What depends on schemes, settings and the database is checked by `store.imports.import_run`.
    """
    scratch = Scratch()
    troubles = _read(source, scratch)
    if troubles:
        scratch.close()
        raise ImportFileError(
            troubles
        )  # raised here, where no frame and no earlier exception holds the text of the file
    return ImportFile(scratch)


def _read(source: Path | BinaryIO | bytes, scratch: Scratch) -> list[str]:
    try:
        if isinstance(source, Path):
            with source.open("rb") as stream:
                return _lay_out(stream, scratch)
        return _lay_out(BytesIO(source) if isinstance(source, bytes) else source, scratch)
    except OSError as trouble:
        return [f"the file cannot be read: {trouble.strerror}"]
    except BrokenJsonError as broken:
        return [str(broken)]
    except sqlite3.OperationalError as trouble:
        return [f"what it says does not fit into the folder of temporary files ({trouble}): make room, or set TMPDIR"]


def _lay_out(stream: BinaryIO, scratch: Scratch) -> list[str]:
    """Faults of the whole file, each with its path; only a file without any is looked through for doubles."""
    troubles: list[str] = []
    doubles: list[str] = []
    seen: set[str] = set()
    models: dict[str, type[Person | Account | StaffMember]] = {}
    for key, place, value in walk(Text(stream, object_of)):
        if place is None:
            known = _KINDS.get(key)
            if key in seen:
                troubles.append(f"{path_of(key)}: this key stands there twice")
            elif known is None:
                troubles.append(f"{path_of(key)}: is not a known key")
            elif value is not LIST:
                troubles.append(f"{path_of(key)}: must be a list")
            else:
                models[key] = known
            seen.add(key)
        elif model := models.get(key):
            try:
                entry = model.model_validate(value)
            except ValidationError as trouble:
                faults = trouble.errors(include_url=False, include_input=False)
                troubles += [in_words(fault, key, place) for fault in faults]
            else:
                if not troubles:
                    doubles += doubles_within(key, place, entry)
                    contacts = entry.contacts if isinstance(entry, Account) else ()
                    of = ((contact.person, entry.number) for contact in contacts if isinstance(entry, Account))
                    scratch.add(key, entry, names_of(key, place, entry), of)
    scratch.settle()
    return troubles or [*map(_twice, scratch.doubles), *doubles]


_KINDS: Final[dict[str, type[Person | Account | StaffMember]]] = {
    "people": Person,
    "accounts": Account,
    "staff": StaffMember,
}
_TWICE: Final = "\0twice"


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
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


def in_words(error: ErrorDetails, *entry: str | int) -> str:
    kind, context = error["type"], error.get("ctx", {})
    place = [*entry, *(_shown(part) if isinstance(part, str) else part for part in error["loc"])]
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
    "too_long": "has too many lines: eight at most",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}


# --- what may stand there only once


def names_of(kind: str, place: int, entry: Person | Account | StaffMember) -> Iterator[Once]:
    """Those of one entry that nobody else in the file may have."""
    if isinstance(entry, Account):
        yield Once(kind, entry.number, entry.number, path_of(kind, place, "number"), place)
        return
    # People type them, and telephones begin them with a capital: two that differ in nothing else would be taken for each other.
    yield Once(kind, entry.username.lower(), entry.username, path_of(kind, place, "username"), place)
    if isinstance(entry, Person) and entry.support_id:
        yield Once("support_id", entry.support_id, entry.support_id, path_of(kind, place, "support_id"), place)
    for k, member in enumerate(entry.slack):
        name = f"{member.team}/{member.user}"
        yield Once("slack", name, name, path_of(kind, place, "slack", k), place)


def _twice(double: tuple[Once, Once]) -> str:
    """Names the second place and the first."""
    second, first = double
    if second.written != first.written:
        return f"{second.path}: {second.written} differs from {first.path} in capitals alone"
    return f"{second.path}: {second.written} stands there twice, also at {first.path}"


def doubles_within(kind: str, place: int, entry: Person | Account | StaffMember) -> Iterator[str]:
    here = (kind, place)
    if isinstance(entry, Person):
        yield from _repeated(((*here, "phones", k), number) for k, number in enumerate(entry.phones))
    elif isinstance(entry, Account):
        yield from _repeated(((*here, "services", k, "id"), s.id) for k, s in enumerate(entry.services))
        yield from _repeated(((*here, "invoices", k, "number"), v.number) for k, v in enumerate(entry.invoices))
        yield from _repeated(((*here, "contacts", k, "person"), c.person) for k, c in enumerate(entry.contacts))
        for k, contact in enumerate(entry.contacts):
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
