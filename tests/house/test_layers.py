"""Imports run one way. import-linter looks; here we see to it that it looks, and that it would object."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.api import read_configuration

ROOT = Path(__file__).parents[2]
CONTRACTS = [contract["name"] for contract in read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]]
PACKAGES = read_configuration(str(ROOT / "pyproject.toml"))["session_options"]["root_packages"]


def lint(where: Path) -> tuple[int, str]:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=where,
        env={**os.environ, "PYTHONPATH": str(where), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_every_contract_is_kept() -> None:
    code, said = lint(ROOT)
    assert code == 0, said
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in said
    assert len(CONTRACTS) >= 6


WRONG = [
    ("authz", "store"),
    ("authz", "sqlalchemy"),
    ("authz", "fastapi"),
    ("authz", "twilio"),
    ("authz", "slack_bolt"),
    ("authz", "time"),
    ("store", "desk"),
    ("store", "ivr"),
    ("desk", "bot"),
    ("desk", "twilio"),
    ("desk", "sqlalchemy"),
    ("store", "deskgate"),
    ("store", "twilio"),
    ("ivr", "simulator"),
    ("simulator", "ivr"),
    ("portal", "bot"),
    ("ivr", "portal"),
    ("portal", "sqlalchemy"),
    ("api", "portal"),
    ("bot", "api"),
    ("api", "sqlalchemy"),
    ("ivr", "sqlalchemy"),
    ("simulator", "sqlite3"),
    ("deskgate", "sqlalchemy"),
    ("deskgate", "store.tables"),
    ("deskgate", "simulator"),
    ("ivr", "store.db.statements"),
    ("store", "authz.grant"),
    ("store.accounts", "store.tickets"),
    ("store.calls", "store.tickets"),
    ("bot.views", "bot.inbound"),
    ("portal.customers", "portal.staff"),
]
IMPURE = [
    ("ivr.dialogue", "store.db"),
    ("ivr.menu", "ivr.store_desk"),
    ("ivr.ticket_list", "desk"),
    ("ivr.on_hold", "time"),
]


def ivr() -> list[str]:
    """Its files: which of them are the dialogue stands in the contract."""
    return [str(path.relative_to(ROOT)) for path in (ROOT / "ivr").glob("*.py")]


@pytest.fixture(scope="module")
def objections(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a tree under our contracts with every wrong import in it, each in a file of its own."""
    tree = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", tree)
    for package in PACKAGES:
        for room in (ROOT / package, *(path.parent for path in (ROOT / package).glob("*/__init__.py"))):
            (tree / room.relative_to(ROOT)).mkdir()
            (tree / room.relative_to(ROOT) / "__init__.py").touch()
    for single in (
        "store/db/statements.py",
        "authz/grant.py",
        "bot/router.py",
        "portal/router.py",
        "portal/routes.py",
        "deskgate/simulator_mount.py",
        "deskgate/simulate_command.py",
        *ivr(),
    ):
        (tree / single).touch()
    for importer, imported in IMPURE:
        (tree / f"{importer.replace('.', '/')}.py").write_text(f"import {imported}\n")
    for importer, imported in WRONG:
        wrong = tree / importer.replace(".", "/") / f"takes_{imported.replace('.', '_')}.py"
        wrong.write_text(f"import {imported}\n")
    code, said = lint(tree)
    assert code == 1, said
    return said


@pytest.mark.parametrize(("importer", "imported"), WRONG)
def test_a_wrong_import_is_seen(importer: str, imported: str, objections: str) -> None:
    assert f"{importer}.takes_{imported.replace('.', '_')} -> {imported}" in objections


@pytest.mark.parametrize(("importer", "imported"), IMPURE)
def test_the_dialogue_takes_nothing_that_is_not_pure(importer: str, imported: str, objections: str) -> None:
    assert f"{importer} -> {imported}" in objections
