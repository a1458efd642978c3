"""Bulletins: a cluster's episode together with what each receiver has of it. Pure.

They are read together, and written together: a receiver's last word and the end of the episode are one write.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from hub.incidents.acknowledgement import covered
from hub.incidents.delivery import SLACK, Delivery
from hub.incidents.episode import REOPENS, Episode
from hub.incidents.incident import Incident
from spoke.places import Cluster


@dataclass(frozen=True, slots=True)
class Bulletin:
    """An episode and its deliveries; Slack always has one, which comes first."""

    kind: ClassVar[str] = "bulletin"

    episode: Episode
    deliveries: tuple[Delivery, ...]

    @property
    def cluster(self) -> Cluster:
        """The cluster that it is about."""
        return self.episode.cluster

    @property
    def id(self) -> str:
        """Names it wherever it is told."""
        return self.episode.id

    @property
    def slack(self) -> Delivery:
        """What Slack has of it."""
        return self.deliveries[0]

    def of(self, receiver: str) -> Delivery | None:
        """Return what a receiver has of it, None if nothing yet."""
        return next((delivery for delivery in self.deliveries if delivery.receiver == receiver), None)

    def shows(self, delivery: Delivery) -> "Bulletin":
        """Return it with what a receiver has of it by now."""
        others = [each for each in self.deliveries if each.receiver != delivery.receiver]
        first = delivery.receiver == SLACK
        return replace(self, deliveries=(delivery, *others) if first else (*others, delivery))

    def acknowledged_as(self, newest: "Bulletin") -> "Bulletin":
        """Return it as if it had been read when somebody had acknowledged it meanwhile, as the newest record says."""
        version = newest.episode.version
        episode = replace(self.episode, acknowledged=newest.episode.acknowledged, version=version)
        return Bulletin(episode, tuple(replace(each, version=version) for each in self.deliveries))

    def ended(self, now: datetime) -> "Bulletin":
        """Close it: everything is said."""
        return replace(self, episode=replace(self.episode, closed=True, closed_at=now))

    def reopens(self, now: datetime) -> bool:
        """Whether trouble that begins now goes on in this message."""
        episode = self.episode
        return bool(episode.closed and self.slack.handle and episode.closed_at and now - episode.closed_at < REOPENS)


def as_acknowledged(incident: Incident, bulletin: Bulletin | None) -> Incident:
    """Return an incident as people see it: acknowledged, too, where its cluster's bulletin says so for all."""
    mine = bulletin is not None and bulletin.episode.episode == incident.episode
    (seen,) = covered([incident], bulletin.episode.acknowledged if mine and bulletin else None)
    return seen
