/** The page's line to the local world: reading it, following its changes, asking things of it. */

const SPACING = 200;
const PATIENCE = 1500;

/** A request that was refused or not answered; the message is a sentence for the reader. */
export class Refused extends Error {}

/**
 * Reads /world now, after each change and after each reconnect: one read at a time, at most five a second, never
 * fewer than needed to end with the newest.
 * @param {(world: object) => void} onWorld
 * @param {(status: "live"|"lost") => void} onStatus
 */
export function follow(onWorld, onStatus) {
  let reading = false;
  let wanted = false;
  let stream = null;

  const want = () => {
    wanted = true;
    if (!reading) read();
  };
  const read = async () => {
    [reading, wanted] = [true, false];
    const world = await ask("/world").catch((error) => {
      if (!(error instanceof Refused)) throw error;
      return null;
    });
    setTimeout(() => {
      reading = false;
      if (wanted || !world) want();
    }, world ? SPACING : PATIENCE);
    if (!world) onStatus("lost");
    else if (stream.readyState === EventSource.OPEN) onStatus("live");
    if (world) onWorld(world);
  };
  const listen = () => {
    stream = new EventSource("/world/changes");
    stream.onopen = want;
    stream.onmessage = want;
    stream.onerror = () => {
      onStatus("lost");
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, PATIENCE);
    };
  };
  listen();
  want();
}

/**
 * Posts JSON.
 * @param {string} path
 * @param {object} body
 * @returns {Promise<object>} the answer
 * @throws {Refused} for an answer that says no, or none at all
 */
export function post(path, body) {
  return ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

async function ask(path, options) {
  let response;
  let answer;
  try {
    response = await fetch(path, { cache: "no-store", ...options });
    answer = await response.json();
  } catch (error) {
    if (response) throw new Refused(`The local world answered ${response.status}, but not in JSON.`, { cause: error });
    throw new Refused("The local world does not answer. Is it still running?", { cause: error });
  }
  const said = [answer.error, answer.detail].find((sentence) => typeof sentence === "string" && sentence);
  if (said) throw new Refused(said);
  if (!response.ok) throw new Refused(`The local world answered ${response.status}.`);
  if (answer.status >= 400) throw new Refused(`The app answered ${answer.status}.`);
  return answer;
}

/** The world's clock, as seen from here. */
export class Clock {
  #ahead = 0;

  /** @param {number} seconds the world's time just now */
  set(seconds) {
    this.#ahead = seconds - Date.now() / 1000;
  }

  /** @returns {number} seconds since 1970 */
  now() {
    return Date.now() / 1000 + this.#ahead;
  }
}
