"""`deskgate slack install`: the link by which somebody may begin to install the Slack app."""

from __future__ import annotations

import re

from store.slack import installations
from tests.cli.conftest import Shell


def test_t34_a_link_is_printed_where_the_app_is_installed_by_oauth(light: Shell) -> None:
    assert "SLACK_CLIENT_ID" in light.refuses("slack", "install")
    oauth = {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "x" * 32, "SLACK_TEAMS": "T0DESK,T0OTHER"}
    light.set(SLACK_SIGNING_SECRET="s" * 32, **oauth)
    link, words = light.run("slack", "install").out.splitlines()
    assert re.fullmatch(r"http://localhost:8000/slack/install\?invited=[0-9a-f]{75}", link)
    assert words == "For whoever installs it in T0DESK or T0OTHER: it is good for 24 hours."
    assert installations.INVITED_FOR == 24 * 3_600_000
