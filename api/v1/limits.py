"""How often a key may ask, and what its headers say of it (draft-ietf-httpapi-ratelimit-headers)."""

from __future__ import annotations

from typing import NamedTuple

from api.v1.problems import ProblemError
from store import Transaction
from store.api_keys.api_keys import FoundKey
from store.security import budgets
from store.security.budgets import MINUTE, Limit

OF_A_CUSTOMER, OF_THE_OPERATOR = 120, 1_200  # in a minute: half at once, half as time passes


class Spent(NamedTuple):
    """The headers of the answer, and why there is to be none."""

    headers: dict[str, str]
    problem: ProblemError | None


def spend(tx: Transaction, key: FoundKey) -> Spent:
    """One request of a key. Where none is left nothing is charged."""
    most = OF_THE_OPERATOR if key.person is None else OF_A_CUSTOMER
    limit = Limit(f"api:{key.id}", most // 2, MINUTE // (most // 2))
    locked = budgets.lock(tx, (limit,))
    spent = locked.spent is not None
    budgets.settle(tx, locked, () if spent else (limit,))
    left = max(budgets.left(tx, locked, limit) - (not spent), 0)
    free = -(-max(budgets.free_at(tx, locked, (limit,)) - tx.now, limit.every) // 1000)
    headers = {
        "RateLimit-Policy": f'"key";q={most};w={MINUTE // 1000}',
        "RateLimit": f'"key";r={left};t={free if not left else 0}',
    }
    return Spent(headers, ProblemError("too-often", headers=headers | {"Retry-After": str(free)}) if spent else None)
