"""Every page, by day and by night, as axe-core sees it and as the keyboard goes through it: nothing keeps out whoever cannot see it or has no mouse."""

from __future__ import annotations

import re
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from portal.routes import OPEN, SIGNED_IN, STAFF_PAGES
from tests.channels.mailbox import Mailbox
from tests.desk import Desk
from tests.ivr.conftest import ACCOUNT
from tests.portal.full_house import FILES, Sight, furnished
from tests.serving import serving

BAD = {"serious", "critical", "moderate"}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
ASK = "asked => axe.run(document, {resultTypes: ['violations'], preload: false, ...asked}).then(found => found.violations)"
BUT_COLOURS = {"runOnly": {"type": "tag", "values": TAGS}, "rules": {rule: {"enabled": False} for rule in COLOURS}}
# Colours hang on elements and classes alone, and cost most to look at: of each kind of element the first is, by day and by night.
NEW_KINDS = """() => {
  kinds = window.kinds ?? new Set()
  fresh = [...document.querySelectorAll('body *')].filter(one => {
    const words = [...one.childNodes].some(part => part.nodeType === Node.TEXT_NODE && part.data.trim())
    const way = []
    for (let at = one; at; at = at.parentElement) way.push(at.localName, at.className, at.ariaCurrent, at.disabled)
    return (words || one.matches('input, textarea, select')) && kinds.size < kinds.add(way.join(' ')).size
  })
  return fresh.length
}"""
ASK_COLOURS = ASK.replace("document", "{include: fresh}")
# What the keyboard comes to in the order in which it does: each shows that it is there, and none stands above or left of the one before it.
# And Enter in a field of a form presses its first button, so none that does one thing of several.
KEYBOARD = """() => {
  const wrong = []
  for (const form of document.forms) {
    const [first, second] = [...form.elements].filter(one => one.type === 'submit')
    if (second && !first.hidden && form.querySelector('input:not([type=hidden])')) wrong.push('Enter is the first of several: ' + first.outerHTML)
  }
  let last = null, column = null
  for (const one of document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')) {
    if (one.tabIndex < 0 || one.disabled || !one.checkVisibility()) continue
    one.focus({preventScroll: true})
    const box = one.getBoundingClientRect(), ring = getComputedStyle(one)
    const seen = document.activeElement === one && ring.outlineStyle !== 'none' && parseFloat(ring.outlineWidth) >= 2
    // On the card one writes first, at the right, and the rest of what stands at the left comes then: as all of it stands on a phone.
    if (column !== (column = one.closest('.work')) && !column) last = null
    const above = last && box.bottom <= last.top && box.left < last.right
    const back = above || (last && box.bottom > last.top && box.top < last.bottom && box.right <= last.left)
    if (!seen || back || one.tabIndex > 0) wrong.push((back ? 'out of order' : 'no ring') + ': ' + one.outerHTML.slice(0, 200))
    last = box
  }
  return wrong
}"""
# Into one document after the other without leaving it, so that axe-core is read once: a quarter of the processor time.
DRAW = "html => { document.open(); document.write(html); document.close() }"
UNFOLD = "document.querySelectorAll('details').forEach(one => { one.open = true })"
STYLES = re.compile(r'<link rel="stylesheet" href="(/static/[^"]+)"')
ELSEWHERE = re.compile(r"<(script|link)\b[^>]*(></script>|>)")


def nobody_looks_at(sights: list[Sight]) -> list[str]:
    """Pages that are new; one that is shown at a second address counts once."""
    pages = {path: page for (method, path), page in {**OPEN, **STAFF_PAGES, **SIGNED_IN}.items() if method == "GET"}
    shown = {id(pages[sight.route]) for sight in sights}
    return sorted({path for path, page in pages.items() if id(page) not in shown} - FILES)


def found(page: Page, ask: str, asked: object) -> list[str]:
    said: list[dict[str, Any]] = page.evaluate(ask, asked)
    bad = [(one, node) for one in said if one["impact"] in BAD for node in one["nodes"]]
    return [f"{one['impact']}, {one['id']}: {one['help']}: {node['html'][:200]}" for one, node in bad]


def test_nothing_on_any_page_keeps_anybody_out(page: Page, sample_sqlite: str, mailbox: Mailbox) -> None:
    desk = Desk(sample_sqlite, **ACCOUNT, smtp_url=mailbox.url, mail_from="desk@desk.example")
    house = furnished(desk, mailbox)
    assert nobody_looks_at(house.sights) == [], "give each a line in tests/portal/full_house.py"
    styles: dict[str, str] = {}
    page.set_viewport_size(
        {"width": 1280, "height": 2400}
    )  # all of a page in sight: what stays at its foot lies on nothing
    page.evaluate(AXE_SCRIPT)
    wrong = dict[str, list[str]]()
    for sight in house.sights:
        text = house.shows(sight)
        for sheet in STYLES.findall(text):
            styles.setdefault(sheet, desk.client.get(sheet).text)
        look = "".join(f"<style>{styles[sheet]}</style>" for sheet in STYLES.findall(text))
        page.evaluate(DRAW, ELSEWHERE.sub("", text).replace("</head>", f"{look}</head>"))
        page.evaluate(UNFOLD)
        seen = page.evaluate(KEYBOARD) + found(page, ASK, BUT_COLOURS)
        for scheme in ("light", "dark") if page.evaluate(NEW_KINDS) else ():
            page.emulate_media(color_scheme=scheme)
            seen += [f"{scheme}, {one}" for one in found(page, ASK_COLOURS, {"runOnly": COLOURS})]
        if seen:
            wrong[" ".join((sight.who or "a stranger", "at", sight.path, sight.press))] = seen
    desk.close()
    assert not wrong, "\n".join(f"{where}\n  " + "\n  ".join(what) for where, what in wrong.items())


def test_where_something_went_wrong_the_keyboard_begins_there(page: Page, sample_sqlite: str) -> None:
    desk = Desk(sample_sqlite)
    with serving(desk.app) as server:
        page.goto(f"{server.url}/sign-in")
        expect(page.get_by_label("Username")).to_be_focused()
        for label in ("Username", "Password", "Code from"):
            page.get_by_label(label).fill("123456")
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("alert")).to_be_focused()
        page.goto("about:blank")
    desk.close()
