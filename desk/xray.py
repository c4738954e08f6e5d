"""The X-ray of an account: what makes it easy to take over, or hard to help, each in a code for the words; for its owner, and for the operator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from authz import Action, Grant
from desk import accounts
from desk.actors import Actor
from store import Transaction
from store.accounts.account_details import AccountName, Refused
from store.contacts import account_xray
from store.contacts.account_xray import Examination, Examined

MANY: Final = 3  # accounts that one person is on
FOUND: Final = (
    *("support_none", "support_one", "managing_one", "owner_unreachable", "owner_without_second", "without_second"),
    *("pin_locked", "changed_lately", "many_accounts", "unseen"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is one of FOUND; `names` are whom it is about; `you`: whoever reads it, and nobody else."""

    code: str
    names: tuple[str, ...]
    you: bool = False


@dataclass(frozen=True, slots=True)
class Xray:
    """`owners` are asked about by name, but for whoever reads it (`yours`): whether one of them should own the account nothing on file can say
    (MT-10, MT-11)."""

    name: str
    findings: tuple[Finding, ...]
    owners: tuple[str, ...]
    yours: bool


@dataclass(frozen=True, slots=True)
class XrayPage:
    account: AccountName
    xray: Xray


def page(tx: Transaction, who: Actor, number: str) -> XrayPage | tuple[AccountName, Refused] | None:
    """None: no account of theirs has this number."""
    found = accounts.asked_of(tx, who, number, Action.ACCOUNT_RECORDS)
    if found is None:
        return None
    account, grant = found
    if not isinstance(grant, Grant):
        return account, grant
    return XrayPage(account, of(account_xray.examine(tx, grant, account.id), grant.subject.person))


def of(seen: Examination, you: int | None = None) -> Xray:
    """Pure: the same for the page, which `you` (a person's id) read, and for the shell."""
    scheme, people = seen.scheme, seen.people

    def may(one: Examined, cell: str) -> bool:
        return scheme.ruling(one.held, cell).allowed

    owners = [one for one in people if scheme.owner in one.held]
    asking = [one for one in people if may(one, "phone.support")]
    managing = [one for one in people if may(one, "contacts.manage")]
    found: dict[str, Iterable[Examined]] = {
        "support_one": asking if len(asking) == 1 else (),
        "managing_one": managing if len(managing) == 1 and len(people) > 1 else (),
        "owner_unreachable": (one for one in owners if not one.number),
        "owner_without_second": (one for one in owners if not one.second),
        "without_second": (one for one in managing if not one.second and one not in owners),
        "pin_locked": (one for one in people if one.pin_locked),
        "changed_lately": (one for one in people if one.changed),
        "many_accounts": (one for one in people if one.accounts >= MANY),
        "unseen": (one for one in people if one.unseen and one.held),
    }
    findings = [] if asking else [Finding("support_none", ())]
    for code in FOUND:
        about = list(found.get(code, ()))
        for yours in (True, False):
            if names := tuple(one.name for one in about if (one.person == you) is yours):
                findings.append(Finding(code, names, yours))
    others = tuple(one.name for one in owners if one.person != you)
    return Xray(seen.account, tuple(findings), others, len(others) < len(owners))
