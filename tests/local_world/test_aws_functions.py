import base64
import io
import json
import urllib.request
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from coastguard.local.layout.organization import HUB, HUB_REGION
from tests.local_world.embedded_aws import EmbeddedAws, Json, wait_for

Send = Callable[..., None]

WORKER = f"arn:aws:lambda:{HUB_REGION}:{HUB.id}:function:worker"
TICKS = f"arn:aws:sqs:{HUB_REGION}:{HUB.id}:ticks"
QUEUES = f"arn:aws:sqs:{HUB_REGION}:{HUB.id}:*"
# Writes each batch it gets to the queue "seen", fails the records that say so, and answers anything else with what it
# was sent.
HANDLER = """
import json, boto3
def handler(event, context):
    sqs = boto3.client("sqs")
    records = event.get("Records", [])
    if records or "source" in event:
        seen = [record["body"] for record in records] or event["source"]
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="seen")["QueueUrl"], MessageBody=json.dumps(seen))
    if "again" in [record["body"] for record in records]:
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="loop")["QueueUrl"], MessageBody="again")
    failed = [{"itemIdentifier": record["messageId"]} for record in records if "fail" in record["body"]]
    answer = json.dumps({"body": event.get("body"), "base64": event.get("isBase64Encoded")})
    return {"batchItemFailures": failed, "statusCode": 200, "body": answer}
"""


def code(text: str = HANDLER) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("worker.py", text)
    return buffer.getvalue()


def queue(name: str, **properties: object) -> Json:
    return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name, **properties}}


def role(name: str, *actions: str, service: str = "lambda") -> Json:
    statement = {"Effect": "Allow", "Action": actions, "Resource": QUEUES}
    principal = {"Service": f"{service}.amazonaws.com"}
    trusted = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    policy = {"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    trust = {"Version": "2012-10-17", "Statement": [trusted]}
    properties = {"RoleName": name, "AssumeRolePolicyDocument": trust, "Policies": [policy]}
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def function(name: str) -> Json:
    properties = {
        "FunctionName": name,
        "Runtime": "python3.13",
        "Architectures": ["arm64"],
        "Handler": "worker.handler",
        "Role": f"arn:aws:iam::{HUB.id}:role/{name}",
        "Code": {"S3Bucket": "code", "S3Key": "worker.zip"},
        "Timeout": 10,
    }
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def mapping(queue_id: str, function_id: str, **properties: object) -> Json:
    source = {"EventSourceArn": {"Fn::GetAtt": [queue_id, "Arn"]}, "FunctionName": {"Ref": function_id}}
    reports = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    return {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {**source, **reports, **properties}}


def rule(name: str, function_id: str) -> Json:
    target = {"Id": "it", "Arn": {"Fn::GetAtt": [function_id, "Arn"]}}
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {"Name": name, "EventPattern": {"source": [name]}, "Targets": [target]},
    }


