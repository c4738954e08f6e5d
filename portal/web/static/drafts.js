// What is being written is kept at the desk as it is typed, for its writer alone: at this screen or another, today or after the session.

const PAUSE = 1000; // ms without a key before it is kept

export const read = new WeakMap(); // form -> up to where its writer had read when they began
const waiting = new Map(); // form -> its timer
let keeping = Promise.resolve();

function keep(form) {
  clearTimeout(waiting.get(form));
  waiting.delete(form);
  const said = { token: form.elements.token.value, form: form.getAttribute("action"), words: form.elements.words.value };
  if (read.has(form)) said.seen = read.get(form);
  keeping = keeping.then(() => fetch("/desk/drafts", { method: "POST", body: new URLSearchParams(said), signal: AbortSignal.timeout(5000) })).catch(() => {});
}

addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.elements.seen && !read.has(form)) read.set(form, form.elements.seen.value);
  if (event.target.nodeName !== "TEXTAREA" || !form?.matches("[data-draft]")) return;
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(keep, PAUSE, form));
});

// All that was typed until now is kept.
export function flush() {
  for (const form of [...waiting.keys()]) keep(form);
  return keeping;
}

// It is being sent: what comes of that says what is kept of it.
export function sending(form) {
  clearTimeout(waiting.get(form));
  waiting.delete(form);
}
