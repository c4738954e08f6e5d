"""deploy/helm: what the chart renders is what Kubernetes takes, sealed, and open to the world where the product is. Helm rendered it; no cluster ran it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from deskgate.settings import Settings, read_settings
from tests.deploy_tools import Run
from tests.desk import SECRET, Desk
from tests.house.test_compose import OWN
from tests.house.test_docs import routes
from tests.house.test_image import ENV, SAID
from tests.house.test_names import PROJECT, ROOT

CHART = ROOT / "deploy" / "helm" / "deskgate"
EXAMPLE = ROOT / "deploy" / "helm" / "example.yaml"
PAGE = (ROOT / "docs" / "kubernetes.md").read_text("utf-8")
SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
VALUES = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
EVERYTHING = (  # each branch of a template that the example does not enter
    *("--set", "schemesConfigMap=schemes", "--set", "migrationSecret=owner", "--set", "state.storageClass=fast"),
    *(
        "--set",
        f"image.digest=sha256:{'0' * 64}",
        "--set",
        "image.pullSecrets[0]=registry",
        "--set",
        "nodeSelector.disk=ssd",
    ),
    *("--set", "tolerations[0].operator=Exists", "--set", "podAnnotations.a=b", "--set", "replicas=3"),
    *("--set", "networkPolicy.database.to[0].ipBlock.cidr=192.0.2.7/32", "--set", "affinity.podAntiAffinity=null"),
)


def objects(helm: Run, *more: str, release: str = "deskgate") -> list[dict[str, Any]]:
    said = helm("template", release, CHART, "--values", EXAMPLE, "--kube-version", "1.31.0", *more)
    assert said.returncode == 0, said.stderr
    return [one for one in yaml.safe_load_all(said.stdout) if one]


def only(found: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    (one,) = [one for one in found if one["kind"] == kind]
    return one


def pods(found: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in found:
        spec = one["spec"].get("jobTemplate", one).get("spec", {})
        if one["kind"] in ("StatefulSet", "Job", "CronJob"):
            yield one["kind"], spec["template"]["spec"]


def test_helm_finds_nothing_wrong(helm: Run) -> None:
    said = helm("lint", "--strict", CHART, "--values", EXAMPLE)
    assert said.returncode == 0, said.stdout
    assert "0 chart(s) failed" in said.stdout
    assert "[WARNING]" not in said.stdout


def test_nothing_is_installed_without_what_is_the_operators_to_say(helm: Run) -> None:
    said = helm("template", "deskgate", CHART)
    assert said.returncode == 1
    for name in ("repository", "existingSecret", "publicUrl", "proxies", "tlsSecret"):
        assert name in said.stderr, f"{name}: {said.stderr}"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("settings.SECRET_KEYS=x", "SECRET_KEYS"),
        ("publicUrl=http://desk.example", "publicUrl"),
        ("networkPolicy.from=null", "networkPolicy.from"),
        ("replica=2", "replica"),
        ("proxies=null", "proxies"),
    ],
)
def test_a_value_that_would_open_or_leak_something_is_refused(helm: Run, wrong: str, why: str) -> None:
    said = helm("template", "deskgate", CHART, "--values", EXAMPLE, "--set", wrong)
    assert said.returncode == 1
    assert why in said.stderr


def test_no_secret_can_be_written_into_the_values() -> None:
    refused = set(SCHEMA["properties"]["settings"]["propertyNames"]["not"]["enum"])
    secret = {name.upper() for name, field in Settings.model_fields.items() if not field.repr}
    assert len(secret) > 8
    assert refused == secret | {"DATABASE_URL", "PUBLIC_URL", "PROXIES", "DESKGATE_ENV", "SCHEMES_DIR"}
    assert set(VALUES) == set(SCHEMA["properties"]) - {"global"}
    for name in VALUES:
        assert f"`{name}`" in PAGE or f"`{name}." in PAGE, f"docs/kubernetes.md does not say what {name} is"


@pytest.mark.parametrize("more", [(), EVERYTHING], ids=["example", "everything"])
@pytest.mark.parametrize("version", ["1.27", "1.37"])
def test_kubernetes_takes_what_is_rendered(helm: Run, kubernetes: Path, version: str, more: tuple[str, ...]) -> None:
    folder = kubernetes / f"v{version}.0-local-strict"
    definitions = Resource.from_contents(json.loads((folder / "_definitions.json").read_text()), DRAFT7)
    registry = Registry().with_resource("_definitions.json", definitions)
    found = objects(helm, *more)
    assert len(found) == 8
    for one in found:
        group, _, number = one["apiVersion"].rpartition("/")
        name = "-".join(filter(None, (one["kind"].lower(), group.partition(".")[0], number)))
        schema = json.loads((folder / f"{name}.json").read_text())
        check = jsonschema.Draft7Validator(schema, registry=registry)
        assert [fault.message for fault in check.iter_errors(one)] == [], name
        assert list(check.iter_errors(one | {"specification": {}})), f"{name}: the schema is open"


def test_every_pod_is_sealed(helm: Run) -> None:
    found = dict(pods(objects(helm, *EVERYTHING)))
    assert set(found) == {"StatefulSet", "Job", "CronJob"}
    user = int(SAID["USER"].partition(":")[0])
    for kind, pod in found.items():
        assert pod["automountServiceAccountToken"] is False, kind
        assert pod["enableServiceLinks"] is False, "DESKGATE_PORT=tcp://… would be taken for a setting"
        sealed = pod["securityContext"]
        assert (sealed["runAsNonRoot"], sealed["runAsUser"], sealed["seccompProfile"]) == (
            True,
            user,
            {"type": "RuntimeDefault"},
        )
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["image"] == f"registry.example/deskgate@sha256:{'0' * 64}"
        assert {"name": "state", "mountPath": SAID["VOLUME"]} in container["volumeMounts"]
        mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
        assert {ENV["STATE_DIRECTORY"], ENV["RUNTIME_DIRECTORY"]} <= mounted, "what the image writes to"
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
        assert {"limits", "requests"} <= container["resources"].keys()


def test_a_pod_keeps_what_it_has_seen_of_the_database(helm: Run) -> None:
    """Decision 0011: a file for each machine, which outlives the pod and lies not in the database."""
    made = only(objects(helm), "StatefulSet")["spec"]
    (claim,) = made["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == "state"
    assert made["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}


def test_the_service_starts_as_it_is_told_after_the_database_was_migrated(
    helm: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = objects(helm, "--set", "migrationSecret=owner")
    (web,) = only(found, "StatefulSet")["spec"]["template"]["spec"]["containers"]
    assert web["args"] == ["serve", "--host", "0.0.0.0", "--no-migrate", "--workers", "1"]
    assert web["ports"] == [{"name": "http", "containerPort": int(SAID["EXPOSE"])}]
    probes = {name: web[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")}
    assert probes == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}
    hook = only(found, "Job")
    assert hook["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    (migrate,) = hook["spec"]["template"]["spec"]["containers"]
    assert migrate["args"] == ["migrate"]
    assert [one["secretRef"]["name"] for one in migrate["envFrom"]] == ["deskgate", "owner"], "the later one counts"

    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    given = {one["name"]: one["value"] for one in web["env"]}
    assert set(given) <= {name.upper() for name in Settings.model_fields}
    for name, value in (
        given | {"DATABASE_URL": "postgresql://deskgate:0@db.example/deskgate", "SECRET_KEYS": SECRET}
    ).items():
        monkeypatch.setenv(name, value)
    settings = read_settings(_env_file=tmp_path / "none.env")
    assert (settings.deskgate_env, settings.public_url) == ("production", "https://desk.example")
    assert [str(network) for network in settings.proxies] == ["10.42.0.0/16"]


def test_the_world_reaches_every_route_of_a_live_desk_and_nothing_of_the_machines_own(
    helm: Run, sqlite_url: str
) -> None:
    slack = {
        "slack_signing_secret": "s",
        "slack_bot_token": "xoxb-1",
        "slack_client_id": "1.2",
        "slack_client_secret": "x",
        "slack_teams": "T0DESK",
    }
    phone = {"twilio_account_sid": f"AC{1:032}", "twilio_auth_token": "t", "twilio_number": "+441632960000"}
    desk = Desk(sqlite_url, **(phone | slack))
    there = {path.partition("{")[0] for path in routes(desk.app)}
    desk.close()
    spec = only(objects(helm), "Ingress")["spec"]
    (rule,) = spec["rules"]
    assert rule["host"] == "desk.example"
    assert spec["tls"] == [{"hosts": ["desk.example"], "secretName": "desk-example-tls"}]
    paths = {(one["path"], one["pathType"]) for one in rule["http"]["paths"]}

    def passed_on(path: str) -> bool:  # as Kubernetes reads them: Prefix goes by whole segments
        return any(path == at or (kind == "Prefix" and path.startswith(f"{at}/")) for at, kind in paths)

    assert len(there) > 50
    assert {path for path in there if not passed_on(path)} == OWN
    for path in ("/simulator", "/simulator/inbox", "/metricsx", "/nowhere", *OWN):
        assert not passed_on(path), path


def test_only_the_ingress_controller_reaches_a_pod(helm: Run) -> None:
    policy = only(objects(helm), "NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    (rule,) = policy["ingress"]
    assert rule["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}]
    assert rule["ports"] == [{"port": "http"}]
    ports = [port["port"] for way in policy["egress"] for port in way["ports"]]
    assert ports == [53, 53, 5432, 443, 465, 587]


def test_two_releases_share_no_name_and_no_pod(helm: Run) -> None:
    one, other = objects(helm), objects(helm, release="second")
    names = [{(made["kind"], made["metadata"]["name"]) for made in found} for found in (one, other)]
    assert not names[0] & names[1]
    picked = [only(found, "StatefulSet")["spec"]["selector"]["matchLabels"] for found in (one, other)]
    assert picked[0] != picked[1]


def test_the_chart_is_of_the_version_that_the_product_is_of() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert chart["version"] == chart["appVersion"] == PROJECT["project"]["version"]
    assert re.search(r"Helm .*has linted and rendered", PAGE), "what was tried, and what was not"
