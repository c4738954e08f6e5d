"""The people of an account, changed by those who may manage its contacts: added, invited, changed, removed, a role handed over.

What is done is looked at first (`preview`), and done as it was looked at (`save`), or shown anew where anything has changed in between. Whoever
is added is always somebody new: an address that another person has tells nobody that there is such a person, and ties nobody to an account who
has not been asked.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError

from authz import Action, Grant, Reason, Refusal, Scheme, gained, lost, ticked
from desk import accounts
from desk.actors import Actor, NotAllowed, build_ask, judge
from store import Transaction
from store.accounts import account_details
from store.accounts.account_details import AccountName, Deciders, Refused
from store.contacts import contact_changes, contact_list
from store.contacts.contact_changes import NEWCOMER, Considered, Newcomer, Wanted
from store.contacts.contact_list import Contact
from store.imports.field_words import Email, Name, Username
from store.sign_in import invitations, vouches
from store.sign_in.invitations import Invited
from store.text import numbers

STAMP: Final = "contacts-change"
MOST_AT_ONCE: Final = 20  # people in one change
Do = Literal["add", "change", "remove", "hand_over"]


@dataclass(frozen=True, slots=True)
class MayManage:
    """Somebody who may manage the contacts of an account, at this moment."""

    account: AccountName
    grant: Grant
    scheme: Scheme


@dataclass(frozen=True, slots=True)
class Shut:
    """Why nothing of it is theirs. `proof`: they have to give a second proof first; otherwise `why`, and who decides, as far as they may
    hear it."""

    account: AccountName
    proof: bool
    why: Refused
    deciders: Deciders | None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done to these people of the account (usernames). `words`: what they are to hold of all that is ticked; for a hand-over the
    one role. `new`: who is to be added, and to hold that."""

    do: Do
    usernames: tuple[str, ...]
    words: frozenset[str] = frozenset()
    new: Newcomer | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What changes for one person: cells they may do from now on, and no more; contact roles that pass to them or from them; how many open
    tickets of theirs they see no more. `you`: whoever acts; `removed`: from the account; `invited`: an invitation goes to them."""

    who: Contact
    you: bool
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    roles_gained: tuple[str, ...]
    roles_lost: tuple[str, ...]
    after: tuple[str, ...] | None
    out_of_sight: int
    invited: bool

    @property
    def removed(self) -> bool:
        return self.after is None


@dataclass(frozen=True, slots=True)
class Preview:
    """`refusal` is about `whom`. `stamp`: what was looked at; `changed`: it is no longer what was looked at before. `owner`: the role that
    is the owner's."""

    account: AccountName
    scheme: str
    owner: str
    wish: Wish
    effects: tuple[Effect, ...]
    refusal: Refusal | None
    whom: Contact | None
    whom_is_you: bool
    stamp: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class _Looked:
    """A preview, what it would write, and all that it says and rests on, in words for its stamp."""

    preview: Preview
    wanted: Wanted
    seen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """`uninvited`: somebody who was to be invited was not, as enough were today."""

    account: AccountName
    effects: tuple[Effect, ...]
    uninvited: bool = False


