"""Programs that ask /api/v1 by keys: of people of the sample file, and of the operator's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from httpx2 import Response

from authz import KEY_VERBS, Action, Ask, At, Grant, Proof, Subject
from desk import api_keys
from desk.actors import Actor
from desk.api_keys import Made
from store import OPERATOR
from store.verification import step_ups
from tests.desk import Desk

AT: Final = "/api/v1"
ACCOUNTS: Final = {"200417": 1, "300528": 2, "400639": 3}
OLIVIA, TOM, BEA, SAM, RAJ, MIA, LEO = 1, 3, 4, 5, 7, 8, 9  # people of the sample file, by their id
HARBOUR, NORTHLIGHT, TIDEWORKS = ACCOUNTS
MINUTES: Final = 15 * 60_000


class Program:
    """Something that has a key. Its answers are JSON, or nothing."""

    def __init__(self, desk: Desk, key: str, id: int = 0) -> None:
        self.desk, self.key, self.id = desk, key, id

    def ask(self, method: str, path: str, json: Any = None, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent: dict[str, Any] = {} if json is None else {"json": json}
        return self.desk.client.request(
            method, AT + path, headers={"Authorization": f"Bearer {self.key}", **named}, **sent
        )

    def get(self, path: str, **headers: str) -> Response:
        return self.ask("GET", path, **headers)

    def post(self, path: str, json: Any = None, **headers: str) -> Response:
        return self.ask("POST", path, {} if json is None else json, **headers)

    def read(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


def customers(
    desk: Desk, person: int, account: str, cells: Sequence[str] | None = None, *, days: int = 90, name: str = "ours"
) -> Program:
    """A key that somebody has made for all that they may have one for, or for these cells."""
    who = Subject.of_person(person)
    with desk.store.transaction("portal") as tx:
        step_ups.reached(tx, who, ACCOUNTS[account], "passkey", "a test", ends_at=desk.now + MINUTES)
        actor = Actor(who, Proof.VERIFIED, "a test", At.PAGES)
        wanted = api_keys.possible(tx, actor, ACCOUNTS[account]) if cells is None else cells
        made = api_keys.make(tx, actor, account, name, wanted, days)
    assert isinstance(made, Made), made
    return Program(desk, made.token, made.id)


def operators(desk: Desk, *verbs: str, days: int = 90) -> Program:
    """A key of the operator's, for these verbs, or for all."""
    with desk.store.transaction("shell") as tx:
        grant = tx.ask(Ask(OPERATOR, Action.DESK_OPERATE, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        made = api_keys.make_for_operator(tx, grant, "a system of ours", verbs or tuple(KEY_VERBS), days)
    assert isinstance(made, Made), made
    return Program(desk, made.token, made.id)


def problem(answer: Response, kind: str) -> dict[str, Any]:
    """What went wrong, as it is told; and that it is told as RFC 9457 says."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    told: dict[str, Any] = answer.json()
    assert told["type"].endswith(f"/api/v1/problems/{kind}"), told
    assert told["status"] == answer.status_code
    return told
