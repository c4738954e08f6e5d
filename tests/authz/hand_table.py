"""The tables of hand_typed.py read the slow, obvious way: a second opinion about every decision."""

from collections.abc import Collection, Iterable, Iterator
from itertools import combinations, product
from typing import NamedTuple

from authz import Action, Ask, At, Grant, Proof, Scheme, Standing, Status, Subject, Topic, judge
from tests.authz.hand_typed import (
    BILLING_CONTACT_TICKETS,
    DESK,
    LEFT_TO_THE_OWNER_OF_A_CLOSED_ACCOUNT,
    MEDIA_TEMPLE,
    MEMSET,
    MEMSET_COLUMNS,
    OWNER_WORD,
    REFUSED_ON_A_SUSPENDED_ACCOUNT,
    STANDARD_PERMISSIONS,
    STANDARD_ROLES,
    WHMCS,
    WHMCS_REST,
)
from tests.sizes import is_everything


class Answer(NamedTuple):
    yes: bool
    rules: tuple[str, ...]
    ours: bool
    condition: str
    limit: str


class Table(NamedTuple):
    scheme: str
    proof: dict[str, str]
    answers: dict[str, dict[str, Answer]]
    words: tuple[str, ...]


class Opinion(NamedTuple):
    """`when` has the words of which the grant carries one, the condition it rests on or its limit; empty for none."""

    reason: str
    when: frozenset[str] = frozenset()

    @property
    def allowed(self) -> bool:
        return self.reason == "allowed"


def read_answer(text: str) -> Answer:
    """`y* SR-22 if sla only read` in its parts."""
    text, _, limit = text.partition(" only ")
    text, _, condition = text.partition(" if ")
    mark, _, rules = text.partition(" ")
    assert mark in {"y", "y*", "n", "n*"}, text
    return Answer(mark[0] == "y", tuple(rules.split(", ")) if rules else (), "*" in mark, condition, limit)


def cells_of(actions: str) -> list[str]:
    """`ticket.*: billing` in single cells."""
    names, _, topic = actions.replace("ticket.*", "ticket.view ticket.open ticket.reply").partition(": ")
    return [f"{name}:{topic}" if topic else name for name in names.split()]


def read_table(scheme: str, text: str, columns: dict[str, str] | None = None) -> Table:
    """A table as typed above, one entry per cell: `ticket.open:billing` or `billing.view`."""
    head, *lines = [[part.strip() for part in line.split("|")] for line in text.strip().splitlines()]
    holdings = [columns[name] if columns else name for name in head[2:]]
    proof, answers = {}, {}
    for actions, level, *row in lines:
        for cell in cells_of(actions):
            assert cell not in answers, cell
            proof[cell] = level
            answers[cell] = dict(zip(holdings, map(read_answer, row), strict=True))
    return Table(scheme, proof, answers, tuple(word for word in holdings if "+" not in word))


def beside(one: Table, other: Table) -> Table:
    """Two tables of the same rows as one."""
    assert one.proof == other.proof
    answers = {cell: {**row, **other.answers[cell]} for cell, row in one.answers.items()}
    return one._replace(answers=answers, words=one.words + other.words)


def for_each(table: Table, column: str, words: tuple[str, ...]) -> Table:
    """One column of it as that of each of these words."""
    answers = {}
    for cell, row in table.answers.items():
        answers[cell] = {word: answer for word, answer in row.items() if word != column} | dict.fromkeys(
            words, row[column]
        )
    return table._replace(answers=answers, words=tuple(word for word in table.words if word != column) + words)


TABLES = {
    "media_temple": read_table("media_temple", MEDIA_TEMPLE),
    "standard_roles": beside(
        read_table("standard_roles", STANDARD_ROLES), read_table("standard_roles", STANDARD_PERMISSIONS)
    ),
    "memset": read_table("memset", MEMSET, MEMSET_COLUMNS),
    "whmcs": for_each(read_table("whmcs", WHMCS), "rest", WHMCS_REST),
    "desk": read_table("desk", DESK),
}
CUSTOMERS = ("media_temple", "standard_roles", "memset", "whmcs")
STATUSES = ("active", "suspended", "closed")


