"""Slack on the page, in a real browser: be somebody, talk, click, look at the app's own tabs."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.simulator.slack_desk import Json, mrkdwn, option, plain, press, section
from tests.simulator.slack_served import Served, be, go, messages, post, write

CARD = [
    {"type": "header", "text": plain("Ticket 1042")},
    section("*Mia Chen* says:\n> our shop is down\nsee <http://x.example|the log> and `tide-web` &amp; <@U0RAJ>"),
    {
        "type": "actions",
        "elements": [
            press("Take it", "take", style="primary"),
            press("Close", "close", confirm={"title": plain("Close it?"), "text": plain("They will be told.")}),
            {
                "type": "overflow",
                "action_id": "more",
                "options": [option("Ask for proof", "proof"), option("Copy", "copy")],
            },
            {
                "type": "static_select",
                "action_id": "status",
                "placeholder": plain("Status"),
                "options": [option("Waiting", "w")],
            },
        ],
    },
    {"type": "context", "elements": [mrkdwn("Rule MS-29")]},
]


def test_a_message_and_the_bots_answer(slack_page: Page, slack_service: Served) -> None:
    write(slack_page, "@Deskgate our shop is *down* & <b>out</b>")
    expect(messages(slack_page)).to_have_count(1)
    expect(messages(slack_page).locator(".mention")).to_have_text("@Deskgate")
    expect(messages(slack_page).locator("strong", has_text="down")).to_be_visible()
    expect(messages(slack_page).locator(".words")).to_contain_text("& <b>out</b>")
    event = slack_service.desk.heard("app_mention")[0].event
    post(slack_service, thread_ts=event["ts"], text="Shall I open a ticket?")
    slack_page.get_by_role("button", name="1 reply").click()
    expect(messages(slack_page, "#slack-thread").nth(1)).to_contain_text("Shall I open a ticket?")
    write(slack_page, "yes please", "#slack-thread")
    expect(messages(slack_page, "#slack-thread")).to_have_count(3)
    assert slack_service.desk.heard("message", 3)[-1].event["thread_ts"] == event["ts"], "after the app's own"
    slack_page.get_by_role("button", name="← # help").click()
    expect(slack_page.get_by_role("button", name="2 replies")).to_be_visible()


def test_blocks_are_drawn_and_do_something(slack_page: Page, slack_service: Served) -> None:
    post(slack_service, blocks=CARD)
    card = messages(slack_page)
    expect(card.locator(".b-header")).to_have_text("Ticket 1042")
    expect(card.locator("blockquote")).to_have_text("our shop is down")
    expect(card.get_by_role("link", name="the log")).to_have_attribute("href", "http://x.example")
    expect(card.locator(".mention")).to_have_text("@Raj")
    expect(card.locator(".b-text")).to_contain_text("tide-web & @Raj")
    card.get_by_role("button", name="Take it").click()
    card.get_by_role("button", name="Close").click()
    slack_page.get_by_role("button", name="Cancel").click()
    card.get_by_role("button", name="Close").click()
    slack_page.get_by_role("button", name="Yes").click()
    card.locator(".b-overflow summary").click()
    card.get_by_role("button", name="Ask for proof").click()
    card.get_by_label("Status").select_option("Waiting")
    expect(card.get_by_label("Status")).to_have_value("w")
    done = [one.body["actions"][0] for one in slack_service.desk.heard("block_actions", 4)]
    assert [action["action_id"] for action in done] == ["take", "close", "more", "status"]
    assert done[2]["selected_option"]["value"] == "proof"


def test_commands_have_hints_and_answers_only_you_see(slack_page: Page, slack_service: Served) -> None:
    slack_service.desk.on(
        "/account",
        {
            "text": "x",
            "blocks": [section("You may *open tickets*."), {"type": "actions", "elements": [press("Ask Raj", "ask")]}],
        },
    )
    box = slack_page.locator("#slack-main .composer-box")
    box.press_sequentially("/a")
    expect(slack_page.get_by_role("option")).to_have_count(1)
    box.press("Tab")
    expect(box).to_have_value("/account ")
    box.press("Enter")
    expect(messages(slack_page)).to_contain_text("Only visible to you")
    slack_service.desk.on("block_actions", (500, "text/plain", ""))
    messages(slack_page).get_by_role("button", name="Ask Raj").click()
    expect(slack_page.get_by_role("alert")).to_have_text("“Ask Raj” failed because the app did not respond")
    be(slack_page, "Raj Patel")
    expect(messages(slack_page)).to_have_count(0)


def test_a_customer_of_another_organisation(slack_page: Page, slack_service: Served) -> None:
    be(slack_page, "Olivia Hart owner")
    expect(slack_page.locator("#slack-topic")).to_contain_text("Shared with Deskgate Hosting")
    box = slack_page.locator("#slack-main .composer-box")
    box.press_sequentially("/t")
    expect(slack_page.get_by_role("option")).to_contain_text("No slash commands here")
    box.press_sequentially("icket")
    box.press("Enter")
    expect(slack_page.get_by_role("alert")).to_contain_text("other organisations")
    box.press_sequentially("@Des")
    box.press("Tab")
    box.press_sequentially("help us")
    box.press("Enter")
    expect(messages(slack_page).locator(".mention")).to_have_text("@Deskgate")
    messages(slack_page).locator(".message-menu summary").click()
    expect(messages(slack_page).locator(".menu-item")).to_have_text(
        ["Reply in thread", "Edit message", "Delete message"]
    )
    be(slack_page, "Kim Novak")
    go(slack_page, "harbour-bakery")
    expect(messages(slack_page).locator(".tag.other")).to_have_text("Harbour Bakery")


def test_the_menu_of_a_message(slack_page: Page, slack_service: Served) -> None:
    write(slack_page, "our shop is down")
    menu = messages(slack_page).locator(".message-menu summary")
    menu.click()
    slack_page.get_by_role("button", name="Open a ticket", exact=True).click()
    menu.click()
    slack_page.get_by_role("button", name="Edit message").click()
    slack_page.get_by_label("Edit your message").fill("our shop is up again")
    slack_page.get_by_label("Edit your message").press("Enter")
    expect(messages(slack_page).locator(".words")).to_have_text("our shop is up again (edited)")
    menu.click()
    slack_page.get_by_role("button", name="Delete message").click()
    expect(messages(slack_page)).to_have_count(0)
    assert slack_service.desk.heard("message", 3)[-1].event["subtype"] == "message_deleted"
    assert sorted(slack_service.desk.kinds) == ["message", "message", "message", "message_action"]


def test_a_file_is_attached(slack_page: Page, slack_service: Served) -> None:
    slack_page.get_by_label("Choose small text files").first.set_input_files(
        {"name": "error.log", "mimeType": "text/plain", "buffer": b"upstream timed out"}
    )
    expect(slack_page.locator("#slack-main .attached-file")).to_contain_text("error.log")
    slack_page.locator("#slack-main").get_by_role("button", name="Send").click()
    expect(messages(slack_page).locator(".file-preview")).to_have_text("upstream timed out")
    assert slack_service.desk.heard("message")[0].event["files"][0]["name"] == "error.log"


def test_the_apps_own_tabs(slack_page: Page, slack_service: Served) -> None:
    def answers(body: Json) -> str:
        event = body["event"]
        if event["tab"] == "home":
            home = {"type": "home", "blocks": [section("*Tideworks Ltd*", accessory=press("Open a ticket", "open"))]}
            slack_service.api("views.publish", user_id=event["user"], view=home)
        else:
            prompts = [{"title": "Our bills", "message": "What do we owe?"}]
            slack_service.api("assistant.threads.setSuggestedPrompts", channel_id=event["channel"], prompts=prompts)
        return ""

    slack_service.desk.on("app_home_opened", answers)
    go(slack_page, "Home")
    slack_page.locator("#slack-home").get_by_role("button", name="Open a ticket").click()
    go(slack_page, "Messages")
    slack_page.get_by_role("button", name="Our bills").click()
    expect(messages(slack_page)).to_contain_text("What do we owe?")
    ts = slack_service.desk.heard("message")[-1].event["ts"]
    slack_service.api(
        "assistant.threads.setStatus", channel_id="D0MIA", thread_ts=ts, status="is looking at your bills…"
    )
    expect(slack_page.locator("#slack-status")).to_have_text("Deskgate is looking at your bills…")
    post(slack_service, "D0MIA", text="Nothing.", thread_ts=ts)
    expect(slack_page.locator("#slack-status")).to_be_hidden()
    assert slack_service.desk.heard("block_actions")[0].body["view"]["type"] == "home"


def test_news_elsewhere_is_marked_and_a_link_leads_there(slack_page: Page, slack_service: Served) -> None:
    be(slack_page, "Kim Novak")
    go(slack_page, "help")
    ts = post(slack_service, "C0AGENTS", text="A ticket came by phone.")
    expect(slack_page.locator(".place.unread")).to_contain_text("desk-agents")
    link = slack_service.api("chat.getPermalink", channel="C0AGENTS", message_ts=ts)["permalink"]
    post(slack_service, text=f"See <{link}|the card>")
    messages(slack_page).get_by_role("link", name="the card").click()
    expect(slack_page.locator("#slack-title")).to_have_text("# desk-agents")
    expect(slack_page.locator(".place.unread")).to_have_count(0)
    post(slack_service, text="And another.")
    expect(slack_page.locator(".place.unread")).to_have_text("help")


def test_the_requests_of_both_doors_are_in_the_drawer(slack_page: Page, slack_service: Served) -> None:
    write(slack_page, "@Deskgate hello")
    expect(slack_page.locator("#webhooks-last")).to_contain_text("Slack → desk")
    slack_page.get_by_role("button", name="Show").click()
    expect(slack_page.locator(".webhook.of-slack")).to_have_count(
        2
    )  # the mention and the message: the newest is on top
    top = slack_page.locator(".webhook.of-slack").first
    top.locator("summary").click()
    expect(top.locator("pre").first).to_contain_text('"type": "message"')
    slack_page.get_by_role("button", name="Hide").click()
    slack_page.get_by_role("button", name="Call", exact=True).click()
    expect(slack_page.locator("#caller .talk")).to_contain_text("Key your support ID")
    slack_page.locator("#slack-main .composer-box").press_sequentially("1042 #")
    expect(slack_page.locator("#caller .keyed")).to_have_text("")  # digits typed in Slack are no keys of the phone
    expect(slack_page.locator("#webhooks-last")).to_contain_text("Twilio → desk · /ivr/voice")


def test_a_reload_keeps_who_one_is(slack_page: Page) -> None:
    be(slack_page, "Kim Novak")
    slack_page.reload()
    expect(slack_page.locator("#slack-who")).to_contain_text("Kim Novak")


def test_a_narrow_screen(slack_page: Page, slack_service: Served) -> None:
    slack_page.set_viewport_size({"width": 390, "height": 844})
    expect(slack_page.locator("#slack")).to_be_hidden()
    slack_page.get_by_role("tab", name="Slack").click()
    expect(slack_page.locator("#caller")).to_be_hidden()
    slack_page.get_by_role("button", name="All channels").click()
    go(slack_page, "help")
    write(slack_page, "hello from a narrow screen " * 5)
    post(slack_service, blocks=CARD)
    expect(messages(slack_page)).to_have_count(2)
    expect(slack_page.locator("#slack-main").get_by_role("button", name="Send")).to_be_in_viewport()
    assert slack_page.evaluate("document.documentElement.scrollWidth") == 390
    slack_page.get_by_role("tab", name="Webhooks").click()
    expect(slack_page.locator(".webhook").first).to_be_in_viewport()
    slack_page.get_by_role("tab", name="Phone").click()
    expect(slack_page.locator("#caller .hooks")).to_be_in_viewport()


def test_every_control_has_a_name(slack_page: Page, slack_service: Served) -> None:
    post(slack_service, blocks=CARD)
    write(slack_page, "hello")
    expect(messages(slack_page)).to_have_count(2)
    nameless = slack_page.evaluate(
        "[...document.querySelectorAll('button, input, textarea, select, summary')].filter(one => one.checkVisibility() && "
        "!(one.textContent.trim() || one.ariaLabel || one.labels?.length)).map(one => one.outerHTML)"
    )
    assert nameless == []
