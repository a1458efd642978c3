"""Entry point of the function that reads acts.fifo: the only one that changes anything in a member account."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from chatops.clicks import requests
from chatops.clicks.caps import Caps
from chatops.clicks.handler import ClickHandler
from chatops.commands import message
from chatops.commands.handler import CommandHandler
from chatops.rights import Rights
from chatops.slack_users import SlackUsers
from hub.looks.lifecycle import Lifecycle
from hub.notify.account_cache import AccountCache
from hub.notify.routing import Routing
from hub.policy.source import PolicySource
from hub.policy.terms import Terms
from hub.queues import Queues, Record, answer, records
from hub.runtime.clients import AWS, hub_session
from hub.runtime.clock import clock, time_left
from hub.runtime.log_keys import about
from hub.runtime.secrets import Vault
from hub.runtime.settings import read
from hub.runtime.telemetry import Counts, invocation, log_as_json
from hub.slack.client import Slack
from hub.table.store import Store
from spoke.accounts import Accounts
from spoke.deadline import within

# What a last call of a member may take that is not answered (spoke.accounts), and recording what came of it.
_TO_END = 15


@dataclass(frozen=True, slots=True)
class Settings:
    """What act is told. `regions` are the member Regions, comma-separated."""

    table: str
    acts_queue_url: str
    looks_queue_url: str
    slack_secret_arn: str
    slack_team: str
    slack_channel: str
    slack_api_url: str
    remediator_role: str
    grace_seconds: int
    regions: str
    longer_grace: str = ""
    cluster_tags: str = ""
    group_channels: str = ""
    policy_place: str = ""
    slack_command: str = "/ecs"


@dataclass(frozen=True, slots=True)
class Act:
    """What act works with: `clicks` does what clicks ask for, `commands` what people say."""

    clicks: ClickHandler
    commands: CommandHandler
    queues: Queues
    url: str

    def attend(self, waiting: Sequence[Record]) -> None:
        """Work off one group's messages in their order. What it raises is worth another try."""
        for record in waiting:
            about(record=record.id)
            asked = message.from_message(record.body)
            if asked:
                about(request=asked.id, user=asked.user)
                self.commands.hear(asked)
                continue
            request = requests.from_message(record.body)
            about(request.cluster, incident=request.incident, request=request.id, user=request.user)
            self.clicks.execute(request, record.tries)
            if request.wish in {requests.APPROVING, requests.DECLINING}:
                self.commands.refresh(request.user)


@cache
def wire() -> tuple[Act, Counts]:
    """Make what act works with."""
    log_as_json()
    settings = read(Settings, os.environ)
    counts = Counts()
    session = hub_session()
    vault = Vault(session.client("secretsmanager", config=AWS), settings.slack_secret_arn, clock)
    store = Store(settings.table, session.region_name)
    queues = Queues(session.client("sqs", config=AWS))

    def slack() -> Slack:
        return Slack(vault.slack().bot_token, settings.slack_api_url, renew=vault.token)

    source = PolicySource(settings.policy_place, partial(session.client, config=AWS), clock)
    people = SlackUsers(slack, settings.slack_team, clock)
    rights = Rights(source, people)
    terms = Terms.read(
        settings.grace_seconds,
        settings.slack_channel,
        settings.longer_grace,
        settings.cluster_tags,
        settings.group_channels,
    )
    rules = Routing(source, AccountCache(store, clock), terms, clock)
    clicks = ClickHandler(
        store=store,
        lifecycle=Lifecycle(store),
        accounts=Accounts(session),
        remediator=settings.remediator_role,
        rights=rights,
        rules=rules,
        caps=Caps(store, rules, clock),
        queues=queues,
        looks_url=settings.looks_queue_url,
        slack=slack,
        team=settings.slack_team,
        clock=clock,
        count=counts.add,
    )
    commands = CommandHandler(
        store=store,
        rules=rules,
        rights=rights,
        people=people,
        slack=slack,
        queues=queues,
        looks_url=settings.looks_queue_url,
        regions=[region.strip() for region in settings.regions.split(",")],
        command=settings.slack_command,
        clock=clock,
        count=counts.add,
    )
    return Act(clicks, commands, queues, settings.acts_queue_url), counts


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Work off requests."""
    act, counts = wire()
    left = time_left(context)
    try:
        with invocation(context), within(lambda: left() - _TO_END):
            return answer(act.queues.work_off(act.url, records(event), act.attend))
    finally:
        counts.flush()
