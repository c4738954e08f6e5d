// Keeps a page of the desk true: asks every second whether anything changed, swaps the part that did, counts down, and says
// when it cannot ask. Every page works without it, by reloading.

const EVERY = 1000; // ms between two looks
const LOST = 4000; // ms without an answer before the page says so
const STALE = 15000; // ms after which what may be told is covered

const live = document.getElementById("live");
const lost = document.getElementById("lost");
let ahead = 0; // ms the desk's clock is ahead of this one
let touched = true;
let told = 0; // when the desk was last told that somebody is here
let heard = Date.now();
let pressed = false;
let shown = "";

function now() {
  return Date.now() + ahead;
}

function span(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d`;
}

function tick() {
  for (const at of document.querySelectorAll("time[data-until]")) at.textContent = span(Number(at.dataset.until) - now());
  for (const at of document.querySelectorAll("time[data-since]")) at.textContent = span(now() - Number(at.dataset.since));
  for (const at of document.querySelectorAll("time[data-at]:not([datetime])")) {
    const when = new Date(Number(at.dataset.at));
    const year = when.getFullYear() === new Date(now()).getFullYear() ? {} : { year: "numeric" };
    at.textContent = when.toLocaleString([], { day: "numeric", month: "short", ...year, hour: "2-digit", minute: "2-digit" });
    at.dateTime = when.toISOString();
  }
}

// The times count by themselves, and keys of forms are new each time: a part that differs in nothing else stays as it is, and under
// a finger or a reader's voice too.
function same(text) {
  return text.replace(/(<time[^>]*>)[^<]*/g, "$1").replace(/(name="token" value=")[^"]*/g, "$1");
}

// What the keyboard can be on, and by what it is known again in the part that comes in its place.
function stops() {
  return [...live.querySelectorAll("a[href], button:not(:disabled), summary, input, textarea, select")];
}

function known(stop) {
  if (stop.id) return stop.id;
  const to = stop.getAttribute("href"); // what a link says may change: how many wait
  return to ?? [stop.tagName, stop.form?.getAttribute("action") ?? "", stop.name ?? "", stop.textContent].join(" ");
}

// The keyboard stays where it was. Where that is gone it stays in this part of the page, and never on another button.
function again(was, nth) {
  const found = stops().filter((stop) => known(stop) === was);
  const at = found[Math.min(nth, found.length - 1)];
  if (!at) live.tabIndex = -1;
  (at ?? live).focus({ preventScroll: true });
}

function swap(text) {
  if (same(text) === shown) return;
  shown = same(text);
  const holder = document.createElement("template");
  holder.innerHTML = text;
  const on = document.activeElement;
  const within = on && on !== live && live.contains(on);
  const was = within ? known(on) : "";
  const nth = within ? stops().filter((stop) => known(stop) === was).indexOf(on) : 0;
  live.replaceChildren(holder.content);
  tick();
  if (within) again(was, Math.max(nth, 0));
}

// What is written in this page's forms and not sent: form -> field -> words.
function unsent() {
  const found = {};
  for (const field of document.querySelectorAll("form[method=post] textarea, form[method=post] input:not([type=hidden])")) {
    if (!field.name || !field.value.trim() || "secret" in field.dataset) continue;
    const form = field.form.getAttribute("action");
    found[form] = { ...found[form], [field.name]: field.value };
  }
  return found;
}

// Signed out: the way leads over the sign-in, and takes along what was written.
function signedOut() {
  const written = unsent();
  const token = document.querySelector("form[method=post] input[name=token]");
  if (!token || !Object.keys(written).length) {
    location.assign(`/desk/sign-in?to=${encodeURIComponent(location.pathname)}`);
    return;
  }
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/desk/sign-in";
  for (const [name, value] of [["token", token.value], ["to", location.pathname], ["unsent", JSON.stringify(written)]]) {
    const field = document.createElement("input");
    [field.type, field.name, field.value] = ["hidden", name, value];
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}

// The page is not theirs any more: nothing of it is left to be seen but what they were writing.
function closed() {
  if (!Object.keys(unsent()).length) {
    location.reload();
    return;
  }
  live.replaceChildren();
  document.getElementById("closed").hidden = false;
}

function connected(yes) {
  if (yes) heard = Date.now();
  if (!lost) return;
  const quiet = Date.now() - heard;
  lost.hidden = quiet < LOST;
  document.body.classList.toggle("stale", quiet > STALE);
}

async function look() {
  const headers = { "X-By-Itself": "1" };
  if (touched && Date.now() - told > 60000) headers["X-Active"] = "1";
  const url = new URL(location.href);
  url.searchParams.delete("said");
  url.searchParams.set("stamp", live.dataset.stamp);
  url.hash = "";
  try {
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(5000), redirect: "error" });
    if (answer.status === 401) {
      signedOut();
      return;
    }
    if (headers["X-Active"]) [touched, told] = [false, Date.now()];
    if (answer.status === 200 && !pressed) {
      live.dataset.stamp = answer.headers.get("X-Stamp") ?? "";
      ahead = Number(answer.headers.get("X-Now")) - Date.now();
      swap(await answer.text());
    } else if (answer.status === 404 || answer.status === 403) {
      closed();
      return;
    }
    connected(answer.status < 500);
  } catch {
    connected(false);
  }
  setTimeout(look, EVERY);
}

for (const what of ["pointerdown", "pointermove", "keydown", "scroll"]) {
  addEventListener(what, () => { touched = true; }, { passive: true });
}

addEventListener("pointerdown", () => { pressed = true; }, { passive: true });
for (const what of ["pointerup", "pointercancel", "blur"]) addEventListener(what, () => { pressed = false; });

// A form is sent once, however often somebody presses; should it get through twice, the desk does it once.
addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
  setTimeout(() => delete event.target.dataset.sent, 30000);
});
addEventListener("pageshow", () => { // also of a page that was gone back to
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

if (location.search.includes("said=")) {
  const url = new URL(location.href);
  url.searchParams.delete("said");
  history.replaceState(null, "", url);
  setTimeout(() => document.querySelector(".said")?.remove(), 8000);
}

// Where something went wrong, the keyboard and a reader's voice begin there, but for a field that says itself what is wrong with it.
const wrong = document.querySelector("main .trouble[role=alert]:not([hidden])");
if (wrong && !document.activeElement.getAttribute("aria-describedby")?.includes(wrong.id || "-")) {
  wrong.tabIndex = -1;
  wrong.focus();
}

if (live && live.dataset.stamp) {
  ahead = Number(live.dataset.now) - Date.now();
  setInterval(() => { tick(); connected(false); }, 1000);
  setTimeout(look, EVERY);
}
tick();
