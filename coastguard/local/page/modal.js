/** The modal that the acting person has open, in a dialog of its own. */

import { changed, el, say, set } from "./dom.js";
import { comingBack } from "./focus.js";
import { complain, FOCUSABLE } from "./inputs.js";
import { plain } from "./mrkdwn.js";
import { createView } from "./view.js";

/**
 * @param {import("./blocks.js").Surface & {acting: () => string}} talk
 * @param {(control: Element, path: string, ...bodies: object[]) => Promise<object[]|null>} send
 * @returns {{render: (view: object|undefined) => void}} render: with nothing, the dialog goes
 */
export function createModal(talk, send) {
  let open = null;

  /** A dialog with an empty view. What its buttons do depends on the view that it shows by then. */
  function build() {
    const title = el("h2", { id: "modal-title" });
    const body = el("div", { class: "modal-body" });
    const trouble = el("div", { class: "trouble", "aria-live": "assertive" });
    const out = el("button", { class: "plain", type: "button", "data-close": "all", "aria-label": "Close" }, "✕");
    const close = el("button", { class: "control", type: "button", "data-close": "one" });
    const submit = el("button", { class: "control", type: "submit", "data-style": "primary", "data-submit": true });
    const form = el("form", { novalidate: true }, el("header", null, title, out), body, trouble,
      el("footer", null, close, submit));
    const dialog = el("dialog", { class: "modal", "aria-labelledby": "modal-title" }, form);
    const shown = createView(body, talk, send);
    let waiting = false;

    /** Until the local Slack has said what is to be seen next, nothing is to be done twice. */
    async function ask(control, path, more) {
      if (waiting) return null;
      trouble.replaceChildren();
      const answers = await send(control, path, { user: talk.acting(), view: shown.view().id, ...more });
      return answers?.[0] ?? null;
    }
    async function leave(all) {
      waiting = await ask(all ? out : close, "/slack/views/close", { all }) !== null;
    }
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const answer = await ask(submit, "/slack/views/submit", { values: shown.values() });
      if (answer) complain(body, answer.errors);
      waiting = answer !== null && !Object.keys(answer.errors).length;
    });
    close.addEventListener("click", () => leave(false));
    out.addEventListener("click", () => leave(true));
    // Not the dialog's own `cancel`: a second Escape closes it without asking, and the modal would still be open in Slack.
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.target.closest(".menu")) return;
      event.preventDefault();
      leave(false);
    });
    const comeBack = comingBack();
    document.body.append(dialog);
    dialog.showModal();

    function show(view) {
      const isNew = shown.view()?.id !== view.id;
      if (!changed(dialog, view)) return;
      waiting = false;
      set(dialog, { "data-view": view.id });
      say(title, "");
      title.append(...plain(view.title));
      close.replaceChildren(...plain(view.close ?? { text: view.previous_view_id ? "Back" : "Cancel" }));
      submit.replaceChildren(...plain(view.submit ?? { text: "" }));
      set(submit, { hidden: !view.submit, disabled: Boolean(view.submit_disabled) });
      shown.show(view);
      if (isNew) (body.querySelector("[autofocus]") ?? body.querySelector(FOCUSABLE) ?? (view.submit ? submit : close)).focus();
    }
    function remove() {
      dialog.close();
      dialog.remove();
      comeBack();
    }
    return { show, remove };
  }

  return {
    render(view) {
      if (!view) {
        open?.remove();
        open = null;
        return;
      }
      open ??= build();
      open.show(view);
    },
  };
}
