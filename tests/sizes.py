"""How much of the suite runs: what people run at every change, or with `--everything` all of it.

Without `--everything` the doors are tried on SQLite alone, but for what is marked `both_databases`; `tests/store` always runs
on both. Examples made by Hypothesis are fewer: `size` scales a number of them. The last lines of a run say what was left out.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import hypothesis
import pytest

STORE: Final = Path(__file__).parent / "store"
EVERYTHING: Final = "--everything"
FEW, MANY = 20, 100  # examples of a test that does not say how many


def is_everything() -> bool:
    """Whether all of the suite runs. For what is decided at import; a test asks its `config`."""
    return bool(os.environ.get(_SET))


def size(everything: int, quick: int | None = None) -> int:
    """How many examples a test takes: `everything` of them, or about a fifth (or `quick`) in the run at every change."""
    return everything if is_everything() else (quick or max(1, everything // 5))


_SET: Final = "DESKGATE_TEST_EVERYTHING"  # for the workers of xdist, and for settings that are read at import


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(EVERYTHING, action="store_true", help="every test on both databases, and all examples")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.getoption(EVERYTHING):
        os.environ[_SET] = "1"
    examples = MANY if config.getoption(EVERYTHING) else FEW
    # A busy machine is no fault of the code: an example may take its time.
    hypothesis.settings.register_profile("house", deadline=None, max_examples=examples)
    hypothesis.settings.load_profile("house")


def is_extra(item: pytest.Item) -> bool:
    """Whether a test repeats on PostgreSQL what has nothing to do with the database."""
    parameters = getattr(item, "callspec", None)
    on_postgres = parameters is not None and "postgresql" in (
        parameters.params.get("sample_url"),
        parameters.params.get("store_url"),
    )
    return on_postgres and STORE not in item.path.parents and item.get_closest_marker("both_databases") is None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """At every change those of `one_sample_url` are not made for PostgreSQL and then left out: there are a thousand."""
    if "one_sample_url" in metafunc.fixturenames and metafunc.config.getoption(EVERYTHING):
        metafunc.parametrize("one_sample_url", ["sqlite", "postgresql"], indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption(EVERYTHING):
        return
    extra = [item for item in items if is_extra(item)]
    if extra:
        kept = set(items) - set(extra)
        items[:] = [item for item in items if item in kept]
        config.hook.pytest_deselected(items=extra)
        config.stash[_LEFT_OUT] = len(extra)


_LEFT_OUT: Final = pytest.StashKey[int]()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(_LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    config: pytest.Config = node.config  # type: ignore[attr-defined]
    config.stash[_LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)  # every worker collects everything


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if left_out := config.stash.get(_LEFT_OUT, 0):
        terminalreporter.write_line(f"On SQLite alone: {left_out} tests; `make test-all` runs them on PostgreSQL too.")
