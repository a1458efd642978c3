/** A scroller of messages that stays at its end while the reader is there. */

/**
 * @param {HTMLElement} scroller holds the list of messages
 * @param {HTMLButtonElement|null} [jump] shown when something new waits below
 * @returns {{pin: () => void, update: (size: number, draw: (list: Element) => void) => void}} pin: go to the end at the
 *   next update; size: how many messages there are then
 */
export function createRoom(scroller, jump = null) {
  const list = scroller.querySelector(".messages");
  let pinned = true;
  let count = 0;
  const toEnd = () => {
    scroller.scrollTop = scroller.scrollHeight;
  };
  const watcher = new ResizeObserver(() => pinned && toEnd());
  watcher.observe(scroller);
  watcher.observe(list);
  scroller.addEventListener("scroll", () => {
    pinned = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 48;
    if (pinned && jump) jump.hidden = true;
  });
  jump?.addEventListener("click", toEnd);
  return {
    pin: () => {
      pinned = true;
    },
    update: (size, draw) => {
      draw(list);
      if (pinned) toEnd();
      else if (jump && size > count) jump.hidden = false;
      count = size;
    },
  };
}
