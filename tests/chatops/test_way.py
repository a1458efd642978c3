"""The whole way of a click: from the channel over HTTP, front and queue into the member account."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from chatops import act, front
from coastguard.local.slack import clicks, modals
from coastguard.local.slack.clicks import Press, Typed
from coastguard.local.slack.delivery import AppAnswer
from coastguard.local.slack.modals import Outcome, Submitted
from coastguard.local.slack.workspace import BOT_TOKEN, SIGNING_SECRET
from hub.scopes.scope import Scope
from tests.chatops.entrances import in_lambda
from tests.chatops.factories import ALICE, BOB, CHANNEL, TERMINATE, http_event
from tests.chatops.story import Story, Victim, filled
from tests.local_slack.serving import served
from tests.wire.queues import Queue


async def api_gateway(request: HttpRequest) -> Response:
    """What an HTTP API does between Slack and the front."""
    event = http_event(await request.body(), request.headers)
    answer: dict[str, Any] = await run_in_threadpool(front.handler, event, None)
    return Response(answer["body"], answer["statusCode"], answer.get("headers"))


@pytest.fixture
def acts(story: Story, moto: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:  # noqa: ARG001 - for the secret
    """Both functions, deployed: Slack sends clicks to the front; acts.fifo."""
    story.clock.now = datetime.now(UTC)
    queue = story.hub.make_queue("ActsQueue")
    with (
        served(Starlette(routes=[Route("/slack/events", api_gateway, methods=["POST"])])) as address,
        in_lambda(
            monkeypatch,
            "coastguard",
            TABLE="coastguard",
            ACTS_QUEUE_URL=queue.url,
            LOOKS_QUEUE_URL=story.urls["LooksQueue"],
            SLACK_SECRET_ARN=story.hub.make_secret({"bot_token": BOT_TOKEN, "signing_secret": SIGNING_SECRET}),
            SLACK_API_URL=story.slack,
            POLICY_PLACE=story.hub.make_policy(),
        ),
    ):
        story.workspace.request_url = f"{address}/slack/events"
        yield queue


def click(story: Story, user: str) -> AppAnswer:
    press = Press(user, CHANNEL, story.bulletin().slack.handle, TERMINATE)
    return asyncio.run(clicks.click(story.workspace, story.slack, press))


def confirm(story: Story, user: str, victim: Victim) -> Outcome:
    view = story.modal(user)
    assert view is not None
    typed = filled(proof=victim.host[-4:], reason="its disk is full")
    return asyncio.run(modals.submit(story.workspace, story.slack, Submitted(user, view["id"], typed)))


def work_off(acts: Queue) -> None:
    batch = acts.receive(10)
    assert batch["Records"]
    assert act.handler(batch, None) == {"batchItemFailures": []}
    acts.settle(batch, failed=[])


def test_two_people_click_in_the_channel_and_one_host_goes(story: Story, acts: Queue) -> None:
    (victim,) = story.trouble()
    assert [click(story, user).error for user in (ALICE, BOB)] == [None, None]
    story.hub.service.delete(acts.url)
    assert confirm(story, ALICE, victim).delivery.error == "http 500"  # Slack shows that it did not work
    story.hub.service.make(acts)

    assert [confirm(story, user, victim).delivery.error for user in (ALICE, BOB)] == [None, None]
    assert story.is_untouched(victim)  # the front only takes orders
    work_off(acts)
    story.look()

    assert story.is_gone(victim)
    assert f"Terminate asked by <@{ALICE}>" in story.message()
    assert story.whispers(ALICE) == []
    (told,) = story.whispers(BOB)
    assert told.startswith(f"<@{ALICE}> has asked for this already (Terminate, ")


def test_somebody_mutes_by_a_command_and_reads_it_in_the_channel_and_the_home(story: Story, acts: Queue) -> None:
    story.trouble()
    typed = Typed(ALICE, CHANNEL, "/ecs", "mute all 2h we move house")

    assert asyncio.run(clicks.command(story.workspace, story.slack.removesuffix("/api/"), typed)).error is None
    work_off(acts)
    assert asyncio.run(modals.open_home(story.workspace, BOB)).error is None
    work_off(acts)

    (mute,) = story.mutes()
    assert (mute.scope, mute.by, mute.reason) == (Scope(), ALICE, "we move house")
    (said,) = story.aloud()
    assert "Muted the whole organization until" in said
    assert "`we move house`" in story.home(BOB)
