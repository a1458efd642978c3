"""Functions are updated one after the other: for minutes the earlier release and this one share a table.

The earlier release kept the whole record of Slack's message in the row `bulletin`. Whoever of the two writes there, the
other one takes it for the truth, and nothing is posted twice.
"""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from hub import look
from hub.incidents.bulletin import Bulletin
from hub.incidents.content import Content, compose
from hub.incidents.delivery import LEASE, SLACK, SNS
from hub.incidents.incident import Incident, State
from hub.notify.dispatcher import Dispatcher
from hub.notify.publisher import Publisher
from hub.notify.slack_receiver import SlackReceiver
from hub.slack.bulletin_message import render
from hub.slack.client import NotNow, Slack
from hub.table.bulletins import bulletin_rows, read_bulletin
from hub.table.store import Store
from hub.table.writes import Conflict
from tests.hub.factories import altered
from tests.shapes.conftest import Kept, Office
from tests.shapes.meant import CHANNEL, CLUSTER, NOW, ROWS
from tests.shapes.recording import rows_of
from tests.templates.reading import read

# What the earlier release reads of a bulletin's row, and writes: it keeps nothing else.
FIELDS = {
    *("cluster", "episode", "channel", "ts", "shown", "noted", "doubt_since", "lease_until", "closed", "opened_at"),
    *("shown_at", "closed_at", "aside", "muted", "said_again_at", "storm", "thread", "group", "owners", "topic"),
    *("tally", "registered", "account_name", "lost", "untold", "version"),
}
# It reads a cluster's rows in one query: those between these keys, each of these kinds.
FIRST, LAST, KINDS = "bulletin", "instance#~", ("drop#", "instance#")
EPISODES = [name for name in ROWS if name.startswith("episode")]
MINUTE = timedelta(minutes=1)
KEY = {"pk": {"S": f"cluster#{CLUSTER.key}"}, "sk": {"S": FIRST}}
OPEN, ACKNOWLEDGED, RESOLVED = State.OPEN, State.ACKNOWLEDGED, State.RESOLVED


def meant(name: str) -> Bulletin:
    found = ROWS[name]
    assert isinstance(found, Bulletin)
    return found


@dataclass
class Earlier:
    """A function of the earlier release, as far as its reads and writes of a bulletin go."""

    kept: Kept

    def read(self) -> dict[str, Any]:
        row = self.kept.dynamodb.get_item(TableName="coastguard", Key=KEY)["Item"]
        data = {name: value for name, value in json.loads(row["data"]["S"]).items() if name in FIELDS}
        return data | {"version": int(row["version"]["N"])}

    def write(self, read: dict[str, Any], **changes: object) -> None:
        data = read | changes
        item = KEY | {"version": {"N": str(read["version"] + 1)}, "data": {"S": json.dumps(data)}}
        if not data["closed"]:
            item |= {"open_pk": {"S": "bulletins"}, "open_sk": {"S": "eu-west-1/222233334444/prod-payments"}}
        self.kept.dynamodb.put_item(
            TableName="coastguard",
            Item=item,
            ConditionExpression="#version = :read",
            ExpressionAttributeNames={"#version": "version"},
            ExpressionAttributeValues={":read": {"N": str(read["version"])}},
        )


@dataclass
class Both:
    """Looks of both releases at the same cluster, whose bulletin stands in the same channel."""

    kept: Kept
    slack: Slack
    office: Office
    moment: timedelta = timedelta()

    @property
    def earlier(self) -> Earlier:
        return Earlier(self.kept)

    @property
    def store(self) -> Store:
        return self.kept.store

    @property
    def bulletin(self) -> Bulletin:
        found = self.store.bulletin(CLUSTER)
        assert found
        return found

    def begin(self) -> Bulletin:
        """A look of this release begins an episode in doubt, and is about to post."""
        begun = altered(meant("episode, in doubt"), version=0)
        now = self.now()
        return self.store.keep(altered(begun, doubt_since=now, lease_until=now + LEASE))

    def now(self) -> datetime:
        return NOW + self.moment

    def look(self, state: State, *, leased: bool = False) -> Bulletin:
        """What a look of this release does, a minute later unless it has just begun the episode."""
        self.moment += timedelta() if leased else MINUTE
        publisher = Publisher(lambda: self.slack, self.store, self.now)
        known = self.store.known(CLUSTER).bulletin
        assert known
        dispatcher = Dispatcher((SlackReceiver(publisher),), publisher, self.now, lambda _name, _number: None)
        return dispatcher.deliver(known, drawn(known, state), leased=leased, urgent=False)

    def post(self, state: State) -> str:
        """A look of the earlier release posts; its messages are marked like ours."""
        message = render(drawn(self.bulletin, state), self.bulletin.episode)
        return self.slack.post(CHANNEL, message.text, message.blocks, message.attachments, message.metadata)

    def messages(self) -> list[tuple[str, str]]:
        """What stands in the channel: each message's ts, and the state that it shows."""
        conversation = self.office.workspace.conversation(CHANNEL)
        assert conversation
        shown = [message for message in conversation.shown() if message.metadata and not message.deleted]
        return [
            (message.ts, message.metadata["event_payload"]["state"])
            for message in shown
            if message.metadata and message.metadata["event_payload"].get("bulletin") == self.bulletin.id
        ]


