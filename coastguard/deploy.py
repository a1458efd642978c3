"""Deploying: the hub's stack and the organization's StackSets, made or brought up to date. Safe to run again.

    bucket ◀─ zip and templates, named by their content
    coastguard-hub            in the hub account and Region
    coastguard-organization   the two StackSets; the hub is the management account or its delegated administrator

The local world is deployed by this very code.
"""

import hashlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from coastguard.checkout import TEMPLATES
from coastguard.concurrency import Room, room
from coastguard.package import runtime_of
from spoke.partitions import Partition, partition_of

HUB_STACK = "coastguard-hub"
ORGANIZATION_STACK = "coastguard-organization"
_GONE_WRONG = ("FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_IN_PROGRESS")
_LONGEST_REASONS = 3

Progress = Callable[[str], None]
# Makes a boto3 client of a service in the hub's account and Region: boto3.Session(…).client, say.
Connect = Callable[[str], Any]


class DeployError(Exception):
    """AWS did not take the deployment; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be deployed. Parameters that are not given keep what they have, or the templates' defaults."""

    code: Path
    hub: Mapping[str, str]
    organization: Mapping[str, str]
    templates: Path = TEMPLATES


def deploy(connect: Connect, wanted: Wanted, progress: Progress, *, poll_seconds: float = 5) -> dict[str, str]:
    """Deploy and return the outputs of the hub's stack. Raises DeployError, or PackagingError for a strange zip."""
    runtime = _runtime(connect, wanted.code)
    sts = connect("sts")
    region = sts.meta.region_name
    partition = _partition(region, wanted.organization.get("RulesRegions", region))
    account = sts.get_caller_identity()["Account"]
    bucket = _Bucket(connect("s3"), account, region, partition.dns_suffix)
    progress(f"uploading to {bucket.name}")
    bucket.ensure()
    code_key = bucket.upload(wanted.code)
    # By address: inline, a template may have 51,200 bytes, in S3 a million.
    hub_template, organization_template, roles_template, rules_template = (
        bucket.url(bucket.upload(wanted.templates / name))
        for name in ("hub.yaml", "organization.yaml", "spoke-roles.yaml", "spoke-rules.yaml")
    )
    stacks = _Stacks(connect("cloudformation"), progress, poll_seconds)
    code = {"CodeBucket": bucket.name, "CodeKey": code_key, "Runtime": runtime}
    lambdas = room(connect("lambda"))
    hub = stacks.apply(
        HUB_STACK,
        hub_template,
        {**code, **_pages(stacks.describe(HUB_STACK)), **wanted.hub},
        at_first={"FrontConcurrency": str(lambdas.for_front)} if lambdas else {},
    )
    progress(_shortage(room(connect("lambda")), stacks.describe(HUB_STACK) or {}))
    stacks.apply(
        ORGANIZATION_STACK,
        organization_template,
        {
            "HubAccountId": account,
            "HubRegion": region,
            "OrganizationId": wanted.hub["OrganizationId"],
            "RolesTemplateUrl": roles_template,
            "RulesTemplateUrl": rules_template,
            **wanted.organization,
        },
        # The template's own default is a Region of AWS's largest partition.
        at_first={} if partition.name == "aws" else {"RolesRegion": region},
    )
    return hub


def outputs(connect: Connect) -> dict[str, str]:
    """Read the outputs of the hub's stack as it stands. Raises DeployError."""
    cloudformation = connect("cloudformation")
    stack = _Stacks(cloudformation, lambda _: None, 0).describe(HUB_STACK)
    if stack is None:
        raise DeployError(
            f"There is no stack {HUB_STACK} in this account and Region ({cloudformation.meta.region_name}): "
            "sign in to the hub's, or deploy it."
        )
    return _outputs(stack)


def _partition(region: str, watched: str) -> Partition:
    """Return the hub's partition, which has to be that of all watched Regions: no event crosses between two."""
    partition = partition_of(region)
    if partition is None:
        raise DeployError(f"{region} is not an AWS Region: set AWS_DEFAULT_REGION to the one the hub shall be in.")
    elsewhere = [name for name in map(str.strip, watched.split(",")) if partition_of(name) != partition]
    if elsewhere:
        raise DeployError(
            f"The hub in {region} cannot watch {', '.join(elsewhere)}: only Regions of the partition {partition.name} "
            "are within its reach. Give those with --regions, and each other partition a hub of its own."
        )
    return partition


def _runtime(connect: Connect, code: Path) -> str:
    """Return the runtime that fits the zip, if Lambda has it."""
    runtime = runtime_of(code)
    known = connect("lambda").meta.service_model.shape_for("Runtime").enum
    if runtime not in known:
        newest = max((name for name in known if re.fullmatch(r"python3[.]\d+", name)), key=_minor)
        raise DeployError(
            f"The zip was built by {runtime}, which Lambda does not have as a runtime: build it with an older Python, "
            f"`make demo PYTHON={newest}`, say."
        )
    return runtime


def _minor(runtime: str) -> int:
    return int(runtime.rpartition(".")[2])


def _pages(standing: Mapping[str, Any] | None) -> dict[str, str]:
    """Have incidents kept in pages where no function is left, nor comes back with this update, that cannot read them.

    A stack that knows the parameter runs a release that reads them. One that does not is told so the next time.
    """
    knows = standing is None or any(each["ParameterKey"] == "IncidentPages" for each in standing.get("Parameters", ()))
    return {"IncidentPages": "yes"} if knows else {}


