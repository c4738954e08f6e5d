// Block Kit as nodes. `room` says what a click does and what names mean:
// { names, act(action_id, block_id, value), suggest(action_id, block_id, words), values, form }: `form` when in a modal.

import { button, make, menu } from "./make.js";
import { anchor, emoji, mention, mrkdwn } from "./slack-mrkdwn.js";

export function blocks(list, room) {
  return list.map((block) => {
    const draw = BLOCKS[block.type];
    const made = draw ? draw(block, room) : make("p", "b-unknown", `[${block.type}]`);
    made.dataset.block = block.block_id;
    return made;
  });
}

function text(object, names) {
  return object.type === "mrkdwn" ? mrkdwn(object.text, names) : document.createTextNode(object.text);
}

const BLOCKS = {
  header: (block) => make("h4", "b-header", block.text.text),
  divider: () => make("hr", "b-divider"),
  markdown: (block, room) => make("div", "b-section", mrkdwn(block.text, room.names)),
  image: (block) => make("p", "b-context", `[image: ${block.alt_text}]`),

  section(block, room) {
    const said = make("div", "b-words");
    if (block.text) said.append(make("div", "b-text", text(block.text, room.names)));
    if (block.fields) said.append(make("div", "b-fields", block.fields.map((field) => make("div", "b-field", text(field, room.names)))));
    return make("div", "b-section", said, block.accessory ? element(block.accessory, block, room) : null);
  },

  context: (block, room) => make("div", "b-context", block.elements.map((one) =>
    make("span", "", one.type === "image" ? `[${one.alt_text}]` : text(one, room.names)))),

  actions: (block, room) => make("div", "b-actions", block.elements.map((one) => element(one, block, room))),

  context_actions: (block, room) => make("div", "b-actions", block.elements.flatMap((one) =>
    ["positive_button", "negative_button"].filter((name) => one[name]).map((name) =>
      button("b-button", one[name].text.text, () => room.act(one.action_id, block.block_id, one[name].value))))),

  input(block, room) {
    const inner = element(block.element, block, room);
    const field = inner.matches("input, textarea, select") ? inner : inner.querySelector(".b-choices, input, textarea, select") ?? inner;
    const several = field.matches(".b-choices");
    const label = make(several ? "span" : "label", "b-label", block.label.text, block.optional ? make("span", "b-optional", " (optional)") : null);
    field.id ||= `field-${block.block_id}`;
    field.removeAttribute("aria-label"); // it has a label of its own here
    if (several) {
      label.id = `label-${block.block_id}`;
      field.setAttribute("aria-labelledby", label.id);
    } else label.htmlFor = field.id;
    const error = make("p", "b-error");
    error.hidden = true;
    error.id = `error-${block.block_id}`;
    field.setAttribute("aria-describedby", error.id);
    return make("div", "b-input", label, inner, block.hint ? make("p", "b-hint", block.hint.text) : null, error);
  },

  rich_text: (block, room) => make("div", "b-section b-rich", block.elements.map((one) => rich(one, room.names))),
};

function rich(part, names) {
  if (part.type === "rich_text_list") {
    return make(part.style === "ordered" ? "ol" : "ul", "b-list", part.elements.map((item) => make("li", "", run(item, names))));
  }
  const name = { rich_text_quote: "blockquote", rich_text_preformatted: "pre" }[part.type] ?? "div";
  return make(name, name === "pre" ? "code-block" : "", run(part, names));
}

function run(part, names) {
  return part.elements.map((piece) => {
    if (piece.type === "user") return mention("@", piece.user_id, names);
    if (piece.type === "channel") return mention("#", piece.channel_id, names);
    if (piece.type === "emoji") return emoji(piece.name);
    let made = piece.type === "link" ? anchor(piece.url, piece.text || piece.url) : document.createTextNode(piece.text ?? "");
    for (const [style, name] of [["bold", "strong"], ["italic", "em"], ["strike", "s"], ["code", "code"]]) {
      if (piece.style?.[style]) made = make(name, "", made);
    }
    return made;
  });
}

// --- elements

function element(one, block, room) {
  const draw = ELEMENTS[one.type] ?? (/_select$|picker$|_input$/.test(one.type) ? ELEMENTS.plain_text_input : null);
  if (!draw) return make("span", "b-unknown", `[${one.type}]`);
  const made = draw(one, block, room);
  made.dataset.action = one.action_id ?? "";
  return made;
}

const value = (one, block, room) => room.values?.[block.block_id]?.[one.action_id] ?? {};

/** Do what an element does: ask first where it says so. In an input of a form a choice waits until it is sent. */
async function act(one, block, room, chosen) {
  if (block.type === "input" && !block.dispatch_action) return;
  if (one.confirm && !(await asked(one.confirm, room.names))) return;
  room.act(one.action_id, block.block_id, chosen);
}

