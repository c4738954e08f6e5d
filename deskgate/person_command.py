"""`deskgate person`: customers listed, shown, invited to the account pages, suspended and back again."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any, Final

import typer

from authz import Action, Grant
from deskgate import person_data_command
from deskgate.command_line import fail, granted, moment, one_line, open_desk
from deskgate.person_data_command import UsernameArgument, nobody
from store import Transaction
from store.operator import lookups, person_lookup, suspension
from store.operator.person_lookup import MOST, ListedPerson, ShownPerson, Since
from store.sign_in import invitations
from store.sign_in.invitations import LIFE, Invited

person_commands = typer.Typer(help="Customers: who they are, what proves them, their own data.")
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON.")]

# Why somebody was not invited.
NOT_INVITED: Final = {
    Invited.NOBODY: "there is nobody called {username}, or they are suspended: `deskgate person show {username}`",
    Invited.JOINED: "{username} has joined, and has no authenticator app of 72 hours or more that a new link could ask for: nobody gets in by mail alone",
    Invited.ADDRESS_YOUNG: "the address of {username} took another's place in the last 72 hours: nothing that opens an account goes there yet",
}


@person_commands.callback()
def person() -> None:
    """Customers: who they are, what proves them, their own data."""


@person_commands.command("list")
def list_people(
    find: Annotated[
        str, typer.Option(help="Exactly this username, support ID, number or e-mail address, and nobody else.")
    ] = "",
    suspended: Annotated[bool, typer.Option("--suspended", help="Only who is suspended.")] = False,
    after: Annotated[str, typer.Option(help="Go on behind this username.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many at most.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List people by username, or find them: exactly, so that no look finds more than it meant to."""
    more = False
    with open_desk() as (settings, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_OPERATE)
        if find:
            people = person_lookup.found(tx, grant, find, settings.region, many=limit)
        else:
            people, more = person_lookup.listed(tx, grant, after=after, many=limit, suspended=suspended)
        if find and not people:
            fail(f"nobody has exactly that username, support ID, number or address: {one_line(find)}")
    if as_json:
        rows = [asdict(one) | {"suspended_at": _when(one.suspended_at)} for one in people]
        print(json.dumps([{k: v for k, v in row.items() if k != "id"} for row in rows], indent=1, ensure_ascii=False))
        return
    if not people:
        print("Nobody." if after or suspended else "Nobody is on file yet. People come with `deskgate import`.")
    for one in people:
        print(_line(one))
    if more:
        print(f"There are more: `deskgate person list --after {people[-1].username}`.")


@person_commands.command("show")
def show(username: UsernameArgument, as_json: JsonOption = False) -> None:
    """Show where somebody stands and what is on file of them: never a PIN, a secret or a code."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        seen = person_lookup.show(tx, granted(tx, Action.DESK_OPERATE), username)
        if seen is None:
            fail(nobody(username))
    print(json.dumps(_as_json(seen), indent=1, ensure_ascii=False) if as_json else _as_text(seen))


@person_commands.command("invite")
def invite(username: UsernameArgument) -> None:
    """Have a link mailed to somebody, by which they choose what they sign in with. Once, within 72 hours."""
    with open_desk() as (settings, store), store.transaction("shell") as tx:
        done = invitations.invite(tx, granted(tx, Action.DESK_OPERATE), username)
        if done is not Invited.INVITED:
            fail(NOT_INVITED[done].format(username=username))
    where = (
        f"It is at {settings.public_url}/simulator/inbox." if settings.inbox else "The worker of the service sends it."
    )
    print(f"{username} is sent an invitation, good once and for {LIFE // 3_600_000} hours. {where}")


@person_commands.command("suspend")
def suspend(username: UsernameArgument) -> None:
    """Suspend somebody: from that moment they are a stranger by phone, in Slack, on the pages and by key."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_OPERATE)
        id = known(tx, grant, username)
        done = suspension.suspend_person(tx, grant, id)
        alone = suspension.owned_alone(tx, grant, id)
    print(f"{username} is suspended." if done else f"{username} was suspended already.")
    if alone:
        print(f"Nobody else owns {', '.join(alone)}: what only an owner may do is done by nobody until they are back.")


