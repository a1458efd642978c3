/** Where the keyboard goes on when something that lay above the page is gone. */

/**
 * Remembers what has the focus now.
 * @returns {() => void} unless the focus is elsewhere: gives it to that control again, or to its like if all around it
 *   was drawn anew, or else to what is scrolled there
 */
export function comingBack() {
  const was = document.activeElement ?? document.body;
  const { actionId, value } = was.dataset;
  const [ts, block] = ["ts", "blockId"].map((mark) => nearest(was, mark));
  const [dialog, scroller] = [was.closest("dialog"), was.closest(".scroller")];

  function heir() {
    const place = ts ? document.querySelector(`[data-ts="${CSS.escape(ts)}"]`) : dialog ?? scroller;
    const alike = [...place?.querySelectorAll("[data-action-id]") ?? []]
      .filter(({ dataset }) => dataset.actionId === actionId && (!ts || dataset.value === value));
    return alike.find((one) => nearest(one, "blockId") === block) ?? alike[0];
  }

  return () => {
    if (document.activeElement !== document.body) return;
    const places = [was !== document.body && was, actionId && heir(), scroller, ...document.querySelectorAll(".scroller")];
    places.find((one) => one && one.isConnected && one.checkVisibility())?.focus({ preventScroll: true });
  };
}

/** A mark of the element or of what it is in. */
function nearest(element, mark) {
  for (let node = element; node; node = node.parentElement) if (node.dataset[mark]) return node.dataset[mark];
  return undefined;
}
