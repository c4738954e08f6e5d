"""A store with people who have passkeys, on devices in software: asked, answered, added, used."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from authz import Subject
from store import Transaction
from store.sign_in import passkeys
from store.sign_in.passkey_answers import Question, Site
from store.sign_in.passkeys import Refused, Used
from tests.passkey_device import Device
from tests.store.clocked import Clocked

MIA, KIM = Subject.of_person(8), Subject.of_staff(1)
SITE = Site("desk.example", "https://desk.example")
HERE = "session-1"


def adds(
    tx: Transaction, owner: Subject, form: dict[str, str], browser: str = HERE, *, invited: bool = False
) -> int | Refused:
    new = passkeys.check(tx, SITE, owner, browser, form)
    return new if isinstance(new, Refused) else passkeys.keep(tx, new, invited=invited)


class Passkeyed(Clocked):
    def new(self, owner: Subject = MIA, device: Device | None = None, **more: Any) -> tuple[Device, int]:
        device = device or Device(SITE.origin)
        made = self.add(owner, device, **more)
        assert isinstance(made, int)
        return device, made

    def add(self, owner: Subject, device: Device, browser: str = HERE, *, invited: bool = False) -> int | Refused:
        asked = self.do(passkeys.to_add, SITE, owner, HERE)
        form = {"challenge": asked.sealed, "passkey": device.create(asked.options), "name": "My phone"}
        return self.do(adds, owner, form, browser, invited=invited)

    def asks(self) -> Question:
        return passkeys.to_use(self.store.keys, self.now, SITE, HERE)

    def use(self, device: Device, browser: str = HERE, **changed: Any) -> Used | Refused:
        asked = self.asks()
        return self.answers(asked.sealed, device.get(asked.options, **changed), browser)

    def answers(self, challenge: str, answer: str, browser: str = HERE) -> Used | Refused:
        form = {"challenge": challenge, "passkey": answer}
        return self.do(passkeys.use, SITE, browser, form)

    def count(self, table: Any) -> int:
        return int(self.rows(select(func.count()).select_from(table))[0][0])
