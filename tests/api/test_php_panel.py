"""The button "verify this caller" of examples/verify-caller, served by PHP itself, on a desk that is served: what it shows, and what it does not fall for.

T57
"""

from __future__ import annotations

import base64
import hmac
import html
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import httpx2
import pytest
from standardwebhooks import Webhook

from store import tables
from store.webhooks import webhook_endpoints
from tests.api.asking import TIDEWORKS
from tests.api.verifying import answers, panel
from tests.channels.test_webhooks import operating
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.ivr.test_duress import PIN
from tests.ivr.wire import count
from tests.php import ROOT, Start
from tests.serving import serving

FOLDER: Final = "examples/verify-caller"
SECRET: Final = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CODE: Final = "".join(path.read_text("utf-8") for path in sorted((ROOT / FOLDER).glob("*.php")))
PAGE: Final = (ROOT / "docs" / "recipes" / "my-own-panel.md").read_text("utf-8")
NASTY: Final = "\"><script>alert('mia')</script>"


class Panel:
    """A browser of the panel's staff: it keeps cookies, and reads what stands on the page."""

    def __init__(self, at: str, password: str = "of the panel") -> None:
        self.http = httpx2.Client(base_url=at, auth=("kim", password), trust_env=False, timeout=60)
        self.page = ""
        self.at = httpx2.URL(f"{at}/")

    def get(self, path: str = "/", **query: str) -> httpx2.Response:
        answer = self.http.get(path, params=query or None)
        self.page, self.at = answer.text, answer.url
        return answer

    def fields(self) -> dict[str, str]:
        return dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', self.page))

    def start(self, **other: str) -> httpx2.Response:
        wanted = {"person": "mia.chen", "account": TIDEWORKS, "action": "ticket.open:technical", "way": "callback"}
        (action,) = re.findall(r'<form method="post" action="(.*?)">', self.page) or ["?"]
        answer = self.http.post(self.at.join(action), data={**self.fields(), **wanted, **other})
        if answer.is_redirect:
            return self.get(str(answer.url.join(answer.headers["location"])))
        self.page = answer.text
        return answer

    @property
    def says(self) -> str:
        (found,) = re.findall(r'<p role="status">(.*?)</p>', self.page, re.DOTALL)
        return " ".join(html.unescape(re.sub("<[^>]*>", "", found)).split())


class Both(NamedTuple):
    desk: Desk
    panel: Panel
    at: str
    key: str
    secret: str
    notes: Path

    def hook(self, body: bytes, headers: dict[str, str]) -> int:
        answer = httpx2.post(f"{self.at}/deskgate-webhook", content=body, headers=headers, trust_env=False, timeout=60)
        return answer.status_code

    def lately(self) -> list[dict[str, str]]:
        return [json.loads(path.read_text("utf-8")) for path in self.notes.glob("*.json")]


@pytest.fixture
def both(sample_sqlite: str, php: Start, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Both]:
    """At the root, or below a path that the test names, as the folder of a panel."""
    under: str = getattr(request, "param", "")
    hooks = "/index.php/deskgate-webhook" if under else "/deskgate-webhook"
    desk = Desk(sample_sqlite, **ACCOUNT, webhook_networks="127.0.0.0/8")
    desk.now = int(time.time() * 1000)  # whoever checks a signature looks at the clock on the wall
    key, notes = panel(desk).key, tmp_path / "notes"
    notes.mkdir()
    with desk.store.transaction("shell") as tx:
        # The panel has to be told the secret before it starts, and the desk where the panel is: so its address is put right below.
        id, secret = webhook_endpoints.add(
            tx, operating(tx), "http://127.0.0.1:1/deskgate-webhook", ["verification.ended"]
        )
    with serving(desk.app) as served:
        environment = {"DESKGATE_URL": served.url, "DESKGATE_KEY": key, "DESKGATE_WEBHOOK_SECRET": secret}
        at = php(FOLDER, under, **environment, PANEL_PASSWORD="of the panel", PANEL_NOTES=str(notes))
        with desk.store.transaction("test") as tx:
            w = tables.webhook_endpoints
            tx.connection.execute(w.update().where(w.c.id == id).values(url=f"{at}{hooks}"))
        yield Both(desk, Panel(at), at, key, secret, notes)
    desk.close()


def asked(desk: Desk) -> int:
    return count(desk, tables.verification_requests)


