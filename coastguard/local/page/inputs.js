/** Block Kit's elements that people fill in, as form fields; and what stands in them.
 *
 * Values look as the local Slack wants them: text, an option's value, ids, moments in seconds since 1970, lists of
 * these, null for nothing.
 */

import { el, set } from "./dom.js";
import { plain, words } from "./mrkdwn.js";

const readers = new WeakMap();
let count = 0;

/**
 * An input block: label, field, hint, and room for a complaint.
 * @param {object} block
 * @param {import("./blocks.js").Surface} surface
 */
export function inputBlock(block, surface) {
  const { element, label, hint, optional, dispatch_action: telling = false } = block;
  const id = `input-${++count}`;
  const isGroup = element.type in CHOICES;
  const part = field(element, surface, block.block_id, {
    id, "aria-describedby": `${id}-hint ${id}-error`, "aria-required": String(!optional),
    "aria-labelledby": isGroup ? `${id}-label` : null,
  }, telling);
  return el("div", { class: "block input" },
    el(isGroup ? "p" : "label", { class: "input-label", id: `${id}-label`, for: isGroup ? null : id }, plain(label),
      optional && el("span", { class: "optional" }, " (optional)")),
    part, hint && el("p", { class: "hint", id: `${id}-hint` }, plain(hint)),
    el("p", { class: "field-error", id: `${id}-error`, role: "alert", hidden: true }));
}

/**
 * A form field for an element, holding what `surface` remembers of it or else what it begins with.
 * @param {object} element
 * @param {import("./blocks.js").Surface} surface
 * @param {string} blockId
 * @param {Record<string, unknown>} [props]
 * @param {boolean} [telling] whether the app hears of every change
 */
export function field(element, surface, blockId, props = {}, telling = true) {
  const [build, begin] = FIELDS[element.type] ?? CHOICES[element.type];
  const remembered = surface.filled?.(blockId, element.action_id);
  const value = remembered === undefined ? begin(element) : remembered;
  const [node, read] = build(element, value, surface);
  set(node, { ...props, autofocus: element.focus_on_load, "data-action-id": element.action_id, "data-fill": element.type });
  readers.set(node, read);
  if (telling) node.addEventListener("change", () => surface.press(node, element, read()));
  return node;
}

/** Whether an element is drawn as a form field. @param {object} element */
export const isField = ({ type }) => type in FIELDS || type in CHOICES;

/**
 * What stands in all fields and menus within `root`, by block_id and action_id.
 * @param {Element} root
 */
export function valuesIn(root) {
  const values = {};
  for (const node of root.querySelectorAll("[data-fill]")) {
    const { blockId } = node.closest("[data-block-id]").dataset;
    const value = readers.get(node)?.() ?? node.dataset.chosen ?? null;
    values[blockId] = { ...values[blockId], [node.dataset.actionId]: value };
  }
  return values;
}

/**
 * Writes complaints under inputs, and goes to the first.
 * @param {Element} root
 * @param {Record<string, string>} errors by block_id
 */
export function complain(root, errors) {
  let first = null;
  for (const block of root.querySelectorAll(".input")) {
    const sentence = errors[block.dataset.blockId] ?? "";
    const [error, part] = [block.querySelector(".field-error"), block.querySelector("[data-fill]")];
    error.textContent = sentence;
    set(error, { hidden: !sentence });
    set(part, { "aria-invalid": sentence ? "true" : null });
    if (sentence) first ??= part.matches(FOCUSABLE) ? part : part.querySelector(FOCUSABLE);
  }
  first?.focus();
}

/** What can be filled in. */
export const FOCUSABLE = "input, textarea, select";

const hintOf = (element) => element.placeholder?.text ?? null;

const line = (type, more = () => ({})) => [(element, value) => {
  const props = { class: "text", placeholder: hintOf(element), maxlength: element.max_length, ...more(element) };
  const node = element.multiline
    ? el("textarea", { ...props, rows: "3" }, value ?? "")
    : el("input", { ...props, type, value: value ?? "", autocomplete: "off" });
  return [node, () => node.value || null];
}, (element) => element.initial_value];

/** A select of `offered(element, surface)`: pairs of value and words. */
const select = (offered, begin, multiple = false) => [(element, value, surface) => {
  const chosen = multiple ? value ?? [] : [value];
  const options = offered(element, surface)
    .map(([name, said]) => el("option", { value: name, selected: chosen.includes(name) }, said));
  const none = multiple ? [] : [el("option", { value: "" }, hintOf(element) ?? "Choose…")];
  const node = el("select", { class: "text", multiple }, none, options);
  const read = () => [...node.selectedOptions].map((option) => option.value);
  return [node, multiple ? read : () => node.value || null];
}, begin];

/** Radio buttons or checkboxes in a group. */
const choices = (type, role, begin) => [(element, value, surface) => {
  const name = `choice-${++count}`;
  const chosen = [value ?? []].flat();
  const node = el("div", { class: "choices", role }, element.options.map((option) => el("label", { class: "choice" },
    el("input", { type, name, value: option.value, checked: chosen.includes(option.value) }),
    el("span", null, words(option.text, surface), option.description && el("small", null, plain(option.description))))));
  const read = () => [...node.querySelectorAll(":checked")].map((input) => input.value);
  return [node, type === "radio" ? () => read()[0] ?? null : read];
}, begin];

const moment = [(_, value, surface) => {
  const calendar = surface.calendar();
  const node = el("input", { class: "text", type: "datetime-local", value: value ? calendar.wall(value) : "" });
  return [node, () => (node.value ? calendar.at(node.value) : null)];
}, (element) => element.initial_date_time];

const optionsOf = ({ options, option_groups: groups = [] }) => options ?? groups.flatMap((group) => group.options);
const offers = (element) => optionsOf(element).map((option) => [option.value, option.text.text]);
const people = (_, surface) => surface.users().map(({ id, name }) => [id, name]);
const places = (_, surface) => surface.channels().map(({ id, name }) => [id, `#${name}`]);

const FIELDS = {
  plain_text_input: line("text"),
  email_text_input: line("email"),
  url_text_input: line("url"),
  number_input: line("text", () => ({ inputmode: "decimal" })),
  static_select: select(offers, (element) => element.initial_option?.value),
  multi_static_select: select(offers, (element) => element.initial_options?.map(({ value }) => value), true),
  users_select: select(people, (element) => element.initial_user),
  multi_users_select: select(people, (element) => element.initial_users, true),
  conversations_select: select(places, (element) => element.initial_conversation),
  multi_conversations_select: select(places, (element) => element.initial_conversations, true),
  channels_select: select(places, (element) => element.initial_channel),
  multi_channels_select: select(places, (element) => element.initial_channels, true),
  datepicker: [line("date")[0], (element) => element.initial_date],
  timepicker: [line("time")[0], (element) => element.initial_time],
  datetimepicker: moment,
};

const CHOICES = {
  radio_buttons: choices("radio", "radiogroup", (element) => element.initial_option?.value),
  checkboxes: choices("checkbox", "group", (element) => element.initial_options?.map(({ value }) => value)),
};
