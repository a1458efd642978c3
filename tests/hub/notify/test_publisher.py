"""One message per episode, whatever happens: the table on moto, Slack the local one, faults between them."""

import random
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NoReturn

import pytest
from slack_sdk.web import SlackResponse

from coastguard.local.slack import content as slack_content
from coastguard.local.slack.directory import TEAM, Channel
from coastguard.local.slack.workspace import BOT_TOKEN
from hub.incidents.acknowledgement import Acknowledgement, Extent
from hub.incidents.audit import Entry
from hub.incidents.bulletin import Bulletin
from hub.incidents.content import Content, Tone, compose
from hub.incidents.delivery import LEASE
from hub.incidents.growth import GROWN
from hub.incidents.incident import Incident, State
from hub.incidents.storm import Storm
from hub.notify.dispatcher import Dispatcher
from hub.notify.publisher import EDIT_GAP, EDITS_A_MINUTE, Publisher, Saying
from hub.notify.slack_receiver import SlackReceiver
from hub.slack.bulletin_message import render
from hub.slack.client import InDoubt, NotNow, Placed, Rejected, Slack, SlackError
from hub.slack.message import Message
from hub.slack.notes import note
from hub.table.store import Store
from hub.table.writes import Conflict
from tests.hub.factories import (
    ALICE,
    BOB,
    CHANNEL,
    CLUSTER,
    ELSEWHERE,
    EPISODE,
    LONGEST,
    NOON,
    Json,
    altered,
    bulletin,
    entry,
    incident,
)
from tests.hub.rendering import texts
from tests.hub.slack_side import SlackSide
from tests.hub.timing import Clock

OPEN = [incident()]
ACKNOWLEDGED = [incident(state=State.ACKNOWLEDGED)]
RESOLVED = [incident(state=State.RESOLVED)]

SECOND = timedelta(seconds=1)
AFTER_LEASE = LEASE.total_seconds() + 1


def told(
    publisher: Publisher, shown: Bulletin, content: Content, *, first: bool = False, urgent: bool = False
) -> Bulletin:
    """What a look has Slack told: its message and its thread."""
    clock = publisher._clock
    dispatcher = Dispatcher((SlackReceiver(publisher),), publisher, clock, lambda _name, _number: None)
    return dispatcher.deliver(shown, content, leased=first, urgent=urgent)


@dataclass
class Scene:
    """A cluster's bulletin, its table and its channel."""

    store: Store
    slack: SlackSide
    clock: Clock
    client: Callable[[], Slack]

    def begin(self) -> None:
        """What a look writes when an episode begins, before it posts."""
        now = self.clock()
        noted = f"log#{now.isoformat()}"
        self.store.save(OPEN, bulletin(handle="", noted=noted, doubt_since=now, lease_until=now + LEASE))

    @property
    def bulletin(self) -> Bulletin:
        kept = self.store.bulletin(CLUSTER)
        assert kept is not None
        return kept

    def message(self, incidents: list[Incident]) -> Message:
        return render(compose(self.bulletin.episode, incidents), self.bulletin.episode)

    def show(self, incidents: list[Incident] = OPEN, *, first: bool = False) -> Bulletin:
        """What a look does, some seconds after the last one; `first` is the one that began the episode."""
        if not first:
            self.clock.forward(seconds=EDIT_GAP.seconds)
        kept = self.bulletin
        return told(self.publisher, kept, compose(kept.episode, incidents), first=first)

    @property
    def publisher(self) -> Publisher:
        return Publisher(self.client, self.store, self.clock)

    def post_and_die(self, incidents: list[Incident] = OPEN) -> str:
        """Somebody posts, and crashes before it is noted."""
        message = self.message(incidents)
        parts = (message.text, message.blocks, message.attachments, message.metadata)
        return self.slack.client().post(self.bulletin.slack.address, *parts)

    def log(self, *entries: Entry) -> None:
        for one in entries:
            self.store.log(CLUSTER, one)

    def only_message(self) -> dict[str, Any]:
        (message,) = self.slack.messages()
        return message


@pytest.fixture
def scene(store: Store, slack: SlackSide, clock: Clock) -> Scene:
    scene = Scene(store, slack, clock, slack.client)
    scene.begin()
    return scene


def ours(scene: Scene) -> list[str]:
    """The app's own messages among all that is said in the channel."""
    return [message["ts"] for message in scene.slack.messages() if "bot_id" in message]


def said(scene: Scene) -> str:
    """How the only message says that things stand."""
    return str(scene.only_message()["metadata"]["event_payload"]["state"])


# When all goes well


def test_an_episode_begins_with_one_message(scene: Scene) -> None:
    shown = scene.show(first=True)

    message = scene.only_message()
    assert message["text"] == scene.message(OPEN).text
    assert message["metadata"]["event_payload"]["bulletin"] == f"{CLUSTER.key}#{EPISODE}"
    assert scene.bulletin == shown
    assert (shown.slack.handle, shown.slack.shown) == (message["ts"], scene.message(OPEN).digest)
    assert (shown.slack.doubt_since, shown.slack.lease_until, shown.episode.closed) == (None, None, False)


def test_a_change_edits_the_same_message(scene: Scene) -> None:
    ts = scene.show(first=True).slack.handle

    shown = scene.show(ACKNOWLEDGED)

    assert scene.only_message()["ts"] == shown.slack.handle == ts
    assert said(scene) == "acknowledged"
    assert scene.bulletin == shown


def test_nothing_is_edited_or_written_while_nothing_changes(scene: Scene) -> None:
    scene.show(first=True)
    before = scene.bulletin

    for _ in range(3):
        assert scene.show() == before

    assert scene.only_message()["edited"] is None
    assert scene.bulletin == before


@pytest.mark.parametrize(
    ("incidents", "closed"),
    [
        pytest.param(OPEN, False, id="open"),
        pytest.param(ACKNOWLEDGED, False, id="acknowledged"),
        pytest.param([incident(state=State.REPAIRING)], False, id="repairing"),
        pytest.param([*OPEN, incident(2, State.RESOLVED)], False, id="one of two resolved"),
        pytest.param(RESOLVED, True, id="resolved"),
    ],
)
@pytest.mark.parametrize("already", [True, False], ids=["shown before", "never shown"])
def test_an_episode_is_closed_when_slack_shows_that_all_is_over(
    scene: Scene, incidents: list[Incident], closed: bool, already: bool
) -> None:
    if already:
        scene.show([incident(9)], first=True)

    assert scene.show(incidents, first=not already).episode.closed is closed

    assert scene.bulletin.episode.closed is closed
    assert scene.only_message()["metadata"]["event_payload"]["state"] == str(
        compose(scene.bulletin.episode, incidents).tone
    )
    assert scene.store.clusters_in_trouble() == {CLUSTER}  # the incident itself is still open in the table


# When nobody knows whether a post arrived


