"""The simulator's inbox shows mails and text messages, the newest first, and takes nothing in them for markup."""

from __future__ import annotations

from email.message import EmailMessage

from fastapi import FastAPI
from fastapi.testclient import TestClient

from simulator import inbox


def test_mails_and_texts_are_on_the_page() -> None:
    mails, app, texts = inbox.Inbox(), FastAPI(), [("+441632960107", "first <b>"), ("+441632960107", "Code 12345678")]
    mail = EmailMessage()
    mail["To"], mail["Subject"] = "raj@tideworks.example", "You are <invited>"
    mail.set_content("Open http://localhost:8000/join/abc now.\n")
    mails.put(mail)
    app.include_router(inbox.router(mails, texts, {"raj.patel": "Raj <Patel>"}, lambda _username: ""))
    page = TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)).get("/simulator/inbox").text
    assert page.index("Code 12345678") < page.index("first &lt;b&gt;")
    assert '<a href="http://localhost:8000/join/abc">' in page
    assert "You are &lt;invited&gt;" in page
    assert "Raj &lt;Patel&gt;" in page
