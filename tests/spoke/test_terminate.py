"""Terminating a host, on moto: what is left afterwards, whatever was there before and wherever it crashed."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from botocore.exceptions import ReadTimeoutError
from moto.autoscaling.models import autoscaling_backends

from spoke.accounts import Accounts, Member, Role
from spoke.errors import Busy, NotDone
from spoke.places import Cluster
from spoke.repairs import REMEDIES, Outcome, Target
from spoke.sighting import Registration, Sighting
from tests.spoke.fleet import ACCOUNT, ASKING, REGION, Faults, Fleet

PLACE = f"{ACCOUNT}/{REGION}"
TERMINATE = REMEDIES["terminate"]
# What AWS says when it refuses, without what nobody should read (tests.spoke.fleet.Faults).
SAID = " (User: arn:aws:sts::… is not authorized)"


@pytest.fixture
def member(accounts: Accounts, faults: Faults) -> Member:  # noqa: ARG001 - no fault of another test may be left
    role = Role("coastguard-remediator", "incident-1", source_identity="slack-T0COAST01-U0ALICE01")
    return accounts.member(ACCOUNT, REGION, role)


@pytest.fixture
def cluster(fleet: Fleet) -> Cluster:
    return fleet.cluster()


def quiet_in_group(fleet: Fleet, cluster: Cluster) -> Target:
    instance, host = fleet.quiet(cluster, fleet.group("web", 2)[0])
    return Target(cluster, instance, host)


def quiet(fleet: Fleet, cluster: Cluster) -> Target:
    return Target(cluster, *fleet.quiet(cluster))


def test_in_a_group_the_host_is_replaced(fleet: Fleet, cluster: Cluster, member: Member) -> None:
    target = quiet_in_group(fleet, cluster)

    outcome = TERMINATE.run(member, target, ASKING)

    assert fleet.ec2(target.host).state == "terminated"
    assert fleet.registered(cluster) == set()
    assert len(fleet.hosts_of("web")) == 2
    assert target.host not in fleet.hosts_of("web")
    assert outcome == Outcome(
        (
            f"Terminated {target.host} in Auto Scaling group web, which replaces it.",
            f"Took {target.instance} out of prod-payments, so that ECS starts its tasks elsewhere.",
        ),
        group="web",
    )


def test_outside_of_a_group_the_host_is_terminated_all_the_same(fleet: Fleet, cluster: Cluster, member: Member) -> None:
    target = quiet(fleet, cluster)

    outcome = TERMINATE.run(member, target, ASKING)

    assert fleet.ec2(target.host).state == "terminated"
    assert fleet.registered(cluster) == set()
    assert outcome.group is None
    assert outcome.steps[0] == f"Terminated {target.host}; no Auto Scaling group replaces it."


def test_a_draining_instance_may_go(fleet: Fleet, cluster: Cluster, member: Member) -> None:
    target = quiet(fleet, cluster)
    fleet.known(cluster, target.instance).status = "DRAINING"

    TERMINATE.run(member, target, ASKING)

    assert fleet.ec2(target.host).state == "terminated"


def test_tasks_that_ecs_still_counts_do_not_hold_it_up(fleet: Fleet, cluster: Cluster, member: Member) -> None:
    target = quiet(fleet, cluster)
    fleet.known(cluster, target.instance).running_tasks_count = 4

    TERMINATE.run(member, target, ASKING)

    assert fleet.registered(cluster) == set()


# What must not be terminated ------------------------------------------------------------------------------------------


def connect(fleet: Fleet, target: Target) -> None:
    fleet.known(target.cluster, target.instance).agent_connected = True


def move_to_another_host(fleet: Fleet, target: Target) -> None:
    fleet.known(target.cluster, target.instance).ec2_instance_id = "i-0123456789abcdef0"


def still_register(fleet: Fleet, target: Target) -> None:
    fleet.known(target.cluster, target.instance).status = "REGISTERING"


def deregister(fleet: Fleet, target: Target) -> None:
    fleet.member.call(
        "ecs",
        "deregister_container_instance",
        cluster=target.cluster.name,
        containerInstance=target.instance,
        force=True,
    )


def stop(fleet: Fleet, target: Target) -> None:
    fleet.member.call("ec2", "stop_instances", InstanceIds=[target.host])


def protect(fleet: Fleet, target: Target) -> None:
    fleet.protect(target.host)


def hand_over_to_aws(fleet: Fleet, target: Target) -> None:
    fleet.ec2(target.host).operator = {"Managed": True, "Principal": "ecs.amazonaws.com"}


def delete_the_cluster(fleet: Fleet, target: Target) -> None:
    fleet.lose(target.cluster)


@pytest.mark.parametrize(
    ("meanwhile", "text"),
    [
        (connect, "The agent on {host} is connected again."),
        (move_to_another_host, "{instance} is on i-0123456789abcdef0 now, not on {host}."),
        (still_register, "{instance} is REGISTERING: neither active nor draining."),
        (deregister, "ECS no longer knows {instance}, and {host} is running: it was left alone."),
        (stop, "{host} is stopped now: no wonder that its agent is gone."),
        (protect, "{host} has termination protection: remove it first if it may go."),
        (hand_over_to_aws, "{host} is managed by AWS (ECS Managed Instances), which replaces its hosts itself."),
        (
            delete_the_cluster,
            "Nothing was done: ecs:DescribeContainerInstances found no such cluster in {place}: {gone}.",
        ),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
@pytest.mark.parametrize("make", [quiet, quiet_in_group], ids=["alone", "in a group"])
def test_what_is_not_as_it_was_is_left_alone(
    fleet: Fleet,
    cluster: Cluster,
    member: Member,
    make: Callable[[Fleet, Cluster], Target],
    meanwhile: Callable[[Fleet, Target], None],
    text: str,
) -> None:
    target = make(fleet, cluster)
    meanwhile(fleet, target)
    state, registered = fleet.ec2(target.host).state, fleet.registered(cluster)

    with pytest.raises(NotDone) as refused:
        TERMINATE.run(member, target, ASKING)

    assert str(refused.value) == text.format(
        host=target.host, instance=target.instance, place=PLACE, gone="ClusterNotFoundException (Cluster not found)"
    )
    assert (fleet.ec2(target.host).state, fleet.registered(cluster)) == (state, registered)


@pytest.mark.parametrize("host", ["mi-0123456789abcdef0", ""])
def test_a_machine_outside_of_ec2_is_left_alone(fleet: Fleet, cluster: Cluster, member: Member, host: str) -> None:
    instance, _ = fleet.quiet(cluster)
    fleet.known(cluster, instance).ec2_instance_id = host

    with pytest.raises(NotDone, match="is not an EC2 instance"):
        TERMINATE.run(member, Target(cluster, instance, host), ASKING)

    assert fleet.registered(cluster) == {instance}


def test_a_target_of_another_account_is_not_touched(member: Member) -> None:
    elsewhere = Target(Cluster("333344445555", REGION, "prod-payments"), "0" * 32, "i-0123456789abcdef0")

    with pytest.raises(ValueError, match="cannot be reached"):
        TERMINATE.run(member, elsewhere, ASKING)


@pytest.mark.parametrize(
    ("operation", "code", "text"),
    [
        (
            "ecs:DescribeContainerInstances",
            "AccessDeniedException",
            "Nothing was done: ecs:DescribeContainerInstances refused in {place}: AccessDeniedException{said}.",
        ),
        (
            "ec2:DescribeInstances",
            "UnauthorizedOperation",
            "Nothing was done: ec2:DescribeInstances refused in {place}: UnauthorizedOperation{said}.",
        ),
        (
            "ec2:DescribeInstanceAttribute",
            "UnauthorizedOperation",
            "Nothing was done: ec2:DescribeInstanceAttribute refused in {place}: UnauthorizedOperation{said}.",
        ),
        (
            "ec2:DescribeInstanceAttribute",
            "InvalidParameterValue",
            "The termination protection of {host} could not be read: InvalidParameterValue{said}.",
        ),
        (
            "ec2:TerminateInstances",
            "OperationNotPermitted",
            "AWS would not terminate {host}: OperationNotPermitted{said}.",
        ),
    ],
)
def test_what_cannot_be_read_or_done_leaves_all_as_it_was(
    fleet: Fleet, cluster: Cluster, faults: Faults, member: Member, operation: str, code: str, text: str
) -> None:
    target = quiet(fleet, cluster)
    faults.fail(operation, code)

    with pytest.raises(NotDone) as refused:
        TERMINATE.run(member, target, ASKING)

    assert str(refused.value) == text.format(host=target.host, place=PLACE, said=SAID)
    assert fleet.ec2(target.host).state == "running"
    assert fleet.registered(cluster) == {target.instance}


# A crash anywhere, and a second run -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "operation",
    [
        "ecs:DescribeContainerInstances",
        "ec2:DescribeInstances",
        "autoscaling:DescribeAutoScalingInstances",
        "ec2:DescribeInstanceAttribute",
        "autoscaling:TerminateInstanceInAutoScalingGroup",
        "ecs:DeregisterContainerInstance",
    ],
)
def test_a_second_run_ends_in_the_same_place(
    fleet: Fleet, cluster: Cluster, faults: Faults, accounts: Accounts, member: Member, operation: str
) -> None:
    target = quiet_in_group(fleet, cluster)
    faults.interrupt(operation, ReadTimeoutError(endpoint_url="https://aws"))
    with pytest.raises(Busy):
        TERMINATE.run(member, target, ASKING)
    faults.mend()

    # By another invocation: this one has found the Region silent, and asks there no more.
    TERMINATE.run(
        accounts.member(ACCOUNT, REGION, Role("coastguard-remediator", "again", "slack-T0COAST01-U0ALICE01")),
        target,
        ASKING,
    )

    assert fleet.ec2(target.host).state == "terminated"
    assert fleet.registered(cluster) == set()
    assert len(fleet.hosts_of("web")) == 2


@pytest.mark.parametrize("make", [quiet, quiet_in_group], ids=["alone", "in a group"])
def test_a_run_after_it_was_all_done_changes_nothing(
    fleet: Fleet, cluster: Cluster, member: Member, make: Callable[[Fleet, Cluster], Target]
) -> None:
    target = make(fleet, cluster)
    TERMINATE.run(member, target, ASKING)
    hosts = fleet.hosts_of("web") if make is quiet_in_group else []

    outcome = TERMINATE.run(member, target, ASKING)

    assert outcome.steps == (
        f"Found {target.host} already terminated.",
        f"Found {target.instance} already out of prod-payments.",
    )
    assert (fleet.hosts_of("web") if make is quiet_in_group else []) == hosts


def test_a_host_that_ec2_forgot_is_only_deregistered(fleet: Fleet, cluster: Cluster, member: Member) -> None:
    instance, _ = fleet.quiet(cluster)
    fleet.known(cluster, instance).ec2_instance_id = "i-0123456789abcdef0"

    outcome = TERMINATE.run(member, Target(cluster, instance, "i-0123456789abcdef0"), ASKING)

    assert outcome.steps[0] == "Found i-0123456789abcdef0 already gone."
    assert fleet.registered(cluster) == set()


@pytest.mark.parametrize("lifecycle", ["Terminating", "Terminating:Wait", "Terminating:Proceed"])
def test_a_host_that_waits_for_a_lifecycle_hook_is_not_terminated_twice(
    fleet: Fleet, cluster: Cluster, member: Member, lifecycle: str
) -> None:
    target = in_state(fleet, cluster, lifecycle)

    outcome = TERMINATE.run(member, target, ASKING)

    assert outcome.steps[0] == f"Found {target.host} already being terminated by Auto Scaling group web."
    assert target.host in fleet.hosts_of("web")
    assert fleet.registered(cluster) == set()


def in_state(fleet: Fleet, cluster: Cluster, lifecycle: str) -> Target:
    """A quiet instance whose host its group has in such a state."""
    target = quiet_in_group(fleet, cluster)
    for state in autoscaling_backends[ACCOUNT][REGION].autoscaling_groups["web"].instance_states:
        state.lifecycle_state = lifecycle if state.instance.id == target.host else state.lifecycle_state
    return target


@pytest.mark.parametrize("lifecycle", ["InService", "Pending:Wait", "Terminating:Retained"])
def test_what_its_group_has_at_work_or_retains_is_terminated(
    fleet: Fleet, cluster: Cluster, member: Member, faults: Faults, lifecycle: str
) -> None:
    """Retained: its termination was given up, and it stays and is billed until somebody asks for it again."""
    target = in_state(fleet, cluster, lifecycle)

    outcome = TERMINATE.run(member, target, ASKING)

    assert outcome.steps[0] == f"Terminated {target.host} in Auto Scaling group web, which replaces it."
    assert faults.calls["autoscaling:TerminateInstanceInAutoScalingGroup"] == 1


@pytest.mark.parametrize(
    ("lifecycle", "why"),
    [
        ("Standby", "somebody has taken it out of service there, so it was left alone."),
        ("Detaching", "somebody has taken it out of service there, so it was left alone."),
        ("ReplacingRootVolume", "an instance refresh is at work on it, so it was left alone."),
        ("ReplacingRootVolume:Wait", "an instance refresh is at work on it, so it was left alone."),
        ("Warmed:Running", "AWS does not terminate instances of a warm pool one by one."),
        ("Warmed:Terminating:Retained", "AWS does not terminate instances of a warm pool one by one."),
        ("Terminating:Dreaming", "Coastguard does not know what that means, so it was left alone."),
    ],
)
def test_what_its_group_has_for_something_else_is_left_alone(  # where, whom and how
    fleet: Fleet, cluster: Cluster, member: Member, faults: Faults, lifecycle: str, why: str
) -> None:
    target = in_state(fleet, cluster, lifecycle)

    with pytest.raises(NotDone) as refused:
        TERMINATE.run(member, target, ASKING)

    assert str(refused.value) == f"Auto Scaling group web has {target.host} as {lifecycle}: {why}"
    assert faults.calls["autoscaling:TerminateInstanceInAutoScalingGroup"] == 0
    assert fleet.ec2(target.host).state == "running"
    assert fleet.registered(cluster) == {target.instance}


def test_a_refusal_by_the_group_says_what_auto_scaling_says(
    fleet: Fleet, cluster: Cluster, member: Member, faults: Faults
) -> None:
    """Its code is the same for everything."""
    target = quiet_in_group(fleet, cluster)
    faults.fail("autoscaling:TerminateInstanceInAutoScalingGroup", "ValidationError")

    with pytest.raises(
        NotDone, match=r"^AWS would not terminate i-\w+: ValidationError \(User: .* not authorized\)\.$"
    ):
        TERMINATE.run(member, target, ASKING)


def test_a_refused_deregistration_is_told_because_the_host_is_gone(
    fleet: Fleet, cluster: Cluster, faults: Faults, member: Member
) -> None:
    target = quiet(fleet, cluster)
    faults.fail("ecs:DeregisterContainerInstance", "AccessDeniedException")

    outcome = TERMINATE.run(member, target, ASKING)

    assert fleet.ec2(target.host).state == "terminated"
    assert outcome.steps[1] == (
        f"Left {target.instance} in prod-payments: ecs:DeregisterContainerInstance refused in"
        f" 222233334444/eu-west-1: AccessDeniedException{SAID}."
    )


def test_an_instance_that_ecs_deregistered_by_itself_meanwhile_is_no_error(
    fleet: Fleet, cluster: Cluster, faults: Faults, member: Member
) -> None:
    target = quiet(fleet, cluster)
    faults.before("ec2:TerminateInstances", lambda: deregister(fleet, target))

    outcome = TERMINATE.run(member, target, ASKING)

    assert outcome.steps[1] == f"Found {target.instance} already out of prod-payments."


def test_an_instance_of_which_ecs_tells_nothing_is_left_alone(
    fleet: Fleet, cluster: Cluster, faults: Faults, member: Member
) -> None:
    """Neither that it is there nor that it is MISSING."""
    target = quiet(fleet, cluster)
    faults.answer("ecs:DescribeContainerInstances", {"containerInstances": [], "failures": []})

    with pytest.raises(NotDone) as refused:
        TERMINATE.run(member, target, ASKING)

    assert str(refused.value) == f"ECS did not tell how {target.instance} is."
    assert fleet.ec2(target.host).state == "running"
    assert fleet.registered(cluster) == {target.instance}


def test_an_instance_of_which_ecs_names_no_host_is_left_alone(fleet: Fleet, cluster: Cluster, member: Member) -> None:
    target = quiet(fleet, cluster)
    fleet.known(cluster, target.instance).ec2_instance_id = ""

    with pytest.raises(NotDone) as refused:
        TERMINATE.run(member, target, ASKING)

    assert str(refused.value) == f"{target.instance} is on no host now, not on {target.host}."
    assert fleet.ec2(target.host).state == "running"


def test_nobody_asks_auto_scaling_about_a_host_outside_any_group(
    fleet: Fleet, cluster: Cluster, faults: Faults, member: Member
) -> None:
    """Where a role may not ask it, or Auto Scaling is silent, such a host can be replaced all the same."""
    target = quiet(fleet, cluster)
    faults.fail("autoscaling:DescribeAutoScalingInstances", "AccessDenied")

    TERMINATE.run(member, target, ASKING)

    assert fleet.ec2(target.host).state == "terminated"
    assert faults.calls["autoscaling:DescribeAutoScalingInstances"] == 0
    assert faults.calls["autoscaling:TerminateInstanceInAutoScalingGroup"] == 0


def test_a_host_that_its_group_does_not_list_is_left_to_the_groups_own_answer(
    fleet: Fleet, cluster: Cluster, faults: Faults, member: Member
) -> None:
    target = quiet_in_group(fleet, cluster)
    faults.answer("autoscaling:DescribeAutoScalingInstances", {"AutoScalingInstances": []})
    faults.fail("autoscaling:TerminateInstanceInAutoScalingGroup", "ValidationError")

    with pytest.raises(NotDone, match=f"^AWS would not terminate {target.host}: ValidationError"):
        TERMINATE.run(member, target, ASKING)

    assert faults.calls["autoscaling:TerminateInstanceInAutoScalingGroup"] == 1
    assert faults.calls["ec2:TerminateInstances"] == 0


def test_the_group_is_asked_for_another_host_and_not_to_get_smaller(
    fleet: Fleet, cluster: Cluster, faults: Faults, member: Member
) -> None:
    target = quiet_in_group(fleet, cluster)
    groups = fleet.member.call("autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=["web"])

    TERMINATE.run(member, target, ASKING)

    after = fleet.member.call("autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=["web"])
    assert [group["DesiredCapacity"] for group in groups["AutoScalingGroups"]] == [2]
    assert [group["DesiredCapacity"] for group in after["AutoScalingGroups"]] == [2]
    # Only the group's own call keeps its count; EC2's would leave the group to find out by itself.
    assert faults.calls["ec2:TerminateInstances"] == 0


def test_what_is_out_already_is_not_deregistered_once_more(
    fleet: Fleet, cluster: Cluster, faults: Faults, member: Member
) -> None:
    target = quiet(fleet, cluster)
    TERMINATE.run(member, target, ASKING)
    faults.clear()

    outcome = TERMINATE.run(member, target, ASKING)

    assert outcome.steps[1] == f"Found {target.instance} already out of prod-payments."
    assert faults.calls["ecs:DeregisterContainerInstance"] == 0
    assert faults.calls["ec2:TerminateInstances"] == 0


def test_a_refusal_while_it_is_still_in_is_told_as_ecs_says_it(
    fleet: Fleet, cluster: Cluster, faults: Faults, member: Member
) -> None:
    """The same error as for one that is out by now: only another look can tell."""
    target = quiet(fleet, cluster)
    faults.fail("ecs:DeregisterContainerInstance", "InvalidParameterException")

    outcome = TERMINATE.run(member, target, ASKING)

    assert outcome.steps[1] == f"Left {target.instance} in prod-payments: InvalidParameterException{SAID}."
    assert fleet.registered(cluster) == {target.instance}


def test_a_refusal_after_which_ecs_tells_nothing_more_is_told_too(
    fleet: Fleet, cluster: Cluster, faults: Faults, member: Member
) -> None:
    target = quiet(fleet, cluster)

    def hide() -> None:
        faults.answer("ecs:DescribeContainerInstances", {"containerInstances": [], "failures": []})

    faults.before("ec2:TerminateInstances", hide)
    faults.fail("ecs:DeregisterContainerInstance", "InvalidParameterException")

    outcome = TERMINATE.run(member, target, ASKING)

    assert outcome.steps[1] == f"Left {target.instance} in prod-payments: InvalidParameterException{SAID}."
    assert fleet.ec2(target.host).state == "terminated"


def test_a_cluster_that_goes_with_the_host_is_told(
    fleet: Fleet, cluster: Cluster, faults: Faults, member: Member
) -> None:
    target = quiet(fleet, cluster)
    faults.before("ec2:TerminateInstances", lambda: fleet.lose(cluster))

    outcome = TERMINATE.run(member, target, ASKING)

    assert fleet.ec2(target.host).state == "terminated"
    left = f"Left {target.instance} in prod-payments: ecs:DeregisterContainerInstance found no such cluster"
    assert outcome.steps[1].startswith(left)


def test_a_host_that_is_starting_is_left_alone(fleet: Fleet, cluster: Cluster, member: Member) -> None:
    target = quiet(fleet, cluster)
    fleet.ec2(target.host)._state.name = "pending"

    with pytest.raises(NotDone) as refused:
        TERMINATE.run(member, target, ASKING)

    assert str(refused.value) == f"{target.host} is pending now: no wonder that its agent is gone."
    assert fleet.registered(cluster) == {target.instance}


def test_a_host_that_is_well_under_another_registration_goes_on(
    fleet: Fleet, cluster: Cluster, faults: Faults, member: Member
) -> None:
    old, host, alive = fleet.ghost(cluster)
    fleet.known(cluster, alive).running_tasks_count = 1

    with pytest.raises(NotDone) as refused:
        TERMINATE.run(member, Target(cluster, old, host), ASKING)

    assert str(refused.value) == (
        f"{old} is an old registration of a host that is well: 1 task runs on {host} under {alive} in prod-payments."
        " Nothing was done; what can be done is to remove the old registration."
    )
    assert fleet.ec2(host).state == "running"
    assert faults.calls["ec2:TerminateInstances"] == 0


def test_an_agent_that_comes_back_while_it_is_asked_around_saves_its_host(
    fleet: Fleet, cluster: Cluster, faults: Faults, member: Member
) -> None:
    target = quiet(fleet, cluster)
    faults.before("ecs:ListContainerInstances", lambda: connect(fleet, target))

    with pytest.raises(NotDone) as refused:
        TERMINATE.run(member, target, ASKING)

    assert str(refused.value) == f"The agent on {target.host} is connected again."
    assert fleet.ec2(target.host).state == "running"
    assert fleet.registered(cluster) == {target.instance}


def test_all_is_looked_at_before_anything_is_asked_to_go_ahead(
    fleet: Fleet, cluster: Cluster, faults: Faults, member: Member
) -> None:
    def stopped() -> None:
        raise NotDone("All repairs are stopped.")

    target = quiet(fleet, cluster)

    with pytest.raises(NotDone, match=r"^All repairs are stopped\.$"):
        TERMINATE.run(member, target, replace(ASKING, go_ahead=stopped))

    assert fleet.ec2(target.host).state == "running"
    assert faults.calls["ec2:DescribeInstanceAttribute"] == 1
    assert faults.calls["ecs:ListContainerInstances"] >= 1


def test_it_is_not_offered_for_a_host_that_is_well_under_another_registration() -> None:
    well = Registration(Cluster(ACCOUNT, REGION, "prod"), "1" * 32, connected=True, status="ACTIVE")

    assert not TERMINATE.fits(Sighting("0" * 32, "ACTIVE", host="i-0123456789abcdef0", others=(well,)))


def test_a_remedy_calls_only_what_it_declares(fleet: Fleet, cluster: Cluster, faults: Faults, member: Member) -> None:

    for target in (quiet(fleet, cluster), quiet_in_group(fleet, cluster)):
        TERMINATE.run(member, target, ASKING)

    assert faults.called == set(TERMINATE.permissions)


def test_the_question_fits_into_slacks_dialogue() -> None:
    assert len(TERMINATE.label) <= 75
    assert len(TERMINATE.title) <= 100
    assert len(TERMINATE.confirm) <= 300


@pytest.mark.parametrize(
    ("seen", "fits"),
    [
        pytest.param(Sighting("0" * 32, "ACTIVE", host="i-0123456789abcdef0"), True, id="EC2"),
        pytest.param(Sighting("0" * 32, "ACTIVE"), True, id="unknown host: the repair will tell"),
        pytest.param(Sighting("0" * 32, "ACTIVE", host="mi-0123456789abcdef0"), False, id="ECS Anywhere"),
        pytest.param(
            Sighting("0" * 32, "ACTIVE", host="i-0123456789abcdef0", managed=True), False, id="managed by AWS"
        ),
    ],
)
def test_it_is_offered_only_where_it_is_ours_to_do(seen: Sighting, fits: bool) -> None:
    assert TERMINATE.fits(seen) is fits
    assert TERMINATE.drastic


@pytest.mark.parametrize(
    ("host", "named"),
    [("mi-0123456789abcdef0", "mi-0123456789abcdef0"), ("", "This machine")],
    ids=["named", "unnamed"],
)
def test_a_machine_outside_of_ec2_is_named_to_its_owner(
    cluster: Cluster, member: Member, host: str, named: str
) -> None:
    with pytest.raises(NotDone) as refused:
        TERMINATE.run(member, Target(cluster, "0" * 32, host), ASKING)

    assert str(refused.value) == f"{named} is not an EC2 instance: only its owner can replace it."


@pytest.mark.parametrize("word", ["{host}", "'IncludeManagedResources': 'true'"], ids=["that host", "AWS's own, too"])
def test_ec2_is_asked_about_that_host_alone_and_hides_none(
    fleet: Fleet, cluster: Cluster, faults: Faults, member: Member, word: str
) -> None:
    """In whose request the word is missing gets its answer, and goes on."""
    target = quiet(fleet, cluster)
    faults.fail("ec2:DescribeInstances", "UnauthorizedOperation", where=word.format(host=target.host))

    with pytest.raises(NotDone, match=r"^Nothing was done: ec2:DescribeInstances refused"):
        TERMINATE.run(member, target, ASKING)

    assert fleet.ec2(target.host).state == "running"


def test_a_host_of_whose_protection_ec2_says_nothing_is_taken_for_protected(
    fleet: Fleet, cluster: Cluster, faults: Faults, member: Member
) -> None:
    target = quiet(fleet, cluster)
    faults.answer("ec2:DescribeInstanceAttribute", {"InstanceId": target.host})

    with pytest.raises(NotDone, match="has termination protection"):
        TERMINATE.run(member, target, ASKING)

    assert fleet.ec2(target.host).state == "running"
