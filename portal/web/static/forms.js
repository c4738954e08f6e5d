// What every form of ours needs of a browser: it is sent once, what was written in it is not lost, and the keyboard begins where something went wrong.

const SAID_FOR = 8000; // ms

// However often somebody presses; should it get through twice, the desk does it once.
let sent = new WeakSet();
addEventListener("submit", (event) => {
  const form = event.target;
  if (sent.has(form)) event.preventDefault();
  sent.add(form);
  setTimeout(() => sent.delete(form), 30000);
});
addEventListener("pageshow", () => { sent = new WeakSet(); }); // also of a page that was gone back to

// Its answer is here: it may be sent again.
export function answered(form) {
  sent.delete(form);
}

// What came of a form, above the page it was sent from without leaving it.
export function say(words, done = false) {
  document.querySelector("body > .said")?.remove();
  if (!words) return;
  const said = document.createElement("p");
  [said.className, said.role, said.textContent] = done ? ["said", "status", words] : ["said not-done", "alert", words];
  document.getElementById("main").before(said);
  setTimeout(() => said.remove(), SAID_FOR);
}

// As the desk answered.
export function sayAnswer({ headers }) {
  say(decodeURIComponent(headers.get("X-Said") ?? ""), headers.get("X-Done") === "1");
}

// What is written in the forms and not sent: form -> field -> words.
export function unsent() {
  const found = {};
  for (const field of document.querySelectorAll("form[method=post] textarea, form[method=post] input:not([type=hidden])")) {
    if (!field.name || !field.value.trim() || "secret" in field.dataset) continue;
    const form = field.form.getAttribute("action");
    found[form] = { ...found[form], [field.name]: field.value };
  }
  return found;
}

// Signed out: the way leads over the sign-in, and takes along what was written.
export function signedOut() {
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

// What came of the last form is said once, and not again when the page is loaded again.
if (location.search.includes("said=")) {
  const url = new URL(location.href);
  url.searchParams.delete("said");
  history.replaceState(null, "", url);
  setTimeout(() => document.querySelector(".said")?.remove(), SAID_FOR);
}

// A field that says itself what is wrong with it keeps the keyboard.
const wrong = document.querySelector("main .trouble[role=alert]:not([hidden])");
if (wrong && !document.activeElement.getAttribute("aria-describedby")?.includes(wrong.id || "-")) {
  wrong.tabIndex = -1;
  wrong.focus();
}

// More files than the desk takes are not sent, so that nothing which was written goes with them.
addEventListener("change", ({ target }) => {
  if (!target.dataset.bytes) return;
  const bytes = [...target.files].reduce((sum, file) => sum + file.size, 0);
  const many = target.files.length > Number(target.dataset.most) || bytes > Number(target.dataset.bytes);
  target.setCustomValidity(many ? target.dataset.trouble : "");
  target.reportValidity();
});