def drawn(bulletin: Bulletin, state: State) -> Content:
    one = ROWS["incident, open"]
    assert isinstance(one, Incident)
    mine = replace(
        one, episode=bulletin.episode.episode, state=state, ending="reconnected" if state is RESOLVED else ""
    )
    return compose(bulletin.episode, [mine])


@pytest.fixture
def both(kept: Kept, office: Office) -> Both:
    both = Both(kept, office.slack, office)
    both.begin()
    for ts, _ in both.messages():  # another test's
        office.slack.delete(CHANNEL, ts)
    # Slack's clock stands still.
    ts = office.slack.post(CHANNEL, "What time is it?", [])
    both.moment = datetime.fromtimestamp(float(ts), UTC) - NOW
    both.store.keep(altered(both.bulletin, doubt_since=both.now(), lease_until=both.now() + LEASE))
    return both


# What each reads of the other


@pytest.mark.parametrize("name", EPISODES)
def test_the_earlier_release_finds_in_the_row_what_slack_has(kept: Kept, name: str) -> None:
    for row in rows_of(name):
        kept.put(row)

    read, slack = Earlier(kept).read(), meant(name).slack

    assert read.keys() == FIELDS
    assert (read["channel"], read["ts"], read["thread"]) == (slack.address, slack.handle, slack.thread)
    assert (read["shown"], read["noted"], read["untold"]) == (slack.shown, slack.noted, slack.untold)
    assert (read["aside"], tuple(read["lost"])) == (slack.aside, slack.lost)
    for time in ("doubt_since", "lease_until", "shown_at"):
        at = getattr(slack, time)
        assert read[time] == (at.isoformat() if at else None)


@pytest.mark.parametrize("name", EPISODES)
def test_the_earlier_release_reads_no_row_that_it_does_not_know(name: str) -> None:
    """It takes what it does not know for an incident, and no look of it at the cluster would ever succeed."""
    drafted = {row.sk for row in bulletin_rows(meant(name))}
    recorded = {row["sk"]["S"] for row in rows_of(name)}
    assert drafted == recorded
    assert {sk for sk in recorded if FIRST <= sk <= LAST and not sk.startswith(KINDS)} == {FIRST}


@pytest.mark.parametrize("name", EPISODES)
def test_what_the_earlier_release_has_written_last_is_true(kept: Kept, name: str) -> None:
    for row in rows_of(name):
        kept.put(row)
    earlier = Earlier(kept)
    earlier.write(earlier.read(), ts="1795179999.000100", shown="fedcba9876543210", thread="", untold=False)

    found = kept.store.bulletin(CLUSTER)

    assert found == kept.store.known(CLUSTER).bulletin
    assert found
    assert (found.slack.handle, found.slack.shown, found.episode.version) == (
        "1795179999.000100",
        "fedcba9876543210",
        2,
    )
    assert {each.slack.handle for each in kept.store.open_bulletins()} <= {"1795179999.000100"}


def test_a_delivery_is_believed_only_if_it_is_as_new_as_its_episode() -> None:
    """A query may see one row of a transaction and not yet the other; that of the episode is whole by itself."""
    newer = bulletin_rows(altered(meant("episode, posted"), shown="newer"))[0].data
    assert isinstance(newer, dict)
    behind = replace(meant("episode, posted").slack, version=1)

    assert read_bulletin(newer, 2, [behind]).slack.shown == "newer"
    assert read_bulletin(newer, 2, [replace(behind, version=2)]).slack.shown == behind.shown


@pytest.mark.parametrize("after", [False, True], ids=["before this one", "after this one"])
def test_whoever_writes_conflicts_with_who_has_read_before(both: Both, after: bool) -> None:
    read, known = both.earlier.read(), both.bulletin
    if after:
        both.store.keep(altered(known, untold=True))
        with pytest.raises(ClientError, match="ConditionalCheckFailed"):
            both.earlier.write(read, untold=False)
    else:
        both.earlier.write(read, untold=True)
        with pytest.raises(Conflict):
            both.store.keep(altered(known, untold=False))
    assert both.bulletin.slack.untold


