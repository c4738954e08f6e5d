"""`deskgate tickets`, `deskgate audit`, `deskgate pin`: what the operator's shell reads, and what it does to PINs."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from authz import Action
from deskgate.shell import FAILED, console, fail, granted, moment, open_desk
from store import audit, pins, shell, tickets, verify
from store.pins import EasyPin, Pin

audit_commands = typer.Typer(help="The ledger: every decision and disclosure.", invoke_without_command=True)
pin_commands = typer.Typer(help="PINs, for the operator's shell only.", no_args_is_help=True)
AccountOption = Annotated[str, typer.Option(help="Only this account's number.")]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON.")]
PersonOption = Annotated[str, typer.Option(help="The person's username.")]


def show_tickets(account: AccountOption = "", as_json: JsonOption = False) -> None:
    """List tickets, what waits for the desk included."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_TICKET_WORK)
        chosen = shell.find_account(tx, grant, account) if account else None
        if account and chosen is None:
            fail(f"there is no account {account}")
        found = tickets.all_for_desk(tx, grant, chosen)
    if as_json:
        print(json.dumps([{**asdict(ticket), "opened_at": moment(ticket.opened_at)} for ticket in found], indent=1))
        return
    if not found:
        console.print("No tickets yet.")
        return
    shown = Table("number", "account", "topic", "status", "opened by", "opened", "subject", "what was said", box=None)
    for t in found:
        said = t.body or ("(a recording)" if t.recording else "")
        opened = moment(t.opened_at)[:16].replace("T", " ")
        shown.add_row(str(t.number), t.account or "-", t.topic, t.status, t.opened_by or "-", opened, t.subject, said)
    console.print(shown, markup=False)


@audit_commands.callback()
def show_audit(context: typer.Context, account: AccountOption = "", as_json: JsonOption = False) -> None:
    """List the ledger, oldest first."""
    if context.invoked_subcommand:
        return
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_LEDGER_READ)
        chosen = shell.find_account(tx, grant, account) if account else None
        if account and chosen is None:
            fail(f"there is no account {account}")
        found = audit.entries(tx, grant, chosen)
    if as_json:
        print(json.dumps([{**asdict(entry), "at": moment(entry.at)} for entry in found], indent=1))
        return
    shown = Table("at", "who", "account", "action", "decision", "rules", "proof", "channel", "told", box=None)
    for e in found:
        at = moment(e.at)[:19].replace("T", " ")
        rules, told = ", ".join(e.rules), " ".join(e.fields)
        shown.add_row(at, e.who, e.account or "-", e.action, e.decision, rules, e.proof, e.channel, told)
    console.print(shown, markup=False)


@audit_commands.command("verify")
def verify_audit(head: Annotated[str, typer.Option(help="A checkpoint's digest, from the log.")] = "") -> None:
    """Check every chain of the ledger; exits 1 and names the first broken entry."""
    with open_desk() as (_, store):
        verdict = verify.verify(store, head or None)
    if not verdict.ok:
        print(f"broken: {verdict.broken}")
        sys.stdout.flush()
        raise typer.Exit(FAILED)
    if verdict.checkpoint is None:
        print(f"ok: {verdict.entries} entries, no checkpoint yet")
        return
    print(f"ok: {verdict.entries} entries; vouched for up to checkpoint {verdict.checkpoint}, {verdict.after} came after")
    print(f"head: {verdict.digest}")


@pin_commands.command("set")
def set_pin(
    person: PersonOption,
    generate: Annotated[bool, typer.Option("--generate", help="Issue one and print it once.")] = False,
) -> None:
    """Give somebody a new PIN: read from standard input, or issued and printed once."""
    with open_desk() as (settings, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_PIN_REISSUE)
        found = shell.find_person(tx, grant, person)
        if found is None:
            fail(f"there is no person {person}")
        numbers = shell.own_numbers(tx, grant, found)
        if generate:
            pin = pins.issue(numbers)
        else:
            if sys.stdin.isatty():
                print("PIN: ", end="", file=sys.stderr, flush=True)
            pin = Pin(sys.stdin.readline().strip())
            try:
                pins.check_policy(pin.digits, choice=settings.pin_choice == "on", own_numbers=numbers)
            except EasyPin as easy:
                fail(str(easy))
        shell.set_pin(tx, grant, found, pin)
    print(pin.digits if generate else f"{person} has a new PIN.")


@pin_commands.command("unlock")
def unlock_pin(person: PersonOption) -> None:
    """Lift the lock that wrong PINs have put on a PIN."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_PIN_REISSUE)
        found = shell.find_person(tx, grant, person)
        if found is None:
            fail(f"there is no person {person}")
        lifted = shell.unlock_pin(tx, grant, found)
        disabled = shell.pin_is_disabled(tx, grant, found)
    print(f"{person}: the lock is lifted." if lifted else f"{person}: there was no lock.")
    if disabled:
        print("The PIN is disabled after too many wrong ones; issue a new one with `deskgate pin set --generate`.")
