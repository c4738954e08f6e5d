"""`deskgate simulate`: a caller's part in the terminal, against a service on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deskgate.command_line import fail, in_one_line
from deskgate.settings import SIMULATED_NUMBER, SIMULATED_SID, read_keys, read_settings, simulated_token
from store.text import numbers

simulate_commands = typer.Typer(help="Play a caller's part, on this machine only.")


@simulate_commands.callback()
def simulate() -> None:
    """A group also while it holds one command."""


@simulate_commands.command("call")
def simulate_call(
    caller: Annotated[str, typer.Option("--from", help="The number to call from, or `withheld`.")],
    script: Annotated[Path | None, typer.Option(help="A call written down: docs/simulator.md")] = None,
    url: Annotated[str, typer.Option(help="The running service; PUBLIC_URL unless said.")] = "",
) -> None:
    """Ring the running service from a keypad in the terminal, or play a call from a file."""
    with in_one_line():
        settings = read_settings()
        if not settings.simulated:
            fail("the simulator is disabled in production and with a Twilio account set")
        token = simulated_token(read_keys(settings))
    from simulator.terminal import dialling, run_call  # here, where it is on

    base = url.rstrip("/") or settings.public_url
    # What `serve --port` answers to is not written down: with no PUBLIC_URL set it is the address that is rung.
    signed = settings.public_url if "public_url" in settings.model_fields_set else base
    caller = numbers.telephone(caller, settings.region) or caller
    with dialling(base, SIMULATED_SID, token, signed, SIMULATED_NUMBER) as exchange:
        raise typer.Exit(run_call(base, caller, script, exchange))
