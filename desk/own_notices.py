"""What somebody is told by mail: of which account what, by which rule; what they were sent; and what they may turn off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from desk import accounts
from desk.actors import Actor
from store import Transaction
from store.accounts import account_details
from store.accounts.account_details import AccountName
from store.notices import mail_bounces, mail_preferences, notice_list
from store.notices.mail_bounces import Bounce
from store.notices.notice_list import Own

LISTED: Final = 100  # accounts


@dataclass(frozen=True, slots=True)
class OfAccount:
    """`kinds`: which notices they are sent there → the rules by which."""

    account: AccountName
    kinds: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class OwnNotices:
    """`tickets`: whether they want mail about tickets; `bounce`: what is wrong with their address, if mail comes back."""

    told: tuple[OfAccount, ...]
    sent: tuple[Own, ...]
    tickets: bool
    bounce: Bounce | None


def own_notices(tx: Transaction, who: Actor) -> OwnNotices:
    grants = islice(accounts.allowed(tx, who).values(), LISTED)
    told = tuple(OfAccount(account_details.name(tx, grant), notice_list.kinds_of(tx, grant)) for grant in grants)
    sent = tuple(notice_list.own(tx, who.subject))
    wanted = mail_preferences.wants_tickets(tx, who.subject.person)
    return OwnNotices(told, sent, wanted, mail_bounces.of_person(tx, who.subject))


def choose_tickets(tx: Transaction, who: Actor, *, wanted: bool) -> None:
    """Mail about tickets they opened or wrote in. What a rule says they are sent comes all the same."""
    mail_preferences.choose_tickets(tx, who.subject, wanted=wanted)
