// Builds nodes. Nothing that comes from a message is ever markup here: words go in as text.

/** make("button", "quiet", "Send") · make("p", "", "Hello ", make("b", "", "Mia")) */
export function make(name, classes = "", ...inside) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  made.append(...inside.flat().filter((one) => one !== null && one !== undefined && one !== ""));
  return made;
}

export function button(classes, words, pressed) {
  const made = make("button", classes, words);
  made.type = "button";
  made.addEventListener("click", pressed);
  return made;
}

/** A menu that folds out: a summary, and buttons that close it. */
export function menu(classes, label, glyph, items) {
  const fold = make("details", `menu ${classes}`);
  const summary = make("summary", "", glyph);
  summary.setAttribute("aria-label", label);
  summary.title = label;
  const list = make("div", "menu-items");
  for (const [words, chosen, kind] of items) {
    list.append(button(kind ? `menu-item ${kind}` : "menu-item", words, () => {
      fold.open = false;
      chosen();
    }));
  }
  fold.append(summary, list);
  fold.addEventListener("toggle", () => {
    fold.classList.remove("up");
    const around = fold.closest(".messages, .app-home, .form-blocks")?.getBoundingClientRect().bottom ?? innerHeight;
    fold.classList.toggle("up", list.getBoundingClientRect().bottom > around);
  });
  return fold;
}

// A menu closes when something else is done.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.menu[open]")) if (!open.contains(event.target)) open.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details.menu[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
    event.stopImmediatePropagation();
  }
});

export function clockTime(ts) {
  return new Date(Number(ts) * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}
