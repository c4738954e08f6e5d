"""The judge against the same rules written as Cedar policies: every combination, asked of an independent engine."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
from cedarpy import Entities, PolicySet, is_authorized_batch

from authz import Action, Ask, At, Grant, Proof, Standing, Status, Subject, Topic, judge, load_schemes
from tests.sizes import is_everything

HERE = Path(__file__).parent / "cedar"

WORDS = {
    "media_temple": ["owner", "admin", "technical", "billing"],
    "standard_roles": [
        *("owner", "administrator", "support", "billing"),
        *("tickets", "login_details", "invoices", "payment", "services", "contacts"),
    ],
    "memset": [
        "admin_contact",
        "billing_contact",
        "manage_users",
        "manage_billing",
        "manage_services",
        "manage_support",
        "purchase_services",
    ],
    "whmcs": [
        *("owner", "profile", "contacts", "products", "manageproducts", "productsso", "domains", "managedomains"),
        *("invoices", "quotes", "tickets", "affiliates", "emails", "orders"),
    ],
    "desk": ["operator", "worker", "assistant", "agent", "supervisor", "administrator", "api_key"],
}
FEWER = {"whmcs": ["owner", "profile", "contacts", "products", "manageproducts", "invoices", "tickets", "orders"]}
"""What is tried at every change: of the words that open nothing, two."""
TICKETS = ["ticket.view", "ticket.open", "ticket.reply"]
PEOPLE = ["portal.login", "contacts.view", "contacts.manage", "apikeys.manage", "right.lend"]
MONEY = ["billing.view", "billing.pay", "account.close", "account.reopen", "account.lock", "account.records"]
PHONE = ["phone.support", "phone.emergency"]
SERVICES = ["view", "manage", "credentials", "order", "cancel", "transfer"]
PARTS: dict[str, list[tuple[str, str | None]]] = {
    "technical tickets": [(name, "technical") for name in TICKETS],
    "billing tickets": [(name, "billing") for name in TICKETS],
    "people and phone": [(name, None) for name in PEOPLE + PHONE],
    "services": [(f"service.{name}", None) for name in SERVICES],
    "money and account": [(name, None) for name in MONEY],
}
DESK = ["deliver", "ticket.work", "card.view", "proof.ask", "pin.reissue"]
DESK += ["ledger.read", "threat.switch", "staff.manage", "operate"]
DESK += ["accounts.read", "accounts.write", "tickets.read", "decisions.read", "verifications.write", "notices.write"]
DESK += ["reports.read", "webhooks.write", "help_desk"]

CUSTOMERS_COMBINATIONS = (
    (16 + 1024 + 128 + 485) * 25 * 4 * (3 * 2 * 2 + 3)
)  # holdings, cells, proofs, and statuses, own or other, SLA; locked in each status; by At
DESK_COMBINATIONS = 128 * 18 * 4 * 2
ALL_HOLDINGS = {"media_temple": 16, "standard_roles": 1024, "memset": 128, "whmcs": 485, "desk": 128}
SOME_HOLDINGS = {
    "media_temple": 16,
    "standard_roles": 67,
    "memset": 37,
    "whmcs": 46,
    "desk": 37,
}  # of 4, 10, 7, 8 and 7 words
STATUSES = ["active", "suspended", "closed"]
LOCKED = [f"{status}, locked" for status in STATUSES]

Cell = tuple[str, str | None]
Place = tuple[bool, str, bool]
"""Whether the account is one's own, its status (`locked` is active, and locked), and whether it is under the Managed Platform SLA."""


def uid(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "id": name}


def entity(kind: str, name: str, parents: list[dict[str, str]], **attributes: object) -> dict[str, Any]:
    return {"uid": uid(kind, name), "attrs": attributes, "parents": parents}


def holdings(scheme: str, *, everything: bool = is_everything()) -> list[frozenset[str]]:
    """All there are; at every change those of two things at most, and all but one: a rule of a scheme joins no more. Of more than ten words never more
    than three and all but one."""
    words = WORDS[scheme] if everything else FEWER.get(scheme, WORDS[scheme])
    most = 2 if not everything else 3 if len(words) > 10 else len(words)
    sizes = [n for n in range(len(words) + 1) if n <= most or n >= len(words) - 1]
    return [frozenset(some) for n in sizes for some in combinations(words, n)]


