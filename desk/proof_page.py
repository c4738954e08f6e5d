"""Where somebody who is signed in gives a second proof, on one account or for what is their own: what they have for it, and until when one stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desk import accounts
from desk.actors import Actor
from store import Transaction
from store.accounts import account_details
from store.accounts.account_details import AccountName
from store.sign_in import passkeys
from store.verification import factors, sms_codes, step_ups, totp


@dataclass(frozen=True, slots=True)
class Ways:
    """What they can prove themselves by at this moment: `ending` are the last digits of the number a text message would go to, or
    empty. `counts_from` (ms) is when the first of what is on file and too young yet will count; None: there is no such thing."""

    passkey: bool
    authenticator: bool
    ending: str
    counts_from: int | None

    @property
    def any(self) -> bool:
        return self.passkey or self.authenticator or bool(self.ending)


@dataclass(frozen=True, slots=True)
class ProofPage:
    """`account` is None for what is their own. `until` (ms): they have a second proof already."""

    account: AccountName | None
    until: int | None
    ways: Ways

    @property
    def id(self) -> int | None:
        return None if self.account is None else self.account.id


def proof_page(tx: Transaction, who: Actor, number: str, texting: Sequence[str]) -> ProofPage | None:
    """`number` of an account, or empty. None: no account of theirs has this number."""
    account = account_details.numbered(tx, accounts.allowed(tx, who).values(), number) if number else None
    if number and account is None:
        return None
    id = None if account is None else account.id
    return ProofPage(account, step_ups.until_own(tx, who.subject, id, who.bound), ways(tx, who, texting))


def ways(tx: Transaction, who: Actor, texting: Sequence[str]) -> Ways:
    person = who.subject.person
    on_file, since = factors.on_file(tx, person), totp.confirmed_at(tx, person)
    keys = [key.counts_from for key in passkeys.listed(tx, who.subject)]
    number = sms_codes.number_for(tx, person, texting)
    young = [counts for counts in keys if counts > tx.now]
    if since is not None and not on_file.authenticator:
        young.append(since + factors.COOLING)
    return Ways(
        any(counts <= tx.now for counts in keys),
        on_file.authenticator,
        number[-2:] if number is not None else "",
        min(young, default=None),
    )
