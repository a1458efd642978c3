"""The queues: what comes out of them and what goes in. The only module in AWS that knows SQS.

A function answers with the ids of the records that failed; SQS gives those back and forgets the others. A failed
record of a FIFO queue holds up its group, so it is made to come back after seconds instead of waiting out the queue's
visibility timeout.
"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from hub.chain import LONGEST_WAIT
from hub.fifo import cluster_group, digest, group_named
from hub.incidents.hint_messages import hops_behind, portions, to_message
from hub.incidents.hints import Chore, Gathered, Hint, MuteHint, PolicyHint, StormHint
from hub.runtime.log_keys import unit_of_work
from spoke.deadline import deadline
from spoke.places import Cluster

log = logging.getLogger(__name__)

# SQS: 10 entries and 1 MiB a batch.
_BATCH = 10
_LONGEST_BATCH = 1_048_576
LONGEST_DELAY = LONGEST_WAIT.seconds
_LONGEST_REASON = 250
_REASON_BYTES = 4 * _LONGEST_REASON + 50
_BACKOFF = (5, 10, 20, 40, 60)
_STORM = "storm/"
# To be put back uses up a try, and SQS gives up after eight: a group is put back until this try, a storm until that.
_CUT_OFF, _PUT_BACK = 3, 4
# So many seconds a function should have left when it begins with a group, with one that is prepared, and with a storm's
# turn.
GROUP_NEEDS, PREPARED_NEEDS, STORM_NEEDS = 30, 15, 45
# The sooner the last cluster of a storm is asked for, the fewer are looked at twice.
_THREADS = 8


@dataclass(frozen=True, slots=True)
class Record:
    """A message as a function gets it. `tries` counts this delivery too.

    `hops` are those of the whole batch, as hub.chain counts them: work_off tells them.
    """

    id: str
    body: str
    group: str
    receipt: str
    tries: int
    hops: int = 0


def records(event: Mapping[str, Any]) -> list[Record]:
    """Read the batch that an event source mapping hands over."""
    return [
        Record(
            id=record["messageId"],
            body=record["body"],
            group=record["attributes"].get("MessageGroupId", ""),
            receipt=record["receiptHandle"],
            tries=_tries(record["attributes"].get("ApproximateReceiveCount")),
        )
        for record in event["Records"]
    ]


def _tries(told: object) -> int:
    """Read a count; one that cannot be read is the first, for it must not hold up the rest of its batch."""
    return int(told) if isinstance(told, str) and re.fullmatch(r"[1-9][0-9]{0,8}", told) else 1


def answer(failed: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """Tell SQS which records failed."""
    return {"batchItemFailures": [{"itemIdentifier": record} for record in failed]}


def by_group(batch: Iterable[Record]) -> dict[str, list[Record]]:
    """Sort a FIFO batch by group, each in its order."""
    groups: dict[str, list[Record]] = {}
    for record in batch:
        groups.setdefault(record.group, []).append(record)
    return groups


def another_time(groups: dict[str, list[Record]]) -> list[str]:
    """Name the groups of a batch that are better taken another time, though not often: SQS counts its tries.

    One that the end of the batch may have cut off, where groups have several messages each: taken whole, a cluster of a
    storm is looked at once instead of twice. And of several storms all but one: a turn takes more than half of the time
    that a function has.
    """
    messages = sum(map(len, groups.values()))
    last = next(reversed(groups), "")
    cut_off = messages >= _BATCH and 1 < len(groups) < messages and groups[last][0].tries <= _CUT_OFF
    storms = [group for group in groups if group.startswith(_STORM)]
    waits = [group for group in storms[1:] if groups[group][0].tries < _PUT_BACK]
    return sorted({*waits, *([last] if cut_off else [])})


def group_id(place: Cluster | Chore) -> str:
    """Name the FIFO group of a cluster, a storm or a mute."""
    match place:
        case Cluster():
            return cluster_group(place)
        case StormHint():
            return group_named(f"{_STORM}{place.key}")
        case MuteHint():
            return group_named(f"mute/{place.key}")
        case Gathered():
            return group_named(f"gather/{place.key}")
        case PolicyHint():
            return group_named(place.key)


def backoff(tries: int) -> int:
    """How many seconds to wait after the `tries`-th failure."""
    return _BACKOFF[min(tries, len(_BACKOFF)) - 1]


class NotYet(Exception):
    """Work that is better done in some seconds; nothing has gone wrong."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"in {seconds} s")
        self.seconds = seconds


