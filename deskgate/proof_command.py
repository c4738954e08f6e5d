"""`deskgate proof check`: whether a statement of proof that came with a ticket is genuine, and what it says; without the database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from desk import proof_statements
from deskgate.command_line import FAILED, fail, moment, one_line
from deskgate.signed_file import KeysOption, read_signed
from portal.web import page_words
from store import now_ms
from store.ledger.signed_statements import NoStatementError

proof_commands = typer.Typer(help="Statements of proof, which travel with tickets.")


@proof_commands.callback()
def proof() -> None:
    """Statements of proof, which travel with tickets."""


@proof_commands.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A statement of proof; `-` reads standard input.")],
    keys: KeysOption = None,
) -> None:
    """Check a statement of proof. Exits 1 where it is not genuine, or has ended."""
    text, known = read_signed(file, keys, "it is no statement of proof, or was cut off")
    try:
        stated = proof_statements.check(text, known, now_ms())
    except NoStatementError as why:
        fail(f"{file}: {why}", FAILED)
    words, says = page_words.load(), stated.says
    good = "it ended on" if stated.is_over else "good until"
    print(one_line(f"{'genuine' if stated.is_over else 'ok'}: signed by {says['iss']}; {good} {moment(stated.until)}"))
    print(one_line(f"ticket {says['ticket']}, by way of {words.word('channel', says.get('channel'))}"))
    if "sub" not in says:
        print(words.word("statement", "nobody"))
    else:
        print(
            one_line(
                f"asked by {says.get('name')} ({says['sub']}) for {says.get('account')} {says.get('account_name')}"
            )
        )
        print(one_line(words.word("proved", says.get("proved_by"))))
        for label, cells in (("told", says["may_be_told"]), ("never", says.get("never", ()))):
            named = ", ".join(words.several("telling", cells)) or words.word("statement", "nothing")
            print(one_line(f"{words.word('statement', label)}: {named}"))
        if "entry" in says:
            print(one_line(f"{words.word('statement', 'entry')}: {says['entry']}"))
    if stated.is_over:
        fail("it has ended: ask the desk again before you tell anything", FAILED)
