/** Block Kit as DOM nodes: what Coastguard sends in full, anything else by the words in it. */

import { changed, el, reconcile, set } from "./dom.js";
import { field, inputBlock, isField } from "./inputs.js";
import { isWeb, linkTo, plain, words } from "./mrkdwn.js";

/**
 * @typedef {object} Surface what blocks need to know of their surroundings
 * @property {(user: string) => string|null} name
 * @property {() => import("./dates.js").Calendar} calendar of whoever reads
 * @property {(control: HTMLElement, element: object, filled?: unknown) => void} press somebody used a button, a select
 *   or a menu, or filled in a field
 * @property {() => object[]} users everyone who can be chosen
 * @property {() => object[]} channels every channel that can be chosen
 * @property {(block: string, action: string) => unknown} [filled] what somebody had filled in before a new drawing
 */

/**
 * Draws blocks into `box`, keeping the nodes of those that say the same as before.
 * @param {Element} box
 * @param {object[]} blocks
 * @param {Surface} surface
 */
export function drawBlocks(box, blocks, surface) {
  reconcile(box, blocks, {
    key: ({ block_id: id, ...said }) => (said.type === "actions" ? "actions" : JSON.stringify(keeps(said) ? [id, said] : said)),
    create: (block) => (BLOCKS[block.type] ?? unknown)(block, surface),
    update: (node, block) => {
      set(node, { "data-block-id": block.block_id });
      if (block.type !== "actions") return;
      reconcile(node, block.elements, {
        key: (part) => JSON.stringify(surface.filled ? [block.block_id, part] : part),
        create: (part) => control(part, surface, block.block_id),
      });
    },
  });
}

/** Whether a block holds what somebody fills in: it is then the same only under the same id. */
const keeps = ({ type, accessory }) => type === "input" || (accessory && isField(accessory));

/**
 * Draws attachments with their colour bar.
 * @param {Element} box
 * @param {object[]} attachments
 * @param {Surface} surface
 */
export function drawAttachments(box, attachments, surface) {
  reconcile(box, attachments, {
    key: () => "attachment",
    create: () => el("div", { class: "attachment" }),
    update: (node, attachment) => {
      if (!changed(node, attachment)) return;
      set(node, { "--bar": COLOURS[attachment.color] ?? hex(attachment.color) });
      drawBlocks(node, attachment.blocks ?? wording(attachment), surface);
    },
  });
}

const COLOURS = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" };
const hex = (colour) => (/^#?[0-9a-f]{6}$/i.test(colour ?? "") ? `#${colour.replace("#", "")}` : "");

/** An attachment without blocks: its text, or else its fallback. */
const wording = ({ text, fallback = "" }) => [{ type: "section", text: { type: "mrkdwn", text: text || fallback } }];

/** Pictures from elsewhere are not fetched: their alternative text says what they show. */
const picture = (image) => el("span", { class: "picture", role: "img", "aria-label": image.alt_text }, image.alt_text);

const BLOCKS = {
  input: inputBlock,
  section: ({ text, fields, accessory, block_id: id }, surface) => el("div", { class: "block section" },
    el("div", { class: "section-words" },
      text && words(text, surface),
      fields && el("div", { class: "fields" }, fields.map((field) => words(field, surface)))),
    accessory && el("div", { class: "accessory" }, control(accessory, surface, id))),
  context: ({ elements }, surface) => el("div", { class: "block context" },
    elements.map((part) => (part.type === "image" ? picture(part) : words(part, surface)))),
  header: ({ text }) => el("div", { class: "block header", role: "heading", "aria-level": "2" }, plain(text)),
  divider: () => el("hr", { class: "block" }),
  image: ({ title, ...image }) => el("figure", { class: "block" },
    title && el("figcaption", null, plain(title)), picture(image)),
  actions: () => el("div", { class: "block actions" }),
  alert: ({ text, level }, surface) => el("div", { class: "block alert", "data-level": level, role: "note" },
    words(text, surface)),
  table: ({ rows, column_settings: columns = [] }, surface) => {
    const cell = (tag) => (content, column) => el(tag, { class: columns[column]?.align },
      content.type === "mrkdwn" ? words(content, surface) : letters(content));
    const table = el("table", null, rows.map((row, line) => el("tr", null, row.map(cell(line ? "td" : "th")))));
    return el("div", { class: "block table", tabindex: "0", role: "region", "aria-label": "Table" }, table);
  },
};

/** A block this page has no drawing for: all words in it. */
const unknown = (block) => el("div", { class: "block words unknown" }, letters(block) || `(${block.type})`);

/** Every text within an object of Slack's, however deep. */
function letters(value) {
  if (typeof value !== "object" || value === null) return "";
  if (typeof value.text === "string") return value.text;
  return Object.values(value).map(letters).filter(Boolean).join(value.type === "rich_text_section" ? "" : "\n");
}

const OPENS = { type: "button", "aria-haspopup": "menu", "aria-expanded": "false" };

const CONTROLS = {
  button: (part, props) => {
    const words = plain(part.text);
    const value = { "data-value": part.value ?? "", "data-style": part.style, "aria-label": part.accessibility_label };
    if (!isWeb(part.url)) return el("button", { ...props, ...value, type: "button" }, words);
    return el("a", { ...props, ...value, ...linkTo(part.url) }, words);
  },
  static_select: (part, props, chosen) => el("button",
    { ...props, ...OPENS, class: "control select", "data-fill": part.type, "data-chosen": chosen?.value },
    plain(chosen?.text ?? part.placeholder ?? { text: "Choose…" })),
  overflow: (_, props) => el("button",
    { ...props, ...OPENS, class: "control overflow", "aria-label": "More actions" }, "⋯"),
  image: picture,
};

/** An input this page cannot play: shown, but out of use. */
const inert = (part, props) => el("button", { ...props, type: "button", disabled: true },
  plain(part.placeholder ?? part.text ?? { text: part.type }));

/** The options of a menu, also of one that has them in groups; nothing for other elements. @param {object} element */
export const optionsOf = ({ type, options, option_groups: groups }) => (
  ["static_select", "overflow"].includes(type) ? options ?? groups.flatMap((group) => group.options) : null);

function control(part, surface, blockId) {
  const build = CONTROLS[part.type];
  if (!build && isField(part)) return field(part, surface, blockId);
  const onclick = ({ currentTarget }) => surface.press(currentTarget, part);
  const value = surface.filled?.(blockId, part.action_id) ?? part.initial_option?.value;
  const chosen = optionsOf(part)?.find((option) => option.value === value);
  return (build ?? inert)(part, { class: "control", "data-action-id": part.action_id, onclick }, chosen);
}
