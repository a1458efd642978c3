"""The functions as Lambda calls them: told by their environment, given a true SQS event, judged by what is left."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, replace
from typing import Any

import boto3
import botocore.handlers
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from coastguard.local.slack.workspace import BOT_TOKEN
from hub import ingest, look, sweep
from hub.incidents.hint_messages import from_message, to_message
from hub.incidents.hints import Drop, Hint, StormHint, Why
from hub.incidents.incident import State
from hub.queues import group_id
from hub.runtime.log_keys import attached
from hub.runtime.settings import BadSettings
from hub.sweeping.sweeper import ROUND
from hub.table.store import Store
from spoke.places import Cluster
from tests.hub.factories import CHANNEL, CLUSTER, ELSEWHERE, GRACE, NOON, Json, bulletin, event, incident
from tests.hub.faults import Faults
from tests.hub.rendering import words_of
from tests.hub.slack_side import SlackSide
from tests.hub.stack import Mail
from tests.hub.timing import Clock
from tests.signed_in import HUB_ACCOUNT
from tests.spoke.fleet import ACCOUNT, REGION
from tests.templates.reading import read
from tests.wire.fleet import Fleet
from tests.wire.organization import Organization
from tests.wire.parameters import Parameters

INVOCATION = "8c1a2d3e-0000-4000-8000-0123456789ab"


class Context:
    """What Lambda hands to a function besides the event."""

    aws_request_id = INVOCATION

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


FUNCTIONS = {"IngestFunction": ingest, "LookFunction": look, "SweepFunction": sweep}


@pytest.fixture(autouse=True)
def fresh(quiet_logs: None) -> Iterator[None]:  # noqa: ARG001 - to put the logs back
    """Each test is a cold start."""
    for function in FUNCTIONS.values():
        function.wire.cache_clear()
    yield
    for function in FUNCTIONS.values():
        function.wire.cache_clear()


@pytest.fixture
def secret(aws: None, session: boto3.Session) -> str:  # noqa: ARG001 - moto must be up
    value = json.dumps({"bot_token": BOT_TOKEN, "signing_secret": "not-a-secret"})
    return str(session.client("secretsmanager").create_secret(Name="slack", SecretString=value)["ARN"])


@pytest.fixture
def told(
    monkeypatch: pytest.MonkeyPatch, mail: Mail, store: Store, slack: SlackSide, secret: str, organization: Organization
) -> Callable[[str], None]:
    """Gives a function the environment that the template gives it, and nothing more."""
    values = {
        "COASTGUARD_TABLE": "coastguard",
        "COASTGUARD_DELAY_QUEUE_URL": mail.delay,
        "COASTGUARD_DEAD_QUEUE_URL": mail.dead,
        "COASTGUARD_LOOKS_QUEUE_URL": mail.looks,
        "COASTGUARD_GRACE_SECONDS": str(int(GRACE.total_seconds())),
        "COASTGUARD_SLACK_SECRET_ARN": secret,
        "COASTGUARD_SLACK_CHANNEL": CHANNEL,
        "COASTGUARD_SLACK_API_URL": slack.api_url,
        "COASTGUARD_READER_ROLE": "coastguard-reader",
        "COASTGUARD_REGIONS": f"{REGION}, us-east-1",
        "COASTGUARD_LONGER_GRACE": "",
        "COASTGUARD_CLUSTER_TAGS": "",
        "COASTGUARD_GROUP_CHANNELS": "",
        "COASTGUARD_INCIDENT_PAGES": "yes",
        "COASTGUARD_POLICY_PLACE": "",
        "POWERTOOLS_SERVICE_NAME": "coastguard",
        "POWERTOOLS_METRICS_NAMESPACE": "Coastguard",
    }
    assert store
    assert organization

    def tell(function: str) -> None:
        names = read("hub")["Resources"][function]["Properties"]["Environment"]["Variables"]
        for name in names:
            monkeypatch.setenv(name, values[name])

    return tell


def metrics(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    """What was counted, as CloudWatch reads it from the output."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    counted: dict[str, float] = {}
    for line in lines:
        for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
            assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
            counted[metric["Name"]] = counted.get(metric["Name"], 0) + line[metric["Name"]][0]
    return counted