def _shortage(lambdas: Room | None, hub: Mapping[str, Any]) -> str:
    """Say whether all functions find room in Lambda beside each other."""
    if lambdas is None:
        return "whether Lambda has room for all functions could not be read: that needs lambda:GetAccountSettings"
    has = {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in hub.get("Parameters", ())}
    short = lambdas.shortage(int(has.get("LookConcurrency", 0)), int(has.get("FrontConcurrency", 0)))
    return short or f"Lambda has room for all functions: {lambdas.unreserved} at once"


class _Bucket:
    """Holds what CloudFormation reads.

    Its name can be guessed, so somebody else may have made it first to have their templates deployed by us: every call
    says whose bucket is meant.
    """

    def __init__(self, s3: Any, owner: str, region: str, dns_suffix: str) -> None:  # noqa: ANN401  # boto3's clients have no types
        self.name = f"coastguard-{owner}-{region}"
        self._meant = {"Bucket": self.name, "ExpectedBucketOwner": owner}
        self._region = region
        self._dns_suffix = dns_suffix
        self._s3 = s3

    def ensure(self) -> None:
        """Make the bucket unless it is there; nobody but its account gets in. Raises DeployError."""
        try:
            self._s3.head_bucket(**self._meant)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"404", "NoSuchBucket"}:
                raise self._unusable(error) from error
        else:
            return
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        try:
            self._s3.create_bucket(Bucket=self.name, **({} if self._region == "us-east-1" else elsewhere))
            self._s3.put_public_access_block(
                **self._meant,
                PublicAccessBlockConfiguration=dict.fromkeys(
                    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
                ),
            )
        except ClientError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: ClientError) -> DeployError:
        return DeployError(
            f"The bucket {self.name} cannot be used: {error}. Either these credentials may not, or another account "
            "owns it and nothing may be deployed from there: ask AWS Support, or deploy into another Region."
        )

    def upload(self, path: Path) -> str:
        """Upload a file under a key that names its content: what changes gets a new key, so CloudFormation notices."""
        content = path.read_bytes()
        key = f"coastguard/{hashlib.sha256(content).hexdigest()[:16]}/{path.name}"
        try:
            self._s3.put_object(**self._meant, Key=key, Body=content)
        except ClientError as error:
            raise self._unusable(error) from error
        return key

    def url(self, key: str) -> str:
        """Address an object as CloudFormation wants it."""
        return f"https://{self.name}.s3.{self._region}.{self._dns_suffix}/{key}"


class _Stacks:
    """Creates and updates stacks, and waits for them."""

    def __init__(self, cloudformation: Any, progress: Progress, poll_seconds: float) -> None:  # noqa: ANN401  # the same
        self._cloudformation = cloudformation
        self._progress = progress
        self._poll_seconds = poll_seconds

    def apply(
        self, name: str, template: str, parameters: Mapping[str, str], at_first: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Create the stack from the template at this address, or bring it up to date, and return its outputs.

        `at_first` are parameters for a new stack only; where they are given too, `parameters` count.
        """
        standing = self.describe(name)
        parameters = parameters if standing else {**(at_first or {}), **parameters}
        if standing and standing["StackStatus"] in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}:
            raise DeployError(f"The stack {name} is {standing['StackStatus']}: delete it and deploy again.")
        act = self._cloudformation.update_stack if standing else self._cloudformation.create_stack
        self._progress(f"{name}: {'updating' if standing else 'creating'}")
        try:
            act(
                StackName=name,
                TemplateURL=template,
                Parameters=[
                    *({"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()),
                    *(
                        {"ParameterKey": key, "UsePreviousValue": True}
                        for key in self._kept(standing, template, parameters)
                    ),
                ],
                Capabilities=["CAPABILITY_NAMED_IAM"],
            )
        except ClientError as error:
            message = error.response["Error"]["Message"]
            if "No updates are to be performed" not in message:
                raise DeployError(f"CloudFormation refuses the stack {name}: {message}") from error
        return self._wait(name)

    def _kept(self, standing: dict[str, Any] | None, template: str, parameters: Mapping[str, str]) -> list[str]:
        """Return the parameters that keep what they have; AWS refuses to keep one that the template has dropped."""
        if not standing:
            return []
        had = {parameter["ParameterKey"] for parameter in standing.get("Parameters", ())}
        summary = self._cloudformation.get_template_summary(TemplateURL=template)
        declared = {parameter["ParameterKey"] for parameter in summary["Parameters"]}
        return sorted(had & declared - parameters.keys())

    def _wait(self, name: str) -> dict[str, str]:
        done = -1
        while True:
            stack = self.describe(name)
            if stack is None:
                raise DeployError(f"The stack {name} was deleted while it was being made: deploy again.")
            status = stack["StackStatus"]
            if any(wrong in status for wrong in _GONE_WRONG):
                raise DeployError(f"The stack {name} is {status}: {self._reasons(name)}")
            resources = self._cloudformation.describe_stack_resources(StackName=name)["StackResources"]
            ready = sum(r["ResourceStatus"].endswith("_COMPLETE") for r in resources)
            if ready != done:
                self._progress(f"{name}: {ready} resources ready")
                done = ready
            if not status.endswith("_IN_PROGRESS"):
                return _outputs(stack)
            time.sleep(self._poll_seconds)

    def describe(self, name: str) -> dict[str, Any] | None:
        """Tell how a stack is; None if there is none. Raises DeployError."""
        try:
            stack: dict[str, Any] = self._cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            raise DeployError(f"The stack {name} cannot be read: {error}") from error
        return stack

    def _reasons(self, name: str) -> str:
        events = self._cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        reasons = [
            f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
            for event in events
            if event["ResourceStatus"].endswith("FAILED") and event.get("ResourceStatusReason")
        ]
        return "; ".join(reasons[-_LONGEST_REASONS:]) or "its events tell no reason"


def _outputs(stack: Mapping[str, Any]) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
