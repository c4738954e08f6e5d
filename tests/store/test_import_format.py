"""What an import file may say: every refusal names its path in plain words, and a PIN is never among them."""

from __future__ import annotations

import copy
import json
import traceback
from pathlib import Path
from typing import Any

import pytest

from store.imports.file_format import ImportFileError, read

SAMPLE = Path(__file__).parents[2] / "deskgate" / "sample-accounts.json"
GOOD: dict[str, Any] = {
    "people": [
        {
            "username": "olivia.hart",
            "name": "Olivia Hart",
            "email": "olivia@harbourbakery.example",
            "phones": ["+441632960101"],
            "support_id": "10000016",
            "pin": "73059184",
            "slack": [{"team": "T0HARBOUR", "user": "U0OLIVIA"}],
        }
    ],
    "accounts": [
        {
            "number": "200417",
            "name": "Harbour Bakery",
            "scheme": "media_temple",
            "status": "active",
            "services": [{"id": "grid-1", "name": "Grid hosting", "status": "running", "managed_sla": False}],
            "invoices": [
                {"number": "MT-1", "amount": "20.00", "currency": "USD", "due": "2026-12-01", "status": "unpaid"}
            ],
            "contacts": [{"person": "olivia.hart", "roles": ["owner"]}],
        }
    ],
    "staff": [{"username": "agent.kim", "name": "Kim", "email": "kim@desk.example", "role": "agent", "slack": []}],
}


def refused(raw: bytes) -> list[str]:
    with pytest.raises(ImportFileError) as caught:
        read(raw)
    assert str(caught.value).splitlines() == caught.value.lines
    return caught.value.lines


def with_change(path: str, value: Any) -> bytes:
    """The good file with one thing changed: `people.0.name`. `...` takes it away."""
    document = copy.deepcopy(GOOD)
    *way, last = [int(word) if word.isdigit() else word for word in path.split(".")]
    place: Any = document
    for step in way:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return json.dumps(document).encode()


def test_the_sample_is_read() -> None:
    file = read(SAMPLE)
    assert (len(file.people), len(file.accounts), len(file.staff)) == (9, 3, 2)
    assert SAMPLE.read_bytes().count(b'"pin"') == sum(person.pin is not None for person in file.people)


def test_what_is_absent_is_known_from_what_is_empty() -> None:
    (account,) = read(b'{"accounts": [{"number": "1", "services": []}]}').accounts
    assert account.model_fields_set == {"number", "services"}


