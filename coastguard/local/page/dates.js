/** Moments in the reader's time and words. */

const LANGUAGE = navigator.language.startsWith("en") ? navigator.language : "en-GB";
const format = (options) => {
  const formatter = new Intl.DateTimeFormat(LANGUAGE, options);
  return (when) => formatter.format(when);
};
const TIME = format({ hour: "numeric", minute: "2-digit" });
const TIME_SECONDS = format({ hour: "numeric", minute: "2-digit", second: "2-digit" });
const DATE = format({ month: "long", day: "numeric", year: "numeric" });
const DATE_SHORT = format({ month: "short", day: "numeric", year: "numeric" });
const DATE_LONG = format({ weekday: "long", month: "long", day: "numeric", year: "numeric" });

/** "today", "yesterday" or "tomorrow" where that is true, else what `otherwise` says. */
const pretty = (otherwise) => (when) => {
  const midnight = (moment) => new Date(moment).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(when) - midnight(Date.now())) / 86_400_000);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? otherwise(when);
};

/** Slack's date tokens. */
export const DATE_TOKENS = {
  date_num: (when) => new Intl.DateTimeFormat("sv").format(when),
  date: DATE, date_short: DATE_SHORT, date_long: DATE_LONG,
  date_pretty: pretty(DATE), date_short_pretty: pretty(DATE_SHORT), date_long_pretty: pretty(DATE_LONG),
  time: TIME, time_secs: TIME_SECONDS,
};

/**
 * A moment for machines, its time of day, its day ("Today") and both in full.
 * @param {number|string} seconds since 1970; Slack's ts will do
 */
export function moment(seconds) {
  const when = new Date(Number(seconds) * 1000);
  return {
    iso: when.toISOString(), time: TIME(when), day: capital(DATE_TOKENS.date_long_pretty(when)),
    full: `${DATE_LONG(when)}, ${TIME_SECONDS(when)}`,
  };
}

/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
