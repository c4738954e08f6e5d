"""`deskgate key`: the operator's API keys, made for what a system is to do; and withdrawing anybody's."""

from __future__ import annotations

import json
from typing import Annotated, Final

import typer

from authz import KEY_VERBS, Action, Grant
from desk import api_keys as keys_of_the_desk
from desk.api_keys import LONGEST_NAME, Made, NotMade
from deskgate.command_line import fail, granted, moment, one_line, open_desk
from store import Transaction
from store.api_keys import api_keys
from store.operator import lookups

key_commands = typer.Typer(help="API keys, by which other systems ask the desk.")
AccountOption = Annotated[str, typer.Option(help="Of the customers of this account, by its number.")]
_WHY: Final = {
    NotMade.NAME: f"--name: say what the key is for, in {LONGEST_NAME} characters at most",
    NotMade.SCOPE: f"--may: expected one or more of {', '.join(KEY_VERBS)}",
    NotMade.DAYS: "--days: expected a number from 1 to 366",
    NotMade.ENOUGH: f"there are {api_keys.MOST} keys of the operator's that are good: withdraw one first",
}


@key_commands.command("make")
def make(
    name: Annotated[str, typer.Option(help="What it is for: “billing system”.")],
    may: Annotated[list[str], typer.Option(help=f"What it may do; several times: {', '.join(KEY_VERBS)}.")],
    days: Annotated[int, typer.Option(help="For how many days it is good, 366 at most.")] = 90,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Make a key of the operator's, and print it. Once: it is kept nowhere."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        made = keys_of_the_desk.make_for_operator(tx, granted(tx, Action.DESK_OPERATE), name, may, days)
    if not isinstance(made, Made):
        fail(_WHY[made])
    if as_json:
        print(json.dumps({"id": made.id, "key": made.token}))
        return
    print(made.token)
    print(
        f"It is key {made.id}, good for {days} days, and shown this once: put it where that system keeps its secrets."
    )


@key_commands.command("list")
def list_keys(
    account: AccountOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List keys: the operator's, or those of one account. Number, what it may do, until when, when it was used last."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        found = api_keys.listed(tx, _grant(tx, account))
    if as_json:
        rows = [
            {
                "id": one.id,
                "name": one.name,
                "begins": one.hint,
                "maker": one.maker or None,
                "may": list(one.scope),
                "made_at": moment(one.made_at),
                "ends_at": moment(one.ends_at),
                "seen_at": moment(one.seen_at) if one.seen_at else None,
                "ended_at": moment(one.ended_at) if one.ended_at else None,
                "ended_why": one.why or None,
            }
            for one in found
        ]
        print(json.dumps(rows, indent=1))
        return
    if not found:
        print("There is no key yet." + ("" if account else " `deskgate key make` makes one."))
    for one in found:
        until = {"good": f"until {moment(one.ends_at)}", "past": "past its end", "ended": f"ended ({one.why})"}[
            one.state
        ]
        used = f"used {moment(one.seen_at)}" if one.seen_at else "not used yet"
        who = f"  {one_line(one.maker)}" if one.maker else ""
        print(f"{one.id}  {one.hint}…  {until}  {used}  {' '.join(one.scope)}  {one_line(one.name)}{who}")


@key_commands.command("withdraw")
def withdraw(
    id: Annotated[int, typer.Argument(help="The key's number, as `deskgate key list` has it.")],
    account: AccountOption = "",
) -> None:
    """Withdraw a key. It is good for nothing from then on."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        done = api_keys.withdraw(tx, _grant(tx, account), id)
    whose = f"of account {account}" if account else "of the operator's"
    if not done:
        fail(f"there is no key {id} {whose} that is good: `deskgate key list` says which there are")
    print(f"Key {id} is withdrawn.")


def _grant(tx: Transaction, account: str) -> Grant:
    """For the whole desk, or for one account."""
    grant = granted(tx, Action.DESK_OPERATE)
    if not account:
        return grant
    found = lookups.find_account(tx, grant, account)
    if found is None:
        fail(f"there is no account {account}")
    return granted(tx, Action.DESK_OPERATE, found)
