/** The fleet side of the page: account → Region → cluster → instance, and the switches that unplug agents. */

import { changed, el, reconcile, say, set } from "./dom.js";
import { description, isPresent, isUnplugged, line, share, shortName, shortZone, stateOf } from "./instance.js";

/** So many instances and more are drawn as bare squares. */
const CROWD = 150;
/** How long a replacement stays marked as new, in seconds. */
const NEW = 120;
const COUNTED = { connected: "connected", grace: "in grace", trouble: "in trouble", draining: "draining" };

/**
 * @param {HTMLElement} root the fleet section of index.html
 * @param {import("./live.js").Clock} clock
 * @param {(control: Element, path: string, ...bodies: object[]) => Promise<boolean>} send
 * @returns {{render: (fleet: object, grace: number) => void, tick: () => void}} tick: once a second
 */
export function createFleet(root, clock, send) {
  const plugAll = root.querySelector("#plug-all");
  const ill = root.querySelector("#ill");
  const tiles = new Map();
  let regions = [];
  let arrivals = null;
  let grace = 0;

  const flip = (control, ...places) => send(control, "/world/agents",
    ...places.map((place) => ({ ...place, connected: control.dataset.connected === "false", ill: ill.value })));

  plugAll.addEventListener("click", () => {
    const broken = regions.filter(({ instances }) => instances.some(isUnplugged));
    return flip(plugAll, ...broken.map(({ account, region }) => ({ account, region })));
  });

  const newAccount = ({ account }) => el("section", { class: "account", "data-account": account },
    el("header", null, el("h2"), el("span", { class: "account-id" }), el("span", { class: "count" })),
    el("div", { class: "regions" }));

  function drawAccount(node, { account, alias, regions: its }) {
    say(node.querySelector("h2"), alias || "account");
    say(node.querySelector(".account-id"), account.replace(/^(\d{4})(\d{4})(\d{4})$/, "$1-$2-$3"));
    say(node.querySelector(".count"), share(its.flatMap(({ instances }) => instances)));
    reconcile(node.querySelector(".regions"), its, {
      key: ({ region }) => region, create: newRegion, update: drawRegion,
    });
  }

  const newRegion = ({ account, region }) => el("section",
    { class: "region", "data-account": account, "data-region": region },
    el("header", null, el("h3", null, region), el("span", { class: "count" })),
    el("div", { class: "switches", role: "group", "aria-label": `Agents in ${region}` }),
    el("div", { class: "clusters" }));

  function drawRegion(node, region) {
    if (!changed(node, region)) return;
    const present = region.instances.filter(isPresent);
    const zones = [...new Set(present.map(({ zone }) => zone))].filter(Boolean).sort();
    set(node, { "data-large": region.instances.length > 40 });
    say(node.querySelector(".count"), share(region.instances));
    reconcile(node.querySelector(".switches"), present.length ? [...zones, null] : [], {
      key: (zone) => `in ${zone}`,
      create: (zone) => newSwitch(region, zone),
      update: (control, zone) => drawSwitch(control, present.filter((one) => !zone || one.zone === zone), zone),
    });
    reconcile(node.querySelector(".clusters"), region.clusters, {
      key: ({ cluster }) => cluster, create: newCluster, update: drawCluster,
    });
  }

  function newSwitch({ account, region }, zone) {
    const place = zone ? { account, region, zone } : { account, region };
    return el("button", { type: "button", class: "switch", "data-plug": zone ? "zone" : "region",
      "data-account": account, "data-region": region, "data-zone": zone,
      onclick: ({ currentTarget }) => flip(currentTarget, place) }, zone ? shortZone(zone) : "Region");
  }

  function drawSwitch(control, instances, zone) {
    const off = instances.every(isUnplugged);
    const name = `${off ? "Plug in" : "Unplug"} ${zone ?? "Region"}`;
    set(control, { "data-connected": String(!off), "aria-label": name, title: `${name}, in this account` });
  }

  const newCluster = ({ account, region, cluster }) => el("div",
    { class: "cluster", "data-account": account, "data-region": region, "data-cluster": cluster },
    el("h4", { title: cluster }, cluster), el("div", { class: "tiles" }),
    el("p", { class: "empty" }, "No container instance."));

  function drawCluster(node, { instances }) {
    set(node.querySelector(".empty"), { hidden: instances.length > 0 });
    reconcile(node.querySelector(".tiles"), instances, { key: ({ id }) => id, create: newTile, update: drawTile });
  }

  function newTile({ account, region, cluster, id }) {
    const place = { account, region, cluster, instances: [id] };
    return el("button", { type: "button", class: "tile", "data-account": account, "data-region": region,
      "data-cluster": cluster, "data-instance": id, onclick: ({ currentTarget }) => flip(currentTarget, place) },
    ["dot", "host", "zone", "state"].map((name) => el("span", { class: name })));
  }

  function drawTile(tile, instance) {
    if (!changed(tile, instance)) return;
    tiles.set(tile, instance);
    const { connected, host } = instance;
    set(tile, { "data-connected": String(connected), "data-host": host, disabled: !isPresent(instance) });
    say(tile.querySelector(".host"), shortName(instance));
    say(tile.querySelector(".zone"), shortZone(instance.zone));
    drawClock(tile, instance);
  }

  /** What of a tile depends on the time. */
  function drawClock(tile, instance) {
    const now = clock.now();
    const state = stateOf(instance, now, grace);
    const away = Math.max(0, now - (instance.since ?? now));
    const fresh = state === "connected" && instance.arrived !== null && now - instance.arrived < NEW;
    const { name, tooltip } = description(instance, { state, fresh });
    say(tile.querySelector(".state"), line(instance, { state, away, grace, fresh }));
    set(tile, { "data-state": state, "data-new": fresh, "aria-label": name, title: tooltip });
    if (state === "grace") set(tile, { "--left": Math.max(0, 1 - (away + 1) / grace) });
  }

  function count() {
    const states = [...tiles.values()].map((instance) => stateOf(instance, clock.now(), grace));
    reconcile(root.querySelector("#counts"), Object.entries(COUNTED), {
      key: ([state]) => state,
      create: ([state, label]) => el("span", { class: "tally", "data-state": state },
        el("span", { class: "dot" }), el("b"), label),
      update: (node, [state]) => say(node.querySelector("b"), String(states.filter((one) => one === state).length)),
    });
  }

  /** Tells each instance when it came, if that was while this page looked on: then it is somebody's replacement. */
  function noteArrivals(instances) {
    const before = arrivals;
    const isNew = (id) => before?.size && !before.has(id);
    arrivals = new Map(instances.map(({ id }) => [id, isNew(id) ? clock.now() : before?.get(id) ?? null]));
    for (const instance of instances) instance.arrived = arrivals.get(instance.id);
  }

  return {
    tick() {
      for (const [tile, instance] of tiles) {
        if (!instance.connected || tile.hasAttribute("data-new")) drawClock(tile, instance);
      }
      count();
    },
    render(fleet, seconds) {
      grace = seconds;
      reconcile(ill, Object.entries(fleet.illnesses ?? {}), {
        key: ([name]) => name, create: ([name, about]) => el("option", { value: name }, about), update: () => {},
      });
      const accounts = placed(fleet);
      regions = accounts.flatMap((account) => account.regions);
      const instances = regions.flatMap((region) => region.instances);
      noteArrivals(instances);
      reconcile(root.querySelector(".accounts"), accounts, {
        key: ({ account }) => account, create: newAccount, update: drawAccount,
      });
      for (const tile of tiles.keys()) if (!tile.isConnected) tiles.delete(tile);
      set(root, { "data-crowd": instances.length >= CROWD });
      set(root.querySelector(":scope > .empty"), { hidden: accounts.length > 0 });
      set(plugAll, { disabled: !instances.some(isUnplugged) });
      count();
    },
  };
}

/** The fleet with each Region, cluster and instance knowing its place. */
function placed({ accounts }) {
  return accounts.map(({ id: account, alias, regions }) => ({
    account, alias, regions: regions.map(({ name: region, clusters }) => {
      const ours = clusters.map(({ name: cluster, instances }) => ({
        account, region, cluster,
        instances: instances.map((instance) => ({ ...instance, zone: instance.zone ?? "", account, region, cluster })),
      }));
      return { account, region, clusters: ours, instances: ours.flatMap(({ instances }) => instances) };
    }),
  }));
}