class NotAdded(StrEnum):
    """Which field of somebody new will not do."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    USERNAME = "username"
    TAKEN = "taken"
    ENOUGH = "enough"  # people were added to the account today


def managing(tx: Transaction, who: Actor, number: str, *, writes: bool = False) -> MayManage | Shut | None:
    """None: no account of theirs has this number. `writes`: nobody else changes its contacts until the transaction has ended, and they are
    judged on what is left by whoever did so just now."""
    account = account_details.numbered(tx, accounts.allowed(tx, who).values(), number)
    if account is None:
        return None
    if writes:
        contact_changes.lock(tx, account.id)
    ask = build_ask(tx, who, Action.CONTACTS_MANAGE, account.id)
    found = judge(tx, ask)
    if isinstance(found, NotAllowed):
        may = tx.offer([build_ask(tx, who, Action.CONTACTS_VIEW, account.id)]).get("contacts.view")
        deciders = None if may is None else account_details.who_may_manage_contacts(tx, may)
        why = account_details.why_not(tx, ask, found.denied)
        return Shut(account, found.denied.reason is Reason.STEP_UP, why, deciders)
    return MayManage(account, found, contact_list.scheme_of(tx, found))


def preview(tx: Transaction, who: Actor, number: str, wish: Wish) -> Preview | Shut | None:
    """What would come of it; nobody is removed while it is read. None: no such account for them, or nobody of that name on it."""
    manager = managing(tx, who, number, writes=True)
    return look_under(tx, manager, wish) if isinstance(manager, MayManage) else manager


def save(tx: Transaction, who: Actor, number: str, wish: Wish, stamp: str) -> Saved | Preview | Shut | None:
    """Done, where it is what was looked at (`stamp`) and nothing speaks against it; a `Preview` otherwise."""
    manager = managing(tx, who, number, writes=True)
    return save_under(tx, manager, wish, stamp) if isinstance(manager, MayManage) else manager


def look_under(tx: Transaction, manager: MayManage, wish: Wish) -> Preview | None:
    """The same by somebody who is known to manage the contacts of the account."""
    found = _look(tx, manager, wish)
    return None if found is None else found.preview


def save_under(tx: Transaction, manager: MayManage, wish: Wish, stamp: str) -> Saved | Preview | None:
    """The same, in a transaction in which nobody else changes them."""
    found = _look(tx, manager, wish)
    if found is None:
        return None
    if found.preview.refusal is None and not tx.keys.made(stamp, STAMP, *found.seen):
        return replace(found.preview, changed=True)
    return _done(tx, manager, found)


def propose(tx: Transaction, name: str, email: str) -> str:
    """A username that nobody has, out of a name, or of an address where the name has no letters we use."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "".join(c if c.isalnum() else " " for c in plain).split() or email.partition("@")[0].lower().split()
    stem = ".".join(words)[:40].strip("._-+") or "contact"
    tried = (stem if n == 1 else f"{stem}{n}" for n in range(1, 1_000))
    return next((one for one in tried if not contact_changes.is_taken(tx, one)), stem)


def newcomer(fields: Mapping[str, str], region: str) -> Newcomer | NotAdded:
    """Somebody new out of what was typed: name, email, phone, username."""
    phone = numbers.telephone(fields["phone"], region) if fields["phone"] else ""
    if phone is None or (phone and numbers.nobodys(phone) is not None):
        return NotAdded.PHONE
    kinds = ((NotAdded.NAME, Name), (NotAdded.EMAIL, Email), (NotAdded.USERNAME, Username))
    for field, kind in kinds:
        try:
            TypeAdapter(kind).validate_python(fields[field])
        except ValidationError:
            return field
    return Newcomer(fields["username"].lower(), fields["name"], fields["email"], phone)


def add(tx: Transaction, who: Actor, number: str, new: Newcomer) -> str | NotAdded | Shut | None:
    """The username of somebody new on the account, who holds nothing there yet (MS-39)."""
    manager = managing(tx, who, number, writes=True)
    if not isinstance(manager, MayManage):
        return manager
    if contact_changes.is_taken(tx, new.username):
        return NotAdded.TAKEN
    if not contact_changes.may_add(tx, manager.grant):
        return NotAdded.ENOUGH
    return new.username if isinstance(contact_changes.add(tx, manager.grant, new), int) else NotAdded.TAKEN


def invite(tx: Transaction, who: Actor, number: str, username: str) -> Invited | Shut | None:
    manager = managing(tx, who, number)
    if not isinstance(manager, MayManage):
        return manager
    one = contact_list.named(tx, manager.grant, [username]).get(username)
    return None if one is None else invitations.invite_contact(tx, manager.grant, one.person)


def vouch(tx: Transaction, who: Actor, number: str, username: str) -> bool | Shut | None:
    """That somebody on the account has lost what they sign in with. Whether it was done: they have joined, are not whoever acts, and nobody
    vouches for them already."""
    manager = managing(tx, who, number)
    if not isinstance(manager, MayManage):
        return manager
    one = contact_list.named(tx, manager.grant, [username]).get(username)
    return None if one is None else vouches.vouch(tx, manager.grant, one.person)


# --- what is to be, and what comes of it


def handed_on(scheme: Scheme) -> tuple[str, ...]:
    """The roles that are handed over and not ticked: those that one contact alone has, and the owner's."""
    return tuple(dict.fromkeys((*filter(None, (scheme.owner,)), *scheme.exactly_one)))


def required(scheme: Scheme, held: frozenset[str]) -> frozenset[str]:
    """What their roles require of somebody (MS-41: the green ticks)."""
    return frozenset[str]().union(*(scheme.requires.get(role, frozenset()) for role in held))


