"""`deskgate staff`: who works here, one of them shown, who is suspended, and the link by which somebody joins the desk's page."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Final

import typer

from authz import Action, Grant
from deskgate.command_line import fail, granted, moment, one_line, open_desk
from store import Store, Transaction
from store.operator import staff_lookup
from store.staff import staff_list
from store.staff.staff_list import INVITED_FOR, StaffMember

staff_commands = typer.Typer(help="Who works here, and who may sign in on the desk's page.")
NAMED: Final = 20  # of the staff, where somebody is not found
MOST: Final = 200  # of the staff in one list
_LABELS: Final = {"email": "e-mail", "slack": "Slack"}  # as `deskgate person show` has them
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON.")]
UsernameArgument = Annotated[str, typer.Argument(help="Their username.")]


@staff_commands.command("list")
def list_staff(
    after: Annotated[str, typer.Option(help="Go on behind this username.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many at most.")] = MOST,
    as_json: JsonOption = False,
) -> None:
    """List who works here. Username, role, whether they can sign in, whether they are suspended."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        every = staff_list.listed(tx, granted(tx, Action.DESK_STAFF_MANAGE))
    behind = [one for one in every if one.username > after]
    found = behind[:limit]
    if as_json:
        times = ("suspended_at", "joined_at")
        rows = [asdict(staff_member) for staff_member in found]
        print(json.dumps([row | {k: moment(row[k]) if row[k] else None for k in times} for row in rows], indent=1))
        return
    if not found:
        print("Nobody." if after else "Nobody works here yet. Staff come with `deskgate import`.")
    for staff_member in found:
        state = "suspended" if staff_member.suspended_at else "can sign in" if staff_member.joined_at else "not joined"
        print(f"{staff_member.username}  {staff_member.role}  {state}  {staff_member.name}")
    if len(behind) > limit:
        print(f"There are more: `deskgate staff list --after {found[-1].username}`.")


@staff_commands.command("show")
def show(username: UsernameArgument, as_json: JsonOption = False) -> None:
    """Show one of the staff: role, what they sign in with, Slack members, what they have taken. Never a secret."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_STAFF_MANAGE)
        seen = staff_lookup.show(tx, grant, _known(tx, grant, username).id)
    times = ("suspended_at", "joined_at", "away_since", "back_at", "invited_until")
    row = asdict(seen) | {name: moment(at) if (at := getattr(seen, name)) else None for name in times}
    row["passkeys"] = [{"name": name, "since": moment(at)} for name, at in seen.passkeys]
    row["slack"] = [{"member": member, "since": moment(at)} for member, at in seen.slack]
    if as_json:
        print(json.dumps(row, indent=1, ensure_ascii=False))
        return
    print(f"{seen.username}: {one_line(seen.name)}")
    lists = ("passkeys", "slack")
    for name, value in row.items():
        if name in lists:
            value = ", ".join(f"{what} since {since[:10]}" for what, since in (one.values() for one in value)) or "none"
        if name not in ("username", "name") and value not in (None, ""):
            said = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
            print(f"  {_LABELS.get(name, name.replace('_', ' ')):<14} {one_line(str(said))}")


@staff_commands.command("invite")
def invite(username: UsernameArgument) -> None:
    """Print a link for a new password and authenticator. Once: for somebody new, or a lost telephone."""
    with open_desk() as (settings, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_STAFF_MANAGE)
        staff_member = _known(tx, grant, username)
        if staff_member.suspended_at is not None:
            fail(f"{username} is suspended: `deskgate staff resume {username}` first")
        token = staff_list.invite(tx, grant, staff_member.id)
    print(f"{settings.public_url}/desk/join/{token}")
    print(f"For {staff_member.name} alone: it is good once, and for {INVITED_FOR // 3_600_000} hours.")


@staff_commands.command("suspend")
def suspend(username: UsernameArgument) -> None:
    """Suspend somebody. They are signed out everywhere and their calls end."""
    with open_desk() as (settings, store):
        done = _changed(store, username, to=True)
    print(f"{username} is suspended." if done else f"{username} was suspended already.")
    if settings.slack_agent_channel:
        print(f"Take them out of {settings.slack_agent_channel} in Slack as well: who is in there can read it.")


@staff_commands.command("resume")
def resume(username: UsernameArgument) -> None:
    """End a suspension."""
    with open_desk() as (_, store):
        done = _changed(store, username, to=False)
    print(f"{username} may work again." if done else f"{username} was not suspended.")


def _changed(store: Store, username: str, *, to: bool) -> bool:
    with store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_STAFF_MANAGE)
        staff_member = _known(tx, grant, username)
        return (staff_list.suspend if to else staff_list.resume)(tx, grant, staff_member.id)


def _known(tx: Transaction, grant: Grant, username: str) -> StaffMember:
    found = staff_list.find(tx, grant, username)
    if found is None:
        names = ", ".join(one.username for one in staff_list.listed(tx, grant)[:NAMED]) or "nobody yet"
        fail(
            f"there is nobody of the staff called {username}. Who works here: {names}. Others come with `deskgate import`"
        )
    return found
