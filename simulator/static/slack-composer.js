// Where one writes: commands with their hints, mentions, small files.

import { button, make } from "./make.js";

const BIGGEST = 200_000;

/** `slack` is the page's half; `place()` says where this writes: { channel, thread, members, name }. */
export class Composer {
  constructor(slack, place) {
    this.slack = slack;
    this.place = place;
    this.files = [];
    this.box = make("textarea", "composer-box");
    this.box.rows = 1;
    this.box.maxLength = 12_000;
    this.hints = make("div", "offers");
    this.hints.hidden = true;
    this.hints.setAttribute("role", "listbox");
    this.attached = make("div", "attached");
    this.picker = make("input");
    this.picker.type = "file";
    this.picker.multiple = true;
    this.picker.hidden = true;
    this.picker.setAttribute("aria-label", "Choose small text files");
    const attach = button("composer-attach", "+", () => this.picker.click());
    attach.title = "Attach a small text file";
    attach.setAttribute("aria-label", attach.title);
    this.send = button("composer-send", "Send", () => this.#send());
    this.root = make("div", "composer", this.hints, this.attached, make("div", "composer-row", attach, this.picker, this.box, this.send));
    this.box.addEventListener("input", () => this.#typed());
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("blur", () => setTimeout(() => { this.hints.hidden = true; }, 150));
    this.picker.addEventListener("change", () => this.#attach());
  }

  /** What is written to, in words. */
  name(words) {
    this.box.placeholder = words;
    this.box.setAttribute("aria-label", words);
  }

  write(words) {
    this.box.value = words;
    this.#grow();
    this.box.focus();
  }

  #grow() {
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, 140)}px`;
  }

  #typed() {
    this.#grow();
    const offered = this.#offered();
    this.chosen = 0;
    this.hints.replaceChildren(...offered.map((hint) => {
      const item = button("offer", [make("strong", "", hint.name), make("span", "offer-usage", hint.usage ?? ""), make("span", "offer-what", hint.what ?? "")], () => this.#complete(hint));
      item.setAttribute("role", "option");
      item.tabIndex = -1;
      return item;
    }));
    this.offered = offered;
    this.hints.hidden = offered.length === 0;
    this.#mark();
  }

  #offered() {
    const before = this.box.value.slice(0, this.box.selectionStart);
    if (/^\/\w*$/.test(before) && !this.place().thread) {
      if (this.slack.seen.external) return [{ name: "No slash commands here", what: "People of other organisations write, mention @Deskgate and click instead", insert: "" }];
      return this.slack.state.commands.filter((one) => one.name.startsWith(before)).map((one) => ({ name: one.name, usage: one.usage, what: one.description, insert: `${one.name} ` }));
    }
    const mention = /(?:^|\s)@(\w*)$/.exec(before);
    if (!mention) return [];
    const people = [this.slack.state.app.name, ...this.place().members.filter((name) => name !== this.slack.state.app.name)];
    return people.filter((name) => name.toLowerCase().startsWith(mention[1].toLowerCase()))
      .map((name) => ({ name: `@${name}`, insert: `${before.slice(0, before.length - mention[1].length - 1)}@${name} ` }));
  }

  #mark() {
    for (const [place, item] of [...this.hints.children].entries()) item.setAttribute("aria-selected", String(place === this.chosen));
  }

  #complete(hint) {
    const rest = this.box.value.slice(this.box.selectionStart);
    if (hint.insert) this.box.value = hint.insert + rest.trimStart();
    this.hints.hidden = true;
    this.box.focus();
    this.box.setSelectionRange(hint.insert.length, hint.insert.length);
    this.#grow();
  }

  #key(event) {
    if (event.isComposing) return;
    const open = !this.hints.hidden;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const count = this.offered.length;
      this.chosen = (this.chosen + (event.key === "ArrowDown" ? 1 : count - 1)) % count;
      this.#mark();
    } else if (open && event.key === "Tab") this.#complete(this.offered[this.chosen]);
    else if (open && event.key === "Escape") this.hints.hidden = true;
    else if (event.key === "Enter" && !event.shiftKey) {
      const whole = this.box.value.trim();
      if (open && this.offered[this.chosen].insert && !this.offered.some((hint) => hint.name === whole)) this.#complete(this.offered[this.chosen]);
      else this.#send();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  async #attach() {
    for (const file of this.picker.files) {
      if (file.size > BIGGEST) this.slack.complain(`${file.name} is too big: small text files only`);
      else this.files.push({ name: file.name, text: await file.text() });
    }
    this.picker.value = "";
    this.#drawFiles();
  }

  #drawFiles() {
    this.attached.replaceChildren(...this.files.map((file) => {
      const off = button("attached-off", "×", () => {
        this.files = this.files.filter((one) => one !== file);
        this.#drawFiles();
      });
      off.setAttribute("aria-label", `Leave out ${file.name}`);
      return make("span", "attached-file", file.name, off);
    }));
  }

  #send() {
    const text = this.box.value.trim();
    if (!text && !this.files.length) return;
    const { channel, thread } = this.place();
    const command = /^(\/[\w-]+)\s*(.*)$/s.exec(text);
    this.hints.hidden = true;
    this.box.value = "";
    this.#grow();
    if (command && !thread) this.slack.act("command", { channel, name: command[1], text: command[2] });
    else this.slack.act("say", { channel, thread, text, files: this.files });
    this.files = [];
    this.#drawFiles();
  }
}
