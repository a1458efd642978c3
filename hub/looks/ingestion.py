"""Ingestion: a batch of the delay queue becomes one message per cluster for looks.fifo. Calls neither ECS nor Slack.

A record that can never be read is counted, parked in the dead-letter queue with its reason, and forgotten here: it is
not retried and does not hold up its neighbours. What a cluster with a longer grace is told goes back into the delay
queue until its own grace is over; if that is longer than a chain of messages may be, look keeps it (hub.chain).
"""

import hashlib
import logging
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.chain import onward, waits_in_queue
from hub.incidents.hint_messages import from_message, packed
from hub.incidents.hints import BadHint, Chore, Drop, Foreign, Gathered, Hint, gather
from hub.incidents.storm import CROWD
from hub.policy.terms import Terms
from hub.queues import Queues, Record, group_id
from hub.runtime.log_keys import about
from spoke.places import Cluster

log = logging.getLogger(__name__)

# EventBridge's times are whole seconds: a drop counts as due that is due within so much.
_ROUNDING = timedelta(seconds=2)
# What Lambda hands over at most: so many messages, and so many bytes, with some room (stacksets/hub.yaml).
_FULL_BATCH, _FULL_PAYLOAD = 1_000, 5_000_000
# Of one place so many clusters go on at once, and as many more each time that so many seconds are over: longer than
# ingest gathers. A flood, or a storm, of one place delays nobody else's alarms, nor what people do there, by more than
# these take; and it stays below half of what ECS lets an account read.
CLUSTERS_AT_ONCE, PACE_SECONDS = 100, 15
# Drops that have to wait about as long wait together.
_STEP = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Ingestion:
    """Everything that sorting works with."""

    queues: Queues
    looks_url: str
    delay_url: str
    dead_url: str
    terms: Terms
    clock: Callable[[], datetime]
    count: Callable[[str, int], None]

    def sort(self, batch: Sequence[Record]) -> list[str]:
        """Send a batch on. Return the ids of the records to give back."""
        good: list[tuple[Record, Hint | Chore]] = []
        bad: list[tuple[Record, str]] = []
        for record in batch:
            about(record=record.id)
            try:
                hint = from_message(record.body)
            except BadHint as error:
                kind = "foreign" if isinstance(error, Foreign) else "malformed"
                bad.append((record, f"{kind}: {error}"))
                self.count(kind, 1)
                log.warning("record.parked", extra={"reason": f"{kind}: {error}"})
            else:
                if isinstance(hint, Gathered):
                    good += ((record, each) for each in hint.hints)
                elif hint:
                    good.append((record, hint))
                else:
                    self.count("drills", 1)
        about()
        # Whatever this invocation sends has as many hops behind it as the one that has the most.
        hops = max((hint.hops for _, hint in good), default=0)
        gathered = gather(hint for _, hint in good if isinstance(hint, Hint))
        due = self._put_back_what_is_early(replace(hint, hops=hops) for hint in gathered)
        chores = {hint.key: replace(hint, hops=hops) for _, hint in good if not isinstance(hint, Hint)}
        at_once = self._at_pace(_crowded(due))
        gathers = _gathered(at_once) if _is_full(batch) else []
        group_of = {hint.cluster: group_id(each) for each in gathers for hint in each.hints}
        alone = [hint for hint in at_once if hint.cluster not in group_of]
        asked = [*alone, *gathers, *(chores[key] for key in sorted(chores))]
        refused = self.queues.ask_looks(self.looks_url, asked, _token(good))
        self.count("hints", len(good))
        groups = {record.id: _group(hint, group_of) for record, hint in good}
        unsent = [record for record, group in groups.items() if group in refused]
        return [*unsent, *sorted(self.queues.park(self.dead_url, bad))]

    def _put_back_what_is_early(self, hints: Iterable[Hint]) -> list[Hint]:
        """Return what may be looked at now, or cannot wait here; the rest has the grace that is left to wait."""
        now = self.clock()
        due: list[Hint] = []
        waits: list[tuple[Hint, float]] = []
        for hint in hints:
            ready, early = _by_time(hint.drops, self.terms.grace_of(hint.cluster), now)
            further = onward(hint)
            for seconds, drops in list(early.items()):
                if further is None or not waits_in_queue(timedelta(seconds=seconds), hint.hops):
                    ready += early.pop(seconds)
                else:
                    waits.append((replace(further, drops=tuple(drops)), seconds))
            if ready or not early:
                due.append(replace(hint, drops=tuple(ready)))
        if waits:
            self.queues.later(self.delay_url, waits)
            self.count("early", len(waits))
        return due

    def _at_pace(self, hints: Iterable[Hint]) -> list[Hint]:
        """Return what may be looked at now; of the clusters of a place that are too many, the others come later."""
        before: Counter[tuple[str, str]] = Counter()
        due: list[Hint] = []
        waits: list[tuple[Hint, float]] = []
        for hint in hints:
            place = hint.cluster.account, hint.cluster.region
            steps = before[place] // CLUSTERS_AT_ONCE
            before[place] += 1
            if steps and (further := onward(hint)):
                waits.append((further, steps * PACE_SECONDS))
            else:
                due.append(hint)
        if waits:
            self.queues.later(self.delay_url, waits)
            self.count("paced", len(waits))
        return due


