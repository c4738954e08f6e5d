"""The decision tables (docs/reference/rules.md) typed once more by hand and read the slow, obvious way: a second opinion."""

from collections.abc import Collection, Iterable, Iterator
from itertools import combinations, product
from typing import NamedTuple

from authz import Action, Ask, At, Grant, Proof, Scheme, Standing, Status, Subject, Topic, judge
from tests.sizes import is_everything

# "y" and "n" are the answers of rules.md, with the rules it gives for them and "*" where no document decides. A word
# after "if" must be true or the answer is no (`not_covered`); a word after "only" is a limit that travels with the yes.

MEDIA_TEMPLE = """
actions                        | proof      | owner  | admin   | technical | billing
portal.login        | -          | y      | y       | y         | y
contacts.view       | verified   | y*     | y*      | y*        | y*
ticket.*: technical | verified   | y MT-4 | y MT-4  | y MT-4    | n*
ticket.*: billing   | verified   | y MT-4 | y MT-4  | n MT-17   | y MT-4
phone.support       | verified   | y MT-4 | y MT-4  | y MT-4    | y MT-4 only billing_topics
phone.emergency     | verified   | y*     | y*      | y*        | n*
billing.view        | verified   | y MT-3 | y MT-12 | n MT-17   | y MT-20
billing.pay         | stepped-up | y*     | y MT-12 | n MT-17   | y MT-21
service.view        | verified   | y MT-2 | y MT-12 | y MT-16   | n*
service.manage      | stepped-up | y MT-2 | y MT-12 | y MT-16   | n*
service.credentials | stepped-up | y*     | y*      | y*        | n*
service.order       | stepped-up | y*     | y MT-13 | n*        | n*
service.cancel      | stepped-up | y MT-6 | n MT-14 | n MT-6    | n MT-6
service.transfer    | stepped-up | y MT-9 | n MT-9  | n MT-9    | n MT-9
account.close       | stepped-up | y MT-6 | n MT-6  | n MT-6    | n MT-6
account.reopen      | stepped-up | y MT-8 | n MT-8  | n MT-8    | n MT-8
contacts.manage     | stepped-up | y*     | y*      | n MT-18   | n*
apikeys.manage      | stepped-up | y*     | y*      | n*        | n*
right.lend          | verified   | y*     | y*      | n*        | n*
"""

# C3, the one switch: what the billing contact is answered under each reading. `billing_only` is the column above.
BILLING_CONTACT_TICKETS: dict[str, dict[str, str]] = {
    "deny": {"ticket.*: technical": "n*", "ticket.*: billing": "n*", "phone.support": "n*"},
    "billing_only": {},
    "all": {"ticket.*: technical": "y MT-4", "ticket.*: billing": "y MT-4", "phone.support": "y MT-4"},
}

STANDARD_ROLES = """
actions                        | proof      | owner  | administrator | support        | billing | support+billing
portal.login        | -          | y      | y             | y              | y       | y
contacts.view       | verified   | y*     | y*            | y*             | y*      | y*
ticket.*: technical | verified   | y SR-6 | y SR-17       | y SR-12, SR-13 | n SR-11 | y SR-22
ticket.*: billing   | verified   | y SR-6 | y SR-17       | n SR-15        | n SR-11 | y* SR-22
phone.support       | verified   | y*     | y*            | y*             | n SR-11 | y*
phone.emergency     | verified   | y*     | y*            | y*             | n*      | y*
billing.view        | verified   | y SR-6 | y SR-17       | n SR-16        | y SR-8  | y SR-22
billing.pay         | stepped-up | y SR-6 | y SR-17       | n SR-16        | y SR-9  | y SR-22
service.view        | verified   | y SR-6 | y SR-19       | y*             | n*      | y*
service.manage      | stepped-up | y SR-6 | y SR-19       | n*             | n*      | n*
service.credentials | stepped-up | y SR-6 | y SR-17       | y SR-14        | n*      | y SR-22
service.order       | stepped-up | y SR-6 | n SR-20       | n*             | n*      | n*
service.cancel      | stepped-up | y SR-7 | n SR-21       | n SR-7         | n SR-7  | n SR-7
service.transfer    | stepped-up | y SR-6 | n* SR-19      | n*             | n*      | n*
account.close       | stepped-up | y SR-6 | n*            | n*             | n*      | n*
account.reopen      | stepped-up | y SR-6 | n* SR-19      | n*             | n*      | n*
contacts.manage     | stepped-up | y SR-6 | y SR-18       | n*             | n*      | n SR-23
apikeys.manage      | stepped-up | y SR-6 | y*            | n*             | n*      | n*
right.lend          | verified   | y*     | y*            | n*             | n*      | n*
"""

