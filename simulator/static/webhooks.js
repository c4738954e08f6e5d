// The webhooks as they go, newest on top: one line each; parameters, TwiML and JSON in a fold-out. Both doors use it.

const MOST = 300;
const PLAIN = new Set(["Timestamp", "CallbackSource", "RecordingSource", "RecordingChannels", "CallSid", "AccountSid", "From", "To", "Caller", "Called", "ApiVersion", "Direction"]);
const list = document.getElementById("webhooks");
const empty = document.getElementById("webhooks-empty");
const newest = { phone: 0, slack: 0 }; // each door counts its own
const FIRST_TO_TELL = ["kind", "channel", "text", "user_id", "ts"];

export function clear() {
  list.replaceChildren();
  empty.hidden = false;
  document.getElementById("webhooks-last").textContent = "";
}

export function showFault(event) {
  const row = element("li", "webhook fault", `Twilio's debugger: ${event.text}`);
  add(row);
}

export function show(hook) {
  const door = hook.door ?? "phone";
  if (hook.number <= newest[door]) return; // told again after a reconnect
  newest[door] = hook.number;
  const back = hook.direction !== "to the desk";
  const them = door === "slack" ? "Slack" : "Twilio";
  const row = element("li", `webhook of-${door}${back ? " back" : ""}`);
  const fold = document.createElement("details");
  const summary = document.createElement("summary");
  const good = hook.status >= 200 && hook.status < 300;
  const outcome = element("span", good ? "outcome" : "outcome bad", String(hook.status || "no response"));
  outcome.append(element("span", "took", ` · ${hook.milliseconds} ms`));
  const route = door === "slack" ? hook.route.replace("/api/", "") : back ? `${hook.method} ${shortened(hook.route)}` : hook.route;
  const says = door === "slack" ? slackGist(hook) : gist(hook);
  summary.append(
    element("span", "at", new Date(hook.at * 1000).toLocaleTimeString("en-GB")),
    element("span", "route", route),
    outcome,
    element("span", "way", back ? `desk → ${them}` : `${them} → desk`),
    element("span", "gist", says),
  );
  fold.append(summary);
  fold.addEventListener("toggle", () => fold.open && fold.children.length === 1 && fold.append(inside(hook)));
  row.append(fold);
  row.dataset.at = hook.at;
  add(row);
  document.getElementById("webhooks-last").textContent = `${back ? `desk → ${them}` : `${them} → desk`} · ${route} · ${says}`;
}

/** Newest on top, by the clock: at the start the two doors tell theirs one after the other. */
function add(row) {
  empty.hidden = true;
  const before = [...list.children].find((one) => Number(one.dataset.at ?? 0) <= Number(row.dataset.at ?? Infinity));
  list.insertBefore(row, before ?? null);
  while (list.children.length > MOST) list.lastChild.remove();
}

const weight = (part) => (part.startsWith("Digits") ? 2 : part.includes("Status") ? 1 : 0);

/** What tells this request from the next, in one line. */
function gist(hook) {
  const telling = hook.params.filter(([name, value]) => !PLAIN.has(name) && !/(Sid|Url)$/.test(name) && (value || name === "Digits"));
  const parts = telling.map(([name, value]) => `${name} ${value || "(none)"}`).sort((a, b) => weight(b) - weight(a));
  return [hook.leg, ...parts].filter(Boolean).join(" · ");
}

/** Who, what kind, and the first words. */
function slackGist(hook) {
  const named = Object.fromEntries(hook.params);
  let body = {};
  try {
    body = JSON.parse(named.body ?? "{}");
  } catch {
    // shown as it is
  }
  const words = body.event?.text ?? body.text ?? body.actions?.[0]?.action_id ?? body.callback_id ?? body.view?.callback_id ?? named.text ?? "";
  const again = named["x-slack-retry-num"] ? `again (${named["x-slack-retry-num"]})` : "";
  const failed = hook.direction !== "to the desk" && /"error": ?"(\w+)"/.exec(hook.response);
  return [hook.leg, ...FIRST_TO_TELL.filter((name) => name !== "text").map((name) => named[name]), again, words, failed?.[1]].filter(Boolean).join(" · ");
}

function inside(hook) {
  const box = element("div", "inside");
  const filled = hook.params.filter(([name, value]) => value !== "" || name === "Digits");
  const blank = hook.params.length - filled.length;
  box.append(element("h3", "", `${hook.method} ${hook.path}${blank ? `, ${blank} blank parameters left out` : ""}`));
  const params = document.createElement("dl");
  for (const [name, value] of filled) params.append(element("dt", "", name), /^[[{]/.test(value) ? pretty(value) : element("dd", "", value || "(empty)"));
  box.append(params);
  box.append(element("h3", "", `Answer, ${hook.size} bytes`));
  box.append(hook.response.trim() ? pretty(hook.response) : element("pre", "", "(empty)"));
  return box;
}

function pretty(response) {
  const block = element("pre", "");
  const parsed = response.trim().startsWith("<") && new DOMParser().parseFromString(response, "application/xml");
  if (parsed && !parsed.querySelector("parsererror")) {
    write(parsed.documentElement, 0, block);
    return block;
  }
  try {
    block.textContent = JSON.stringify(JSON.parse(response), null, 2);
  } catch {
    block.textContent = response;
  }
  return block;
}

/** An element on lines of its own; one with words only on one line. Built from nodes: a response is never markup here. */
function write(node, depth, block) {
  const pad = "  ".repeat(depth);
  block.append(pad + "<", element("b", "", node.tagName));
  for (const attribute of node.attributes) block.append(` ${attribute.name}=`, element("i", "", `"${attribute.value}"`));
  if (!node.childNodes.length) {
    block.append("/>\n");
    return;
  }
  block.append(">");
  if (node.tagName === "Say" || !node.children.length) {
    block.append(node.children.length ? node.innerHTML : node.textContent);
  } else {
    block.append("\n");
    for (const child of node.children) write(child, depth + 1, block);
    block.append(pad);
  }
  block.append("</", element("b", "", node.tagName), ">\n");
}

const shortened = (route) => route.replace(/^.*\/Accounts\/\w+/, "…").replace(/(CA|RE|SM)\w{28}(\w{4})/, "$1…$2");

function element(name, classes, text = "") {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  made.textContent = text;
  return made;
}