def _by_time(drops: Iterable[Drop], grace: timedelta, now: datetime) -> tuple[list[Drop], dict[int, list[Drop]]]:
    """Part drops into those whose grace is over, and the others by the seconds that are left of it, roughly.

    A drop from the future, by a clock that is wrong, has happened now: else it would wait for ever.
    """
    ready: list[Drop] = []
    early: dict[int, list[Drop]] = {}
    for drop in drops:
        dated = replace(drop, at=now) if drop.at and drop.at > now else drop
        left = dated.at + grace - now if dated.at else timedelta()
        if left <= _ROUNDING:
            ready.append(dated)
        else:
            early.setdefault(math.ceil(left / _STEP) * _STEP.seconds, []).append(dated)
    return ready, early


def _crowded(hints: Sequence[Hint]) -> list[Hint]:
    """Note in each hint how many clusters of its Region have lost an agent in the same batch."""
    crowds = Counter(hint.cluster.region for hint in hints if _tells_of_a_loss(hint))
    return [replace(hint, crowd=crowds[hint.cluster.region]) if _tells_of_a_loss(hint) else hint for hint in hints]


def _gathered(hints: Iterable[Hint]) -> list[Gathered]:
    """Pack, by Region, what waits for the rest of it: few clusters, and people, need not wait."""
    regions: dict[str, list[Hint]] = {}
    for hint in hints:
        if hint.crowd >= CROWD and _tells_of_a_loss(hint) and not hint.questions and onward(hint):
            regions.setdefault(hint.cluster.region, []).append(hint)
    return [each for region in sorted(regions) for each in packed(regions[region])]


def _is_full(batch: Sequence[Record]) -> bool:
    """Whether more may lie where a batch comes from: Lambda takes what there is, until it has no room."""
    return len(batch) >= _FULL_BATCH or sum(len(record.body) for record in batch) >= _FULL_PAYLOAD


def _tells_of_a_loss(hint: Hint) -> bool:
    return any(drop.at for drop in hint.drops)


def _group(hint: Hint | Chore, group_of: Mapping[Cluster, str]) -> str:
    if isinstance(hint, Hint):
        return group_of.get(hint.cluster) or group_id(hint.cluster)
    return group_id(hint)


def _token(good: Sequence[tuple[Record, Hint | Chore]]) -> str:
    """Name this batch: SQS forgets what the same batch asks again after a crash."""
    return hashlib.sha256(" ".join(sorted(record.id for record, _ in good)).encode()).hexdigest()
