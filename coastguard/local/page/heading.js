/** The head of the Slack side: the channels to go to, the people to act as. */

import { drawing, el, reconcile, set } from "./dom.js";
import { avatar } from "./message.js";

/**
 * @param {Element} box
 * @param {object[]} users
 * @param {{acting: string, act: (user: string) => void}} how acting: at first; act: somebody chose to be another one
 */
export function drawPeople(box, users, { acting, act }) {
  reconcile(box, users, {
    key: JSON.stringify,
    create: (one) => el("label", { class: "person", "data-user": one.id, title: `${one.name}, ${one.title}` },
      el("input", {
        type: "radio", name: "acting", class: "unseen", checked: one.id === acting, onchange: () => act(one.id),
      }),
      avatar(one, users.indexOf(one)),
      el("span", { class: "person-name" }, one.name, one.kind !== "member" && el("small", null, one.kind))),
  });
}

/**
 * @param {Element} box
 * @param {object[]} channels
 * @param {{current: string|null, go: (channel: string) => void}} how
 */
export function drawChannelNames(box, channels, { current, go }) {
  reconcile(box, channels, {
    key: ({ id }) => id,
    create: ({ id, name, private: locked }) => el("button",
      { type: "button", class: "channel-name", "data-channel": id, onclick: () => go(id) },
      locked ? drawing("lock") : "# ", name),
    update: (node, one) => set(node, {
      "aria-current": one.id === current ? "page" : null, title: about(one),
      "data-off": !one.bot_is_member || one.archived,
    }),
  });
}

/** What is special about a channel. */
function about({ archived, shared, bot_is_member: joined }) {
  if (archived) return "archived";
  if (!joined) return "the app is not in it";
  return shared ? "shared with another workspace" : null;
}
