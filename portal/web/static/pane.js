// A ticket opens beside the list it was chosen in. Every page works without it, by loading.

import { flush } from "./drafts.js";
import { say, signedOut } from "./forms.js";
import { show } from "./live.js";

const TICKET = /^\/desk\/tickets\/\d+(\?with=before)?$/;
const WIDE = matchMedia("(min-width: 861px)");
const BY_SCRIPT = { "X-By-Itself": "1", "X-Active": "1" }; // the part of the page alone, asked for by somebody

const main = document.getElementById("main");
let list = location.pathname === "/desk/tickets" ? location.href : history.state?.list;
let pane = null;
let opening = 0;
let early = null; // keys that were pressed since a ticket was asked for

// The list at the left, the ticket at the right; on a phone one of them.
function split(live) {
  const side = document.createElement("div");
  side.className = "list-side";
  side.append(...main.childNodes);
  pane = document.createElement("section");
  pane.id = "pane";
  pane.setAttribute("aria-label", "Ticket");
  main.append(side, pane);
  main.classList.add("paned");
  if (live) live.dataset.from = list;
  new MutationObserver(mark).observe(side, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-current"] });
  return side;
}

function mark() {
  for (const link of main.querySelectorAll(".list-side a[href^='/desk/tickets/']")) {
    if (link.getAttribute("href") !== location.pathname) link.removeAttribute("aria-current");
    else if (!link.hasAttribute("aria-current")) link.setAttribute("aria-current", "true");
  }
}

async function open(path, how = {}) {
  const turn = ++opening;
  early ??= [];
  try {
    await flush();
    const answer = await fetch(path, { headers: BY_SCRIPT });
    if (turn === opening && await opened(path, answer, how)) pressAgain();
  } catch {
    if (turn !== opening) return;
    early = null;
    say("Not opened: there is no connection to the desk. Try again.");
  }
}

// Whether it is there: else another page is on its way.
async function opened(path, answer, { push = true, focus = "" }) {
  if (answer.status === 401) return void signedOut();
  if (!answer.ok || !answer.headers.has("X-Stamp")) return void location.assign(path);
  if (push) history.pushState({ list }, "", path);
  if (!pane) split(document.getElementById("live"));
  const there = pane.querySelector("[data-from]");
  const same = there?.dataset.from.split("?")[0] === path.split("?")[0]; // more of it, or less: what is unfolded or plays stays so
  const part = same ? there : document.createElement("div");
  part.dataset.from = path;
  if (!same) pane.replaceChildren(part);
  pane.hidden = false;
  await show(part, answer);
  document.title = `${part.querySelector("h1")?.textContent ?? "Ticket"} · Support desk`;
  mark();
  begin(part, focus);
  return true;
}

// A key that is pressed before the ticket it is meant for is there does nothing to the one before: it is pressed again when it is.
addEventListener("keydown", (event) => {
  if (!early || (event.key.length > 1 && !["Enter", "Escape"].includes(event.key)) || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  early.push(event.key);
}, { capture: true });

function pressAgain() {
  const keys = early;
  early = null;
  for (const key of keys) {
    const on = document.activeElement;
    if (on.matches("textarea, input") && key !== "Escape") {
      on.setRangeText(key === "Enter" ? "\n" : key, on.selectionStart, on.selectionEnd, "end");
      on.dispatchEvent(new Event("input", { bubbles: true }));
    } else if (key === "Enter") on.click();
    else on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  }
}

// What was said last is in sight, and the keyboard where one goes on: in the answer for whoever clicked, else at the ticket's title.
function begin(part, focus) {
  const title = part.querySelector("h1");
  if (title) title.tabIndex = -1;
  (focus === "answer" && WIDE.matches ? part.querySelector("#answer") ?? title : title)?.focus({ preventScroll: true });
  const before = part.querySelector(".before details > summary"); // asked for
  before?.focus({ preventScroll: true });
  (before ?? part.querySelector(".timeline > :last-child"))?.scrollIntoView({ block: "nearest" });
}

function close() {
  flush();
  const from = main.querySelector(".list-side .tickets [aria-current]") ?? main.querySelector(".list-side h1");
  pane.replaceChildren();
  pane.hidden = true;
  document.title = "Tickets · Support desk";
  mark();
  if (from.nodeName === "H1") from.tabIndex = -1;
  from.focus({ preventScroll: true });
}

addEventListener("popstate", () => {
  if (TICKET.test(location.pathname)) open(location.pathname + location.search, { push: false });
  else if (pane) close();
});

addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const to = link.getAttribute("href");
  if ("insert" in link.dataset) {
    event.preventDefault();
    insert(link);
  } else if (list && TICKET.test(to) && main.contains(link)) {
    event.preventDefault();
    open(to, { focus: event.detail ? "answer" : "" });
  } else if (pane && link.closest(".crumb") && to.startsWith("/desk/tickets?")) {
    event.preventDefault();
    history.pushState({}, "", list);
    close();
  }
});

// A canned answer, or one that an assistant has drafted, goes to the end of what is written, filled by the desk.
async function insert(link) {
  const field = link.closest(".ticket-page").querySelector(".compose .answer textarea");
  await flush();
  const answer = await fetch(link.href, { headers: BY_SCRIPT });
  if (answer.status === 401) return signedOut();
  if (!answer.ok) return location.assign(link.href);
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  field.value = holder.content.querySelector(`#${field.id}`).value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  link.closest("details")?.removeAttribute("open");
  field.focus();
}

// A ticket that was open beside a list when its page was loaded again.
if (TICKET.test(location.pathname) && list) {
  const answer = await fetch(list);
  const there = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
  const own = document.getElementById("live");
  if (answer.ok && own && there?.querySelector("#live")) {
    own.removeAttribute("id");
    own.dataset.from = location.pathname + location.search.replace(/^\?said=.*/, "");
    own.remove();
    main.replaceChildren(...there.childNodes);
    split(document.getElementById("live"));
    pane.append(own);
    mark();
    import("./ticks.js");
  } else list = null;
}
