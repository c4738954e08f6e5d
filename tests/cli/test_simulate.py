"""`deskgate simulate call` from the shell: whom it rings, and for which address that is signed."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from fastapi import FastAPI, Request, Response
from twilio.request_validator import RequestValidator

from deskgate.settings import simulated_token
from store import Keys
from tests.cli.conftest import Shell, free_port
from tests.desk import SECRET
from tests.serving import serving


@pytest.mark.parametrize("end", ["", "/"])
def test_e17_another_port_than_8000_is_rung_by_its_url(light: Shell, end: str) -> None:
    """E17: after `make run PORT=…` nothing but --url says where the service is; its signature has to be for that."""
    posted: list[tuple[str, str, dict[str, str]]] = []
    app = FastAPI()

    @app.post("/ivr/{rest:path}")
    async def take(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        posted.append((request.url.path, request.headers["x-twilio-signature"], form))
        return Response("<Response><Hangup/></Response>", media_type="text/xml")

    with serving(app) as server:
        assert light.run("simulate", "call", "--from", "+441632960108", "--url", server.url + end).code == 0
    path, signature, form = posted[0]
    signer = RequestValidator(simulated_token(Keys.parse(SECRET)))
    assert (path, form["From"]) == ("/ivr/voice", "+441632960108")
    assert signer.validate(server.url + path, form, signature)


def test_where_nothing_answers_it_says_what_to_start(light: Shell) -> None:
    here = f"http://127.0.0.1:{free_port()}"
    said = light.run("simulate", "call", "--from", "+441632960108", "--url", here)
    assert said.err == f"simulate: nothing answers at {here}: start it with `make run`, or say with --url where it is\n"


def test_a_service_with_another_key_is_named(light: Shell) -> None:
    app = FastAPI()
    app.post("/ivr/{rest}")(lambda rest: Response(status_code=403))
    with serving(app) as service:
        said = light.run("simulate", "call", "--from", "+441632960108", "--url", service.url)
    assert "refuses this phone's signature: ring from the folder it was started in" in said.err
