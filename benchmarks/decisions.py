"""How long one decision takes, beside Cedar and pycasbin on the same Memset rules: `python -m benchmarks.decisions [--questions 300] [--rounds 9]`."""

import argparse
import gc
import json
import logging
import random
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any, NamedTuple

import casbin  # type: ignore[import-untyped]
from casbin.model import FastModel  # type: ignore[import-untyped]
from cedarpy import Entities, PolicySet, is_authorized, is_authorized_batch

from authz import CELLS, Action, Ask, At, Grant, Proof, Standing, Status, Subject, Topic, judge, load_schemes
from tests.authz.hand_table import TABLES, every_holding, opinion
from tests.authz.hand_typed import LEFT_TO_THE_OWNER_OF_A_CLOSED_ACCOUNT, REFUSED_ON_A_SUSPENDED_ACCOUNT

CEDAR = Path(__file__).parents[1] / "tests" / "authz" / "cedar"
MEMSET = load_schemes()["memset"]
TABLE = TABLES["memset"]
POLICIES = (CEDAR / "memset.cedar").read_text() + (CEDAR / "floors.cedar").read_text()

QUESTIONS = 300
ROUNDS = 9

CASBIN_MODEL = """
[request_definition]
r = action, topic, held, own, proof, status, sla
[policy_definition]
p = action, topic, holding, proof, when, closed, suspended
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.action == p.action && r.topic == p.topic && r.own && has(r.held, p.holding) && proven(r.proof, p.proof) && \
    covered(r.sla, p.when) && works(r.status, r.held, p.closed, p.suspended)
"""


class Facts(NamedTuple):
    """What a database would say of a person and an account, and what Cedar calls the two."""

    words: tuple[str, ...]
    own: bool
    status: str
    sla: bool
    person: str
    account: str


class Question(NamedTuple):
    """One thing to be decided, with what an engine is given beforehand; the ask itself is built inside the timing."""

    action: Action
    topic: Topic | None
    proof: Proof
    standing: Standing
    facts: Facts
    allowed: bool


Engine = Callable[[list[Question]], list[bool]]
JUDGE = "judge"
JUDGE_ANEW = "judge, standing built too"


def any_questions(chance: random.Random) -> Iterator[Question]:
    """One after the other of all that can be asked under Memset's rules, each once."""
    holdings, cells, yes_or_no = list(every_holding(TABLE.words)), list(TABLE.answers), (True, False)
    seen = set[object]()
    while True:
        held, cell, own = chance.choice(holdings), chance.choice(cells), chance.choice(yes_or_no)
        proof, status, sla = chance.choice(list(Proof)), chance.choice(list(Status)), chance.choice(yes_or_no)
        if (drawn := (held, cell, own, proof, status, sla)) in seen:
            continue
        seen.add(drawn)
        name, _, topic = cell.partition(":")
        words = tuple(sorted(held))
        yield Question(
            Action(name),
            Topic(topic) if topic else None,
            proof,
            Standing(Subject("person:1"), 1 if own else 2, MEMSET, status, held, frozenset({"sla"} if sla else ())),
            Facts(words, own, status.value, sla, "+".join(words), account_name(own, status.value, sla)),
            opinion(TABLE, held, cell, proof.word, status.value, sla, own).allowed,
        )


def ask_judge(questions: list[Question]) -> list[bool]:
    answers = []
    for action, topic, proof, standing, _, _ in questions:
        answers.append(type(judge(Ask(Subject("person:1"), action, 1, topic, proof, at=At.PAGES), standing)) is Grant)
    return answers


def ask_judge_anew(questions: list[Question], forget: bool = False) -> list[bool]:
    """The standing made from a row's plain words, too."""
    answers = []
    for action, topic, proof, _, (words, own, status, sla, _, _), _ in questions:
        if forget:
            MEMSET.memo.clear()
        facts = frozenset(("sla",)) if sla else frozenset()
        standing = Standing(Subject("person:1"), 1 if own else 2, MEMSET, Status(status), frozenset(words), facts)
        answers.append(type(judge(Ask(Subject("person:1"), action, 1, topic, proof, at=At.PAGES), standing)) is Grant)
    return answers


def account_name(own: bool, status: str, sla: bool) -> str:
    return f"{'own' if own else 'other'} {status} {sla}"


def uid(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "id": name}


