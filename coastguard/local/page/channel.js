/** The Slack side of the page: who acts, the channel, the thread panel, and what people do there. */

import { chosen, confirmed } from "./dialog.js";
import { el, reconcile, say, set } from "./dom.js";
import { avatar, drawMessages, twin } from "./message.js";
import { mrkdwn } from "./mrkdwn.js";
import { createRoom } from "./room.js";

/**
 * @param {HTMLElement} root the Slack section of index.html
 * @param {(control: Element, path: string, ...bodies: object[]) => Promise<boolean>} send false when it was refused
 * @param {Element} announcer a polite live region
 * @returns {{render: (slack: object) => void}}
 */
export function createChannel(root, send, announcer) {
  const find = (selector) => root.querySelector(selector);
  const thread = find(".thread");
  const composer = find(".composer");
  const main = createRoom(find("[data-testid=channel]"), find(".jump"));
  const side = createRoom(find(".thread .scroller"));
  const dismissed = new Set();
  let slack = { channels: [], users: [], ephemerals: [] };
  let acting = null;
  let open = null;
  let threadTs = null;
  let known = null;

  const user = (id) => slack.users.find((one) => one.id === id);
  const channel = () => slack.channels.find(({ id }) => id === open) ?? slack.channels[0] ?? { id: null, messages: [] };
  const talk = {
    user, press, openThread,
    name: (id) => user(id)?.name ?? null,
    hue: (one) => slack.users.indexOf(one),
    thread: () => threadTs,
    dismiss: (ts) => {
      dismissed.add(ts);
      draw();
      find("[data-testid=channel]").focus();
    },
  };

  find(".thread-head button").addEventListener("click", () => openThread(null));
  thread.addEventListener("keydown", ({ key }) => key === "Escape" && openThread(null));
  composer.addEventListener("submit", command);

  /** Somebody used a block element: menu and question first, then the click, on what the message shows by then. */
  async function press(control, element) {
    const { ts } = control.closest("[data-ts]").dataset;
    const option = element.options ? await chosen(control, element.options) : null;
    if (element.options && !option) return;
    if (element.confirm && !(await confirmed(element.confirm, talk))) return;
    const live = control.isConnected ? control : twin(root, ts, control.dataset) ?? control;
    live.focus({ preventScroll: true });
    await send(live, "/slack/click", {
      user: acting, channel: channel().id, ts, action_id: element.action_id,
      block_id: live.closest("[data-block-id]")?.dataset.blockId, value: option?.value ?? element.value,
    });
  }

  async function command(event) {
    event.preventDefault();
    const { command: input } = composer.elements;
    const typed = input.value.trim();
    if (!typed) return;
    const [, name, text] = typed.match(/^(\/\S+)\s*(.*)$/) ?? [typed, "/ecs", typed];
    const body = { user: acting, channel: channel().id, command: name, text };
    if (await send(composer.querySelector("button"), "/slack/command", body)) input.value = "";
  }

  function openThread(ts) {
    const opener = find(".replies[aria-expanded=true]");
    threadTs = ts;
    side.pin();
    draw();
    if (ts) find(".thread .scroller").focus();
    else opener?.focus();
  }

  function drawPeople() {
    reconcile(find(".people-list"), slack.users, {
      key: JSON.stringify,
      create: (one) => el("label", { class: "person", "data-user": one.id, title: `${one.name}, ${one.title}` },
        el("input", { type: "radio", name: "acting", class: "unseen", checked: one.id === acting, onchange: () => {
          acting = one.id;
          draw();
        } }), avatar(one, talk.hue(one)), el("span", { class: "person-name" }, one.name)),
    });
    set(composer.elements.command, { placeholder: `/ecs help, as ${talk.name(acting) ?? "nobody"}` });
  }

  function drawChannelNames() {
    reconcile(find("#channels"), slack.channels, {
      key: ({ id }) => id,
      create: ({ id }) => el("button", { type: "button", class: "channel-name", "data-channel": id, onclick: () => {
        [open, threadTs] = [id, null];
        main.pin();
        draw();
      } }),
      update: (node, { id, name }) => {
        say(node, `# ${name}`);
        set(node, { "aria-current": id === channel().id ? "page" : null });
      },
    });
  }

  /** Reads new messages out, in their plain-text wording; nothing at the first sight of a channel. */
  function announce(messages) {
    const fresh = known?.channel === channel().id ? messages.filter(({ ts }) => !known.all.has(ts)) : [];
    known = { channel: channel().id, all: new Set(messages.map(({ ts }) => ts)) };
    if (!fresh.length) return;
    const said = fresh.slice(-3).map(({ text = "" }) => mrkdwn(text, talk).textContent);
    announcer.replaceChildren(...said.map((text) => el("p", null, text)));
  }

  function draw() {
    const { id, messages } = channel();
    const notes = slack.ephemerals
      .filter((note) => note.channel === id && note.user === acting && !dismissed.has(note.ts))
      .map((note) => ({ ...note, ephemeral: true }));
    const all = [...messages, ...notes].sort((one, other) => one.ts - other.ts);
    const parent = messages.find(({ ts }) => ts === threadTs);
    if (!parent) threadTs = null;
    drawPeople();
    drawChannelNames();
    set(find(".empty"), { hidden: all.length > 0 });
    main.update(all.length, (list) => drawMessages(list, all, talk));
    set(thread, { hidden: !parent });
    side.update(0, (list) => drawMessages(list, parent ? [parent, ...(parent.replies ?? [])] : [], talk));
    announce([...all, ...messages.flatMap(({ replies = [] }) => replies)]);
  }

  return {
    render(next) {
      slack = { ...next, ephemerals: next.ephemerals ?? [] };
      if (!user(acting)) acting = slack.users[0]?.id ?? null;
      draw();
    },
  };
}