class Queues:
    """Sends. `sqs` is a boto3 client."""

    def __init__(self, sqs: Any) -> None:  # noqa: ANN401  # boto3's clients have no types
        self._sqs = sqs

    def ask_looks(self, url: str, hints: Iterable[Hint | Chore], token: str) -> set[str]:
        """Ask for looks. Return the groups for which SQS refused. The same token asks only once in five minutes."""
        entries = [
            {"MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": digest(f"{token} {body}")}
            for group, body in _messages(hints)
        ]
        return {entries[place]["MessageGroupId"] for place in self._send(url, entries)}

    def later(self, url: str, waits: Iterable[tuple[Hint | Chore, float]]) -> None:
        """Put hints into the delay queue, each with its seconds; a longer wait than SQS knows is waited out in parts.

        Raises RuntimeError if SQS refuses any.
        """
        entries = [
            {"MessageBody": body, "DelaySeconds": min(max(int(seconds) + 1, 1), LONGEST_DELAY)}
            for hint, seconds in waits
            for _, body in _messages([hint])
        ]
        refused = self._send(url, entries)
        if refused:
            raise RuntimeError(f"the delay queue refused {len(refused)} of {len(entries)} hints")

    def park(self, url: str, bad: Sequence[tuple[Record, str]]) -> set[str]:
        """Keep records that can never be read, with the reason. Return the ids of those that SQS refused."""
        entries = [
            {"MessageBody": record.body, "MessageAttributes": _with_reason(record, reason)} for record, reason in bad
        ]
        return {bad[place][0].id for place in self._send(url, entries)}

    def _send(self, url: str, entries: Sequence[Mapping[str, Any]]) -> list[int]:
        """Send in batches, several at the same time. Return the places of the entries that SQS refused."""

        def send(batch: Sequence[int]) -> list[int]:
            answered = self._sqs.send_message_batch(
                QueueUrl=url, Entries=[{"Id": str(place), **entries[place]} for place in batch]
            )
            return [int(failure["Id"]) for failure in answered.get("Failed", [])]

        batches = list(_that_fit(entries))
        if len(batches) < 2:
            return [place for batch in batches for place in send(batch)]
        with ThreadPoolExecutor(min(_THREADS, len(batches))) as threads:
            return [place for refused in threads.map(send, batches) for place in refused]

    def work_off(
        self,
        url: str,
        batch: Iterable[Record],
        work: Callable[[list[Record]], None],
        prepare: Callable[[Mapping[str, list[Record]]], None] | None = None,
    ) -> list[str]:
        """Give each group of a FIFO batch to `work`, all but storms to `prepare` before; return the ids that come back.

        A group that fails hurts only itself, and comes back after seconds that grow with its tries. One whose work
        raises NotYet comes back after the seconds that this names, and so do the groups that are better taken another
        time: clusters of one crowd gather together. Without a NotYet, those come back as soon as the others are done.
        Storms take their time, so they come last. A group is not begun, and comes back at once, if not enough time is
        left for it (spoke.deadline).
        """
        taken = list(batch)
        hops = max((hops_behind(record.body) for record in taken), default=0)
        groups = by_group(replace(record, hops=hops) for record in taken)
        later = [record for group in another_time(groups) for record in groups.pop(group)]
        storms = {group: groups.pop(group) for group in list(groups) if group.startswith(_STORM)}
        given_back: list[Record] = []
        if prepare and deadline().left() >= GROUP_NEEDS:
            prepare(groups)
        begins = PREPARED_NEEDS if prepare else GROUP_NEEDS
        for some, with_them, needed in ((groups, later, begins), (storms, [], STORM_NEEDS)):
            failed, put_off = self._attempt(url, some, work, needed)
            put_off.setdefault(max(put_off, default=0), []).extend(with_them)
            for seconds, together in put_off.items():
                self._back_in(url, together, seconds)
            given_back += [*failed, *(record for together in put_off.values() for record in together)]
        return [record.id for record in given_back]

    def _attempt(
        self, url: str, groups: Mapping[str, list[Record]], work: Callable[[list[Record]], None], needed: float
    ) -> tuple[list[Record], dict[int, list[Record]]]:
        """Have groups worked off while time is left. Return the records that failed, and by seconds those put off."""
        failed: list[Record] = []
        put_off: dict[int, list[Record]] = {}
        for group, waiting in groups.items():
            with unit_of_work(group=group):
                if deadline().left() < needed:
                    log.warning("group.given_back", extra={"tries": waiting[0].tries})
                    put_off.setdefault(0, []).extend(waiting)
                    continue
                try:
                    work(waiting)
                except NotYet as error:
                    put_off.setdefault(error.seconds, []).extend(waiting)
                except Exception:  # whatever it is: logged here, counted and kept by SQS, never dropped
                    log.exception("group.failed", extra={"tries": waiting[0].tries})
                    failed += waiting
                    self._back_in(url, waiting, backoff(waiting[0].tries))
        return failed, put_off

    def _back_in(self, url: str, waiting: Sequence[Record], seconds: int) -> None:
        """Make records come back after so many seconds; if SQS refuses, when the queue's visibility timeout is over."""
        entries = [
            {"Id": str(number), "ReceiptHandle": record.receipt, "VisibilityTimeout": seconds}
            for number, record in enumerate(waiting)
        ]
        if not entries:
            return
        try:
            kept = self._sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries).get("Failed", [])
        except ClientError as error:
            kept = [str(error)]
        if kept:
            log.warning("visibility.kept", extra={"records": [record.id for record in waiting], "error": kept})


def _messages(hints: Iterable[Hint | Chore]) -> Iterator[tuple[str, str]]:
    """Write hints, each with the name of its group, cut into messages that SQS takes."""
    for hint in hints:
        if isinstance(hint, Hint):
            yield from ((group_id(hint.cluster), to_message(portion)) for portion in portions(hint))
        else:
            yield group_id(hint), to_message(hint)


def _that_fit(entries: Sequence[Mapping[str, Any]]) -> Iterator[list[int]]:
    """Cut into batches that SQS takes in one call, each told by the places of its entries."""
    batch: list[int] = []
    room = _LONGEST_BATCH
    for place, entry in enumerate(entries):
        size = _size(entry["MessageBody"]) + (_REASON_BYTES if entry.get("MessageAttributes") else 0)
        if batch and (len(batch) == _BATCH or size > room):
            yield batch
            batch, room = [], _LONGEST_BATCH
        batch.append(place)
        room -= size
    if batch:
        yield batch


def _with_reason(record: Record, reason: str) -> dict[str, dict[str, str]]:
    """Give the reason as a message attribute, unless the record alone is as long as SQS allows."""
    if _size(record.body) + _REASON_BYTES > _LONGEST_BATCH:
        return {}
    return {"reason": {"DataType": "String", "StringValue": reason[:_LONGEST_REASON] or "unknown"}}


def _size(body: str) -> int:
    return len(body.encode("utf-8", "replace"))