def _wanted(tx: Transaction, manager: MayManage, wish: Wish) -> tuple[Wanted, dict[int, Contact]] | None:
    grant, scheme = manager.grant, manager.scheme
    if wish.new is not None:
        new = wish.new
        nobody_yet = Contact(NEWCOMER, new.username, new.name, new.email, (), (), False, None, None, True)
        return {NEWCOMER: wish.words}, {NEWCOMER: nobody_yet}
    named = contact_list.named(tx, grant, wish.usernames)
    if not wish.usernames or len(named) < len(set(wish.usernames)) or len(named) > MOST_AT_ONCE:
        return None
    people = {one.person: one for one in named.values()}
    if wish.do == "remove":
        return dict.fromkeys(people), people
    if wish.do == "change":
        wanted = {}
        for id, one in people.items():
            wanted[id] = ticked(scheme, frozenset(one.held), wish.words)
        return wanted, people
    before = contact_changes.consider(tx, grant, {}).before
    (to,), role = people, next(iter(wish.words), "")
    if len(people) != 1 or len(wish.words) != 1 or role not in handed_on(scheme):
        return None
    holders = {id for id, held in before.items() if role in held} - {to}
    giving = holders if role in scheme.exactly_one else holders & {grant.subject.person}
    return {id: before[id] - {role} for id in giving} | {to: before[to] | {role}}, people


def _look(tx: Transaction, manager: MayManage, wish: Wish) -> _Looked | None:
    found = _wanted(tx, manager, wish)
    if found is None:
        return None
    wanted, people = found
    made = contact_changes.consider(tx, manager.grant, wanted)
    whom = made.refusal.person if made.refusal is not None else 0
    if others := {*made.people, *filter(None, (whom,))} - people.keys():
        people |= contact_list.by_id(tx, manager.grant, others)
    if made.refusal is not None:
        is_you = whom == manager.grant.subject.person
        return _Looked(
            Preview(
                manager.account,
                manager.scheme.name,
                manager.scheme.owner or "",
                wish,
                (),
                made.refusal,
                people.get(whom),
                is_you,
                "",
            ),
            wanted,
            (),
        )
    effects = tuple(_effect(tx, manager, made, people[id]) for id in made.people)
    seen = _seen(manager, wish, made, effects)
    preview = Preview(
        manager.account,
        manager.scheme.name,
        manager.scheme.owner or "",
        wish,
        effects,
        None,
        None,
        False,
        tx.keys.digest(STAMP, *seen),
    )
    return _Looked(preview, wanted, seen)


def _effect(tx: Transaction, manager: MayManage, made: Considered, who: Contact) -> Effect:
    scheme, before, after = made.scheme, made.before.get(who.person, frozenset()), made.after.get(who.person)
    has = after or frozenset[str]()
    passed = handed_on(scheme)
    more = gained(scheme, before, has)
    return Effect(
        who,
        who.person == manager.grant.subject.person,
        more,
        lost(scheme, before, has),
        tuple(role for role in passed if role in has - before),
        tuple(role for role in passed if role in before - has),
        None if after is None else tuple(word for word in scheme.roles + scheme.permissions if word in has),
        contact_list.out_of_sight(tx, manager.grant, scheme, who.person, before, after),
        not who.joined and not before and "portal.login" in more,
    )


def _seen(manager: MayManage, wish: Wish, made: Considered, effects: tuple[Effect, ...]) -> tuple[str, ...]:
    held = sorted(f"{id}:{','.join(sorted(words))}" for id, words in made.before.items())
    asked = (wish.do, ",".join(sorted(wish.usernames)), ",".join(sorted(wish.words)))
    return (manager.account.number, manager.grant.subject, *asked, *held, *map(repr, effects))


def _done(tx: Transaction, manager: MayManage, found: _Looked) -> Saved | Preview:
    wish = found.preview.wish
    if wish.new is not None:
        person = contact_changes.add(tx, manager.grant, wish.new, wish.words)
        if not isinstance(person, int):
            return replace(found.preview, changed=True)
        invited = [person]
    elif contact_changes.change(tx, manager.grant, found.wanted).refusal is not None:
        return found.preview
    else:
        invited = [effect.who.person for effect in found.preview.effects if effect.invited]
    became = [invitations.invite_contact(tx, manager.grant, person) for person in invited]
    return Saved(manager.account, found.preview.effects, Invited.ENOUGH in became)