READ = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
HIGH_THROUGHPUT = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
DEAD = {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 2}
STACK = {
    "WorkerRole": role("worker", "sqs:SendMessage", "sqs:GetQueueUrl", *READ),
    "BlindRole": role("blind", "sqs:SendMessage", "sqs:GetQueueUrl", "sqs:DeleteMessage"),
    "ClockRole": role("clock", "sqs:SendMessage", service="scheduler"),
    "BrokenClockRole": role("broken-clock", "sqs:ReceiveMessage", service="scheduler"),
    "Worker": function("worker"),
    "Blind": function("blind"),
    "Seen": queue("seen"),
    "Ticks": queue("ticks"),
    "Loop": queue("loop", VisibilityTimeout=60),
    "Plain": queue("plain", VisibilityTimeout=60),
    "Unread": queue("unread"),
    "Dead": queue("dead.fifo", FifoQueue=True),
    "Ordered": queue("ordered.fifo", FifoQueue=True, VisibilityTimeout=1, RedrivePolicy=DEAD, **HIGH_THROUGHPUT),
    "Slow": queue("slow.fifo", FifoQueue=True, DelaySeconds=2, SqsManagedSseEnabled=True, **HIGH_THROUGHPUT),
    "OrderedMapping": mapping("Ordered", "Worker", BatchSize=10),
    "PlainMapping": mapping("Plain", "Worker", BatchSize=1000, MaximumBatchingWindowInSeconds=2),
    "LoopMapping": mapping("Loop", "Worker", BatchSize=1),
    "BlindMapping": mapping("Unread", "Blind"),
    "Invited": rule("invited", "Worker"),
    "Uninvited": rule("uninvited", "Worker"),
    "Invitation": {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "FunctionName": {"Ref": "Worker"},
            "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com",
            "SourceArn": {"Fn::GetAtt": ["Invited", "Arn"]},
        },
    },
    "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "front", "ProtocolType": "HTTP"}},
    "Integration": {
        "Type": "AWS::ApiGatewayV2::Integration",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": {"Fn::GetAtt": ["Worker", "Arn"]},
            "PayloadFormatVersion": "2.0",
        },
    },
    "Route": {
        "Type": "AWS::ApiGatewayV2::Route",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "RouteKey": "POST /slack/events",
            "Target": {"Fn::Sub": "integrations/${Integration}"},
        },
    },
    "Stage": {
        "Type": "AWS::ApiGatewayV2::Stage",
        "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True},
    },
}


@pytest.fixture(scope="module", autouse=True)
def stack(aws: EmbeddedAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": HUB_REGION})
    s3.put_object(Bucket="code", Key="worker.zip", Body=code())
    assert aws.deploy("functions", STACK) == "CREATE_COMPLETE"
    for clock in ("clock", "broken-clock"):
        aws.client("scheduler").create_schedule(
            Name=clock,
            ScheduleExpression=f"at({datetime.now(UTC):%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": TICKS, "RoleArn": f"arn:aws:iam::{HUB.id}:role/{clock}", "Input": json.dumps(clock)},
        )


@pytest.fixture
def send(aws: EmbeddedAws) -> Send:
    sqs = aws.client("sqs")

    def send(queue_name: str, body: str, **more: str) -> None:
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=queue_name)["QueueUrl"], MessageBody=body, **more)

    return send


def batches(aws: EmbeddedAws, count: int) -> list[list[str]]:
    """The batches that the function got, once it got so many records."""
    found: list[list[str]] = []

    def enough() -> bool:
        found.extend(aws.drain("seen"))
        return sum(map(len, found)) >= count

    wait_for(enough)
    return found


def test_a_batching_window_gathers_more_than_ten_that_arrive_one_after_the_other(aws: EmbeddedAws, send: Send) -> None:
    for number in range(12):
        send("plain", f"hint {number}")
    assert [sorted(batch) for batch in batches(aws, 12)] == [sorted(f"hint {number}" for number in range(12))]


def test_a_failed_record_of_a_fifo_queue_comes_back_and_dies_after_its_tries(aws: EmbeddedAws, send: Send) -> None:
    for body in ("one", "fail", "three"):
        send("ordered.fifo", body, MessageGroupId="cluster", MessageDeduplicationId=body)
    bodies = [body for batch in batches(aws, 4) for body in batch]
    assert sorted(bodies) == ["fail", "fail", "one", "three"]
    sqs = aws.client("sqs")
    dead = sqs.get_queue_url(QueueName="dead.fifo")["QueueUrl"]
    assert wait_for(lambda: sqs.receive_message(QueueUrl=dead).get("Messages"))[0]["Body"] == "fail"


