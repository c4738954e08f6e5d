"""`deskgate explain` and `deskgate matrix`: what the rules say, in words and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from authz import (
    CELL_OF,
    OWNERS_ACTIONS,
    REASON_WORDS,
    WAY_FORWARD_WORDS,
    Action,
    Ask,
    At,
    Move,
    Proof,
    Reason,
    Scheme,
    Subject,
    Topic,
    WayForward,
    load_schemes,
    matrix,
    move,
    moves,
    table,
)
from deskgate.command_line import fail, granted, in_one_line, open_desk
from deskgate.settings import read_settings
from store.operator import lookups


def explain(
    account: Annotated[str, typer.Option(help="The account's number.")],
    person: Annotated[str, typer.Option(help="The person's username.")],
    action: Annotated[str, typer.Option(help="An action, like ticket.open.")],
    topic: Annotated[str, typer.Option(help="technical or billing; ticket actions need one.")] = "",
    service: Annotated[str, typer.Option(help="A service of the account.")] = "",
    proof: Annotated[str, typer.Option(help="none, claimed, verified or stepped-up.")] = "verified",
    at: Annotated[
        str,
        typer.Option(
            help="support (phone, Slack, mail) or pages (the account's own); what is done on pages alone: pages."
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say what the service would decide, and by which rules."""
    wanted, about, proven = _read(action, topic, proof)
    at = at or (At.PAGES if wanted in OWNERS_ACTIONS or wanted is Action.PORTAL_LOGIN else At.SUPPORT)
    if at not in list(At):
        fail(f'--at: expected support or pages, got "{at}"')
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_OPERATE)
        account_id = lookups.find_account(tx, grant, account)
        person_id = lookups.find_person(tx, grant, person)
        if account_id is None:
            fail(f"there is no account {account}")
        if person_id is None:
            fail(f"there is no person {person}")
        if service and not lookups.has_service(tx, grant, account_id, service):
            fail(f"account {account} has no service {service}")
        asked = Ask(Subject.of_person(person_id), wanted, account_id, about, proven, service or None, At(at))
        told = lookups.explain(tx, grant, asked)
    if as_json:
        print(
            json.dumps({"allowed": told.allowed, "reason": told.reason, "rules": list(told.rules), "next": told.next})
        )
        return
    print(f"{person} on {account}: {action}{f' ({topic})' if topic else ''}: {'yes' if told.allowed else 'no'}")
    print(f"  {REASON_WORDS[Reason(told.reason)]} ({told.reason})")
    print(f"  rules: {', '.join(told.rules)}{f', while {told.when}' if told.when else ''}")
    if not told.allowed:
        print(f"  next: {WAY_FORWARD_WORDS[WayForward(told.next)]} ({told.next})")


def _read(action: str, topic: str, proof: str) -> tuple[Action, Topic | None, Proof]:
    if action not in list(Action):
        fail(f"there is no action {action}; `deskgate matrix` lists them")
    if topic and topic not in list(Topic):
        fail(f"there is no topic {topic}: technical or billing")
    about = Topic(topic) if topic else None
    if about is None and (Action(action), None) not in CELL_OF:
        fail(f"{action} needs --topic technical or --topic billing")
    if (Action(action), about) not in CELL_OF:
        about = None  # the action has no topic: there is nothing to choose
    try:
        return Action(action), about, Proof.of(proof)
    except ValueError:
        fail(f"there is no proof {proof}: none, claimed, verified or stepped-up")


def show_matrix(
    scheme: Annotated[str, typer.Argument(help="media_temple, standard_roles, memset, desk, or one of SCHEMES_DIR.")],
    against: Annotated[str, typer.Option(help="Another scheme: what moving to it would give and take.")] = "",
    account: Annotated[str, typer.Option(help="With --against: for the people of this account.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Print the whole decision table of a scheme, proof taken as sufficient; or what moving to another gives and takes."""
    with in_one_line():
        folder: Path | None = read_settings().schemes_dir
        schemes = load_schemes(folder)
    for name in (scheme, against) if against else (scheme,):
        if name not in schemes:
            fail(f"there is no scheme {name}: {', '.join(schemes)}")
    if not against:
        if account:
            fail("--account needs --against: a scheme's table is the same on every account")
        print(json.dumps(matrix(schemes[scheme]), indent=1) if as_json else table(schemes[scheme]))
        return
    old, new = schemes[scheme], schemes[against]
    if old.owner is None or new.owner is None:
        fail("the scheme desk is of the desk's own people: no account moves to it or from it")
    found = _of_people(old, new, account) if account else moves(old, new)
    notes = _notes(new, found) if account else []
    if as_json:
        said = {name: asdict(one) for name, one in found.items()}
        kind = {"account": account, "people": said, "notes": notes} if account else {"holdings": said}
        print(json.dumps({"from": scheme, "to": against} | kind, indent=1))
        return
    for name, one in found.items():
        holds = f" ({' + '.join(one.holds) or 'holds nothing'})" if account else ""
        print(f"{name}{holds} becomes {' + '.join(one.becomes) or 'nobody who holds anything'}")
        print(f"  gives  {', '.join(one.gives) or '-'}")
        print(f"  takes  {', '.join(one.takes) or '-'}")
        if one.nearest:
            print(f"  why    {one.nearest} would keep more of it, but adds {', '.join(one.brings)}")
    for note in notes:
        print(note)


def _of_people(old: Scheme, new: Scheme, account: str) -> dict[str, Move]:
    """By username."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_OPERATE)
        account_id = lookups.find_account(tx, grant, account)
        if account_id is None:
            fail(f"there is no account {account}")
        under, held = lookups.holdings_on(tx, grant, account_id)
    if under != old.name:
        fail(f"account {account} is under {under}, not {old.name}")
    return {username: move(old, new, words) for username, words in held.items()}


def _notes(new: Scheme, found: Mapping[str, Move]) -> list[str]:
    """What the operator has to decide besides."""
    notes = []
    for role in new.exactly_one:
        holders = [username for username, one in found.items() if role in one.becomes]
        if len(holders) != 1:
            notes.append(
                f"{new.name} has exactly one {role}, and this would be {', '.join(holders) or 'nobody'}: choose one in the import file"
            )
    return notes
