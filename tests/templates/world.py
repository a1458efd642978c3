"""The four templates deployed together, as an organization would have them: plainly, and with every wish."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from tests.templates.deploying import Stack
from tests.templates.reading import Template

ORGANIZATION = "o-coastguard1"
MANAGEMENT = "999988887777"
HUB = "111122223333"
HUB_REGION = "eu-west-1"
MEMBER = "222233334444"
MEMBER_REGION = "us-east-1"
RUNTIME = "python3.12"
TOKEN = "xoxb-plainly-fake"
SIGNING_SECRET = "plainly-fake-signing-secret"


@dataclass(frozen=True)
class Wishes:
    """How somebody deploys it. Empty strings are the templates' defaults."""

    bus: str = "coastguard"
    hub_path: str = "/"
    spoke_path: str = "/"
    boundary: str = ""
    spoke_boundary: str = ""
    spoke_boundary_name: str = ""
    key: str = ""
    topic_keys: tuple[str, ...] = ()
    alarm_topic: str = ""
    grace: str = "120"
    window: str = "10"
    policy: str = ""
    front: str = "0"
    call_as: str = "SELF"


PLAIN = Wishes()
DEMANDING = Wishes(
    bus="watch",
    hub_path="/platform/hub/",
    spoke_path="/platform/",
    boundary=f"arn:aws:iam::{HUB}:policy/boundary",
    spoke_boundary="arn:aws:iam::aws:policy/PowerUserAccess",
    spoke_boundary_name="boundaries/platform",
    key=f"arn:aws:kms:{HUB_REGION}:{HUB}:key/1234abcd",
    topic_keys=(
        f"arn:aws:kms:{HUB_REGION}:{HUB}:key/topics-here",
        f"arn:aws:kms:{MEMBER_REGION}:{HUB}:key/topics-there",
    ),
    alarm_topic=f"arn:aws:sns:{HUB_REGION}:{HUB}:alarms",
    grace="300",
    window="0",
    policy="s3://house-rules/coastguard/policy.toml",
    front="50",
    call_as="DELEGATED_ADMIN",
)
WITH_A_MANAGED_BOUNDARY = Wishes(
    spoke_boundary="arn:aws:iam::aws:policy/PowerUserAccess", policy="ssm:/coastguard/policy"
)
WISHES = {"plain": PLAIN, "demanding": DEMANDING, "with a managed boundary": WITH_A_MANAGED_BOUNDARY}


class World:
    """The templates as they are written, and the stacks they would become."""

    def __init__(self, templates: Mapping[str, Template], wishes: Wishes) -> None:
        self.templates = templates
        self.wishes = wishes

    @cached_property
    def hub(self) -> Stack:
        """The hub's stack."""
        parameters = {
            "SlackTeam": "T0COAST01",
            "SlackChannel": "C0ECSALERTS",
            "SlackCommand": "/coast",
            "SlackBotToken": TOKEN,
            "SlackSigningSecret": SIGNING_SECRET,
            "OrganizationId": ORGANIZATION,
            "SpokeRolePath": self.wishes.spoke_path,
            "BusName": self.wishes.bus,
            "CodeBucket": "code",
            "CodeKey": "coastguard.zip",
            "Runtime": RUNTIME,
            "GraceSeconds": self.wishes.grace,
            "LongerGrace": "222233334444=1800",
            "ClusterTags": "prod batch",
            "GroupChannels": "batch=C0BATCH01",
            "PolicyPlace": self.wishes.policy,
            "Regions": "eu-west-1,us-east-1",
            "IngestWindowSeconds": self.wishes.window,
            "FrontConcurrency": self.wishes.front,
            "RolePath": self.wishes.hub_path,
            "PermissionsBoundaryArn": self.wishes.boundary,
            "KmsKeyArn": self.wishes.key,
            "TopicKeyArns": ",".join(self.wishes.topic_keys),
            "AlarmTopicArn": self.wishes.alarm_topic,
            "IncidentPages": "yes",
        }
        return Stack(self.templates["hub"], parameters, HUB, HUB_REGION)

    @cached_property
    def roles(self) -> Stack:
        """The roles' stack in a member account."""
        parameters = {
            "HubAccountId": HUB,
            "HubRegion": HUB_REGION,
            "OrganizationId": ORGANIZATION,
            "HubRolePath": self.wishes.hub_path,
            "BusName": self.wishes.bus,
            "RolePath": self.wishes.spoke_path,
            "PermissionsBoundaryArn": self.wishes.spoke_boundary,
            "PermissionsBoundaryName": self.wishes.spoke_boundary_name,
        }
        return Stack(self.templates["roles"], parameters, MEMBER, MEMBER_REGION)

    @cached_property
    def rules(self) -> Stack:
        """The rules' stack in a member account."""
        parameters = {
            "HubAccountId": HUB,
            "HubRegion": HUB_REGION,
            "BusName": self.wishes.bus,
            "RolePath": self.wishes.spoke_path,
        }
        return Stack(self.templates["rules"], parameters, MEMBER, MEMBER_REGION)

    @cached_property
    def organization(self) -> Stack:
        """The stack with the two StackSets."""
        delegated = self.wishes.call_as == "DELEGATED_ADMIN"
        parameters = {
            "OrganizationalUnitIds": "ou-ab12-34cd56ef,ou-ab12-78ab90cd",
            "RulesRegions": "eu-west-1,us-east-1",
            "HubAccountId": HUB,
            "HubRegion": HUB_REGION,
            "OrganizationId": ORGANIZATION,
            "HubRolePath": self.wishes.hub_path,
            "BusName": self.wishes.bus,
            "RolePath": self.wishes.spoke_path,
            "PermissionsBoundaryArn": self.wishes.spoke_boundary,
            "PermissionsBoundaryName": self.wishes.spoke_boundary_name,
            "RolesTemplateUrl": "https://code.s3.amazonaws.com/spoke-roles.yaml",
            "RulesTemplateUrl": "https://code.s3.amazonaws.com/spoke-rules.yaml",
            "CallAs": self.wishes.call_as,
            "ManagementAccountId": MANAGEMENT if delegated else "",
        }
        return Stack(self.templates["organization"], parameters, HUB if delegated else MANAGEMENT, HUB_REGION)