@pytest.mark.parametrize("both", ["", "/verify"], indirect=True)
def test_a_caller_is_verified_by_the_button(both: Both) -> None:
    kim = both.panel
    assert (httpx2.get(httpx2.URL(both.at).join("/"), trust_env=False).status_code == 404) == ("/verify" in both.at)
    assert "person" in kim.get("/", account=TIDEWORKS, person="mia.chen", action="ticket.open:technical").text
    assert f'value="{TIDEWORKS}"' in kim.page
    answer = kim.start()
    assert answer.status_code == 200
    assert answer.headers["refresh"] == "3"
    assert kim.says == "mia.chen is being asked. This page looks again every three seconds."
    mia = answers(both.desk)
    assert "a system of ours wants to know that it is you they are dealing with." in " ".join(mia.heard)
    mia.press(f"{PIN}#")
    mia.press("1")
    answer = kim.get(str(answer.url))
    assert "refresh" not in answer.headers
    assert kim.says.startswith(
        "Yes. mia.chen has proved who they are and may do this on account 400639: ticket.open:technical. It counts until 20"
    )
    assert both.lately() == [], "the desk's worker has not told yet"
    both.desk.work()
    (note,) = both.lately()
    assert (note["person"], note["state"], note["account"]) == ("mia.chen", "passed", TIDEWORKS)
    assert "mia.chen, account 400639, ticket.open:technical: passed" in kim.get("/").text
    for seen in (kim.page, answer.text, str(both.lately())):
        assert PIN not in seen
        assert both.key not in seen
        assert both.secret not in seen


def test_passed_is_no_yes(both: Both) -> None:
    both.panel.get()
    answer = both.panel.start(person="raj.patel", action="service.cancel")
    raj = answers(both.desk)
    raj.press("53960281#")
    raj.press("1")
    both.panel.get(str(answer.url))
    assert both.panel.says == "No. raj.patel has proved who they are, and may not do this: step_up."
    both.desk.pass_time(16 * 60)
    both.panel.get(str(answer.url))
    assert both.panel.says == "No. raj.patel has proved who they are, and may not do this: it counts no more."


def test_a_yes_with_a_limit_says_where_it_ends(both: Both) -> None:
    both.panel.get()
    answer = both.panel.start(person="bea.lund", account="200417", action="phone.support")
    bea = answers(both.desk)
    bea.press("90734682#")
    bea.press("1")
    both.panel.get(str(answer.url))
    assert both.panel.says.startswith("Yes, within a limit. bea.lund has proved who they are and may")
    assert "phone.support, but only as far as this goes: billing_topics. It counts" in both.panel.says


def test_somebody_else_and_nobody(both: Both) -> None:
    both.panel.get()
    answer = both.panel.start()
    mia = answers(both.desk)
    mia.press("*#")
    both.panel.get(str(answer.url))
    assert both.panel.says == "No. mia.chen has not proved who they are: failed, not_me."
    both.panel.get()
    both.panel.start()
    assert (
        both.panel.says
        == "Not asked. They have said that it was not them, so no system may ask them for a day. Talk to the desk."
    )
    both.panel.start(person="nobody.here")
    assert both.panel.says.startswith("Not asked. ")


