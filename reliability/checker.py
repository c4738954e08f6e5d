"""Reads a desk's database, its ledger and the journal of what the world asked and received, and says which of twelve invariants does not hold.

    python -m reliability.checker URL [--journal FILE] [--keys SECRET_KEYS] [--secrets FILE] [--artefact FILE …] [--case REGEX]

Offline: the desk may run or not, nothing is asked of it and nothing is written. Without `--journal` what concerns the world is silent, without `--keys`
the ledger's MACs are not checked. `--secrets` is a file of a secret and its kind a line, a tab between them. Exits 1 where anything is wrong, and names it.

    from reliability.checker import check
    found = check(history.read(url, journal=path, keys=SECRET))     # empty: all twelve hold
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from reliability import history, judged_kept, judged_told
from reliability.history import CASE, History

Check = Callable[[History], Iterator[str]]
NAMED: Final = 20  # of one invariant; what more there is, is the same
INVARIANTS: Final[Mapping[str, Check]] = {
    "INV1": judged_told.acknowledged_tickets,
    "INV2": judged_told.disclosures_allowed,
    "INV3": judged_told.nobody_elses,
    "INV4": judged_kept.attempts_bounded,
    "INV5": judged_kept.revoked_stays_revoked,
    "INV6": judged_kept.accounts_keep_their_rules,
    "INV7": judged_kept.ledger_whole,
    "INV8": judged_told.once,
    "INV9": judged_told.no_secret,
    "INV10": judged_kept.decisions_have_reasons,
    "INV11": judged_told.errors_refuse,
    "INV12": judged_kept.changes_are_told,
}


class Finding(NamedTuple):
    invariant: str
    words: str


def check(of: History) -> list[Finding]:
    """All that is wrong; of each invariant the first twenty."""
    return [Finding(name, words) for name, judge in INVARIANTS.items() for words in islice(judge(of), NAMED)]


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("url")
    asked.add_argument("--journal", type=Path)
    asked.add_argument("--keys", default=os.environ.get("SECRET_KEYS", ""))
    asked.add_argument("--secrets", type=Path)
    asked.add_argument("--artefact", type=Path, action="append", default=[])
    asked.add_argument("--case", type=re.compile, default=CASE)
    given = asked.parse_args()
    lines = given.secrets.read_text("utf-8").splitlines() if given.secrets else []
    secrets = dict(line.split("\t", 1) for line in lines if line)
    of = history.read(
        given.url, journal=given.journal, keys=given.keys, secrets=secrets, artefacts=given.artefact, case=given.case
    )
    found = check(of)
    for name in INVARIANTS:
        wrong = [one.words for one in found if one.invariant == name]
        says = (INVARIANTS[name].__doc__ or "").partition(": ")[2].partition("\n")[0].strip()
        print(f"{name:6}{'BROKEN' if wrong else 'holds':8}{says}")
        print("".join(f"{'':8}{words}\n" for words in wrong), end="")
    print(
        f"{len(of.entries)} entries, {len(of.events)} events, {len(of.rows('tickets'))} tickets; {len(found)} things wrong"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
