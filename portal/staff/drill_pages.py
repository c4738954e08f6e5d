"""The practice desk: drills to be played, one under way with its own card, and what came of those that are over."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from authz import Proof
from desk import drill_play, drills
from desk.drill_play import Scene
from portal.staff.signed_in import Staff, acting
from portal.web import responses
from portal.web.context import PortalContext
from portal.web.visit import Visit
from store import Transaction
from store.sign_in.sessions import SignedIn
from store.text import numbers

TONES: Final = {Proof.VERIFIED: "sure", Proof.STEPPED_UP: "twice"}


def listed(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = drills.drills_page(tx, acting(who))
    if found is None:
        return responses.not_there(context, visit)
    given = responses.fields_of(found) | {"titles": {one.name: one.title for one in found.scripts}}
    return responses.page(context, visit, "staff/drills", who=who, said=visit.query.get("said", ""), **given)


def begin(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    id = drills.begin(tx, acting(who), visit.field("drill"))
    return responses.not_there(context, visit) if id is None else responses.to(f"/desk/drills/{id}")


def show(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    found = drills.drill_page(tx, acting(who), visit.number("id"))
    if found is None or (found.score is None and not found.own):
        return responses.not_there(context, visit)
    given = responses.fields_of(found) | {"who": who, "tone": _tone(found.scene), "longest": drills.LONGEST}
    given["own_words"] = any(do == drill_play.OWN_WORDS for _, do, *_ in found.run.acts)
    return responses.page(context, visit, "staff/drill", **given)


def act(context: PortalContext, visit: Visit, tx: Transaction, who: SignedIn) -> Response:
    """What is no longer offered, or was sent twice, does nothing: the page shows how it stands."""
    line, step = (numbers.parse_int(visit.field(name)) for name in ("line", "step"))
    words = visit.field("own", drills.LONGEST)
    do = drill_play.OWN_WORDS if "own" in visit.form else visit.field("act")
    drills.act(tx, acting(who), visit.number("id"), -1 if step is None else step, do, line=line or 0, words=words)
    return responses.to(f"/desk/drills/{visit.number('id')}#now")


def _tone(scene: Scene) -> str:
    return TONES.get(scene.proof, "unsure")


PAGES: Final[dict[tuple[str, str], Staff]] = {
    ("GET", "/desk/drills"): listed,
    ("POST", "/desk/drills"): begin,
    ("GET", "/desk/drills/{id}"): show,
    ("POST", "/desk/drills/{id}"): act,
}
