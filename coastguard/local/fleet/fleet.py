"""The fleet simulator: container instances whose agents drop, hosts that die and are replaced, and the true events.

moto holds the state. After each call that may have changed it, `catch_up` compares what moto has with what was last
announced and does what AWS would: ECS announces a change, an agent goes with its host, a new host of an Auto Scaling
group registers once it has booted. Every public method may be called from any thread.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from moto.autoscaling.models import autoscaling_backends
from moto.ecs.models import ecs_backends

from coastguard.local.fleet import build
from coastguard.local.fleet.agents import Agents
from coastguard.local.fleet.events import Event, state_change
from coastguard.local.fleet.illness import STOPPED
from coastguard.local.fleet.moto_lock import MOTO
from coastguard.local.fleet.state import Host, Instance, hosts, instances, runs
from coastguard.local.fleet.troubles import Trouble, Troubles
from coastguard.local.layout.layouts import Layout
from coastguard.local.layout.plan import ClusterPlan
from coastguard.local.record import Record

# How long a host takes from "shutting-down" to "terminated".
SHUTDOWN_SECONDS = 1.5

Announce = Callable[[Event], None]
Later = Callable[[float, Callable[[], None]], None]


class Fleet:
    """The container instances of all members of a layout.

    `announce` sends an event; `later(seconds, what)` does something after a while.
    """

    def __init__(self, layout: Layout, record: Record, announce: Announce, later: Later, boot_seconds: float) -> None:
        self.layout = layout
        self.troubles = Troubles()
        self.agents = Agents(later, self._come_back)
        self._record = record
        self._announce = announce
        self._later = later
        self._boot_seconds = boot_seconds
        # What ECS last announced, by account and Region and by container instance.
        self._known: dict[tuple[str, str], dict[str, Instance]] = defaultdict(dict)
        self._status: dict[str, str] = {}
        self._held: set[tuple[str, str]] = set()
        self._booted: set[str] = set()
        self._dying: set[str] = set()
        # Old registrations of hosts that have registered anew: no agent answers for them any more.
        self._left: set[str] = set()

    def build(self) -> None:
        """Make the fleet of the plan; nothing is announced."""
        now = self._now()
        for account, region, plan in self.layout.planned():
            build.build_cluster(account, region, plan, now)
        for account, region in dict.fromkeys((account, region) for account, region, _ in self.layout.planned()):
            self._booted |= hosts(account, region).keys()
            for instance in instances(account, region):
                self._known[account, region][instance.id] = instance
                self._status[instance.id] = instance.status

    def plug(  # noqa: PLR0913 - the place, the three ways to choose in it, and what is wrong
        self,
        account: str,
        region: str,
        *,
        connected: bool,
        cluster: str | None = None,
        zone: str | None = None,
        chosen: Collection[str] | None = None,
        ill: str = STOPPED,
    ) -> int:
        """Connect or disconnect agents: of a cluster, a zone or some instances. Return how many changed.

        `ill` is what is wrong with the hosts of those that are disconnected. ValueError if there is no such illness.
        """
        wanted = None if chosen is None else frozenset(chosen)
        with MOTO:
            known = hosts(account, region)
            changed = [
                instance
                for instance in instances(account, region)
                if instance.agent_connected != connected
                and cluster in {None, instance.cluster_name}
                and zone in {None, instance.attributes["ecs.availability-zone"]}
                and (wanted is None or instance.id in wanted)
                and (not connected or (instance.id not in self._left and runs(known.get(instance.ec2_instance_id))))
            ]
            for instance in changed:
                if connected:
                    self.agents.recover(instance.ec2_instance_id)
                else:
                    self.agents.fall_ill(instance.ec2_instance_id, ill)
                self._turn(account, region, instance, connected=connected)
            self._note_troubles(account, region, changed, known)
        return len(changed)

    def _come_back(self, account: str, region: str, host: str) -> None:
        """Let the agent of a host connect again that was restarted there."""
        with MOTO:
            mine = [each.id for each in instances(account, region) if each.ec2_instance_id == host]
            self.plug(account, region, connected=True, chosen=mine)

    def forget(self, account: str, region: str, instance: str) -> str:
        """Let an agent forget who it is: it registers its host anew, and the old registration stays without an agent.

        Returns the id of the new one. ValueError if there is no such container instance.
        """
        with MOTO:
            old = next((each for each in instances(account, region) if each.id == instance), None)
            if old is None:
                raise ValueError(f"There is no container instance {instance} in {account}/{region}.")
            plan = next(plan for plan in self.layout.plans_of(account, region) if plan.name == old.cluster_name)
            new = build.register(account, region, plan, old.ec2_instance_id)
            new.running_tasks_count, old.running_tasks_count = old.running_tasks_count, 0
            self._left.add(old.id)
            self._turn(account, region, old, connected=False)
            self.catch_up(account, region)
            return str(new.id)

    def catch_up(self, account: str, region: str) -> None:
        """Do what AWS does after whatever has just been done to the hosts and container instances of a place."""
        with MOTO:
            known = hosts(account, region)
            self._shut_down([h for h in known.values() if h.state == "terminated" and h.id not in self._dying])
            self._booted -= {host.id for host in known.values() if host.state == "stopped"}
            registered = instances(account, region)
            leaving = [i for i in registered if self._follow(account, region, i, known.get(i.ec2_instance_id))]
            if leaving:
                self._later(SHUTDOWN_SECONDS, lambda: self._deregister(account, region, leaving))
            self._announce_departures(account, region, registered)
            self._note_troubles(account, region, registered, known)
            self._let_new_hosts_boot(account, region, registered)

    def _follow(self, account: str, region: str, instance: Instance, host: Host | None) -> bool:
        """Bring one registered container instance in line with its host, and announce what is new about it.

        Returns whether its host was terminated under its connected agent: such a one leaves ECS by itself.
        """
        if instance.id not in self._known[account, region]:
            self._known[account, region][instance.id] = instance
            self._change(account, region, instance)
        elif instance.agent_connected and host is not None and not runs(host):
            self._turn(account, region, instance, connected=False)
            return host.id in self._dying
        elif instance.status != self._status[instance.id]:
            self._change(account, region, instance)
        return False

    def _announce_departures(self, account: str, region: str, registered: Sequence[Instance]) -> None:
        known = self._known[account, region]
        for gone in [known[instance] for instance in known.keys() - {instance.id for instance in registered}]:
            del known[gone.id]
            gone.status = "INACTIVE"
            gone.agent_connected = False
            self._change(account, region, gone)
            self._note_trouble(account, region, gone, goes_on=False)

    def _let_new_hosts_boot(self, account: str, region: str, registered: Sequence[Instance]) -> None:
        """Boot the hosts that a group has launched or somebody has started again."""
        if (account, region) in self._held:
            return
        at_home = {instance.ec2_instance_id for instance in registered}
        for plan in self.layout.plans_of(account, region):
            group = autoscaling_backends[account][region].autoscaling_groups[plan.group]
            for host in [state.instance for state in group.instance_states]:
                if not runs(host) or host.id in self._booted:
                    continue
                self._booted.add(host.id)
                if host.id not in at_home:
                    build.place_replacement(plan, group, host, region)
                self._boot_later(account, region, plan, host)

    def hold(self, account: str, region: str, *, held: bool) -> None:
        """Let no new host of a Region boot any more, or let all of them."""
        (self._held.add if held else self._held.discard)((account, region))
        self.catch_up(account, region)

    def _boot_later(self, account: str, region: str, plan: ClusterPlan, host: Host) -> None:
        self._later(self._boot_seconds, lambda: self._boot(account, region, plan, host))

    def _boot(self, account: str, region: str, plan: ClusterPlan, host: Host) -> None:
        """Let the agent of a booted host register, or come back if its container instance is still there."""
        with MOTO:
            if not runs(host):
                return
            mine = [
                instance
                for instance in instances(account, region)
                if instance.ec2_instance_id == host.id and instance.id not in self._left
            ]
            for instance in mine:
                self._turn(account, region, instance, connected=True)
            self._note_troubles(account, region, mine, {host.id: host})
            if not mine:
                build.register(account, region, plan, host.id)
                self.catch_up(account, region)

    def _shut_down(self, dying: Sequence[Host]) -> None:
        """Let terminated hosts take their time: moto terminates at once."""
        if dying:
            self._dying |= {host.id for host in dying}
            self._set_state(dying, "shutting-down", 32)
            self._later(SHUTDOWN_SECONDS, lambda: self._set_state(dying, "terminated", 48))

    def _set_state(self, dying: Iterable[Host], name: str, code: int) -> None:
        with MOTO:
            for host in dying:
                host.instance_state.name, host.instance_state.code = name, code
        self._record.changed()

    def _deregister(self, account: str, region: str, leaving: Iterable[Instance]) -> None:
        """Deregister what was connected when its host was terminated: only then does ECS do so by itself."""
        with MOTO:
            ecs = ecs_backends[account][region]
            for instance in leaving:
                if instance.id in self._known[account, region]:
                    ecs.deregister_container_instance(instance.cluster_name, instance.id, force=True)
            self.catch_up(account, region)

    def _turn(self, account: str, region: str, instance: Instance, *, connected: bool) -> None:
        instance.agent_connected = connected
        instance.disconnected_since = None if connected else self._now()
        self._change(account, region, instance)

    def _change(self, account: str, region: str, instance: Instance) -> None:
        """Announce a container instance as it is now."""
        instance.version += 1
        self._status[instance.id] = instance.status
        self._announce(state_change(account, region, instance, self._now()))
        self._record.changed()

    def _note_troubles(
        self, account: str, region: str, looked_at: Iterable[Instance], known: Mapping[str, Host]
    ) -> None:
        for instance in looked_at:
            lost = instance.status == "ACTIVE" and not instance.agent_connected
            goes_on = lost and runs(known.get(instance.ec2_instance_id))
            self._note_trouble(account, region, instance, goes_on=goes_on)

    def _note_trouble(self, account: str, region: str, instance: Instance, *, goes_on: bool) -> None:
        now = self._record.now()
        self.troubles.note(Trouble(account, region, instance.cluster_name, instance.id, now), goes_on=goes_on)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._record.now(), UTC)