# SR-1: single permissions of the portal, of which the documents say no more than that there are some. Each rests on the rule of the role that
# has the same; a set of them that is no role is a custom one (C5).
STANDARD_PERMISSIONS = """
actions                        | proof      | tickets        | login_details | invoices | payment | services | contacts | tickets+invoices | tickets+payment
portal.login        | -          | y              | y             | y        | y       | y        | y        | y                | y
contacts.view       | verified   | y*             | y*            | y*       | y*      | y*       | y*       | y*               | y*
ticket.*: technical | verified   | y SR-12, SR-13 | n             | n        | n       | n        | n        | y                | y
ticket.*: billing   | verified   | n              | n             | n        | n       | n        | n        | y* SR-22         | y* SR-22
phone.support       | verified   | y*             | n             | n        | n       | n        | n        | y*               | y*
phone.emergency     | verified   | y*             | n             | n        | n       | n        | n        | y*               | y*
billing.view        | verified   | n              | n             | y SR-8   | y SR-8  | n        | n        | y                | y
billing.pay         | stepped-up | n              | n             | n        | y SR-9  | n        | n        | n                | y
service.view        | verified   | n              | n             | n        | n       | y*       | n        | n                | n
service.manage      | stepped-up | n              | n             | n        | n       | y SR-1   | n        | n                | n
service.credentials | stepped-up | n              | y SR-14       | n        | n       | n        | n        | n                | n
service.order       | stepped-up | n              | n             | n        | n       | n        | n        | n                | n
service.cancel      | stepped-up | n              | n             | n        | n       | n        | n        | n                | n
service.transfer    | stepped-up | n              | n             | n        | n       | n        | n        | n                | n
account.close       | stepped-up | n              | n             | n        | n       | n        | n        | n                | n
account.reopen      | stepped-up | n              | n             | n        | n       | n        | n        | n                | n
contacts.manage     | stepped-up | n              | n             | n        | n       | n        | y SR-18  | n                | n
apikeys.manage      | stepped-up | n              | n             | n        | n       | n        | y*       | n                | n
right.lend          | verified   | n              | n             | n        | n       | n        | y*       | n                | n
"""

# The columns are the lines of the Memset list in rules.md, under the letters of MEMSET_COLUMNS. A and C are what the
# role itself adds: what an admin contact's five permissions give stands in their own columns.
MEMSET = """
actions             | proof      | S              | B       | SB       | T       | U              | P       | A       | C
portal.login        | -          | y MS-40        | y MS-40 | y MS-40  | y MS-40 | y MS-40        | y MS-40 | y       | y
contacts.view       | verified   | y*             | y*      | y*       | y*      | y*             | y*      | y*      | y*
ticket.*: technical | verified   | y MS-28, MS-29 | n       | y        | n       | n              | n       | n       | n
ticket.*: billing   | verified   | n              | n       | y*       | n       | n              | n       | n       | n
phone.support       | verified   | y MS-32        | n       | y        | n       | n              | n       | n       | n
phone.emergency     | verified   | y MS-30 if sla | n       | y if sla | n       | n              | n       | n       | n
billing.view        | verified   | n              | y MS-26 | y        | n       | n              | n       | n       | n
billing.pay         | stepped-up | n              | y MS-26 | y        | n       | n              | n       | n       | n
service.view        | verified   | n              | n       | n        | y MS-27 | n              | n       | n       | n
service.manage      | stepped-up | n              | n       | n        | y MS-27 | n              | n       | n       | n
service.credentials | stepped-up | n              | n       | n        | y*      | n              | n       | n       | n
service.order       | stepped-up | n              | n       | n        | n       | n              | y MS-31 | n       | n
service.cancel      | stepped-up | n              | n       | n        | n       | n              | n       | y* MS-9 | n
service.transfer    | stepped-up | n              | n       | n        | n       | n              | n       | y* MS-9 | n
account.close       | stepped-up | n              | n       | n        | n       | n              | n       | y* MS-9 | n
account.reopen      | stepped-up | n              | n       | n        | n       | n              | n       | y* MS-9 | n
contacts.manage     | stepped-up | n              | n       | n        | n       | y MS-23, MS-24 | n       | n       | n
apikeys.manage      | stepped-up | n              | n       | n        | n       | y MS-25        | n       | n       | n
right.lend          | verified   | n              | n       | n        | n       | y*             | n       | n       | n
"""
MEMSET_COLUMNS = {
    "S": "manage_support",
    "B": "manage_billing",
    "SB": "manage_support+manage_billing",
    "T": "manage_services",
    "U": "manage_users",
    "P": "purchase_services",
    "A": "admin_contact",
    "C": "billing_contact",
}

