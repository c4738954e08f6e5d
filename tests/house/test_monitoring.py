"""deploy/monitoring: every expression asks for what /metrics has, every alert names a page and a line of the log that are there, and fires when it should. No Prometheus scraped it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from deskgate import metrics
from tests.channels.test_metrics import MIA
from tests.deploy_tools import Run
from tests.desk import Desk
from tests.house.test_log_events import described
from tests.house.test_names import ROOT

FOLDER = ROOT / "deploy" / "monitoring"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text("utf-8"))["groups"] for rule in group["rules"]
]
PANELS: list[dict[str, Any]] = [
    panel for panel in json.loads((FOLDER / "dashboard.json").read_text("utf-8"))["panels"] if panel["type"] != "row"
]
EXPRESSIONS = [rule["expr"] for rule in RULES] + [target["expr"] for panel in PANELS for target in panel["targets"]]
NOT_OURS = {"up", "node_filesystem_avail_bytes", "node_systemd_unit_state"}  # Prometheus' own, and the node exporter's
PAGE = (ROOT / "docs" / "monitoring.md").read_text("utf-8")
SERIES = re.compile(r"\b((?:deskgate|process|node)_\w+|up\b)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
OF_THE_SCRAPE = {"job", "instance"}


@pytest.fixture
def scraped(sample_sqlite: str) -> dict[str, dict[str, set[str]]]:
    """What a desk that has done something shows: by the name of a series, the values each label has had."""
    desk = Desk(sample_sqlite)
    desk.ring(MIA)
    found: dict[str, dict[str, set[str]]] = {}
    for family in text_string_to_metric_families(desk.client.get("/metrics").text):
        for sample in family.samples:
            there = found.setdefault(sample.name, {})
            for name, value in sample.labels.items():
                there.setdefault(name, set()).add(value)
    desk.close()
    return found


def test_every_expression_asks_for_what_there_is(scraped: dict[str, dict[str, set[str]]]) -> None:
    assert len(EXPRESSIONS) > 45
    for expression in EXPRESSIONS:
        asked = SERIES.findall(expression)
        assert asked, expression
        for name, matchers in asked:
            if name in NOT_OURS:
                continue
            assert name in scraped, f"{name} is no metric of ours: {expression}"
            for label, how, value in MATCHER.findall(matchers):
                if label in OF_THE_SCRAPE:
                    continue
                assert label in scraped[name], f"{name} has no label {label}"
                if how == "=" and label in ("alert", "company", "state", "event"):
                    assert value in scraped[name][label], f"{name} is never {label}={value}"
        for label in re.findall(r"\bby \(([^)]*)\)", expression):
            known = set().union(*(scraped.get(name, {}) for name, _ in asked)) | OF_THE_SCRAPE
            assert set(label.replace(" ", "").split(",")) <= known, expression


def test_every_event_an_alert_counts_is_there_before_it_happens() -> None:
    counted = {event for rule in RULES for event in re.findall(r'event="(\w+)"', rule["expr"])}
    assert len(counted) > 5
    assert counted <= metrics.WATCHED.keys()


def test_an_alert_says_what_is_wrong_which_page_to_open_and_which_line_goes_with_it() -> None:
    codes = described()
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names) > 20
    for rule in RULES:
        said = rule["annotations"]
        assert set(said) <= {"summary", "page", "event"}
        assert {"summary", "page"} <= set(said), rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert (ROOT / said["page"]).is_file(), said["page"]
        assert said.get("event", "job_failed") in codes, f"{said['event']} is in no line of the log"
        assert f"`{rule['alert']}`" in PAGE, f"docs/monitoring.md does not name {rule['alert']}"
    assert {re.sub(r"`", "", word) for word in re.findall(r"`Deskgate\w+`", PAGE)} == set(names)


def test_each_alert_is_tried_firing_and_none_in_a_quiet_desk() -> None:
    tried = yaml.safe_load((FOLDER / "alerts_test.yaml").read_text("utf-8"))["tests"]
    fire = {
        name
        for test in tried
        for one in test["promql_expr_test"]
        for sample in one["exp_samples"]
        for name in re.findall(r'alertname="(\w+)"', sample["labels"])
    }
    assert fire == {rule["alert"] for rule in RULES}
    assert [one["exp_samples"] for one in tried[0]["promql_expr_test"]] == [[]]
    quiet = {series["series"].partition("{")[0] for series in tried[0]["input_series"]}
    assert len(quiet) > 12


def test_promtool_finds_nothing_wrong_and_each_fires_when_it_should(promtool: Run, tmp_path: Path) -> None:
    checked = promtool("check", "rules", FOLDER / "alerts.yaml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"SUCCESS: {len(RULES)} rules found" in checked.stdout
    tested = promtool("test", "rules", FOLDER / "alerts_test.yaml")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert promtool("check", "config", "--syntax-only", FOLDER / "prometheus.yaml").returncode == 0
    for name in ("alerts.yaml", "alerts_test.yaml"):
        (tmp_path / name).write_text((FOLDER / name).read_text("utf-8").replace("seconds) > 60", "seconds) > 6000"))
    assert promtool("test", "rules", tmp_path / "alerts_test.yaml").returncode == 1, "it sees nothing"


def test_the_dashboard_lies_on_its_grid_and_asks_one_source() -> None:
    places = [tuple(panel["gridPos"][one] for one in "xywh") for panel in PANELS]
    taken = [(x + dx, y + dy) for x, y, w, h in places for dx in range(w) for dy in range(h)]
    assert len(taken) == len(set(taken)), "one panel lies on another"
    assert max(x for x, _ in taken) < 24
    assert len({panel["id"] for panel in PANELS}) == len(PANELS) > 18
    for panel in PANELS:
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
