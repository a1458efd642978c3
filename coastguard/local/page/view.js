/** What modals and Homes have in common: blocks that are used for one person, with what is filled in kept. */

import { drawBlocks, optionsOf } from "./blocks.js";
import { chosen, confirmed } from "./dialog.js";
import { say, set } from "./dom.js";
import { valuesIn } from "./inputs.js";

/**
 * @param {HTMLElement} box where the blocks stand
 * @param {import("./blocks.js").Surface & {acting: () => string}} talk
 * @param {(control: Element, path: string, ...bodies: object[]) => Promise<object[]|null>} send
 * @returns {{show: (view: object) => void, values: () => object, view: () => object|null}} show: draws a view; what was
 *   filled in stays where block_id and action_id do, also while another view of the stack is shown
 */
export function createView(box, talk, send) {
  const kept = new Map();
  let shown = null;

  async function press(control, element, filled) {
    const menu = filled === undefined && optionsOf(element);
    const option = menu ? await chosen(control, menu) : null;
    if (menu && !option) return;
    if (element.confirm && !(await confirmed(element.confirm, talk))) return;
    const { blockId } = control.closest("[data-block-id]")?.dataset ?? {};
    const live = control.isConnected ? control : again(blockId, element.action_id) ?? control;
    if (option && element.type === "static_select") {
      set(live, { "data-chosen": option.value });
      say(live, option.text.text);
    }
    const value = filled ?? option?.value ?? element.value ?? null;
    await send(live, "/slack/views/click", {
      user: talk.acting(), view: shown.id, action_id: element.action_id, block_id: blockId, value, values: valuesIn(box),
    });
  }

  const again = (blockId, actionId) => box.querySelector(
    `[data-block-id="${CSS.escape(blockId ?? "")}"] [data-action-id="${CSS.escape(actionId)}"]`);

  function show(view) {
    if (shown) kept.set(shown.id, valuesIn(box));
    if (shown?.id !== view.id) box.replaceChildren();
    const values = kept.get(view.id);
    const focused = box.contains(document.activeElement) ? document.activeElement : null;
    const { blockId } = focused?.closest("[data-block-id]")?.dataset ?? {};
    shown = view;
    drawBlocks(box, view.blocks, { ...talk, press, filled: (block, action) => values?.[block]?.[action] });
    if (focused && !focused.isConnected) again(blockId, focused.dataset.actionId ?? "")?.focus({ preventScroll: true });
  }

  return { show, values: () => valuesIn(box), view: () => shown };
}
