"""What a deed names and nothing is called any more: which deed, and which labels are there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class NothingCalledError(LookupError):
    """`wanted` is what the deed names, `there` what it could have named; `deed` says where the deed stands."""

    def __init__(self, kind: str, wanted: str, there: Iterable[str]) -> None:
        self.kind, self.wanted, self.deed = kind, wanted, ""
        self.there = list(dict.fromkeys(there))
        super().__init__(kind, wanted)

    def __str__(self) -> str:
        near = difflib.get_close_matches(self.wanted, self.there, n=1)
        lines = [f"{self.deed}", f"no {self.kind} {self.wanted!r}" + (f": perhaps {near[0]!r}?" if near else "")]
        lines += ["There are:" if self.there else "There are none.", *(f"  {one}" for one in self.there)]
        return "\n".join(
            [*lines, "If the words were changed on purpose, change that line by hand, and then: make golden."]
        )
