"""T55: Another help desk is asked at no address inside the operator's network that is not listed, and nothing is written there before it was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import select, update

from deskgate.settings import SettingError, read_settings
from store import tables
from tests.desk import Desk
from tests.ivr.wire import change, rows
from tests.portal.test_files import MIA, known, opened
from tests.serving import listening


@pytest.fixture
def door() -> Iterator[str]:
    """An address at which somebody would hear a knock."""
    with listening() as listener:
        listener.listen()
        listener.setblocking(False)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_an_address_inside_the_network_is_not_asked(sample_sqlite: str, door: str) -> None:
    with closing(Desk(sample_sqlite, rt_url=door, rt_user="deskgate", rt_token="1-2-sesame")) as desk:
        assert desk.container.help_desk is not None
        desk.container.help_desk.look()
        opened(desk, known(desk, MIA))
        desk.work()
        j = tables.jobs.c
        owed = select(j.error).where(j.kind == "help_desk.ticket", j.done_at.is_(None))
        assert [row.error for row in rows(desk, owed)] == ["the help desk has not been looked at yet"]
        change(desk, tables.help_desk_positions.insert().values(name="transactions", seen=0, leased_until=0))
        change(desk, update(tables.jobs).where(j.kind == "help_desk.ticket").values(run_at=0))
        desk.work()
        ((why,),) = rows(desk, owed)
        assert why == "RT_URL: it is an address inside a network: list it in WEBHOOK_NETWORKS if it is yours"
        found = desk.container.help_desk.help_desk.trouble()
        assert found == why, "deskgate doctor says the same"


def test_settings_that_do_not_go_together_are_said_and_no_secret_is_shown() -> None:
    with pytest.raises(SettingError, match="RT_USER: is missing"):
        read_settings(_env_file=None, rt_url="https://rt.example", rt_token="1-2-sesame")
    with pytest.raises(SettingError, match="RT_TOKEN: is missing"):
        read_settings(_env_file=None, rt_url="https://rt.example", rt_user="deskgate")
    with pytest.raises(SettingError, match="RT_URL: must be a base URL"):
        read_settings(_env_file=None, rt_url="https://me:sesame@rt.example", rt_user="deskgate", rt_token="1")
    settings = read_settings(_env_file=None, rt_url="https://rt.example", rt_user="deskgate", rt_token="1-2-sesame")
    assert "sesame" not in repr(settings)
