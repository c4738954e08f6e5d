"""Requests on an account's pages: what is offered is what is allowed, with a second proof at once, without one as a draft that waits."""

from __future__ import annotations

from itertools import combinations

import pytest
from sqlalchemy import select

from authz import CELLS, REQUESTS, Action, Ask, At, Denied, Proof, Standing, Status, Subject, judge, load_schemes
from desk import request_page, ticket_lists
from desk.actors import Actor
from portal.web import page_words
from store import tables
from store.sign_in.realms import CUSTOMERS
from store.sign_in.sessions import find
from store.verification import step_ups
from tests.desk import Desk
from tests.ivr.wire import change, count, rows
from tests.portal.browsing import Browser
from tests.portal.test_customers import entered, holds_nothing

# People of the sample file, by their id; and the account of each.
OLIVIA, DEV, SAM, INES, RAJ, MIA, LEO = 1, 2, 5, 6, 7, 8, 9
BAKERY, STUDIO, TIDEWORKS = "200417", "300528", "400639"
CANCEL = f"/accounts/{TIDEWORKS}/requests/new/service.cancel"


def proves(desk: Desk, who: Browser, person: int, account: int, minutes: int = 15) -> None:
    """A second proof given in their session, however it was."""
    token = who.client.cookies["deskgate_account"]
    with desk.store.transaction("portal") as tx:
        session = find(tx, CUSTOMERS, token, does=False)
        assert session is not None
        until = tx.now + minutes * 60_000
        step_ups.reached(tx, Subject.of_person(person), account, "passkey", session.session, ends_at=until)


def offered(who: Browser, account: str) -> set[str]:
    who.get(f"/accounts/{account}/requests/new")
    return {
        str(kind) for kind in request_page.KINDS if f'<li><a href="/accounts/{account}/requests/new/{kind}"' in who.text
    }


def asks(who: Browser, button: str, words: str, service: str = "ms-1", path: str = CANCEL) -> int:
    """Presses a button of the form they are at."""
    assert f'name="as" value="{button}"' in who.text
    return who.post(path, who.fields(path) | {"as": button, "words": words, "service": service}).status_code


def status(desk: Desk) -> list[tuple[str, str, str]]:
    t = tables.tickets.c
    return [tuple(row) for row in rows(desk, select(t.kind, t.status, t.factor).order_by(t.number))]


def test_what_is_offered_is_what_is_allowed_and_a_refusal_says_why_and_what_to_do(one_desk: Desk) -> None:
    raj, mia = entered(one_desk, RAJ), entered(one_desk, MIA)
    everything = {str(kind) for kind in request_page.KINDS} - {"account.reopen"}
    assert offered(raj, TIDEWORKS) == everything
    assert '<li><a href="/accounts/400639/people"' in raj.text
    assert offered(mia, TIDEWORKS) == set()
    assert "Cancel a service Why not?" in mia.words
    assert mia.get(CANCEL).status_code == 403
    assert (
        "does not let you cancel services. Ask Raj Patel: only they can do this on Tideworks Ltd. Rule: " in mia.words
    )
    assert "<form" not in mia.text.partition("<main")[2]
    ines = entered(one_desk, INES)
    assert offered(ines, STUDIO) == {"billing.pay"}, "SR-9, on the pages without support"
    sam = entered(one_desk, SAM)
    assert offered(sam, STUDIO) >= {"service.cancel", "service.order"}
    change(one_desk, tables.accounts.update().where(tables.accounts.c.number == TIDEWORKS).values(status="closed"))
    assert offered(raj, TIDEWORKS) == {"account.reopen", "billing.pay"}


def test_with_a_second_proof_the_desk_gets_it_at_once_and_without_one_it_is_a_draft(one_desk: Desk) -> None:
    raj = entered(one_desk, RAJ)
    assert "Prove it's you" in raj.read(CANCEL)
    assert "/prove?account=400639&amp;then=/accounts/400639/requests/new/service.cancel" in raj.text
    asks(raj, "draft", "It may end in May.")
    assert "Kept as a draft. The desk does not have it yet." in raj.words
    proves(one_desk, raj, RAJ, 3)
    assert "Prove it's you" not in raj.read(CANCEL)
    asks(raj, "sent", "It may end in May.")
    assert "Your request is with the desk." in raj.words
    assert "Miniserver tide-web" in raj.words
    assert status(one_desk) == [("service.cancel", "draft", ""), ("service.cancel", "open", "passkey")]


