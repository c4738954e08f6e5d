"""The people of an account: who is on it and what each may do; adding, inviting, changing and removing them, handing over a role.

Nothing is done at once: a form leads to a page that says what would change, and the button there does that and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import Response

from desk import accounts, disclosure, people, people_page
from desk.people import Effect, NotAdded, Preview, Saved, Shut, Wish
from portal.customers.signed_in import acting, proof_at, proof_first
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.invitations import Invited
from store.sign_in.sessions import SignedIn
from store.text import numbers

LAST_PAGE: Final = 400
FIELDS: Final = ("name", "email", "phone", "username")
NOT_SAID: Final = ("portal.login",)


def listed(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    return _list(context, visit, tx, who)


def _list(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn, trouble: str = "") -> Response:
    page = min(numbers.parse_int(visit.query.get("page", ""), 4) or 0, LAST_PAGE)
    found = people_page.people_page(tx, acting(who), _account(visit), page)
    if found is None:
        return responses.not_there(context, visit)

    def owns() -> bool:
        return accounts.owns(tx, acting(who), found.account.id)

    if isinstance(found, Shut):
        if found.proof and not visit.post:
            return proof_first(visit, _account(visit))
        return responses.page(
            context, visit, "customers/people_shut", who=who, owns=owns(), **responses.fields_of(found)
        )
    given = responses.fields_of(found) | {
        "who": who,
        "owns": owns(),
        "page": page,
        "trouble": trouble,
        "said": visit.query.get("said", ""),
    }
    given |= {"asked": [responses.fields_of(one) | told(one.preview) for one in found.pending]}
    given |= {"ticked": visit.query.get("tick", "").split(",")}
    return responses.page(context, visit, "customers/people", 422 if trouble else 200, **given)


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    wished = frozenset(visit.query["set"].split(",")) if "set" in visit.query else None
    found = people_page.person_page(tx, acting(who), _account(visit), visit.named["username"], wished)
    if isinstance(found, Shut) and found.proof:
        return proof_first(visit, _account(visit))
    if found is None or isinstance(found, Shut):
        return responses.not_there(context, visit)
    given = responses.fields_of(found) | {"who": who, "said": visit.query.get("said", ""), "filled": wished is not None}
    return responses.page(context, visit, "customers/person", **given)


def remove(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """Those whose box was ticked."""
    usernames = tuple(sorted(_marked(visit, "delete-")))
    if not usernames:
        return _list(context, visit, tx, who, "nobody_ticked")
    back = f"{_at(visit)}?{urlencode({'tick': ','.join(usernames)})}"
    return _step(context, visit, tx, who, Wish("remove", usernames), back, "people_removed")


def change(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """What is ticked is what they are to hold."""
    username, words = visit.named["username"], frozenset(_marked(visit, "hold-"))
    back = f"{_at(visit, username)}?{urlencode({'set': ','.join(sorted(words))})}"
    return _step(context, visit, tx, who, Wish("change", (username,), words), back, "people_changed")


def hand_over(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    username = visit.named["username"]
    wish = Wish("hand_over", (username,), frozenset({visit.field("role", 40)}))
    return _step(context, visit, tx, who, wish, _at(visit, username), "handed_over")


def invite(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    username = visit.named["username"]
    done = people.invite(tx, acting(who), _account(visit), username)
    if isinstance(done, Shut) and done.proof:
        return proof_ended(context, visit, who, done, _at(visit, username))
    if done is None or isinstance(done, Shut) or done is Invited.NOBODY:
        return responses.not_there(context, visit)
    said = {Invited.INVITED: "invited", Invited.ENOUGH: "enough_invited"}.get(done, "not_invited")
    return responses.to(f"{_at(visit, username)}?said={said}")


def vouch(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    username = visit.named["username"]
    done = people.vouch(tx, acting(who), _account(visit), username)
    if isinstance(done, Shut) and done.proof:
        return proof_ended(context, visit, who, done, _at(visit, username))
    if done is None or isinstance(done, Shut):
        return responses.not_there(context, visit)
    return responses.to(f"{_at(visit, username)}?said={'vouched' if done else 'not_vouched'}")


def new(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = people.managing(tx, acting(who), _account(visit))
    if isinstance(found, Shut) and found.proof:
        return proof_first(visit, _account(visit))
    if found is None or isinstance(found, Shut):
        return responses.not_there(context, visit)
    return _new(context, visit, who, found)


def _new(
    context: PortalContext,
    visit: Visit,
    who: SignedIn,
    found: people.MayManage | Shut,
    trouble: str = "",
    username: str = "",
    to_prove: str = "",
) -> Response:
    """With a `username` what was typed is shown once more, to be saved; until then it is to be typed, or mended."""
    typed = {field: visit.field(field, 254) for field in FIELDS}
    given: dict[str, Any] = {"who": who, "account": found.account, "typed": typed, "trouble": trouble}
    given |= {"username": username, "to_prove": to_prove, "holds_none": isinstance(found, people.MayManage)}
    return responses.page(context, visit, "customers/new_person", 422 if trouble else 200, **given)


def add(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """First what would be added, with a username proposed; then it is."""
    number, typed = _account(visit), {field: visit.field(field, 254) for field in FIELDS}
    found = people.managing(tx, acting(who), number)
    if found is None or (isinstance(found, Shut) and not found.proof):
        return responses.not_there(context, visit)
    if isinstance(found, Shut):
        return _new(context, visit, who, found, "proof_ended", to_prove=proof_at(visit.path, number))
    saves = "save" in visit.form
    if not saves:
        typed["username"] = people.propose(tx, typed["name"], typed["email"])
    one = people.newcomer(typed, context.region)
    if isinstance(one, NotAdded):
        return _new(context, visit, who, found, one, typed["username"] if one is NotAdded.USERNAME else "")
    if not saves:
        return _new(context, visit, who, found, "", one.username)
    done = people.add(tx, acting(who), number, one)
    if isinstance(done, NotAdded):
        return _new(context, visit, who, found, done, people.propose(tx, one.name, one.email))
    if done is None or isinstance(done, Shut):
        return responses.not_there(context, visit)
    return responses.to(f"{_at(visit, done)}?said=person_added")


def _step(
    context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn, wish: Wish, back: str, said: str
) -> Response:
    """Looked at, or done where it was looked at before."""
    number, stamp = _account(visit), visit.field("stamp", 100)
    made = people.save(tx, acting(who), number, wish, stamp) if stamp else people.preview(tx, acting(who), number, wish)
    if made is None or (isinstance(made, Shut) and not made.proof):
        return responses.not_there(context, visit)
    if isinstance(made, Shut):
        return proof_ended(context, visit, who, made, back)
    if isinstance(made, Saved):
        return responses.to(
            f"{_onward(visit, wish, made.effects)}?said={'not_all_invited' if made.uninvited else said}"
        )
    return _preview(context, visit, who, made, back)


def _onward(visit: Visit, wish: Wish, effects: Iterable[Effect]) -> str:
    """To whoever was changed; whoever has given up their own rights is signed out, and is led to the sign-in from there."""
    if any(effect.you and "contacts.manage" in effect.lost for effect in effects):
        return "/"
    return _at(visit, *(wish.usernames if wish.do == "change" else ()))


def _preview(context: PortalContext, visit: Visit, who: SignedIn, made: Preview, back: str) -> Response:
    kept = {name: value for name, value in visit.form.items() if name not in ("token", "stamp")}
    given = responses.fields_of(made) | told(made) | {"who": who, "kept": kept, "back": back}
    return responses.page(
        context, visit, "customers/people_preview", 422 if made.refusal or made.changed else 200, **given
    )


def told(made: Preview) -> dict[str, Any]:
    """What would change, or why not, as the templates say it."""
    effects = [
        {
            "gained": disclosure.joined([cell for cell in effect.gained if cell not in NOT_SAID]),
            "lost": disclosure.joined([cell for cell in effect.lost if cell not in NOT_SAID]),
            "effect": effect,
        }
        for effect in made.effects
    ]
    return {"told": effects, "cells": disclosure.joined(made.refusal.cells) if made.refusal else []}


def proof_ended(context: PortalContext, visit: Visit, who: SignedIn, shut: Shut, back: str) -> Response:
    """Nothing was done; what was filled in is still there once they have given another proof."""
    given = {"who": who, "account": shut.account, "to_prove": proof_at(back, _account(visit))}
    return responses.page(context, visit, "customers/people_proof", 422, **given)


def _account(visit: Visit) -> str:
    return visit.named.get("account", "")


def _at(visit: Visit, *username: str) -> str:
    return "/".join((f"/accounts/{quote(_account(visit), safe='/')}/people", *map(quote, username)))


def _marked(visit: Visit, start: str) -> list[str]:
    return [name.removeprefix(start) for name in visit.form if name.startswith(start)]
