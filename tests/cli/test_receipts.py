"""`deskgate audit check-receipt`: with the desk's own keys or its public ones, and each thing that is wrong in one line."""

from __future__ import annotations

import json
from pathlib import Path

from store.db.keys import Keys
from store.ledger import public_keys, receipts
from tests.cli.conftest import Shell

OTHERS = Keys([bytes(32)])
BODY = {
    "desk": "https://desk.example",
    "account": "400639",
    "name": "Tideworks Ltd",
    "made_at": "2026-11-30T09:00:00.000Z",
}
ENTRY = {"at": "2026-11-30T08:00:00.000Z", "what": "Mia Chen was told amounts of invoices."}
SAYS = (
    "ok: signed by https://desk.example with key {kid} on 2026-11-30T09:00:00.000Z\n"
    "400639 Tideworks Ltd, 2026-11-30T08:00:00.000Z: Mia Chen was told amounts of invoices.\n"
)


def test_a_receipt_is_checked_with_public_keys_or_with_the_desks_own(shell: Shell, tmp_path: Path) -> None:
    with shell.store() as store:
        own, theirs = (
            receipts.signed(store.keys, {**BODY, "entry": ENTRY}),
            receipts.signed(OTHERS, {**BODY, "entry": ENTRY}),
        )
    file, keys = tmp_path / "receipt.json", tmp_path / "keys.json"
    keys.write_text(json.dumps(public_keys.published(OTHERS)))
    file.write_text(json.dumps(own))
    assert shell.run("audit", "check-receipt", str(file)) == (0, SAYS.format(kid=own["kid"]), "")
    file.write_text(json.dumps(theirs, indent=3))
    assert shell.run("audit", "check-receipt", str(file), "--keys", str(keys)) == (
        0,
        SAYS.format(kid=theirs["kid"]),
        "",
    )
    code, out, err = shell.run("audit", "check-receipt", str(file))
    assert (code, out) == (1, "")
    assert (
        err
        == f"deskgate: {file}: it was signed with a key that is not among those given: another desk's, or one that is no longer in use\n"
    )
    for wrong, why in (
        (
            json.dumps({**theirs, "account": "1"}),
            "its signature does not fit: something in it was changed, or another has made it",
        ),
        ("{", "it is not JSON, or has a field twice: it is no receipt, or was cut off"),
        (
            '{"account": "1", ' + json.dumps(theirs)[1:],
            "it is not JSON, or has a field twice: it is no receipt, or was cut off",
        ),
        ("[]", "it is no receipt: the field receipt is missing"),
    ):
        file.write_text(wrong)
        assert shell.run("audit", "check-receipt", str(file), "--keys", str(keys)) == (
            1,
            "",
            f"deskgate: {file}: {why}\n",
        )
    assert shell.run("audit", "check-receipt", str(tmp_path / "gone.json"))[0] == 2
    keys.write_text("x")
    assert shell.run("audit", "check-receipt", str(file), "--keys", str(keys))[0] == 1
