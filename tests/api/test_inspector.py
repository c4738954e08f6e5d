"""`/mcp` by the inspector that the protocol's authors publish: none of our code is on the other side."""

from __future__ import annotations

import pytest

from api.mcp.tools import TOOLS
from store import tables
from tests.api.asking import OLIVIA
from tests.api.assisting import lets_help, opened, served, signed_in, takes
from tests.desk import Desk
from tests.ivr.wire import change
from tests.mcp_inspector import Inspect


def test_it_lists_reads_and_is_refused(one_desk: Desk, inspector: Inspect) -> None:
    number = opened(one_desk, OLIVIA, "200417", "The shop is slow.")
    kim = signed_in(one_desk)
    page = takes(kim, number)
    token = lets_help(kim, page)
    with served(one_desk) as server:
        listed = inspector(server.url, token, "tools/list")
        assert (listed.code, listed.error) == (0, ""), "and it finds nothing to say about a schema"
        assert [tool["name"] for tool in listed.told["tools"]] == list(TOOLS)
        told = inspector(server.url, token, "tools/call", "messages", case=f"ticket:{number}")
        (said,) = told.told["structuredContent"]["messages"]
        assert said["words"] == "<written-by-others>The shop is slow.</written-by-others>"
        other = inspector(server.url, token, "tools/call", "card", case=f"ticket:{number + 1}")
        assert (other.code, other.told["structuredContent"]["refused"]) == (5, "not_its_case")
        kim.get(page)
        kim.send(f"{page}/assistant/withdraw")
        ended = inspector(server.url, token, "tools/list")
        assert (ended.code, ended.told) == (3, None)
        assert "auth_required" in ended.error


@pytest.mark.long_story
def test_it_calls_each_tool_and_a_made_up_token_is_as_an_ended_one(one_desk: Desk, inspector: Inspect) -> None:
    number = opened(one_desk, OLIVIA, "200417", "The shop is slow.")
    change(one_desk, tables.canned_answers.insert().values(title="Restart", words="Dear {name}, we restarted it."))
    kim = signed_in(one_desk)
    token, case = lets_help(kim, takes(kim, number)), f"ticket:{number}"
    wanted: dict[str, dict[str, str]] = {name: {} for name in TOOLS}
    wanted |= {"draft_answer": {"words": "We look."}, "note": {"words": "Cache?"}, "ask_for_proof": {"what": "pin"}}
    wanted["suggest_canned_answer"] = {"answer": "1"}
    with served(one_desk) as server:
        for tool, given in wanted.items():
            came = inspector(
                server.url, token, "tools/call", tool, **({"case": case} if tool != "cases" else {}), **given
            )
            refused = "not_a_call" if tool == "ask_for_proof" else None
            assert came.told["structuredContent"].get("refused") == refused, tool
            assert came.code == (5 if refused else 0)
        for none in ("dga_" + "x" * 86, "x"):
            assert inspector(server.url, none, "tools/list").code == 3
