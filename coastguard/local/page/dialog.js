/** What opens above the page: Slack's confirm dialog, its menus, and toasts. Each lives outside the channel, so that an
 * update of the message it came from does not close it. */

import { el, set } from "./dom.js";
import { comingBack } from "./focus.js";
import { plain, words } from "./mrkdwn.js";

/**
 * Asks Slack's question before an action.
 * @param {object} confirm a Block Kit confirmation object
 * @param {import("./mrkdwn.js").People} people
 * @returns {Promise<boolean>}
 */
export function confirmed({ title, text, confirm, deny, style = "primary" }, people) {
  const comeBack = comingBack();
  return new Promise((resolve) => {
    const close = (answer) => () => dialog.close(answer);
    const button = (answer, props, label) => el("button",
      { class: "control", type: "button", "data-confirm": answer, ...props, onclick: close(answer) }, label);
    const closed = () => {
      dialog.remove();
      comeBack();
      resolve(dialog.returnValue === "yes");
    };
    const dialog = el("dialog", { class: "confirm", "aria-labelledby": "confirm-title", onclose: closed },
      el("header", null, el("h2", { id: "confirm-title" }, plain(title)),
        button("no", { class: "plain", "data-confirm": null, "aria-label": "Close" }, "✕")),
      words(text, people),
      el("footer", null,
        button("no", { autofocus: true }, plain(deny ?? { text: "Cancel" })),
        button("yes", { "data-style": style }, plain(confirm ?? { text: "Yes" }))));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * Opens a menu under `anchor` and waits for a choice.
 * @param {HTMLElement} anchor
 * @param {object[]} options of a select or overflow element
 * @returns {Promise<object|null>} the option chosen; null when the menu was closed
 */
export function chosen(anchor, options) {
  if (anchor.getAttribute("aria-expanded") === "true") {
    document.querySelector(".menu:popover-open")?.hidePopover();
    return Promise.resolve(null);
  }
  const comeBack = comingBack();
  return new Promise((resolve) => {
    let choice = null;
    const listening = new AbortController();
    const pick = (option) => () => {
      choice = option;
      menu.hidePopover();
    };
    const item = (option) => el("button",
      { type: "button", role: "menuitem", "data-value": option.value, onclick: pick(option) },
      plain(option.text), option.description && el("small", null, plain(option.description)));
    const toggled = ({ newState }) => {
      if (newState === "open") return;
      listening.abort();
      set(anchor, { "aria-expanded": "false" });
      menu.remove();
      comeBack();
      resolve(choice);
    };
    const menu = el("div", { class: "menu", role: "menu", popover: "auto", ontoggle: toggled,
      onkeydown: (event) => step(menu, event) }, options.map(item));
    (anchor.closest("dialog, main") ?? document.body).append(menu);
    set(anchor, { "aria-expanded": "true" });
    menu.showPopover({ source: anchor });
    put(menu, anchor);
    document.addEventListener("scroll", () => put(menu, anchor), { capture: true, signal: listening.signal });
    menu.querySelector("button")?.focus({ preventScroll: true });
  });
}

/** Below the anchor, or above it where there is no room. */
function put(menu, anchor) {
  if (!anchor.isConnected) return;
  const { left, bottom, top } = anchor.getBoundingClientRect();
  const below = bottom + 4 + menu.offsetHeight <= innerHeight;
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, below ? bottom + 4 : top - 4 - menu.offsetHeight)}px`;
}

function step(menu, event) {
  const items = [...menu.querySelectorAll("button")];
  const here = items.indexOf(document.activeElement);
  const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
  if (event.key === "Tab") menu.hidePopover();
  if (next === undefined) return;
  event.preventDefault();
  items.at(next % items.length)?.focus();
}

/**
 * Says what went wrong, for a while; in the modal when one is open, as nothing else can be read or used then.
 * @param {Element} box
 * @param {string} sentence
 */
export function toast(box, sentence) {
  const comeBack = comingBack();
  const dismiss = () => {
    const held = note.contains(document.activeElement);
    note.remove();
    if (held) comeBack();
  };
  const note = el("div", { class: "toast" }, el("p", null, sentence),
    el("button", { class: "plain", type: "button", "aria-label": "Dismiss", onclick: dismiss }, "✕"));
  (document.querySelector("dialog.modal .trouble") ?? box).append(note);
  setTimeout(dismiss, 10_000);
}
