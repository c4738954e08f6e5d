"""What no channel could bring about within a walk: a warning of each kind, and the like. Kept small: it knows our inside."""

from __future__ import annotations

from authz import Subject
from store.security import alerts
from tests.bot.slack_desk import SlackDesk


def stage(desk: SlackDesk, words: str) -> None:
    what, _, _alert = words.partition(" ")
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
            case _:
                raise AssertionError(f"nothing stages {words!r}")
