"""`deskgate proof check`: with the desk's own keys or its public ones, before and after its end, and each fault in one line."""

from __future__ import annotations

import json
import time
from pathlib import Path

from store.db.keys import Keys
from store.ledger import public_keys, signed_statements
from tests.cli.conftest import Shell

OTHERS = Keys([bytes(32)])


def claims(seconds: int) -> dict[str, object]:
    now = int(time.time())
    return {
        "iss": "https://desk.example",
        "iat": now,
        "exp": now + seconds,
        "ticket": 1001,
        "channel": "phone",
        "sub": "mia.chen",
        "name": "Mia Chen",
        "account": "400639",
        "account_name": "Tideworks Ltd",
        "proof": "verified",
        "proved_by": "pin",
        "may_be_told": ["service.view"],
        "never": ["billing.view"],
        "entry": "0123456789abcdef-7",
    }


def test_it_says_who_how_sure_and_what_they_may_be_told(shell: Shell, tmp_path: Path) -> None:
    file, keys = tmp_path / "proof.jwt", tmp_path / "keys.json"
    with shell.store() as store:
        file.write_text(signed_statements.signed(store.keys, claims(600)) + "\n")
    code, out, err = shell.run("proof", "check", str(file))
    assert (code, err) == (0, "")
    first, *rest = out.splitlines()
    assert first.startswith("ok: signed by https://desk.example; good until 20")
    assert rest == [
        "ticket 1001, by way of phone",
        "asked by Mia Chen (mia.chen) for 400639 Tideworks Ltd",
        "Verified by PIN when they opened this",
        "May be told: State of services",
        "Not to be told: What is owed",
        "Entry in the ledger: 0123456789abcdef-7",
    ]
    keys.write_text(json.dumps(public_keys.published(OTHERS)))
    theirs = signed_statements.signed(OTHERS, claims(600))
    assert shell.run("proof", "check", "-", "--keys", str(keys), stdin=theirs).out.splitlines()[1:] == rest
    assert "another desk's" in shell.run("proof", "check", "-", stdin=theirs).err


def test_one_that_has_ended_is_told_and_fails(shell: Shell, tmp_path: Path) -> None:
    with shell.store() as store:
        text = signed_statements.signed(store.keys, claims(-1))
        nobody = {**claims(600)}
        for name in ("sub", "name", "account"):
            del nobody[name]
        of_nobody = signed_statements.signed(store.keys, nobody)
    code, out, err = shell.run("proof", "check", "-", stdin=text)
    assert code == 1
    assert "genuine: signed by https://desk.example; it ended on 20" in out
    assert "Mia Chen" in out
    assert err == "deskgate: it has ended: ask the desk again before you tell anything\n"
    assert "Nobody who has proved who they are" in shell.run("proof", "check", "-", stdin=of_nobody).out
    for words, why in (
        (("check", str(tmp_path / "none")), "No such file"),
        (("check", "-", "--keys", str(tmp_path / "none")), "No such file"),
    ):
        code, _, err = shell.run("proof", *words)
        assert code == 2
        assert why in err
    (tmp_path / "keys").write_text("{}")
    code, _, err = shell.run("proof", "check", "-", "--keys", str(tmp_path / "keys"), stdin=text)
    assert code == 1
    assert "the keys cannot be read" in err
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    code, _, err = shell.run("proof", "check", str(tmp_path / "bytes"))
    assert code == 1
    assert "it is no statement of proof, or was cut off" in err