def entity(kind: str, name: str, parents: list[dict[str, str]], **attributes: object) -> dict[str, Any]:
    return {"uid": uid(kind, name), "attrs": attributes, "parents": parents}


ROLES = [entity("Role", word, [uid("Scheme", "memset")]) for word in TABLE.words]
ACTIONS = [entity("Action", name, [uid("Action", "customer")]) for name in sorted({c.split(":")[0] for c in CELLS})]


def request(q: Question) -> dict[str, Any]:
    return {
        "principal": {"type": "Person", "id": q.facts.person},
        "action": {"type": "Action", "id": q.action},
        "resource": {"type": "Account", "id": q.facts.account},
        "context": {"proof": q.proof, "topic": q.topic} if q.topic else {"proof": q.proof},
    }


def this_person_and_account(facts: Facts) -> list[dict[str, Any]]:
    mine = [uid("Role", word) for word in facts.words] + ([uid("Account", facts.account)] if facts.own else [])
    account = entity("Account", facts.account, [], status=facts.status, managed_platform_sla=facts.sla)
    return [account, entity("Person", facts.person, mine)]


def whole_world() -> Entities:
    """Everyone and every account there can be, parsed once: kinder to Cedar than a service could be."""
    entities = [*ROLES, *ACTIONS]
    own = []
    for mine, status, sla in product((True, False), Status, (True, False)):
        name = account_name(mine, status.value, sla)
        entities.append(entity("Account", name, [], status=status.value, managed_platform_sla=sla))
        if mine:
            own.append(uid("Account", name))
    for held in every_holding(TABLE.words):
        entities.append(entity("Person", "+".join(sorted(held)), own + [uid("Role", word) for word in held]))
    return Entities.from_json_str(json.dumps(entities))


def ask_cedar(policies: PolicySet, world: Entities, questions: list[Question]) -> list[bool]:
    return [is_authorized(request(q), policies, world).allowed for q in questions]


def ask_cedar_in_one_batch(policies: PolicySet, world: Entities, questions: list[Question]) -> list[bool]:
    return [result.allowed for result in is_authorized_batch([request(q) for q in questions], policies, world)]


def ask_cedar_anew(policies: PolicySet, base: Entities, questions: list[Question]) -> list[bool]:
    answers = []
    for q in questions:
        world = base.with_added_json_str(json.dumps(this_person_and_account(q.facts)))
        answers.append(is_authorized(request(q), policies, world).allowed)
    return answers


def ask_cedar_text(questions: list[Question]) -> list[bool]:
    return [
        is_authorized(request(q), POLICIES, [*ROLES, *ACTIONS, *this_person_and_account(q.facts)]).allowed
        for q in questions
    ]


def works(status: str, held: frozenset[str], closed: str, suspended: str) -> bool:
    if status == "closed":
        return closed == "owner" and "admin_contact" in held
    return status == "active" or suspended == "stays"


def with_the_memset_table(enforcer: casbin.Enforcer) -> casbin.Enforcer:
    enforcer.add_function("has", lambda held, holding: held.issuperset(holding.split("+")))
    enforcer.add_function("proven", lambda proof, needed: proof >= int(needed))
    enforcer.add_function("covered", lambda sla, when: sla or when != "sla")
    enforcer.add_function("works", works)
    for cell, answers in TABLE.answers.items():
        action, _, topic = cell.partition(":")
        needed = str(int(Proof.of(TABLE.proof[cell]))) if TABLE.proof[cell] != "-" else "0"
        closed = "owner" if cell in LEFT_TO_THE_OWNER_OF_A_CLOSED_ACCOUNT else "nobody"
        suspended = "refused" if cell in REFUSED_ON_A_SUSPENDED_ACCOUNT else "stays"
        for holding, answer in answers.items():
            # A set held together needs no line of its own where one of its words has a yes already.
            if answer.yes and not any(answers[word].yes for word in holding.split("+") if word != holding):
                when = answer.condition or "-"
                enforcer.add_policy(action, topic or "-", holding, needed, when, closed, suspended)
    return enforcer


def ask_casbin(enforcer: casbin.Enforcer, questions: list[Question]) -> list[bool]:
    answers = []
    for action, topic, proof, standing, (_, own, status, sla, _, _), _ in questions:
        answers.append(enforcer.enforce(action, topic or "-", standing.held, own, proof, status, sla))
    return answers


