"""Queues: nothing gets lost in them, nobody else writes to them, nobody reads along."""

from collections.abc import Iterator
from typing import Any

from hub.sweeping.sweeper import ROUND_MINUTES
from spoke.discovery import UNDELIVERED_QUEUE
from tests.templates.deploying import Resource, Stack
from tests.templates.examining import Request, allows, denies
from tests.templates.world import World

FOURTEEN_DAYS = 14 * 24 * 3600
EVENTS = "events.amazonaws.com"

# An alarm in each account and Region would cost the members money every month, and Coastguard costs them nothing. Sweep
# reads these queues' depth instead, and the hub has one alarm for all of them.
WITHOUT_ALARM = {UNDELIVERED_QUEUE}


def queues_are_encrypted(world: World) -> list[str]:
    """Each queue is encrypted at rest, in the hub with the customer's key where there is one."""
    faults = []
    for stack in (world.hub, world.rules):
        key = world.wishes.key if stack is world.hub else ""
        for queue in stack.of_type("SQS::Queue"):
            own, managed = queue.properties.get("KmsMasterKeyId", ""), queue.properties.get("SqsManagedSseEnabled")
            if own != key or managed is not (None if key else True):
                faults.append(f"{queue.name} is not encrypted as wished: key {own!r}, managed {managed}.")
    return faults


def queues_have_a_dead_letter_queue(world: World) -> list[str]:
    """Each working queue gives up after five tries or more, into a dead-letter queue of its own kind.

    That of the looks after eight or more: up to three are spent on gathering hints.
    """
    faults = []
    for stack in (world.hub, world.rules):
        by_arn = {queue.arn: queue for queue in stack.of_type("SQS::Queue")}
        for queue in by_arn.values():
            redrive = queue.properties.get("RedrivePolicy")
            if queue.arn in _dead_letter_arns(stack):
                continue
            least = 8 if queue.name.endswith("coastguard-looks.fifo") else 5
            if not redrive or int(redrive["maxReceiveCount"]) < least:
                faults.append(f"{queue.name} has no dead-letter queue after at least {least} tries.")
            elif _is_fifo(by_arn[redrive["deadLetterTargetArn"]]) != _is_fifo(queue):
                faults.append(f"{queue.name} and its dead-letter queue are not of the same kind.")
    return faults


def dead_letters_are_kept(world: World) -> list[str]:
    """Dead letters stay for the longest time there is, so that somebody can come back from holidays."""
    return [
        f"{queue.name} keeps dead letters for less than 14 days."
        for stack in (world.hub, world.rules)
        for queue in stack.of_type("SQS::Queue")
        if queue.arn in _dead_letter_arns(stack) and queue.properties.get("MessageRetentionPeriod") != FOURTEEN_DAYS
    ]


def dead_letters_raise_an_alarm(world: World) -> list[str]:
    """One dead letter is enough for an alarm, which goes to the topic if there is one."""
    faults = []
    for stack in (world.hub, world.rules):
        for queue in stack.of_type("SQS::Queue"):
            name = queue.arn.rpartition(":")[2]
            if queue.arn not in _dead_letter_arns(stack) or name in WITHOUT_ALARM:
                continue
            if not any(
                _rings_for(alarm, name, world.wishes.alarm_topic) for alarm in stack.of_type("CloudWatch::Alarm")
            ):
                faults.append(f"Dead letters in {name} raise no alarm.")
    return faults


def the_members_undelivered_raise_an_alarm(world: World) -> list[str]:
    """One alarm in the hub for what lies in the members; of a round's length, so that it stands until all is gone."""
    topic = [world.wishes.alarm_topic] if world.wishes.alarm_topic else []
    queues = [queue.arn.rpartition(":")[2] for queue in world.rules.of_type("SQS::Queue")]
    alarms = [
        alarm.properties
        for alarm in world.hub.of_type("CloudWatch::Alarm")
        if (alarm.properties["Namespace"], alarm.properties["MetricName"]) == ("Coastguard", "undelivered")
        and alarm.properties["Dimensions"] == [{"Name": "service", "Value": "coastguard-sweep"}]
        and (alarm.properties["Threshold"], alarm.properties["Period"]) == (0, 60 * ROUND_MINUTES)
        and alarm.properties.get("AlarmActions", []) == topic
    ]
    faults = [] if queues == [UNDELIVERED_QUEUE] else [f"Sweep does not look into {queues}."]
    return [*faults, "What lies undelivered in the members raises no alarm."] if len(alarms) != 1 else faults


def queues_refuse_plain_http(world: World) -> list[str]:
    """Whoever comes without TLS is denied, and with TLS nobody is denied."""
    faults = []
    for stack in (world.hub, world.rules):
        for queue in stack.of_type("SQS::Queue"):
            for action in ("sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"):
                asked = [
                    any(
                        denies(policy, Request(action, queue.arn, keys={"aws:SecureTransport": tls}))
                        for policy in _policies(stack, queue)
                    )
                    for tls in ("false", "true")
                ]
                if asked != [True, False]:
                    faults.append(f"{queue.name} does not deny {action} exactly to those without TLS.")
    return faults