def places(scheme: str) -> list[Place]:
    if scheme == "desk":
        return [(True, "active", False), (False, "active", False)]
    return [*product((True, False), STATUSES, (True, False)), *((True, state, True) for state in LOCKED)]


def asked_of(scheme: str) -> list[tuple[frozenset[str], Place, Proof]]:
    """Who asks, of which account, how well proven. At every change, of the accounts of others one alone, and not twice below verified: what
    comes first there is asked of each holding and cell all the same."""
    every = list(product(holdings(scheme), places(scheme), Proof))
    if scheme == "desk" or is_everything():
        return every
    return [one for one in every if one[2] is not Proof.NONE and (one[1][0] or one[1] == (False, "active", True))]


def world(scheme: str) -> Entities:
    """One person for each thing one can hold, and one account for each state, half of them not theirs."""
    kind = "Desk" if scheme == "desk" else "Account"
    entities = [entity("Role", word, [uid("Scheme", scheme)]) for word in WORDS[scheme]]
    for place in places(scheme):
        status, _, locked = place[1].partition(", ")
        entities.append(entity(kind, str(place), [], status=status, managed_platform_sla=place[2], locked=bool(locked)))
    own = [uid(kind, str(place)) for place in places(scheme) if place[0]]
    for held in holdings(scheme):
        entities.append(entity("Person", str(sorted(held)), [*own, *(uid("Role", word) for word in held)]))
    for name in sorted({name for part in PARTS.values() for name, _ in part}):
        entities.append(entity("Action", name, [uid("Action", "customer")]))
    return Entities.from_json_str(json.dumps(entities))


def policies(scheme: str) -> PolicySet:
    return PolicySet.from_str((HERE / f"{scheme}.cedar").read_text() + (HERE / "floors.cedar").read_text())


def cedar_says(scheme: str, cells: list[Cell], at: At) -> Iterator[tuple[Cell, frozenset[str], Place, Proof, str]]:
    """Cedar's answer to every combination, with the reason that speaks first when several hold."""
    rules, entities = policies(scheme), world(scheme)
    kind = "Desk" if scheme == "desk" else "Account"
    for cell in cells:
        name, topic = cell
        contexts = [
            json.dumps({"proof": int(proof), "at": at} | ({"topic": topic} if topic else {})) for proof in Proof
        ]
        asked = asked_of(scheme)
        requests = [
            {
                "principal": uid("Person", str(sorted(held))),
                "action": uid("Action", name),
                "resource": uid(kind, str(place)),
                "context": contexts[proof],
            }
            for held, place, proof in asked
        ]
        allowed = {}
        stopped_by = {}
        for question, result in zip(asked, is_authorized_batch(requests, rules, entities), strict=True):
            # A policy that cannot be evaluated is skipped by Cedar, a forbid as well: none may fail.
            assert result.diagnostics.errors == []
            allowed[question] = result.allowed
            if not result.allowed:
                stopped_by[question] = set(result.diagnostics.id_annotations_by_reason.values())
        for question in asked:
            held, (_, _, sla), proof = question
            if allowed[question]:
                reason = "allowed"
            else:
                floors = stopped_by[question]
                # Cedar does not say whether a forbidden request was permitted, so look where no floor stands.
                permitted = {s: allowed.get((held, (True, "active", s), Proof.STEPPED_UP)) for s in (True, False)}
                if floors & {"unverified", "not_a_contact"}:
                    reason = "unverified" if "unverified" in floors else "not_a_contact"
                elif "no_support" in floors:
                    reason = "no_support"
                elif not permitted[True] and not permitted[False]:
                    reason = "no_right"
                elif not permitted[sla]:
                    reason = "not_covered"
                else:
                    order = ("account_closed", "account_suspended", "account_locked", "step_up")
                    reason = next((floor for floor in order if floor in floors), "Cedar gives no reason")
            yield cell, held, question[1], proof, reason


