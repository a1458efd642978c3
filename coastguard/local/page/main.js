/**
 * Coastguard's local world in the browser: Slack on the left, the fleet on the right.
 *
 * Marks to find things by, from tests and elsewhere:
 *   [data-testid=channel], [data-testid=thread]                    the two scrollers of messages
 *   [data-ts]                      a message (the thread panel repeats the parent), [data-ephemeral] on private ones
 *   [data-block-id]                a block, with the id it has now
 *   [data-action-id] [data-value]  a button; a select or overflow has the action id, its open menu's items the values
 *   [data-fill]                    a field or menu that holds a value, in modals and Homes
 *   .menu, dialog.confirm, [data-confirm=yes|no], .toast            what opens above the page
 *   dialog.modal[data-view]        a modal;  [data-submit], [data-close=one|all]  its buttons
 *   .field-error                   what is wrong with an input
 *   [data-user]                    a person to act as;  .clock  the time where they are;  [data-channel]  a channel's name
 *   [data-tab=home], [data-testid=home]                             the way to the app's Home, and the Home
 *   [data-account] [data-region] [data-cluster]                     account, Region and cluster, each within the other
 *   .tile[data-instance] [data-host] [data-connected=true|false]    a container instance
 *   .tile[data-state=connected|grace|trouble|draining|leaving|gone|joining] [data-new]
 *   [data-plug=zone][data-zone], [data-plug=region], [data-plug=all]  switches; data-connected=false: it would plug in
 *   #live[data-live=connecting|live|lost]                           the connection
 */

import { createChannel } from "./channel.js";
import { toast } from "./dialog.js";
import { say } from "./dom.js";
import { createFleet } from "./fleet.js";
import { Clock, follow, post, Refused } from "./live.js";
import { themeToggle } from "./theme.js";

const at = (id) => document.getElementById(id);
const STATUS = { live: "Live", lost: "Reconnecting…" };

/** Posts for a control: shows it busy, lets it ask once at a time, says a refusal in a toast. The answers, or null. */
async function send(control, path, ...bodies) {
  if (control.getAttribute("aria-busy") === "true") return null;
  control.setAttribute("aria-busy", "true");
  try {
    return await Promise.all(bodies.map((body) => post(path, body)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(at("toasts"), error.message);
    return null;
  } finally {
    control.removeAttribute("aria-busy");
  }
}

const clock = new Clock();
const channel = createChannel(document.querySelector(".slack"), send, at("announcer"), clock);
const fleet = createFleet(at("fleet"), clock, send);

themeToggle(at("theme"));
setInterval(() => {
  fleet.tick();
  channel.tick();
}, 1000);
follow((world) => {
  clock.set(world.now);
  say(at("grace"), ` (${world.grace} s)`);
  channel.render(world.slack);
  fleet.render(world.fleet, world.grace);
}, (status) => {
  at("live").dataset.live = status;
  say(at("live"), STATUS[status]);
});
