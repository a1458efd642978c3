/** One container instance in words: what state it is in, and how the page says so. */

/**
 * @typedef {object} Instance an instance of /world's fleet, and its place
 * @property {string} account
 * @property {string} region
 * @property {string} cluster
 * @property {string} id the container instance's
 * @property {string} host the EC2 or managed instance's
 * @property {string} zone
 * @property {string} type
 * @property {string} group
 * @property {string} agent_version
 * @property {boolean} connected
 * @property {string} status ECS's
 * @property {string|null} host_state EC2's
 * @property {number} tasks
 * @property {string|null} ill what is wrong with its host, while its agent is away
 * @property {number|null} since when the agent went, in seconds since 1970
 */

/**
 * @param {Instance} instance
 * @param {number} now seconds since 1970
 * @param {number} grace seconds
 * @returns {"connected"|"grace"|"trouble"|"draining"|"leaving"|"gone"|"joining"}
 */
export function stateOf({ connected, status, host_state: host, since }, now, grace) {
  if (host === "shutting-down" || host === "stopping") return "leaving";
  if (["terminated", "stopped", "gone"].includes(host) || status === "INACTIVE") return "gone";
  if (status === "DRAINING" || status === "DEREGISTERING") return "draining";
  if (host === "pending" || status === "REGISTERING") return "joining";
  if (connected) return "connected";
  return since !== null && now - since < grace ? "grace" : "trouble";
}

/** Whether it has an agent that can be plugged and unplugged. @param {Instance} instance */
export const isPresent = (instance) => !["leaving", "gone"].includes(stateOf(instance, 0, 0));

/** @param {Instance} instance */
export const isUnplugged = (instance) => isPresent(instance) && !instance.connected;

/** @param {Instance[]} instances */
export function share(instances) {
  const present = instances.filter(isPresent);
  return `${present.filter(({ connected }) => connected).length}/${present.length} connected`;
}

/** "eu-west-1a" is "1a". @param {string} zone */
export const shortZone = (zone) => zone.replace(/^.*-(?=\d)/, "");

/** The id a person would look for, short enough for a tile. @param {Instance} instance */
export function shortName({ host, id }) {
  const name = host || id;
  return name.length > 13 ? `${name.slice(0, 4)}…${name.slice(-5)}` : name;
}

/**
 * A tile's second line, with its running clock.
 * @param {Instance} instance
 * @param {{state: string, away: number, grace: number, fresh: boolean}} how away: seconds since the agent went
 */
export function line(instance, { state, away, grace, fresh }) {
  switch (state) {
    case "connected": return `${fresh ? "new · " : ""}${tasks(instance)}`;
    case "grace": return `grace ${Math.ceil(grace - away)} s left`;
    case "trouble": return `in trouble ${duration(away)}`;
    case "draining": return `draining · ${tasks(instance)}`;
    case "joining": return "starting";
    default: return ending(instance);
  }
}

/**
 * Accessible name and tooltip: they change with the state, not with each second.
 * @param {Instance} instance
 * @param {{state: string, fresh: boolean}} how
 */
export function description(instance, { state, fresh }) {
  const { host, id, cluster, zone, connected, type, group, agent_version: version } = instance;
  const agent = `agent ${connected ? "connected" : "disconnected"}`;
  const more = {
    connected: fresh && "just registered", grace: "within grace", trouble: "in trouble", draining: "draining",
    joining: "starting", leaving: ending(instance), gone: ending(instance),
  }[state];
  const verb = isPresent(instance) && `${connected ? "Unplug" : "Plug in"} its agent`;
  const wrong = instance.ill && instance.ill !== "stopped" && instance.ill.replace("-", " ");
  const facts = [host || id, cluster, zone, agent, more, wrong, tasks(instance)].filter(Boolean);
  const fine = [type, group, version && `agent ${version}`, verb && `Click: ${verb}`].filter(Boolean);
  return { name: `${facts.join(", ")}${verb ? `. ${verb}` : ""}`, tooltip: [...facts, ...fine].join("\n") };
}

/** @param {number} seconds */
export function duration(seconds) {
  const [hours, minutes, rest] = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor);
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

const ending = ({ host_state: host }) => (host === "running" || !host ? "deregistered" : host);
const tasks = ({ tasks: number }) => `${number} ${number === 1 ? "task" : "tasks"}`;
