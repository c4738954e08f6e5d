// A form in a live part of a page of calls is sent without leaving the page: what came of it, and the part as it is by then, come back. Without
// scripts it is sent like any other.

import { sending } from "./drafts.js";
import { answered, say, sayAnswer, signedOut } from "./forms.js";
import { show } from "./live.js";

const LATE = 20000; // ms after which nothing is known of it: sent again, it does what it says once

// Pages that are one and the same but for whose card they show.
function isHere(url) {
  return url.origin === location.origin && /^\/desk(\/calls\/\d+)?$/.test(url.pathname);
}

async function send(form, part, body) {
  const fields = [...form.querySelectorAll("textarea, input:not([type=hidden])")];
  for (const field of fields) field.readOnly = true;
  try {
    await sending(form);
    const headers = { "X-By-Itself": "1", "X-Active": "1" }; // the part of the page alone, asked for by somebody
    const answer = await fetch(form.action, { method: "POST", body, headers, signal: AbortSignal.timeout(LATE) });
    if (answer.status === 401) return signedOut();
    if (answer.status >= 500) throw new Error(answer.statusText);
    const url = new URL(answer.url);
    if (!answer.ok || !isHere(url)) return location.assign(url);
    form.reset();
    await show(part, answer);
    form.reset(); // what was not taken is in its field, from the desk
    url.searchParams.delete("said");
    if (location.pathname !== "/desk") history.replaceState(null, "", url); // there the card of the next call comes by itself
    sayAnswer(answer);
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
  if (!part || event.defaultPrevented || !isHere(new URL(location.href))) return;
  event.preventDefault();
  send(form, part, new URLSearchParams(new FormData(form, event.submitter)));
});
