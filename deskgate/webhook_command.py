"""`deskgate webhook`: where events are sent, with secrets shown once; what became of each message; and sending again."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from authz import Action
from deskgate.command_line import fail, granted, moment, one_line, open_desk
from deskgate.webhook_addresses import why_not
from store.webhooks import webhook_endpoints, webhook_messages
from store.webhooks.webhook_endpoints import EVENTS, EVERYTHING, OLD_SECRET_FOR, TooManyError
from store.webhooks.webhook_messages import STATES

webhook_commands = typer.Typer(
    help="Webhooks out: other systems told of what happens here.", invoke_without_command=True
)
ONCE: Final = "It is shown this once. Whoever receives the webhooks checks their signatures with it."
IdArgument = Annotated[
    int, typer.Argument(help="The endpoint's number, as `deskgate webhook` lists it.", min=1, max=2**63 - 1)
]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON.")]


@webhook_commands.callback()
def show_endpoints(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the endpoints: number, address, events, and how many messages wait or failed."""
    if context.invoked_subcommand:
        return
    with open_desk() as (_, store), store.transaction("shell") as tx:
        found = webhook_endpoints.every(tx, granted(tx, Action.DESK_OPERATE))
    if as_json:
        times = ("made_at", "old_until")
        rows = [asdict(one) for one in found]
        print(json.dumps([row | {k: moment(row[k]) if row[k] else None for k in times} for row in rows], indent=1))
        return
    if not found:
        print("No endpoints. Add one with `deskgate webhook add https://…`.")
    for one in found:
        events = "everything" if one.events == EVENTS else ",".join(one.events)
        print(one_line(f"{one.id}  {one.url}  {events}  {one.waiting} waiting  {one.failed} failed"))


@webhook_commands.command("add")
def add(
    url: Annotated[str, typer.Argument(help="Where to send, like https://help.example/hooks.")],
    events: Annotated[str, typer.Option(help=f"With commas: {', '.join(EVENTS)}. Default: all.")] = EVERYTHING,
) -> None:
    """Add an endpoint and print its secret, once."""
    chosen = [word.strip() for word in events.split(",") if word.strip()]
    unknown = [word for word in chosen if word not in (*EVENTS, EVERYTHING)]
    if unknown or not chosen:
        fail(f"--events: there is no {one_line(unknown[0] if unknown else events)!r}: there are {', '.join(EVENTS)}")
    with open_desk() as (settings, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_OPERATE)
        why = why_not(url, settings.webhook_networks)
        if why is not None:
            fail(f"{one_line(url)}: {why}")
        try:
            id, secret = webhook_endpoints.add(tx, grant, url, chosen)
        except TooManyError as many:
            fail(str(many))
    print(f"endpoint {id}")
    print(secret)
    print(ONCE)


@webhook_commands.command("rotate")
def rotate(id: IdArgument) -> None:
    """Give an endpoint a new secret and print it, once. The one before signs as well for a day."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        secret = webhook_endpoints.rotate(tx, granted(tx, Action.DESK_OPERATE), id)
        if secret is None:
            fail(_no_endpoint(id))
    print(secret)
    print(f"{ONCE} For {OLD_SECRET_FOR // 3_600_000} hours each webhook is signed with the old one too.")


@webhook_commands.command("remove")
def remove(id: IdArgument) -> None:
    """Remove an endpoint. What still waited for it is not sent."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        if not webhook_endpoints.remove(tx, granted(tx, Action.DESK_OPERATE), id):
            fail(_no_endpoint(id))
    print(f"endpoint {id} is removed")


@webhook_commands.command("messages")
def show_messages(
    endpoint: Annotated[int | None, typer.Option(help="Only this endpoint's.", min=1, max=2**63 - 1)] = None,
    state: Annotated[str, typer.Option(help=f"Only these: {', '.join(STATES)}.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List messages, the newest first: id, when, endpoint, event, what it is about, and what became of it."""
    if state and state not in STATES:
        fail(f"--state: expected {', '.join(STATES[:-1])} or {STATES[-1]}, got {one_line(state)!r}")
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_OPERATE)
        found = webhook_messages.listed(tx, grant, endpoint=endpoint, state=state, limit=limit)
    if as_json:
        times = ("happened_at", "sent_at")
        rows = [asdict(one) for one in found]
        print(json.dumps([row | {k: moment(row[k]) if row[k] else None for k in times} for row in rows], indent=1))
        return
    if not found:
        print(
            "No messages of that kind."
            if state or endpoint
            else "No messages: nothing has happened since an endpoint was added."
        )
    for one in found:
        answered = f"  {one.status}" if one.status is not None else ""
        print(f"{one.id}  {moment(one.happened_at)}  {one.endpoint}  {one.event}  {one.number}  {one.state}{answered}")


@webhook_commands.command("replay")
def replay(
    message: Annotated[str, typer.Argument(help="One message's id.")] = "",
    endpoint: Annotated[int | None, typer.Option(help="Or all of this endpoint's …", min=1, max=2**63 - 1)] = None,
    since: Annotated[str, typer.Option(help="… since then, like 2026-11-30T09:00Z. Default: all that are kept.")] = "",
) -> None:
    """Send again. Each keeps its id, so that an endpoint knows what it has had; what it says is as things are now."""
    if bool(message) == (endpoint is not None):
        fail("name one message, or an endpoint with --endpoint")
    moment_since = _moment(since) if since else None
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_OPERATE)
        count = webhook_messages.replay(tx, grant, id=message, endpoint=endpoint, since=moment_since)
        if count is None:
            fail(
                _no_endpoint(endpoint)
                if endpoint is not None
                else f"there is no message {one_line(message)!r}: see `deskgate webhook messages`"
            )
    print(f"{count} queued" if count else "nothing to send: it waits already, or nothing is kept from then")


def _no_endpoint(id: int) -> str:
    return f"there is no endpoint {id}: see `deskgate webhook`"


def _moment(words: str) -> int:
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        fail(f"--since: expected a time like 2026-11-30T09:00Z, got {one_line(words)!r}")
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return int(found.timestamp() * 1000)
