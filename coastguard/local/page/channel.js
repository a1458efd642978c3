/** The Slack side of the page: who acts, the channel or Home, the thread panel, and what people do there. */

import { optionsOf } from "./blocks.js";
import { calendarOf } from "./dates.js";
import { chosen, confirmed } from "./dialog.js";
import { el, say, set } from "./dom.js";
import { drawChannelNames, drawPeople } from "./heading.js";
import { createHome } from "./home.js";
import { drawMessages, twin } from "./message.js";
import { createModal } from "./modal.js";
import { mrkdwn } from "./mrkdwn.js";
import { createRoom } from "./room.js";

/**
 * @param {HTMLElement} root the Slack section of index.html
 * @param {(control: Element, path: string, ...bodies: object[]) => Promise<object[]|null>} send null when it was refused
 * @param {Element} announcer a polite live region
 * @param {import("./live.js").Clock} clock
 * @returns {{render: (slack: object) => void, tick: () => void}} tick: once a second
 */
export function createChannel(root, send, announcer, clock) {
  const find = (selector) => root.querySelector(selector);
  const thread = find(".thread");
  const composer = find(".composer");
  const main = createRoom(find("[data-testid=channel]"), find(".jump"));
  const side = createRoom(find(".thread .scroller"));
  const dismissed = new Set();
  let slack = { channels: [], users: [], usergroups: [], ephemerals: [], views: [], homes: [] };
  let acting = null;
  let open = null;
  let threadTs = null;
  let known = null;
  let atHome = false;

  const user = (id) => slack.users.find((one) => one.id === id);
  const channels = () => slack.channels.filter(({ shared, members }) =>
    members.length ? members.includes(acting) : shared || user(acting)?.kind !== "foreign");
  const channel = () => channels().find(({ id }) => id === open) ?? channels()[0] ?? { id: null, messages: [] };
  const talk = {
    user, press, openThread, channels,
    acting: () => acting,
    users: () => slack.users,
    name: (id) => user(id)?.name ?? null,
    group: (id) => slack.usergroups.find((one) => one.id === id)?.handle ?? null,
    channel: (id) => slack.channels.find((one) => one.id === id)?.name ?? null,
    hue: (one) => slack.users.indexOf(one),
    // Each sees times in their own zone, which is also the one that the app is told of.
    calendar: () => calendarOf(user(acting)?.tz ?? "UTC", () => clock.now()),
    thread: () => threadTs,
    dismiss: (ts) => {
      dismissed.add(ts);
      draw();
      find("[data-testid=channel]").focus();
    },
  };

  const modal = createModal(talk, send);
  const home = createHome(find(".home"), talk, send);

  find("[data-tab=home]").addEventListener("click", goHome);
  find(".thread-head button").addEventListener("click", () => openThread(null));
  thread.addEventListener("keydown", ({ key }) => key === "Escape" && openThread(null));
  composer.addEventListener("submit", command);
  root.addEventListener("click", goToMessage);

  /** Somebody used a block element: menu and question first, then the click, on what the message shows by then. */
  async function press(control, element, filled) {
    const { ts } = control.closest("[data-ts]").dataset;
    const menu = filled === undefined && optionsOf(element);
    const option = menu ? await chosen(control, menu) : null;
    if (menu && !option) return;
    if (element.confirm && !(await confirmed(element.confirm, talk))) return;
    const live = control.isConnected ? control : twin(root, ts, control.dataset) ?? control;
    live.focus({ preventScroll: true });
    await send(live, "/slack/click", {
      user: acting, channel: channel().id, ts, action_id: element.action_id,
      block_id: live.closest("[data-block-id]")?.dataset.blockId, value: filled ?? option?.value ?? element.value,
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

  /** Opens the Home of whoever acts, of which the app hears each time. */
  function goHome() {
    [atHome, threadTs] = [true, null];
    draw();
    find(".home").focus({ preventScroll: true });
    send(find("[data-tab=home]"), "/slack/home", { user: acting });
  }

  /** A permalink leads to its message here, as it does in Slack. */
  function goToMessage(event) {
    const { archive, message, thread: parent = null } = event.target.closest("a[data-message]")?.dataset ?? {};
    if (!channels().some(({ id }) => id === archive)) return;
    event.preventDefault();
    [open, threadTs, atHome] = [archive, parent, false];
    draw();
    const shown = find(`${parent ? ".thread" : "[data-testid=channel]"} [data-ts="${message}"]`);
    shown?.scrollIntoView({ block: "center" });
    shown?.focus({ preventScroll: true });
  }

  function openThread(ts) {
    const opener = find(".replies[aria-expanded=true]");
    threadTs = ts;
    side.pin();
    draw();
    if (ts) find(".thread .scroller").focus();
    else (opener ?? find("[data-testid=channel]")).focus();
  }

  function drawHead() {
    const { id, archived = false } = channel();
    const act = (one) => {
      acting = one;
      if (atHome) goHome();
      else draw();
    };
    const go = (one) => {
      [open, threadTs, atHome] = [one, null, false];
      main.pin();
      draw();
    };
    drawPeople(find(".people-list"), slack.users, { acting, act });
    drawChannelNames(find("#channels"), channels(), { current: atHome ? null : id, go });
    set(find("[data-tab=home]"), { "aria-current": atHome ? "page" : null });
    const placeholder = archived ? "This channel is archived" : `/ecs help, as ${talk.name(acting) ?? "nobody"}`;
    set(composer.elements.command, { placeholder, disabled: archived });
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
    drawHead();
    set(find(".conversation"), { hidden: atHome });
    set(find(".home"), { hidden: !atHome });
    tick();
    home.render(slack.homes.find((one) => one.user === acting)?.view);
    modal.render(slack.views.find((one) => one.user === acting)?.view);
    set(find(".conversation .empty"), { hidden: all.length > 0 });
    main.update(all.length, (list) => drawMessages(list, all, talk));
    set(thread, { hidden: !parent });
    side.update(0, (list) => drawMessages(list, parent ? [parent, ...(parent.replies ?? [])] : [], talk));
    announce([...all, ...messages.flatMap(({ replies = [] }) => replies)]);
  }

  /** The time of whoever acts, so that it is plain whose times these are. */
  function tick() {
    const calendar = talk.calendar();
    const place = calendar.zone.split("/").at(-1).replaceAll("_", " ");
    say(find(".clock"), `${calendar.clock()} ${place}`);
    set(find(".clock"), { title: `All times of this Slack are those of ${calendar.zone}, where ${talk.name(acting)} is` });
  }

  return {
    tick,
    render(next) {
      slack = next;
      if (!user(acting)) acting = slack.users[0]?.id ?? null;
      draw();
    },
  };
}
