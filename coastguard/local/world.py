"""The world: embedded AWS, local Slack and page, with Coastguard deployed into them by the code that AWS gets."""

import asyncio
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from coastguard import package
from coastguard.checkout import TEMPLATES
from coastguard.deploy import Wanted, deploy
from coastguard.local.aws_process import AwsProcess, WorldError
from coastguard.local.layout import organization
from coastguard.local.layout.layouts import DEMO, Layout
from coastguard.local.members import Members
from coastguard.local.page_server import Server, application
from coastguard.local.real_slack import RealSlack
from coastguard.local.slack.content import Content
from coastguard.local.slack.directory import CHANNELS, SLACKBOT, TEAM
from coastguard.local.slack.errors import Refused
from coastguard.local.slack.handshake import enter_request_url
from coastguard.local.slack.workspace import BOT_TOKEN, SIGNING_SECRET, Workspace

POLICY = Path(__file__).parent / "policy.toml"
POLICY_NAME = "/coastguard/policy"
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Plan:
    """What world to make.

    `templates` may be another folder of the same four, to see what a change does. `before` lets things happen in the
    members once AWS stands and before Coastguard is deployed into it. `slack` is a workspace that Coastguard speaks to
    instead of the local one. `longer_grace` is the parameter LongerGrace, `policy` is added to the local world's.
    """

    grace: int = 10
    port: int = 0
    templates: Path = TEMPLATES
    layout: Layout = DEMO
    before: Callable[[Members], None] | None = None
    slack: RealSlack | None = None
    longer_grace: str = ""
    policy: str = ""


class World:
    """A context manager: inside it the world stands, afterwards nothing of it is left.

    `url` is the page's; `outputs` are those of the hub's stack.
    """

    def __init__(self, plan: Plan, progress: Callable[[str], None]) -> None:
        self.plan = plan
        self.outputs: dict[str, str] = {}
        self.workspace = Workspace(time.time)
        self.aws: AwsProcess
        self._progress = progress
        self._server: Server
        self._undo = ExitStack()

    @property
    def url(self) -> str:
        """Where the page is."""
        return self._server.url

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            self._server = Server(self.plan.port)
            undo.callback(self._server.stop)
            self._progress("starting an AWS organization on this machine")
            self.aws = AwsProcess(self.plan.layout, self._progress)
            undo.callback(self.aws.stop)  # which comes first: its functions speak to our Slack until their end
            self._deploy()
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._undo.close()

    def _deploy(self) -> None:
        code = package.build(self._progress)
        self.aws.wait_until_ready()
        if self.plan.before:
            self.plan.before(Members(self.aws))
        self._server.start(application(self.aws, self.workspace, self.plan.grace))
        policy = self.plan.slack.policy if self.plan.slack else POLICY.read_text() + self.plan.policy
        self.aws.client("ssm").put_parameter(Name=POLICY_NAME, Type="String", Value=policy)
        wanted = Wanted(
            code=code,
            templates=self.plan.templates,
            hub={
                "SlackTeam": TEAM.id,
                "SlackChannel": CHANNELS[0].id,
                "SlackBotToken": BOT_TOKEN,
                "SlackSigningSecret": SIGNING_SECRET,
                "SlackApiUrl": f"{self.url}/api/",
                "OrganizationId": organization.ORGANIZATION,
                "PolicyPlace": f"ssm:{POLICY_NAME}",
                "GraceSeconds": str(self.plan.grace),
                "LongerGrace": self.plan.longer_grace,
                "Regions": ",".join(self.plan.layout.regions),
                # AWS gathers events for ten seconds before it wakes ingest; nobody wants to wait for that here.
                "IngestWindowSeconds": "1",
                **(self.plan.slack.parameters if self.plan.slack else {}),
            },
            organization={
                "OrganizationalUnitIds": organization.WORKLOADS.id,
                "RulesRegions": ",".join(self.plan.layout.regions),
                "RolesRegion": organization.HUB_REGION,
            },
        )
        self.outputs = deploy(self.aws.client, wanted, self._progress, poll_seconds=_POLL_SECONDS)
        self._wake()
        if self.plan.slack is None:
            self._enter_request_url()
        else:
            self._point_elsewhere(self.plan.slack)

    def _point_elsewhere(self, slack: RealSlack) -> None:
        """Tell whoever looks at the local Slack that nothing will be said there."""
        text = f"In this demo Coastguard speaks in your workspace {slack.name}, channel {slack.channel}, and not here."
        conversation = self.workspace.conversation(CHANNELS[0].id)
        if conversation:
            with self.workspace.changing():
                self.workspace.add(conversation, SLACKBOT, Content(text))

    def _enter_request_url(self) -> None:
        api = self.outputs["ApiId"]
        self._progress("entering the Request URL in Slack")
        try:
            asyncio.run(
                enter_request_url(self.workspace, f"{self.aws.url}/_aws/execute-api/{api}/$default/slack/events")
            )
        except Refused as error:
            raise WorldError(
                f"{error} If that is a 401, the signing secret in {self.outputs['SecretArn']} is not the Slack app's."
            ) from error

    def _wake(self) -> None:
        """Start the functions that read queues with an empty batch: here, a cold start costs what ten cost in AWS.

        Sweep learns the accounts' names, as it does in AWS within a minute.
        """
        self._progress("waking the functions")
        nothing: dict[str, object] = {"Records": []}
        events = {"Ingest": nothing, "Look": nothing, "Act": nothing, "Sweep": {"sweep": "accounts"}}
        names = [self.outputs[f"{which}FunctionName"] for which in events]
        with ThreadPoolExecutor(len(names)) as pool:
            for name, problem in zip(names, pool.map(self._invoke, names, events.values()), strict=True):
                if problem:
                    raise WorldError(f"the function {name} does not start: {problem}")

    def _invoke(self, function: str, event: object) -> str:
        answer = self.aws.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        told: str = answer["Payload"].read().decode()
        return told if "FunctionError" in answer else ""
