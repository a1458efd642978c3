/** Moments as one person reads them: in their time zone, and "today" by the world's clock. */

const LANGUAGE = navigator.language.startsWith("en") ? navigator.language : "en-GB";
const TIME = { hour: "numeric", minute: "2-digit" };
const TIME_SECONDS = { ...TIME, second: "2-digit" };
const DATE = { month: "long", day: "numeric", year: "numeric" };
const DATE_SHORT = { ...DATE, month: "short" };
const DATE_LONG = { ...DATE, weekday: "long" };
const DAY_MILLISECONDS = 86_400_000;

const calendars = new Map();

/**
 * The calendar of a time zone.
 * @param {string} zone its name in the tz database
 * @param {() => number} now the world's time, in seconds since 1970
 * @returns {Calendar}
 */
export function calendarOf(zone, now) {
  if (!calendars.has(zone)) calendars.set(zone, new Calendar(zone, now));
  return calendars.get(zone);
}

class Calendar {
  #now;
  #time;
  #long;
  #seconds;
  #number;
  #wall;

  constructor(zone, now) {
    const format = (options, language = LANGUAGE) => {
      const formatter = new Intl.DateTimeFormat(language, { timeZone: zone, ...options });
      return (when) => formatter.format(when);
    };
    this.zone = zone;
    this.#now = now;
    this.#time = format(TIME);
    this.#long = format(DATE_LONG);
    this.#seconds = format({ ...TIME_SECONDS, timeZoneName: "short" });
    this.#number = format({}, "sv");
    this.#wall = format({ dateStyle: "short", timeStyle: "short" }, "sv");
    const [date, short] = [format(DATE), format(DATE_SHORT)];
    /** Slack's date tokens. */
    this.tokens = {
      date_num: this.#number, date, date_short: short, date_long: this.#long,
      date_pretty: this.#pretty(date), date_short_pretty: this.#pretty(short), date_long_pretty: this.#pretty(this.#long),
      time: this.#time, time_secs: format(TIME_SECONDS),
    };
  }

  /** "today", "yesterday" or "tomorrow" where that is true, else what `otherwise` says. */
  #pretty(otherwise) {
    const day = (moment) => Date.parse(this.#number(moment)) / DAY_MILLISECONDS;
    return (when) => (
      { "-1": "yesterday", 0: "today", 1: "tomorrow" }[day(when) - day(this.#now() * 1000)] ?? otherwise(when));
  }

  /** What a clock there shows just now. */
  clock() {
    return this.#time(this.#now() * 1000);
  }

  /**
   * A moment for machines, its time of day, its day ("Today") and both in full.
   * @param {number|string} seconds since 1970; Slack's ts will do
   */
  moment(seconds) {
    const when = new Date(Number(seconds) * 1000);
    return {
      iso: when.toISOString(), time: this.#time(when), day: capital(this.tokens.date_long_pretty(when)),
      full: `${this.#long(when)}, ${this.#seconds(when)}`,
    };
  }

  /** A moment as a form field wants it: 2026-11-24T09:30. @param {number} seconds since 1970 */
  wall(seconds) {
    return this.#wall(seconds * 1000).replace(" ", "T");
  }

  /** The moment at which the clock there shows what stands in a form field, in seconds since 1970. @param {string} wall */
  at(wall) {
    const meant = Date.parse(`${wall}Z`) / 1000;
    const ahead = (seconds) => Date.parse(`${this.wall(seconds)}Z`) / 1000 - seconds;
    // How far the zone is ahead depends on the moment, which depends on that: the second look is near enough to see it.
    return meant - ahead(meant - ahead(meant));
  }
}

/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
