"""The sweeper: looks that nobody asked for, which find what no event told.

Every minute, whatever is unfinished: each cluster with an unresolved incident, a bulletin that has not said its last or
a drop that has waited long enough (hub.chain), each storm that stands or brews. And a tenth of the member Regions, so
that each is visited in ten minutes: its clusters are listed, and those with an instance whose agent is gone get a look.
What a visit has seen of a place is kept, so that Coastguard knows where it is blind (hub.scopes.coverage), and so are
the names of its clusters (hub.sweeping.cluster_names) and what the organization says of its accounts
(hub.sweeping.account_sync).

A member's read limits are shared with its own tools. A visit stays below a quarter of them, for bursts and over time;
it leaves what is too much for one visit to the next round.
"""

import logging
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from hub.incidents.bulletin import Bulletin
from hub.incidents.hints import Chore, Drop, Hint, MuteHint, PolicyHint, Why
from hub.incidents.mute import Mute, ends_soon, over
from hub.incidents.storm import MANY, brewing
from hub.policy.policy import Policy
from hub.policy.source import PolicySource
from hub.policy.terms import Terms
from hub.queues import Queues
from hub.runtime.log_keys import about, in_threads
from hub.runtime.rate_limit import RateLimit
from hub.scopes.coverage import Place, visited
from hub.sweeping.account_sync import AccountSync
from hub.sweeping.cluster_names import ClusterNames
from hub.sweeping.organization import Organization
from hub.table.rows import TableError
from hub.table.store import Store
from spoke.accounts import Accounts, Member, Role
from spoke.discovery import clusters, monitoring_tags, quiet_instances, undelivered
from spoke.errors import ClusterGone, SpokeError, reason
from spoke.places import Cluster

log = logging.getLogger(__name__)
_P = TypeVar("_P")

# What a round asks for holds so long: then the next round comes, and asks again.
ROUND = timedelta(minutes=1)
# Each member Region is visited once in so many minutes.
ROUND_MINUTES = 10
# A quarter of what ECS allows an account and Region: bursts of 50 for reads of clusters and 100 for reads of what is in
# them, 20 a second each.
CLUSTER_READS = (12, 5.0)
RESOURCE_READS = (25, 5.0)
# What a visit can see at that pace in about 20 seconds. The clusters beyond are next in later rounds.
CLUSTERS_A_VISIT = 120
# An organization of 4,000 places has 400 of them a round, with six calls each, which may take 200 ms and more.
_THREADS = 32
# So much of a problem is kept: a problem may have thousands of characters.
_PROBLEM = 120


