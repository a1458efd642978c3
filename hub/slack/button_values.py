"""Button values: what the buttons and menus of a bulletin are called, and what they are about. Pure."""

from dataclasses import dataclass

from hub.incidents.incident_ids import INCIDENT_ID
from spoke.places import Cluster, ContainerInstance

ACKNOWLEDGE = "coastguard.acknowledge"
ACKNOWLEDGE_ALL = "coastguard.ackall"
REPAIR = "coastguard.repair."
PICK = "coastguard.pick."
LIST = "coastguard.list"
MUTE = "coastguard.mute"
UNMUTE = "coastguard.unmute"
APPROVE = "coastguard.approve"
DECLINE = "coastguard.decline"
SAY = "coastguard.say."
"""How the action id of a button that says a command begins: the rest tells it from others of its block."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a button is about, as its value says it: an incident of an instance.

    What a value says beside, after a space each, is not believed: it is only shown.
    """

    cluster: Cluster
    instance: str
    incident: str

    def __str__(self) -> str:
        return f"{self.cluster.key}/{self.instance}/{self.incident}"

    @property
    def picking(self) -> tuple[str, str]:
        """The subject as a menu's action id and an option's value, which together hold what a button's value does."""
        return f"{PICK}{self.cluster.key}", f"{self.instance}/{self.incident}"

    @classmethod
    def picked(cls, action: str, value: str) -> "Subject":
        """Read what `picking` wrote; raises ValueError for anything else."""
        if not action.startswith(PICK):
            raise ValueError("not a menu of instances")
        return cls.parse(f"{Cluster.from_key(action.removeprefix(PICK)).key}/{value}")

    @classmethod
    def parse(cls, value: str) -> "Subject":
        """Read a button's value; raises ValueError for anything we have not written."""
        key, instance, incident = value.split(" ", 1)[0].rsplit("/", 2)
        cluster = Cluster.from_key(key)
        if not INCIDENT_ID.fullmatch(incident):
            raise ValueError(f"{incident[:50]!r} is not an incident's id")
        return cls(cluster, ContainerInstance(cluster.account, cluster.region, instance).id, incident)