def test_a_name_is_never_markup(both: Both) -> None:
    both.panel.get("/", person=NASTY, account=NASTY, action=NASTY)
    assert html.escape(NASTY, quote=True).replace("&#x27;", "&#039;") in both.panel.page
    assert "<script" not in both.panel.page
    both.panel.start(person=NASTY, account=NASTY)
    assert both.panel.says.startswith("Not asked. ")
    assert "<script" not in both.panel.page
    body = json.dumps(
        {
            "type": "verification.ended",
            "data": {"verification": {"id": 7, "person": NASTY, "state": NASTY, "why": [NASTY]}},
        }
    )
    now = datetime.now(UTC)
    signed = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(both.secret).sign("msg_1", now, body),
    }
    assert both.hook(body.encode(), signed) == 204
    answer = both.panel.get("/")
    assert "alert(" in answer.text
    assert "<script" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert {"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert answer.headers["cache-control"].startswith("no-store")


def test_nobody_is_rung_by_a_forged_form(both: Both) -> None:
    both.panel.get()
    good = both.panel.fields()
    forged: list[dict[str, str]] = [{}, {"token": ""}, {"token": "0" * 32}, {"once": good["once"]}]
    for fields in forged:
        assert both.panel.http.post("/", data={"person": "mia.chen", "account": TIDEWORKS, **fields}).status_code == 403
    other = Panel(both.at)
    other.get()
    assert other.http.post("/", data={**good, "person": "mia.chen"}).status_code == 403, "another's form"
    assert both.panel.http.get("/", params={**good, "person": "mia.chen", "way": "callback"}).status_code == 200
    cookie = both.panel.http.get("/").request.headers["cookie"]
    fresh = Panel(both.at).get().headers["set-cookie"]
    assert "HttpOnly" in fresh
    assert "SameSite=Strict" in fresh
    assert cookie.startswith("PHPSESSID=")
    assert asked(both.desk) == 0


def test_pressed_twice_it_asks_once_and_another_form_is_refused_while_it_waits(both: Both) -> None:
    both.panel.get()
    fields = both.panel.fields()
    first = both.panel.start()
    both.panel.page = "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in fields.items())
    assert both.panel.start().url == first.url
    both.panel.get()
    both.panel.start()
    assert both.panel.says.startswith("Not asked. They are being asked at this moment.")
    assert asked(both.desk) == 1


def test_without_the_panels_password_nothing(both: Both) -> None:
    stranger = Panel(both.at, "guessed")
    for answer in (stranger.get(), stranger.get("/?id=1"), stranger.http.post("/", data={"person": "mia.chen"})):
        assert (answer.status_code, answer.text) == (401, "Sign in to the panel.")
    assert asked(both.desk) == 0
    for path in ("/deskgate.php", "/panel.php", "/.env", "/sessions"):
        assert stranger.get(path).status_code == 401, path


def test_what_another_of_the_staff_asked_is_not_there(both: Both) -> None:
    both.panel.get()
    at = str(both.panel.start().url)
    other = Panel(both.at)
    other.get()
    assert other.get(at).status_code == other.get("/?id=999").status_code == 404


def test_a_webhook_that_is_not_the_desks_is_not_believed(both: Both) -> None:
    body = json.dumps(
        {"type": "verification.ended", "data": {"verification": {"id": 1, "person": "mia.chen", "state": "passed"}}}
    )
    now = int(time.time())

    def signed(secret: str = both.secret, id: str = "msg_1", at: int = now, said: str = body) -> dict[str, str]:
        signature = Webhook(secret).sign(id, datetime.fromtimestamp(at, UTC), said)
        return {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": signature}

    good = signed()
    refused = {
        "nothing": {},
        "no signature": good | {"webhook-signature": ""},
        "of another version": good | {"webhook-signature": good["webhook-signature"].replace("v1,", "v1a,")},
        "another's secret": signed(SECRET),
        "another id": good | {"webhook-id": "msg_2"},
        "another time": good | {"webhook-timestamp": str(now + 1)},
        "no time": good | {"webhook-timestamp": "now"},
        "another body": signed(said=body.replace("mia", "leo")),
        "too old": signed(at=now - 301),
        "too young": signed(at=now + 3600),
    }
    for why, headers in refused.items():
        assert both.hook(body.encode(), headers) == 401, why
    assert both.hook(b"not JSON", signed(said="not JSON")) == 401
    assert both.lately() == []
    both_signatures = f"{signed(SECRET)['webhook-signature']} {good['webhook-signature']}"
    assert both.hook(body.encode(), good | {"webhook-signature": both_signatures}) == 204, "while a secret is changed"
    assert len(both.lately()) == 1


def test_a_webhook_that_comes_again_changes_nothing(both: Both) -> None:
    def sent(state: str, id: str) -> int:
        body = json.dumps(
            {"type": "verification.ended", "data": {"verification": {"id": 5, "person": "mia.chen", "state": state}}}
        )
        now = datetime.now(UTC)
        signature = Webhook(both.secret).sign(id, now, body)
        return both.hook(
            body.encode(),
            {"webhook-id": id, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature},
        )

    assert sent("failed", "msg_1") == 204
    before = {path.name: path.stat().st_mtime_ns for path in both.notes.iterdir()}
    assert sent("failed", "msg_1") == 204
    assert sent("passed", "msg_2") == 204
    assert {path.name: path.stat().st_mtime_ns for path in both.notes.iterdir()} == before
    assert both.lately()[0]["state"] == "failed"


def test_the_key_stays_at_home(php: Start, both: Both, tmp_path: Path) -> None:
    """It goes to no address without https but this machine's, and stands in no page, whatever is wrong."""
    for url, words in (
        ("http://desk.example", "DESKGATE_URL is not https, so the key stays here."),
        ("", "DESKGATE_URL is not https, so the key stays here."),
        ("http://127.0.0.1:1", "The desk cannot be reached."),
    ):
        at = php(
            FOLDER, DESKGATE_URL=url, DESKGATE_KEY=both.key, PANEL_PASSWORD="of the panel", PANEL_NOTES=str(tmp_path)
        )
        lost = Panel(at)
        lost.get()
        lost.start()
        assert lost.says == f"Not asked. {words}"
        assert both.key not in lost.page
    at = php(FOLDER, DESKGATE_URL=both.desk.settings.public_url, DESKGATE_KEY="dgk_" + "A" * 49)
    assert Panel(at, "").get().status_code == 401, "with no password set nobody is signed in"
    now = str(int(time.time()))
    empty = base64.b64encode(hmac.digest(b"", f"msg_1.{now}.{{}}".encode(), "sha256")).decode()
    headers = {"webhook-id": "msg_1", "webhook-timestamp": now, "webhook-signature": f"v1,{empty}"}
    forged = httpx2.post(f"{at}/deskgate-webhook", content=b"{}", headers=headers, trust_env=False)
    assert forged.status_code == 401, "with no secret nothing is believed"


def test_the_recipe_starts_it_as_it_is_started_here() -> None:
    (line,) = [line for line in PAGE.splitlines() if "php -S" in line]
    assert f"-t {FOLDER} {FOLDER}/index.php" in line
    assert set(re.findall(r"getenv\('(\w+)'\)", CODE)) == set(re.findall(r"([A-Z_]{6,})=", line))


def test_it_has_no_room_for_a_pin_or_a_code() -> None:
    assert set(re.findall(r'name="(\w+)"', CODE)) == {"token", "once", "way"}
    assert re.search(r"\['account', 'person', 'action'\] as \$name", CODE)
    assert not re.search(r"\b(eval|exec|system|unserialize|phpinfo|var_dump|print_r)\s*\(", CODE)
    assert "verify_peer" not in CODE
