"""The command line: which module holds which command, read when the command is called; and every usage error in one line."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Annotated, Any, Final

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup

from deskgate import __version__

# Command → where it is, and what `deskgate --help` says of it. Nothing of these modules is imported for the help: with
# them it takes a second. docs/performance.md
COMMANDS: Final = {
    "serve": ("deskgate.serve:serve", "Run the service."),
    "migrate": ("deskgate.serve:migrate_database", "Bring the database to the newest schema."),
    "import": ("deskgate.import_command:import_accounts", "Load accounts, all or nothing."),
    "sync": ("deskgate.sync_command:sync", "Bring accounts line by line, again and again."),
    "explain": ("deskgate.decisions:explain", "Say what the service would decide, and by which rules."),
    "matrix": (
        "deskgate.decisions:show_matrix",
        "Print the whole decision table of a scheme.",
    ),
    "tickets": ("deskgate.records:show_tickets", "List tickets, including those waiting for the desk."),
    "audit": ("deskgate.records:audit_commands", "The ledger: every decision and disclosure."),
    "proof": ("deskgate.proof_command:proof_commands", "Statements of proof, which travel with tickets."),
    "pin": ("deskgate.records:pin_commands", "PINs, for the operator's shell only."),
    "notify": ("deskgate.notify_command:notify", "Send a notice to exactly those whom the schemes name."),
    "restored": (
        "deskgate.records:after_a_restore",
        "After a restore: end all sign-ins, codes, proofs.",
    ),
    "reconcile": (
        "deskgate.reconcile_command:reconcile",
        "After a restore: what the database lost.",
    ),
    "staff": ("deskgate.staff_command:staff_commands", "Who works here, and who may sign in on the desk's page."),
    "drill": ("deskgate.drill_command:drill_commands", "Attack drills: calls of invented people, played and scored."),
    "person": ("deskgate.person_command:person_commands", "Customers: who they are, what proves them, their own data."),
    "account": ("deskgate.account_command:account_commands", "Accounts, and what makes one easy to take over."),
    "key": ("deskgate.key_command:key_commands", "API keys, by which other systems ask the desk."),
    "slack": ("deskgate.slack_command:slack_commands", "The link by which Slack's app is installed in a workspace."),
    "jobs": ("deskgate.jobs_command:job_commands", "Background jobs that wait, fail or were given up."),
    "webhook": ("deskgate.webhook_command:webhook_commands", "Webhooks out: other systems told of what happens here."),
    "doctor": (
        "deskgate.doctor:examine",
        "Check everything, and say how to mend what is broken.",
    ),
    "simulate": ("deskgate.simulate_command:simulate_commands", "Play a caller's part, on this machine only."),
}


def load(name: str) -> TyperCommand | TyperGroup:
    """A command, its module imported."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        found.rich_markup_mode = None
        return typer.main.get_group(found)
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name)(found)
    command = typer.main.get_command(alone)
    assert isinstance(command, TyperCommand)
    return command


class Commands(TyperGroup):
    """Holds the names; a command is loaded when it is called. Ends every run, so that what is wrong is one line."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self._called = "deskgate"
        for name, (_, words) in COMMANDS.items():
            self.add_command(TyperCommand(name, help=words, rich_markup_mode=None))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, _, rest = super().resolve_command(ctx, args)
        if name is None:
            return None, None, rest
        self._called = f"deskgate {name}"
        return name, load(name), rest

    def main(self, *args: Any, standalone_mode: bool = True, **how: Any) -> Any:
        """As Typer's own, which tells a usage error in a box of five lines."""
        try:
            code = super().main(*args, **(how | {"prog_name": "deskgate", "standalone_mode": False}))
        except typer.TyperException as wrong:
            print(f"deskgate: {_in_one_line(wrong, self._called)}", file=sys.stderr)
            sys.exit(2)
        except typer.Abort:
            print("deskgate: stopped before it was done", file=sys.stderr)
            sys.exit(1)
        sys.exit(code if isinstance(code, int) else 0)


def _in_one_line(wrong: typer.TyperException, called: str) -> str:
    """What is wrong, then where the right way stands. Not every fault of Typer's knows its command."""
    context: Any = getattr(wrong, "ctx", None)
    words = " ".join(wrong.format_message().split()).rstrip(".").partition(", unable to parse")[0]
    if words == "Missing command":
        words = f"{words}: {', '.join(context.command.commands)}"
    printable = "".join(c if c.isprintable() else "?" for c in words)
    return f"{printable[:1].lower()}{printable[1:]} (see `{context.command_path if context else called} --help`)"


commands = typer.Typer(
    cls=Commands,
    help="A support desk that knows who is asking.",
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,  # drawing boxes takes longer to import than all the rest of the help
)


@commands.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Say which version this is.")] = False,
) -> None:
    if version:
        print(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


def main() -> None:
    os.umask(0o077)  # whatever we make is for whoever runs us alone
    commands()


if __name__ == "__main__":
    main()