LOST = [
    pytest.param("lost_answer", {}, 1, id="the answer is lost"),
    pytest.param("server_error", {"accepted": True}, 1, id="500, yet it was posted"),
    pytest.param("server_error", {}, 0, id="500, and nothing was posted"),
]


@pytest.mark.parametrize(("kind", "more", "posted"), LOST)
def test_a_post_in_doubt_ends_in_one_message(scene: Scene, kind: str, more: dict[str, object], posted: int) -> None:
    scene.slack.fault("chat.postMessage", kind, **more)

    with pytest.raises(InDoubt):
        scene.show(first=True)
    assert len(scene.slack.messages()) == posted
    assert scene.bulletin.slack.handle == ""
    scene.clock.forward(seconds=AFTER_LEASE)
    scene.show(ACKNOWLEDGED)

    assert said(scene) == "acknowledged"
    assert scene.bulletin.slack.handle == scene.only_message()["ts"]
    assert (scene.bulletin.slack.doubt_since, scene.bulletin.slack.lease_until) == (None, None)


@pytest.mark.parametrize(("kind", "more", "posted"), LOST)
def test_one_doubt_after_another_ends_in_one_message(
    scene: Scene, kind: str, more: dict[str, object], posted: int
) -> None:
    for attempt in range(4):
        scene.slack.fault("chat.postMessage", kind, **more)
        if attempt and posted:
            break
        with pytest.raises(InDoubt):
            scene.show(first=attempt == 0)
        scene.clock.forward(seconds=60)
    scene.slack.workspace.faults.clear()

    scene.show()

    assert scene.bulletin.slack.handle == scene.only_message()["ts"]


def test_a_crash_between_post_and_save_ends_in_one_message(scene: Scene) -> None:
    ts = scene.post_and_die()
    scene.clock.forward(seconds=AFTER_LEASE)

    shown = scene.show(RESOLVED)

    assert shown.slack.handle == scene.only_message()["ts"] == ts
    assert said(scene) == "resolved"


def test_a_crash_before_the_post_ends_in_one_message(scene: Scene) -> None:
    scene.clock.forward(seconds=AFTER_LEASE)

    assert scene.show().slack.handle == scene.only_message()["ts"]


def test_of_a_double_the_earliest_is_kept_and_the_others_are_deleted(scene: Scene) -> None:
    first = scene.post_and_die()
    scene.clock.forward(seconds=2)
    doubles = [scene.post_and_die(), scene.post_and_die()]
    scene.slack.client().post(CHANNEL, "a note", [], thread=doubles[0])
    scene.clock.forward(seconds=AFTER_LEASE)

    shown = scene.show(ACKNOWLEDGED)

    assert shown.slack.handle == scene.only_message()["ts"] == first
    assert said(scene) == "acknowledged"


def test_messages_that_are_not_this_bulletin_are_left_alone(scene: Scene) -> None:
    others = [
        altered(scene.bulletin, episode="ep-before"),
        altered(scene.bulletin, cluster=ELSEWHERE),
        altered(scene.bulletin, cluster=replace(CLUSTER, name="prod-payments-2")),
    ]
    client = scene.slack.client()
    for other in others:
        message = render(
            compose(other.episode, [incident(cluster=other.cluster, episode=other.episode)]), other.episode
        )
        client.post(CHANNEL, message.text, message.blocks, message.attachments, message.metadata)
    client.post("C0SECOND1", "x", [], metadata=scene.message(OPEN).metadata)
    scene.slack.chat(3)
    scene.clock.forward(seconds=AFTER_LEASE)

    shown = scene.show()

    bulletins = [one["metadata"]["event_payload"]["bulletin"] for one in scene.slack.messages() if one["metadata"]]
    assert bulletins == [other.id for other in others] + [shown.id]
    assert len(scene.slack.messages("C0SECOND1")) == 1


def test_nobody_elses_word_is_taken_for_ours(scene: Scene) -> None:
    conversation = scene.slack.workspace.conversation(CHANNEL)
    assert conversation is not None
    scene.slack.workspace.add(
        conversation, ALICE, slack_content.Content("mine!", metadata=dict(scene.message(OPEN).metadata))
    )
    scene.clock.forward(seconds=AFTER_LEASE)

    shown = scene.show()

    assert ours(scene) == [shown.slack.handle]
    assert len(scene.slack.messages()) == 2


@pytest.mark.parametrize(("passed", "left"), [(3, 8), (4, 7), (9.5, 1)])
def test_while_somebody_may_still_be_posting_nobody_else_does(scene: Scene, passed: float, left: int) -> None:
    scene.clock.forward(seconds=passed - EDIT_GAP.seconds)
    before = scene.bulletin

    with pytest.raises(NotNow) as caught:
        scene.show()

    assert caught.value.seconds == left
    assert scene.slack.messages() == []
    assert scene.bulletin == before


def test_of_two_who_come_after_the_lease_one_posts(scene: Scene) -> None:
    scene.clock.forward(seconds=AFTER_LEASE)
    content = compose(scene.bulletin.episode, OPEN)
    late = scene.bulletin
    scene.show()

    with pytest.raises((Conflict, NotNow)):
        told(scene.publisher, late, content)

    assert scene.bulletin.slack.handle == scene.only_message()["ts"]


@pytest.mark.parametrize("method", ["conversations.history", "auth.test"])
@pytest.mark.parametrize("kind", ["server_error", "ratelimit", "lost_answer"])
def test_who_cannot_read_what_was_posted_posts_nothing(scene: Scene, method: str, kind: str) -> None:
    scene.post_and_die()
    scene.clock.forward(seconds=AFTER_LEASE)
    scene.slack.fault(method, kind)

    with pytest.raises(SlackError):
        scene.show()
    assert scene.bulletin.slack.handle == ""
    scene.clock.forward(seconds=AFTER_LEASE)
    scene.show()

    assert scene.bulletin.slack.handle == scene.only_message()["ts"]


@pytest.mark.parametrize("posted", [True, False], ids=["posted", "not posted"])
def test_a_busy_channel_does_not_hide_what_was_posted(scene: Scene, posted: bool) -> None:
    ts = scene.post_and_die() if posted else ""
    for _ in range(4):
        scene.clock.forward(minutes=10)
        scene.slack.chat(400)

    shown = scene.show()

    assert ours(scene) == [shown.slack.handle]
    assert not posted or shown.slack.handle == ts


def test_doubt_after_doubt_in_a_busy_channel_ends_in_one_message(scene: Scene) -> None:
    """Each doubt is settled by the next who comes: nobody must read the channel since the first one."""
    for _ in range(3):
        scene.clock.forward(minutes=10)
        scene.slack.chat(600)
        scene.slack.fault("chat.postMessage", "server_error")
        with pytest.raises(InDoubt):
            scene.show()
    scene.clock.forward(minutes=10)
    scene.slack.fault("chat.postMessage", "lost_answer")
    with pytest.raises(InDoubt):
        scene.show()
    (posted,) = ours(scene)
    scene.clock.forward(minutes=10)
    scene.slack.chat(1_200)

    assert scene.show().slack.handle == posted
    assert ours(scene) == [posted]