def test_a_byte_order_mark_is_no_harm() -> None:
    (account,) = read('\ufeff{"accounts": [{"number": "1"}]}'.encode()).accounts
    assert account.number == "1"


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("extra", 1, "extra: is not a known key"),
        ("people", {}, "people: must be a list"),
        ("people.0", "x", "people[0]: must be an object"),
        ("people.0.nickname", "x", "people[0].nickname: is not a known key"),
        ("people.0.username", ..., "people[0].username: is missing"),
        ("people.0.username", "o hart", "people[0].username: may have letters, digits and . _ @ + -"),
        ("people.0.username", "x" * 65, "people[0].username: is longer than 64 characters"),
        ("people.0.name", None, "people[0].name: must be a string"),
        ("people.0.name", "", "people[0].name: must be one line of text"),
        ("people.0.name", "A\nB", "people[0].name: must be one line of text"),
        ("people.0.name", "A\x7fB", "people[0].name: must be one line of text"),
        ("people.0.name", "A\u202eB", "people[0].name: must be one line of text"),
        ("people.0.name", " A", "people[0].name: must be one line of text"),
        ("people.0.name", "x" * 201, "people[0].name: is longer than 200 characters"),
        ("people.0.name", "\ud800", "people[0].name: has characters that are not Unicode text"),
        ("people.0.email", "olivia", "people[0].email: is no e-mail address"),
        (
            "people.0.email",
            "\uff4f@x.example",
            "people[0].email: is no e-mail address: write it with plain letters, no wide or joined ones",
        ),
        ("people.0.email", "o@x.example\r\nBcc: y@x.example", "people[0].email: is no e-mail address"),
        ("people.0.phones", "+441632960101", "people[0].phones: must be a list"),
        ("people.0.phones.0", "01632960101", "people[0].phones[0]: is no possible phone number"),
        ("people.0.phones.0", "+4401632960101", "people[0].phones[0]: is no possible phone number"),
        ("people.0.phones.0", "+44 1632 960101", "people[0].phones[0]: is no possible phone number"),
        ("people.0.phones.0", "+441", "people[0].phones[0]: is no possible phone number"),
        ("people.0.phones.0", "+44163296010123", "people[0].phones[0]: is no possible phone number"),
        ("people.0.phones.0", "+999123456789", "people[0].phones[0]: is no possible phone number"),
        ("people.0.phones", ["+441632960101"] * 2, "people[0].phones[1]: +441632960101 stands there twice"),
        ("people.0.support_id", "10000017", "people[0].support_id: must be 8 digits"),
        ("people.0.support_id", "1000016", "people[0].support_id: must be 8 digits"),
        ("people.0.pin", 73059184, "people[0].pin: must be a string of digits"),
        ("people.0.pin", None, "people[0].pin: must be a string of digits"),
        ("people.0.slack.0.user", "U O", "people[0].slack[0].user: is no id of a Slack member"),
        ("people.0.slack.0.team", ..., "people[0].slack[0].team: is missing"),
        ("accounts.0.number", 200417, "accounts[0].number: must be a string"),
        ("accounts.0.number", "2" * 33, "accounts[0].number: is longer than 32 characters"),
        ("accounts.0.status", "open", "accounts[0].status: must be 'active', 'suspended' or 'closed'"),
        ("accounts.0.services.0.managed_sla", "yes", "accounts[0].services[0].managed_sla: must be true or false"),
        ("accounts.0.services.0.status", ..., "accounts[0].services[0].status: is missing"),
        ("accounts.0.services.0.id", "x" * 65, "accounts[0].services[0].id: is longer than 64 characters"),
        ("accounts.0.invoices.0.amount", 20.0, "accounts[0].invoices[0].amount: must be a string"),
        ("accounts.0.invoices.0.amount", "-1.00", "accounts[0].invoices[0].amount: must be a decimal string"),
        ("accounts.0.invoices.0.amount", "1.0000", "accounts[0].invoices[0].amount: must be a decimal string"),
        ("accounts.0.invoices.0.amount", "1e3", "accounts[0].invoices[0].amount: must be a decimal string"),
        ("accounts.0.invoices.0.currency", "usd", "accounts[0].invoices[0].currency: must be three capital letters"),
        ("accounts.0.invoices.0.due", "2026-02-30", "accounts[0].invoices[0].due: must be a date like 2026-12-01"),
        ("accounts.0.invoices.0.due", "20261201", "accounts[0].invoices[0].due: must be a date like 2026-12-01"),
        (
            "accounts.0.invoices.0.status",
            "late",
            "accounts[0].invoices[0].status: must be 'paid', 'unpaid' or 'overdue'",
        ),
        ("accounts.0.contacts.0.roles", "owner", "accounts[0].contacts[0].roles: must be a list"),
        ("accounts.0.contacts.0.roles", ["owner", "owner"], "accounts[0].contacts[0].roles: owner stands there twice"),
        ("staff.0.role", "boss", "staff[0].role: must be 'agent', 'supervisor' or 'administrator'"),
        ("staff.0.pin", "73059184", "staff[0].pin: is not a known key"),
        ("x\x1b[31m", 1, "x?[31m: is not a known key"),
    ],
)
def test_a_fault_is_told_with_its_path(path: str, value: Any, line: str) -> None:
    lines = refused(with_change(path, value))
    assert len(lines) == 1
    assert lines[0].startswith(line)


@pytest.mark.parametrize(
    ("path", "second", "line"),
    [
        (
            "people",
            {"username": "olivia.hart"},
            "people[1].username: olivia.hart stands there twice, also at people[0].username",
        ),
        (
            "people",
            {"username": "b", "support_id": "10000016"},
            "people[1].support_id: 10000016 stands there twice, also at people[0].support_id",
        ),
        (
            "people",
            {"username": "b", "slack": [{"team": "T0HARBOUR", "user": "U0OLIVIA"}]},
            "people[1].slack[0]: T0HARBOUR/U0OLIVIA stands there twice, also at people[0].slack[0]",
        ),
        (
            "staff",
            {"username": "b", "slack": [{"team": "T0HARBOUR", "user": "U0OLIVIA"}]},
            "staff[1].slack[0]: T0HARBOUR/U0OLIVIA stands there twice, also at people[0].slack[0]",
        ),
        (
            "staff",
            {"username": "agent.kim"},
            "staff[1].username: agent.kim stands there twice, also at staff[0].username",
        ),
        ("accounts", {"number": "200417"}, "accounts[1].number: 200417 stands there twice, also at accounts[0].number"),
    ],
)
def test_a_double_is_told_with_both_places(path: str, second: dict[str, Any], line: str) -> None:
    assert refused(with_change(path, [*GOOD[path], second])) == [line]


@pytest.mark.parametrize("what", ["services", "invoices", "contacts"])
def test_a_double_inside_an_account_is_told(what: str) -> None:
    key = {"services": "id", "invoices": "number", "contacts": "person"}[what]
    entry = GOOD["accounts"][0][what][0]
    lines = refused(with_change(f"accounts.0.{what}", [entry, entry]))
    place = f"accounts[0].{what}"
    assert lines == [f"{place}[1].{key}: {entry[key]} stands there twice, also at {place}[0].{key}"]


