// One phone on the page: draws a leg as the exchange tells it, and turns what is pressed or typed into acts.

import { hush, isSpeaking, recogniser, speak, tone } from "./voice.js";

const KEYS = [
  ["1", ""], ["2", "ABC"], ["3", "DEF"], ["4", "GHI"], ["5", "JKL"], ["6", "MNO"],
  ["7", "PQRS"], ["8", "TUV"], ["9", "WXYZ"], ["*", ""], ["0", ""], ["#", ""],
];
const NAMES = { "*": "star", "#": "hash" };
const STATES = {
  idle: "not in a call", connecting: "connecting", gathering: "listening for keys", recording: "recording", ended: "call ended", ringing: "ringing",
};
const TALKING_SECONDS_PER_WORD = 0.12;

export class PhoneView {
  /** `act(call, name, rest)` does something with a leg and resolves when that is through. */
  constructor(act, { onCall = null, clockRuns = () => true } = {}) {
    this.act = act;
    this.onCall = onCall;
    this.clockRuns = clockRuns;
    this.leg = null;
    this.drawn = 0;
    this.timer = 0;
    this.root = document.getElementById("phone").content.firstElementChild.cloneNode(true);
    this.find = (selector) => this.root.querySelector(selector);
    this.talk = this.find(".talk");
    this.#build();
  }