def test_the_lease_is_over_on_the_dot(scene: Scene) -> None:
    scene.clock.forward(seconds=(LEASE - EDIT_GAP).total_seconds())

    assert scene.show().slack.handle == scene.only_message()["ts"]


def test_a_doubt_that_names_no_lease_is_settled_all_the_same(scene: Scene) -> None:
    ts = scene.post_and_die()
    scene.store.keep(altered(scene.bulletin, lease_until=None))

    shown = scene.show(ACKNOWLEDGED)

    assert shown.slack.handle == scene.only_message()["ts"] == ts
    assert said(scene) == "acknowledged"


def test_who_comes_minutes_late_leaves_alone_what_another_has_posted_since(scene: Scene) -> None:
    late = scene.bulletin
    scene.clock.forward(minutes=5)
    scene.show()

    with pytest.raises(Conflict):
        told(scene.publisher, late, compose(late.episode, RESOLVED))

    assert said(scene) == "open"


# Finding out, and posting nothing


@pytest.mark.parametrize("posts", [0, 1, 2])
def test_it_is_found_out_whether_a_post_in_doubt_stands_and_nothing_is_posted(scene: Scene, posts: int) -> None:
    posted = [scene.post_and_die() for _ in range(posts)]
    scene.store.keep(altered(scene.bulletin, shown="what was drawn before"))
    scene.clock.forward(seconds=AFTER_LEASE)

    found = scene.publisher.find(scene.bulletin)

    assert ours(scene) == posted[:1]
    assert (found.slack.handle, found.slack.shown) == (posted[0] if posted else "", "")
    assert (found.slack.doubt_since, found.slack.lease_until) == (None, None)
    assert scene.bulletin == found


def test_nothing_is_found_out_while_somebody_may_still_be_posting(scene: Scene) -> None:
    before = scene.bulletin

    with pytest.raises(NotNow, match="a post of this message may be under way"):
        scene.publisher.find(before)

    assert scene.bulletin == before


# When Slack says no


def test_a_rate_limit_is_waited_out_and_ends_in_one_message(scene: Scene) -> None:
    scene.slack.fault("chat.postMessage", "ratelimit", retry_after=30)

    with pytest.raises(NotNow) as caught:
        scene.show(first=True)
    assert caught.value.seconds == 30
    scene.clock.forward(seconds=30)
    scene.show()

    assert scene.bulletin.slack.handle == scene.only_message()["ts"]


@pytest.mark.parametrize("first", [True, False])
def test_after_a_rate_limit_nothing_is_in_doubt(scene: Scene, first: bool) -> None:
    """In a storm every bulletin meets it; waiting out leases and reading the channel would make it last for hours."""
    if not first:
        scene.clock.forward(seconds=AFTER_LEASE)
    scene.slack.fault("chat.postMessage", "ratelimit", retry_after=1)
    with pytest.raises(NotNow):
        scene.show(first=first)
    scene.slack.fault("conversations.history", "server_error")

    scene.clock.forward(seconds=1)
    scene.show()

    assert scene.bulletin.slack.handle == scene.only_message()["ts"]


@pytest.mark.parametrize("kind", ["ratelimit", "server_error", "lost_answer"])
def test_an_edit_that_fails_is_made_up_for(scene: Scene, kind: str) -> None:
    scene.show(first=True)
    scene.slack.fault("chat.update", kind)

    with pytest.raises(SlackError):
        scene.show(ACKNOWLEDGED)
    scene.show(ACKNOWLEDGED)

    assert said(scene) == "acknowledged"
    assert scene.bulletin.slack.shown == scene.message(ACKNOWLEDGED).digest


def test_an_edit_whose_answer_is_lost_is_undone_where_all_is_as_it_was_before(scene: Scene) -> None:
    scene.show(first=True)
    scene.slack.fault("chat.update", "lost_answer")

    with pytest.raises(InDoubt):
        scene.show(ACKNOWLEDGED)
    assert (said(scene), scene.bulletin.slack.shown) == ("acknowledged", "")
    scene.show(OPEN)

    assert said(scene) == "open"


@pytest.mark.parametrize(
    ("channel", "word"),
    [("C0NOWHERE", "channel_not_found"), ("C0PUBLIC1", "not_in_channel"), ("C0ARCHIVE", "is_archived")],
)
def test_a_channel_nobody_can_post_to_is_told(
    store: Store, slack: SlackSide, clock: Clock, channel: str, word: str
) -> None:
    shown = store.keep(bulletin(channel=channel, handle="", doubt_since=NOON, lease_until=NOON + LEASE))
    content = compose(shown.episode, OPEN)

    with pytest.raises(Rejected, match=word):
        told(Publisher(slack.client, store, clock), shown, content, first=True)

    assert store.bulletin(CLUSTER) == altered(shown, doubt_since=None, lease_until=None, version=2)


def test_a_message_that_somebody_deleted_is_posted_anew(scene: Scene) -> None:
    scene.slack.client().delete(CHANNEL, scene.show(first=True).slack.handle)
    scene.clock.forward(minutes=5)

    shown = scene.show(ACKNOWLEDGED)

    assert shown.slack.handle == scene.only_message()["ts"]
    assert said(scene) == "acknowledged"


def test_what_is_posted_anew_is_one_message_though_its_answer_is_lost(scene: Scene) -> None:
    scene.slack.client().delete(CHANNEL, scene.show(first=True).slack.handle)
    scene.clock.forward(minutes=5)
    scene.slack.fault("chat.postMessage", "lost_answer")

    with pytest.raises(InDoubt):
        scene.show(ACKNOWLEDGED)
    scene.clock.forward(seconds=AFTER_LEASE)
    shown = scene.show(ACKNOWLEDGED)

    assert shown.slack.handle == scene.only_message()["ts"]


def test_what_is_quiet_is_not_posted_anew(scene: Scene) -> None:
    scene.slack.client().delete(CHANNEL, scene.show(first=True).slack.handle)
    scene.clock.forward(minutes=5)
    before = scene.bulletin

    shown = scene.publisher.show(before, Saying(scene.message(RESOLVED), quiet=True), leased=False)

    assert scene.slack.messages() == []
    assert shown.slack.handle == before.slack.handle
    assert shown.slack.shown == scene.message(RESOLVED).digest


OLD, NEW = "G0SHORE001", "C0SHORE001"


