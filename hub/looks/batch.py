"""A batch: the looks of one invocation. Its clusters are seen side by side; then each is judged, written and spoken of.

Those that a storm has struck are written together, a hundred rows at once, before they are spoken of one by one. And
before anybody speaks for one of them it is known how many of them have truly lost agents (hub.notify.storm_cache).
"""

import logging
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from functools import partial

from hub.incidents.examined import Examined
from hub.incidents.hint_messages import from_message
from hub.incidents.hints import BadHint, Chore, Gathered, Hint, gather
from hub.looks.reconciler import LOOK_SECONDS, Reconciler
from hub.looks.seeing import Seen
from hub.queues import GROUP_NEEDS, NotYet, Record
from hub.runtime.log_keys import about, unit_of_work
from spoke.deadline import deadline, for_seconds
from spoke.places import Cluster

log = logging.getLogger(__name__)

# More are of no use to a batch of ten.
_THREADS = 8
# What a full batch of ingest has told of many clusters waits so long for the rest, once: each is looked at once, and an
# alarm of somebody else that is in the midst of it comes hardly later.
GATHERS_SECONDS = 2


@dataclass(frozen=True, slots=True)
class _Asked:
    """A look that a group's messages ask for together; `tries` counts this one."""

    group: str
    hint: Hint
    tries: int


@dataclass(slots=True)
class Batch:
    """One invocation's; it remembers what `prepare` has read and seen for `attend`."""

    reconciler: Reconciler
    _hints: dict[str, list[Hint | Chore]] = field(default_factory=dict)
    _seen: dict[Cluster, Seen | Exception] = field(default_factory=dict)
    _written: dict[Cluster, Examined] = field(default_factory=dict)

    def prepare(self, groups: Mapping[str, Sequence[Record]]) -> None:
        """See side by side whatever a batch's groups want looked at, as long as there is time."""
        asked: list[_Asked] = []
        for group, waiting in groups.items():
            with unit_of_work(group=group):
                asked += self._asked(waiting)
        untroubled = self.reconciler.seeing.untroubled(each.hint for each in asked)
        see = partial(self._see, untroubled=untroubled)
        if len(asked) > 1:
            contexts = [copy_context() for _ in asked]
            with ThreadPoolExecutor(min(_THREADS, len(asked))) as threads:
                found = list(threads.map(lambda pair: pair[0].run(see, pair[1]), zip(contexts, asked, strict=True)))
        else:
            found = [copy_context().run(see, each) for each in asked]
        self._seen = {each.hint.cluster: seen for each, seen in zip(asked, found, strict=True) if seen}
        for seen in self._seen.values():
            if isinstance(seen, Seen):
                self.reconciler.note(seen)
        self._write_together()

    def attend(self, waiting: Sequence[Record]) -> None:
        """Take all waiting messages of one group together: of a cluster, a storm or another chore."""
        for each in self._asked(waiting):
            about(each.hint.cluster)
            seen = self._seen.pop(each.hint.cluster, None)
            if seen is None:
                # There was no time left to see it, or nobody has prepared it.
                raise NotYet(0)
            if isinstance(seen, Exception):
                raise seen
            with for_seconds(LOOK_SECONDS):
                self.reconciler.conclude(seen, self._written.pop(each.hint.cluster, None))
        chores = [hint for hint in self._read(waiting) if not isinstance(hint, Hint)]
        if waiting[0].tries == 1 and any(isinstance(chore, Gathered) for chore in chores):
            raise NotYet(GATHERS_SECONDS)
        self.reconciler.attend(chores)

    def _write_together(self) -> None:
        struck = []
        for cluster, seen in self._seen.items():
            try:
                found = self.reconciler.struck(seen) if isinstance(seen, Seen) else None
            except Exception as error:  # noqa: BLE001  # whatever it is: raised for its own group
                self._seen[cluster] = error
            else:
                struck += [(cluster, found)] if found else []
        written = self.reconciler.lifecycle.write_together([judged for _, judged in struck])
        self._written = {cluster: told for (cluster, _), told in zip(struck, written, strict=True) if told}

    def _see(self, asked: _Asked, untroubled: AbstractSet[Cluster]) -> Seen | Exception | None:
        if deadline().left() < GROUP_NEEDS:
            return None
        with unit_of_work(group=asked.group), for_seconds(LOOK_SECONDS):
            about(asked.hint.cluster)
            try:
                return self.reconciler.seeing.see(asked.hint, asked.tries, untroubled)
            except Exception as error:  # noqa: BLE001  # whatever it is: raised for its own group
                return error

    def _asked(self, waiting: Sequence[Record]) -> list[_Asked]:
        hints = gather(hint for hint in self._read(waiting) if isinstance(hint, Hint))
        return [_Asked(waiting[0].group, hint, waiting[0].tries) for hint in hints]

    def _read(self, waiting: Sequence[Record]) -> list[Hint | Chore]:
        """Read a group's messages. What this invocation sends has as many hops as the record that has the most."""
        group = waiting[0].group
        if group not in self._hints:
            hops = max(record.hops for record in waiting)
            found = (hint for record in waiting if (hint := self._hint(record)))
            self._hints[group] = [replace(hint, hops=max(hint.hops, hops)) for hint in found]
        return self._hints[group]

    def _hint(self, record: Record) -> Hint | Chore | None:
        """Read a message of looks.fifo. Only we write them, so one that cannot be read comes from another release.

        It is counted and given up: the sweep finds the trouble all the same, and failing would hold up the group.
        """
        try:
            return from_message(record.body)
        except BadHint:
            log.exception("hint.unreadable", extra={"record": record.id})
            self.reconciler.hub.count("malformed", 1)
            return None
