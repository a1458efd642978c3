"""The member accounts on the wire: what STS, ECS, EC2, Auto Scaling and Systems Manager say of a made-up fleet.

    members = Members()
    machines = members.grow(Place("222233334444", "eu-west-1", "prod-payments"), 25)
    machines[3].unplug(noon)
    members.hang(wire)

The truth is a Machine for each container instance; whoever changes one changes what AWS answers from then on.
Ten thousand of them are made in a fraction of a second. Who has them `forget` is told once by each account and service
that its session is not known, as AWS does now and then to good ones. Not modelled: IAM, eventual consistency, AWS's own
throttles (order them with tests.wire.faults).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

from tests.wire import payloads
from tests.wire.organization import nested
from tests.wire.payloads import Host, Machine
from tests.wire.reading import READS, Region
from tests.wire.wire import HUB, Call, Failure, Stray, Wire

_ROLE = re.compile(r"arn:aws:iam::([0-9]{12}):role/.+")
_ZONES = "abc"
# What AWS says to a session that it does not know, by service; https://github.com/boto/boto3/issues/509
_FORGOTTEN = {"ec2": "AuthFailure", "auto-scaling": "InvalidClientTokenId"}


class Place(NamedTuple):
    """Where a cluster is."""

    account: str
    region: str
    cluster: str


class Members:
    """All member accounts. `here` tells the time that STS goes by."""

    def __init__(self, here: Callable[[], datetime] = lambda: datetime.now(UTC), *, forget: bool = False) -> None:
        self._forget = forget
        self._forgotten: set[tuple[str, str]] = set()
        self.here = here
        self._regions: dict[tuple[str, str], Region] = {}
        self._hosts = count(1)
        self._registrations = count(1)
        self._sign_ins = count(1)

    # The fleet

    def grow(self, place: Place, number: int, **more: Any) -> list[Machine]:
        """Add machines to a cluster, spread over three zones; `more` are fields of their hosts."""
        self.open(place)
        return [self.register(place, self.launch(place.account, place.region, **more)) for _ in range(number)]

    def open(self, place: Place) -> None:
        """Make a cluster, unless it is there."""
        region = self.region(place.account, place.region)
        region.clusters.setdefault(place.cluster, {})
        region.tags.setdefault(place.cluster, {})

    def launch(self, account: str, region: str, **more: Any) -> Host:
        """Add a host that runs; `more` are fields of Host."""
        serial = next(self._hosts)
        usual = {"name": f"i-{serial:017x}", "zone": f"{region}{_ZONES[serial % len(_ZONES)]}"}
        host = Host(account, region, **(usual | more))
        self.region(account, region).hosts[host.name] = host
        return host

    def register(self, place: Place, host: Host, **more: Any) -> Machine:
        """Let a host's agent register in a cluster; `more` are fields of Machine."""
        usual: dict[str, Any] = {"id": f"{next(self._registrations):032x}"}
        machine = Machine(cluster=place.cluster, host=host, **(usual | more))
        self.region(place.account, place.region).clusters[place.cluster][machine.id] = machine
        return machine

    def register_anew(self, machine: Machine) -> Machine:
        """Let its agent lose its data: the host registers anew and is well, the old registration stays without one."""
        new = replace(machine, id=f"{next(self._registrations):032x}", connected=True, since=None)
        self.region(machine.account, machine.region).clusters[machine.cluster][new.id] = new
        machine.unplug()
        machine.running_tasks = 0
        return new

    def region(self, account: str, region: str) -> Region:
        """What the account has there; from now on there is such an account."""
        return self._regions.setdefault((account, region), Region())

    def tag(self, place: Place, **tags: str) -> None:
        """Tag a cluster."""
        self._regions[place.account, place.region].tags[place.cluster].update(tags)

    def deregister(self, machine: Machine) -> None:
        """Take it out of its cluster; its host goes on."""
        del self._regions[machine.account, machine.region].clusters[machine.cluster][machine.id]

    def forget_host(self, machine: Machine) -> None:
        """Let EC2 know nothing of it any more, as an hour after it was terminated."""
        del self._regions[machine.account, machine.region].hosts[machine.host.name]

    def lose(self, place: Place) -> None:
        """Delete a cluster."""
        del self._regions[place.account, place.region].clusters[place.cluster]

    def machines(self) -> Iterator[Machine]:
        for region in self._regions.values():
            for cluster in region.clusters.values():
                yield from cluster.values()

    # The wire

    def hang(self, wire: Wire) -> None:
        """Answer for the member accounts' services."""
        wire.services |= {service: self.in_member(reads) for service, reads in READS.items()}
        wire.services |= {"organizations": self._organizations, "sts": self._sts}

    def _organizations(self, call: Call) -> bytes:
        return nested({account: f"team-{account[-3:]}" for account, _ in self._regions})(call)

    def _sts(self, call: Call) -> bytes:
        if call.operation != "AssumeRole":
            raise Stray(f"sts:{call.operation}")
        call.only("RoleArn", "RoleSessionName", "SourceIdentity", "DurationSeconds", "Policy")
        role = _ROLE.fullmatch(call.fields["RoleArn"])
        if not role or call.account != HUB:
            raise Stray(f"sts:AssumeRole of {call.fields['RoleArn']} by {call.account}")
        if not any(account == role[1] for account, _ in self._regions):
            raise Failure("AccessDenied", "is not authorized to perform: sts:AssumeRole", 403)
        number = next(self._sign_ins) % 10_000
        key = f"ASIA{role[1]}{number:04}"
        ends = self.here() + timedelta(seconds=int(call.fields.get("DurationSeconds", 3_600)))
        return payloads.assumed(call, key, ends)

    def in_member(self, operations: Mapping[str, Callable[[Call, Region], bytes]]) -> Callable[[Call], bytes]:
        """Answer these operations for who is signed in to a member account, and no others."""

        def answer(call: Call) -> bytes:
            operation = operations.get(call.operation)
            if operation is None or call.account == HUB:
                raise Stray(f"{call.service}:{call.operation} by {call.account}")
            if self._forget and (call.account, call.service) not in self._forgotten:
                self._forgotten.add((call.account, call.service))
                raise Failure(_FORGOTTEN.get(call.service, "UnrecognizedClientException"), "not valid", 400)
            return operation(call, self._regions.get((call.account, call.region)) or Region())

        return answer