def test_a_message_is_posted_and_edited_where_slack_says_that_its_channel_is_by_now(scene: Scene) -> None:
    """An old private channel is made one to be shared, and has another id than the policy knows."""
    scene.slack.workspace.create(Channel(OLD, "shore", private=True))
    scene.store.keep(altered(scene.bulletin, channel=OLD))
    scene.slack.workspace.convert(OLD)

    posted = scene.show(first=True)
    edited = scene.show(ACKNOWLEDGED)

    (message,) = scene.slack.messages(NEW)
    assert message["metadata"]["event_payload"]["state"] == "acknowledged"
    assert [(one.slack.address, one.slack.at, one.slack.handle) for one in (posted, edited)] == [
        (OLD, NEW, message["ts"])
    ] * 2
    assert scene.bulletin == edited


def test_where_the_channel_is_what_the_policy_calls_it_nothing_else_is_noted(scene: Scene) -> None:
    assert scene.show(first=True).slack.at == ""
    scene.store.keep(altered(scene.bulletin, at=CHANNEL))

    assert scene.show(ACKNOWLEDGED).slack.at == scene.bulletin.slack.at == ""


class Closed(Slack):
    """Slack for a bot that may edit nothing any more, and so may post and delete."""

    word = ""

    def update(self, *_parts: object, **_more: object) -> NoReturn:
        raise Rejected(f"chat.update: {self.word}", self.word)


@pytest.mark.parametrize("word", ["edit_window_closed", "cant_update_message"])
def test_what_may_not_be_edited_any_more_is_said_anew(scene: Scene, word: str) -> None:
    first = scene.show(first=True)
    scene.clock.forward(minutes=5)
    closed = Closed(BOT_TOKEN, scene.slack.api_url)
    closed.word = word
    scene.client = lambda: closed

    shown = scene.show(ACKNOWLEDGED)

    assert shown.slack.handle != first.slack.handle
    assert [message["ts"] for message in scene.slack.messages()] == [first.slack.handle, shown.slack.handle]


def test_what_may_not_be_edited_any_more_is_said_anew_though_it_was_in_doubt_once(scene: Scene) -> None:
    first = scene.show(first=True)
    scene.store.keep(altered(scene.bulletin, doubt_since=NOON))
    scene.clock.forward(minutes=5)
    closed = Closed(BOT_TOKEN, scene.slack.api_url)
    closed.word = "edit_window_closed"
    scene.client = lambda: closed

    shown = scene.show(ACKNOWLEDGED)

    assert ours(scene) == [first.slack.handle, shown.slack.handle]


@pytest.mark.parametrize("step", [[], [entry("step", at=NOON + SECOND)]], ids=["", "with a note"])
def test_what_one_who_was_overtaken_has_drawn_does_not_last(scene: Scene, step: list[Entry]) -> None:
    scene.show(first=True)
    old = scene.bulletin
    scene.show(ACKNOWLEDGED)
    scene.log(*step)
    content = compose(old.episode, RESOLVED)

    with pytest.raises(Conflict):
        told(scene.publisher, old, content)
    scene.show(ACKNOWLEDGED)

    assert said(scene) == "acknowledged"
    assert scene.bulletin.episode.closed is False


class Overtaken(Slack):
    """Slack for a look that takes so long over a post or an edit that somebody else writes meanwhile."""

    def __init__(self, url: str, meanwhile: Callable[[], object]) -> None:
        super().__init__(BOT_TOKEN, url)
        self._meanwhile = meanwhile

    def put(self, *arguments: Any, **more: Any) -> Placed:
        placed = super().put(*arguments, **more)
        self._meanwhile()
        return placed

    def update(self, *arguments: Any) -> str:
        channel = super().update(*arguments)
        self._meanwhile()
        return channel


@pytest.mark.parametrize("incidents", [ACKNOWLEDGED, RESOLVED], ids=["goes on", "is over"])
def test_what_was_drawn_over_what_somebody_else_has_written_is_drawn_again(
    scene: Scene, incidents: list[Incident]
) -> None:
    scene.show(first=True)
    scene.client = lambda: Overtaken(
        scene.slack.api_url, lambda: scene.store.keep(altered(scene.bulletin, shown="newer", closed=True))
    )

    with pytest.raises(Conflict):
        scene.show(incidents)

    # Slack shows what is older than what is on record, and nobody may take it for the newest.
    assert (scene.bulletin.slack.shown, scene.bulletin.episode.closed) == ("", False)
    scene.client = scene.slack.client
    scene.show(OPEN)
    assert said(scene) == "open"
    assert scene.bulletin.slack.shown == scene.message(OPEN).digest


TAKEN = Acknowledgement(BOB, NOON, Extent(1, ("eu-west-1a",)))


def test_who_acknowledges_while_the_message_is_posted_stands_on_record_beside_it(scene: Scene) -> None:
    scene.client = lambda: Overtaken(
        scene.slack.api_url, lambda: scene.store.keep(altered(scene.bulletin, acknowledged=TAKEN))
    )

    shown = scene.show(first=True)

    assert scene.bulletin == shown
    assert shown.episode.acknowledged == TAKEN
    assert (shown.slack.handle, shown.slack.doubt_since) == (scene.only_message()["ts"], None)
    assert said(scene) == "open"  # the look that the acknowledgement has asked for draws the rest


def test_who_acknowledges_while_the_thread_is_told_has_it_told_once(scene: Scene) -> None:
    scene.show(first=True)
    scene.log(STEPS[0])
    shown = scene.show(ACKNOWLEDGED)
    scene.log(STEPS[1])
    untold = scene.store.keep(altered(shown, untold=True))
    scene.client = lambda: Overtaken(
        scene.slack.api_url, lambda: scene.store.keep(altered(scene.bulletin, acknowledged=TAKEN))
    )

    told(scene.publisher, untold, compose(untold.episode, ACKNOWLEDGED))
    scene.client = scene.slack.client
    scene.show(ACKNOWLEDGED)

    assert steps(scene) == [["step 1"], ["step 2"]]
    assert scene.bulletin.episode.acknowledged == TAKEN


def test_a_storm_that_is_acknowledged_while_it_is_drawn_is_both(scene: Scene) -> None:
    storm = scene.store.keep(Storm(CHANNEL, CLUSTER.region, "st-1", NOON, NOON, ts="1795175700.000100", shown="old"))
    assert isinstance(storm, Storm)
    scene.store.keep(replace(storm, acknowledged=TAKEN))

    kept = scene.publisher.write(storm, replace(storm, shown="drawn"))

    assert kept == replace(storm, shown="drawn", acknowledged=TAKEN, version=storm.version + 2)
    assert scene.store.storm(CHANNEL, CLUSTER.region) == kept


def test_who_was_overtaken_and_has_drawn_nothing_leaves_what_is_on_record(scene: Scene) -> None:
    shown = scene.show(first=True)
    newest = scene.store.keep(altered(scene.bulletin, shown="newer", closed=True))

    with pytest.raises(Conflict):
        scene.publisher.write(shown, altered(shown, noted="log#later"))

    assert scene.bulletin == newest


def test_who_writes_what_is_on_no_record_any_more_has_nothing_to_draw_again(scene: Scene) -> None:
    gone = bulletin(cluster=ELSEWHERE, version=3)

    with pytest.raises(Conflict):
        scene.publisher.write(gone, altered(gone, shown="drawn"))

    assert scene.store.bulletin(ELSEWHERE) is None


