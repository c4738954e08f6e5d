"""Public functions of `store` that ask for no Grant and read or bring an import file: for ungranted.py."""

from __future__ import annotations

from typing import Final

from tests.store import reasons

REASONS: Final[dict[str, str]] = {
    "import_accounts.bring_accounts": reasons.IMPORT,
    **dict.fromkeys(
        ("import_changes.Changes." + n for n in ("changed", "count", "meet", "rows", "told", "trouble", "write")),
        reasons.IMPORT,
    ),
    **dict.fromkeys(("import_changes.Register." + n for n in ("bring", "find")), reasons.IMPORT),
    **dict.fromkeys(("import_changes.Sheet." + n for n in ("add", "change", "remove", "split")), reasons.IMPORT),
    **dict.fromkeys(("import_changes.pieces", "import_changes.provisional", "import_format.path_of"), reasons.PURE),
    "import_format.read": reasons.FILE,
    **dict.fromkeys(("import_format.ImportFile." + n for n in ("members", "places", "support_ids")), reasons.FILE),
    **dict.fromkeys(
        ("import_json." + n for n in ("Text.fault", "Text.next", "Text.skip", "Text.value", "walk")), reasons.PURE
    ),
    **dict.fromkeys(("import_scratch.Scratch." + n for n in ("add", "find", "read", "settle")), reasons.FILE),
    "import_scratch.Entries.with_slack": reasons.FILE,
    **dict.fromkeys(("import_people." + n for n in ("bring_people", "bring_slack", "check_spelling")), reasons.IMPORT),
    "imports.run": "for the operator's shell: asks for desk.operate itself; tells where the file differs from what is kept",
}
