"""Links: by which ways people get from a bulletin to the thing in AWS, and to what is to be done. Pure."""

import re
from dataclasses import dataclass

from spoke.partitions import partition_of

# What AWS calls an organization's access portal, and the partition, where no Region in the address tells it. Each
# organization is within one partition, and so is its portal.
# https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-sso.html
# https://docs.amazonaws.cn/en_us/aws/latest/userguide/iam-identity-center.html
# https://github.com/aws/aws-sdk-net, SSOEndpointResolver
_ID, _REGION = "[a-z0-9][a-z0-9-]{0,62}", "(?P<region>[a-z0-9-]{1,25})"
_PORTALS = [
    (re.compile(f"https://{form}"), partition)
    for form, partition in (
        (rf"{_ID}\.awsapps\.com/start", "aws"),
        (rf"start\.(?:{_REGION}\.)?us-gov-home\.awsapps\.com/directory/{_ID}", "aws-us-gov"),
        (rf"start\.(?:{_REGION}\.)?home\.awsapps\.cn/directory/{_ID}", "aws-cn"),
        (rf"{_ID}\.portal\.{_REGION}\.app\.aws", ""),
        (rf"{_ID}\.{_REGION}\.portal\.amazonaws\.com", ""),
        (rf"{_ID}\.portal\.{_REGION}\.app\.amazonwebservices\.com\.cn", "aws-cn"),
        (rf"{_ID}\.{_REGION}\.portal\.amazonaws\.com\.cn", "aws-cn"),
        (rf"{_ID}\.portal\.{_REGION}\.api\.amazonwebservices\.eu", "aws-eusc"),
        (rf"{_ID}\.{_REGION}\.portal\.amazonaws\.eu", "aws-eusc"),
    )
]


@dataclass(frozen=True, slots=True)
class Links:
    """The ways that the policy names, each "" where it names none.

    `portal` is the address of the organization's access portal, `role` the permission set with which people come in;
    without a portal a link leads to the console itself. `log_group` is where the hosts' logs are, with {account},
    {region}, {cluster} and {instance} in it; `runbook` is the address of what is to be done.
    """

    portal: str = ""
    role: str = ""
    log_group: str = ""
    runbook: str = ""


NO_LINKS = Links()


def portal_partition(portal: str) -> str:
    """Name the partition whose accounts an access portal leads to, "" for what is no portal's address."""
    for form, partition in _PORTALS:
        if found := form.fullmatch(portal):
            region = found.groupdict().get("region")
            named = partition_of(region) if region else None
            theirs = named.name if named else "" if region else partition
            return theirs if partition in {"", theirs} else ""
    return ""
