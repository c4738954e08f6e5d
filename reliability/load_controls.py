"""Services that are broken on purpose, for the checks of load.py to find out: each is called in the service's process before it starts."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from slack_bolt import App

    from bot.platform.context import SlackContext

EVERY: Final = 5  # of so many, one is done wrong
SLOW: Final = 2.0  # seconds


def forgets() -> None:
    """Slack is told that a message was taken, and nothing is written down."""
    from bot import router

    respond, turn = router.respond, itertools.count()

    def respond_or_forget(context: SlackContext, bolt: App, body: dict[str, Any]) -> router.Acknowledgement:
        return (200, "") if next(turn) % EVERY == 3 else respond(context, bolt, body)

    router.respond = respond_or_forget


def opens_twice() -> None:
    """A ticket by phone, as if its turn had been done twice."""
    from store.tickets import customer_tickets

    once, turn = customer_tickets.open, itertools.count()

    def twice(tx: Any, grant: Any, **given: Any) -> int:
        number = once(tx, grant, **given)
        if next(turn) % EVERY == 3 and given.get("source"):
            once(tx, grant, **given | {"source": None})
        return number

    customer_tickets.open = twice


def tells_others() -> None:
    """What one caller was told of their services is told to another, as by a cache that forgot whose it was."""
    from ivr.store_desk import StoreDesk

    services, turn, kept = StoreDesk.services, itertools.count(), list[Any]()

    def of_somebody(self: StoreDesk, call: Any) -> Any:
        kept.append(services(self, call))
        return kept[0] if next(turn) % EVERY == 3 else kept[-1]

    StoreDesk.services = of_somebody  # type: ignore[method-assign]


def slow() -> None:
    from ivr import router

    handled = router._handled

    def late(*given: Any) -> router.Twiml:
        time.sleep(SLOW)
        return handled(*given)

    router._handled = late  # type: ignore[assignment]


CONTROLS: Final = {  # what is broken → what the checks have to call it
    "forgets": "lost",
    "opens_twice": "doubled",
    "tells_others": "told",
    "slow": "slow",
}
