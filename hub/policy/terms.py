"""The terms on which clusters are watched: which of them, how long an agent may be gone, which channel hears. Pure.

They are given as three short texts, so that a function can be told by its environment:

    grace     "222233334444=1800 333344445555/*/batch-*=3600": an account, or account/Region/cluster with * and ?;
              the first that fits counts
    clusters  "" watches all, "*" those that have the tag `ecs-agent-monitoring`, "prod batch" those where its value is
              one of these; the value is the cluster's monitoring group
    channels  "batch=C0BATCH": the channel of a monitoring group
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Self

from spoke.places import Cluster

ANY = "*"
_CHANNEL = re.compile(r"[CG][A-Z0-9]{6,}")


class BadTerms(ValueError):
    """A text that cannot be read; it says what is wrong and how it should be written."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms clusters are watched. `channel` hears of every cluster whose group has no channel of its own."""

    grace: timedelta
    channel: str
    longer: tuple[tuple[str, timedelta], ...] = ()
    groups: frozenset[str] = frozenset()
    channels: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, grace: int, channel: str, longer: str = "", clusters: str = "", channels: str = "") -> Self:
        """Read the texts; `grace` is in seconds. Raises BadTerms."""
        return cls(
            grace=timedelta(seconds=grace),
            channel=channel,
            longer=tuple((pattern, _seconds(pattern, text)) for pattern, text in _pairs(longer, "pattern=seconds")),
            groups=frozenset(clusters.split()),
            channels=tuple((group, _channel(group, text)) for group, text in _pairs(channels, "group=channel")),
        )

    @property
    def by_tag(self) -> bool:
        """Whether a cluster's tag decides if it is watched."""
        return bool(self.groups)

    def watches(self, tag: str | None) -> bool:
        """Whether a cluster with this value of the monitoring tag is watched.

        None means that it has no tag, ANY that nobody could read it: alerts fail open.
        """
        return not self.by_tag or tag == ANY or (tag is not None and (ANY in self.groups or tag in self.groups))

    def grace_of(self, cluster: Cluster) -> timedelta:
        """Return how long an agent of the cluster may be gone."""
        fits = (grace for pattern, grace in self.longer if _fits(pattern, cluster))
        return next(fits, self.grace)

    def channel_of(self, tag: str | None) -> str:
        """Name the channel that hears of a cluster with this value of the monitoring tag."""
        return dict(self.channels).get(tag or "", self.channel)

    def channels_of(self, tag: str) -> list[str]:
        """Name the channels that may hear of a cluster with this value of the tag, or with ANY if nobody knows it."""
        return [self.channel, *(channel for _, channel in self.channels)] if tag == ANY else [self.channel_of(tag)]


def _fits(pattern: str, cluster: Cluster) -> bool:
    return pattern == cluster.account or fnmatchcase(cluster.key, pattern)


def _pairs(text: str, form: str) -> list[tuple[str, str]]:
    words = [word.rpartition("=") for word in text.split()]
    wrong = ["".join(word) for word in words if not (word[0] and word[2])]
    if wrong:
        raise BadTerms(f"{', '.join(wrong)}: write {form}, several of them with spaces between")
    return [(word[0], word[2]) for word in words]


def _seconds(pattern: str, text: str) -> timedelta:
    if not text.isdecimal() or len(text) > 6:
        raise BadTerms(f"{pattern}={text}: the grace must be a whole number of seconds, at most 999999")
    return timedelta(seconds=int(text))


def _channel(group: str, text: str) -> str:
    if not _CHANNEL.fullmatch(text):
        raise BadTerms(f"{group}={text}: give a channel's id, like C0123ABCD, not its name")
    return text
