"""What a remedy is: words for the button, permissions for the role, and the doing of it."""

from collections.abc import Callable
from dataclasses import dataclass

from spoke.accounts import Member
from spoke.places import Cluster
from spoke.registrations import Asking
from spoke.sighting import Sighting


@dataclass(frozen=True, slots=True)
class Target:
    """What a repair is aimed at: the container instance, and the host it was on when somebody decided."""

    cluster: Cluster
    instance: str
    host: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a repair did: a sentence in the past tense for each step, and the group that replaces the host."""

    steps: tuple[str, ...]
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Remedy:
    """Something that can be done about a container instance.

    `run` raises NotDone when it must not or could not be done (then nothing was), and Busy when it may be tried again.
    It may be run again after a crash at any point, and ends in the same place.

    A remedy that `hits_host` does something to the machine, which may be well under another registration: right before
    it does, it calls `steps.spare_the_well`.
    """

    name: str
    label: str  # on the button
    style: str  # "danger", "primary" or "": of the button
    title: str  # of the question that is asked before
    confirm: str  # that question
    drastic: bool  # whether it is locked while a storm lasts, and until a look has seen the host's other registrations
    hits_host: bool
    fits: Callable[[Sighting], bool]  # whether it makes sense for such an instance at all
    permissions: tuple[str, ...]  # IAM actions that `run` calls
    run: Callable[[Member, Target, Asking], Outcome]