@pytest.mark.parametrize("threat", [False, True])
def test_a_draft_is_handed_in_or_taken_back_on_its_page_wherever_it_was_begun(one_desk: Desk, threat: bool) -> None:
    """T42: of one that was left under a threat the page says and does the same, and supervisors keep it."""
    raj, mia = entered(one_desk, RAJ), entered(one_desk, MIA)
    numbers = []
    for words in ("First", "Second"):
        raj.get(CANCEL)
        asks(raj, "draft", words)
        numbers.append(int(raj.words.partition("#")[2].split()[0]))
    change(one_desk, tables.tickets.update().values(channel="phone"))
    if threat:  # and so it waits for supervisors from its first moment
        left = {
            "status": "quarantined",
            "customer_status": "draft",
            "waiting_since": one_desk.now,
            "due_at": one_desk.now,
        }
        change(one_desk, tables.tickets.update().values(**left))
    with one_desk.store.transaction("test") as tx:
        assert len(ticket_lists.drafts(tx, Actor(Subject.of_person(RAJ), Proof.VERIFIED))) == 2
    first, second = numbers
    assert mia.get(f"/tickets/{first}").status_code == 404
    raj.get(f"/tickets/{first}")
    assert f"/prove?account=400639&amp;then=/tickets/{first}" in raj.text
    token = raj.fields("/sign-out")
    assert raj.post(f"/tickets/{first}/hand-in", token).status_code == 422
    assert "That needs a second proof of who you are" in raj.words
    proves(one_desk, raj, RAJ, 3)
    raj.get(f"/tickets/{first}")
    raj.send(f"/tickets/{first}/hand-in")
    assert "Your request is with the desk now." in raj.words
    assert raj.post(f"/tickets/{first}/hand-in", token).status_code == 200
    assert "It was with the desk already." in raj.words
    raj.get(f"/tickets/{second}")
    raj.send(f"/tickets/{second}/withdraw")
    assert "The draft is gone. The desk never had it." in raj.words
    assert f"#{second}" not in raj.words.partition("Tickets")[2]
    kept = ("quarantined", "quarantined") if threat else ("open", "withdrawn")
    assert [one[1:] for one in status(one_desk)] == [(kept[0], "passkey"), (kept[1], "")]
    assert raj.post(f"/tickets/{second}/hand-in", token).status_code == 200
    assert "was taken back before" in raj.words
    strange = entered(one_desk, OLIVIA)
    strange.get("/")
    token = strange.fields("/sign-out")
    for deed in ("hand-in", "withdraw"):
        assert [strange.post(f"/tickets/{n}/{deed}", token).status_code for n in (first, 999999)] == [404, 404]


def test_a_proof_that_ended_or_came_meanwhile_changes_nothing_by_itself(one_desk: Desk) -> None:
    raj = entered(one_desk, RAJ)
    proves(one_desk, raj, RAJ, 3)
    raj.get(CANCEL)
    one_desk.pass_time(16 * 60)
    assert asks(raj, "sent", "Too late", "ms-2") == 422
    assert "Your second proof has ended" in raj.words
    assert "Too late" in raj.words
    assert 'value="ms-2" selected' in raj.text
    proves(one_desk, raj, RAJ, 3)
    assert asks(raj, "draft", "A draft", "ms-2") == 422
    assert "Press the button again" in raj.words
    assert asks(raj, "sent", "") == 422
    assert asks(raj, "sent", "Which?", "") == 422
    assert "Please choose the service." in raj.words
    assert asks(raj, "sent", "Which?", "grid-1") == 422
    assert "not on this account" in raj.words
    assert count(one_desk, tables.tickets) == 0


def test_forged_forms_and_rights_that_went_make_no_request(one_desk: Desk) -> None:
    """Mia may ask for nothing on Tideworks, Olivia is not on it; Raj loses all he had while his form is open."""
    mia, olivia, raj = entered(one_desk, MIA), entered(one_desk, OLIVIA), entered(one_desk, RAJ)
    for who in (mia, olivia):
        who.get("/")
        form = who.fields("/sign-out") | {"as": "draft", "words": "mine", "service": "ms-1"}
        for kind in (*REQUESTS, "problem", "desk.operate"):
            answer = who.post(f"/accounts/{TIDEWORKS}/requests/new/{kind}", form)
            assert answer.status_code == (403 if who is mia and kind in request_page.KINDS else 404), kind
    assert olivia.get(f"/accounts/{TIDEWORKS}/requests/new").status_code == 404
    proves(one_desk, raj, RAJ, 3)
    raj.get(CANCEL)
    form = raj.fields(CANCEL) | {"as": "sent", "words": "too late", "service": "ms-1"}
    holds_nothing(one_desk, RAJ)
    assert raj.post(CANCEL, form).status_code == 404
    assert count(one_desk, tables.tickets) == 0


@pytest.mark.parametrize("name", sorted(set(load_schemes()) - {"desk"}))
def test_every_refusal_of_a_request_has_words_for_why_and_for_what_to_do(name: str) -> None:
    scheme, who, said = load_schemes()[name], Subject("person:1"), page_words.load().document
    held = [some for n in range(3) for some in combinations(scheme.roles + scheme.permissions, n)]
    for words, state, action in ((w, s, a) for w in held for s in Status for a in REQUESTS):
        standing = Standing(who, 1, scheme, state, frozenset(words), frozenset())
        denied = judge(Ask(who, action, 1, None, Proof.VERIFIED, at=At.PAGES), standing)
        if isinstance(denied, Denied):
            assert denied.reason in said["customer_refusal_why"]
            assert denied.next in said["customer_way"].keys() | said["customer_way_alone"].keys()
    assert set(map(str, REQUESTS)) <= set(CELLS)
    assert Action.CONTACTS_MANAGE not in request_page.KINDS
