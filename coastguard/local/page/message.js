/** One message: who said it and when, its blocks and attachments, the way into its thread. */

import { drawAttachments, drawBlocks } from "./blocks.js";
import { changed, drawing, el, reconcile, say, set } from "./dom.js";

/** @typedef {{user: (id: string) => object|undefined, hue: (user: object) => number, openThread: (ts: string) => void,
 *   dismiss: (ts: string) => void, thread: () => string|null, calendar: () => import("./dates.js").Calendar}
 *   & import("./blocks.js").Surface} Conversation */

/**
 * Draws messages, and a line where a new day begins, keeping the nodes of those that are still there.
 * @param {Element} list
 * @param {object[]} messages in order; `ephemeral: true` on those for one person's eyes
 * @param {Conversation} talk
 */
export function drawMessages(list, messages, talk) {
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const ts = focused?.closest("[data-ts]")?.dataset.ts;
  const calendar = talk.calendar();
  reconcile(list, withDays(messages, calendar), {
    // In another time zone, all that tells a time is drawn anew.
    key: (message) => `${calendar.zone} ${message.day ?? `${message.ephemeral ? "private" : ""}${message.ts}`}`,
    create: (message) => (message.day ? newDay(message) : newMessage(message, talk)),
    update: (node, message) => message.day ?? drawMessage(node, message, talk),
  });
  if (!focused || focused.isConnected) return;
  const heir = twin(list, ts, focused.dataset) ?? list.querySelector(`[data-ts="${ts}"]`);
  heir?.focus({ preventScroll: true });
}

/**
 * The control that stands, in a message drawn anew, where another one was.
 * @param {Element} root
 * @param {string} ts
 * @param {{actionId?: string, value?: string}} was the old control's data
 * @returns {HTMLElement|undefined}
 */
export function twin(root, ts, { actionId, value }) {
  return [...root.querySelectorAll(`[data-ts="${ts}"] [data-action-id]`)]
    .find(({ dataset }) => dataset.actionId === actionId && dataset.value === value);
}

/**
 * @param {{name: string, initials?: string}} user
 * @param {number} hue
 */
export function avatar(user, hue) {
  const letters = user.initials ?? user.name.slice(0, 2);
  return el("span", { class: "avatar", "data-hue": hue % 6, "aria-hidden": "true" }, letters);
}

const newDay = ({ day }) => el("p", { class: "day" }, el("span", null, day));

function newMessage(message, talk) {
  const { ts, thread_ts: parent, ephemeral = false } = message;
  const user = ephemeral ? undefined : talk.user(message.user);
  const who = user?.name ?? message.username ?? "Coastguard";
  const when = talk.calendar().moment(ts);
  const button = (name, props, label) => el("button", { class: name, type: "button", ...props }, label);
  return el("article", { class: "message", "data-ts": ts, "data-ephemeral": ephemeral, tabindex: "-1",
    "aria-label": `${who}, ${when.time}` },
    user ? avatar(user, talk.hue(user)) : el("span", { class: "avatar app" }, drawing("buoy")),
    el("div", { class: "message-body" },
      ephemeral && el("p", { class: "private" }, "Only visible to you · ",
        button("plain", { onclick: () => talk.dismiss(ts) }, "Dismiss")),
      el("p", { class: "byline" }, el("b", null, who), !user && el("span", { class: "badge" }, "APP"),
        el("time", { datetime: when.iso, title: when.full }, when.time), el("span", { class: "edited" })),
      parent && parent !== ts
        && button("plain broadcast", { onclick: () => talk.openThread(parent) }, "replied to a thread"),
      el("div", { class: "blocks" }), el("div", { class: "attachments" }),
      button("replies", { onclick: () => talk.openThread(ts) }, "")));
}

function drawMessage(node, message, talk) {
  const isOpen = message.ts === talk.thread();
  if (!changed(node, [message, isOpen])) return;
  const { edited, replies = [], attachments } = message;
  const count = Math.max(message.reply_count ?? 0, replies.length);
  const calendar = talk.calendar();
  const last = replies.length ? ` · last ${calendar.moment(replies.at(-1).ts).time}` : "";
  const [edit, answers] = [node.querySelector(".edited"), node.querySelector(".replies")];
  say(edit, edited ? "(edited)" : "");
  set(edit, { title: edited ? calendar.moment(edited.ts).full : null });
  drawBlocks(node.querySelector(".blocks"), wording(message), talk);
  drawAttachments(node.querySelector(".attachments"), attachments ?? [], talk);
  set(answers, { hidden: count === 0, "aria-expanded": String(isOpen) });
  say(answers, `${count} ${count === 1 ? "reply" : "replies"}${last}`);
}

/** A message's own words as blocks. With blocks, Slack shows those instead of the text. */
function wording({ blocks, text = "", attachments }) {
  if (blocks?.length) return blocks;
  return text || !attachments?.length ? [{ type: "section", text: { type: "mrkdwn", text } }] : [];
}

function withDays(messages, calendar) {
  const days = messages.map(({ ts }) => calendar.moment(ts).day);
  return messages.flatMap((message, index) => (days[index] === days[index - 1] ? [message] : [{ day: days[index] }, message]));
}
