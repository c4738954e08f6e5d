"""The page in a real browser: a call by keyboard, a message, the desk's phone, and the webhooks beside them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.simulator.served import Served, served


@pytest.fixture
def service() -> Iterator[Served]:
    with served() as service:
        yield service


@pytest.fixture
def phone(page: Page, service: Served) -> Page:
    """The page, opened, at desktop size."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(service.url + "/simulator")
    expect(page.locator("#caller .phone-who")).to_have_text("Mia Chen")
    return page


def talk(page: Page, words: str, where: str = "#caller") -> None:
    expect(page.locator(f"{where} .talk")).to_contain_text(words)


def test_the_empty_page_says_what_to_try(phone: Page) -> None:
    expect(phone.locator("#caller .hint")).to_contain_text("key 10000081#, then 17846325#, then 1.")
    phone.get_by_role("button", name="Bea Lund").click()
    expect(phone.locator("#caller .hint")).to_contain_text("Ring as Bea Lund")
    expect(phone.locator("#webhooks-empty")).to_be_visible()


def test_a_ticket_by_keyboard(phone: Page, service: Served) -> None:
    phone.get_by_role("button", name="Call", exact=True).click()
    talk(phone, "Key your support ID, then hash.")
    phone.keyboard.type("10000081#")
    talk(phone, "Now key your PIN")
    phone.keyboard.type("1784")
    expect(phone.locator("#caller .keyed")).to_have_text("••••")
    phone.keyboard.type("6325#1")
    message = phone.get_by_label("After the tone: say your message")
    expect(message).to_be_focused()
    message.fill("our shop shows a 502")
    message.press("Enter")
    talk(phone, "Your ticket is number 1042, that is 1042.")
    talk(phone, "The call has ended.")
    (recording,) = service.exchange.recordings.values()
    assert recording.text == "our shop shows a 502"
    assert "17846325" not in phone.locator("#caller .talk").inner_text()


def test_the_webhooks_beside_it(phone: Page) -> None:
    phone.get_by_role("button", name="Call", exact=True).click()
    phone.get_by_role("button", name="Key ID 10000081").click()
    talk(phone, "Now key your PIN")
    top = phone.locator(".webhook").first
    expect(top).to_contain_text("/ivr/id")
    expect(top).to_contain_text("Digits •••")
    top.locator("summary").click()
    expect(top.locator("pre")).to_contain_text('<Gather action="/ivr/pin?t=…"')
    expect(top).not_to_contain_text("10000081")
    phone.get_by_role("button", name="Clear").click()
    expect(phone.locator(".webhook")).to_have_count(0)


def test_the_desks_phone_rings_and_they_meet(phone: Page) -> None:
    phone.get_by_role("button", name="Call", exact=True).click()
    talk(phone, "Key your support ID")
    phone.keyboard.type("10000081#17846325#0")
    agent = phone.locator("#agents")
    expect(agent.locator(".phone-state")).to_have_text("ringing")
    agent.get_by_role("button", name="Answer").click()
    agent.get_by_role("button", name="Key 1").click()
    talk(phone, "Mia Chen, Tideworks", "#agents")
    # The caller holds in a Gather; its time-out is counted by the page, which brings the two together.
    expect(phone.locator("#caller .phone-state")).to_have_text("talking")
    agent.get_by_label("Say something to the other end").fill("How can I help?")
    agent.get_by_role("button", name="Say it").click()
    talk(phone, "How can I help?")
    phone.locator("#caller").get_by_role("button", name="Hang up").click()
    expect(agent.locator(".phone-state")).to_have_text("call ended")


def test_everything_stays_inside_its_phone(page: Page, service: Served) -> None:
    page.goto(service.url + "/simulator")
    page.get_by_role("button", name="Call", exact=True).click()
    talk(page, "Key your support ID")
    page.keyboard.type("10000081#17846325#1")
    expect(page.get_by_label("After the tone: say your message")).to_be_visible()
    assert spilling(page) == []
    page.locator("#caller").get_by_role("button", name="Hang up", exact=True).click()
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.locator("#caller .phone-state")).to_have_text("listening for keys")
    page.keyboard.type("10000081#17846325#0")
    page.get_by_role("button", name="Answer").click()
    page.locator("#agents").get_by_role("button", name="Key 1").click()
    expect(page.locator("#caller .phone-state")).to_have_text("talking")
    assert spilling(page) == []


def spilling(page: Page) -> list[str]:
    """What is drawn below the lower end of the phone it belongs to, on large, flat and narrow screens."""
    found: list[str] = []
    for width, height in ((1280, 800), (1280, 700), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        found += page.evaluate(
            "[...document.querySelectorAll('.phone')].flatMap(phone => [...phone.children].filter(part => "
            "part.getBoundingClientRect().bottom > phone.getBoundingClientRect().bottom).map(part => part.className))"
        )
    return found


def test_the_clock_can_be_stopped(phone: Page, service: Served) -> None:
    phone.get_by_role("button", name="Time-outs").click()
    phone.get_by_role("button", name="Call", exact=True).click()
    talk(phone, "Key your support ID")
    hand = phone.locator("#caller .clock-hand")
    assert hand.evaluate("hand => hand.style.animationName") == "none"
    phone.get_by_role("button", name="Time-outs").click()
    assert hand.evaluate("hand => hand.style.animationName") == "run"


def test_a_call_survives_a_reload(phone: Page) -> None:
    phone.get_by_role("button", name="Call", exact=True).click()
    talk(phone, "Key your support ID")
    phone.reload()
    talk(phone, "Key your support ID")
    expect(phone.locator("#caller .phone-state")).to_have_text("listening for keys")
    expect(phone.locator(".webhook")).to_have_count(1)


def test_the_phone_belongs_to_whoever_was_chosen_last(phone: Page) -> None:
    phone.get_by_role("button", name="Call", exact=True).click()
    talk(phone, "Key your support ID")
    phone.get_by_role("button", name="Bea Lund").click()
    expect(phone.locator("#caller .phone-who")).to_have_text("Mia Chen")
    phone.get_by_role("button", name="Hang up").click()
    phone.get_by_role("button", name="Call", exact=True).click()
    expect(phone.locator("#caller .phone-who")).to_have_text("Bea Lund")


def test_a_withheld_number_and_a_decline(phone: Page, service: Served) -> None:
    phone.get_by_role("button", name="Withheld").click()
    expect(phone.locator("#caller .phone-number")).to_have_text("number withheld")
    phone.get_by_role("button", name="Call", exact=True).click()
    talk(phone, "Key your support ID")
    phone.keyboard.type("1#1#0")
    phone.locator("#agents").get_by_role("button", name="Decline").click()
    expect(phone.locator("#agents .phone-state")).to_have_text("call ended")
    assert service.desk.forms("/ivr/agent/status")[0]["CallStatus"] == "busy"
    assert service.desk.forms("/ivr/voice")[0]["From"] == "anonymous"


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_nothing_is_wider_than_the_screen(page: Page, service: Served, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(service.url + "/simulator")
    page.get_by_role("button", name="Call", exact=True).click()
    talk(page, "Key your support ID")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.get_by_role("button", name="Hang up")).to_be_in_viewport()


def test_every_control_has_a_name(phone: Page) -> None:
    phone.get_by_role("button", name="Call", exact=True).click()
    talk(phone, "Key your support ID")
    nameless = phone.evaluate(
        "[...document.querySelectorAll('button, input, textarea')].filter(one => one.checkVisibility() && "
        "!(one.textContent.trim() || one.ariaLabel || one.labels?.length)).map(one => one.outerHTML)"
    )
    assert nameless == []
