"""The identities of clusters and container instances: what names them, and what an ARN says.

Everything that comes from an event, a button or a queue passes here before it is used to reach an account, so a place
that exists is well-formed. Nothing here says that it is one of ours, or that the sender may name it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from spoke.partitions import partition_of

_ACCOUNT = re.compile(r"[0-9]{12}")
_CLUSTER_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_INSTANCE_ID = re.compile(r"[0-9a-f-]{32,36}")
_CLUSTER_ARN = re.compile(r"arn:([a-z-]+):ecs:([^:/]+):([^:/]+):cluster/([^:/]+)")
# Two forms exist. The newer one has the cluster before the id: it is passed over, an event's clusterArn tells it.
_INSTANCE_ARN = re.compile(r"arn:([a-z-]+):ecs:([^:/]+):([^:/]+):container-instance/(?:[^:/]+/)?([^:/]+)")
_LONGEST_QUOTE = 100
# The same few accounts are checked for each of a storm's events.
_KEPT = 1_024


class BadPlace(ValueError):
    """Something does not name a place in AWS; the text says what and why."""


def partition(region: str) -> str:
    """Return the partition that a Region belongs to, like aws or aws-us-gov. Raises BadPlace."""
    found = partition_of(region)
    if found is None:
        raise BadPlace(f"{_quoted(region)} is not an AWS Region")
    return found.name


@lru_cache(maxsize=_KEPT)
def check_account(account: str) -> None:
    """Raise BadPlace unless the account id is 12 digits."""
    if not _ACCOUNT.fullmatch(account):
        raise BadPlace(f"{_quoted(account)} is not an account id of 12 digits")


def check_region(region: str) -> None:
    """Raise BadPlace unless AWS can have such a Region."""
    partition(region)


@dataclass(frozen=True, slots=True, order=True)
class Cluster:
    """An ECS cluster of one account and Region. Raises BadPlace when a part is malformed."""

    account: str
    region: str
    name: str

    def __post_init__(self) -> None:
        check_account(self.account)
        check_region(self.region)
        if not _CLUSTER_NAME.fullmatch(self.name):
            raise BadPlace(f"{_quoted(self.name)} is not a cluster name")

    @classmethod
    def from_key(cls, key: str) -> Self:
        """Read what `key` wrote."""
        parts = key.split("/")
        if len(parts) != 3:
            raise BadPlace(f"{_quoted(key)} is not account/Region/cluster")
        return cls(*parts)

    @classmethod
    def from_arn(cls, arn: str) -> Self:
        """Read arn:aws:ecs:REGION:ACCOUNT:cluster/NAME."""
        account, region, name = _parts(_CLUSTER_ARN, arn, "an ECS cluster")
        return cls(account, region, name)

    @property
    def key(self) -> str:
        """The cluster in one word, "222233334444/eu-west-1/prod-payments"."""
        return f"{self.account}/{self.region}/{self.name}"

    @property
    def arn(self) -> str:
        """The cluster's ARN, in the partition of its Region."""
        return f"arn:{partition(self.region)}:ecs:{self.region}:{self.account}:cluster/{self.name}"


@dataclass(frozen=True, slots=True)
class ContainerInstance:
    """A container instance of one account and Region; which cluster it is in, its id does not say."""

    account: str
    region: str
    id: str

    def __post_init__(self) -> None:
        check_account(self.account)
        check_region(self.region)
        if not _INSTANCE_ID.fullmatch(self.id):
            raise BadPlace(f"{_quoted(self.id)} is not a container instance id")

    @classmethod
    def from_arn(cls, arn: str) -> Self:
        """Read either form: …:container-instance/ID and …:container-instance/CLUSTER/ID."""
        account, region, instance = _parts(_INSTANCE_ARN, arn, "an ECS container instance")
        return cls(account, region, instance)


def _parts(form: re.Pattern[str], arn: str, what: str) -> tuple[str, str, str]:
    found = form.fullmatch(arn)
    if not found:
        raise BadPlace(f"{_quoted(arn)} is not the ARN of {what}")
    written, region, account, name = found.groups()
    right = partition(region)
    if written != right:
        raise BadPlace(f"{_quoted(arn)} names the partition {written}, but {region} is in {right}")
    return account, region, name


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…")