def table_for(scheme: Scheme) -> Table:
    """The table a scheme must agree with, C3 read as its switch says."""
    table = TABLES[scheme.name]
    answers = {cell: dict(row) for cell, row in table.answers.items()}
    if scheme.name == "media_temple":
        for actions, text in BILLING_CONTACT_TICKETS[scheme.switches["billing_contact_tickets"]].items():
            for cell in cells_of(actions):
                answers[cell]["billing"] = read_answer(text)
    return table._replace(answers=answers)


def every_holding(words: Collection[str], *, everything: bool = is_everything()) -> list[frozenset[str]]:
    """Nothing at all, each word alone, each two together, and so on to all of them. At every change, of more than five words those of two
    at most, and all but one: a rule of a scheme joins no more. Of more than ten words there are too many ever: three at most, and all but one."""
    most = 2 if not everything else 3 if len(words) > 10 else len(words)
    sizes = [n for n in range(len(words) + 1) if len(words) <= 5 or n <= most or n >= len(words) - 1]
    return [frozenset(some) for size in sizes for some in combinations(sorted(words), size)]


def opinion(
    table: Table, held: frozenset[str], cell: str, proof: str, status: str, sla: bool, contact: bool
) -> Opinion:
    """What rules.md answers, the reasons in the order it gives them."""
    needed = table.proof[cell]
    if needed != "-" and proof in ("none", "claimed"):
        return Opinion("unverified")
    if not contact:
        return Opinion("not_a_contact")

    yes = []
    for holding, answer in table.answers[cell].items():
        if held.issuperset(holding.split("+")) and answer.yes:
            yes.append(answer)
    if not yes:
        return Opinion("no_right")
    covered = [answer for answer in yes if answer.condition == "" or (answer.condition == "sla" and sla)]
    if not covered:
        return Opinion("not_covered")

    if status == "closed":
        owner = OWNER_WORD[table.scheme] in held
        if not owner or cell not in LEFT_TO_THE_OWNER_OF_A_CLOSED_ACCOUNT:
            return Opinion("account_closed")
    if status == "suspended" and cell in REFUSED_ON_A_SUSPENDED_ACCOUNT:
        return Opinion("account_suspended")

    if needed == "stepped-up" and proof != "stepped-up":
        return Opinion("step_up")
    # Whoever holds one yes without strings is bound by none.
    strings = [answer.condition or answer.limit for answer in covered]
    return Opinion("allowed") if "" in strings else Opinion("allowed", frozenset(strings))


def disagreements(
    scheme: Scheme, cells: Iterable[str] | None = None, *, first: Iterable[frozenset[str]] = ()
) -> Iterator[str | None]:
    """Asks the judge every question there is about these cells (all, unless said), those about the holdings `first` before the others;
    None where both agree."""
    table = table_for(scheme)
    desk = scheme.name == "desk"
    account = None if desk else 1
    statuses = ("active",) if desk else STATUSES
    for cell in table.answers if cells is None else cells:
        action, _, topic = cell.partition(":")
        asks = [
            Ask(Subject("person:1"), Action(action), account, Topic(topic) if topic else None, p, at=At.PAGES)
            for p in Proof
        ]
        for held, status, sla in product((*first, *every_holding(table.words)), statuses, (True, False)):
            facts = frozenset({"sla"} if sla else ())
            for ask in asks:
                for contact, standing in (
                    (True, Standing(Subject("person:1"), account, scheme, Status(status), held, facts)),
                    (False, Standing(Subject("person:1"), 2, scheme, Status(status), held, facts)),
                    (False, Standing(Subject("person:2"), account, scheme, Status(status), held, facts)),
                    (False, None),
                ):
                    expected = opinion(table, held, cell, ask.proof.word, status, sla, contact)
                    verdict = judge(ask, standing)
                    if isinstance(verdict, Grant):
                        same = expected.allowed and (
                            verdict.when in expected.when if expected.when else not verdict.when
                        )
                    else:
                        same = expected.reason == verdict.reason.value
                    if same:
                        yield None
                    else:
                        who = "+".join(sorted(held)) or "nothing"
                        yield (
                            f"{scheme.name} {cell}: held {who}, {status}, {ask.proof.word}, sla {sla}, contact {contact}: "
                            f"the table says {expected}, the judge {verdict!r}"
                        )
