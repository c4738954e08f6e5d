// The page as a whole: who calls, the phones, and the stream of events from the exchange.

import { PhoneView } from "./phone.js";
import { canSpeak, speakAloud } from "./voice.js";
import { clear, show, showFault } from "./webhooks.js";

const $ = (id) => document.getElementById(id);
const latest = new Map(); // call -> when it was last told of, so that what arrives late is left out
const agents = new Map(); // call -> PhoneView, of the phones that ring
let people = [];
let started = "";
let chosen = { name: "Another number", number: "" };
let chain = Promise.resolve(); // acts go out one after another, as keys do
const clockRuns = () => $("clock").getAttribute("aria-pressed") === "true";
const caller = new PhoneView(act, { onCall: call, clockRuns });
$("caller").append(caller.root);

function act(leg, name, rest = {}) {
  return send(`/simulator/legs/${leg}`, { act: name, ...rest });
}

function call() {
  const from = chosen.number;
  send("/simulator/calls", { from }).then(introduce);
}

function send(path, body) {
  chain = chain.then(async () => {
    try {
      const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      const told = await answer.json();
      const leg = told.leg ?? (told.call ? told : null);
      if (leg) place(leg, path.endsWith("/calls"));
      return leg;
    } catch {
      lost();
      return null;
    }
  });
  return chain;
}

/** Put what is known of a leg on its phone. */
function place(leg, isNew = false) {
  if ((latest.get(leg.call) ?? -1) > leg.at) return;
  latest.set(leg.call, leg.at);
  if (!leg.rung) {
    if (isNew || leg.call === caller.leg?.call) drawCaller(leg);
    return;
  }
  let view = agents.get(leg.call);
  if (!view) {
    view = new PhoneView(act, { clockRuns });
    const person = leg.party === "caller" ? people.find((one) => one.number === leg.to) : null;
    view.name(leg.party === "caller" ? person?.name ?? "A customer" : "The desk's phone", leg.to);
    const word = document.createElement("p");
    word.textContent = leg.party === "caller"
      ? "The desk calls a customer. Answer, decline, or let a machine answer."
      : "The desk is ringing its own people. Answer, and listen to who is there.";
    view.hint(word);
    agents.set(leg.call, view);
    $("agents").prepend(view.root);
  }
  const rang = view.leg?.state === "ringing";
  view.render(leg);
  if (leg.state === "ringing" && !rang) view.root.scrollIntoView({ block: "nearest" });
  if (leg.state === "ended") setTimeout(() => dismiss(leg.call), 8000);
  layOut();
}

/** An ID or a PIN is keyed into a call: without one its button is off. */
function drawCaller(leg) {
  caller.render(leg);
  for (const button of document.querySelectorAll(".know")) button.disabled = !caller.inCall;
}

function dismiss(leg) {
  agents.get(leg)?.root.remove();
  agents.delete(leg);
  layOut();
}

function layOut() {
  $("agents").hidden = agents.size === 0;
  document.querySelector("main").classList.toggle("ringing", agents.size > 0);
}

function choose(person) {
  chosen = person;
  for (const item of $("people").children) {
    const is = item.dataset.number === person.number && item.dataset.name === person.name;
    item.classList.toggle("chosen", is);
    item.querySelector(".card").setAttribute("aria-pressed", String(is));
  }
  if (caller.inCall) return;
  drawCaller(null);
  introduce();
}

function introduce() {
  const other = caller.inCall ? caller.leg.from : chosen.number;
  const person = people.find((one) => one.number === other) ?? { ...chosen, number: other };
  caller.name(person.name ?? "Another number", person.number || "number withheld");
  const first = document.createElement("p");
  if (person.support_id && person.pin) {
    first.append(`Ring as ${person.name}: press Call, key `, kbd(`${person.support_id}#`), ", then ", kbd(`${person.pin}#`), ", then ", kbd("1"), ".");
  } else {
    first.append("Press Call, and see how far a stranger gets.");
  }
  const second = document.createElement("p");
  second.textContent = "Your keyboard works as well. Silence, a wrong PIN or hanging up half-way are worth a try too.";
  caller.hint(first, second);
}

