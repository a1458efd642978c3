"""Restarting an agent, on moto: what Systems Manager was asked to do, how often, and by which credential."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from coastguard.local.fleet import systems_manager
from spoke.accounts import Accounts, Member, Role
from spoke.commands import Asked, ask_course
from spoke.errors import Busy, NotDone
from spoke.places import Cluster
from spoke.repairs import REMEDIES, Target
from spoke.repairs.restart_agent import DOCUMENT
from tests.spoke.fleet import ACCOUNT, ASKING, REGION, Faults, Fleet

RESTART = REMEDIES["restart-agent"]
ACT = Role("coastguard-remediator", "incident-1", source_identity="slack-T0COAST01-U0ALICE01")
REQUEST = "3f2a9c81d4e5b6077788"
NO_ANSWER = ReadTimeoutError(endpoint_url="https://ssm.eu-west-1.amazonaws.com")


@pytest.fixture
def member(accounts: Accounts, faults: Faults) -> Member:  # noqa: ARG001 - no fault of another test may be left
    return accounts.member(ACCOUNT, REGION, ACT)


@pytest.fixture
def cluster(fleet: Fleet) -> Cluster:
    return fleet.cluster()


@pytest.fixture
def target(fleet: Fleet, cluster: Cluster) -> Target:
    return Target(cluster, *fleet.quiet(cluster), REQUEST)


def test_one_command_is_sent_of_our_document_to_this_host_named_after_the_request(
    fleet: Fleet, member: Member, target: Target
) -> None:
    outcome = RESTART.run(member, target, ASKING)

    (command,) = fleet.commands()
    assert (command.document_name, command.instance_ids, command.comment) == (DOCUMENT, [target.host], REQUEST)
    assert (outcome.command, outcome.steps) == (
        command.command_id,
        (f"Had Systems Manager restart the agent on {target.host}.",),
    )
    assert fleet.ec2(target.host).state == "running"


def test_a_machine_of_ecs_anywhere_is_restarted_too(fleet: Fleet, member: Member, target: Target) -> None:
    machine = "mi-0123456789abcdef0"
    fleet.known(target.cluster, target.instance).ec2_instance_id = machine

    RESTART.run(member, replace(target, host=machine), ASKING)

    assert [command.instance_ids for command in fleet.commands()] == [[machine]]


# What must not be restarted -------------------------------------------------------------------------------------------


def connect(fleet: Fleet, target: Target) -> None:
    fleet.known(target.cluster, target.instance).agent_connected = True


def stop(fleet: Fleet, target: Target) -> None:
    fleet.member.call("ec2", "stop_instances", InstanceIds=[target.host])


def manage(fleet: Fleet, target: Target) -> None:
    fleet.ec2(target.host).operator = {"Managed": True}


def register_anew(fleet: Fleet, target: Target) -> None:
    fleet.register(target.cluster, target.host)


def deregister(fleet: Fleet, target: Target) -> None:
    fleet.member.call(
        "ecs",
        "deregister_container_instance",
        cluster=target.cluster.name,
        containerInstance=target.instance,
        force=True,
    )


def lose_the_line(_: Fleet, target: Target) -> None:
    systems_manager.PINGS[target.host] = "ConnectionLost"


def never_reach_systems_manager(_: Fleet, target: Target) -> None:
    systems_manager.PINGS[target.host] = ""


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (connect, "is connected again"),
        (stop, "is stopped now"),
        (manage, "managed by AWS"),
        (register_anew, "old registration of a host that is well"),
        (deregister, "no longer knows"),
        (lose_the_line, "it calls it ConnectionLost"),
        (never_reach_systems_manager, "it does not know it"),
    ],
)
def test_what_is_otherwise_than_the_person_saw_is_left_alone(
    fleet: Fleet, member: Member, target: Target, happens: Callable[[Fleet, Target], None], why: str
) -> None:
    happens(fleet, target)

    with pytest.raises(NotDone, match=why):
        RESTART.run(member, target, ASKING)

    assert fleet.commands() == []


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("ssm:SendCommand", "AccessDeniedException"),
        ("ssm:SendCommand", "InvalidDocument"),
        ("ssm:DescribeInstanceInformation", "AccessDeniedException"),
        ("ecs:DescribeContainerInstances", "AccessDeniedException"),
        ("ssm:SendCommand", "ThrottlingException"),
    ],
)
def test_a_refusal_is_told_and_nothing_was_done(
    fleet: Fleet, member: Member, target: Target, faults: Faults, action: str, code: str
) -> None:
    faults.fail(action, code)

    with pytest.raises(NotDone, match=f"Nothing was done: .*{code}"):
        RESTART.run(member, target, ASKING)

    assert fleet.commands() == []


def test_a_target_of_another_account_is_not_touched(fleet: Fleet, member: Member, target: Target) -> None:
    elsewhere = replace(target, cluster=replace(target.cluster, account="333344445555"))

    with pytest.raises(ValueError, match="cannot be reached"):
        RESTART.run(member, elsewhere, ASKING)

    assert fleet.commands() == []


# At most once ---------------------------------------------------------------------------------------------------------


def test_before_it_is_sent_it_is_written_down_and_after_the_last_question(
    fleet: Fleet, member: Member, target: Target
) -> None:
    said: list[str] = []
    asking = replace(ASKING, go_ahead=lambda: said.append("may I?"), once=lambda: said.append("about to"))

    def ran(*_: Any) -> None:
        said.append("sent")

    systems_manager.RUNS.append(ran)
    try:
        RESTART.run(member, target, asking)
    finally:
        systems_manager.RUNS.remove(ran)

    assert said == ["may I?", "about to", "sent"]
    assert len(fleet.commands()) == 1


def test_what_nobody_answers_is_sent_once_and_said_to_be_in_doubt(
    fleet: Fleet, accounts: Accounts, target: Target, faults: Faults
) -> None:
    faults.interrupt("ssm:SendCommand", NO_ANSWER)
    with pytest.raises(Busy):  # a service that is silent is asked nothing more, by this invocation
        RESTART.run(accounts.member(ACCOUNT, REGION, ACT), target, ASKING)

    outcome = RESTART.run(accounts.member(ACCOUNT, REGION, ACT), target, replace(ASKING, tried=True))

    assert faults.calls["ssm:SendCommand"] == 1
    assert fleet.commands() == []
    assert outcome.command == ""
    assert outcome.steps[0].startswith(f"May have had the agent on {target.host} restarted")


def test_an_error_of_systems_managers_own_is_no_reason_to_send_it_again(
    member: Member, target: Target, faults: Faults
) -> None:
    faults.fail("ssm:SendCommand", "InternalServerError", 500)

    outcome = RESTART.run(member, target, ASKING)

    assert faults.calls["ssm:SendCommand"] == 1
    assert outcome.steps[0].startswith("May have had")


def test_whoever_comes_after_a_crash_finds_the_command_and_sends_none(
    fleet: Fleet, member: Member, target: Target
) -> None:
    first = RESTART.run(member, target, ASKING)
    other = replace(target, request="0" * 20)
    RESTART.run(member, other, ASKING)
    connect(fleet, target)  # it has helped already

    again = RESTART.run(member, target, replace(ASKING, tried=True))

    assert again == first
    assert len(fleet.commands()) == 2


def test_whoever_comes_after_a_crash_and_finds_no_command_sends_none_either(
    fleet: Fleet, member: Member, target: Target
) -> None:
    outcome = RESTART.run(member, target, replace(ASKING, tried=True))

    assert fleet.commands() == []
    assert (outcome.command, outcome.steps[0][:8]) == ("", "May have")


def test_whoever_may_not_list_commands_after_a_crash_sends_none(
    fleet: Fleet, member: Member, target: Target, faults: Faults
) -> None:
    faults.fail("ssm:ListCommands", "AccessDeniedException")

    outcome = RESTART.run(member, target, replace(ASKING, tried=True))

    assert fleet.commands() == []
    assert "cannot be listed" in outcome.steps[0]


def test_a_list_of_commands_that_does_not_come_is_asked_for_again(
    member: Member, target: Target, faults: Faults
) -> None:
    faults.fail("ssm:ListCommands", "ThrottlingException")

    with pytest.raises(Busy):
        RESTART.run(member, target, replace(ASKING, tried=True))


# What becomes of it ---------------------------------------------------------------------------------------------------


def course_of(member: Member, target: Target, command: str) -> Asked | None:
    return ask_course(member, target.host, command)


def test_a_command_is_followed_to_its_end_and_only_words_of_ours_are_read(
    fleet: Fleet, member: Member, target: Target
) -> None:
    sent = RESTART.run(member, target, ASKING).command
    (command,) = fleet.commands()
    before = [course_of(member, target, sent) for _ in range(2)]
    systems_manager.begin(command)
    during = course_of(member, target, sent)
    output = "coastguard: disk-full\r\n<!channel>\ncoastguard: rm -rf\n x coastguard: exit-5\ncoastguard: made-up\n"
    systems_manager.end(command, "Failed", 1, output)

    assert before == [Asked("Pending"), Asked("Pending")]  # at first Systems Manager does not know it itself
    assert during == Asked("InProgress")
    assert course_of(member, target, sent) == Asked("Failed", ("disk-full",))


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "InvalidCommandId"])
def test_what_systems_manager_does_not_tell_stays_unknown(
    member: Member, target: Target, faults: Faults, code: str
) -> None:
    faults.fail("ssm:GetCommandInvocation", code)

    assert course_of(member, target, "c" * 36) is None


# By which credential -------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(accounts: Accounts) -> list[dict[str, Any]]:
    """What credentials are asked for."""
    asked: list[dict[str, Any]] = []
    accounts._sts.meta.events.register("provide-client-params.sts.AssumeRole", lambda params, **_: asked.append(params))
    return asked


@pytest.mark.parametrize(
    ("machine", "resource"), [("", "ec2:{here}:instance/"), ("mi-0123456789abcdef0", "ssm:{here}:managed-instance/")]
)
def test_the_credential_that_sends_can_do_nothing_else(
    fleet: Fleet, member: Member, target: Target, asked: list[dict[str, Any]], machine: str, resource: str
) -> None:
    host = machine or target.host
    fleet.known(target.cluster, target.instance).ec2_instance_id = host

    RESTART.run(member, replace(target, host=host), ASKING)

    here = f"{REGION}:{ACCOUNT}"
    (statement,) = json.loads(asked[-1]["Policy"])["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": ["ssm:SendCommand"],
        "Resource": [f"arn:aws:ssm:{here}:document/{DOCUMENT}", f"arn:aws:{resource.format(here=here)}{host}"],
    }
    assert (asked[-1]["DurationSeconds"], asked[-1]["SourceIdentity"]) == (900, "slack-T0COAST01-U0ALICE01")


def test_nothing_has_to_be_signed_in_for_after_the_last_question(
    member: Member, target: Target, asked: list[dict[str, Any]]
) -> None:
    before: list[int] = []

    RESTART.run(member, target, replace(ASKING, go_ahead=lambda: before.append(len(asked))))

    assert before == [len(asked)]
    assert "Policy" in asked[-1]