# ingest


def test_ingest_sends_hints_on_and_parks_what_it_cannot_read(
    told: Callable[[str], None], mail: Mail, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    told("IngestFunction")
    for body in (
        json.dumps(event("state-change")),
        json.dumps(event("foreign-account")),
        "{",
        json.dumps(event("drill")),
    ):
        mail.sqs.send_message(QueueUrl=mail.delay, MessageBody=body)
    clock.forward(seconds=GRACE.total_seconds() + 1)
    batch = mail.receive(mail.delay)

    answer = ingest.handler(batch, None)

    mail.done(mail.delay, batch, answer)
    assert answer == {"batchItemFailures": []}
    told_by_ecs = from_message(json.dumps(event("state-change")))
    assert isinstance(told_by_ecs, Hint)
    assert [from_message(body) for body in mail.bodies(mail.looks)] == [replace(told_by_ecs, crowd=1)]
    assert mail.waiting(mail.dead) == 2
    assert mail.waiting(mail.delay) == 0
    assert metrics(capsys) == {"hints": 1, "foreign": 1, "malformed": 1, "drills": 1}


def test_ingest_logs_why_a_record_was_parked(
    told: Callable[[str], None], mail: Mail, clock: Clock, log_lines: Callable[[], list[Json]]
) -> None:
    told("IngestFunction")
    for body in (json.dumps(event("state-change")), "{", json.dumps(event("foreign-account"))):
        mail.sqs.send_message(QueueUrl=mail.delay, MessageBody=body)
    clock.forward(seconds=GRACE.total_seconds() + 1)
    batch = mail.receive(mail.delay)

    ingest.handler(batch, Context())

    bad = [record["messageId"] for record in batch["Records"]][1:]
    lines = [line for line in log_lines() if line["message"] == "record.parked"]
    assert [(line["record"], line["invocation"]) for line in lines] == [(each, INVOCATION) for each in bad]
    assert lines[0]["reason"] == "malformed: not JSON"
    assert attached() == {}


# look


def test_look_opens_an_incident_and_tells_slack(
    told: Callable[[str], None],
    mail: Mail,
    fleet: Fleet,
    store: Store,
    slack: SlackSide,
    capsys: pytest.CaptureFixture[str],
) -> None:
    told("LookFunction")
    cluster = fleet.cluster()
    instance, host = fleet.quiet(cluster)
    asked = to_message(Hint(cluster, Why.STATE_CHANGE, (Drop(instance, NOON - GRACE, 1),)))
    mail.sqs.send_message(
        QueueUrl=mail.looks, MessageBody=asked, MessageGroupId=group_id(cluster), MessageDeduplicationId="1"
    )
    batch = mail.receive(mail.looks)

    answer = look.handler(batch, None)

    assert answer == {"batchItemFailures": []}
    (found,) = store.known(cluster).incidents.values()
    assert (found.instance, found.state, found.since) == (instance, State.OPEN, NOON - GRACE)
    (message,) = slack.messages()
    assert host in words_of(message)
    assert metrics(capsys) == {"looks": 1, "announced": 1}


def test_look_gives_back_what_failed_and_only_that_and_never_logs_the_token(
    told: Callable[[str], None],
    mail: Mail,
    fleet: Fleet,
    store: Store,
    slack: SlackSide,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    told("LookFunction")
    clusters = [fleet.cluster(name) for name in ("prod-payments", "prod-search")]
    for number, cluster in enumerate(clusters):
        instance, _ = fleet.quiet(cluster)
        asked = to_message(Hint(cluster, Why.STATE_CHANGE, (Drop(instance, NOON - GRACE, 1),)))
        mail.sqs.send_message(
            QueueUrl=mail.looks, MessageBody=asked, MessageGroupId=cluster.name, MessageDeduplicationId=str(number)
        )
    slack.fault("chat.postMessage", "server_error")
    batch = mail.receive(mail.looks)

    with caplog.at_level(logging.DEBUG):
        answer = look.handler(batch, None)

    assert answer == {"batchItemFailures": [{"itemIdentifier": batch["Records"][0]["messageId"]}]}
    assert [len(store.known(cluster).incidents) for cluster in clusters] == [1, 1]
    assert len(slack.messages()) == 1
    said = caplog.text + "".join(capsys.readouterr()) + "".join(str(record.__dict__) for record in caplog.records)
    assert BOT_TOKEN not in said
    assert "InDoubt" in said


def test_each_line_of_look_says_what_it_is_about_and_nothing_of_its_neighbours(
    told: Callable[[str], None], mail: Mail, fleet: Fleet, slack: SlackSide, log_lines: Callable[[], list[Json]]
) -> None:
    told("LookFunction")
    failing, good = fleet.cluster("prod-payments"), fleet.cluster("prod-search")
    texts = {"storm": to_message(StormHint(CHANNEL, REGION))}
    for cluster in (failing, good):
        instance, _ = fleet.quiet(cluster)
        texts[cluster.name] = to_message(Hint(cluster, Why.STATE_CHANGE, (Drop(instance, NOON - GRACE, 1),)))
    for group, text in texts.items():
        for number, body in enumerate((text, "{")):
            once = f"{group}{number}"
            mail.sqs.send_message(
                QueueUrl=mail.looks, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=once
            )
    slack.fault("chat.postMessage", "server_error")
    batch = mail.receive(mail.looks)

    look.handler(batch, Context())

    ours = ("invocation", "group", "account", "region", "cluster")
    lines = {(line["message"], line["group"]): line for line in log_lines()}
    unreadable, failed, announced = "hint.unreadable", "group.failed", "announced"
    assert set(lines) >= {
        *((unreadable, group) for group in (failing.name, good.name, "storm")),
        (failed, failing.name),
        (announced, good.name),
    }
    assert {line["invocation"] for line in lines.values()} == {INVOCATION}
    for cluster, message in ((failing, failed), (good, announced)):
        keys = {key: value for key, value in lines[message, cluster.name].items() if key in ours}
        assert keys == {
            "invocation": INVOCATION,
            "group": cluster.name,
            "account": cluster.account,
            "region": cluster.region,
            "cluster": cluster.key,
        }
    for (message, _), line in lines.items():
        assert message != unreadable or not line.keys() & {"account", "region", "cluster"}
    assert attached() == {}


# sweep


def test_sweep_asks_for_a_look_at_everything_unfinished(
    told: Callable[[str], None], mail: Mail, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    told("SweepFunction")
    over = Cluster("444455556666", "eu-west-1", "media")
    store.save([incident()], bulletin())
    store.save([incident(state=State.RESOLVED, cluster=ELSEWHERE)], bulletin(cluster=ELSEWHERE))
    store.save([incident(state=State.RESOLVED, cluster=over)], bulletin(cluster=over, closed=True))

    sweep.handler({}, None)

    hints = [from_message(body) for body in mail.bodies(mail.looks)]
    assert sorted(hint.cluster for hint in hints if isinstance(hint, Hint)) == [CLUSTER, ELSEWHERE]
    assert {(hint.why, hint.drops) for hint in hints if isinstance(hint, Hint)} == {("sweep", ())}
    assert metrics(capsys) == {"swept": 2}


def test_sweep_visits_a_tenth_of_the_members_each_minute_and_all_of_them_if_told_to(
    told: Callable[[str], None], fleet: Fleet, mail: Mail, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    told("SweepFunction")
    mail.service.without_queue = {ACCOUNT, HUB_ACCOUNT}
    cluster = fleet.cluster()
    instance, _ = fleet.quiet(cluster)

    sweep.handler({"sweep": "all"}, None)

    (hint,) = [from_message(body) for body in mail.bodies(mail.looks)]
    assert hint == Hint(cluster, Why.SWEEP, (Drop(instance, NOON),), until=NOON + ROUND)
    assert metrics(capsys) == {"visited": 4, "unwatched": 4, "swept": 1}
    for _ in range(10):
        clock.forward(minutes=1)
        sweep.handler({}, None)
    assert metrics(capsys) == {"visited": 4, "unwatched": 4, "swept": 1}


def test_sweep_looks_at_what_is_unfinished_also_when_the_organization_cannot_be_read(
    told: Callable[[str], None], mail: Mail, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    told("SweepFunction")
    store.save([incident()], bulletin())
    faults = Faults()
    faults.fail("organizations:ListAccounts", "AccessDeniedException")
    handler = ("before-call.organizations.ListAccounts", faults)
    monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", [*botocore.handlers.BUILTIN_HANDLERS, handler])

    with pytest.raises(ClientError):
        sweep.handler({}, None)

    assert mail.waiting(mail.looks) == 1


@pytest.mark.parametrize("asked", [True, False])
def test_sweep_reads_the_tags_of_accounts_if_the_policy_goes_by_them(
    told: Callable[[str], None],
    store: Store,
    organization: Organization,
    parameters: Parameters,
    monkeypatch: pytest.MonkeyPatch,
    *,
    asked: bool,
) -> None:
    told("SweepFunction")
    where = 'account_tag = ["team=payments"]' if asked else f'account = ["{ACCOUNT}"]'
    policy = f'[[routes]]\nwhere = {{ {where} }}\nchannel = "{CHANNEL}"\n'
    parameters.put("/coastguard/policy", policy)
    monkeypatch.setenv("COASTGUARD_POLICY_PLACE", "ssm:/coastguard/policy")
    organization.accounts[ACCOUNT].tags = {"team": "payments"}

    sweep.handler({"sweep": "all"}, None)

    assert store.accounts()[ACCOUNT].tags == ((("team", "payments"),) if asked else ())


def test_a_round_made_twice_asks_once_and_the_next_one_asks_again(
    told: Callable[[str], None], mail: Mail, store: Store, clock: Clock
) -> None:
    told("SweepFunction")
    store.save([incident()], bulletin())

    for _ in range(2):
        sweep.handler({}, None)
    assert mail.waiting(mail.looks) == 1
    clock.forward(minutes=1)
    sweep.handler({}, None)

    assert mail.waiting(mail.looks) == 2


def test_a_round_with_nothing_to_do_does_nothing(
    told: Callable[[str], None], mail: Mail, capsys: pytest.CaptureFixture[str]
) -> None:
    told("SweepFunction")

    sweep.handler({}, None)

    assert mail.waiting(mail.looks) == 0
    assert metrics(capsys) == {}


def test_a_round_that_sqs_refuses_is_an_error_that_says_so(
    told: Callable[[str], None], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    told("SweepFunction")
    store.save([incident()], bulletin())
    failed = {"Failed": [{"Id": "0", "Code": "ServiceUnavailable"}], "ResponseMetadata": {"HTTPStatusCode": 200}}
    handler = ("before-call.sqs.SendMessageBatch", lambda **_: (AWSResponse("", 200, {}, None), failed))
    monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", [*botocore.handlers.BUILTIN_HANDLERS, handler])

    with pytest.raises(RuntimeError, match="refused 1 of 1 groups"):
        sweep.handler({}, None)


# All of them


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_function_without_settings_names_all_that_are_missing(function: Any) -> None:
    with pytest.raises(BadSettings) as caught:
        function.handler({"Records": []}, None)

    needed = [field for field in fields(function.Settings) if field.default is MISSING]
    assert str(caught.value).count("is missing") == len(needed)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_asks_for_no_more_than_the_template_gives(name: str) -> None:
    given = set(read("hub")["Resources"][name]["Properties"]["Environment"]["Variables"])

    assert {f"COASTGUARD_{field.upper()}" for field in FUNCTIONS[name].Settings.__dataclass_fields__} <= given