def compare(scheme_name: str, cells: list[Cell], at: At = At.SUPPORT) -> tuple[int, Counter[str], list[str]]:
    """How many combinations were compared, how often each reason came, and every disagreement."""
    scheme = load_schemes()[scheme_name]
    account = None if scheme_name == "desk" else 1
    compared, reasons, wrong = 0, Counter[str](), []
    for (name, topic), held, (own, status, sla), proof, expected in cedar_says(scheme_name, cells, at):
        ask = Ask(Subject("person:1"), Action(name), account, Topic(topic) if topic else None, proof, at=at)
        state, _, locked = status.partition(", ")
        facts = frozenset({"sla"} if sla else ()) | ({"locked"} if locked else set())
        standing = Standing(Subject("person:1"), account if own else 2, scheme, Status(state), held, facts)
        verdict = judge(ask, standing)
        said = "allowed" if isinstance(verdict, Grant) else verdict.reason.value
        compared += 1
        reasons[expected] += 1
        if said != expected:
            wrong.append(
                f"{scheme_name} {ask.cell}: held {'+'.join(sorted(held)) or 'nothing'}, own {own}, {status}, "
                f"{proof.word}, sla {sla}: Cedar says {expected}, the judge {verdict!r}"
            )
    return compared, reasons, wrong


def tried(scheme: str) -> int:
    """How many holdings a run has to come by: all of them, or at every change those that `holdings` says."""
    return (ALL_HOLDINGS if is_everything() else SOME_HOLDINGS)[scheme]


@pytest.mark.parametrize("at", At)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("scheme", ["media_temple", "standard_roles", "memset", "whmcs"])
def test_cedar_and_the_judge_agree_on_every_combination(scheme: str, part: str, at: At) -> None:
    compared, reasons, wrong = compare(scheme, PARTS[part], at)
    assert wrong == []
    assert compared == tried(scheme) * len(PARTS[part]) * (4 * 15 if is_everything() else 3 * 10)
    # A comparison in which nothing is ever allowed, or ever refused for a floor, would prove little.
    first = "no_right" if at is At.PAGES else "no_support"
    assert min(reasons[r] for r in ("allowed", "unverified", "not_a_contact", first, "account_closed")) > 0


def test_cedar_and_the_judge_agree_about_the_desks_own_people() -> None:
    compared, reasons, wrong = compare("desk", [(f"desk.{name}", None) for name in DESK])
    assert wrong == []
    assert compared == DESK_COMBINATIONS * tried("desk") // 128
    assert set(reasons) == {"allowed", "no_right", "not_a_contact"}


def test_the_parts_together_are_every_combination() -> None:
    cells = [cell for part in PARTS.values() for cell in part]
    assert len(cells) == len(set(cells)) == 25
    everything = sum(
        len(holdings(scheme, everything=True)) * len(cells) * len(places(scheme)) * len(Proof)
        for scheme in WORDS
        if scheme != "desk"
    )
    assert everything == CUSTOMERS_COMBINATIONS == 2_479_500
    assert {action.value for action in Action} == {name for name, _ in cells} | {f"desk.{name}" for name in DESK}


@pytest.mark.parametrize("scheme", ["media_temple", "standard_roles"])
def test_nobody_acts_for_the_desk_by_what_they_hold_as_a_customer(scheme: str) -> None:
    compared, reasons, wrong = compare(scheme, [(f"desk.{name}", None) for name in DESK], At.PAGES)
    assert wrong == []
    assert compared == tried(scheme) * 18 * (4 * 15 if is_everything() else 3 * 10)
    assert set(reasons) == {"no_right", "not_a_contact"}


def test_nobody_acts_for_a_customer_by_what_they_hold_at_the_desk() -> None:
    compared, reasons, wrong = compare("desk", [cell for part in PARTS.values() for cell in part])
    assert wrong == []
    assert compared == tried("desk") * 25 * 4 * 2
    assert set(reasons) == {"unverified", "no_right", "not_a_contact"}
