// Slack's half of the page: who one is, where one is, and what has changed since. Hidden where no Slack is played.

import { button, make } from "./make.js";
import { blocks } from "./slack-blocks.js";
import { Composer } from "./slack-composer.js";
import { Form } from "./slack-form.js";
import { MessageList } from "./slack-room.js";
import { show as showRequest } from "./webhooks.js";

const $ = (id) => document.getElementById(id);
const HOME = "home";
const slack = {
  state: null, seen: null, names: new Map(), editing: "",
  act, suggest, openThread, complain,
  edit(ts) {
    slack.editing = ts;
    draw();
  },
};
const read = new Map(); // user and room -> the newest message that was looked at
let user = "";
let place = ""; // a room's id, or HOME
let thread = "";
let told = 0; // complaints that were shown
const room = () => [...slack.seen.channels, slack.seen.dm].find((one) => one?.id === place);
const root = () => room()?.messages.find((message) => message.ts === thread);
const members = () => room()?.members ?? [];
const main = new MessageList(slack, false);
const side = new MessageList(slack, true);
const form = new Form(slack);
const composer = new Composer(slack, () => ({ channel: place, thread: "", members: members() }));
const replier = new Composer(slack, () => ({ channel: place, thread, members: members() }));

async function ask(path, body) {
  const answer = await fetch(`/simulator/slack${path}`, body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  return answer.json();
}

// Acts go out one after another, as one's fingers do.
let chain = Promise.resolve();
function act(name, rest = {}) {
  chain = chain.then(async () => {
    const answer = await ask("/acts", { user, act: name, ...rest }).catch(() => ({ error: "no connection to the service" }));
    if (answer.error) complain(answer.error);
    if (name === "say" && rest.channel === place) for (const list of [main, side]) list.toEnd();
    await look();
    return answer;
  });
  return chain;
}

async function suggest(where) {
  const answer = await ask("/acts", { user, act: "suggest", ...where }).catch(() => ({}));
  return answer.options ?? [];
}

function complain(words) {
  const box = make("p", "complaint", words);
  box.setAttribute("role", "alert");
  (form.view ? form.complaints : $("complaints")).append(box);
  setTimeout(() => box.remove(), 9000);
}

// --- looking again, whenever something has changed: never twice at once, never too late

let looking = null;
let again = false;
function look() {
  if (looking) {
    again = true;
    return looking;
  }
  looking = (async () => {
    do {
      again = false;
      const who = user;
      const seen = await ask(`/seen/${who}`).catch(() => null);
      if (!seen || who !== user) continue;
      slack.seen = seen;
      for (const one of seen.channels) slack.names.set(one.id, one.name);
      for (const words of seen.errors.slice(told)) complain(words);
      told = seen.errors.length;
      draw();
    } while (again);
    looking = null;
  })();
  return looking;
}

// --- who and where

async function be(id) {
  user = id;
  sessionStorage.setItem("slack-user", id);
  [thread, slack.editing] = ["", ""];
  $("complaints").replaceChildren();
  const seen = await ask(`/seen/${id}`);
  told = seen.errors.length;
  slack.seen = seen;
  const kept = [...seen.channels, seen.dm].some((one) => one?.id === place);
  if (!kept) place = seen.channels.find((one) => one.has_app)?.id ?? seen.dm?.id ?? seen.channels[0]?.id ?? "";
  main.key = side.key = "";
  await look();
}

function go(id, inThread = "") {
  [place, thread, slack.editing] = [id, inThread, ""];
  $("slack").classList.add("inside");
  draw();
  if (id === HOME) act("open home");
  else if (id === slack.seen.dm?.id) act("open messages");
}

function openThread(ts) {
  thread = ts;
  draw();
  replier.box.focus();
}

/** A link to a message leads to it, if this person sees it. */
function follow() {
  const found = /^#\/archives\/(\w+)\/p(\d+)(\d{6})(?:\?thread_ts=([\d.]+))?/.exec(location.hash);
  if (!found || !slack.seen) return;
  const [, id, seconds, rest, inThread] = found;
  const known = [...slack.seen.channels, slack.seen.dm].find((one) => one?.id === id);
  if (!known) {
    complain("This person does not see that message.");
    return;
  }
  document.body.dataset.door = "slack";
  const ts = `${seconds}.${rest}`;
  go(id, inThread ?? (known.messages.find((message) => message.ts === ts)?.replies?.length ? ts : ""));
}

// --- drawing

function draw() {
  if (!slack.seen) return;
  drawWho();
  drawPlaces();
  drawRoom();
  form.show(slack.seen.views);
}

function drawWho() {
  const person = slack.state.people.find((one) => one.id === user);
  $("slack-who").replaceChildren(make("strong", "", person.real_name), make("span", "", `${person.organisation} · ${person.note}`));
  for (const item of $("slack-people").querySelectorAll("button")) item.setAttribute("aria-pressed", String(item.dataset.user === user));
}

function drawPeople() {
  const list = $("slack-people");
  for (const team of slack.state.teams) {
    const people = slack.state.people.filter((one) => one.team === team.id);
    if (!people.length) continue;
    list.append(make("h3", "", team.name, make("span", "", team.id === slack.state.app.team ? "where the app is installed" : "by Slack Connect")));
    for (const person of people) {
      const item = button("be", [make("strong", "", person.real_name), make("span", "", person.deactivated ? "deactivated" : person.note)], () => {
        list.closest("details").open = false;
        be(person.id);
      });
      item.dataset.user = person.id;
      list.append(item);
    }
  }
}

const newest = (one) => one.messages.flatMap((message) => [message, ...(message.replies ?? [])]).filter((message) => !message.mine).map((message) => message.ts).sort().at(-1) ?? "0";

function drawPlaces() {
  const places = slack.seen.channels.map((one) => item(one.id, one.private ? "private" : "public", one.name, one, one.shared_with.length ? `shared with ${one.shared_with.join(", ")}` : ""));
  const app = [make("h3", "", slack.state.app.name), item(HOME, "home", "Home")];
  if (slack.seen.dm) app.push(item(slack.seen.dm.id, "dm", "Messages", slack.seen.dm));
  $("slack-places").replaceChildren(make("h3", "", "Channels"), ...places, ...(slack.seen.dm ? app : []));
}

function item(id, kind, name, one = null, shared = "") {
  const key = `${user} ${id}`;
  if (one && (id === place || !read.has(key))) read.set(key, newest(one));
  const made = button(`place ${kind}`, [make("span", "place-name", name), shared ? make("span", "place-shared", shared) : null], () => go(id));
  if (one && newest(one) > read.get(key)) made.classList.add("unread");
  made.setAttribute("aria-current", String(id === place));
  return made;
}

function drawRoom() {
  const here = room();
  const home = place === HOME;
  const inThread = Boolean(here && root());
  $("slack-home").hidden = !home;
  $("slack-main").hidden = home || inThread || !here;
  $("slack-thread").hidden = home || !inThread;
  const name = home ? `${slack.state.app.name} · Home` : !here ? "" : here.name ? `# ${here.name}` : slack.state.app.name;
  $("slack-title").replaceChildren(inThread ? button("room-out", `← ${name}`, () => openThread("")) : name, inThread ? make("span", "", "Thread") : "");
  $("slack-topic").textContent = home || inThread || !here ? "" : here.name ? [...new Set([here.shared_with.length ? `Shared with ${here.shared_with.join(", ")}` : "", here.topic])].filter(Boolean).join(" · ") : "Your direct messages";
  if (home) drawHome();
  if (!here || home) return;
  main.show(`${user} ${place}`, here, here.messages);
  main.root.setAttribute("aria-label", `Messages in ${name}`);
  composer.name(here.name ? `Message #${here.name}` : `Message ${slack.state.app.name}`);
  composer.root.hidden = here.archived;
  $("slack-outside").hidden = here.has_app;
  const top = root();
  if (top) {
    side.show(`${user} ${place} ${thread}`, here, [top, ...top.replies]);
    side.root.setAttribute("aria-label", "Thread");
    replier.name("Reply…");
  }
  drawPrompts(here);
  drawStatus(here);
}

function drawPrompts(here) {
  const prompts = here.name ? [] : here.prompts?.prompts ?? [];
  $("slack-prompts").hidden = !prompts.length;
  $("slack-prompts").replaceChildren(
    here.prompts?.title ? make("p", "", here.prompts.title) : "",
    ...prompts.map((prompt) => button("prompt", prompt.title, () => act("say", { channel: place, text: prompt.message }))),
  );
}

function drawStatus(here) {
  const current = thread ? here.statuses[thread] : Object.values(here.statuses).at(-1);
  for (const line of [$("slack-status"), $("slack-thread-status")]) {
    line.hidden = !current;
    line.textContent = current ? `${slack.state.app.name} ${current}` : "";
  }
}

let homeDrawn = "";
function drawHome() {
  const view = slack.seen.home;
  const now = `${user} ${view?.hash ?? ""} ${view?.id ?? ""}`;
  if (homeDrawn === now) return;
  homeDrawn = now;
  const names = slack.names;
  const toView = (rest) => ({ view: view.id, ...rest });
  const doing = {
    names, values: view?.state.values,
    act: (action_id, block_id, value) => act("click", toView({ action_id, block_id, value })),
    suggest: (action_id, block_id, text) => suggest(toView({ action_id, block_id, text })),
  };
  $("slack-home").replaceChildren(...(view ? blocks(view.blocks, doing) : [make("p", "nothing", "The app has published nothing here yet.")]));
}

// --- beginning

async function begin() {
  const answer = await fetch("/simulator/slack/state");
  if (!answer.ok) return;
  const state = await answer.json();
  if (slack.state && slack.state.started !== state.started) {
    location.reload();
    return;
  }
  for (const hook of state.webhooks) showRequest(hook);
  if (slack.state) {
    await look();
    return;
  }
  slack.state = state;
  for (const person of state.people) slack.names.set(person.id, person.name);
  slack.names.set(state.app.user, state.app.name);
  document.body.classList.add("two-doors");
  document.body.dataset.door = "phone";
  for (const part of document.querySelectorAll(".with-slack")) part.hidden = false;
  $("slack-main").prepend(main.root);
  $("slack-main").append(composer.root);
  $("slack-thread").prepend(side.root);
  $("slack-thread").append(replier.root);
  $("slack-pane").append(form.root);
  drawPeople();
  const remembered = sessionStorage.getItem("slack-user");
  await be(state.people.some((one) => one.id === remembered) ? remembered : state.people[0].id);
  follow();
}

$("slack-invite").addEventListener("click", () => act("invite", { channel: place }));
$("slack-back").addEventListener("click", () => $("slack").classList.remove("inside"));
addEventListener("hashchange", follow);
for (const tab of document.querySelectorAll("[data-to]")) {
  tab.addEventListener("click", () => {
    document.body.dataset.door = tab.dataset.to;
    for (const one of document.querySelectorAll("[data-to]")) one.setAttribute("aria-selected", String(one === tab));
  });
}
$("drawer").addEventListener("click", () => {
  const open = document.body.classList.toggle("drawer-open");
  $("drawer").setAttribute("aria-expanded", String(open));
  $("drawer").textContent = open ? "Hide" : "Show";
  if (!open) document.querySelector(".webhooks").scrollTop = 0;
});

// Only where Slack is played is there a stream to open.
await begin();
if (slack.state) {
  const stream = new EventSource("/simulator/slack/events");
  stream.onopen = begin;
  stream.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (event.kind === "webhook") showRequest(event);
    else look();
  };
}
