"""Answers that are read without botocore's model say what botocore says of them."""

from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.parsers import ResponseParserError

from spoke.models import STATUSES, read_statuses

ITEM = """<item><instanceId>{host}</instanceId><availabilityZone>eu-west-1a</availabilityZone>
<instanceState><code>16</code><name>{state}</name></instanceState>
<systemStatus><status>{system}</status><details><item><name>reachability</name><status>passed</status></item></details>
</systemStatus><instanceStatus><status>{instance}</status></instanceStatus>{operator}</item>"""
ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<DescribeInstanceStatusResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r-1</requestId>
<instanceStatusSet>{items}</instanceStatusSet></DescribeInstanceStatusResponse>"""
MANAGED = "<operator><managed>true</managed><principal>ecs.amazonaws.com</principal></operator>"
HOSTS = [
    ITEM.format(host="i-0000000000000000a", state="running", system="ok", instance="impaired", operator=""),
    ITEM.format(host="i-0000000000000000b", state="stopped", system="not-applicable", instance="ok", operator=MANAGED),
]


def asked(text: str, status: int, *, lean: bool) -> dict[str, Any]:
    """What a client makes of such an answer."""
    session = botocore.session.Session()
    if lean:
        session.register(STATUSES, read_statuses)
    client = session.create_client("ec2", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")

    def answer(request: Any, **_: object) -> AWSResponse:  # botocore has no types
        response = AWSResponse(request.url, status, {}, None)
        response._content = text.encode()
        return response

    client.meta.events.register("before-send.ec2", answer)
    found: dict[str, Any] = client.describe_instance_status()
    return found


@pytest.mark.parametrize("items", [[], HOSTS[:1], HOSTS], ids=["none", "one", "several"])
def test_states_are_read_as_botocore_reads_them(items: list[str]) -> None:
    text = ANSWER.format(items="".join(items))
    ours, theirs = asked(text, 200, lean=True), asked(text, 200, lean=False)

    assert ours["ResponseMetadata"] == theirs["ResponseMetadata"]
    assert ours["InstanceStatuses"] == [
        {
            "InstanceId": each["InstanceId"],
            "InstanceState": each["InstanceState"]["Name"],
            "SystemStatus": each["SystemStatus"]["Status"],
            "InstanceStatus": each["InstanceStatus"]["Status"],
            "Managed": "true" if each.get("Operator", {}).get("Managed") else None,
        }
        for each in theirs["InstanceStatuses"]
    ]


def test_an_answer_that_is_no_xml_is_an_error_of_botocores() -> None:
    with pytest.raises(ResponseParserError):
        asked("<html><body>maintenance", 200, lean=True)


def test_a_refusal_is_a_refusal() -> None:
    refused = (
        "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>"
    )
    with pytest.raises(botocore.exceptions.ClientError, match="UnauthorizedOperation"):
        asked(refused, 403, lean=True)
