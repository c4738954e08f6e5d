"""Open this to see what a decision is: a Grant, which only the judge makes, or a Denied with its way forward.

The class stops mistakes, not malice: no Python object is unforgeable. `tuple.__new__(Grant, …)` and assigning
`__class__` still make one; the store accepts only grants its own transaction was given, by identity and unchanged.
"""

from typing import Final, Never

from authz.vocabulary import CELL_OF, Action, Proof, Reason, Subject, Topic, WayForward

_ONLY_THE_JUDGE: Final = "a Grant is made by judge() alone"
_NO_TRUTH: Final = "a decision is no truth value: match it against Grant() and Denied()"


class Grant(tuple[Subject, Action, int | None, Topic | None, Proof, str | None, str, tuple[str, ...]]):
    """A yes: who may do what, on which account, about what, at which proof, within which limit, by which rules."""

    __slots__ = ()

    def __new__(cls, *_: object, **__: object) -> "Grant":
        raise TypeError(_ONLY_THE_JUDGE)

    def __init_subclass__(cls, **_: object) -> None:
        raise TypeError("a Grant has no subclasses")

    @property
    def subject(self) -> Subject:
        return self[0]

    @property
    def action(self) -> Action:
        return self[1]

    @property
    def account(self) -> int | None:
        return self[2]

    @property
    def topic(self) -> Topic | None:
        return self[3]

    @property
    def proof(self) -> Proof:
        return self[4]

    @property
    def service(self) -> str | None:
        return self[5]

    @property
    def when(self) -> str:
        """The limit of this grant (`billing_topics`, `queue`), the fact it rests on, or ""."""
        return self[6]

    @property
    def rules(self) -> tuple[str, ...]:
        return self[7]

    @property
    def cell(self) -> str:
        return CELL_OF[self[1], self[3]]

    def __repr__(self) -> str:
        limit = f" when {self.when}" if self.when else ""
        return f"<Grant {self.subject} {self.cell} account={self.account}{limit} by {', '.join(self.rules)}>"

    def __bool__(self) -> Never:
        raise TypeError(_NO_TRUTH)

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"a Grant does not change: {name}")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError(f"a Grant does not change: {name}")

    def __copy__(self) -> Never:
        raise TypeError("a Grant is not copied")

    def __deepcopy__(self, memo: object) -> Never:
        raise TypeError("a Grant is not copied")

    def __reduce__(self) -> Never:
        raise TypeError("a Grant is not pickled: it lives inside its transaction")


class Denied(tuple[Reason, tuple[str, ...], WayForward]):
    """A no: its reason, the rules it rests on, the way forward. Returned, never raised.

    Instances are shared. There is no `__slots__` here on purpose: the layout then differs from Grant's, and no
    assignment to `__class__` turns a refusal that everyone shares into a grant.
    """

    def __new__(cls, reason: Reason, rules: tuple[str, ...], next: WayForward) -> "Denied":
        return tuple.__new__(cls, (reason, rules, next))

    def __getnewargs__(self) -> tuple[Reason, tuple[str, ...], WayForward]:
        return (self[0], self[1], self[2])

    @property
    def reason(self) -> Reason:
        return self[0]

    @property
    def rules(self) -> tuple[str, ...]:
        return self[1]

    @property
    def next(self) -> WayForward:
        return self[2]

    def __repr__(self) -> str:
        return f"<Denied {self.reason} by {', '.join(self.rules)}; next: {self.next}>"

    def __bool__(self) -> Never:
        raise TypeError(_NO_TRUTH)

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"a Denied does not change: {name}")
