// A form in a live part of a page of calls, or in a ticket, is sent without leaving the page: what came of it, and the part as it is by then, come back. Without
// scripts it is sent like any other.

import { flush, read, sending } from "./drafts.js";
import { answered, say, sayAnswer, signedOut } from "./forms.js";
import { leaveField } from "./keys.js";
import { show } from "./live.js";

const LATE = 20000; // ms after which nothing is known of it: sent again, it does what it says once
const CALLS = /^\/desk(\/calls\/\d+)?$/; // one and the same page but for whose card it shows
const TICKET = /^\/desk\/tickets\/\d+$/;

function kindOf(address) {
  const { origin, pathname } = new URL(address, location.href);
  return origin === location.origin ? [CALLS, TICKET].find((kind) => kind.test(pathname)) : undefined;
}

async function send(form, part, kind, body) {
  const fields = [...form.querySelectorAll("textarea, input:not([type=hidden])")];
  for (const field of fields) field.readOnly = true;
  try {
    sending(form);
    await flush();
    const headers = { "X-By-Itself": "1", "X-Active": "1" }; // the part of the page alone, asked for by somebody
    const answer = await fetch(form.action, { method: "POST", body, headers, signal: AbortSignal.timeout(LATE) });
    if (answer.status === 401) return signedOut();
    if (answer.status >= 500) throw new Error(answer.statusText);
    if (!answer.ok || kindOf(answer.url) !== kind) return location.assign(answer.url);
    read.delete(form);
    const done = answer.headers.get("X-Done") !== "0";
    const written = form.contains(document.activeElement); // and the next keys are for something else, or they would be sent with the next press
    if (done) form.reset(); // what was not taken stays in its field
    await show(part, answer);
    if (done) form.reset();
    if (form.action.endsWith("/take-back")) part.querySelector(".compose .answer")?.reset(); // what was taken back is in the field of the answer, from the desk
    if (done && written) leaveField();
    const url = new URL(answer.url);
    url.searchParams.delete("said");
    if (kind === CALLS && location.pathname !== "/desk") history.replaceState(null, "", url); // there the card of the next call comes by itself
    sayAnswer(answer);
    part.querySelector(".timeline > .held:last-child")?.scrollIntoView({ block: "nearest" }); // not behind the field for the next one
  } catch {
    say("Not sent: there is no connection to the desk. Press again.");
  } finally {
    for (const field of fields) field.readOnly = false;
    answered(form);
  }
}

addEventListener("submit", (event) => {
  const form = event.target;
  const part = form.closest("[data-stamp]:not([data-stamp=''])");
  const kind = part && form.method === "post" && kindOf(part.dataset.from ?? location.href);
  if (!kind || event.defaultPrevented) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  if (read.has(form)) body.set("seen", read.get(form));
  send(form, part, kind, body);
});
