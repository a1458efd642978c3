"""Bulletins: a cluster's episode together with what each receiver has of it. Pure.

They are read together, and written together: a receiver's last word and the end of the episode are one write.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from hub.incidents.delivery import SLACK, Delivery
from hub.incidents.episode import REOPENS, Episode
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

    def ended(self, now: datetime) -> "Bulletin":
        """Close it: everything is said."""
        return replace(self, episode=replace(self.episode, closed=True, closed_at=now))

    def reopens(self, now: datetime) -> bool:
        """Whether trouble that begins now goes on in this message."""
        episode = self.episode
        return bool(episode.closed and self.slack.handle and episode.closed_at and now - episode.closed_at < REOPENS)
