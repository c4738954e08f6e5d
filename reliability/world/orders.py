"""What those who play the world are told to answer instead of what they would: 429, 500, half a JSON, nothing for a while, accepted and timed out.

    Order("chat.postMessage", "429", times=3, seconds=2)     the next three are told to come back in two seconds
    Order("*", "accepted", after=10, seconds=30)             the eleventh of anything is done, and then nothing is said for half a minute

`what` is as the journal has it (`calls`, `messages`, `recording`, `chat.postMessage`, `mail` …), "*" is anything. Orders stand in a row: the first that fits is taken.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

How = Literal["429", "500", "half", "silent", "accepted"]
"""`429` and `500` do nothing. `half`: it is done, and the answer ends in the middle. `silent`: not done, nothing is said for `seconds`. `accepted`: done,
and nothing is said for `seconds`. A mail server says 451 for 429 and 554 for 500."""
KEPT: frozenset[How] = frozenset({"half", "accepted"})  # it was done


@dataclass
class Order:
    """For the `times` next ones, once `after` others were answered as ever. `seconds` of silence, or of Retry-After."""

    what: str
    how: How
    times: int = 1
    after: int = 0
    seconds: float = 30.0

    def packed(self) -> dict[str, Any]:
        return asdict(self)


class Orders:
    """Those that stand."""

    def __init__(self) -> None:
        self._standing: list[Order] = []

    def give(self, *orders: Order) -> None:
        self._standing.extend(orders)

    def withdraw(self) -> None:
        """All of them: from now on as ever."""
        self._standing.clear()

    def take(self, what: str) -> Order | None:
        """How this one is answered; None: as ever."""
        for order in self._standing:
            if order.what not in ("*", what):
                continue
            if order.after > 0:
                order.after -= 1
                continue
            order.times -= 1
            if order.times <= 0:
                self._standing.remove(order)
            return order
        return None