@dataclass(frozen=True, slots=True)
class VisitResult:
    """What a visit to a member Region has found, or why it found nothing.

    `undelivered` are the events that lie there because the hub's bus did not take them, None if that could not be read;
    `names` are those of its clusters, None if they could not be listed.
    """

    hints: tuple[Hint, ...] = ()
    problem: str = ""
    undelivered: int | None = None
    names: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Everything that sweeping works with. `ticks` and `sleep` are those of time: monotonic seconds.

    `by_account_tag` says whether anybody goes by the accounts' tags, each of which costs a call; `policy_problem` what
    is wrong with the policy, "" if nothing is.
    """

    store: Store
    queues: Queues
    looks_url: str
    accounts: Accounts
    reader: Role
    sync: AccountSync
    names: ClusterNames
    regions: tuple[str, ...]
    terms: Terms
    patience: timedelta
    clock: Callable[[], datetime]
    ticks: Callable[[], float]
    sleep: Callable[[float], None]
    count: Callable[[str, int], None]
    by_account_tag: Callable[[], bool]
    policy_problem: Callable[[], str]

    def unfinished(self) -> None:
        """Ask for a look at whatever is not over. Raises RuntimeError if SQS refuses some."""
        now, bulletins = self.clock(), self.store.open_bulletins()
        places = brewing(bulletins, now) | {storm.hint for storm in self.store.open_storms()}
        troubled = {bulletin.cluster for bulletin in bulletins} | self.store.clusters_in_trouble()
        if len(troubled) > MANY:
            troubled -= {bulletin.cluster for bulletin in bulletins if is_fresh(bulletin, now)}
        # In another order each minute: if Slack has no room for some, it is not always for the same.
        clusters = in_turn(troubled | self.store.clusters_waiting(now), _minute(now))
        mutes = [mute for mute in self.store.mutes() if _wants_to_be_told(mute, now)]
        chores: list[Chore] = [*sorted(places), *(MuteHint(str(mute.scope), mute.id) for mute in mutes)]
        chores += [PolicyHint()] if self.policy_problem() else []
        self._ask([*(Hint(cluster, Why.SWEEP) for cluster in clusters), *chores], "unfinished")

    def visit(self, *, everywhere: bool = False, nowhere: bool = False) -> None:
        """Visit the member Regions whose turn it is, or all. What cannot be read is counted and hurts only itself.

        With `nowhere`, only the accounts are listed. Raises RuntimeError if SQS refuses some, ClientError or
        Nobody if the organization's accounts cannot be listed.
        """
        now = self.clock()
        deadline = self.ticks() + self.patience.total_seconds()
        everyone = [(account, region) for account in self.sync.accounts() for region in self.regions]
        mine = [place for place in everyone if not nowhere and (everywhere or turn(place, now))]
        places = in_turn(mine, _minute(now) // ROUND_MINUTES)
        self.sync.keep({account for account, _ in places} if self.by_account_tag() else (), self.regions)
        with ThreadPoolExecutor(_THREADS) as threads:
            visits = list(threads.map(in_threads(lambda place: self._visit(place, now, deadline)), places))
        self.count("visited", sum(not each.problem for each in visits))
        self.count("blind", sum(bool(each.problem) for each in visits))
        self.count("undelivered", sum(each.undelivered or 0 for each in visits))
        self.count("unwatched", sum(each.undelivered is None and not each.problem for each in visits))
        self._ask([hint for each in visits for hint in each.hints], "visit")
        self._keep_seen(dict(zip(places, visits, strict=True)), now)

    def _keep_seen(self, visits: Mapping[Place, VisitResult], now: datetime) -> None:
        """Keep what the visits have left: a row for each turn, so each place costs a fraction of a write."""
        turns: dict[int, dict[Place, str]] = {}
        for place, each in visits.items():
            turns.setdefault(_turn(place), {})[place] = each.problem[:_PROBLEM]
        try:
            for number, mine in sorted(turns.items()):
                before = self.store.places_seen(number)
                left = {place: visited(before.get(place), problem, now) for place, problem in mine.items()}
                self.store.keep_seen(number, left, now)
            self.names.keep({place: each.names for place, each in visits.items() if each.names is not None})
        except TableError as error:
            log.warning("seen.unwritten", extra={"reason": type(error).__name__})
            self.count("unwritten", 1)

    def _visit(self, place: Place, now: datetime, deadline: float) -> VisitResult:
        """See which clusters of a place have lost agents, and log what is wrong with it."""
        account, region = place
        about(account=account, region=region)
        result = self._seen(place, now, deadline)
        if result.problem:
            log.warning("place.blind", extra={"reason": result.problem})
        if result.undelivered:
            log.warning("events.undelivered", extra={"events": result.undelivered})
        return result

    def _seen(self, place: Place, now: datetime, deadline: float) -> VisitResult:
        if self.ticks() > deadline:
            return VisitResult(problem="no time left in this round")
        reads = RateLimit(*CLUSTER_READS, self.ticks, self.sleep), RateLimit(*RESOURCE_READS, self.ticks, self.sleep)
        names: tuple[str, ...] | None = None
        try:
            member = self.accounts.member(*place, self.reader)
            there = clusters(member, reads[0])
            names = tuple(cluster.name for cluster in there)
            found = self._watched(member, portion(there, now), reads[0])
            seen = ((cluster, quiet(member, cluster, reads[1])) for cluster in found)
            hints = tuple(_hint(cluster, gone, now) for cluster, gone in seen if gone)
            return VisitResult(hints, undelivered=undelivered(member), names=names)
        except SpokeError as error:
            return VisitResult(problem=str(error), names=names)
        except (ClientError, BotoCoreError) as error:
            return VisitResult(problem=reason(error), names=names)  # AWS's own texts hold request ids and more

    def _watched(self, member: Member, some: Sequence[Cluster], pace: Callable[[], None]) -> Sequence[Cluster]:
        if not self.terms.by_tag:
            return some
        tags = monitoring_tags(member, some, pace)
        return [cluster for cluster in some if self.terms.watches(tags.get(cluster))]

    def _ask(self, hints: Iterable[Hint | Chore], what: str) -> None:
        until = self.clock() + ROUND
        asked = [replace(hint, until=until) for hint in hints]
        refused = self.queues.ask_looks(self.looks_url, asked, f"{what} {self.clock():%Y%m%dT%H%M}")
        self.count("swept", len(asked))
        if refused:
            raise RuntimeError(f"looks.fifo refused {len(refused)} of {len(asked)} groups; the next round asks again")


def assemble(  # noqa: PLR0913  # what a round works with, each of it once
    *,
    store: Store,
    queues: Queues,
    looks_url: str,
    accounts: Accounts,
    reader: Role,
    organization: Organization,
    regions: tuple[str, ...],
    terms: Terms,
    policy: PolicySource,
    patience: timedelta,
    clock: Callable[[], datetime],
    ticks: Callable[[], float],
    sleep: Callable[[float], None],
    count: Callable[[str, int], None],
) -> Sweeper:
    """Put a sweeper together. It says nothing in Slack, and so needs no more of the hub."""
    return Sweeper(
        store=store,
        queues=queues,
        looks_url=looks_url,
        accounts=accounts,
        reader=reader,
        sync=AccountSync(organization, store, clock, count),
        names=ClusterNames(store, clock),
        regions=regions,
        terms=terms,
        patience=patience,
        clock=clock,
        ticks=ticks,
        sleep=sleep,
        count=count,
        by_account_tag=lambda: (policy.policy or Policy()).asks_account_tags,
        policy_problem=lambda: policy.problem,
    )


def is_fresh(bulletin: Bulletin, now: datetime) -> bool:
    """Whether a look has been there within the last round, and has left nothing to do: the next round is soon enough.

    It has had Slack show all there was to say, or has left a cluster that has just fallen into trouble to a storm.
    """
    slack, opened_at = bulletin.slack, bulletin.episode.opened_at
    if slack.handle:
        return bool(slack.shown and slack.shown_at and now - slack.shown_at < ROUND) and not slack.untold
    return bool(slack.aside and opened_at and now - opened_at < ROUND)


def _wants_to_be_told(mute: Mute, now: datetime) -> bool:
    return ends_soon(mute, now) or (over(mute, now) and mute.told_at is None)


def turn(place: Place, now: datetime) -> bool:
    """Whether it is this minute's turn to visit a place: always the same minute of ten, spread evenly over places."""
    return _turn(place) == _minute(now) % ROUND_MINUTES