def test_the_earlier_release_finds_incidents_in_rows_until_the_stack_is_told_otherwise(kept: Kept) -> None:
    """It is told so in a later update, when no function that cannot read pages runs, or would come back."""
    one = ROWS["incident, open"]
    assert isinstance(one, Incident)
    kept.store.save([replace(one, version=0)])

    (row,) = kept.taken()

    assert row["sk"]["S"].startswith(KINDS)
    assert look.Settings.__dataclass_fields__["incident_pages"].default == ""
    assert read("hub")["Parameters"]["IncidentPages"]["Default"] == "no"


def test_an_earlier_look_that_finds_a_page_all_the_same_does_not_take_the_trouble_for_over() -> None:
    """It reads the page, takes it for an incident, and fails: its message comes back until somebody can read it."""
    for row in (*rows_of("page of incidents"), *rows_of("page of incidents that are over")):
        assert FIRST <= row["sk"]["S"] <= LAST
        assert not row["sk"]["S"].startswith(KINDS)
        assert "data" not in row


# One message, whoever looks


def test_an_earlier_look_edits_what_a_new_one_has_posted(both: Both) -> None:
    ts = both.look(OPEN, leased=True).slack.handle

    read = both.earlier.read()
    assert (read["ts"], read["doubt_since"], read["lease_until"]) == (ts, None, None)
    both.earlier.write(read, shown="")
    both.earlier.write(both.earlier.read(), shown="drawn by the earlier release")
    both.look(ACKNOWLEDGED)

    assert both.messages() == [(ts, "acknowledged")]
    assert both.look(RESOLVED).episode.closed
    assert both.messages() == [(ts, "resolved")]


def test_an_earlier_look_knows_that_a_new_one_may_just_be_posting(both: Both) -> None:
    """It waits for the lease to be over, and then reads the channel: both stand in the row that it reads."""
    read = both.earlier.read()

    assert read["ts"] == ""
    assert read["doubt_since"] == both.now().isoformat()
    assert read["lease_until"] == (both.now() + LEASE).isoformat()


def test_a_new_look_edits_what_an_earlier_one_has_posted(both: Both) -> None:
    ts = both.post(OPEN)
    both.earlier.write(both.earlier.read(), ts=ts, shown="0123", doubt_since=None, lease_until=None)

    both.look(ACKNOWLEDGED)

    assert both.messages() == [(ts, "acknowledged")]
    assert both.earlier.read()["ts"] == ts


def test_a_new_look_finds_what_an_earlier_one_has_posted_before_it_died(both: Both) -> None:
    doubt = {"doubt_since": both.now().isoformat(), "lease_until": (both.now() + LEASE).isoformat()}
    both.earlier.write(both.earlier.read(), **doubt)
    ts = both.post(OPEN)

    assert both.look(ACKNOWLEDGED).slack.handle == ts
    assert both.messages() == [(ts, "acknowledged")]


def test_a_new_look_waits_while_an_earlier_one_may_be_posting(both: Both) -> None:
    soon = both.now() + 2 * MINUTE
    both.earlier.write(both.earlier.read(), lease_until=soon.isoformat())

    with pytest.raises(NotNow):
        both.look(OPEN)

    assert both.messages() == []


def test_what_an_earlier_look_has_closed_is_over(both: Both) -> None:
    both.look(OPEN, leased=True)
    over = {"closed": True, "closed_at": both.now().isoformat(), "shown": "resolved"}
    both.earlier.write(both.earlier.read(), **over)

    assert both.bulletin.episode.closed
    assert both.store.open_bulletins() == []


def test_an_episode_that_an_earlier_look_begins_has_nothing_of_the_one_before(both: Both) -> None:
    both.look(OPEN, leased=True)
    begun = {"episode": "ep-later", "ts": "", "shown": "", "aside": True, "shown_at": None}
    both.earlier.write(both.earlier.read(), **begun)

    slack = both.bulletin.slack

    assert (slack.episode, slack.handle, slack.aside) == ("ep-later", "", True)


@pytest.mark.parametrize(("ts", "told"), [("1795179999.000100", "open"), ("", "")], ids=["posted", "not posted"])
def test_the_topic_is_not_told_again_of_what_an_earlier_look_has_posted(both: Both, ts: str, told: str) -> None:
    """The earlier release tells the topic when it has posted, and keeps no record of it."""
    both.store.keep(Bulletin(both.bulletin.episode, (both.bulletin.slack,)))
    both.earlier.write(both.earlier.read(), ts=ts)

    topic = both.bulletin.of(SNS)

    assert topic
    assert (topic.address, topic.shown) == (both.bulletin.episode.topic, told)
    assert both.bulletin.deliveries[0].receiver == SLACK
