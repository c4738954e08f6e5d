// The modal on top: drawn from its view, filled in here, sent whole. What was typed stays when the app changes the view.

import { button, make } from "./make.js";
import { blocks, filled, refill } from "./slack-blocks.js";

export class Form {
  constructor(slack) {
    this.slack = slack;
    this.view = null;
    this.root = make("div", "form-cover");
    this.root.hidden = true;
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#close(false);
      if (event.key === "Tab") this.#stayInside(event);
    });
  }

  /** Show what lies on top of the stack. */
  show(stack) {
    const view = stack.at(-1) ?? null;
    if (!view) {
      this.#leave();
      return;
    }
    const same = view.id === this.view?.id;
    if (!same || view.hash !== this.view.hash) this.#draw(view, stack.length > 1, same ? this.#values() : {});
    this.view = view;
    this.#errors(view.errors);
  }

  #leave() {
    if (!this.view) return;
    this.view = null;
    this.root.hidden = true;
    this.root.replaceChildren();
    this.cameFrom?.focus?.();
  }

  #draw(view, below, before) {
    if (this.root.hidden) this.cameFrom = document.activeElement;
    const room = {
      names: this.slack.names,
      values: view.state.values,
      form: true,
      act: (action_id, block_id, value) => this.slack.act("click", { view: view.id, action_id, block_id, value }),
      suggest: (action_id, block_id, text) => this.slack.suggest({ view: view.id, action_id, block_id, text }),
    };
    const title = make("h3", "form-title", view.title.text);
    title.id = "form-title";
    const off = button("form-off", "×", () => this.#close(true));
    off.setAttribute("aria-label", "Close everything");
    this.inside = make("div", "form-blocks", blocks(view.blocks, room));
    for (const root of this.inside.children) if (root.dataset.block in before) refill(root, before[root.dataset.block]);
    this.complaints = make("div", "form-complaints");
    const submit = view.submit ? make("button", "b-button primary", view.submit.text) : null;
    const foot = make("div", "form-foot", button("b-button", view.close?.text ?? (below ? "Back" : "Cancel"), () => this.#close(false)), submit);
    const form = make("form", "form", make("header", "form-head", title, off), this.inside, this.complaints, foot);
    form.noValidate = true; // Slack's own words, not the browser's
    form.setAttribute("role", "dialog");
    form.setAttribute("aria-modal", "true");
    form.setAttribute("aria-labelledby", title.id);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(submit);
    });
    this.root.replaceChildren(form);
    this.root.hidden = false;
    (this.inside.querySelector("input, textarea, select") ?? submit ?? off).focus({ preventScroll: true });
  }

  async #submit(pressed) {
    if (!pressed || pressed.disabled) return;
    pressed.disabled = true;
    const values = Object.fromEntries(Object.entries(this.#values()));
    await this.slack.act("submit", { values });
    pressed.disabled = false;
    this.#errors(this.view?.errors ?? {});
  }

  /** What is filled in, by block_id: of the input blocks alone, the others have told the app already. */
  #values() {
    return Object.fromEntries([...this.inside.querySelectorAll(":scope > .b-input")].map((root) => [root.dataset.block, filled(root)]));
  }

  #errors(errors) {
    for (const root of this.inside?.querySelectorAll(".b-input") ?? []) {
      const words = errors[root.dataset.block] ?? "";
      const place = root.querySelector(".b-error");
      place.textContent = words;
      place.hidden = !words;
      root.querySelector("input, textarea, select")?.setAttribute("aria-invalid", String(Boolean(words)));
    }
    this.inside?.querySelector('[aria-invalid="true"]')?.scrollIntoView({ block: "nearest" });
  }

  #close(everything) {
    this.slack.act("close", { everything });
  }

  #stayInside(event) {
    const stops = [...this.root.querySelectorAll("button, input, textarea, select, summary, a[href]")].filter((one) => !one.disabled && one.checkVisibility());
    const [first, last] = [stops[0], stops.at(-1)];
    if (event.shiftKey ? document.activeElement === first : document.activeElement === last) {
      event.preventDefault();
      (event.shiftKey ? last : first).focus();
    }
  }
}
