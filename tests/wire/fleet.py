"""A member account of the wire's, seen from inside: what tests make, break and look up there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import count

from spoke.discovery import MONITORING_TAG
from spoke.places import Cluster
from tests.spoke.fleet import ACCOUNT, REGION
from tests.wire.acting import Acting
from tests.wire.members import Place
from tests.wire.payloads import Host, Machine


@dataclass(frozen=True)
class Fleet:
    """What there is in one account and Region of the `members`."""

    members: Acting
    account: str = ACCOUNT
    region: str = REGION
    made: Iterator[int] = field(default_factory=count)

    # Clusters

    def cluster(self, name: str = "prod-payments") -> Cluster:
        self.members.open(Place(self.account, self.region, name))
        return Cluster(self.account, self.region, name)

    def tag(self, cluster: Cluster, value: str | None) -> None:
        """Give its monitoring tag this value, or take it away."""
        tags = self.members.region(self.account, self.region).tags[cluster.name]
        tags.pop(MONITORING_TAG, None)
        if value is not None:
            tags[MONITORING_TAG] = value

    def lose(self, cluster: Cluster) -> None:
        self.members.lose(_place(cluster))

    # Hosts

    def hosts(self, count: int = 1) -> list[str]:
        return [self._launch() for _ in range(count)]

    def group(self, name: str, size: int) -> list[str]:
        """An Auto Scaling group of that many hosts."""
        return [self._launch(name) for _ in range(size)]

    def own_machine(self, ping: str = "Online") -> str:
        """A machine of ECS Anywhere."""
        return self.members.launch(self.account, self.region, name="mi-0123456789abcdef0", ping=ping).name

    def hosts_of(self, group: str) -> list[str]:
        hosts = self.members.region(self.account, self.region).hosts.values()
        return [host.name for host in hosts if host.group == group and host.lifecycle]

    def terminate(self, host: str) -> None:
        self.members.terminate(self.host(host))

    def host(self, name: str) -> Host:
        return self.members.region(self.account, self.region).hosts[name]

    # Container instances

    def register(self, cluster: Cluster, host: str) -> str:
        new = {"id": self._name("container instance")[:32], "version": 1, "running_tasks": 0}
        return self.members.register(_place(cluster), self.host(host), **new).id

    def unplug(self, cluster: Cluster, instance: str, since: datetime | None = None) -> None:
        known = self.known(cluster, instance)
        known.connected, known.since = False, since

    def quiet(self, cluster: Cluster, host: str | None = None) -> tuple[str, str]:
        """A registered container instance without its agent, and its host."""
        at = host or self.hosts()[0]
        instance = self.register(cluster, at)
        self.unplug(cluster, instance)
        return instance, at

    def ghost(self, cluster: Cluster, host: str | None = None, alive_in: Cluster | None = None) -> tuple[str, str, str]:
        """An old registration without an agent, its host, and the registration under which the host is well."""
        old, at = self.quiet(cluster, host)
        alive = self.register(alive_in or cluster, at)
        self.known(alive_in or cluster, alive).running_tasks = 7
        return old, at, alive

    def move(self, cluster: Cluster, instance: str, host: str) -> None:
        """Let ECS say that it is on another host, of which EC2 knows nothing."""
        self.known(cluster, instance).host = Host(self.account, self.region, host, f"{self.region}a")

    def protect(self, host: str) -> None:
        self.host(host).protected = True

    def known(self, cluster: Cluster, instance: str) -> Machine:
        return self._registered(cluster)[instance]

    def registered(self, cluster: Cluster) -> set[str]:
        return set(self._registered(cluster))

    def deregister(self, cluster: Cluster, instance: str) -> None:
        self.members.deregister(self.known(cluster, instance))

    def _launch(self, group: str = "") -> str:
        new = {"name": f"i-{self._name('host')[:17]}", "zone": f"{self.region}a", "launched": self.members.here()}
        return self.members.launch(self.account, self.region, group=group, **new).name

    def _name(self, what: str) -> str:
        """Return a name that looks like AWS's, the same each time that the same is played."""
        return sha256(f"{self.account}/{self.region} {what} {next(self.made)}".encode()).hexdigest()

    def _registered(self, cluster: Cluster) -> dict[str, Machine]:
        return self.members.region(self.account, self.region).clusters.get(cluster.name, {})


def _place(cluster: Cluster) -> Place:
    return Place(cluster.account, cluster.region, cluster.name)