def in_turn(places: Iterable[_P], number: int) -> list[_P]:
    """Put a round's places into an order that differs each round: time is not always too short for the same ones."""
    return sorted(places, key=lambda place: zlib.crc32(f"{number} {place}".encode()))


def portion(everything: Sequence[Cluster], now: datetime) -> Sequence[Cluster]:
    """Choose the clusters of a place that this round visits: all, or the next ones if they are too many."""
    portions = -(-len(everything) // CLUSTERS_A_VISIT) or 1
    first = _minute(now) // ROUND_MINUTES % portions * CLUSTERS_A_VISIT
    return everything[first : first + CLUSTERS_A_VISIT]


def quiet(member: Member, cluster: Cluster, pace: Callable[[], None]) -> list[str]:
    """Name the instances of a cluster whose agents are gone; none if the cluster has gone itself meanwhile."""
    try:
        return quiet_instances(member, cluster, pace)
    except ClusterGone:
        return []


def _hint(cluster: Cluster, gone: Sequence[str], now: datetime) -> Hint:
    """Nobody knows since when: the look asks ECS, and lets the grace begin now if ECS does not tell."""
    return Hint(cluster, Why.SWEEP, tuple(Drop(instance, now) for instance in gone))


def _turn(place: Place) -> int:
    return zlib.crc32("/".join(place).encode()) % ROUND_MINUTES


def _minute(now: datetime) -> int:
    return int(now.timestamp()) // 60
