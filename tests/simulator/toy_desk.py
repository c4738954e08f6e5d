"""A toy desk to ring: it answers each route with the TwiML it was told, and checks every signature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from twilio.request_validator import RequestValidator

SID = "AC" + "0" * 32
TOKEN = "toy-token"
PUBLIC = "https://desk.example"
NUMBER = "+441632960000"
CALLER = "+441632960108"

Says = str | tuple[int, str, str] | Callable[[dict[str, str]], str]


@dataclass
class ToyDesk:
    """`answers` maps a route to TwiML (without the Response element), to (status, type, body), or to a function of
    the form; `asked` is every request as (path with query, form)."""

    answers: dict[str, Says] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    token: str = TOKEN
    public: str = PUBLIC

    def on(self, route: str, answer: Says) -> None:
        self.answers[route] = answer

    def forms(self, route: str) -> list[dict[str, str]]:
        return [form for path, form in self.asked if path.partition("?")[0] == route]

    def routes(self) -> list[str]:
        return [path.partition("?")[0] for path, _ in self.asked]

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, str, str]:
        self.asked.append((path, form))
        answer = self.answers.get(path.partition("?")[0], "")
        if callable(answer):
            answer = answer(form)
        if isinstance(answer, str):
            body = f'<?xml version="1.0" encoding="UTF-8"?><Response>{answer}</Response>'
            return 200, "application/xml", body
        return answer

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/{path:path}")
        async def webhook(request: Request) -> Response:
            pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True)
            form = dict(pairs)
            assert len(form) == len(pairs), "a parameter came twice"
            query = f"?{request.url.query}" if request.url.query else ""
            path = request.url.path + query
            signature = request.headers["X-Twilio-Signature"]
            if not RequestValidator(self.token).validate(self.public + path, form, signature):
                return Response("<Response/>", 403, media_type="application/xml")
            status, kind, body = await run_in_threadpool(self.answer, path, form)
            return Response(body, status, headers={"content-type": kind} if kind else {})

        return app
