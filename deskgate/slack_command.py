"""`deskgate slack`: the link by which somebody installs Slack's app in a workspace. Without one nobody can begin."""

from __future__ import annotations

import typer

from authz import Action
from deskgate.command_line import fail, granted, open_desk
from store.slack import installations

slack_commands = typer.Typer(help="The link by which Slack's app is installed in a workspace.")


@slack_commands.callback()
def _group() -> None:
    """So that `install` is a command of its own."""


@slack_commands.command("install")
def install() -> None:
    """Print a link to install the Slack app with. Good for a day, in any of the workspaces in SLACK_TEAMS."""
    with open_desk() as (settings, store):
        if not settings.slack_client_id or not settings.slack_client_secret:
            fail(
                "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET are not set: with SLACK_BOT_TOKEN the app is installed at Slack"
            )
        with store.transaction("shell") as tx:
            granted(tx, Action.DESK_OPERATE)
            invited = installations.invite(tx.keys, tx.now)
    print(f"{settings.public_url}/slack/install?invited={invited}")
    print(
        f"For whoever installs it in {' or '.join(settings.slack_teams)}: it is good for {installations.INVITED_FOR // 3_600_000} hours."
    )
