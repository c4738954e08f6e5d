// What was said in a room or a thread, as nodes. A message that has not changed is not drawn again.

import { button, clockTime, make, menu } from "./make.js";
import { blocks } from "./slack-blocks.js";
import { mrkdwn } from "./slack-mrkdwn.js";

const COLOURS = 6;

/** `slack` is the page's half: { names, seen, state, act(name, rest), openThread(ts), editing }. */
export class MessageList {
  constructor(slack, inThread) {
    this.slack = slack;
    this.inThread = inThread;
    this.root = make("ol", "messages");
    this.root.setAttribute("role", "log");
    this.root.tabIndex = 0;
    this.drawn = new Map();
    this.atEnd = true;
    this.root.addEventListener("scroll", () => { this.atEnd = this.#isAtEnd(); });
    // What is read at the end stays there when the place for it gets smaller.
    new ResizeObserver(() => this.atEnd && this.toEnd()).observe(this.root);
  }

  toEnd() {
    this.root.scrollTop = this.root.scrollHeight;
    this.atEnd = true;
  }

  #isAtEnd() {
    return this.root.scrollHeight - this.root.scrollTop - this.root.clientHeight < 60;
  }

  /** Draw these messages of a room; `key` names the place, so that another one begins at its end. */
  show(key, room, messages) {
    const fresh = key !== this.key;
    if (fresh) {
      this.drawn.clear();
      this.root.replaceChildren();
      this.key = key;
    }
    this.room = room;
    const atEnd = fresh || this.#isAtEnd();
    const kept = new Map();
    for (const [place, message] of messages.entries()) {
      const follows = this.#follows(messages[place - 1], message);
      const text = JSON.stringify([message, follows, room.statuses[message.ts] ?? "", this.slack.editing === message.ts]);
      const before = this.drawn.get(message.ts);
      const item = before?.text === text ? before.item : this.#message(message, follows);
      if (before && before.item !== item) before.item.replaceWith(item);
      kept.set(message.ts, { text, item });
    }
    for (const [ts, { item }] of this.drawn) if (!kept.has(ts)) item.remove();
    for (const [place, { item }] of [...kept.values()].entries()) {
      if (this.root.children[place] !== item) this.root.insertBefore(item, this.root.children[place] ?? null);
    }
    this.drawn = kept;
    if (atEnd) this.toEnd();
  }

  /** Somebody goes on talking: no need to say again who it is. */
  #follows(before, message) {
    return Boolean(before) && !this.inThread && before.user === message.user && !before.only_you && !message.only_you && !message.subtype
      && !before.replies?.length && message.ts - before.ts < 300 && before.organisation === message.organisation && !before.subtype;
  }

  #message(message, follows) {
    const item = make("li", "message");
    item.dataset.ts = message.ts;
    if (message.subtype === "channel_join" || message.subtype === "tombstone") {
      item.classList.add("aside");
      item.append(make("p", "", message.subtype === "tombstone" ? "This message was deleted." : `${message.author} joined`));
      if (message.replies?.length && !this.inThread) item.append(this.#threadLine(message));
      return item;
    }
    item.classList.toggle("follows", follows);
    item.classList.toggle("only-you", message.only_you);
    const body = make("div", "message-body");
    if (message.only_you) body.append(make("p", "only-you-note", "Only visible to you"));
    if (!follows) body.append(this.#head(message));
    body.append(this.slack.editing === message.ts ? this.#editor(message) : this.#words(message));
    for (const file of message.files) body.append(this.#file(file));
    if (message.reactions?.length) body.append(make("p", "reactions", message.reactions.map((one) => make("span", "reaction", mrkdwn(`:${one.name}:`, this.slack.names), ` ${one.count}`))));
    if (!this.inThread && message.replies?.length) body.append(this.#threadLine(message));
    item.append(follows ? make("span", "beside", clockTime(message.ts)) : avatar(message), body, this.#menu(message));
    return item;
  }

  #head(message) {
    return make("p", "message-head",
      make("strong", "", message.author),
      message.by_app ? make("span", "tag", "app") : null,
      message.organisation ? make("span", "tag other", message.organisation) : null,
      make("time", "", clockTime(message.ts)),
      message.pinned_to ? make("span", "tag pin", "pinned") : null);
  }

  #words(message) {
    const words = make("div", "words");
    const act = (action_id, block_id, value) => this.slack.act("click", { channel: message.channel, ts: message.ts, action_id, block_id, value });
    const suggest = (action_id, block_id, text) => this.slack.suggest({ channel: message.channel, ts: message.ts, action_id, block_id, text });
    if (message.by_app && message.blocks?.length) words.append(...blocks(message.blocks, { names: this.slack.names, act, suggest, values: message.choices }));
    else words.append(mrkdwn(message.text, this.slack.names));
    if (message.edited && !message.by_app) words.append(make("span", "edited", " (edited)"));
    return words;
  }

  #editor(message) {
    const box = make("textarea", "editor");
    box.value = message.words;
    box.rows = 2;
    box.setAttribute("aria-label", "Edit your message");
    const done = (save) => {
      this.slack.edit("");
      if (save && box.value.trim() && box.value !== message.words) this.slack.act("edit", { channel: message.channel, ts: message.ts, text: box.value });
    };
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") done(false);
      else if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        done(true);
      }
    });
    setTimeout(() => box.focus());
    return make("div", "editing", box, make("div", "b-actions", button("b-button primary", "Save", () => done(true)), button("b-button", "Cancel", () => done(false))));
  }

  #file(file) {
    const link = make("a", "file-name", file.name);
    link.href = `/simulator/slack/seen/${this.slack.seen.user}/files/${file.id}`;
    link.download = file.name;
    const size = file.size < 1000 ? `${file.size} bytes` : `${Math.round(file.size / 100) / 10} kB`;
    return make("div", "file", make("p", "", link, make("span", "file-size", size)), file.preview ? make("pre", "file-preview", file.preview) : null);
  }

  #threadLine(message) {
    const count = message.replies.length;
    const last = message.replies.at(-1);
    return button("thread-line", `${count} ${count === 1 ? "reply" : "replies"} · ${clockTime(last.ts)}`, () => this.slack.openThread(message.ts));
  }

  #menu(message) {
    const place = { channel: message.channel, ts: message.ts };
    const items = [];
    if (!this.inThread && !message.only_you) items.push(["Reply in thread", () => this.slack.openThread(message.ts)]);
    if (!message.only_you && !this.slack.seen.external) {
      for (const shortcut of this.slack.state.shortcuts.filter((one) => one.on_message)) {
        items.push([shortcut.name, () => this.slack.act("shortcut", { ...place, name: shortcut.callback_id })]);
      }
    }
    if (message.mine && !message.only_you) {
      items.push(["Edit message", () => this.slack.edit(message.ts)]);
      items.push(["Delete message", () => this.slack.act("delete", place), "danger"]);
    }
    return items.length ? menu("message-menu", "What to do with this message", "⋯", items) : "";
  }
}

function avatar(message) {
  const sum = [...message.user].reduce((total, letter) => total + letter.codePointAt(0), 0);
  const made = make("span", message.by_app ? "avatar app" : `avatar colour-${sum % COLOURS}`, message.by_app ? "D" : message.author[0]);
  made.setAttribute("aria-hidden", "true");
  return made;
}
