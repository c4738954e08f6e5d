"""`deskgate account`: listed, shown, suspended; every one whole, for whoever leaves; one looked through for what makes it easy to take over."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

import typer

from authz import Action, Proof
from desk import account_records, xray
from desk.actors import Actor, NotAllowed
from deskgate.command_line import fail, granted, moment, one_line, open_desk
from portal.customers import xray_words
from portal.web import page_words
from store import OPERATOR
from store.contacts import account_xray
from store.operator import account_lookup, lookups, suspension
from store.operator.account_lookup import ShownAccount
from store.operator.person_lookup import MOST

account_commands = typer.Typer(help="Accounts, and what makes one easy to take over.")
NumberArgument = Annotated[str, typer.Argument(help="The account's number.")]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON.")]
_TOGETHER: Final = 100  # accounts read in one transaction, so that nobody who writes waits for long


@account_commands.callback()
def account() -> None:
    """Accounts, and what makes one easy to take over."""


@account_commands.command("list")
def list_accounts(
    status: Annotated[str, typer.Option(help="Only those that are active, suspended or closed.")] = "",
    after: Annotated[str, typer.Option(help="Go on behind this number.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many at most.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List accounts by number: scheme, status, how many people, name."""
    if status and status not in suspension.STATUSES:
        fail(f"--status must be one of {', '.join(suspension.STATUSES)}")
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_OPERATE)
        found, more = account_lookup.listed(tx, grant, after=after, many=limit, status=status)
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=1, ensure_ascii=False))
        return
    if not found:
        print("None." if after or status else "There is no account yet. They come with `deskgate import`.")
    for one in found:
        print(f"{one.number}  {one.scheme}  {one.status}  {one.contacts} people  {one_line(one.name)}")
    if more:
        print(f"There are more: `deskgate account list --after {found[-1].number}`.")


@account_commands.command("show")
def show(number: NumberArgument, as_json: JsonOption = False) -> None:
    """Show an account: who is on it and holds what, what it has, whether it is locked."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_OPERATE)
        found = lookups.find_account(tx, grant, number)
        if found is None:
            fail(_unknown(number))
        seen = account_lookup.show(tx, granted(tx, Action.DESK_OPERATE, found))
    print(json.dumps(_as_json(seen), indent=1, ensure_ascii=False) if as_json else _as_text(seen))


@account_commands.command("suspend")
def suspend(number: NumberArgument) -> None:
    """Suspend an account: it gets nothing new. Its people are told, as by an import."""
    _set(number, suspension.SUSPENDED)


@account_commands.command("resume")
def resume(number: NumberArgument) -> None:
    """Make a suspended account active again."""
    _set(number, suspension.ACTIVE)


def _set(number: str, to: Literal["active", "suspended"]) -> None:
    with open_desk() as (settings, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_ACCOUNTS_WRITE)
        done = suspension.set_account(tx, grant, number, to, home=settings.slack_home)
        if done == "unknown":
            fail(_unknown(number))
        if done == "closed":
            fail(f"account {number} is closed: its owner asks for it to be reopened, and an import makes it active")
    print(f"Account {number} is {to}." if done == "done" else f"Account {number} was {to} already.")


def _unknown(number: str) -> str:
    return f"there is no account {one_line(number)}: `deskgate account list` says which there are"


def _as_json(seen: ShownAccount) -> dict[str, Any]:
    return asdict(seen) | {"locked_at": moment(seen.locked_at) if seen.locked_at else None}


def _as_text(seen: ShownAccount) -> str:
    locked = f", locked by its owner since {moment(seen.locked_at)}" if seen.locked_at else ""
    lines = [
        f"{seen.number} {one_line(seen.name)}",
        f"  {seen.scheme}, {seen.status}{locked}",
        f"  {seen.services} services, {seen.unpaid} invoices to pay, {seen.open_tickets} open tickets, {seen.api_keys} API keys",
        *([f"  Slack: {' '.join(seen.slack_teams)}"] if seen.slack_teams else []),
    ]
    for one in seen.people:
        held = " ".join((*one.roles, *one.permissions)) or "holds nothing"
        lines.append(f"  {one.username}  {held}{'  suspended' if one.suspended else ''}  {one_line(one.name)}")
    if seen.contacts > len(seen.people):
        lines.append(f"  … and {seen.contacts - len(seen.people)} more people")
    return "\n".join(lines)


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
    number: NumberArgument,
    as_json: JsonOption = False,
) -> None:
    """Say what makes an account easy to take over or hard to help, and what to do: as its owner reads it."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_OPERATE)
        found = lookups.find_account(tx, grant, number)
        if found is None:
            fail(_unknown(number))
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
