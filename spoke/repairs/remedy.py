"""What a remedy is: words for the button, what it needs, permissions for the role, the doing of it, and its end."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from spoke.accounts import Member
from spoke.places import Cluster
from spoke.registrations import Asking
from spoke.sighting import Sighting

LINUX, WINDOWS, BOTTLEROCKET = "linux", "windows", "bottlerocket"


@dataclass(frozen=True, slots=True)
class Target:
    """What a repair is aimed at: the container instance, the host it was on when somebody decided, and the request."""

    cluster: Cluster
    instance: str
    host: str
    request: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a repair did: a sentence in the past tense for each step, and the group that replaces the host.

    `command` is Systems Manager's id of what goes on by itself, which looks follow.
    """

    steps: tuple[str, ...]
    group: str | None = None
    command: str = ""


@dataclass(frozen=True, slots=True)
class Needs:
    """What an instance must be like for a remedy to be offered; what is not known keeps no button away.

    By default the host is an EC2 instance that is nobody else's to repair, and well under no other registration; its
    agent is gone.
    """

    anywhere: bool = False  # it may be a machine of ECS Anywhere
    managed: bool = False  # AWS may manage it (ECS Managed Instances)
    ghost: bool = False  # it must be an old registration of a host that is well, and otherwise it must not
    connected: bool = False  # its agent must be connected, and otherwise it must not
    commands: bool = False  # Systems Manager must reach it
    systems: frozenset[str] = frozenset({LINUX, WINDOWS, BOTTLEROCKET})

    def met_by(self, seen: Sighting) -> bool:
        """Whether an instance is like that, as far as is known."""
        return (
            (self.anywhere or not seen.host.startswith("mi-"))
            and (self.managed or not seen.managed)
            and self.ghost is (seen.alive_as is not None)
            and self.connected is (seen.connected is True)
            and not (self.commands and seen.reached is False)
            and (not seen.os or seen.os in self.systems)
        )


@dataclass(frozen=True, slots=True)
class Remedy:
    """Something that can be done about a container instance.

    `run` raises NotDone when it must not or could not be done (then nothing was), and Busy when it may be tried again.
    It may be run again after a crash at any point, and ends in the same place. It is given a session that can only do
    what it `reads`; for what it `acts` it has the session narrowed to the one thing that it does.

    A remedy that `hits_host` does something to the machine, which may be well under another registration: right before
    it does, it calls `steps.spare_the_well`. One that `ends_host` has done its work when EC2 says that the host ended.
    One with a `patience` has done it when the agent is back and stays: if that takes longer, it has not helped.
    """

    name: str
    label: str  # on the button
    style: str  # "danger", "primary" or "": of the button
    title: str  # of the question that is asked before; "" asks nothing, for what can be done by mistake without harm
    confirm: str  # that question
    drastic: bool  # whether it is locked while a storm lasts, and until a look has seen the host's other registrations
    hits_host: bool
    ends_host: bool
    needs: Needs
    reads: tuple[str, ...]  # IAM actions that `run` calls and that change nothing
    acts: tuple[str, ...]  # and those that do
    run: Callable[[Member, Target, Asking], Outcome]
    called: str  # what an incident's end is called that it has brought about
    patience: timedelta | None = None
    otherwise: str = ""  # what is suggested when it does not help

    @property
    def permissions(self) -> tuple[str, ...]:
        """The IAM actions that it needs in all."""
        return tuple(sorted((*self.reads, *self.acts)))

    def fits(self, sighting: Sighting) -> bool:
        """Whether it makes sense for such an instance at all."""
        return self.needs.met_by(sighting)
