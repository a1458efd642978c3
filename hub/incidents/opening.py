"""Openings: how an episode begins, or goes on. Pure."""

from dataclasses import replace
from datetime import datetime

from hub.incidents.bulletin import Bulletin
from hub.incidents.delivery import SLACK, Delivery
from hub.incidents.episode import Episode
from hub.incidents.examined import Watch
from spoke.places import Cluster


def begin(cluster: Cluster, before: Bulletin | None, watch: Watch, now: datetime) -> Bulletin:
    """Begin an episode, or go on with one that was over a moment ago.

    Slack's delivery is born in doubt, so the post that follows needs no write before it; unless none follows.
    """
    silent = watch.aside or watch.muted
    # In the thread of a storm that is over nobody would see it.
    if before and before.reopens(now) and (silent or not before.slack.thread):
        again = replace(before.episode, closed=False, closed_at=None, opened_at=now, said_again_at=None, heard_at=None)
        # Nobody has acknowledged what begins anew.
        anew = replace(again, muted=watch.muted, acknowledged=None, grown=None, grown_at=None)
        reopened = replace(before, episode=anew)
        return reopened.shows(replace(before.slack, shown=""))
    episode = Episode(
        cluster=cluster,
        episode=f"ep-{now:%Y%m%dT%H%M%S%f}",
        channel=watch.channel,
        owners=watch.owners,
        topic=watch.topic,
        opened_at=now,
        muted=watch.muted,
        group=watch.group,
        account_name=watch.account_name,
        version=before.episode.version if before else 0,
    )
    noted = f"log#{now.isoformat(timespec='milliseconds')}"
    first = Delivery(SLACK, episode.episode, watch.channel, aside=watch.aside, noted=noted)
    return Bulletin(episode, (first if silent else first.in_doubt(now),))
