"""Open this to see what a scheme file may say under [notices]: who is told of what, and by which rules."""

from collections.abc import Callable, Mapping
from typing import Never, Protocol

from authz.vocabulary import NoticeKind

Told = dict[str, tuple[str, ...]]


class Refuse(Protocol):
    """Refuses the file, with the place of the fault."""

    def __call__(self, what: str, row: str = "", column: str = "") -> Never: ...


def read_notices(
    notices: Mapping[str, object],
    words: tuple[str, ...],
    owner: str | None,
    refuse: Refuse,
    check_rule: Callable[[str, str, str], None],
) -> dict[str, Told]:
    """Kind → holding → the rules by which whoever has it is told. The desk's own scheme, which has no owner, tells nobody."""
    if owner is None:
        if notices:
            refuse("[notices] has no place in the scheme 'desk'")
        return {}
    for kind in notices:
        if kind not in tuple(NoticeKind):
            refuse(f"unknown kind; there are {', '.join(NoticeKind)}", f"notices.{kind}")
    return {kind: _read_told(kind, notices.get(kind), words, owner, refuse, check_rule) for kind in NoticeKind}


def _read_told(
    kind: str,
    told: object,
    words: tuple[str, ...],
    owner: str,
    refuse: Refuse,
    check_rule: Callable[[str, str, str], None],
) -> Told:
    row, found = f"notices.{kind}", Told()
    if told is None:
        refuse("missing: nobody is said to be told", row)
    if not isinstance(told, dict):
        refuse('who is told is a table of holdings, { owner = "MT-7", … }', row)
    for word, rules in told.items():
        if word not in words:
            known = ", ".join(words)
            refuse(f"[notices] {kind} names an unknown word {word!r}; roles and permissions are {known}")
        if not isinstance(rules, str) or not rules:
            refuse(f"{rules!r} is not 'RULE, RULE': whoever is told is told by a rule", row, word)
        found[word] = tuple(rules.split(", "))
        for rule in found[word]:
            check_rule(rule, row, word)
    if not found and kind != NoticeKind.TICKET:
        refuse("nobody would be told", row)
    if kind == NoticeKind.ACCOUNT and owner not in found:
        refuse(f"every change of an account is told to its owner: {owner!r} is missing", row)
    return {word: found[word] for word in words if word in found}
