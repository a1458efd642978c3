"""Act as Lambda runs it: batches of acts.fifo, what fails of them, and what it is told."""

import json
from collections.abc import Iterator
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from typing import Any

import pytest

from chatops import act
from chatops.clicks.requests import to_message
from chatops.commands import message
from chatops.commands.message import ask
from coastguard.local.slack.workspace import BOT_TOKEN, SIGNING_SECRET
from hub.fifo import cluster_group, send_in_order
from hub.incidents.hints import Hint, Why
from hub.incidents.incident import State
from hub.runtime.log_keys import attached
from hub.runtime.settings import BadSettings
from hub.slack.button_values import ACKNOWLEDGE
from spoke.places import Cluster
from tests.chatops.entrances import in_lambda
from tests.chatops.factories import ALICE, BOB
from tests.chatops.story import Story

NOTHING_FAILED: dict[str, Any] = {"batchItemFailures": []}


class Queue:
    """acts.fifo, and the function behind it."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._delivered: dict[str, Any] = {}
        self._queue = story.hub.make_queue("ActsQueue")
        self.url = self._queue.url

    def put(self, cluster: Cluster, body: str, token: str) -> None:
        send_in_order(self._story.hub.queues._sqs, self.url, cluster_group(cluster), body, token)

    def deliver(self) -> tuple[list[str], dict[str, Any]]:
        """Hand over what waits; the messages' ids, and the function's answer."""
        self._delivered = self._queue.receive(10)
        return [record["messageId"] for record in self._delivered["Records"]], act.handler(self._delivered, None)

    def deliver_again(self) -> dict[str, Any]:
        """The same batch after it was given back."""
        for record in self._delivered["Records"]:
            record["attributes"]["ApproximateReceiveCount"] = "2"
        return act.handler(self._delivered, None)


@pytest.fixture
def queue(story: Story, moto: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:  # noqa: ARG001 - for the secret
    """A new execution environment of coastguard-act. It has the machine's clock, so the story plays now."""
    story.clock.now = datetime.now(UTC)
    queue = Queue(story)
    with in_lambda(
        monkeypatch,
        "coastguard-act",
        TABLE="coastguard",
        ACTS_QUEUE_URL=queue.url,
        LOOKS_QUEUE_URL=story.urls["LooksQueue"],
        SLACK_SECRET_ARN=story.hub.make_secret({"bot_token": BOT_TOKEN, "signing_secret": SIGNING_SECRET}),
        SLACK_API_URL=story.slack,
        POLICY_PLACE=story.hub.make_policy(),
    ):
        yield queue


def test_requests_are_worked_off_in_their_order_and_counted(
    story: Story, queue: Queue, capsys: pytest.CaptureFixture[str]
) -> None:
    (victim,) = story.trouble()
    for click in (story.click(ACKNOWLEDGE, user=ALICE), story.click(ACKNOWLEDGE, user=BOB), story.click(user=BOB)):
        queue.put(story.cluster, to_message(click), click.id)

    _, answer = queue.deliver()

    assert answer == NOTHING_FAILED
    incident = story.incident(victim)
    assert incident.acknowledged_by == ALICE
    assert incident.repair is not None
    assert incident.repair.by == BOB
    assert story.is_gone(victim)
    assert len(story.whispers(BOB)) == 1
    assert story.looks_asked() == [Hint(story.cluster, Why.REQUEST)] * 3
    (counted,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (sum(counted["requests"]), sum(counted["refusals"])) == (3, 1)


def test_what_fails_is_given_back_and_hurts_only_its_own_cluster(story: Story, queue: Queue) -> None:
    (victim,) = story.trouble(grouped=False)
    click = story.click(ACKNOWLEDGE)
    queue.put(Cluster("333344445555", "eu-west-1", "prod-search"), "no request", "bad")
    queue.put(story.cluster, to_message(click), click.id)
    story.hub.service.delete(story.urls["LooksQueue"])
    (bad, good), answer = queue.deliver()
    assert answer == {"batchItemFailures": [{"itemIdentifier": bad}, {"itemIdentifier": good}]}

    story.hub.make_queue("LooksQueue")
    assert queue.deliver_again() == {"batchItemFailures": [{"itemIdentifier": bad}]}

    assert story.state(victim) is State.ACKNOWLEDGED
    assert [entry.what for entry in story.log(click)] == ["acknowledged"]
    assert story.outcome(click) == "acknowledged"


def test_each_line_says_which_request_it_is_about_and_nothing_of_the_one_before(
    story: Story, queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    story.trouble()
    click = story.click(ACKNOWLEDGE)
    said = ask({"user_id": ALICE, "team_id": click.team}, "status", story.clock(), "said", click.channel)
    for body, token in ((to_message(click), "1"), (message.to_message(said), "2"), ("no request", "3")):
        queue.put(story.cluster, body, token)

    ids, _ = queue.deliver()

    lines = {line["message"]: line for line in map(json.loads, caplog.text.splitlines())}
    ours = {"group", "record", "account", "region", "cluster", "incident", "request", "user"}
    done, answered, failed = (
        {key: lines[name][key] for key in sorted(ours & lines[name].keys())}
        for name in ("request.done", "ask.done", "group.failed")
    )
    group = cluster_group(story.cluster)
    place = {"account": story.cluster.account, "region": story.cluster.region, "cluster": story.cluster.key}
    assert done == {"group": group, **place, "incident": click.incident, "request": click.id, "user": ALICE}
    assert answered == {"group": group, "request": said.id, "user": ALICE}
    assert failed == {"group": group, "record": ids[2]}
    assert attached() == {}


@pytest.mark.usefixtures("queue")
def test_missing_settings_are_all_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [field.name.upper() for field in fields(act.Settings) if field.default is MISSING]
    assert len(wanted) == 10
    for name in wanted:
        monkeypatch.delenv(f"COASTGUARD_{name}")
    with pytest.raises(BadSettings) as error:
        act.handler({"Records": []}, None)
    assert all(f"COASTGUARD_{name} is missing" in str(error.value) for name in wanted)
