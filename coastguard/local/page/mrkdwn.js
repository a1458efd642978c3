/** Slack's mrkdwn as DOM nodes. */

import { capital } from "./dates.js";
import { el } from "./dom.js";
import { emoji } from "./emoji.js";

/** @typedef {{name: (user: string) => string|null, group?: (group: string) => string|null,
 *   channel?: (channel: string) => string|null, calendar: () => import("./dates.js").Calendar}} People */

const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

/** Undoes Slack's escaping, once: `&amp;lt;` is the text `&lt;`. */
const unescaped = (text) => text.replaceAll(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity]);

/** A *span* between two marks, not inside a word. Its parts start with different characters: no backtracking. */
const span = (mark, name) => {
  const [open, edge] = [mark === "*" ? "\\*" : mark, `[\\p{L}\\p{N}${mark}]`];
  const inside = `(?!\\s)(?:\`[^\`\\n]+\`|<[^<>\\n]+>|[^${mark}\\n\`<])+?(?<!\\s)`;
  return `(?<!${edge})${open}(?<${name}>${inside})${open}(?!${edge})`;
};
const SPANS = { bold: "b", italic: "i", strike: "s" };
const VERBATIM = [
  "`(?<code>[^`\\n]+)`", "<(?<reference>[^<>\\n]+)>", ":(?<emoji>[a-z0-9_+-]+):",
  span("*", "bold"), span("_", "italic"), span("~", "strike"),
].join("|");
/** What Slack also turns into links and mentions unless the text object says `"verbatim": true`. */
const LOOSE = `${VERBATIM}|(?<url>https?://[^\\s<>|]+)|(?<mention>@(?:here|channel|everyone)\\b)`;

/**
 * @param {string} text mrkdwn, escaped as Slack wants it
 * @param {People} people who `<@U…>` is
 * @param {boolean} [verbatim] false: bare addresses and @everyone come alive, as in Slack
 * @returns {DocumentFragment}
 */
export function mrkdwn(text, people, verbatim = true) {
  const nodes = document.createDocumentFragment();
  const pieces = text.split(/```([\s\S]+?)```/);
  pieces.forEach((piece, index) => {
    if (index % 2) nodes.append(el("pre", null, el("code", null, unescaped(piece.replace(/^\n/, "")))));
    else nodes.append(...paragraphs(piece, index > 0, index < pieces.length - 1, people, verbatim));
  });
  return nodes;
}

/** The text between two fences: quoted lines, and lines that are not. */
function paragraphs(text, afterFence, beforeFence, people, verbatim) {
  const trimmed = text.replace(afterFence ? /^\n/ : /^$/, "").replace(beforeFence ? /\n$/ : /^$/, "");
  const runs = trimmed.split(/^((?:(?:>|&gt;).*(?:\n|$))+)/m);
  return runs.flatMap((run, index) => {
    const quoted = index % 2 === 1;
    const said = quoted ? run.replaceAll(/^(?:>|&gt;) ?/gm, "") : run;
    const nodes = inline(index < runs.length - 1 ? said.replace(/\n$/, "") : said, people, verbatim);
    return quoted ? [el("blockquote", null, nodes)] : nodes;
  });
}

/** Text within a paragraph. Line breaks stay: the style sheet keeps white space. */
function inline(text, people, verbatim) {
  const nodes = [];
  const tokens = new RegExp(verbatim ? VERBATIM : LOOSE, "gu");
  let done = 0;
  for (let match = tokens.exec(text); match; match = tokens.exec(text)) {
    const node = token(match.groups, people, verbatim, text.slice(0, match.index));
    if (node === null) {
      tokens.lastIndex = match.index + 1;
      continue;
    }
    nodes.push(unescaped(text.slice(done, match.index)), node);
    done = tokens.lastIndex;
  }
  nodes.push(unescaped(text.slice(done)));
  return nodes.filter((node) => node !== "");
}

