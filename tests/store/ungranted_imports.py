"""Public functions of `store` that ask for no Grant and read or bring an import file: for ungranted.py."""

from __future__ import annotations

from typing import Final

from tests.store import reasons

REASONS: Final[dict[str, str]] = {
    "account_rows.bring_accounts": reasons.IMPORT,
    **dict.fromkeys(
        ("row_changes.Changes." + n for n in ("changed", "count", "meet", "rows", "told", "trouble", "write")),
        reasons.IMPORT,
    ),
    **dict.fromkeys(("row_changes.Register." + n for n in ("bring", "find")), reasons.IMPORT),
    **dict.fromkeys(("row_changes.Sheet." + n for n in ("add", "change", "remove", "split")), reasons.IMPORT),
    **dict.fromkeys(
        (
            *("row_changes.pieces", "row_changes.provisional"),
            *("file_format." + n for n in ("doubles_within", "in_words", "names_of", "object_of", "path_of")),
            *("account_lines." + n for n in ("doubles_of", "read_line")),
        ),
        reasons.PURE,
    ),
    "import_run.one_at_a_time": "waits for an import, and reads and writes nothing",
    "file_format.read": reasons.FILE,
    "account_lines.read_lines": "reads what a program or the operator has sent; asks no database",
    **dict.fromkeys(
        ("file_format.ImportFile." + n for n in ("contact_of", "has_username", "members", "places", "support_ids")),
        reasons.FILE,
    ),
    **dict.fromkeys(
        ("json_stream." + n for n in ("Text.fault", "Text.next", "Text.skip", "Text.value", "walk")), reasons.PURE
    ),
    **dict.fromkeys(("scratch.Scratch." + n for n in ("add", "contact_of", "find", "read", "settle")), reasons.FILE),
    "scratch.Entries.with_slack": reasons.FILE,
    **dict.fromkeys(("people_rows." + n for n in ("bring_people", "bring_slack", "check_spelling")), reasons.IMPORT),
    "import_run.bring": reasons.IMPORT,
    "giving_way.give_way": reasons.IMPORT,
    "import_run.run": "for the operator's shell: asks for desk.operate itself; tells where the file differs from what is kept",
}
