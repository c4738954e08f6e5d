"""What no channel could bring about within a walk: a warning of each kind, and the like. Kept small: it knows our inside."""

from __future__ import annotations

from authz import Proof, Subject
from desk import assistant_tools, assistants, ticket_work
from desk.actors import Actor
from store.security import alerts
from tests.bot.slack_desk import SlackDesk


def stage(desk: SlackDesk, words: str) -> None:
    what, _, about = words.partition(" ")
    with desk.store.transaction("test") as tx:
        match what:
            case "every" | "probing":
                for kind, audience in sorted(alerts.KINDS.items()):
                    if what == "probing" and not kind.startswith("probing"):
                        continue
                    subject = (
                        Subject("staff:1")
                        if audience == alerts.SUPERVISORS and kind != "duress"
                        else Subject("person:8")
                    )
                    detail = "GB" if kind == "texts_spent" else "6"
                    for _ in range(2):
                        alerts.alert(tx, kind, "a walk", subject=subject, account=3, detail=detail)
            case "suggested":  # the assistant of a ticket drafts an answer, as tests/api has it do over HTTP
                number, _, answer = about.partition(" ")
                kim = Actor(Subject("staff:1"), Proof.NONE)
                ticket = ticket_work.to_work_on_shown(tx, kim, int(number))
                helper = assistants.on_ticket(tx, ticket) if ticket is not None else None
                assert helper is not None
                assistant_tools.draft(tx, helper, answer)
            case _:
                raise AssertionError(f"nothing stages {words!r}")