def test_a_chain_of_messages_is_dropped_after_sixteen_invocations(aws: EmbeddedAws, send: Send) -> None:
    send("loop", "again")
    chains = wait_for(lambda: (told := aws.get("chains"))["dropped"] and told)
    assert chains == {"longest": {"worker": 17}, "dropped": 1}
    assert batches(aws, 16) == [["again"]] * 16
    sqs = aws.client("sqs")
    (left,) = sqs.get_queue_attributes(
        QueueUrl=sqs.get_queue_url(QueueName="loop")["QueueUrl"],
        AttributeNames=["ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"].values()
    assert left == "1"  # it comes back when its visibility is over


def test_a_fifo_queue_delays_and_keeps_its_attributes(aws: EmbeddedAws, send: Send) -> None:
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName="slow.fifo")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert {**HIGH_THROUGHPUT, "SqsManagedSseEnabled": "true", "DelaySeconds": "2"}.items() <= attributes.items()
    send("slow.fifo", "later", MessageGroupId="a", MessageDeduplicationId="a")
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    assert wait_for(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))[0]["Body"] == "later"


def test_a_mapping_reads_nothing_that_the_functions_role_may_not_read(aws: EmbeddedAws, send: Send) -> None:
    send("unread", "anybody there?")
    sentence = f"role blind of {HUB.id} may not sqs:ReceiveMessage, sqs:GetQueueAttributes on {QUEUES[:-1]}unread"
    wait_for(lambda: [text for text in aws.refusals() if text.startswith(sentence)])
    assert aws.client("sqs").receive_message(QueueUrl="unread")["Messages"][0]["Body"] == "anybody there?"


def test_a_function_is_invoked_only_by_the_rule_it_lets_in(aws: EmbeddedAws) -> None:
    for name in ("uninvited", "invited"):
        place = {"account": HUB.id, "region": HUB_REGION}
        assert aws.post("events", **place, source=name, detail={}, **{"detail-type": "Visit"}) == {}
    assert wait_for(lambda: aws.drain("seen")) == ["invited"]
    assert aws.refusals()[-1] == (
        f"{WORKER} does not let rule uninvited of {HUB.id}/{HUB_REGION} lambda:InvokeFunction as events.amazonaws.com."
    )


def test_the_http_api_hands_slacks_body_on_byte_for_byte(aws: EmbeddedAws) -> None:
    api = aws.client("cloudformation").describe_stack_resource(StackName="functions", LogicalResourceId="Api")
    api_id = api["StackResourceDetail"]["PhysicalResourceId"]
    url = f"{aws.url}/_aws/execute-api/{api_id}/$default/slack/events"
    form = b"payload=%7B%22a%22%3A+%22%C3%BC%22%7D"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    with urllib.request.urlopen(urllib.request.Request(url, form, headers)) as answer:
        got = json.load(answer)
    assert got["base64"] is True
    assert base64.b64decode(got["body"]) == form


def test_a_schedule_reaches_what_its_role_may_reach(aws: EmbeddedAws) -> None:
    assert wait_for(lambda: aws.drain("ticks"), 15) == ["clock"]
    sentence = f"role broken-clock of {HUB.id} may not sqs:SendMessage on {TICKS}."
    wait_for(lambda: sentence in aws.refusals())


def test_functions_share_what_is_unpacked_of_the_same_code_and_of_no_other(aws: EmbeddedAws) -> None:
    functions = aws.client("lambda")
    own = {"Handler": "worker.handler", "Runtime": "python3.13", "Role": f"arn:aws:iam::{HUB.id}:role/worker"}
    other = code("def handler(event, context): return 'another'")
    functions.create_function(FunctionName="another", Code={"ZipFile": other}, **own)
    answers = {}
    for name in ("worker", "blind", "another"):
        answers[name] = json.load(functions.invoke(FunctionName=name, Payload=b"{}")["Payload"])
    assert answers["another"] == "another"
    assert answers["worker"] == answers["blind"] != "another"
    unpacked = {
        name: {link.resolve() for link in aws.folder.glob(f"ministack-lambda-{name}-*/code") if link.is_symlink()}
        for name in answers
    }
    assert unpacked["worker"] == unpacked["blind"] != unpacked["another"]
    assert [len(folders) for folders in unpacked.values()] == [1, 1, 1]