  #build() {
    const keys = this.find(".keys");
    for (const [key, letters] of KEYS) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.key = key;
      button.setAttribute("aria-label", `Key ${NAMES[key] ?? key}`);
      button.append(key);
      const small = document.createElement("small");
      small.textContent = letters;
      button.append(small);
      button.addEventListener("click", () => this.press(key));
      keys.append(button);
    }
    this.find(".hook-call").addEventListener("click", () => {
      if (this.leg?.state === "ringing") this.act(this.leg.call, "answer");
      else this.onCall?.();
    });
    this.find(".hook-end").addEventListener("click", () => {
      this.act(this.leg.call, this.leg.state === "ringing" ? "decline" : "hang up");
    });
    this.find(".hook-machine").addEventListener("click", () => this.act(this.leg.call, "let a machine answer"));
    this.find(".say").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#say("speak");
    });
    this.find(".say textarea").addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#say("speak");
    });
    this.find(".say-hang-up").addEventListener("click", () => this.#say("speak and hang up"));
    this.find(".say-silent").addEventListener("click", () => this.act(this.leg.call, "wait"));
    this.find(".after-script").addEventListener("click", () => this.#copyScript());
    this.#buildMicrophone();
  }

  #buildMicrophone() {
    const button = this.find(".say-listen");
    const words = this.find(".say textarea");
    const ended = () => {
      this.listening = false;
      button.classList.remove("listening");
      button.textContent = "Use microphone";
    };
    const recognition = recogniser((understood) => { words.value = understood; }, ended);
    button.hidden = !recognition;
    button.addEventListener("click", () => {
      if (this.listening) {
        recognition.stop();
        return;
      }
      this.listening = true;
      button.classList.add("listening");
      button.textContent = "Listening… stop";
      recognition.start();
    });
  }

  /** The keypad takes keys: from a click, the keyboard, or a card's support ID. */
  press(keys) {
    if (!this.inCall) return;
    hush();
    for (const key of keys) {
      const button = this.find(`[data-key="${key}"]`);
      button.classList.add("down");
      setTimeout(() => button.classList.remove("down"), 140);
      tone(key);
    }
    this.act(this.leg.call, "press", { keys });
  }

  get inCall() {
    return Boolean(this.leg) && !["idle", "ringing", "ended"].includes(this.leg.state);
  }

  #say(how) {
    const box = this.find(".say textarea");
    const text = box.value.trim();
    if (!text) {
      box.focus();
      return;
    }
    box.value = "";
    this.act(this.leg.call, how, { text });
  }

  async #copyScript() {
    const script = await (await fetch(`/simulator/legs/${this.leg.call}/script`)).text();
    const button = this.find(".after-script");
    try {
      await navigator.clipboard.writeText(script);
      button.textContent = "Copied";
    } catch {
      button.textContent = "The browser did not allow it";
    }
    setTimeout(() => { button.textContent = "Copy this call as a script"; }, 2000);
  }

  /** Who holds this phone, before and during a call. */
  name(who, number) {
    this.find(".phone-who").textContent = who;
    this.find(".phone-number").textContent = number;
  }

  hint(...paragraphs) {
    this.find(".hint").replaceChildren(...paragraphs);
  }

  render(leg) {
    const fresh = leg?.call !== this.leg?.call;
    const before = fresh ? "" : this.leg?.state;
    this.leg = leg;
    if (fresh) {
      this.talk.replaceChildren();
      this.drawn = 0;
    }
    const state = leg?.state ?? "idle";
    this.#drawLines(leg?.lines ?? []);
    if (state === "ended" && before !== "ended" && leg) this.#line("aside", "The call has ended.");
    this.find(".hint").hidden = this.talk.children.length > 0;
    const conference = state.startsWith("in conference");
    const others = leg?.with?.length ?? 0;
    this.find(".phone-state").textContent = conference ? (others ? "talking" : "waiting for the other") : STATES[state];
    this.find(".keyed").textContent = "•".repeat(leg?.pending ?? 0);
    this.#drawSay(state, conference && others > 0, before !== state);
    for (const key of this.root.querySelectorAll(".keys button")) key.disabled = !this.inCall;
    const answering = state === "ringing";
    const call = this.find(".hook-call");
    call.textContent = answering ? "Answer" : "Call";
    call.hidden = !answering && (this.inCall || !this.onCall);
    const end = this.find(".hook-end");
    end.textContent = answering ? "Decline" : "Hang up";
    end.hidden = !answering && !this.inCall;
    this.find(".hook-machine").hidden = !(answering && leg?.detects);
    this.find(".after").hidden = !(state === "ended" && leg?.party === "caller");
    this.root.classList.toggle("rings", answering);
    this.root.classList.toggle("over", state === "ended" && leg?.rung === true);
    this.talk.scrollTop = this.talk.scrollHeight;
    this.#wind();
  }

  #drawLines(lines) {
    for (const [who, words] of lines.slice(this.drawn)) {
      if (words === "waits") this.#line("aside", "silence");
      else if (who === "desk") this.#line("", words);
      else if (who === "line") this.#line("said-line", words);
      else this.#line("did", words.replace(/^says (.*)$/s, "“$1”").replace(/^presses /, ""), words);
      if (who === "desk" || who === "line") speak(words);
    }
    this.drawn = lines.length;
  }

  #line(kind, words, label = "") {
    const last = this.talk.lastElementChild;
    if (kind === "aside" && last?.textContent === words) return;
    const item = document.createElement("li");
    item.className = kind;
    item.textContent = words;
    if (label.startsWith("presses ")) item.classList.add("pressed");
    if (label) item.setAttribute("aria-label", `${this.leg.party} ${label}`);
    this.talk.append(item);
  }

  #drawSay(state, talking, changed) {
    const form = this.find(".say");
    const recording = state === "recording";
    form.hidden = !recording && !talking;
    const box = form.querySelector("textarea");
    const label = form.querySelector("label");
    box.id ||= `say-${this.leg?.call ?? "idle"}`;
    label.htmlFor = box.id;
    label.textContent = recording ? "After the tone: say your message" : "Say something to the other end";
    form.querySelector(".say-send").textContent = recording ? `Say it, then ${this.leg.finish.includes("#") ? "press #" : "stop"}` : "Say it";
    form.querySelector(".say-silent").hidden = !recording;
    form.querySelector(".say-hang-up").hidden = !recording;
    if (recording && changed) box.focus({ preventScroll: true });
  }

  /** The Gather's time-out, counted here: from the last key, or from when there was time to hear what was said. */
  #wind() {
    const turn = this.leg?.turn;
    const runs = this.leg?.state === "gathering" && this.clockRuns();
    if (runs && this.wound === `${this.leg.call}:${turn}`) return;
    clearTimeout(this.timer);
    this.wound = runs ? `${this.leg.call}:${turn}` : "";
    const hand = this.find(".clock-hand");
    hand.style.animation = "none";
    if (!runs) return;
    const talking = this.leg.pending ? 0 : this.leg.words * TALKING_SECONDS_PER_WORD;
    const seconds = this.leg.timeout + talking;
    void hand.offsetWidth; // or the animation would not begin again
    hand.style.animation = `run ${seconds}s linear forwards`;
    const call = this.leg.call;
    const pass = () => {
      if (isSpeaking()) this.timer = setTimeout(pass, 1000);
      else this.act(call, "wait", { turn });
    };
    this.timer = setTimeout(pass, seconds * 1000);
  }

  /** The clock was switched on or off. */
  rewind() {
    this.wound = "";
    this.#wind();
  }
}
