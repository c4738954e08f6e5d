"""`deskgate person report` and `erase`: a person's request about their own data, answered. docs/personal-data.md"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from authz import Action, Grant
from deskgate.command_line import fail, granted, in_one_line, one_line, open_desk
from store import Transaction
from store.operator import erasure, person_report
from store.operator.person_report import Kept, Report

UsernameArgument = Annotated[str, typer.Argument(help="The person's username.")]
_NOT_A_NAME: Final = re.compile(r"[^\w.\-]+")


def nobody(username: str) -> str:
    """What is wrong, and what to do."""
    found = "`deskgate person list --find …` finds somebody by support ID, number or address"
    return f"there is nobody called {one_line(username)}: {found}"


def report(
    username: UsernameArgument,
    out: Annotated[
        Path | None,
        typer.Option(help="Write it as JSON into this file, and to be read into another that ends in .txt."),
    ] = None,
    files: Annotated[
        Path | None, typer.Option(help="Write the sound and the files they sent into this folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say everything that is kept about one person, and nothing of anybody else: for a request about their own data."""
    kept: list[str] = []
    if out is not None and out.suffix == ".txt":
        fail(f"--out: {out} is where the words to be read would go: give it another ending, such as .json")
    if files is not None:
        with in_one_line():
            files.mkdir(mode=0o700, parents=True, exist_ok=True)

    def keep(one: Kept) -> None:
        assert files is not None
        name = _NOT_A_NAME.sub("_", one.name)[:120]
        _write(files / name, one.content)
        kept.append(name)

    with open_desk() as (_, store):
        found = person_report.report(store, _operates, _reads, username, keep=keep if files is not None else None)
    if found is None:
        fail(nobody(username))
    as_written = json.dumps({"username": found.username, **found.sections}, indent=1, ensure_ascii=False)
    if out is not None:
        with in_one_line():
            _write(out, as_written.encode())
            _write(out.with_suffix(".txt"), _as_text(found).encode())
        print(f"Written: {out} and {out.with_suffix('.txt')}.")
    else:
        print(as_written if as_json else _as_text(found))
    if files is not None:
        print(f"{len(kept)} files and recordings are in {files}.")


def erase(
    username: UsernameArgument,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")] = False,
    words: Annotated[bool, typer.Option("--words", help="What they said on tickets goes as well.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. It cannot be undone.")] = False,
) -> None:
    """Remove what can identify a person, everywhere: for a request to be forgotten. Tickets stay, as a former contact's."""
    if not dry_run and not yes:
        fail("this cannot be undone: look with --dry-run, make a report if one is wanted, then give --yes")
    with open_desk() as (settings, store):
        done = erasure.erase(
            store, _operates, _writes, username, words=words, dry_run=dry_run, home=settings.slack_home
        )
    if done is None:
        fail(nobody(username))
    if done.refused:
        fail("\n".join(done.refused))
    for section, many in done.found.items():
        print(f"{many:>7}  {section}")
    print(f"{username} would be erased. Nothing was changed." if dry_run else f"{username} is erased.")
    if not dry_run:
        print("Not here: backups, Slack's own copies, the help desk's, and the system that accounts come from.")


def _operates(tx: Transaction) -> Grant:
    return granted(tx, Action.DESK_OPERATE)


def _reads(tx: Transaction) -> Grant:
    return granted(tx, Action.DESK_LEDGER_READ)


def _writes(tx: Transaction) -> Grant:
    return granted(tx, Action.DESK_ACCOUNTS_WRITE)


def _write(path: Path, content: bytes) -> None:
    """For whoever runs us alone."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(content)


def _as_text(found: Report) -> str:
    lines = [f"What is kept about {found.username}"]
    for section, rows in found.sections.items():
        lines += ["", _words(section[:1].upper() + section[1:]), "-" * len(section)]
        for row in rows:
            lines += _row(row)
    return "\n".join(lines)


def _row(row: dict[str, Any], indent: str = "") -> list[str]:
    """One line of what is short, then what is long, each on its own."""
    short = [f"{_words(name)} {_short(value)}" for name, value in row.items() if _is_short(name, value)]
    lines = [f"{indent}{'; '.join(short)}"]
    if words := row.get("words"):
        lines += [f"{indent}    {line}" for line in str(words).splitlines()]
    for value in row.values():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for one in value:
                lines += _row(one, f"{indent}    ")
    return lines


def _is_short(name: str, value: Any) -> bool:
    nested = isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    return name != "words" and not nested and value not in (None, "", [], ())


def _short(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    if isinstance(value, dict):
        return " ".join(f"{_words(name)} {one}" for name, one in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return one_line(str(value))


def _words(name: str) -> str:
    """A name of ours as somebody reads it who was never told of ours."""
    return name.replace("_", " ")