def only_our_rules_may_send(world: World) -> list[str]:
    """EventBridge may write where a rule of ours sends, for that rule only, and nowhere else."""
    faults = []
    for stack in (world.hub, world.rules):
        senders = _rules_by_queue(stack)
        for queue in stack.of_type("SQS::Queue"):
            account = {"aws:SourceAccount": stack.account, "aws:SecureTransport": "true"}
            stranger = f"arn:aws:events:{stack.region}:{stack.account}:rule/somebody-elses"
            wrong = [(EVENTS, stranger), ("sns.amazonaws.com", stranger)]
            for rule in senders.get(queue.arn, set()):
                wrong.append(("sns.amazonaws.com", rule))
                if not _may_send(stack, queue, EVENTS, {**account, "aws:SourceArn": rule}):
                    faults.append(f"{rule} sends to {queue.name}, whose policy does not let it.")
            for principal, source in wrong:
                if _may_send(stack, queue, principal, {**account, "aws:SourceArn": source}):
                    faults.append(f"{queue.name} lets {principal} send for {source}.")
            if _may_send(stack, queue, EVENTS, account):
                faults.append(f"{queue.name} lets EventBridge send for anybody.")
    return faults


def fifo_queues_go_group_by_group(world: World) -> list[str]:
    """High throughput, and deduplication that never drops a message for another group's sake."""
    wanted = {
        "FifoQueue": True,
        "ContentBasedDeduplication": False,
        "DeduplicationScope": "messageGroup",
        "FifoThroughputLimit": "perMessageGroupId",
    }
    return [
        f"{queue.name} has {key} {queue.properties.get(key)!r}, not {value!r}."
        for queue in world.hub.of_type("SQS::Queue")
        if _is_fifo(queue) or queue.name.endswith(".fifo")
        for key, value in wanted.items()
        if queue.properties.get(key) != value
    ]


def grace_is_the_queues_delay(world: World) -> list[str]:
    """The grace period runs in the delay queue, within what SQS allows."""
    grace = world.templates["hub"]["Parameters"]["GraceSeconds"]
    queue = world.hub.resources["DelayQueue"]
    faults = []
    if str(queue.properties.get("DelaySeconds")) != world.wishes.grace:
        faults.append(f"{queue.name} does not delay for GraceSeconds.")
    if (grace["Type"], grace.get("MinValue"), grace.get("MaxValue")) != ("Number", 0, 900):
        faults.append("GraceSeconds allows what SQS does not: 0 to 900.")
    return faults


def messages_stay_hidden_long_enough(world: World) -> list[str]:
    """Visibility is six times the function's timeout plus the longest window: else a slow batch is given out twice."""
    longest_window = int(world.templates["hub"]["Parameters"]["IngestWindowSeconds"]["MaxValue"])
    queues = {queue.arn: queue for queue in world.hub.of_type("SQS::Queue")}
    functions = {function.name: function for function in world.hub.of_type("Lambda::Function")}
    faults = []
    for mapping in world.hub.of_type("Lambda::EventSourceMapping"):
        queue = queues[mapping.properties["EventSourceArn"]]
        window = longest_window if "MaximumBatchingWindowInSeconds" in mapping.properties else 0
        needed = 6 * int(functions[mapping.properties["FunctionName"]].properties["Timeout"]) + window
        if int(queue.properties.get("VisibilityTimeout", 30)) < needed:
            faults.append(f"{queue.name} hides messages for less than {needed} seconds.")
    return faults


CHECKS = (
    queues_are_encrypted,
    queues_have_a_dead_letter_queue,
    dead_letters_are_kept,
    dead_letters_raise_an_alarm,
    the_members_undelivered_raise_an_alarm,
    queues_refuse_plain_http,
    only_our_rules_may_send,
    fifo_queues_go_group_by_group,
    grace_is_the_queues_delay,
    messages_stay_hidden_long_enough,
)


def _is_fifo(queue: Resource) -> bool:
    return bool(queue.properties.get("FifoQueue"))


def _dead_letter_arns(stack: Stack) -> set[str]:
    redriven = {
        queue.properties["RedrivePolicy"]["deadLetterTargetArn"]
        for queue in stack.of_type("SQS::Queue")
        if "RedrivePolicy" in queue.properties
    }
    return redriven | {
        target["DeadLetterConfig"]["Arn"] for _, target in _targets(stack) if "DeadLetterConfig" in target
    }


def _targets(stack: Stack) -> Iterator[tuple[Resource, dict[str, Any]]]:
    return ((rule, target) for rule in stack.of_type("Events::Rule") for target in rule.properties["Targets"])


def _rules_by_queue(stack: Stack) -> dict[str, set[str]]:
    """Return the ARNs of the rules that send to a queue, as their target or as their dead-letter queue."""
    senders: dict[str, set[str]] = {}
    for rule, target in _targets(stack):
        for arn in (target["Arn"], target.get("DeadLetterConfig", {}).get("Arn", "")):
            senders.setdefault(arn, set()).add(rule.arn)
    return senders


def _policies(stack: Stack, queue: Resource) -> list[dict[str, Any]]:
    return [
        policy.properties["PolicyDocument"]
        for policy in stack.of_type("SQS::QueuePolicy")
        if queue.name in policy.properties["Queues"]
    ]


def _may_send(stack: Stack, queue: Resource, principal: str, keys: dict[str, str]) -> bool:
    request = Request("sqs:SendMessage", queue.arn, principal, keys)
    return any(allows(policy, request) for policy in _policies(stack, queue))


def _rings_for(alarm: Resource, queue: str, topic: str) -> bool:
    properties = alarm.properties
    return (
        properties.get("MetricName") == "ApproximateNumberOfMessagesVisible"
        and properties.get("Dimensions") == [{"Name": "QueueName", "Value": queue}]
        and (properties.get("ComparisonOperator"), properties.get("Threshold")) == ("GreaterThanThreshold", 0)
        and properties.get("AlarmActions", []) == ([topic] if topic else [])
    )
