// Keeps the live parts of a page of the desk true: the desk says each second how it stands, what has changed is asked for and brought in; and the page says
// when it hears nothing. Where no line can be kept open it asks every second by itself. Every page works without it, by reloading.
//
// A live part is an element with data-stamp, how the desk stood when it was made. It comes from the page's own address, or from that in its data-from.

import { setClock, tick } from "./clock.js";
import { signedOut, unsent } from "./forms.js";
import { morph } from "./morph.js";

const EVERY = 1000; // ms between two looks
const SILENT = 3000; // ms after which a line that says nothing is given up
const AGAIN = 30000; // ms until another is tried
const LOST = 4000; // ms without an answer before the page says so
const STALE = 15000; // ms after which what may be told is covered

const lost = document.getElementById("lost");
const shown = new WeakMap(); // part -> what came last
let touched = true;
let told = 0; // when the desk was last told that somebody is here
let heard = Date.now();
let pressed = false;
let line = null; // the desk tells us on it; null: we ask by ourselves
let stamp = ""; // how it says that it stands
let looking = false;
let over = false; // on the way to another page

// The times count by themselves, and keys of forms are new each time: a part that differs in nothing else stays as it is, and under
// a finger or a reader's voice too.
function same(text) {
  return text.replace(/(<time[^>]*>)[^<]*/g, "$1").replace(/(name="token" value=")[^"]*/g, "$1");
}

// `part` becomes what the desk answered.
export async function show(part, answer) {
  const text = await answer.text();
  part.dataset.stamp = answer.headers.get("X-Stamp") ?? "";
  setClock(answer.headers.get("X-Now"));
  if (same(text) === shown.get(part)) return;
  shown.set(part, same(text));
  const holder = document.createElement("template");
  holder.innerHTML = text;
  morph(part, holder.content);
  tick();
  part.dispatchEvent(new Event("live"));
}

// Asks for the live part of a page alone; with "X-Active" as somebody who is there, or else as the page by itself.
export function ask(url, more = {}) {
  return fetch(url, { headers: { "X-By-Itself": "1", ...more }, signal: AbortSignal.timeout(5000), redirect: "error" });
}

// It is not theirs any more: nothing of it is left to be seen but what they were writing.
function closed(part) {
  const written = unsent();
  if (!part.dataset.from && !Object.keys(written).length) {
    over = true;
    location.reload();
    return;
  }
  const forms = [...part.querySelectorAll("form")].filter((form) => form.getAttribute("action") in written);
  part.replaceChildren(...forms);
  part.dataset.stamp = "";
  document.getElementById("closed").hidden = false;
}

function connected(yes) {
  if (yes) heard = Date.now();
  if (!lost) return;
  const quiet = Date.now() - heard;
  lost.hidden = quiet < LOST;
  document.body.classList.toggle("stale", quiet > STALE);
}

async function look(part) {
  const url = new URL(part.dataset.from ?? location.href, location.href);
  url.searchParams.delete("said");
  url.searchParams.set("stamp", part.dataset.stamp);
  url.hash = "";
  const active = touched && Date.now() - told > 60000;
  const answer = await ask(url, active ? { "X-Active": "1" } : {});
  if (answer.status === 401) {
    over = true;
    signedOut();
    return;
  }
  if (active) [touched, told] = [false, Date.now()];
  if (answer.status === 200 && !pressed) await show(part, answer);
  else if (answer.status === 404 || answer.status === 403) closed(part);
  connected(answer.status < 500);
}

function parts() {
  return document.querySelectorAll("[data-stamp]:not([data-stamp=''])");
}

// Each part that is not as the desk stands, or every one where that is not known.
async function round() {
  if (looking || over) return;
  looking = true;
  try {
    const old = [...parts()].filter((part) => !line || part.dataset.stamp !== stamp);
    if (!old.length) connected(true);
    for (const part of old) await look(part);
  } catch {
    connected(false);
  }
  looking = false;
}

function listen() {
  line = new EventSource("/desk/events");
  line.heard = Date.now();
  line.onmessage = (event) => {
    line.heard = Date.now();
    stamp = event.data;
    round();
  };
  line.onerror = hangUp;
}

function hangUp() {
  line?.close();
  line = null;
  setTimeout(() => { if (!line) listen(); }, AGAIN);
}

for (const what of ["pointerdown", "pointermove", "keydown", "scroll"]) {
  addEventListener(what, () => { touched = true; }, { passive: true });
}

addEventListener("pointerdown", () => { pressed = true; }, { passive: true });
for (const what of ["pointerup", "pointercancel", "blur"]) addEventListener(what, () => { pressed = false; });

const first = document.querySelector("[data-now]");
if (first && parts().length) {
  setClock(first.dataset.now);
  tick(); // this computer's clock may be wrong
  if (!document.querySelector("meta[name=line][content=none]")) listen();
  setInterval(() => {
    tick();
    connected(false);
    if (line && Date.now() - line.heard > SILENT) hangUp();
    if (!line) round();
  }, EVERY);
}