@person_commands.command("resume")
def resume(username: UsernameArgument) -> None:
    """End a suspension. What they had proves them again; they sign in anew, and make new API keys."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_OPERATE)
        done = suspension.resume_person(tx, grant, known(tx, grant, username))
    print(f"{username} can prove themselves again." if done else f"{username} was not suspended.")


person_commands.command("report")(person_data_command.report)
person_commands.command("erase")(person_data_command.erase)


def known(tx: Transaction, grant: Grant, username: str) -> int:
    id = lookups.find_person(tx, grant, username)
    if id is None:
        fail(nobody(username))
    return id


def _line(one: ListedPerson) -> str:
    state = (
        "suspended"
        if one.suspended_at
        else "on no account"
        if not one.accounts
        else "on 1 account"
        if one.accounts == 1
        else f"on {one.accounts} accounts"
    )
    return f"{one.username}  {state}  {one_line(one.name)}  {one_line(one.email)}"


def _when(at: int | None) -> str | None:
    return moment(at) if at else None


def _as_json(seen: ShownPerson) -> dict[str, Any]:
    """Times as ISO 8601, and null where there is none or nobody wrote it down."""

    def each(some: list[Since], what: str, since: str = "since") -> list[dict[str, Any]]:
        return [{what: one.what, since: _when(one.at)} | ({"by": one.by} if one.by else {}) for one in some]

    return {
        "username": seen.username,
        "name": seen.name,
        "support_id": seen.support_id,
        "suspended_at": _when(seen.suspended_at),
        "erased_at": _when(seen.erased_at),
        "accounts": [asdict(one) for one in seen.accounts],
        "email": seen.email.what,
        "email_since": _when(seen.email.at),
        "email_unproved": seen.email_unproved,
        "email_refused_since": _when(seen.mail_refused),
        "old_emails": each(seen.old_emails, "email", "replaced_at"),
        "numbers": each(seen.numbers, "number"),
        "slack": each(seen.members, "member"),
        "pin": seen.pin,
        "pin_since": _when(seen.pin_since),
        "pin_locked_until": _when(seen.pin_until),
        "authenticator_since": _when(seen.authenticator),
        "passkeys": each(seen.passkeys, "name"),
        "password": seen.password,
        "invitation": seen.invitation,
        "invitation_until": _when(seen.invitation_until),
        "sessions": [{"since": moment(since), "seen_at": moment(at)} for since, at in seen.sessions],
        "api_keys": seen.api_keys,
    }


def _as_text(seen: ShownPerson) -> str:
    def each(some: list[Since]) -> str:
        return ", ".join(one.what + (f" since {_day(one.at)}" if one.at else "") for one in some) or "none"

    lines = [
        ("support ID", seen.support_id),
        ("suspended", f"since {moment(seen.suspended_at)}" if seen.suspended_at else ""),
        ("erased", moment(seen.erased_at) if seen.erased_at else ""),
        *(
            ("account", f"{one.number} {one.name} ({one.scheme}, {one.status}): {_held(one.roles, one.permissions)}")
            for one in seen.accounts
        ),
        ("account", "" if seen.accounts else "on none"),
        ("e-mail", each([seen.email]) + (", not proved yet" if seen.email_unproved else "")),
        ("", f"it refuses mail since {_day(seen.mail_refused)}" if seen.mail_refused else ""),
        ("before", each(seen.old_emails) if seen.old_emails else ""),
        ("numbers", each(seen.numbers)),
        ("Slack", each(seen.members)),
        ("PIN", _pin(seen)),
        ("authenticator", f"since {_day(seen.authenticator)}" if seen.authenticator else "none"),
        ("passkeys", each(seen.passkeys)),
        ("password", "yes" if seen.password else "none"),
        ("invitation", seen.invitation + (f" until {moment(seen.invitation_until)}" if seen.invitation_until else "")),
        ("sessions", f"{len(seen.sessions)}, seen last {moment(seen.sessions[0][1])}" if seen.sessions else "none"),
        ("API keys", str(seen.api_keys or "none")),
    ]
    said = [f"  {what:<13} {one_line(words)}" for what, words in lines if words]
    return "\n".join([f"{seen.username}: {one_line(seen.name)}", *said])


def _held(roles: tuple[str, ...], permissions: tuple[str, ...]) -> str:
    return " ".join((*roles, *permissions)) or "holds nothing"


def _pin(seen: ShownPerson) -> str:
    since = f" since {_day(seen.pin_since)}" if seen.pin_since else ""
    match seen.pin:
        case "locked":
            return f"locked until {moment(seen.pin_until or 0)}, set{since}: `deskgate pin unlock --person {seen.username}`"
        case "disabled":
            return f"disabled by wrong ones, set{since}: `deskgate pin set --person {seen.username}`"
        case state:
            return f"{state}{since}"


def _day(at: int | None) -> str:
    return moment(at or 0)[:10]
