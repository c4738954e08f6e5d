"""A live part of a page that is brought to what the desk sent: whatever stays the same thing keeps what somebody typed in it, and the keyboard."""

from __future__ import annotations

from importlib import resources
from typing import Any

import pytest
from playwright.sync_api import Page

MORPH = resources.files("portal").joinpath("web", "static", "morph.js").read_text(encoding="utf-8")
NOTE = '<form id="f" action="/calls/1/note"><textarea name="words"></textarea><button>Save</button></form>'


def brought(page: Page, before: str, typed: str, after: str) -> dict[str, Any]:
    """Somebody typed it into the first field, and marked its last two letters."""
    page.set_content(f"<main id=part>{before}</main>")
    page.locator("textarea").first.fill(typed)
    page.evaluate("document.querySelector('textarea').setSelectionRange(2, 4)")
    page.add_script_tag(type="module", content=MORPH.replace("export ", "") + "\nwindow.morph = morph;")
    page.wait_for_function("'morph' in window")
    said: dict[str, Any] = page.evaluate(
        """after => {
        const part = document.getElementById("part"), holder = document.createElement("template");
        holder.innerHTML = after;
        morph(part, holder.content);
        const on = document.activeElement, fields = [...part.querySelectorAll("textarea")].map((field) => field.value);
        return { html: part.innerText.trim(), fields, on: on.name ?? on.id, from: on.selectionStart ?? null };
    }""",
        after,
    )
    return said


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(f"<p>now</p>{NOTE}", id="something came before it"),
        pytest.param(f"<p>now</p><div><section>{NOTE}</section></div>", id="it is elsewhere"),
    ],
)
def test_words_that_are_being_typed_outlive_every_change_around_them(page: Page, after: str) -> None:
    said = brought(page, f"<div>{NOTE}</div><p>before</p>", "half", after)
    assert (said["fields"], said["on"]) == (["half"], "words")
    assert "now" in said["html"]
    assert "before" not in said["html"]


def test_the_letters_that_are_marked_stay_marked(page: Page) -> None:
    assert brought(page, f"<p>before</p>{NOTE}", "half", f"{NOTE}<p>now</p>")["from"] == 2


def test_words_of_one_caller_are_never_in_the_form_of_another(page: Page) -> None:
    said = brought(page, NOTE.replace(' id="f"', ""), "half", NOTE.replace(' id="f"', "").replace("/1/", "/2/"))
    assert (said["fields"], said["on"]) == ([""], "part")