def test_a_storm_that_was_drawn_over_what_somebody_else_has_written_is_drawn_again(scene: Scene) -> None:
    storm = scene.store.keep(Storm(CHANNEL, CLUSTER.region, "st-1", NOON, NOON, ts="1795175700.000100", shown="old"))
    newest = scene.store.keep(replace(storm, shown="newer").ended(NOON))
    assert isinstance(storm, Storm)
    assert isinstance(newest, Storm)

    with pytest.raises(Conflict):
        scene.publisher.write(storm, replace(storm, shown="drawn"))

    again = replace(newest, shown="", closed=False, version=newest.version + 1)
    assert scene.store.storm(CHANNEL, CLUSTER.region) == again
    assert scene.store.open_storms() == [again]


# The budget of edits


def many(store: Store, slack: SlackSide, count: int) -> list[Bulletin]:
    """So many bulletins that Slack shows."""
    shown = []
    for number in range(count):
        one = bulletin(cluster=replace(CLUSTER, name=f"c-{number:03}"), noted=f"log#{NOON.isoformat()}")
        message = render(compose(one.episode, [incident(cluster=one.cluster)]), one.episode)
        slack.workspace.budgets.on = False
        ts = slack.client().post(CHANNEL, message.text, message.blocks, message.attachments, message.metadata)
        shown.append(store.keep(altered(one, handle=ts, shown=message.digest)))
    slack.workspace.budgets.on = True
    return shown


def acknowledged(one: Bulletin, by: str = ALICE) -> Content:
    mine = [incident(state=State.ACKNOWLEDGED, cluster=one.cluster, acknowledged_by=by)]
    return compose(one.episode, mine)


def use_up(store: Store, clock: Clock, *, but: int = 0) -> None:
    """Others have made this minute's edits, all or but some."""
    for _ in range(EDITS_A_MINUTE - but):
        store.spend("chat.update", clock())


def edits(slack: SlackSide) -> int:
    return sum(message["edited"] is not None for message in slack.messages())


def test_the_46th_edit_of_a_minute_is_put_off_into_the_next_and_each_to_a_moment_of_its_own(
    store: Store, slack: SlackSide, clock: Clock
) -> None:
    publisher, late = Publisher(slack.client, store, clock), []
    clock.forward(seconds=20)
    use_up(store, clock, but=3)

    for one in many(store, slack, 3 + 20):
        try:
            told(publisher, one, acknowledged(one))
        except NotNow as error:
            late.append(error.seconds)

    assert edits(slack) == 3
    assert len(late) == 20
    assert late == sorted(late)
    assert all(40 <= seconds < 100 for seconds in late)
    assert max(late.count(seconds) for seconds in late) <= 2


def test_what_is_put_off_is_dropped_by_nobody_and_shows_the_newest_state(
    store: Store, slack: SlackSide, clock: Clock
) -> None:
    """Each comes back when it was told to, and draws what is true by then; Slack's own limit is never met."""
    publisher, shown = Publisher(slack.client, store, clock), many(store, slack, EDITS_A_MINUTE + 15)
    due = {one.cluster: clock.seconds() for one in shown}
    began, newest, refusals = clock.seconds(), BOB, set[str]()
    while due:
        cluster = min(due, key=lambda each: (due[each], each))
        clock.forward(seconds=max(due.pop(cluster) - clock.seconds(), 0))
        assert clock.seconds() - began < 300
        one = store.bulletin(cluster)
        assert one is not None
        try:
            told(publisher, one, acknowledged(one, newest))
        except NotNow as error:
            refusals.add(str(error))
            due[cluster] = clock.seconds() + error.seconds

    assert refusals == {"this minute's edits are used up"}
    assert edits(slack) == EDITS_A_MINUTE + 15
    assert {one["metadata"]["event_payload"]["state"] for one in slack.messages()} == {"acknowledged"}
    assert clock.seconds() - began <= 120


def test_an_edit_that_a_person_waits_for_is_not_held_up(store: Store, slack: SlackSide, clock: Clock) -> None:
    publisher = Publisher(slack.client, store, clock)
    (one,) = many(store, slack, 1)
    use_up(store, clock)

    shown = told(publisher, one, acknowledged(one), urgent=True)
    again = told(publisher, shown, acknowledged(one, BOB), urgent=True)

    assert again.slack.shown != shown.slack.shown != one.slack.shown
    assert edits(slack) == 1


def test_the_next_minute_has_a_budget_of_its_own(store: Store, slack: SlackSide, clock: Clock) -> None:
    publisher = Publisher(slack.client, store, clock)
    clock.forward(seconds=59)
    (one,) = many(store, slack, 1)
    use_up(store, clock)
    with pytest.raises(NotNow):
        told(publisher, one, acknowledged(one))

    clock.forward(seconds=1)

    told(publisher, one, acknowledged(one))
    assert edits(slack) == 1


@pytest.mark.parametrize(("place", "seconds"), [(1, 40), (2, 41), (45, 98), (46, 100), (47, 101), (90, 158), (91, 160)])
def test_how_long_an_edit_waits_is_told_by_how_many_wait_before_it(
    store: Store, slack: SlackSide, clock: Clock, place: int, seconds: int
) -> None:
    clock.forward(seconds=20)
    (one,) = many(store, slack, 1)
    use_up(store, clock)
    for _ in range(place - 1):
        store.spend("chat.update", clock())

    with pytest.raises(NotNow, match="this minute's edits are used up") as caught:
        told(Publisher(slack.client, store, clock), one, acknowledged(one))

    assert caught.value.seconds == seconds


def test_why_a_second_edit_waits_is_said(scene: Scene) -> None:
    shown = scene.show(first=True)

    with pytest.raises(NotNow, match="this message was edited a moment ago"):
        scene.publisher.show(shown, Saying(scene.message(ACKNOWLEDGED)), leased=False)


def test_nothing_is_spent_where_nothing_changes(scene: Scene) -> None:
    scene.show(first=True)
    for _ in range(EDITS_A_MINUTE + 5):
        scene.show()

    assert scene.store.spend("chat.update", scene.clock()) == 1


@pytest.mark.parametrize(("passed", "waits"), [(0, True), (2.9, True), (3, False)])
def test_two_edits_of_a_message_within_three_seconds_are_one(scene: Scene, passed: float, waits: bool) -> None:
    scene.show(first=True)
    scene.show(ACKNOWLEDGED)
    scene.clock.forward(seconds=passed - EDIT_GAP.seconds)

    if waits:
        with pytest.raises(NotNow) as caught:
            scene.show(RESOLVED)
        assert caught.value.seconds == EDIT_GAP.seconds
        assert said(scene) == "acknowledged"
        assert scene.bulletin.episode.closed is False
    else:
        assert scene.show(RESOLVED).episode.closed