# WHMCS, docs/reference/whmcs.md. Under `rest` stand the eight permissions that open nothing here but signing in.
WHMCS = """
actions             | proof      | owner   | tickets  | invoices | tickets+invoices | products | manageproducts | orders  | rest
portal.login        | -          | y WH-2  | y WH-4   | y WH-4   | y WH-4           | y WH-4   | y WH-4         | y WH-4  | y WH-4
contacts.view       | verified   | y WH-2  | y*       | y*       | y*               | y*       | y*             | y*      | y*
ticket.*: technical | verified   | y WH-2  | y WH-14  | n        | y WH-14          | n        | n              | n       | n
ticket.*: billing   | verified   | y WH-2  | n*       | n*       | y* WH-14, WH-12  | n        | n              | n       | n
phone.support       | verified   | y* WH-2 | y* WH-14 | n        | y* WH-14         | n        | n              | n       | n
phone.emergency     | verified   | y* WH-2 | y* WH-14 | n        | y* WH-14         | n        | n              | n       | n
billing.view        | verified   | y WH-2  | n        | y WH-12  | y WH-12          | n        | n              | n       | n
billing.pay         | stepped-up | y WH-2  | n        | n*       | n*               | n        | n              | n       | n
service.view        | verified   | y WH-2  | n        | n        | n                | y WH-7   | n              | n       | n
service.manage      | stepped-up | y WH-2  | n        | n        | n                | n        | n*             | n       | n
service.credentials | stepped-up | y WH-2  | n        | n        | n                | n        | y WH-8         | n       | n
service.order       | stepped-up | y WH-2  | n        | n        | n                | n        | n              | y WH-17 | n
service.cancel      | stepped-up | y WH-2  | n        | n        | n                | n        | n              | n*      | n
service.transfer    | stepped-up | y WH-2  | n        | n        | n                | n        | n              | n*      | n
account.close       | stepped-up | y WH-2  | n        | n        | n                | n        | n              | n*      | n
account.reopen      | stepped-up | y WH-2  | n        | n        | n                | n        | n              | n*      | n
contacts.manage     | stepped-up | y WH-3  | n        | n        | n                | n        | n              | n       | n
apikeys.manage      | stepped-up | y* WH-3 | n        | n        | n                | n        | n              | n       | n
right.lend          | verified   | y* WH-3 | n        | n        | n                | n        | n              | n       | n
"""
WHMCS_REST = ("profile", "contacts", "productsso", "domains", "managedomains", "quotes", "affiliates", "emails")

DESK = """
actions                        | proof | operator    | worker | assistant       | agent            | supervisor       | administrator    | api_key
desk.deliver                   | -     | n           | y*     | n               | n                | n                | n                | n
desk.ticket.work               | -     | y only read | n      | y only one_case | y only queue     | y*               | y*               | y*
desk.card.view                 | -     | n           | n      | y only one_case | y only open_case | y only open_case | y only open_case | n
desk.proof.ask                 | -     | n           | n      | y only one_case | y*               | y*               | y*               | n
desk.pin.reissue               | -     | y*          | n      | n               | n                | y*               | y*               | n
desk.ledger.read               | -     | y*          | n      | n               | n                | y*               | y*               | y*
desk.threat.switch             | -     | y*          | n      | n               | n                | y*               | y*               | n
desk.staff.manage desk.operate | -     | y*          | n      | n               | n                | n                | y*               | n
desk.accounts.read desk.accounts.write desk.tickets.read | - | y* | n | n | n | n | n | y*
desk.decisions.read desk.verifications.write desk.notices.write | - | y* | n | n | n | n | n | y*
desk.reports.read desk.webhooks.write desk.help_desk | - | y* | n | n | n | n | n | y*
"""

# On a closed account everything is refused except these, to the owner (Memset: the admin contact).
OWNER_WORD = {"media_temple": "owner", "standard_roles": "owner", "memset": "admin_contact", "whmcs": "owner"}
LEFT_TO_THE_OWNER_OF_A_CLOSED_ACCOUNT = {
    "portal.login",
    "billing.view",
    "billing.pay",
    "account.reopen",
    "ticket.view:billing",
    "ticket.open:billing",
    "ticket.reply:billing",
}

# On a suspended account these are refused: new technical tickets, emergencies, lending, and what a request can be for.
REFUSED_ON_A_SUSPENDED_ACCOUNT = {
    "ticket.open:technical",
    "phone.emergency",
    "right.lend",
    "service.order",
    "service.cancel",
    "service.transfer",
    "service.credentials",
    "account.close",
    "account.reopen",
    "billing.pay",
    "contacts.manage",
}


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
