"""`deskgate tickets`, `deskgate audit`, `deskgate pin`: what the operator's shell reads, and what it does to PINs."""

from __future__ import annotations

import getpass
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from authz import Action, Grant
from deskgate.command_line import FAILED, fail, granted, moment, one_line, open_desk
from deskgate.signed_file import KeysOption, read_signed
from store import HashPool, Transaction
from store.ledger import audit, receipts, verify
from store.messages import recordings
from store.operator import key_retirement, lookups, restore
from store.tickets import operator_tickets
from store.verification import pin_changes, pins
from store.verification.pins import EasyPinError, Pin

audit_commands = typer.Typer(help="The ledger: every decision and disclosure.", invoke_without_command=True)
pin_commands = typer.Typer(help="PINs, for the operator's shell only.")
AccountOption = Annotated[str, typer.Option(help="Only this account's number.")]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON.")]
PersonOption = Annotated[str, typer.Option(help="The person's username.")]


def show_tickets(account: AccountOption = "", as_json: JsonOption = False) -> None:
    """List tickets, including those waiting for the desk."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_TICKET_WORK)
        chosen = lookups.find_account(tx, grant, account) if account else None
        if account and chosen is None:
            fail(f"there is no account {account}")
        found = operator_tickets.listed(tx, grant, chosen)
    if as_json:
        rows = [asdict(ticket) | {"opened_at": moment(ticket.opened_at)} for ticket in found]
        print(
            json.dumps(
                [{_KEYS.get(k, k): v for k, v in row.items() if k != "recording_state"} for row in rows], indent=1
            )
        )
        return
    if not found:
        print("No tickets yet.")
        return
    for t in found:
        opened = moment(t.opened_at)[:16].replace("T", " ")
        print(
            f"{t.number}  {opened}  {t.account or 'no account'}  {t.topic}  {t.status}  {t.opened_by or '-'}  {one_line(t.title)}"
        )
        if said := one_line(t.body) or _SOUNDS.get(t.recording_state or "", ""):
            print(f"      {said}")


_KEYS: Final = {"title": "subject"}  # other people's scripts read it under this name

_SOUNDS: Final = {
    recordings.WAITING: "(a recording, on its way)",
    recordings.HERE: "(a recording)",
    recordings.NOTHING: "(nothing was recorded)",
    recordings.GONE: "(a recording that could not be had)",
    recordings.REMOVED: "(a recording, removed)",
}


def after_a_restore() -> None:
    """After a database was restored from a backup: end what had been proved then, before the desk is opened again."""
    with open_desk() as (_, store):
        done = restore.answer(store, "shell", lambda tx: granted(tx, Action.DESK_OPERATE))
    assert done is not None
    print("ended: " + ", ".join(f"{n} {what}" for what, n in done.ended.items()))
    print("Now suspend again whoever was suspended since the backup, run the newest import, then `deskgate reconcile`.")


@audit_commands.callback()
def show_audit(context: typer.Context, account: AccountOption = "", as_json: JsonOption = False) -> None:
    """List the ledger, oldest first."""
    if context.invoked_subcommand:
        return
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_LEDGER_READ)
        chosen = lookups.find_account(tx, grant, account) if account else None
        if account and chosen is None:
            fail(f"there is no account {account}")
        found = audit.entries(tx, grant, chosen)
    if as_json:
        print(json.dumps([{**asdict(entry), "at": moment(entry.at)} for entry in found], indent=1))
        return
    if not found:
        print("Nothing has happened yet.")
    for e in found:
        at, rules = moment(e.at)[:19].replace("T", " "), ",".join(e.rules) or "-"
        words = (at, e.who, e.account or "-", e.action, e.decision, rules, e.proof, e.channel, *e.fields)
        print("  ".join(map(one_line, words)))


@audit_commands.command("verify")
def verify_audit(head: Annotated[str, typer.Option(help="A checkpoint's digest, from the log.")] = "") -> None:
    """Check every chain of the ledger. Exits 1 and names the first broken entry, or what never is so while the service runs."""
    with open_desk(writes=False) as (_, store):
        verdict = verify.verify(store, head or None)
    if not verdict.ok:
        print(one_line(f"broken: {verdict.broken}" if verdict.broken else f"alarm: {verdict.alarm}"))
        sys.stdout.flush()
        raise typer.Exit(FAILED)
    if verdict.checkpoint is None:
        print(f"ok: {verdict.entries} entries, no checkpoint yet")
        return
    print(
        f"ok: {verdict.entries} entries; vouched for up to checkpoint {verdict.checkpoint}, {verdict.after} came after"
    )
    print(f"head: {verdict.digest}")


@audit_commands.command("check-receipt")
def check_receipt(
    file: Annotated[Path, typer.Argument(help="A receipt; `-` reads standard input.")],
    keys: KeysOption = None,
) -> None:
    """Check a receipt of the ledger, without the database. Exits 1 and says what is wrong."""
    text, known = read_signed(file, keys, "it is not JSON: it is no receipt, or was cut off")
    try:
        said = receipts.checked(text, known)
    except receipts.NoReceiptError as why:
        fail(f"{file}: {why}", FAILED)
    entry = said.get("entry", {})
    print(one_line(f"ok: signed by {said.get('desk')} with key {said.get('kid')} on {said.get('made_at')}"))
    print(one_line(f"{said.get('account')} {said.get('name')}, {entry.get('at')}: {entry.get('what')}"))


@audit_commands.command("retire")
def retire_keys() -> None:
    """Retire the older ledger keys. Run it once a new key is first in SECRET_KEYS and every process has restarted."""
    with open_desk() as (_, store):
        with store.transaction("shell") as tx:
            granted(tx, Action.DESK_OPERATE)
        try:
            gone = key_retirement.retire(store)
        except key_retirement.CannotRetireError as why:
            fail(str(why))
    print(
        f"retired: {', '.join(gone)}" if gone else "nothing to retire: SECRET_KEYS has no older key that still counts"
    )


@pin_commands.command("set")
def set_pin(
    person: PersonOption,
    generate: Annotated[bool, typer.Option("--generate", help="Issue one and print it once.")] = False,
    duress: Annotated[
        bool, typer.Option("--duress", help="And a second one, to key instead while somebody threatens them.")
    ] = False,
) -> None:
    """Give somebody a new PIN. Read from standard input, or issued and printed once. A duress PIN they had ends."""
    with open_desk() as (settings, store):
        with store.transaction("shell") as tx:
            grant = granted(tx, Action.DESK_PIN_REISSUE)
            found = _person(tx, grant, person)
            numbers, before = pin_changes.own_numbers(tx, grant, found), pins.find(tx, found)
        # No transaction is open while somebody types or Argon2 runs: on SQLite every caller would wait for it.
        pin = pins.issue(numbers) if generate else _keyed(settings.pin_choice == "on", numbers)
        second = None
        if duress:
            second = pins.issue_duress(pin, numbers) if generate else _keyed_duress(pin, numbers)
        pool = HashPool()
        try:
            if before and not generate and pool.admit() and pool.run(lambda: pins.compare(store.keys, before, pin)):
                fail("this is the PIN they have; a new one must be another")
            pool.admit()
            kept = pool.run(lambda: pins.keep(store.keys, found, pin, second))
        finally:
            pool.close()
        with store.transaction("shell") as tx:
            pin_changes.set_pin(tx, granted(tx, Action.DESK_PIN_REISSUE), kept)
    if not generate:
        print(f"{person} has a new PIN{' and a new duress PIN' if second else ''}.")
    elif second is None:
        print(pin.digits)
    else:
        print(f"PIN: {pin.digits}\nduress PIN: {second.digits}")


def _person(tx: Transaction, grant: Grant, username: str) -> int:
    found = lookups.find_person(tx, grant, username)
    if found is None:
        fail(f"there is no person {username}")
    return found


def _keyed(choice: bool, numbers: list[str]) -> Pin:
    """From standard input; on a terminal it is not shown."""
    pin = _read("PIN: ")
    try:
        pins.check_policy(pin.digits, choice=choice, own_numbers=numbers)
    except EasyPinError as easy:
        fail(str(easy))
    return pin


def _keyed_duress(pin: Pin, numbers: list[str]) -> Pin:
    """The next line."""
    duress = _read("Duress PIN: ")
    try:
        pins.check_duress(pin.digits, duress.digits, numbers)
    except EasyPinError as easy:
        fail(str(easy))
    return duress


def _read(prompt: str) -> Pin:
    if sys.stdin.isatty():
        return Pin(getpass.getpass(prompt))
    return Pin(sys.stdin.buffer.readline().decode("ascii", "replace").strip())


@pin_commands.command("unlock")
def unlock_pin(person: PersonOption) -> None:
    """Lift the lock that wrong PINs have put on a PIN."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_PIN_REISSUE)
        found = _person(tx, grant, person)
        lifted = pin_changes.unlock_pin(tx, grant, found)
        disabled = pin_changes.pin_is_disabled(tx, grant, found)
    print(f"{person}: the lock is lifted." if lifted else f"{person}: there was no lock.")
    if disabled:
        print("The PIN is disabled after too many wrong ones; issue a new one with `deskgate pin set --generate`.")


@pin_commands.command("reseal")
def reseal_pins() -> None:
    """Seal every PIN under the newest key. After a rotation of SECRET_KEYS; may be stopped and begun again."""
    anew = lost = after = 0
    with open_desk() as (_, store):
        while True:
            with store.transaction("shell") as tx:
                piece = pin_changes.reseal_pins(tx, granted(tx, Action.DESK_PIN_REISSUE), after)
            if piece is None:
                break
            anew, lost, after = anew + piece.anew, lost + piece.lost, piece.last
    print(f"{anew} PINs are sealed under the newest key now; every other one was already.")
    if lost:
        fail(f"{lost} PINs cannot be opened: their key is not in SECRET_KEYS; put it back, or issue them anew", FAILED)
