"""Storms: many clusters of one Region that fall into trouble together become one message. Pure, no clock.

    more than MANY clusters of a channel and Region in trouble since FRESH ──▶ storm ──▶ over
                                                                                │
                       each cluster's own bulletin is posted in its thread ◀────┤
                              nothing drastic may be done while it lasts ◀──────┘

It is over when all have recovered, when at most MANY are left and none has joined for CALM, or none for LONG.

A channel and Region has one storm at a time, with one message. Its row is kept apart from those of the clusters: the
clusters' bulletins are true also if nobody sees the storm.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from hub.incidents.acknowledgement import Acknowledgement, Extent
from hub.incidents.breakdown import Breakdown
from hub.incidents.bulletin import Bulletin
from hub.incidents.delivery import SLACK, Delivery
from hub.incidents.episode import REOPENS
from hub.incidents.hints import StormHint

MANY = 10
# When so many clusters lose agents together, a look does without what it can do without.
CROWD = 5
FRESH = timedelta(minutes=5)
CALM = timedelta(minutes=10)
# A storm that only lasts is no storm any more: it must not lock repairs for ever.
LONG = timedelta(hours=1)
# While clusters still join in, the count is what matters; their own bulletins follow after.
SETTLES = timedelta(seconds=15)
_NAMED = 10


@dataclass(frozen=True, slots=True)
class Storm:
    """The one Slack message about a storm, as far as we know what Slack shows, and the most it has ever counted.

    `acknowledged` says who has taken on all of it, for its clusters too; `grows_since` since when it has grown in a way
    that nobody was told of yet, `grown` how much it was when people were last told so, at `grown_at`.
    `at` is what Slack calls the channel by now, as in a delivery.
    """

    kind: ClassVar[str] = "storm"

    channel: str
    region: str
    episode: str
    began_at: datetime
    newest_at: datetime
    most: tuple[int, int, int] = (0, 0, 0)  # accounts, clusters, instances
    ts: str = ""
    shown: str = ""
    doubt_since: datetime | None = None
    lease_until: datetime | None = None
    shown_at: datetime | None = None
    closed: bool = False
    closed_at: datetime | None = None
    over: bool = False
    acknowledged: Acknowledgement | None = None
    grows_since: datetime | None = None
    grown: Extent | None = None
    grown_at: datetime | None = None
    version: int = 0
    at: str = ""

    @property
    def slack(self) -> Delivery:
        """What Slack has of it."""
        return Delivery(
            receiver=SLACK,
            episode=self.episode,
            address=self.channel,
            handle=self.ts,
            shown=self.shown,
            shown_at=self.shown_at,
            doubt_since=self.doubt_since,
            lease_until=self.lease_until,
            at=self.at,
        )

    def shows(self, delivery: Delivery) -> "Storm":
        """Return it with what Slack has of it by now."""
        there = replace(self, ts=delivery.handle, shown=delivery.shown, shown_at=delivery.shown_at)
        return replace(there, doubt_since=delivery.doubt_since, lease_until=delivery.lease_until, at=delivery.at)

    def acknowledged_as(self, newest: "Storm") -> "Storm":
        """Return it as if it had been read when somebody had acknowledged it meanwhile, as the newest record says."""
        return replace(self, acknowledged=newest.acknowledged, version=newest.version)

    def ended(self, now: datetime) -> "Storm":
        """Close it: everything is said."""
        return replace(self, closed=True, closed_at=now)

    @property
    def hint(self) -> StormHint:
        """What asks to see to it."""
        return StormHint(self.channel, self.region)

    @property
    def id(self) -> str:
        """Names this storm in the message's metadata: one channel and Region, one episode."""
        return f"{self.channel}/{self.region}#{self.episode}"


@dataclass(frozen=True, slots=True)
class Count:
    """What a storm amounts to now. `worst` are its largest clusters; `listed` of them stand in the thread.

    `muted` are not counted: so many clusters, which the storm had, are in trouble and muted.
    """

    accounts: int
    clusters: int
    tally: Breakdown
    worst: tuple[tuple[Bulletin, int], ...]
    listed: int
    muted: int = 0


