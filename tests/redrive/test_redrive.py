"""`coastguard redrive`: what it shows and what it sends back, on queues made as the template says."""

import json
import re
import signal
from datetime import UTC, datetime, timedelta

import boto3
import pytest
import time_machine
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from coastguard.cli import redrive as redrive_screen
from coastguard.cli.app import app
from coastguard.redrive import HIDDEN_SECONDS, MOST_LOOKED_AT
from tests.hub.factories import CLUSTER, ELSEWHERE, LONGEST, Json, bent, event
from tests.redrive.office import Died, Office, Stack, act, look, state_change

MIB = 1_048_576


def redrive(*options: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["redrive", *options], input=answer)


@pytest.fixture
def bounded(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many are looked at; a thousand would only take longer."""
    assert MOST_LOOKED_AT == 1_000
    monkeypatch.setattr(redrive_screen, "MOST_LOOKED_AT", 20)
    return 20


def row(result: Result, reason: str) -> str:
    (line,) = [line for line in result.output.splitlines() if reason in line and re.match(r"[\d,]+ ", line)]
    return line


# Looking


def test_empty_queues_say_so(office: Office) -> None:  # noqa: ARG001 - the queues must be there
    result = redrive()

    assert result.exit_code == 0
    for name in ("coastguard-delay-dead", "coastguard-looks-dead.fifo", "coastguard-acts-dead.fifo"):
        assert f"{name}: empty" in result.output
    assert "--send-back" not in result.output


def test_it_shows_how_many_there_are_and_why(office: Office) -> None:
    office.park("{not JSON", "[not JSON")
    office.park(
        bent(event("foreign-account")), reason="foreign: the event comes from ('1', 'eu') but names ('2', 'eu')"
    )
    office.undelivered(state_change(), message="The key may not be used")
    office.fail(office.delay, state_change(2), state_change(3), state_change(4))
    office.fail_in_order(office.looks, CLUSTER, look(1))
    office.fail_in_order(office.acts, CLUSTER, act(number=1), act(ago=timedelta(minutes=16), number=2))

    result = redrive()

    assert result.exit_code == 0
    assert "coastguard-delay-dead: 7; the oldest" in result.output
    assert row(result, "parked, malformed: not JSON").startswith("2 ")
    assert "333344445555, eu-west-1, prod-payments" in row(result, "parked, foreign: the event comes from ('1', 'eu')")
    assert "The key may not be used" in row(result, "EventBridge could not deliver it: NO_PERMISSIONS")
    failed = row(result, "ingest failed on it five times")
    assert failed.startswith("3 ")
    assert "222233334444, eu-west-1, prod-payments, ECS Container Instance State Change" in failed
    assert "222233334444/eu-west-1/prod-payments, state change" in row(result, "look failed on it eight times")
    assert "terminate by U0ALICE01" in row(result, "act failed on it five times: see its log")
    assert "refused unless it had begun" in row(result, "older than 15 min")


def test_it_says_how_to_go_on(office: Office) -> None:
    office.park("{not JSON")
    office.fail(office.delay, state_change())
    office.fail_in_order(office.acts, CLUSTER, act())

    result = redrive()

    assert "redrive --send-back\n" in result.output
    assert "redrive --send-back --parked\n" in result.output
    assert "redrive --send-back --queue acts\n" in result.output
    assert "older than 15 minutes are refused" in result.output


def test_looking_changes_nothing_and_hides_nothing(office: Office) -> None:
    office.park(*(f"{{{number}" for number in range(25)))
    office.fail_in_order(office.looks, CLUSTER, look(1), look(2))

    assert redrive().exit_code == 0

    assert (office.hidden(office.delay_dead), office.hidden(office.looks_dead)) == (0, 0)
    kept = office.messages(office.delay_dead)
    assert sorted(message["Body"] for message in kept) == sorted(f"{{{number}" for number in range(25))
    assert {message["MessageAttributes"]["reason"]["StringValue"] for message in kept} == {"malformed: not JSON"}
    assert office.bodies(office.looks_dead) == [look(1), look(2)]
    assert office.count(office.delay) + office.count(office.looks) == 0


def test_only_what_is_named_is_looked_at(office: Office) -> None:
    office.park("{")
    office.fail_in_order(office.looks, CLUSTER, look())

    result = redrive("--queue", "looks", "--queue", "acts")

    assert "coastguard-delay-dead" not in result.output
    assert "coastguard-looks-dead.fifo: 1;" in result.output
    assert "coastguard-acts-dead.fifo: empty" in result.output


def test_a_great_many_are_looked_at_in_part(office: Office, bounded: int) -> None:
    office.park(*(f"{{{number}" for number in range(bounded + 34)))

    result = redrive("--queue", "delay")

    assert f"here are the first {bounded} of {bounded + 34}" in result.output
    assert row(result, "not JSON").startswith(f"{bounded} ")
    assert office.hidden(office.delay_dead) == 0


def test_of_a_fifo_group_ten_are_seen_and_the_rest_is_told(office: Office) -> None:
    office.fail_in_order(office.looks, CLUSTER, *(look(number) for number in range(13)))
    office.fail_in_order(office.looks, ELSEWHERE, *(look(number, ELSEWHERE) for number in range(2)))

    result = redrive("--queue", "looks")

    assert "here are the first 12 of 15" in result.output
    assert office.hidden(office.looks_dead) == 0


@pytest.mark.parametrize(("ago", "told"), [(90, "90 seconds"), (600, "10 minutes"), (40_000, "11 hours")])
def test_the_oldest_ones_age_is_told(office: Office, ago: int, told: str) -> None:
    now = datetime.now(UTC)
    with time_machine.travel(now - timedelta(seconds=ago), tick=False):
        office.park("{")
    with time_machine.travel(now, tick=False):  # however long the machine takes
        office.park("{{")
        result = redrive()

    assert f"coastguard-delay-dead: 2; the oldest {told} old" in result.output


def test_what_somebody_else_is_reading_is_told(office: Office) -> None:
    office.park("{", "{{", "{{{")
    office.sqs.receive_message(QueueUrl=office.delay_dead, MaxNumberOfMessages=2, VisibilityTimeout=600)

    result = redrive()

    assert "coastguard-delay-dead: 1; " in result.output
    assert "2 more are hidden" in result.output


def test_an_interrupted_look_hides_nothing(office: Office) -> None:
    office.park(*(f"{{{number}" for number in range(40)))
    office.after = lambda name, number: interrupt() if (name, number) == ("ReceiveMessage", 3) else None

    result = redrive()

    assert result.exit_code == 130
    assert office.hidden(office.delay_dead) <= 10  # the ones of the very call that was cut off
    assert office.count(office.delay_dead) == 40


def test_hostile_text_is_shown_as_what_it_is_and_cut(office: Office) -> None:
    nasty = "\u202e[red]:bomb:\x1b[31m\n\u200b" + "x" * 5_000
    office.park(bent(event("state-change"), account=nasty), reason="malformed: '\u202e" + "y" * 200)
    office.undelivered(
        bent(event("state-change"), region=nasty), code="A\u202eB", message="\u202e"
    )  # SQS carries no \x1b

    result = redrive()

    assert r"malformed: '...'" in result.output
    assert r"\u202e[red]:bomb:\x1b[31m\n\u200bxxx" in result.output
    assert r"deliver it: A\u202eB" in result.output
    assert not set("\u202e\u200b\x1b") & set(result.output)
    assert max(map(len, result.output.splitlines())) < 360


def test_no_body_is_ever_shown(office: Office) -> None:
    office.park("password=hunter2", '{"password": "hunter2"}', bent(event("state-change"), {"password": "hunter2"}))
    office.fail(office.delay, bent(event("state-change"), {"password": "hunter2"}))
    office.fail_in_order(office.acts, CLUSTER, '{"response_url": "hunter2"}')

    result = redrive()

    assert "hunter2" not in result.output
    assert "16 characters that name nothing" in result.output


def test_any_number_of_reasons_is_a_short_table(office: Office) -> None:
    for number in range(30):
        office.park("{", reason=f"malformed: {number}")

    result = redrive("--queue", "delay")

    assert row(result, "18 other reasons").startswith("18 ")
    assert len(result.output.splitlines()) < 20


def test_what_lies_there_is_told_to_programs(office: Office) -> None:
    office.park("{not JSON", "[not JSON")
    office.fail(office.delay, state_change())

    result = redrive("--format", "json", "--queue", "delay", "--queue", "acts")

    delay, acts = map(json.loads, result.stdout.splitlines())
    assert result.exit_code == 0
    assert (delay["queue"], delay["kind"], delay["total"]) == ("coastguard-delay-dead", "delay", 3)
    assert (delay["looked_at"], delay["to_send_back"], delay["parked"], delay["sent"]) == (3, 1, 2, 0)
    assert datetime.fromisoformat(delay["oldest"]) <= datetime.now(UTC)
    assert {row["reason"]: row["count"] for row in delay["reasons"]} == {
        "parked, malformed: not JSON": 2,
        "ingest failed on it five times: see its log": 1,
    }
    assert (acts["total"], acts["oldest"], acts["reasons"]) == (0, None, [])
    assert "coastguard-delay-dead: 3; the oldest" in result.stderr  # people see it all the same


# Sending back


def test_what_was_sent_is_told_to_programs(office: Office) -> None:
    office.park("{not JSON")
    office.fail(office.delay, state_change())

    result = redrive("--send-back", "--yes", "--format", "json")

    delay, looks = map(json.loads, result.stdout.splitlines())
    assert (delay["sent"], delay["refused"], delay["undeleted"], delay["parked"]) == (1, {}, 0, 1)
    assert (looks["kind"], looks["sent"]) == ("looks", 0)
    assert office.bodies(office.delay) == [state_change()]


def test_no_program_is_asked_a_question(office: Office) -> None:
    office.fail(office.delay, state_change())

    result = redrive("--send-back", "--format", "json", answer="y\n")

    assert result.exit_code == 2
    assert "give --yes" in result.output
    assert office.count(office.delay_dead) == 1


def test_what_failed_goes_back_and_what_was_parked_stays(office: Office) -> None:
    office.park("{not JSON", "[not JSON")
    office.undelivered(state_change(1))
    office.fail(office.delay, state_change(2))
    office.fail_in_order(office.looks, CLUSTER, look(1))

    result = redrive("--send-back", "--yes")

    assert result.exit_code == 0
    assert "coastguard-delay-dead: 2 sent back; 2 parked stay" in result.output
    assert "coastguard-looks-dead.fifo: 1 sent back" in result.output
    assert sorted(office.bodies(office.delay)) == sorted([state_change(1), state_change(2)])
    assert office.bodies(office.looks) == [look(1)]
    assert sorted(office.bodies(office.delay_dead)) == ["[not JSON", "{not JSON"]
    assert office.count(office.looks_dead) == 0


def test_parked_ones_go_back_if_asked_for_without_their_old_reason(office: Office) -> None:
    office.park("{not JSON")

    result = redrive("--send-back", "--parked", "--yes")

    assert result.exit_code == 0
    (message,) = office.messages(office.delay)
    assert (message["Body"], message.get("MessageAttributes")) == ("{not JSON", None)
    assert office.count(office.delay_dead) == 0


def test_a_record_too_long_for_a_reason_is_parked_all_the_same(office: Office) -> None:
    office.park("x" * MIB)

    result = redrive("--send-back", "--yes")

    assert "parked, malformed: not JSON" in result.output
    assert result.output.endswith("Nothing was sent.\n")
    assert office.count(office.delay_dead) == 1


def test_long_messages_go_back_in_batches_that_sqs_takes(office: Office) -> None:
    office.park(*("x" * (MIB // 3) + str(number) for number in range(7)), "x" * MIB)

    assert redrive("--send-back", "--parked", "--yes").exit_code == 0

    assert len(office.bodies(office.delay)) == 8
    assert office.count(office.delay_dead) == 0


def test_requests_go_back_only_by_name_and_the_risk_is_told(office: Office) -> None:
    office.fail_in_order(office.acts, CLUSTER, act(), act(ago=timedelta(hours=2), number=2))

    assert redrive("--send-back", "--yes").exit_code == 0
    assert office.count(office.acts_dead) == 2

    result = redrive("--send-back", "--queue", "acts", "--yes")

    assert "older than 15 minutes are refused" in result.output
    assert len(office.bodies(office.acts)) == 2
    assert office.count(office.acts_dead) == 0


@pytest.mark.parametrize(("answer", "status", "sent"), [("y\n", 0, 1), ("n\n", 0, 0), ("\n", 0, 0), ("", 1, 0)])
def test_it_asks_before_it_sends(office: Office, answer: str, status: int, sent: int) -> None:
    office.fail(office.delay, state_change())

    result = redrive("--send-back", answer=answer)

    assert "coastguard-delay-dead: 1 to send back" in result.output
    assert result.exit_code == status
    assert (office.count(office.delay), office.count(office.delay_dead)) == (sent, 1 - sent)
    assert office.hidden(office.delay_dead) == 0


def test_all_of_a_great_many_go_back(office: Office, bounded: int) -> None:
    office.park(*(f"{{{number}" for number in range(bounded + 57)))

    result = redrive("--send-back", "--parked", "--yes")

    assert "57 more are judged when they are read" in result.output
    assert f"{bounded + 57} sent back" in result.output
    assert (office.count(office.delay), office.count(office.delay_dead)) == (bounded + 57, 0)


def test_parked_ones_beyond_those_that_were_looked_at_stay_too(office: Office, bounded: int) -> None:
    office.fail(office.delay, *(state_change(number) for number in range(bounded)))
    office.park("{", "{{")
    office.fail(office.delay, state_change(100), state_change(101))

    result = redrive("--send-back", "--yes")

    assert f"{bounded + 2} sent back; 2 parked stay" in result.output
    assert sorted(office.bodies(office.delay_dead)) == ["{", "{{"]


def test_a_fifo_queue_goes_back_in_order_with_its_groups_and_whole(office: Office) -> None:
    bodies = [look(number) for number in range(23)]
    office.fail_in_order(office.looks, CLUSTER, *bodies)
    office.fail_in_order(office.looks, LONGEST, look(1, LONGEST))

    result = redrive("--send-back", "--yes")

    assert "24 sent back" in result.output
    messages = office.messages(office.looks)
    groups = {message["Attributes"]["MessageGroupId"] for message in messages}
    assert [message["Body"] for message in messages if message["Body"] in bodies] == bodies
    assert len(messages) == 24
    assert CLUSTER.key in groups
    assert len(groups) == 2


def test_a_message_that_died_at_once_is_not_taken_for_a_double_of_itself(office: Office) -> None:
    # Moto forgets the ids of messages that are gone; SQS remembers them for five minutes. So no id may come twice.
    ids = [office.deduplication_id(office.looks, CLUSTER, look())]
    for _ in range(2):
        office.die(office.looks)

        assert redrive("--send-back", "--yes").exit_code == 0

        assert (office.count(office.looks), office.count(office.looks_dead)) == (1, 0)
        ids.append(office.deduplication_id(office.looks))
    assert len(set(ids)) == 3


def test_what_fails_again_meanwhile_does_not_go_round_for_ever(office: Office) -> None:
    office.park("{", "{{")

    def ingest(name: str, _number: int) -> None:
        if name == "DeleteMessageBatch":
            office.park(*office.bodies(office.delay))

    office.after = ingest

    result = redrive("--send-back", "--parked", "--yes")

    assert result.exit_code == 0
    assert "2 sent back" in result.output
    assert office.count(office.delay_dead) == 2


# What goes wrong


def test_what_sqs_refuses_stays_and_fails_the_command(office: Office) -> None:
    office.fail(office.delay, *(state_change(number) for number in range(12)))
    office.service.refuses = lambda entry: entry["MessageBody"] in (state_change(3), state_change(11))

    result = redrive("--send-back", "--yes")

    assert result.exit_code == 1
    assert "10 sent back; 2 stay because SQS refused them (InternalError: 2)" in result.output
    assert (office.count(office.delay), office.hidden(office.delay_dead)) == (10, 0)
    assert sorted(office.bodies(office.delay_dead)) == sorted([state_change(3), state_change(11)])


def test_what_aws_refuses_altogether_is_told_in_a_line_and_nothing_is_hidden(office: Office) -> None:
    office.fail(office.delay, *(state_change(number) for number in range(30)))

    def refuse(name: str, number: int) -> None:
        if (name, number) == ("SendMessageBatch", 2):
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no sqs:SendMessage"}}, name)

    office.before = refuse

    result = redrive("--send-back", "--yes")

    assert result.exit_code == 1
    assert "10 sent back" in result.output
    assert "AWS refused: " in result.output
    assert "no sqs:SendMessage" in result.output
    assert (office.count(office.delay), office.count(office.delay_dead), office.hidden(office.delay_dead)) == (
        10,
        20,
        0,
    )


def test_the_first_error_is_told_also_if_nothing_can_be_laid_back(office: Office) -> None:
    office.fail(office.delay, state_change())

    def refuse(name: str, number: int) -> None:
        if name == "SendMessageBatch" or (name == "ChangeMessageVisibilityBatch" and number > 1):
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": f"no {name}"}}, name)

    office.before = refuse

    result = redrive("--send-back", "--yes")

    assert result.exit_code == 1
    assert "no SendMessageBatch" in result.output
    assert office.count(office.delay_dead) == 1


def test_a_look_that_cannot_lay_back_says_so(office: Office) -> None:
    office.park("{")

    def refuse(name: str, _number: int) -> None:
        if name == "ChangeMessageVisibilityBatch":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no sqs:ChangeMessageVisibility"}}, name)

    office.before = refuse

    result = redrive()

    assert result.exit_code == 1
    assert "no sqs:ChangeMessageVisibility" in result.output


def test_what_cannot_be_deleted_is_told_and_comes_twice_rather_than_never(office: Office) -> None:
    office.fail(office.delay, state_change())

    def refuse(name: str, _number: int) -> tuple[AWSResponse, Json] | None:
        if name != "DeleteMessageBatch":
            return None
        failed = [{"Id": "0", "SenderFault": True, "Code": "ReceiptHandleIsInvalid", "Message": "expired"}]
        return AWSResponse("", 200, {}, None), {"Failed": failed, "ResponseMetadata": {"HTTPStatusCode": 200}}

    office.before = refuse

    result = redrive("--send-back", "--yes")

    assert result.exit_code == 1
    assert "1 sent back; 1 were sent but not deleted here" in result.output
    assert (office.count(office.delay), office.count(office.delay_dead)) == (1, 1)


@pytest.mark.parametrize("fifo", [False, True])
def test_a_death_between_sending_and_deleting_loses_nothing(office: Office, *, fifo: bool) -> None:
    home, dead = (office.looks, office.looks_dead) if fifo else (office.delay, office.delay_dead)
    bodies = [look(number) for number in range(12)]
    if fifo:
        office.fail_in_order(home, CLUSTER, *bodies)
    else:
        office.fail(home, *bodies)

    def die(name: str, _number: int) -> None:
        if name != "ReceiveMessage" and office.count(home):
            raise Died

    office.before = die
    with pytest.raises(Died):
        redrive("--send-back", "--yes")
    assert (office.count(home), office.count(dead)) == (10, 12)

    office.before = lambda _name, _number: None
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=HIDDEN_SECONDS + 1), tick=True):
        assert redrive("--send-back", "--yes").exit_code == 0

        assert office.count(dead) == 0
        arrived = office.bodies(home)
    assert set(arrived) == set(bodies)
    # A standard queue has ten of them twice; in a FIFO queue the second copy is known by its deduplication id.
    assert len(arrived) == (12 if fifo else 22)


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


@pytest.mark.product
@pytest.mark.parametrize("moment", ["ReceiveMessage", "SendMessageBatch", "DeleteMessageBatch"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_interrupt_loses_nothing_and_says_how_many_were_sent(office: Office, moment: str, when: str) -> None:
    bodies = [state_change(number) for number in range(45)]
    office.fail(office.delay, *bodies)
    begun = [0]

    def disturb(name: str, _number: int) -> None:
        begun[0] += name == moment and office.count(office.delay) > 0
        if name == moment and begun[0] == 2:
            interrupt()

    setattr(office, when, disturb)

    result = redrive("--send-back", "--yes")

    assert result.exit_code == 130
    assert "Stopped. Nothing is lost" in result.output
    told = int(re.findall(r"coastguard-delay-dead: (\d+) sent back", result.output)[0])
    left = office.count(office.delay_dead)
    assert office.hidden(office.delay_dead) <= 10  # of the very call that was cut off, for a minute
    arrived = office.bodies(office.delay)
    assert 10 <= told <= len(arrived) < 45
    # Only a send whose answer nobody heard is not counted, and may come twice.
    assert len(arrived) - told <= 10
    assert len(arrived) + left >= 45
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=HIDDEN_SECONDS + 1), tick=True):
        assert set(arrived) | set(office.bodies(office.delay_dead)) == set(bodies)


# Where and who


def test_without_a_region_it_says_how_to_choose_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    result = redrive()

    assert result.exit_code == 1
    assert "AWS_DEFAULT_REGION" in result.output


def test_without_credentials_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    result = redrive()

    assert result.exit_code == 1
    assert "AWS refused: Unable to locate credentials" in result.output


def test_where_no_hub_is_it_says_so(session: boto3.Session) -> None:  # noqa: ARG001 - there is none in it
    result = redrive()

    assert result.exit_code == 1
    assert "There is no stack coastguard-hub in this account and Region (eu-west-1)" in result.output


def test_an_older_stack_that_does_not_name_its_queues_is_told(session: boto3.Session) -> None:
    session.events.register_first("before-call.cloudformation.DescribeStacks", Stack({"TableName": "coastguard"}))

    result = redrive("--queue", "looks")

    assert result.exit_code == 1
    assert "does not name LooksDeadQueueUrl, LooksQueueUrl: deploy it again" in result.output


@pytest.mark.parametrize("options", [["--parked"], ["--yes"], ["--queue", "dreams"]])
def test_options_that_mean_nothing_are_refused(office: Office, options: list[str]) -> None:
    office.park("{")

    assert redrive(*options).exit_code == 2
    assert office.count(office.delay_dead) == 1