function kbd(text) {
  const made = document.createElement("kbd");
  made.textContent = text;
  return made;
}

function drawPeople() {
  for (const person of people) {
    const item = $("person").content.firstElementChild.cloneNode(true);
    item.dataset.number = person.number ?? "";
    item.dataset.name = person.name;
    item.querySelector(".card-name").textContent = person.name;
    item.querySelector(".card-note").textContent = person.note ?? "";
    item.querySelector(".card-number").textContent = person.number ?? "no number on file";
    item.querySelector(".card").addEventListener("click", () => choose({ ...person, number: person.number ?? "" }));
    const knows = [["ID", person.support_id], ["PIN", person.pin]];
    for (const [word, keys] of knows.filter(([, keys]) => keys)) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "know";
      button.title = `Key ${keys}# on the phone`;
      button.setAttribute("aria-label", `Key ${word} ${keys}`);
      const label = document.createElement("span");
      label.textContent = word;
      button.append(label, keys);
      button.addEventListener("click", () => caller.press(`${keys}#`));
      item.querySelector(".knows").append(button);
    }
    $("people").append(item);
  }
}

function takeAnotherNumber(number) {
  choose({ name: number ? "Another number" : "Number withheld", number });
}

$("other").addEventListener("submit", (event) => {
  event.preventDefault();
  if ($("number").value.trim()) takeAnotherNumber($("number").value.trim());
});
$("withheld").addEventListener("click", () => takeAnotherNumber(""));
$("clear").addEventListener("click", clear);
$("clock").addEventListener("click", () => {
  $("clock").setAttribute("aria-pressed", String(!clockRuns()));
  for (const view of [caller, ...agents.values()]) view.rewind();
});
$("aloud").hidden = !canSpeak();
$("aloud").addEventListener("click", () => {
  const on = speakAloud($("aloud").getAttribute("aria-pressed") !== "true");
  $("aloud").setAttribute("aria-pressed", String(on));
});

// The keyboard is the keypad of the phone that has the focus, and of the caller's otherwise.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !/^[0-9*#]$/.test(event.key)) return;
  if (event.target.closest("input, textarea, select, #slack, dialog")) return;
  // A phone of the desk that listens for nothing leaves the keys to the caller, who may have been asked for some meanwhile.
  const agent = [...agents.values()].find((view) => view.root.contains(event.target) && view.leg?.state === "gathering");
  (agent ?? caller).press(event.key);
  event.preventDefault();
});

function lost() {
  $("live").textContent = "no connection to the service";
  $("live").classList.add("lost");
}

async function refresh() {
  const state = await (await fetch("/simulator/state")).json();
  if (started && started !== state.started) {
    location.reload(); // another service: its calls are not these
    return;
  }
  if (!started) {
    started = state.started;
    people = state.people;
    drawPeople();
    choose(people[0] ?? { name: "Another number", number: "+441632960199" });
  }
  for (const hook of state.webhooks) show(hook);
  const mine = state.legs.filter((leg) => !leg.rung && leg.state !== "ended").at(-1);
  if (mine && !caller.inCall) place(mine, true);
  for (const leg of state.legs) if (!leg.rung || leg.state !== "ended" || agents.has(leg.call)) place(leg);
  introduce();
  $("live").textContent = "live";
  $("live").classList.remove("lost");
}

const stream = new EventSource("/simulator/events");
stream.onopen = () => refresh().catch(lost);
stream.onerror = lost;
stream.onmessage = (message) => {
  const event = JSON.parse(message.data);
  if (event.kind === "webhook") show(event);
  else if (event.kind === "fault") showFault(event);
  else place(event);
};
