"""`deskgate person`: a customer invited to the account pages."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from authz import Action
from deskgate.command_line import fail, granted, open_desk
from store.sign_in import invitations
from store.sign_in.invitations import LIFE, Invited

person_commands = typer.Typer(help="Customers, and their way in to the account pages.")

# Why somebody was not invited.
NOT_INVITED: Final = {
    Invited.NOBODY: "there is nobody called {username}",
    Invited.JOINED: "{username} has joined, and has no authenticator app of 72 hours or more that a new link could ask for: nobody gets in by mail alone",
    Invited.ADDRESS_YOUNG: "the address of {username} took another's place in the last 72 hours: nothing that opens an account goes there yet",
}


@person_commands.callback()
def person() -> None:
    """Customers, and their way in to the account pages."""


@person_commands.command("invite")
def invite(username: Annotated[str, typer.Argument(help="The person's username.")]) -> None:
    """Have a link mailed to somebody, by which they choose what they sign in with. Once, within 72 hours."""
    with open_desk() as (settings, store), store.transaction("shell") as tx:
        done = invitations.invite(tx, granted(tx, Action.DESK_OPERATE), username)
        if done is not Invited.INVITED:
            fail(NOT_INVITED[done].format(username=username))
    where = (
        f"It is at {settings.public_url}/simulator/inbox." if settings.inbox else "The worker of the service sends it."
    )
    print(f"{username} is sent an invitation, good once and for {LIFE // 3_600_000} hours. {where}")