const ELEMENTS = {
  button(one, block, room) {
    const made = button(`b-button ${one.style ?? ""}`, one.text.text, () => {
      act(one, block, room, one.value ?? null);
      if (one.url) anchor(one.url, "").click?.();
    });
    if (one.accessibility_label) made.setAttribute("aria-label", one.accessibility_label);
    return made;
  },

  overflow: (one, block, room) => menu("b-overflow", "More", "⋯",
    one.options.map((option) => [option.text.text, () => act(one, block, room, option.value)])),

  static_select(one, block, room) {
    const made = make("select", "b-select");
    const chosen = value(one, block, room).selected_option ?? one.initial_option;
    const none = make("option", "", one.placeholder?.text ?? "Choose");
    none.value = "";
    none.disabled = !block.optional;
    none.selected = !chosen;
    made.append(none);
    const options = (list) => list.map((option) => {
      const item = make("option", "", option.text.text);
      item.value = option.value;
      item.selected = option.value === chosen?.value;
      return item;
    });
    made.append(...options(one.options ?? []));
    for (const group of one.option_groups ?? []) {
      const grouped = make("optgroup", "", options(group.options));
      grouped.label = group.label.text;
      made.append(grouped);
    }
    made.setAttribute("aria-label", one.placeholder?.text ?? "Choose");
    made.addEventListener("change", () => act(one, block, room, made.value));
    return made;
  },

  radio_buttons: (one, block, room) => choices(one, block, room, "radio"),
  checkboxes: (one, block, room) => choices(one, block, room, "checkbox"),

  external_select(one, block, room) {
    const chosen = value(one, block, room).selected_option ?? one.initial_option;
    const typed = make("input", "b-text-input");
    typed.placeholder = one.placeholder?.text ?? "Type to search";
    typed.autocomplete = "off";
    typed.value = chosen?.text.text ?? "";
    typed.setAttribute("aria-label", typed.placeholder);
    const list = make("div", "b-offers");
    list.hidden = true;
    const made = make("div", "b-external", typed, list);
    made.dataset.value = chosen?.value ?? "";
    let timer = 0;
    const look = async () => {
      if (typed.value.length < (one.min_query_length ?? 3)) {
        list.hidden = true;
        return;
      }
      const words = typed.value;
      const offered = await room.suggest(one.action_id, block.block_id, words);
      if (typed.value !== words || !made.isConnected) return;
      list.replaceChildren(...offered.map((option) => button("b-offer", option.text.text, () => {
        typed.value = option.text.text;
        made.dataset.value = option.value;
        list.hidden = true;
        act(one, block, room, option.value);
      })));
      if (!offered.length) list.append(make("p", "b-none", "Nothing found"));
      list.hidden = false;
    };
    typed.addEventListener("input", () => {
      made.dataset.value = "";
      clearTimeout(timer);
      timer = setTimeout(look, 200);
    });
    typed.addEventListener("focus", () => !made.dataset.value && look());
    return made;
  },

  plain_text_input(one, block, room) {
    const made = make(one.multiline ? "textarea" : "input", "b-text-input");
    if (one.multiline) made.rows = 5;
    else made.type = { datepicker: "date", timepicker: "time", number_input: "number", email_text_input: "email" }[one.type] ?? "text";
    if (one.max_length) made.maxLength = one.max_length;
    made.placeholder = one.placeholder?.text ?? "";
    made.value = value(one, block, room).value ?? one.initial_value ?? "";
    made.autocomplete = "off";
    return made;
  },
};

let groups = 0;

function choices(one, block, room, kind) {
  const made = make("div", "b-choices");
  made.setAttribute("role", kind === "radio" ? "radiogroup" : "group");
  const name = `choice-${(groups += 1)}`;
  const kept = value(one, block, room);
  const chosen = kind === "radio" ? [kept.selected_option ?? one.initial_option] : kept.selected_options ?? one.initial_options ?? [];
  for (const option of one.options) {
    const box = make("input");
    box.type = kind;
    box.name = name;
    box.value = option.value;
    box.checked = chosen.some((picked) => picked?.value === option.value);
    box.addEventListener("change", () => act(one, block, room, picked(made, kind)));
    const described = option.description ? make("span", "b-described", text(option.description, room.names)) : null;
    made.append(make("label", "b-choice", box, make("span", "", text(option.text, room.names), described)));
  }
  return made;
}

function picked(group, kind) {
  const values = [...group.querySelectorAll("input:checked")].map((box) => box.value);
  return kind === "radio" ? values[0] ?? null : values;
}

/** What is filled into the input block drawn as `root`: text, an option's value, several, or null. */
export function filled(root) {
  const external = root.querySelector(".b-external");
  if (external) return external.dataset.value || null;
  const group = root.querySelector(".b-choices");
  if (group) return picked(group, group.getAttribute("role") === "radiogroup" ? "radio" : "checkbox");
  const field = root.querySelector("input, textarea, select");
  return field ? field.value || null : null;
}

/** Put back what was filled in. */
export function refill(root, before) {
  const field = root.querySelector("input, textarea, select");
  const group = root.querySelector(".b-choices");
  if (root.querySelector(".b-external") || before === null) return;
  if (group) for (const box of group.querySelectorAll("input")) box.checked = [before].flat().includes(box.value);
  else if (field) field.value = before;
}

/** Slack's small question before something is done. */
function asked(confirm, names) {
  const dialog = make("dialog", "b-confirm", make("h4", "", confirm.title.text), make("p", "", text(confirm.text, names)));
  const yes = button("b-button primary", confirm.confirm?.text ?? "Yes", () => dialog.close("yes"));
  const no = button("b-button", confirm.deny?.text ?? "Cancel", () => dialog.close(""));
  dialog.append(make("div", "b-actions", no, yes));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((answer) => dialog.addEventListener("close", () => {
    dialog.remove();
    answer(dialog.returnValue === "yes");
  }));
}
