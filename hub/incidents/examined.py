"""What a look starts from and what it makes of it: how a cluster is watched, what was seen, what has changed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from hub.incidents.bulletin import Bulletin
from hub.incidents.decision import Verdict
from hub.incidents.hints import Drop
from hub.incidents.incident import Incident
from spoke.sighting import Sighting


@dataclass(frozen=True, slots=True)
class Watch:
    """How a cluster is watched: how long an agent may be gone, where its bulletins go, what group it is in.

    `aside` says that a bulletin that begins now is to be left to a storm, and is not posted for itself; one that is
    `muted` is not posted either. `owners` are mentioned in its first post, a `topic` of SNS hears too. `registered` is
    how many instances the cluster has, 0 if nobody could tell, None if nobody was asked. `account_name` is what the
    organization calls the account; a bulletin keeps the one that it begins with.
    """

    grace: timedelta
    channel: str
    group: str = ""
    owners: tuple[str, ...] = ()
    topic: str = ""
    aside: bool = False
    muted: bool = False
    registered: int | None = None
    account_name: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a look brings, each by container instance: how it is, what was said of it, who took its place."""

    sightings: Mapping[str, Sighting]
    drops: Mapping[str, Drop]
    replacements: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Examined:
    """What a look has made of a cluster: its incidents now, its bulletin, and the verdicts that were reached.

    Incidents have the versions that were read, also those that were written.
    """

    incidents: tuple[Incident, ...]
    bulletin: Bulletin | None
    verdicts: tuple[Verdict, ...]
