"""Open this to see which mistakes with a Grant are refused.

Not refused by the class, because no Python object can: `tuple.__new__(Grant, …)`, `tuple.__new__` over an old grant's
items, and `__class__` assigned on a sibling of the same layout (an Ask). The store's register of the grants its own
transaction was given catches those, by identity and content; its tests forge them.
"""

import copy
import pickle
from collections.abc import Callable

import pytest

from authz import (
    Action,
    Ask,
    At,
    Denied,
    Grant,
    Proof,
    Reason,
    Standing,
    Status,
    Subject,
    Topic,
    WayForward,
    judge,
    load_schemes,
)

ASK = Ask(Subject("person:17"), Action.TICKET_OPEN, 5, Topic.BILLING, Proof.VERIFIED, "vps-1", At.PAGES)
STANDING = Standing(Subject("person:17"), 5, load_schemes()["memset"], Status.ACTIVE, frozenset(), frozenset())


def a_grant() -> Grant:
    held = frozenset({"manage_support", "manage_billing"})
    grant = judge(ASK, STANDING._replace(held=held))
    assert isinstance(grant, Grant)
    return grant


def a_denied() -> Denied:
    denied = judge(ASK, STANDING)
    assert isinstance(denied, Denied)
    return denied


def test_a_grant_says_what_was_asked_and_what_it_rests_on() -> None:
    grant = a_grant()
    assert (grant.subject, grant.action, grant.account, grant.topic) == ASK[:4]
    assert (grant.proof, grant.service, grant.when) == (Proof.VERIFIED, "vps-1", "")
    assert grant.rules == ("D-ticket.open", "MS-28", "MS-29", "MS-2")
    assert grant.cell == ASK.cell == "ticket.open:billing"
    assert repr(grant) == "<Grant person:17 ticket.open:billing account=5 by D-ticket.open, MS-28, MS-29, MS-2>"


def _class_of_grant(grant: Grant) -> object:
    return type("Bigger", (Grant,), {})


def _assign(grant: Grant) -> None:
    grant.account = 6  # type: ignore[misc]


def _delete(grant: Grant) -> None:
    del grant.account


@pytest.mark.parametrize(
    "misuse",
    [
        lambda grant: Grant(*grant),
        lambda grant: Grant(tuple(grant)),
        lambda grant: Grant(),
        lambda grant: Grant.__new__(Grant),
        lambda grant: type(grant)(grant),
        lambda grant: object.__new__(Grant),
        _class_of_grant,
        copy.copy,
        copy.deepcopy,
        lambda grant: copy.deepcopy([grant]),
        lambda grant: pickle.dumps(grant),
        lambda grant: pickle.dumps(grant, 0),
        lambda grant: grant.__reduce__(),
        lambda grant: grant.__reduce_ex__(4),
        bool,
        lambda grant: not grant,
        lambda grant: grant or None,
        _assign,
        _delete,
        lambda grant: setattr(grant, "extra", 1),
        lambda grant: setattr(grant, "__class__", tuple),
        lambda grant: object.__setattr__(grant, "account", 6),
        lambda grant: object.__setattr__(grant, "rules", ()),
        lambda grant: object.__setattr__(grant, "extra", 1),
        lambda grant: object.__delattr__(grant, "account"),
    ],
)
def test_misuse_of_a_grant_is_refused(misuse: Callable[[Grant], object]) -> None:
    grant = a_grant()
    before = tuple(grant)
    with pytest.raises((TypeError, AttributeError)):
        misuse(grant)
    assert tuple(grant) == before


@pytest.mark.parametrize(
    ("misuse", "words"),
    [
        (copy.copy, "not copied"),
        (copy.deepcopy, "not copied"),
        (pickle.dumps, "not pickled"),
        (_assign, "does not change: account"),
        (_delete, "does not change: account"),
        (lambda grant: setattr(grant, "__class__", tuple), "does not change: __class__"),
        (bool, "no truth value"),
        (_class_of_grant, "no subclasses"),
        (lambda grant: Grant(*grant), "made by judge"),
    ],
)
def test_the_refusal_says_what_was_wrong(misuse: Callable[[Grant], object], words: str) -> None:
    with pytest.raises((TypeError, AttributeError), match=words):
        misuse(a_grant())


@pytest.mark.parametrize("stretch", [lambda grant: (*grant,), lambda grant: grant * 1, lambda grant: grant[:]])
def test_what_can_be_taken_out_of_a_grant_is_no_grant(stretch: Callable[[Grant], object]) -> None:
    assert type(stretch(a_grant())) is tuple


def test_a_denied_says_why_and_what_next() -> None:
    denied = a_denied()
    assert (denied.reason, denied.next) == (Reason.NO_RIGHT, WayForward.ASK_CONTACT_ADMIN)
    assert denied.rules == ("D-ticket.open", "MS-28", "MS-29", "MS-2")
    assert repr(denied).startswith("<Denied no_right by D-ticket.open")


@pytest.mark.parametrize(
    "misuse",
    [
        bool,
        lambda denied: not denied,
        lambda denied: setattr(denied, "reason", Reason.ALLOWED),
        lambda denied: setattr(denied, "__class__", Grant),
        lambda denied: setattr(denied, "extra", 1),
        lambda denied: object.__setattr__(denied, "reason", Reason.ALLOWED),
        lambda denied: object.__setattr__(denied, "__class__", Grant),
    ],
)
def test_misuse_of_a_denied_is_refused_because_everyone_shares_it(misuse: Callable[[Denied], object]) -> None:
    denied = a_denied()
    with pytest.raises((TypeError, AttributeError), match=r"no truth value|does not change|no setter|layout"):
        misuse(denied)
    assert type(denied) is Denied
    assert denied.reason is Reason.NO_RIGHT


def test_a_denied_may_be_copied_and_pickled() -> None:
    denied = a_denied()
    for twin in (copy.copy(denied), copy.deepcopy(denied), pickle.loads(pickle.dumps(denied))):
        assert type(twin) is Denied
        assert twin == denied
