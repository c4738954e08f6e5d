// Brings what stands on the page to what has come from the desk, node by node: whatever stays the same thing stays the same node, with the words typed in
// it, the keyboard, what is marked, a sound that plays.

const WORDS = "textarea, input:not([type=hidden], [type=checkbox], [type=radio], [type=file])";
const STOPS = "a[href], button:not(:disabled), summary, input, textarea, select";

// By what a thing is known again; another name is another thing, and nothing of the old one is left in it.
function known(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return node.nodeName;
  if (node.id) return `#${node.id}`;
  const form = node.form?.getAttribute("action") ?? "";
  switch (node.nodeName) {
    case "FORM": return `form ${node.getAttribute("action")}`;
    case "A": return `a ${node.getAttribute("href")}`; // what a link says may change: how many wait
    case "BUTTON": case "SUMMARY": return [node.nodeName, form, node.name ?? "", node.textContent].join(" ");
    case "INPUT": return [node.nodeName, form, node.type, node.name, node.type === "hidden" ? "" : node.getAttribute("value") ?? ""].join(" ");
    case "OPTION": return `option ${node.value}`;
    case "TEXTAREA": case "SELECT": return [node.nodeName, form, node.name].join(" ");
    case "AUDIO": case "IMG": return `${node.nodeName} ${node.getAttribute("src")}`;
    default: return `${node.nodeName} ${node.dataset?.key ?? ""}`;
  }
}

function attributes(node, to) {
  for (const { name } of [...node.attributes]) {
    // What is unfolded stays so, and what the keyboard was brought to keeps it.
    const kept = (name === "open" && node.nodeName === "DETAILS") || (name === "tabindex" && node === document.activeElement);
    if (!to.hasAttribute(name) && !kept) node.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

function children(node, to) {
  let at = node.firstChild;
  for (const want of [...to.childNodes]) {
    const key = known(want);
    let same = at;
    while (same && known(same) !== key) same = same.nextSibling;
    if (!same) {
      node.insertBefore(want, at);
    } else {
      if (same !== at) {
        // Whatever the keyboard is on is not moved, or it would lose it.
        if (same.contains(document.activeElement)) while (at !== same) [at] = [at.nextSibling, node.appendChild(at)];
        else node.insertBefore(same, at);
      }
      become(same, want);
      at = same.nextSibling;
    }
  }
  while (at) [at] = [at.nextSibling, at.remove()];
}

function become(node, to) {
  if (node.nodeType !== Node.ELEMENT_NODE) {
    if (node.nodeValue !== to.nodeValue) node.nodeValue = to.nodeValue;
    return;
  }
  attributes(node, to);
  children(node, to);
}

// What somebody typed and where; by what it is known again.
function typed(part) {
  return new Map([...part.querySelectorAll(WORDS)].filter((field) => field.value !== field.defaultValue).map((field) => [known(field), field.value]));
}

// Words typed are never lost while their form is there, wherever it has gone to. Where the keyboard's place is gone it stays in this part of the page, and never on another button.
export function morph(part, content) {
  const on = document.activeElement;
  const within = on && on !== part && part.contains(on);
  const was = within ? known(on) : "";
  const nth = within ? like(part, was).indexOf(on) : 0;
  const words = typed(part);
  children(part, content);
  const kept = typed(part);
  for (const field of part.querySelectorAll(WORDS)) {
    const key = known(field);
    if (words.has(key) && !kept.has(key)) field.value = words.get(key);
  }
  if (!within || (document.activeElement === on && !on.disabled)) return; // what is disabled loses the keyboard a moment later
  const found = like(part, was);
  const at = found[Math.min(Math.max(nth, 0), found.length - 1)];
  if (!at) part.tabIndex = -1;
  (at ?? part).focus({ preventScroll: true });
}

function like(part, key) {
  return [...part.querySelectorAll(STOPS)].filter((stop) => known(stop) === key);
}
