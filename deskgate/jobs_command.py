"""`deskgate jobs`: background jobs that wait, fail or were given up: listed, shown, tried again, dropped."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import typer

from authz import Action, Grant
from deskgate.command_line import fail, granted, moment, one_line, open_desk
from store import Transaction
from store.operator import failed_jobs
from store.operator.failed_jobs import STATES, ListedJob, NoSuchJobError, TooOldError

job_commands = typer.Typer(help="Background jobs that wait, fail or were given up.", invoke_without_command=True)
MOST = 2**63 - 1  # what both databases count to
StateOption = Annotated[str, typer.Option(help="Only these: waiting, failing or given-up.")]
KindOption = Annotated[str, typer.Option(help="Only this kind, for example mail.")]
LimitOption = Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON.")]
IdArgument = Annotated[int, typer.Argument(help="The number in front of a job.", min=1, max=MOST)]
IdsArgument = Annotated[list[int] | None, typer.Argument(help="The numbers in front of jobs.", min=1, max=MOST)]


@job_commands.callback()
def show_all(
    context: typer.Context,
    state: StateOption = "",
    kind: KindOption = "",
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """List jobs, the oldest first. Done ones are not listed."""
    if context.invoked_subcommand:
        return
    _list(state, kind, limit, as_json)


@job_commands.command("list")
def list_jobs(
    state: StateOption = "", kind: KindOption = "", limit: LimitOption = 50, as_json: JsonOption = False
) -> None:
    """List jobs, the oldest first. Done ones are not listed."""
    _list(state, kind, limit, as_json)


def _list(state: str, kind: str, limit: int, as_json: bool) -> None:
    if state and state not in STATES:
        fail(f"--state: expected {', '.join(STATES[:-1])} or {STATES[-1]}, got {one_line(state)!r}")
    with open_desk() as (_, store), store.transaction("shell") as tx:
        found, count = failed_jobs.listed(tx, granted(tx, Action.DESK_OPERATE), state=state, kind=kind, many=limit)
    if as_json:
        print(json.dumps(list(map(_plain, found)), indent=1))
        return
    if not found:
        print("No jobs of that kind." if state or kind else "No jobs: nothing waits, nothing was given up.")
        return
    for job in found:
        print(f"{job.id}  {job.kind}  {_state(job)}{f'  {one_line(job.error)}' if job.error else ''}")
    if count > len(found):
        print(f"and {count - len(found)} more: --limit, --state and --kind choose")


@job_commands.command("show")
def show_job(id: IdArgument, as_json: JsonOption = False) -> None:
    """Show one job. What it is about, what became of it, and when it is tried next. Nobody's words, address or number."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        job = _done(failed_jobs.show, tx, granted(tx, Action.DESK_OPERATE), id)
    if as_json:
        print(json.dumps(_plain(job), indent=1))
        return
    print(f"job {job.id}: {job.kind}")
    print(f"  state     {_state(job)}")
    print(f"  made      {moment(job.created_at)}, tried {job.attempts} times")
    print(f"  error     {one_line(job.error or 'none')}")
    about = ", ".join(f"{name} {value}" for name, value in job.about.items()) or "nothing that may be shown"
    print(f"  about     {about}{f'; {job.not_shown} values are not shown' if job.not_shown else ''}")
    if job.ordered and job.state != "given-up":
        print("  order     later jobs of the same thread or person wait for this one")


@job_commands.command("retry")
def retry_jobs(
    ids: IdsArgument = None,
    every: Annotated[bool, typer.Option("--all", help="All that were given up.")] = False,
    failing: Annotated[bool, typer.Option("--failing", help="All that failed and are tried again later.")] = False,
    kind: KindOption = "",
) -> None:
    """Try jobs again now, also those that were given up. In the ledger."""
    if sum((bool(ids), every, failing)) != 1:
        fail("say which: numbers of jobs, --failing, or --all for those that were given up")
    if kind and ids:
        fail("--kind goes with --all and --failing")
    with open_desk() as (_, store), store.transaction("shell") as tx:
        grant = granted(tx, Action.DESK_OPERATE)
        found = failed_jobs.given_up if every else failed_jobs.failing
        chosen = sorted(set(ids)) if ids else found(tx, grant, kind)
        too_old = [line for id in chosen if (line := _retried(tx, grant, id, every=not ids))]
    for line in too_old:
        print(line)
    count = len(chosen) - len(too_old)
    if not chosen:
        what = "No job of that kind" if kind else "No job"
        print(f"{what} was given up." if every else f"{what} is failing.")
    elif len(chosen) == 1 and count:
        print(f"Job {chosen[0]} is tried again now, if the service is running.")
    elif count:
        print(f"{count} {'jobs are' if count > 1 else 'job is'} tried again now, if the service is running.")


@job_commands.command("drop")
def drop_job(id: IdArgument) -> None:
    """Drop a job for good: it is never done. In the ledger."""
    with open_desk() as (_, store), store.transaction("shell") as tx:
        job = _done(failed_jobs.drop, tx, granted(tx, Action.DESK_OPERATE), id)
    print(f"Job {job.id} ({job.kind}) is dropped.")


def _done(do: Callable[[Transaction, Grant, int], ListedJob], tx: Transaction, grant: Grant, id: int) -> ListedJob:
    try:
        return do(tx, grant, id)
    except (NoSuchJobError, TooOldError) as not_done:
        fail(str(not_done))


def _retried(tx: Transaction, grant: Grant, id: int, *, every: bool) -> str:
    """Of all, those that are too old are named and left; one that was asked for by its number stops the command."""
    try:
        _done(failed_jobs.retry, tx, grant, id) if not every else failed_jobs.retry(tx, grant, id)
    except TooOldError as too_old:
        return str(too_old)
    return ""


def _state(job: ListedJob) -> str:
    if job.given_up_at is not None:
        return f"given up {moment(job.given_up_at)[:16].replace('T', ' ')}"
    return f"{job.state}, next try {moment(job.next_at or 0)[:16].replace('T', ' ')}"


def _plain(job: ListedJob) -> dict[str, Any]:
    times = {name: moment(at) if (at := getattr(job, name)) is not None else None for name in _TIMES}
    return asdict(job) | times


_TIMES = ("created_at", "next_at", "given_up_at")
