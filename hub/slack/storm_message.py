"""What a storm's message looks like in Slack: of constant size, however many clusters it counts. Pure."""

from collections.abc import Sequence

from hub.incidents.acknowledgement import Acknowledgement
from hub.incidents.bulletin import Bulletin
from hub.incidents.storm import Count, Storm, lock
from hub.slack.blocks import Block, actions, button, context, fields, mrkdwn, plain, section
from hub.slack.bulletin_many import in_common
from hub.slack.button_values import ACKNOWLEDGE_ALL
from hub.slack.message import OWNERS, Message, finished
from hub.slack.mrkdwn import code, date, mention, visible
from hub.words import plural
from spoke.places import Cluster

StormNote = tuple[str, list[Block]]

_NAME = 40
_ACCOUNT = 36


def render_storm(storm: Storm, count: Count) -> Message:
    """Draw a storm as it stands, or that it is over."""
    if storm.over:
        return _over(storm, count)
    headline = f"Storm in {storm.region}: {_extent(count)}"
    facts = [
        ("Accounts", _of(count.accounts, storm.most[0])),
        ("Clusters", _of(count.clusters, storm.most[1])),
        ("Instances", _of(count.tally.instances, storm.most[2])),
        ("Began", date(storm.began_at)),
        *in_common(count.tally),
    ]
    facts += [("Acknowledged", _acknowledged(storm.acknowledged))] if storm.acknowledged else []
    why = "So many at once seldom fail one by one: look for what they share before you repair any of them."
    body = [
        fields(facts),
        section(f"*Why it matters:* {why}"),
        section("*Largest clusters*\n" + "\n".join(_line(member, number) for member, number in count.worst)),
        context(mrkdwn(f":lock: {lock(storm.region)}")),
        context(plain(_progress(count))),
    ]
    if taken_on(storm):
        return _message(storm, "acknowledged", f"Acknowledged: {headline}", ":large_yellow_circle:", "#E8A317", body)
    body.insert(-2, actions(button(ACKNOWLEDGE_ALL, "Acknowledge all", f"storm:{storm.id}", style="primary")))
    return _message(storm, "open", headline, ":rotating_light:", "#D93025", body)


def taken_on(storm: Storm) -> bool:
    """Whether somebody has acknowledged it as it is: nothing that was news has come up since."""
    fact = storm.acknowledged
    return fact is not None and not storm.grows_since and not (storm.grown_at and storm.grown_at > fact.at)


def told_again(storm: Storm, count: Count, members: Sequence[Bulletin], what: str, result: str) -> StormNote:
    """Draw what the thread and the channel are told of a storm, with its numbers and its clusters' owners."""
    everyone = dict.fromkeys(owner for member in sorted(members, key=_cluster) for owner in member.episode.owners)
    owners = "".join(f"{mention(owner)} " for owner in list(everyone)[:OWNERS])
    line = f"{owners}*{what}*: storm in {storm.region}, {_extent(count)}."
    return line, [section(f":rotating_light: {line}"), *([context(plain(visible(result)))] if result else [])]


def _acknowledged(fact: Acknowledgement) -> str:
    return f"by {mention(fact.by)} {date(fact.at)}, {plural(fact.extent.instances, 'instance')} then"


def _cluster(member: Bulletin) -> Cluster:
    return member.cluster


def _extent(count: Count) -> str:
    return (
        f"ECS agents disconnected on {plural(count.tally.instances, 'instance')}"
        f" of {plural(count.clusters, 'cluster')} in {plural(count.accounts, 'account')}"
    )


def _over(storm: Storm, count: Count) -> Message:
    headline = f"Storm in {storm.region} is over"
    accounts, clusters, instances = storm.most
    left = (
        f"{plural(count.clusters, 'cluster')} with {plural(count.tally.instances, 'instance')} are still in trouble:"
        " their messages in the thread go on."
        if count.clusters
        else "All of them have recovered."
        if not count.muted
        else "All others have recovered."
    )
    if count.muted:
        left = f"{plural(count.muted, 'cluster')} in trouble {'is' if count.muted == 1 else 'are'} muted. {left}"
    body = [
        section(
            f"At its height {plural(instances, 'instance')} of {plural(clusters, 'cluster')}"
            f" in {plural(accounts, 'account')} were in trouble. {left}"
        ),
        context(mrkdwn(f"Began {date(storm.began_at)}, the last cluster joined {date(storm.newest_at)}")),
    ]
    return _message(storm, "resolved", headline, ":large_green_circle:", "#2EB67D", body)


def _message(  # noqa: PLR0913  # a message has these parts
    storm: Storm, state: str, headline: str, emoji: str, color: str, body: list[Block]
) -> Message:
    blocks = [section(f"{emoji} *{headline}*")]
    return finished(storm.kind, storm.id, storm.episode, state, (f"{headline}.", color, blocks, body))


def _line(member: Bulletin, instances: int) -> str:
    cluster = member.cluster
    name = f"{code(member.episode.account_name, _ACCOUNT)} " if member.episode.account_name else ""
    return f"{code(cluster.name, _NAME)} in {name}{code(cluster.account)}: {plural(instances, 'instance')}"


def _progress(count: Count) -> str:
    if count.listed == count.clusters:
        return "Each cluster's own message is in the thread, or in the channel if it came before the storm."
    return (
        f"{count.listed:,} of {count.clusters:,} clusters have their own message so far; Slack takes one a second,"
        " into the thread."
    )


def _of(now: int, most: int) -> str:
    return f"{now:,}" if now == most else f"{now:,} (at most {most:,})"
