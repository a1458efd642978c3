"""What a look finds about one container instance. Pure: who decides about it need not know how it was found."""

from dataclasses import dataclass
from datetime import datetime

from spoke.places import Cluster


@dataclass(frozen=True, slots=True)
class Registration:
    """One of a host's registrations with ECS: if its agent forgets who it is, it registers anew, and the old one stays.

    https://github.com/aws/amazon-ecs-agent/issues/1507
    """

    cluster: Cluster
    instance: str
    connected: bool
    status: str
    running_tasks: int = 0


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a look found about one container instance. None and "" mean that it is not known."""

    instance: str
    status: str  # a word of states.STANDINGS, as ECS has it; MISSING when ECS does not know the instance
    connected: bool | None = None
    version: int | None = None  # grows with each change of the instance
    host: str = ""  # "i-…" in EC2, "mi-…" in ECS Anywhere
    host_state: str | None = None  # as in Host, and so are the next two
    checks: str | None = None
    ping: str | None = None
    since: datetime | None = None  # when ECS itself noticed that the agent was gone
    runtime_impaired: bool = False
    zone: str = ""
    instance_type: str = ""
    os: str = ""  # "linux", "windows", "bottlerocket"
    agent_version: str = ""
    ami: str = ""
    running_tasks: int = 0
    managed: bool = False  # as in Host; known only for an instance whose agent is gone
    lifecycle: str = ""  # Auto Scaling's name for its state, if it was asked: "InService", "Standby", …
    unchecked: tuple[str, ...] = ()  # what could not be asked, and why: "EC2 status: access denied"
    auto_repair: bool | None = None  # of a managed host: whether ECS replaces it when it is sick
    reached: bool | None = None  # whether Systems Manager reaches its host; None: nobody has asked
    command: str = ""  # what has become of a repair's command, a word of states.COURSES; "" if nobody has asked
    found: tuple[str, ...] = ()  # what that has found, words of findings
    others: tuple[Registration, ...] | None = None  # its host's other registrations; None: nobody has asked

    @property
    def alive_as(self) -> Registration | None:
        """The registration under which this one's host is well: then this one is only a leftover."""
        return next((other for other in self.others or () if other.connected), None)
