// The desk at the keyboard. A key goes to the button, field or fold that has it (data-shortcut), and Enter presses that: a slip of the finger does nothing. A
// link is followed at once. `?` lists the keys; whoever dictates, or minds single keys, switches them off there.

import { flush } from "./drafts.js";
import { answered, sayAnswer, signedOut } from "./forms.js";

const FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select, audio, [contenteditable]";
const STOPS = "a[href], button:not(:disabled), input:not([type=hidden]), select, textarea";
const LISTED = ".tickets li > a, .pages a";
const SAID = "aria-keyshortcuts";
const BY_SCRIPT = { "X-By-Itself": "1", "X-Active": "1" }; // the part of the page alone, asked for by somebody

const main = document.getElementById("main");
const link = document.querySelector("[data-single-keys]"); // to the page of the keys
let dialog = null;

function on() {
  return link?.dataset.singleKeys === "on";
}

// Said of each while its key does something.
function label() {
  for (const one of document.querySelectorAll("[data-shortcut]")) {
    if (on() || one.dataset.shortcut.includes("+")) {
      if (one.getAttribute(SAID) !== one.dataset.shortcut) one.setAttribute(SAID, one.dataset.shortcut);
    } else one.removeAttribute(SAID);
  }
}

function seen(one) {
  return one.checkVisibility() && !one.disabled;
}

// The next of those that have this key.
function go(key) {
  const found = [...document.querySelectorAll("[data-shortcut]")].filter((one) => one.dataset.shortcut === key && seen(one));
  const at = found[(found.indexOf(document.activeElement) + 1) % found.length];
  if (!at) return false;
  if (at.nodeName === "A") flush().then(() => at.click()); // what was typed just now is kept first
  else if (at.nodeName === "SUMMARY") {
    at.parentElement.open = true;
    ([...at.parentElement.querySelectorAll(STOPS)].find(seen) ?? at).focus();
  } else at.focus();
  return true;
}

function shownBeside() {
  const pane = document.getElementById("pane");
  return pane && !pane.hidden && !document.activeElement.closest(".list-side");
}

// To the next line of a list, or, from a ticket that is open beside it, to the next ticket.
function step(by) {
  const lines = [...main.querySelectorAll(LISTED)];
  const on = document.activeElement.closest("li")?.querySelector("a");
  const now = lines.findIndex((one) => (shownBeside() ? one.hasAttribute("aria-current") : one === on || one === document.activeElement));
  const to = lines[now < 0 ? 0 : now + by];
  if (!to) return;
  if (shownBeside() && to.closest("li")) to.click();
  else to.focus();
}

function tick() {
  const line = document.activeElement.closest("li") ?? main.querySelector(".tickets [aria-current]")?.closest("li");
  line?.querySelector("input[type=checkbox]")?.click();
}

const MOVES = {
  j: () => step(1),
  k: () => step(-1),
  x: tick,
  "/": () => { if (!go("/")) flush().then(() => location.assign("/desk/tickets#q")); },
};

// From a field to the title above it.
export function leaveField() {
  const on = document.activeElement;
  if (!on.matches(FIELDS)) return;
  const title = on.closest("#pane, [data-stamp]")?.querySelector("h1") ?? main.querySelector("h1") ?? main;
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
}

// Out of a fold, out of a field, from a ticket to its list.
function leave() {
  const on = document.activeElement;
  const fold = on.closest("details[open]:has(> summary[data-shortcut])");
  if (fold && on.nodeName !== "SUMMARY") {
    fold.open = false;
    fold.querySelector("summary").focus();
  } else if (on.matches(FIELDS)) {
    if (on.type === "search" && on.value) return; // the browser empties it first
    leaveField();
  } else if (on.closest("#pane")) {
    const current = main.querySelector(".list-side .tickets [aria-current]");
    if (current && seen(current)) current.focus();
    else main.querySelector("#pane .crumb a")?.click();
  }
}

// In the words that are being written: the button that has the key, or the only one there is.
function send(event) {
  const key = event.shiftKey ? "Control+Shift+Enter" : "Control+Enter";
  const buttons = [...(event.target.form?.querySelectorAll("button:not([type=button])") ?? [])].filter(seen);
  const button = buttons.find((one) => one.dataset.shortcut === key) ?? (buttons.length === 1 && !event.shiftKey ? buttons[0] : null);
  if (!button || !event.target.matches(FIELDS)) return;
  event.preventDefault();
  button.click();
}

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || dialog?.open) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return send(event);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return leave();
  const key = event.shiftKey ? event.key : event.key.toLowerCase();
  if (!on() || key.length > 1 || event.target.closest?.(FIELDS)) return;
  const known = Object.hasOwn(MOVES, key) ? (MOVES[key](), true) : !event.repeat && go(key);
  if (known) event.preventDefault(); // or the letter would be typed where it leads
});

async function list(more = {}) {
  try {
    const answer = await fetch(link.href, { headers: BY_SCRIPT, ...more });
    if (answer.status === 401) return signedOut();
    if (!answer.ok) return location.assign(link.href);
    dialog ??= document.body.appendChild(document.createElement("dialog"));
    dialog.setAttribute("aria-labelledby", "keys-title");
    const was = dialog.contains(document.activeElement) && document.activeElement.id;
    dialog.innerHTML = await answer.text();
    link.dataset.singleKeys = dialog.querySelector("[data-switch]").dataset.switch;
    label();
    if (!dialog.open) dialog.showModal();
    else if (was) document.getElementById(was)?.focus();
    sayAnswer(answer);
  } catch {
    location.assign(link.href);
  }
}

addEventListener("click", (event) => {
  if (event.target !== link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  list();
});

addEventListener("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || !dialog?.contains(form)) return;
  event.preventDefault();
  await list({ method: "POST", body: new URLSearchParams(new FormData(form)) });
  answered(form);
});

if (link) {
  label();
  new MutationObserver(label).observe(document.body, { subtree: true, childList: true, attributeFilter: [SAID] });
}
