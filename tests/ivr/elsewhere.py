"""What happens elsewhere while a call script is played: in Slack, where an agent clicks, and on other people's phones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select, update

from authz import Action, Ask, Grant, Proof, Subject
from deskgate.settings import SIMULATED_AGENT
from simulator.phone import Phone
from store import OPERATOR, tables
from store.calls import callbacks, support_calls
from store.jobs.job_queue import Job
from store.staff import staff_list
from tests.desk import Desk
from tests.ivr.switchboard import asks
from tests.ivr.switchboard import rings as ringing
from tests.ivr.wire import change, rows


def kim(desk: Desk) -> int:
    """The agent, whose phone is the desk's."""
    s = tables.staff.c
    change(desk, update(tables.staff).where(s.username == "agent.kim").values(phone=SIMULATED_AGENT))
    found: int = rows(desk, select(s.id).where(s.username == "agent.kim"))[0][0]
    return found


def suspends(desk: Desk, username: str = "agent.kim") -> None:
    """What `deskgate staff suspend` does; the worker has not come round yet."""
    with desk.store.transaction("shell") as tx:
        grant = tx.ask(Ask(OPERATOR, Action.DESK_STAFF_MANAGE, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        member = staff_list.find(tx, grant, username)
        assert member is not None
        assert staff_list.suspend(tx, grant, member.id)


def person(desk: Desk, username: str = "mia.chen") -> int:
    found: int = rows(desk, select(tables.people.c.id).where(tables.people.c.username == username))[0][0]
    return found


def asks_for(desk: Desk, what: str, support_call: int | None = None) -> bool:
    """Kim's click on "Verify now"; of the newest call, unless another is named."""
    r = tables.support_calls.c
    staff = kim(desk)
    newest: int = rows(desk, select(r.id).order_by(r.id.desc()).limit(1))[0][0]
    with desk.store.transaction("slack") as tx:
        grant = tx.ask(Ask(Subject.of_staff(staff), Action.DESK_PROOF_ASK, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        asked = support_calls.ask_proof(tx, grant, support_call or newest, what)
    desk.work()
    return asked


def has_called(desk: Desk, username: str = "mia.chen", **about: Any) -> int:
    """Kim's click on "Call back"."""
    staff, called = kim(desk), person(desk, username)
    with desk.store.transaction("slack") as tx:
        grant = tx.ask(Ask(Subject.of_staff(staff), Action.DESK_PROOF_ASK, None, None, Proof.NONE))
        assert isinstance(grant, Grant)
        made = callbacks.ask(tx, grant, called, **about)
    assert isinstance(made, int), made
    desk.work()
    return made


def called_with_a_code(desk: Desk, username: str = "mia.chen") -> int:
    return has_called(desk, username, purpose="code")


def talks(desk: Desk, number: str, pin: str, keys: Callable[[], str] = lambda: "1") -> tuple[Phone, Phone]:
    """Somebody who has come through to the desk: their phone, and the agent's, who `keys` the digits their page shows, or 1 where
    nobody is signed in."""
    caller = asks(desk, number, pin)
    (agent,) = ringing(desk)
    agent.answer()
    agent.press(keys())
    caller.wait()
    return caller, agent


def piece(kind: str, **payload: object) -> Job:
    """A job that comes once more: the worker died just after doing it."""
    return Job(0, kind, "again", payload, 2, 0)


class Elsewhere:
    """Hand it to `desk.ring`."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.phones: dict[str, Phone] = {}
        kim(desk)
        self._does: dict[str, Callable[[], object]] = {
            "Kim asks for the PIN": lambda: asks_for(desk, "pin"),
            "Kim has Mia called": lambda: has_called(desk),
            "Mia is called with a code": lambda: called_with_a_code(desk),
            "Olivia talks to the desk": self._olivia,
            "Olivia hangs up": lambda: self.phones["olivia"].hang_up(),
            "Sam waits for the desk": self._sam,
            "Sam goes back to the menu": lambda: self.phones["sam"].press("*"),
        }

    def __call__(self, what: str) -> None:
        self._does[what]()
        self.desk.work()
        self.desk.pass_time(4)

    def _olivia(self) -> None:
        self.phones["olivia"], _ = talks(self.desk, "+441632960101", "73059184")

    def _sam(self) -> None:
        self.phones["sam"] = asks(self.desk, "+441632960105", "26487159")