def test_as_long_as_slack_asks_nothing_is_edited(scene: Scene) -> None:
    scene.show(first=True)
    scene.slack.fault("chat.update", "ratelimit", retry_after=42)

    with pytest.raises(NotNow) as caught:
        scene.show(ACKNOWLEDGED)

    assert caught.value.seconds == 42
    assert said(scene) == "open"


# In a thread of a storm


def in_thread(scene: Scene) -> str:
    """The bulletin was begun in a storm's thread, in doubt."""
    thread = scene.slack.client().post(CHANNEL, "a storm", [])
    scene.store.keep(altered(scene.bulletin, thread=thread, storm="storm", aside=True))
    return thread


def replies_of(scene: Scene, thread: str) -> list[dict[str, Any]]:
    (message,) = [one for one in scene.slack.messages() if one["ts"] == thread]
    return list(message["replies"])


@pytest.mark.parametrize("posted", [True, False], ids=["posted", "not posted"])
def test_a_post_in_a_storms_thread_that_is_in_doubt_is_found_there(scene: Scene, posted: bool) -> None:
    thread = in_thread(scene)
    message = scene.message(OPEN)
    parts = (message.text, message.blocks, message.attachments, message.metadata, thread)
    before = [scene.slack.client().post(CHANNEL, *parts) for _ in range(2)] if posted else []
    scene.clock.forward(seconds=AFTER_LEASE)

    shown = scene.show(ACKNOWLEDGED)

    (reply,) = [one for one in replies_of(scene, thread) if one["metadata"]]
    assert reply["ts"] == shown.slack.handle
    assert reply["metadata"]["event_payload"]["state"] == "acknowledged"
    assert not before or shown.slack.handle == before[0]
    assert len(scene.slack.messages()) == 1


def test_in_a_storms_thread_only_what_people_do_is_worth_a_line(scene: Scene) -> None:
    thread = in_thread(scene)
    scene.log(entry("resolved", at=NOON + SECOND, who=""), entry("asked", at=NOON + 2 * SECOND))
    scene.clock.forward(seconds=AFTER_LEASE)

    scene.show(ACKNOWLEDGED)

    assert [one["text"] for one in replies_of(scene, thread) if not one["metadata"]] == [
        note(entry("asked", at=NOON + 2 * SECOND))[0]
    ]


def test_in_a_storms_thread_who_has_to_hear_of_something_and_what_has_grown_is_worth_a_line_too(scene: Scene) -> None:
    thread = in_thread(scene)
    worth = [
        entry("request withdrawn", at=NOON + SECOND, who="", mentions=(BOB,)),
        entry(GROWN, at=NOON + 2 * SECOND, who=""),
    ]
    scene.log(*worth, entry("resolved", at=NOON + 3 * SECOND, who=""))
    scene.clock.forward(seconds=AFTER_LEASE)

    scene.show(ACKNOWLEDGED)

    (notes_of_it,) = [one["text"] for one in replies_of(scene, thread) if not one["metadata"]]
    assert notes_of_it.splitlines() == [note(one)[0] for one in worth]


def test_what_stands_in_a_thread_is_told_by_bulletin_and_doubles_are_deleted(scene: Scene) -> None:
    thread = in_thread(scene)
    others = [altered(scene.bulletin, cluster=replace(CLUSTER, name=f"c-{number}")) for number in range(3)]
    posted: dict[str, str] = {}
    for one in (*others, others[1]):
        message = render(compose(one.episode, [incident(cluster=one.cluster)]), one.episode)
        ts = scene.slack.client().post(
            CHANNEL, message.text, message.blocks, message.attachments, message.metadata, thread
        )
        posted.setdefault(one.id, ts)
    scene.slack.client().post(CHANNEL, "a note", [], thread=thread)

    assert scene.publisher.posted_in(CHANNEL, thread, NOON) == posted
    assert len(replies_of(scene, thread)) == 4


# What the thread says


WHERE = f"Acknowledged: ECS agent disconnected on 1 instance: `{CLUSTER.name}` in eu-west-1, account 222233334444."
WITHDRAWN = entry("request withdrawn", at=NOON + SECOND, aloud=True, mentions=(BOB,), where="")


def address(shown: Bulletin) -> str:
    """Where a person who follows the message's link comes to."""
    return f"https://{TEAM.domain}.slack.com/archives/{CHANNEL}/p{shown.slack.handle.replace('.', '')}"


def heard(scene: Scene) -> list[tuple[str, bool]]:
    """What the channel hears besides the message itself, and whether it stands in a thread, too."""
    return [(one["text"], one["thread_ts"] is not None) for one in scene.slack.messages() if not one["metadata"]]


def test_who_is_called_in_the_channel_is_told_what_it_is_about_and_where_the_message_is(scene: Scene) -> None:
    shown = scene.show(first=True)
    scene.log(WITHDRAWN)

    scene.show(ACKNOWLEDGED)

    line = f"<@{BOB}> <@{ALICE}> *request withdrawn*: {WHERE} <{address(shown)}|Open the message>"
    assert heard(scene) == [(line, True)]


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(entry("reopened", at=NOON + SECOND, who="", aloud=True), id="aloud, and concerns nobody"),
        pytest.param(entry("asked", at=NOON + SECOND, mentions=(BOB,)), id="concerns Bob, in the thread alone"),
    ],
)
def test_where_nobody_is_called_in_the_channel_slack_is_not_asked_for_an_address(scene: Scene, one: Entry) -> None:
    shown = scene.show(first=True)
    scene.log(one)
    scene.slack.fault("auth.test", "word", word="fatal_error")

    scene.show(ACKNOWLEDGED)

    assert scene.slack.replies() == [note(one, compose(shown.episode, ACKNOWLEDGED))[0]]
    assert "Open the message" not in scene.slack.replies()[0]
    assert scene.slack.workspace.faults.take("auth.test")  # nobody has met it


def test_a_call_whose_address_slack_does_not_tell_is_said_without_it(
    scene: Scene, log_lines: Callable[[], list[Json]]
) -> None:
    scene.show(first=True)
    scene.log(WITHDRAWN)
    scene.slack.fault("auth.test", "word", word="fatal_error")

    scene.show(ACKNOWLEDGED)

    assert heard(scene) == [(f"<@{BOB}> <@{ALICE}> *request withdrawn*: {WHERE}", True)]
    (line,) = [each for each in log_lines() if each["message"] == "permalink.untold"]
    assert (line["level"], line["channel"]) == ("WARNING", CHANNEL)
    assert "fatal_error" in line["error"]