def test_every_fault_is_told_at_once() -> None:
    document = copy.deepcopy(GOOD)
    document["people"][0]["email"] = "x"
    document["accounts"][0]["status"] = "x"
    assert len(refused(json.dumps(document).encode())) == 2


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b'{"people": [\n  {"username": }]}', "line 2, column 16: not JSON: Expecting value"),
        (b"", "line 1, column 1: not JSON: Expecting value"),
        (b"[]", "the file must be one object with people, accounts and staff"),
        (b"\xff", "the file is not UTF-8: byte 1"),
        (b"[" * 100_000, "not JSON that can be read: it is nested too deeply, or has a number too long"),
        (b'{"people": [], "people": []}', "people: this key stands there twice"),
        (b'{"accounts": [{"number": "1", "name": "a", "name": "b"}]}', "accounts[0].name: this key stands there twice"),
        (b'{"accounts": NaN}', "accounts: must be a list"),
        (b'{"people": [' + b"[" * 100_000, "people[0]: not JSON that can be read: it is nested too deeply, or"),
        (
            b'{"people": [{}, ' + b"9" * 5_000 + b"]}",
            "people[1]: not JSON that can be read: it is nested too deeply, or",
        ),
        (b'{"people": [{"username": 1e999}]}', "people[0].username: must be a string"),
        (b'{"people": [],\n"people": [{"username": "a"}]}', "people: this key stands there twice"),
        (b'{"people": []} {}', "line 1, column 16: not JSON: Extra data"),
        (b'{"people": [{"username": "a"},]}', "line 1, column 31: not JSON: Expecting value"),
        ('{"people": []}'.encode("utf-16"), "the file is not UTF-8: byte 1"),
        ('{"people": [{"name": "é"}]}'.encode("latin-1"), "the file is not UTF-8: byte 23"),
        (b"[" + b"1, " * 4_000_000 + b"1]", "the file must be one object with people, accounts and staff"),
        (b'{"people": [{"username": "' + b"x" * 17_000_000, "people[0]: is longer than 8 million characters"),
    ],
    ids=lambda value: repr(value[:40]),
)
def test_a_file_that_cannot_be_read_is_told(raw: bytes, line: str) -> None:
    (said,) = refused(raw)
    assert said.startswith(line)


@pytest.mark.parametrize("once", [7, 64 * 1024], ids=["by a few bytes", "at once"])
def test_g9_a_file_cut_off_anywhere_is_told_as_json_itself_tells_it(once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """G9: however much is read at a time, and wherever a character, a word or an entry is cut by that."""
    monkeypatch.setattr("store.imports.json_stream.READ", once)
    good = copy.deepcopy(GOOD)
    good["people"][0]["name"] = "Øl \U0001f980"
    text = json.dumps(good, indent=1).replace("\\u00d8", "Ø").replace("Bakery", "Bäckerei")
    (account,) = read(text.encode()).accounts
    assert account.name == "Harbour Bäckerei"
    for end in range(0, len(text) - 1, 3):
        with pytest.raises(json.JSONDecodeError) as wrong:
            json.loads(text[:end])
        fault = wrong.value
        expected = f"line {fault.lineno}, column {fault.colno}: not JSON: {fault.msg}"
        assert refused(text[:end].encode()) == [expected]


def test_g9_a_double_far_behind_is_told() -> None:
    people = [{"username": f"p{n}"} for n in range(120)]
    accounts = [{"number": f"{n}"} for n in range(100)]
    lines = refused(
        json.dumps({"accounts": [*accounts, accounts[3]], "people": [*people, {"username": "P7"}]}).encode()
    )
    assert lines == [
        "accounts[100].number: 3 stands there twice, also at accounts[3].number",
        "people[120].username: P7 differs from people[7].username in capitals alone",
    ]


def test_g9_no_pin_is_laid_out_on_the_disk() -> None:
    file = read(json.dumps(GOOD).encode())
    assert [person.pin is not None for person in file.people] == [True]
    assert b"73059184" not in file._scratch._database.serialize()
    file.close()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="cannot be read: No such file"):
        read(tmp_path / "none.json")


@pytest.mark.parametrize("fault", ["", "}", ', "x": 1', ', "pin": "SECOND"', ', "username": 3'])
def test_a_pin_is_in_no_error_and_no_repr(fault: str, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    words = '{"people": [{"username": "a", "pin": "FIRST"' + fault + "}]}"
    path.write_text(words.replace("FIRST", "73059184").replace("SECOND", "48291537"))
    try:
        shown = repr(read(path)) + str(read(path))
    except ImportFileError as trouble:
        # An earlier exception would hold the text of the file.
        told = traceback.TracebackException.from_exception(trouble, capture_locals=True)
        shown = "".join(told.format()) + repr(trouble.__dict__) + repr(vars(trouble.__context__ or trouble))
    assert "73059184" not in shown
    assert "48291537" not in shown