class Row(NamedTuple):
    """An engine, how often a round repeats the questions, and the row whose time its own is divided by."""

    name: str
    engine: Engine
    repeats: int
    against: str


def rows() -> list[Row]:
    logging.getLogger("casbin").setLevel(logging.ERROR)
    policies, world = PolicySet.from_str(POLICIES), whole_world()
    base = Entities.from_json_str(json.dumps([*ROLES, *ACTIONS]))
    plain = with_the_memset_table(casbin.Enforcer(casbin.Enforcer.new_model(text=CASBIN_MODEL)))
    model = FastModel([0, 1])
    model.load_model_from_text(CASBIN_MODEL)
    fast = with_the_memset_table(casbin.FastEnforcer(model, cache_key_order=[0, 1]))
    return [
        Row(JUDGE, ask_judge, 30, JUDGE),
        Row("cedarpy, parsed handles", partial(ask_cedar, policies, world), 1, JUDGE),
        Row("cedarpy, parsed handles, one batch", partial(ask_cedar_in_one_batch, policies, world), 1, JUDGE),
        Row("pycasbin", partial(ask_casbin, plain), 1, JUDGE),
        Row("pycasbin, FastEnforcer by action", partial(ask_casbin, fast), 1, JUDGE),
        Row(JUDGE_ANEW, ask_judge_anew, 20, JUDGE_ANEW),
        Row("judge, its memo emptied each time", partial(ask_judge_anew, forget=True), 10, JUDGE_ANEW),
        Row("cedarpy, handles, standing added", partial(ask_cedar_anew, policies, base), 1, JUDGE_ANEW),
        Row("cedarpy, everything as text", ask_cedar_text, 1, JUDGE_ANEW),
    ]


def timed(engine: Engine, questions: list[Question], repeats: int) -> float:
    """Microseconds of processor time for one decision."""
    gc.collect()
    gc.disable()
    try:
        start = process_time()
        for _ in range(repeats):
            engine(questions)
        return (process_time() - start) / repeats / len(questions) * 1e6
    finally:
        gc.enable()


def questions_of_each_kind(count: int) -> dict[str, list[Question]]:
    """Drawn from all that can be asked under Memset's rules, the same each time; a no is one the table must give."""
    chance = random.Random(2026)
    yes, no = list[Question](), list[Question]()
    for question in any_questions(chance):
        if question.allowed:
            yes.append(question)
        elif question.facts.own and question.proof >= Proof.VERIFIED:
            no.append(question)
        if min(len(yes), len(no)) >= count:
            break
    kinds = {"yes": yes[:count], "no": no[:count]}
    kinds["mixed"] = kinds["yes"][: count // 2] + kinds["no"][: count // 2]
    chance.shuffle(kinds["mixed"])
    return kinds


def measure(table: list[Row], kinds: dict[str, list[Question]], rounds: int) -> dict[tuple[str, str], list[float]]:
    """Microseconds by row and kind of question, one figure a round; the rows take turns within each round."""
    for row, questions in product(table, kinds.values()):
        wrong = [q for q, said in zip(questions, row.engine(questions), strict=True) if said != q.allowed]
        assert not wrong, f"{row.name} answers otherwise: {wrong[0]}"
    times: dict[tuple[str, str], list[float]] = {(row.name, kind): [] for row, kind in product(table, kinds)}
    for _ in range(rounds):
        for (kind, questions), row in product(kinds.items(), table):
            times[row.name, kind].append(timed(row.engine, questions, row.repeats))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    kinds, table = questions_of_each_kind(options.questions), rows()
    times = measure(table, kinds, options.rounds)
    print(
        f"µs a decision, the ask built inside: {options.questions} questions of each kind, median of {options.rounds} rounds"
    )
    print(f"{'':36}" + "".join(f"{kind:>9}" for kind in kinds) + "   times the judge's (yes, no, mixed)")
    for row in table:
        if row.name == row.against:
            print()
        medians = "".join(f"{median(times[row.name, kind]):9.2f}" for kind in kinds)
        # The machine drifts, so a ratio is taken inside each round, and then the median of those.
        ratios = [
            median(a / b for a, b in zip(times[row.name, kind], times[row.against, kind], strict=True))
            for kind in kinds
        ]
        print(f"{row.name:36}{medians}   " + "  ".join(f"{ratio:5.1f}" for ratio in ratios))


if __name__ == "__main__":
    main()
