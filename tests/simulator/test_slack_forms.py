"""Forms on the page, in a real browser: what is missing, what the app minds, and what stays when it changes the form."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.simulator.slack_desk import TOPIC, WORDS, Json, field_of, modal, option, plain, section
from tests.simulator.slack_served import Served, write


def test_a_form_with_an_error_first(slack_page: Page, slack_service: Served) -> None:
    more = [
        field_of(
            "urgent",
            "How urgent?",
            {"type": "radio_buttons", "action_id": "u", "options": [option("Soon", "soon"), option("Later", "later")]},
        ),
        field_of(
            "tell",
            "Tell",
            {"type": "checkboxes", "action_id": "t", "options": [option("Raj", "raj"), option("Dev", "dev")]},
            optional=True,
        ),
        field_of(
            "svc",
            "Service",
            {"type": "external_select", "action_id": "s", "min_query_length": 1, "placeholder": plain("Type a name")},
            optional=True,
        ),
    ]

    def opens(body: Json) -> str:
        slack_service.api(
            "views.open", trigger_id=body["trigger_id"], view=modal(section("About *Tideworks*"), WORDS, TOPIC, *more)
        )
        return ""

    slack_service.desk.on("/ticket", opens)
    slack_service.desk.on("block_suggestion", {"options": [option("tide-web", "ms-1")]})
    slack_service.desk.on("view_submission", {"response_action": "errors", "errors": {"words": "Say a little more."}})
    write(slack_page, "/ticket now")
    form = slack_page.get_by_role("dialog", name="Open a ticket")
    expect(form.get_by_label("What is wrong?")).to_be_focused()
    form.get_by_role("button", name="Send").click()
    expect(form.locator(".b-error:visible")).to_have_count(3)
    assert slack_service.desk.of("view_submission") == []
    form.get_by_label("What is wrong?").fill("it is <down>")
    form.get_by_label("About").select_option("Technical")
    form.get_by_label("Soon").check()
    form.get_by_label("Dev").check()
    form.get_by_label("Service").fill("tide")
    form.get_by_role("button", name="tide-web").click()
    form.get_by_role("button", name="Send").click()
    expect(form.locator(".b-error:visible")).to_have_text(["Say a little more."])
    expect(form.get_by_label("What is wrong?")).to_have_value("it is <down>")
    slack_service.desk.on("view_submission", "")
    form.get_by_role("button", name="Send").click()
    expect(form).to_have_count(0)
    values = slack_service.desk.of("view_submission")[-1].body["view"]["state"]["values"]
    assert values["words"]["text"]["value"] == "it is <down>"
    assert values["urgent"]["u"]["selected_option"]["value"] == "soon"
    assert [one["value"] for one in values["tell"]["t"]["selected_options"]] == ["dev"]
    assert values["svc"]["s"]["selected_option"]["value"] == "ms-1"
    expect(slack_page.locator("#slack-main .composer-box")).to_be_focused()


def test_what_was_typed_stays_when_the_app_changes_the_form(slack_page: Page, slack_service: Served) -> None:
    loud = {**TOPIC, "dispatch_action": True}
    slack_service.desk.on(
        "/ticket",
        lambda body: slack_service.api("views.open", trigger_id=body["trigger_id"], view=modal(WORDS, loud)) and "",
    )
    slack_service.desk.on(
        "block_actions",
        lambda body: (
            slack_service.api(
                "views.update",
                view_id=body["view"]["id"],
                hash=body["view"]["hash"],
                view=modal(section("*Billing it is.*"), WORDS, loud, title=plain("Another title")),
            )
            and ""
        ),
    )
    write(slack_page, "/ticket")
    form = slack_page.get_by_role("dialog")
    form.get_by_label("What is wrong?").fill("half a sentence")
    form.get_by_label("About").select_option("Billing")
    expect(form).to_contain_text("Billing it is.")
    expect(form.get_by_label("What is wrong?")).to_have_value("half a sentence")
    expect(form.get_by_label("About")).to_have_value("billing")
    slack_page.keyboard.press("Escape")
    expect(form).to_have_count(0)
