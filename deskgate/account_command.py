"""`deskgate account`: every account whole, for whoever leaves; one looked through for what makes it easy to take over, or hard to help."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Final

import typer

from authz import Action, Proof
from desk import account_records, xray
from desk.actors import Actor, NotAllowed
from deskgate.command_line import fail, granted, one_line, open_desk
from portal.customers import xray_words
from portal.web import page_words
from store import OPERATOR
from store.contacts import account_xray
from store.operator import lookups

account_commands = typer.Typer(help="Accounts, and what makes one easy to take over.")
_TOGETHER: Final = 100  # accounts read in one transaction, so that nobody who writes waits for long


@account_commands.callback()
def account() -> None:
    """Accounts, and what makes one easy to take over."""


@account_commands.command("export")
def export() -> None:
    """Print every account whole, a line of JSON each, as `deskgate sync` takes it."""
    who, last = Actor(OPERATOR, Proof.NONE), ""
    with open_desk() as (_, store):
        while True:
            with store.transaction("shell") as tx:
                found = account_records.read_after(tx, who, last, _TOGETHER)
            assert not isinstance(found, NotAllowed)  # the operator's shell reads accounts
            if not found:
                return
            for one in found:  # once what was read is in the ledger
                print(json.dumps(asdict(one), ensure_ascii=False))
            last = found[-1].number


@account_commands.command("xray")
def show_xray(
    number: Annotated[str, typer.Argument(help="The account's number.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say what makes an account easy to take over or hard to help, and what to do: as its owner reads it."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_OPERATE)
        found = lookups.find_account(tx, grant, number)
        if found is None:
            fail(f"there is no account {number}")
        seen = xray.of(account_xray.examine(tx, grant, found))
    words = page_words.load()
    if as_json:
        each = [{"code": one.code, "people": list(one.names)} for one in seen.findings]
        print(json.dumps({"account": number, "findings": each, "owners": list(seen.owners)}, indent=1))
        return
    print(one_line(f"{number} {seen.name}"))
    for so, do in xray_words.sentences(words, seen):
        print(one_line(so))
        print(f"  {one_line(do)}")
    if not seen.findings:
        print(words.word("customer_xray", "healthy"))
    print(one_line(xray_words.question(words, seen)))