def test_a_note_that_a_thread_does_not_take_is_said_to_the_channel_only_if_it_is_aloud(scene: Scene) -> None:
    shown = scene.show(first=True)
    scene.slack.fault("chat.postMessage", "word", word="thread_not_found", replies=True, times=2)
    scene.log(STEPS[0])
    scene.show(ACKNOWLEDGED)
    assert heard(scene) == []

    aloud = entry("reopened", at=NOON + 2 * SECOND, who="", aloud=True)
    scene.log(aloud)
    scene.show(OPEN)

    line, _ = note(aloud, compose(shown.episode, OPEN))
    assert heard(scene) == [(line, False)]
    (message,) = [one for one in scene.slack.messages() if not one["metadata"]]
    assert [each["text"] for each in texts(message["blocks"])] == [line]
    assert scene.slack.replies() == []


def test_a_call_in_a_channel_that_is_lost_is_not_tried_there_a_second_time(scene: Scene) -> None:
    scene.show(first=True)
    scene.log(WITHDRAWN)
    scene.slack.fault("chat.postMessage", "word", word="is_archived")

    with pytest.raises(Rejected, match="is_archived"):
        scene.show(ACKNOWLEDGED)

    assert heard(scene) == []
    assert scene.bulletin.slack.untold


def test_many_calls_at_once_are_split_so_that_slack_takes_each_post(scene: Scene) -> None:
    """Each repeats what it is about, which is longer than what was logged."""
    thread, counted = scene.slack.client().post(CHANNEL, "a bulletin", []), list[tuple[str, int]]()
    noted, name = f"log#{NOON.isoformat()}", "p" * 50
    one = scene.store.keep(bulletin(cluster=LONGEST, account_name=name, handle=thread, untold=True, noted=noted))
    assert isinstance(one, Bulletin)
    for number in range(1, 21):
        scene.store.log(LONGEST, replace(WITHDRAWN, at=NOON + number * SECOND, result="x" * 180))
    publisher = Publisher(scene.client, scene.store, scene.clock, lambda *what: counted.append(what))

    for _ in range(20):
        one = publisher.narrate(one, compose(one.episode, [incident(cluster=LONGEST)]))

    assert sum(reply.count("request withdrawn") for reply in scene.slack.replies()) == 20
    assert (one.slack.untold, counted) == (False, [])  # and nothing was refused


@pytest.mark.parametrize("aloud", [True, False])
def test_what_is_said_aloud_is_shown_in_the_channel_too(scene: Scene, aloud: bool) -> None:
    ts = scene.show(first=True).slack.handle
    scene.log(entry("reopened", at=NOON + SECOND, who="", aloud=aloud))

    scene.show(ACKNOWLEDGED)

    shown = [message["text"] for message in scene.slack.messages() if message["thread_ts"] == ts]
    assert len(shown) == (1 if aloud else 0)
    assert len(scene.slack.replies()) == 1


STEPS = [entry(f"step {number}", at=NOON + number * SECOND, who="") for number in range(1, 51)]


def steps(scene: Scene) -> list[list[str]]:
    """The steps that each post in the thread names."""
    return [[line.split("*")[1] for line in reply.splitlines()] for reply in scene.slack.replies()]


def test_the_thread_says_what_was_logged_in_its_order(scene: Scene) -> None:
    scene.show(first=True)
    quiet = entry("refused", at=NOON + 3 * SECOND, quiet=True)
    scene.log(STEPS[4], quiet, STEPS[0], STEPS[1])

    scene.show(ACKNOWLEDGED)

    assert steps(scene) == [["step 1", "step 2", "step 5"]]  # in one post
    assert scene.bulletin.slack.noted == STEPS[4].key


def test_something_is_untold_if_the_log_has_got_it_since_and_it_is_not_quiet(scene: Scene) -> None:
    shown, told = scene.show(first=True), list[bool]()
    for one in ([], [entry("refused", at=NOON + SECOND, quiet=True)], [STEPS[4]]):
        scene.log(*one)
        told.append(scene.publisher.untold(shown))

    assert told == [False, False, True]


def test_where_nothing_is_left_to_be_said_the_thread_stays_silent(scene: Scene) -> None:
    """Somebody else has said it, and this one has read that it was untold."""
    shown = scene.show(first=True)
    quiet = entry("refused", at=NOON + SECOND, quiet=True)
    scene.log(quiet)

    silent = scene.publisher.narrate(altered(shown, untold=True), compose(shown.episode, OPEN))

    assert scene.slack.replies() == []
    assert (silent.slack.noted, silent.slack.untold) == (quiet.key, False)


def test_what_is_quiet_after_the_last_note_is_read_once(scene: Scene) -> None:
    scene.show(first=True)
    quiet = entry("refused", at=NOON + 3 * SECOND, quiet=True)
    scene.log(STEPS[0], quiet)

    assert scene.show(ACKNOWLEDGED).slack.noted == quiet.key
    assert steps(scene) == [["step 1"]]


def test_what_was_logged_before_the_first_post_is_said_in_its_thread(scene: Scene) -> None:
    scene.log(STEPS[0])
    scene.clock.forward(seconds=AFTER_LEASE)

    scene.show()

    assert len(scene.slack.replies()) == 1
    assert len(scene.slack.messages()) == 1


def test_nothing_is_said_twice(scene: Scene) -> None:
    scene.show(first=True)
    for incidents, step in ((ACKNOWLEDGED, STEPS[0]), (OPEN, STEPS[1]), (RESOLVED, STEPS[2])):
        scene.log(step)
        scene.show(incidents)
        scene.show(incidents)

    assert steps(scene) == [["step 1"], ["step 2"], ["step 3"]]


def test_what_was_logged_in_an_earlier_episode_is_not_said(store: Store, slack: SlackSide, clock: Clock) -> None:
    store.log(CLUSTER, entry("long ago", at=NOON - timedelta(hours=1)))
    scene = Scene(store, slack, clock, slack.client)
    scene.begin()

    scene.show(first=True)

    assert slack.replies() == []


def test_a_backlog_of_notes_is_one_post_or_few(scene: Scene) -> None:
    scene.show(first=True)
    scene.log(*STEPS)

    scene.show(RESOLVED)

    assert [len(post) for post in steps(scene)] == [20, 20, 10]
    assert [step for post in steps(scene) for step in post] == [f"step {number}" for number in range(1, 51)]
    assert said(scene) == "resolved"
    assert scene.bulletin.episode.closed


def test_of_a_backlog_each_post_that_slack_has_taken_is_said_once(scene: Scene) -> None:
    """Slack takes a post a second: what comes after the first one waits, and that one stays said."""
    scene.show(first=True)
    scene.log(*STEPS)
    scene.clock.forward(seconds=EDIT_GAP.seconds)
    scene.slack.workspace.budgets.on = True

    for left in (1, 1, 0):
        with pytest.raises(NotNow) if left else nullcontext():
            scene.show(RESOLVED)

    assert [len(post) for post in steps(scene)] == [20, 20, 10]
    assert [step for post in steps(scene) for step in post] == [f"step {number}" for number in range(1, 51)]
    assert (scene.bulletin.slack.untold, scene.bulletin.episode.closed) == (False, True)


