"""`deskgate notify`: a notice to exactly those whom the schemes of some accounts name, looked at first with `--dry-run`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from authz import Proof
from desk import notices
from desk.actors import Actor
from desk.notices import WRITTEN, Draft, NotSent, Sent, UnknownAccounts
from deskgate.command_line import fail, one_line, open_desk
from store import OPERATOR
from store.notices.audience import Recipient
from store.notices.notice_delivery import LONGEST_BODY, LONGEST_TITLE

STDIN: Final = Path("-")
SHOWN: Final = 5  # unknown account numbers that are named
_WHY: Final = {
    NotSent.NOT_PERMITTED: "the operator may not send notices: see the scheme desk",
    NotSent.NO_KIND: f"--kind must be one of {', '.join(WRITTEN)}",
    NotSent.NO_WORDS: "--file needs a first line, which is the title, and words below it",
    NotSent.TOO_LONG: f"--file: a title has {LONGEST_TITLE} characters at most, the words below it {LONGEST_BODY}",
    NotSent.NO_ACCOUNTS: "say for which accounts: --account NUMBER, as often as you like",
    NotSent.TOO_MANY_ACCOUNTS: f"that is more than {notices.MOST_ACCOUNTS} accounts: send it in parts",
    NotSent.NOBODY: "nobody on these accounts is told of this kind",
}


def notify(
    kind: Annotated[str, typer.Option(help="billing, technical or account: what it is about decides who is told.")],
    file: Annotated[Path, typer.Option(help="The text; its first line is the title. `-` reads standard input.")],
    account: Annotated[list[str], typer.Option(help="An account's number; give it once for each account.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show who would be told, and why. Send nothing.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Send it even if the same text went out today.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Send a notice to exactly those whom the accounts' schemes name."""
    text = _text(file)
    who = Actor(OPERATOR, Proof.NONE)
    with open_desk() as (settings, store), store.transaction("shell") as tx:
        found: Draft | Sent | UnknownAccounts | NotSent
        if dry_run:
            found = notices.draft(tx, who, kind, account, text)
        else:
            found = notices.send(tx, who, kind, account, text, again=again)
        if found is NotSent.SENT_TODAY:
            print("The same text went to these accounts today, so nothing is sent. --again sends it once more.")
            return
        if isinstance(found, NotSent):
            fail(_WHY[found])
        if isinstance(found, UnknownAccounts):
            more = f" and {len(found.numbers) - SHOWN} more" if len(found.numbers) > SHOWN else ""
            fail(f"there is no account {', '.join(map(one_line, found.numbers[:SHOWN]))}{more}")
    _show(found.recipients, as_json=as_json)
    many = len(found.recipients)
    if as_json:
        return
    if isinstance(found, Draft):
        print(f"{many} would be told. Nothing was sent.")
        return
    print(f"Notice {found.id} goes to {many}.")
    if not settings.smtp_url and not settings.inbox:
        print("SMTP_URL is not set: the mails wait until it is.", file=sys.stderr)


def _text(file: Path) -> str:
    try:
        return sys.stdin.read() if file == STDIN else file.read_text("utf-8")
    except OSError as fault:
        fail(f"{file}: the file cannot be read: {fault.strerror}")
    except UnicodeDecodeError:
        fail("--file: the text is not UTF-8")


def _show(found: Sequence[Recipient], *, as_json: bool) -> None:
    if as_json:
        print(
            json.dumps(
                [{"person": one.username, "email": one.email, "rules": list(one.rules)} for one in found], indent=1
            )
        )
        return
    for one in found:
        print(f"{one.username}  {one_line(one.email)}  {', '.join(one.rules)}")
