// Slack's mrkdwn as nodes: bold, italic, strike, code, quotes, lists as they are typed, links, mentions, entities.

import { make } from "./make.js";

const EMOJI = {
  wave: "👋", tada: "🎉", white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", lock: "🔒", key: "🔑", ticket: "🎫", eyes: "👀",
  "+1": "👍", "-1": "👎", thumbsup: "👍", thumbsdown: "👎", telephone_receiver: "📞", phone: "☎️", hourglass: "⌛", hourglass_flowing_sand: "⏳", memo: "📝",
  pushpin: "📌", bulb: "💡", question: "❓", exclamation: "❗", red_circle: "🔴", large_green_circle: "🟢", large_yellow_circle: "🟡", speech_balloon: "💬",
  paperclip: "📎", house: "🏠", gear: "⚙️", no_entry: "⛔", information_source: "ℹ️", bell: "🔔", raising_hand: "🙋", shield: "🛡️", mag: "🔍",
};
// Marks hold only around words: not in the middle of one, and not around blanks.
const MARKS = [["*", "strong"], ["_", "em"], ["~", "s"]];
const INLINE = new RegExp(
  [
    "<([^<>]+)>",
    "`([^`\\n]+)`",
    ":([a-z0-9_+-]+):",
    ...MARKS.map(([mark]) => `(?<![\\p{L}\\p{N}])[${mark}](?=\\S)([^${mark}\\n]*?\\S)[${mark}](?![\\p{L}\\p{N}])`),
  ].join("|"),
  "gu",
);

export const unescaped = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** `names` maps ids of people and channels to what they are called. */
export function mrkdwn(text, names) {
  const whole = document.createDocumentFragment();
  for (const [place, part] of text.split("```").entries()) {
    const closed = place % 2 === 1 && place < text.split("```").length - 1;
    if (closed) whole.append(make("pre", "code-block", unescaped(part.replace(/^\n|\n$/g, ""))));
    else whole.append(lines(place % 2 === 1 ? "```" + part : part, names));
  }
  return whole;
}

function lines(text, names) {
  const whole = document.createDocumentFragment();
  let quote = null;
  let first = true;
  for (const line of text.split("\n")) {
    const quoted = /^(?:&gt;|>) ?(.*)$/s.exec(line);
    if (quoted) {
      if (!quote) whole.append(quote = make("blockquote"));
      else quote.append(make("br"));
      quote.append(inline(quoted[1], names));
      continue;
    }
    if (!first && !quote) whole.append(make("br"));
    quote = null;
    first = false;
    whole.append(inline(line, names));
  }
  return whole;
}

function inline(text, names) {
  const whole = document.createDocumentFragment();
  let end = 0;
  for (const found of text.matchAll(INLINE)) {
    const node = part(found, names);
    if (!node) continue;
    whole.append(unescaped(text.slice(end, found.index)), node);
    end = found.index + found[0].length;
  }
  whole.append(unescaped(text.slice(end)));
  return whole;
}

function part(found, names) {
  const [, target, code, emoji, ...marked] = found;
  if (target !== undefined) return link(target, names);
  if (code !== undefined) return make("code", "", unescaped(code));
  if (emoji !== undefined) return EMOJI[emoji] ? make("span", "emoji", EMOJI[emoji]) : null;
  const which = marked.findIndex((words) => words !== undefined);
  return make(MARKS[which][1], "", inline(marked[which], names));
}

export function emoji(name) {
  return make("span", "emoji", EMOJI[name] ?? `:${name}:`);
}

export function mention(sign, id, names) {
  return make("span", "mention", sign + (names.get(id) ?? id));
}

function link(target, names) {
  const [where, words] = target.split("|");
  if (/^[@#]/.test(where)) return words && !names.has(where.slice(1)) ? make("span", "mention", where[0] + unescaped(words)) : mention(where[0], where.slice(1), names);
  if (where.startsWith("!date^")) return make("time", "", unescaped(words || where.split("^").slice(2).join(" ")));
  if (where.startsWith("!")) return make("span", "mention loud", words ? unescaped(words) : "@" + where.slice(1).split("^")[0]);
  return anchor(unescaped(where), words ? unescaped(words) : unescaped(where).replace(/^mailto:/, ""));
}

/** A link that leads out, or within this page; whatever is no web or mail address is only words. */
export function anchor(url, words) {
  if (!/^(https?:|mailto:)/i.test(url)) return document.createTextNode(words);
  const made = make("a", "", words);
  made.href = url;
  const here = url.startsWith(location.origin + location.pathname + "#");
  if (!here) {
    made.target = "_blank";
    made.rel = "noreferrer noopener";
  }
  return made;
}