@pytest.mark.parametrize("word", ["ratelimited", "message_limit_exceeded", "external_channel_migrating"])
def test_what_the_message_shows_is_noted_though_its_thread_has_to_wait(scene: Scene, word: str) -> None:
    scene.show(first=True)
    scene.log(*STEPS[:3])
    scene.slack.fault("chat.postMessage", "word", word=word, times=2)

    for _ in range(2):
        with pytest.raises(NotNow):
            scene.show(RESOLVED)
        kept = scene.bulletin
        assert (kept.slack.shown, kept.slack.untold, kept.episode.closed) == (
            scene.message(RESOLVED).digest,
            True,
            False,
        )
        assert said(scene) == "resolved"
    edited = scene.only_message()["edited"]
    scene.show(RESOLVED)

    assert steps(scene) == [["step 1", "step 2", "step 3"]]
    assert scene.only_message()["edited"] == edited  # the message itself was right all the time
    assert (scene.bulletin.slack.untold, scene.bulletin.episode.closed) == (False, True)


@pytest.mark.parametrize(
    "word", ["cannot_reply_to_message", "thread_not_found", "restricted_action_non_threadable_channel", "msg_too_long"]
)
@pytest.mark.parametrize("incidents", [ACKNOWLEDGED, RESOLVED], ids=["goes on", "is over"])
def test_a_note_that_slack_refuses_holds_up_nothing(scene: Scene, word: str, incidents: list[Incident]) -> None:
    scene.show(first=True)
    scene.log(STEPS[0])
    scene.slack.fault("chat.postMessage", "word", word=word, replies=True)

    scene.show(incidents)
    scene.log(STEPS[1])
    shown = scene.show(OPEN)

    assert steps(scene) == [["step 2"]]
    assert shown == scene.bulletin
    assert scene.bulletin.slack.noted == STEPS[1].key


def test_a_note_that_slack_refuses_is_logged_and_counted_and_not_said_again(
    scene: Scene, log_lines: Callable[[], list[Json]]
) -> None:
    shown, counted = scene.show(first=True), list[tuple[str, int]]()
    scene.log(STEPS[0])
    scene.slack.fault("chat.postMessage", "word", word="thread_not_found", replies=True)
    publisher = Publisher(scene.client, scene.store, scene.clock, lambda *what: counted.append(what))

    narrated = publisher.narrate(altered(shown, untold=True), compose(shown.episode, OPEN))

    assert (narrated.slack.noted, narrated.slack.untold) == (STEPS[0].key, False)
    assert counted == [("unsaid", 1)]
    *_, line = log_lines()
    assert (line["message"], line["level"]) == ("notes.refused", "WARNING")
    assert (line["bulletin"], line["word"]) == (shown.id, "thread_not_found")


def test_a_note_in_a_channel_that_is_lost_is_the_callers_matter(scene: Scene) -> None:
    scene.show(first=True)
    scene.log(STEPS[0])
    scene.slack.fault("chat.postMessage", "word", word="is_archived")

    with pytest.raises(Rejected, match="is_archived"):
        scene.show(ACKNOWLEDGED)

    assert scene.bulletin.slack.untold


@pytest.mark.parametrize("first", [True, False], ids=["with the first post", "with an edit"])
def test_a_note_in_doubt_is_said_twice_at_worst(scene: Scene, first: bool) -> None:
    if not first:
        scene.show(first=True)
    scene.log(*STEPS[:3])
    scene.clock.forward(seconds=AFTER_LEASE)
    if first:
        scene.slack.fault("chat.postMessage", "slow", seconds=0.0)
    scene.slack.fault("chat.postMessage", "lost_answer")

    with pytest.raises(InDoubt):
        scene.show(ACKNOWLEDGED)
    scene.clock.forward(seconds=AFTER_LEASE)
    scene.show(ACKNOWLEDGED)

    assert steps(scene) == [["step 1", "step 2", "step 3"]] * 2
    assert scene.bulletin.slack.handle == scene.only_message()["ts"]


# Whatever happens, in whatever order


class Died(BaseException):
    """The function is gone, in the middle of its work."""


class Mortal(Slack):
    """A Slack client whose caller may die just before or just after anything it says to Slack."""

    def __init__(self, url: str, dies: Callable[[], bool]) -> None:
        super().__init__(BOT_TOKEN, url)
        self._dies = dies

    def _call(self, method: Callable[..., SlackResponse], **arguments: Any) -> Mapping[str, Any]:
        self._perhaps_die()
        answer = super()._call(method, **arguments)
        self._perhaps_die()
        return answer

    def _perhaps_die(self) -> None:
        if self._dies():
            raise Died


METHODS = ("chat.postMessage", "chat.update", "chat.delete", "conversations.history", "auth.test")


@pytest.mark.parametrize("seed", range(15))
def test_whatever_goes_wrong_there_is_one_message_in_the_end(scene: Scene, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    scene.client = lambda: Mortal(scene.slack.api_url, lambda: chance.random() < 0.1)
    scene.log(STEPS[0])
    for number, incidents in enumerate([OPEN, OPEN, OPEN, ACKNOWLEDGED, ACKNOWLEDGED, RESOLVED]):
        for _ in range(chance.randrange(3)):
            kind = chance.choice(["lost_answer", "server_error", "ratelimit"])
            scene.slack.fault(chance.choice(METHODS), kind, accepted=chance.random() < 0.5)
        with suppress(SlackError, Conflict, Died):
            scene.show(incidents, first=number == 0)
        scene.clock.forward(seconds=chance.choice([1, 5, 11, 60]))
    scene.slack.workspace.faults.clear()
    scene.client = scene.slack.client
    scene.clock.forward(seconds=60)

    shown = scene.bulletin if scene.bulletin.episode.closed else scene.show(RESOLVED)

    assert shown.episode.closed
    assert shown.slack.handle == scene.only_message()["ts"]
    assert said(scene) == str(Tone.RESOLVED)
    assert scene.slack.replies()
    assert set(scene.slack.replies()) == {note(STEPS[0])[0]}


def test_slack_is_asked_for_the_messages_address_by_the_post_that_shows_it_and_no_other(
    scene: Scene, log_lines: Callable[[], list[Json]]
) -> None:
    shown = scene.show(first=True)
    for number in range(12):
        scene.log(entry(f"step {number}", at=NOON + SECOND, result="x" * 900, reason="y" * 500))
    scene.log(entry("asked", at=NOON + 2 * SECOND, aloud=True, mentions=(BOB,)))
    scene.slack.fault("auth.test", "server_error")
    content = compose(shown.episode, OPEN)

    first = scene.publisher.narrate(altered(shown, untold=True), content)
    assert first.slack.untold
    assert [line for line in log_lines() if line["message"] == "permalink.untold"] == []
    for _ in range(12):
        first = scene.publisher.narrate(first, content)

    assert len([line for line in log_lines() if line["message"] == "permalink.untold"]) == 1
