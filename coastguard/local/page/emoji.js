/** Slack's emoji names. Those that carry a bulletin's state are drawn by index.html, to look alike everywhere. */

import { drawing, el } from "./dom.js";

const CHARACTERS = new Map(Object.entries({
  "+1": "👍", alarm_clock: "⏰", arrow_right: "➡️", arrows_counterclockwise: "🔄", bar_chart: "📊", bell: "🔔",
  black_circle: "⚫", boom: "💥", broken_heart: "💔", bulb: "💡", bust_in_silhouette: "👤", construction: "🚧",
  electric_plug: "🔌", exclamation: "❗", eyes: "👀", fire: "🔥", gear: "⚙️", grey_question: "❔", hand: "✋", hammer_and_wrench: "🛠️",
  heavy_check_mark: "✔️", hourglass: "⌛", hourglass_flowing_sand: "⏳", information_source: "ℹ️",
  large_blue_circle: "🔵", large_green_circle: "🟢", large_orange_circle: "🟠", large_purple_circle: "🟣",
  large_yellow_circle: "🟡", link: "🔗", lock: "🔒", mag: "🔍", memo: "📝", mute: "🔇", no_bell: "🔕", no_entry: "⛔",
  octagonal_sign: "🛑", question: "❓", raised_hand: "✋", red_circle: "🔴", repeat: "🔁", robot_face: "🤖",
  rotating_light: "🚨", see_no_evil: "🙈", shield: "🛡️", skull: "💀", speech_balloon: "💬", stopwatch: "⏱️", tada: "🎉",
  test_tube: "🧪", thumbsup: "👍", unlock: "🔓", warning: "⚠️", wave: "👋", white_check_mark: "✅", white_circle: "⚪",
  wrench: "🔧", x: "❌", zap: "⚡",
}));

/**
 * @param {string} name without its colons
 * @returns {HTMLElement|null} null when Slack's name is not known here
 */
export function emoji(name) {
  const character = CHARACTERS.get(name);
  if (!character) return null;
  const drawn = document.getElementById(`emoji-${name}`) !== null;
  return el("span", { class: "emoji", role: "img", "aria-label": name.replaceAll("_", " "), title: `:${name}:` },
    drawn ? [drawing(`emoji-${name}`), el("span", { class: "unseen" }, character)] : character);
}