function token(found, people, verbatim, before) {
  for (const [name, tag] of Object.entries(SPANS)) {
    if (found[name]) return el(tag, null, inline(found[name], people, verbatim));
  }
  if (found.code) return el("code", null, unescaped(found.code));
  if (found.emoji) return emoji(found.emoji);
  if (found.url) return link(unescaped(found.url), unescaped(found.url));
  if (found.mention) return el("span", { class: "mention" }, found.mention);
  return reference(found.reference, people, before === "" || before.endsWith("\n"));
}

/** What stands between < and >: a person, a channel, a date, a group or a link. */
function reference(text, people, startsLine) {
  const bar = text.indexOf("|");
  const target = bar < 0 ? text : text.slice(0, bar);
  const label = bar < 0 ? null : unescaped(text.slice(bar + 1));
  const mention = (who) => el("span", { class: "mention" }, who);
  if (target.startsWith("@")) return mention(`@${people.name(target.slice(1)) ?? label ?? target.slice(1)}`);
  if (target.startsWith("#")) return mention(`#${people.channel?.(target.slice(1)) ?? label ?? target.slice(1)}`);
  if (target.startsWith("!date^")) return date(target.slice(6), label, startsLine, people.calendar());
  if (target.startsWith("!subteam^")) return mention(`@${people.group?.(target.slice(9)) ?? label ?? target.slice(9)}`);
  if (target.startsWith("!")) return mention(label ?? `@${target.slice(1)}`);
  return link(unescaped(target), label ?? unescaped(target));
}

/** A link for http and https; for anything else (javascript:, data:, nonsense) just its text. */
function link(address, label) {
  return isWeb(address) ? el("a", { ...linkTo(address), ...archived(address) }, label) : document.createTextNode(label);
}

/** The marks of a permalink, for the page to lead to the message itself: its channel, its ts, and its thread's. */
function archived(address) {
  const [, channel, seconds, micros] = new URL(address).pathname.match(/^\/archives\/(\w+)\/p(\d+)(\d{6})$/) ?? [];
  const thread = new URL(address).searchParams.get("thread_ts");
  return channel && { "data-archive": channel, "data-message": `${seconds}.${micros}`, "data-thread": thread };
}

/** The attributes of a link that leads away from here. @param {string} address */
export const linkTo = (address) => ({ href: address, target: "_blank", rel: "noopener noreferrer" });

/** @param {string|undefined} address */
export function isWeb(address) {
  return URL.canParse(address) && ["http:", "https:"].includes(new URL(address).protocol);
}

/** `<!date^seconds^format^link|fallback>` in the reader's time. */
function date(text, fallback, startsLine, calendar) {
  const [seconds, pattern, address] = text.split("^");
  const when = new Date(Number(seconds) * 1000);
  if (!pattern || Number.isNaN(when.getTime())) return document.createTextNode(fallback ?? text);
  const said = pattern.replaceAll(/\{(\w+)\}/g, (whole, name) => calendar.tokens[name]?.(when) ?? whole);
  const shown = startsLine ? capital(said) : said;
  const { iso, full } = calendar.moment(seconds);
  return el("time", { datetime: iso, title: full }, address ? link(address, shown) : shown);
}

/**
 * A plain_text object's text: emoji names are its only markup.
 * @param {{text?: string, emoji?: boolean}|undefined} object
 * @returns {(Node|string)[]}
 */
export function plain(object) {
  const text = object?.text ?? "";
  if (object?.emoji === false) return [unescaped(text)];
  const parts = text.split(/:([a-z0-9_+-]+):/);
  return parts.map((part, index) => (index % 2 ? emoji(part) ?? `:${part}:` : unescaped(part)));
}

/**
 * A text object of either kind, in an element of its own.
 * @param {{type: string, text: string, verbatim?: boolean}} object
 * @param {People} people
 */
export function words(object, people) {
  const { type, text, verbatim = false } = object;
  return el("div", { class: "words" }, type === "mrkdwn" ? mrkdwn(text, people, verbatim) : plain(object));
}
