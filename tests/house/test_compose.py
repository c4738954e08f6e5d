"""deploy/compose.yaml and deploy/Caddyfile fit the product: its settings, its routes, its image. No container was started here."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from deskgate.settings import Settings, read_settings
from tests.desk import SECRET, Desk
from tests.house.test_docs import routes
from tests.house.test_image import ENV, SAID
from tests.house.test_installing import EXAMPLE, LINE
from tests.house.test_names import ROOT

TEXT = (ROOT / "deploy" / "compose.yaml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
CADDYFILE = (ROOT / "deploy" / "Caddyfile").read_text("utf-8")
PAGE = (ROOT / "docs" / "compose.md").read_text("utf-8")
OWN = {"/healthz", "/readyz", "/metrics"}  # for the machine alone
OF_THE_IMAGES = {"POSTGRES_USER", "POSTGRES_PASSWORD"}  # PostgreSQL's


def filled(value: str, **given: str) -> str:
    """As compose fills in `${NAME:?what to do}`."""
    return re.sub(r"\$\{(\w+):\?[^}]+\}", lambda name: given[name[1]], value)


def test_the_services_and_what_each_waits_for() -> None:
    assert set(SERVICES) == {"deskgate", "postgres", "caddy"}
    waits = {name: service.get("depends_on", {}) for name, service in SERVICES.items()}
    healthy = {"condition": "service_healthy"}
    assert waits == {"postgres": {}, "deskgate": {"postgres": healthy}, "caddy": {"deskgate": healthy}}
    assert "healthcheck" in SERVICES["postgres"], "and Deskgate's is the image's"
    assert "command" not in SERVICES["deskgate"], "`serve` migrates first, as everywhere"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_sealed(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "caddy" else [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "/tmp" in service["tmpfs"]
    assert not {"privileged", "pid", "network_mode", "devices"} & set(service)
    if "build" not in service:
        assert re.fullmatch(r"[a-z]+:\d[\w.-]+", service["image"]), "pinned by tag"


def test_only_caddy_is_reached_and_the_database_reaches_nobody() -> None:
    assert {name for name in SERVICES if "ports" in SERVICES[name]} == {"caddy"}
    assert SERVICES["caddy"]["ports"] == ["0.0.0.0:80:80", "0.0.0.0:443:443"]
    assert SERVICES["postgres"]["networks"] == ["back"]
    assert COMPOSE["networks"]["back"] == {"internal": True}


def test_each_volume_is_declared_and_lies_where_the_image_keeps_things() -> None:
    places = dict(entry.split(":")[:2] for service in SERVICES.values() for entry in service["volumes"])
    named = {name: place for name, place in places.items() if not name.startswith("./")}
    assert set(named) == set(COMPOSE["volumes"])
    assert named["state"] == SAID["VOLUME"]
    assert ENV["RUNTIME_DIRECTORY"] in SERVICES["deskgate"]["tmpfs"]
    assert (ROOT / "deploy" / "Caddyfile").is_file()
    assert places["./Caddyfile"] == "/etc/caddy/Caddyfile"
    build = SERVICES["deskgate"]["build"]
    assert (ROOT / "deploy" / build["context"] / build["dockerfile"]).resolve() == ROOT / "deploy" / "Dockerfile"


def test_what_is_asked_of_the_env_file_is_a_setting_or_told_on_the_page() -> None:
    known = {name.upper() for name in Settings.model_fields}
    assert set(SERVICES["deskgate"]["environment"]) <= known
    assert set(SERVICES["postgres"]["environment"]) == OF_THE_IMAGES
    asked = set(re.findall(r"\$\{(\w+)", TEXT)) | set(re.findall(r"\{\$(\w+)", CADDYFILE))
    assert asked == {"PUBLIC_URL", "POSTGRES_PASSWORD"}
    assert asked - known == {"POSTGRES_PASSWORD"}
    for name in asked:
        assert name in PAGE


def test_the_example_with_a_password_added_is_a_desk_behind_caddy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in LINE.findall(EXAMPLE):
        monkeypatch.setenv(name, value)
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    for name, value in SERVICES["deskgate"]["environment"].items():
        monkeypatch.setenv(name, filled(value, POSTGRES_PASSWORD="0a1b"))
    monkeypatch.setenv("SECRET_KEYS", SECRET)
    settings = read_settings(_env_file=tmp_path / "none.env")
    assert not settings.simulated
    assert settings.database_url == "postgresql://deskgate:0a1b@postgres/deskgate"
    (subnet,) = COMPOSE["networks"]["front"]["ipam"]["config"]
    caddy = ip_address(SERVICES["caddy"]["networks"]["front"]["ipv4_address"])
    assert caddy in ip_network(subnet["subnet"])
    assert settings.proxies == (ip_network(f"{caddy}/32"),), "Caddy alone is believed about who asks"
    assert SERVICES["deskgate"]["networks"] == ["front", "back"]


def test_caddy_passes_on_every_route_of_a_live_desk_and_nothing_of_the_machines_own(sqlite_url: str) -> None:
    slack = {
        "SLACK_SIGNING_SECRET": "s",
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_CLIENT_ID": "1.2",
        "SLACK_CLIENT_SECRET": "x",
        "SLACK_TEAMS": "T0DESK",
    }
    phone = {"TWILIO_ACCOUNT_SID": f"AC{1:032}", "TWILIO_AUTH_TOKEN": "t", "TWILIO_NUMBER": "+441632960000"}
    desk = Desk(sqlite_url, **{name.lower(): value for name, value in (phone | slack).items()})
    there = {path.partition("{")[0] for path in routes(desk.app)}
    desk.close()
    (paths,) = re.findall(r"^\t@private path (.+)$", CADDYFILE, re.MULTILINE)
    private = re.compile("|".join(re.escape(path).replace(r"\*", ".*") for path in paths.split()))
    assert {"/ivr/voice", "/ivr/status", "/ivr/fallback", "/slack/events", "/desk", "/", "/sign-in", "/join/"} <= there
    assert {path for path in there if private.fullmatch(path)} == OWN
    assert private.fullmatch("/simulator/inbox")
    assert "\thandle @private {\n\t\trespond 404\n\t}\n\thandle {\n" in CADDYFILE


def test_caddy_asks_the_service_and_says_itself_who_asked() -> None:
    assert re.findall(r"reverse_proxy (\S+)", CADDYFILE) == [f"deskgate:{SAID['EXPOSE']}"]
    assert "{$PUBLIC_URL} {" in CADDYFILE
    for word in ("trusted_proxies", "header_up", "rewrite", "uri ", "strip_prefix", "\tlog"):
        assert word not in CADDYFILE, (
            f"{word.strip()}: the address, the path and the query go on as they came, and nowhere else"
        )


def test_a_stop_waits_for_what_is_under_way() -> None:
    assert int(SERVICES["deskgate"]["stop_grace_period"].removesuffix("s")) > 10, "longer than uvicorn waits"
