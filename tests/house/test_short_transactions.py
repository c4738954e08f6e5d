"""H5: what is told stands on a standing read once in its transaction, so nothing slow happens before its COMMIT.

No call to Slack, Twilio or a mail server, no waiting and no hashing, inside `with … transaction(…)`.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
SLOW = {"call", "upload", "download", "send", "post", "change", "sleep", "direct", "run", "urlopen", "request"}
OF = {"api", "smtp", "posting", "rest", "pool", "time", "httpx", "client", "twilio"}


def slow_calls(source: str) -> tuple[list[str], int]:
    """What is slow within a transaction, and how many transactions were looked at."""
    found, seen = [], 0
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.With):
            continue
        if not any(
            ast.unparse(item.context_expr.func).endswith("transaction")
            for item in node.items
            if isinstance(item.context_expr, ast.Call)
        ):
            continue
        seen += 1
        for inner in (one for statement in node.body for one in ast.walk(statement)):
            if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
                whose = ast.unparse(inner.func.value).rpartition(".")[2]
                if inner.func.attr in SLOW and whose in OF:
                    found.append(f"line {inner.lineno}: {ast.unparse(inner.func)}")
    return found, seen


def test_h5_nothing_slow_happens_before_what_was_told_is_committed() -> None:
    seen, slow = 0, list[str]()
    for folder in ("api", "bot", "ivr", "portal", "deskgate", "store"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            found, many = slow_calls(path.read_text())
            seen, slow = seen + many, slow + [f"{path.relative_to(ROOT)}, {one}" for one in found]
    assert seen > 50
    assert slow == []
    assert slow_calls("with store.transaction('x') as tx:\n    posting.api.call('x')")[0], "this test sees nothing"
