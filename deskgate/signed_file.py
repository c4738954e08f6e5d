"""A file that the desk has signed, and the public keys to check it with: what the commands that check one have in common."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from deskgate.command_line import FAILED, fail, in_one_line
from deskgate.settings import read_keys, read_settings
from store.ledger import public_keys

KeysOption = Annotated[
    Path | None,
    typer.Option(help="The desk's public keys, as at its /.well-known/jwks.json. Else those of SECRET_KEYS."),
]


def read_signed(file: Path, keys: Path | None, no_text: str) -> tuple[str, dict[str, bytes]]:
    """The text of a file, `-` for standard input, and public keys by id. Ends the command where one cannot be read; `no_text` says what a
    file that is no text is not."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        known = public_keys.read_published(keys.read_text("utf-8")) if keys is not None else None
    except OSError as fault:
        fail(f"{fault.filename}: {fault.strerror}")
    except UnicodeDecodeError:
        fail(f"{file}: {no_text}", FAILED)
    except public_keys.UnreadableKeysError as why:
        fail(f"{keys}: {why}", FAILED)
    if known is None:
        with in_one_line():
            known = public_keys.public_keys(read_keys(read_settings()))
    return text, known
