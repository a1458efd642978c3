/** The app's Home tab, which everyone has of their own. */

import { changed } from "./dom.js";
import { createView } from "./view.js";

/**
 * @param {HTMLElement} section of index.html
 * @param {import("./blocks.js").Surface & {acting: () => string}} talk
 * @param {(control: Element, path: string, ...bodies: object[]) => Promise<object[]|null>} send
 * @returns {{render: (view: object|undefined) => void}} render: with nothing, it says that nothing is there yet
 */
export function createHome(section, talk, send) {
  const box = section.querySelector(".blocks");
  const empty = section.querySelector(".empty");
  let shown = createView(box, talk, send);
  return {
    render(view) {
      empty.hidden = Boolean(view);
      if (!changed(section, view ?? null)) return;
      if (view) {
        shown.show(view);
        return;
      }
      box.replaceChildren();
      shown = createView(box, talk, send);
    },
  };
}
