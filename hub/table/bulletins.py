"""Bulletins' rows: one of the episode, and beside it one for each receiver that has something of it.

They are written in one transaction, and the episode's row is on condition of the version that was read: so whoever
writes any of them conflicts with whoever has read before. A delivery's row takes the version of the episode's, and is
only never written over a newer one.

Functions are updated one after the other. A release that knew no deliveries keeps the whole record of the message in
the episode's row, and takes every other row that it reads there for an incident's, so for this release

- an episode's row tells, besides, what Slack has of it (`_MIRRORED`), and in `mirrors` which version of the delivery's
  row says the same. Who does not know that field drops it with the next write.
- Slack's delivery is its own row if `mirrors` names it, and else what the episode's row tells: then a function of the
  earlier release has written last.
- deliveries' sort keys begin with a word before "bulletin", from which on the earlier release reads.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from hub.incidents.bulletin import Bulletin
from hub.incidents.delivery import SLACK, SNS, Delivery
from hub.incidents.episode import Episode
from hub.table.rows import Draft, cluster_pk, codec, draft, open_key

EPISODE, DELIVERY = "bulletin", "announced#"

# What the earlier release calls a field of Slack's delivery.
_MIRRORED = {"address": "channel", "handle": "ts"} | {
    name: name
    for name in (
        *("thread", "shown", "shown_at", "doubt_since", "lease_until"),
        *("aside", "lost", "noted", "untold"),
    )
}


def bulletin_rows(bulletin: Bulletin) -> list[Draft]:
    """Draft the rows of an episode and its deliveries."""
    pk, version = cluster_pk(bulletin.cluster), bulletin.episode.version
    row = draft(pk, EPISODE, bulletin.episode, version)
    row.data = codec().unstructure(bulletin.episode) | _mirror(bulletin.slack, row.version)
    if not bulletin.episode.closed:
        row.open_pk, row.open_sk = "bulletins", open_key(bulletin.cluster)
    beside = [draft(pk, f"{DELIVERY}{each.receiver}", each, version) for each in bulletin.deliveries]
    return [row, *(replace(each, beside=True) for each in beside)]


def _mirror(slack: Delivery, version: int) -> dict[str, Any]:
    data = codec().unstructure(slack)
    return {old: data[name] for name, old in _MIRRORED.items()} | {"mirrors": version}


def written(bulletin: Bulletin) -> Bulletin:
    """Return a bulletin as it is once its rows are written."""
    version = bulletin.episode.version + 1
    deliveries = tuple(replace(each, version=version) for each in bulletin.deliveries)
    return Bulletin(replace(bulletin.episode, version=version), deliveries)


def read_bulletin(data: Mapping[str, Any], version: int, beside: Iterable[Delivery] = ()) -> Bulletin:
    """Read a bulletin from its episode's row and the deliveries that were read beside it, of whatever episode."""
    episode = replace(codec().structure(data, Episode), version=version)
    deliveries = {each.receiver: each for each in beside if each.episode == episode.episode}
    own = deliveries.pop(SLACK, None)
    if own is None or own.version != data.get("mirrors"):
        told = {name: data[old] for name, old in _MIRRORED.items() if old in data}
        told |= {"receiver": SLACK, "episode": episode.episode}
        own = replace(codec().structure(told, Delivery), version=version)
    if "mirrors" not in data and episode.topic:
        # The earlier release tells the topic when it has posted, and keeps no record of that.
        topic = deliveries.get(SNS) or Delivery(SNS, episode.episode, episode.topic, version=version)
        deliveries[SNS] = replace(topic, shown=topic.shown or ("open" if own.handle else ""))
    return Bulletin(episode, (own, *deliveries.values()))