def crowd(confirmed: int, looked_at: int, rumoured: int) -> int:
    """Say how many clusters lose agents together, by those that were looked at just now and lately.

    Most of those that are only spoken of have come back by themselves. So a rumour of more counts in the share in which
    it has proved true, and not at all where it did for one cluster, or for less than half of them.
    """
    if confirmed < 2 or 2 * confirmed < looked_at:
        return confirmed
    return max(confirmed, rumoured * confirmed // looked_at)


def brewing(bulletins: Iterable[Bulletin], now: datetime) -> set[StormHint]:
    """Name the channels and Regions in which clusters in trouble are many enough for a storm."""
    places: dict[StormHint, list[Bulletin]] = {}
    for bulletin in bulletins:
        if bulletin.episode.muted:
            continue
        places.setdefault(StormHint(bulletin.slack.address, bulletin.cluster.region), []).append(bulletin)
    return {place for place, members in places.items() if _many(members, now)}


def weather(standing: Storm | None, place: StormHint, members: Sequence[Bulletin], now: datetime) -> Storm | None:
    """Say what becomes of a place's storm, given its clusters' bulletins that are not closed; None: there is none."""
    newest = max((member.episode.opened_at for member in members if member.episode.opened_at), default=now)
    if standing is None or standing.closed:
        if not _many(members, now):
            return None
        begun = _begun(standing, place, newest, now)
        return _most(begun, caught(begun, members))
    mine = caught(standing, members)
    storm = _most(replace(standing, newest_at=max(newest, standing.newest_at) if mine else standing.newest_at), mine)
    calm = now - storm.newest_at
    told = all(member.slack.handle for member in mine)
    over = not mine or (told and (calm >= LONG or (calm >= CALM and len(mine) <= MANY)))
    return replace(storm, over=over)


def caught(storm: Storm, members: Sequence[Bulletin]) -> list[Bulletin]:
    """Choose the clusters that the storm holds: neither recovered, nor in trouble since long before it.

    Those that were left to a storm are held by it however long it took to begin.
    """
    first = storm.began_at - FRESH
    return [
        member
        for member in members
        if (since := _in_trouble_since(member))
        and (since >= first or member.episode.storm == storm.id or _is_left(member))
    ]


def count(members: Sequence[Bulletin], muted: int = 0) -> Count:
    """Add up what the clusters of a storm amount to, `muted` ones besides."""
    worst = sorted(members, key=lambda member: (-member.episode.tally.instances, member.cluster))
    return Count(
        accounts=len({member.cluster.account for member in members}),
        clusters=len(members),
        tally=Breakdown.together(member.episode.tally for member in members),
        worst=tuple((member, member.episode.tally.instances) for member in worst[:_NAMED]),
        listed=sum(bool(member.slack.handle) for member in members),
        muted=muted,
    )


def lock(region: str) -> str:
    """Return why nothing drastic may be done while a storm lasts; the same words as long as it lasts."""
    return (
        f"Terminate is locked while the storm in {region} lasts: what so many clusters suffer together has a cause"
        " outside of them, and new instances would suffer it too."
    )


def _many(members: Iterable[Bulletin], now: datetime) -> bool:
    return sum(in_trouble(member, now) for member in members) > MANY


def in_trouble(member: Bulletin, now: datetime) -> bool:
    """Whether a cluster has fallen into trouble of late, or was left to a storm that has not posted it yet."""
    since = _in_trouble_since(member)
    return since is not None and (now - since < FRESH or _is_left(member))


def _in_trouble_since(member: Bulletin) -> datetime | None:
    return member.episode.opened_at if member.episode.tally.instances else None


def _is_left(member: Bulletin) -> bool:
    """Whether a look has left it to a storm that has not posted it yet."""
    return member.slack.aside and not member.slack.handle


def _begun(before: Storm | None, place: StormHint, newest: datetime, now: datetime) -> Storm:
    if before and before.closed_at and now - before.closed_at < REOPENS:
        again = replace(before, closed=False, closed_at=None, over=False, shown="", newest_at=newest)
        # Nobody has acknowledged what begins anew, and that is said by itself.
        return replace(again, acknowledged=None, grows_since=None, grown=None, grown_at=None)
    return Storm(
        channel=place.channel,
        region=place.region,
        episode=f"st-{now:%Y%m%dT%H%M%S%f}",
        began_at=now,
        newest_at=newest,
        version=before.version if before else 0,
    )


def _most(storm: Storm, members: Sequence[Bulletin]) -> Storm:
    accounts = len({member.cluster.account for member in members})
    now = (accounts, len(members), sum(member.episode.tally.instances for member in members))
    return replace(storm, most=(max(storm.most[0], now[0]), max(storm.most[1], now[1]), max(storm.most[2], now[2])))
