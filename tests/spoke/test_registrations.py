"""Hosts that are registered more than once, on moto: who finds them, and that no repair hits one that is well."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from spoke.accounts import Accounts, Member, Role
from spoke.errors import Busy, NotDone, Refused
from spoke.places import Cluster
from spoke.registrations import Registration, in_cluster, well_as
from spoke.repairs import REMEDIES, Remedy, Target
from spoke.sighting import Sighting
from spoke.sightings import look
from tests.spoke.fleet import ACCOUNT, ASKING, REGION, Faults, Fleet

HITTING = [remedy for remedy in REMEDIES.values() if remedy.hits_host]
REMOVE = REMEDIES["remove-registration"]


@pytest.fixture
def remediator(accounts: Accounts, faults: Faults) -> Member:  # noqa: ARG001 - no fault of another test may be left
    role = Role("coastguard-remediator", "incident-1", source_identity="slack-T0COAST01-U0ALICE01")
    return accounts.member(ACCOUNT, REGION, role)


@pytest.fixture
def cluster(fleet: Fleet) -> Cluster:
    return fleet.cluster()


def others(member: Member, cluster: Cluster, *instances: str) -> dict[str, tuple[Registration, ...]]:
    """What a look finds."""
    seen = look(member, cluster, instances)
    return in_cluster(member, cluster, list(seen.values()), seen)


# A look ---------------------------------------------------------------------------------------------------------------


def test_a_look_finds_the_registration_under_which_the_host_is_well(
    fleet: Fleet, cluster: Cluster, member: Member
) -> None:
    old, _, alive = fleet.ghost(cluster)

    found = others(member, cluster, old)

    assert found == {old: (Registration(cluster, alive, connected=True, status="ACTIVE", running_tasks=7),)}
    assert Sighting(old, "ACTIVE", others=found[old]).alive_as == found[old][0]


def test_a_host_that_is_registered_once_has_no_other_and_that_takes_one_call(
    fleet: Fleet, cluster: Cluster, member: Member, faults: Faults
) -> None:
    instance, _ = fleet.quiet(cluster)
    seen = look(member, cluster, [instance])
    faults.clear()

    assert in_cluster(member, cluster, list(seen.values()), seen) == {instance: ()}
    assert dict(faults.calls) == {"ecs:ListContainerInstances": 1}


def test_a_hundred_hosts_are_asked_about_together(
    fleet: Fleet, cluster: Cluster, member: Member, faults: Faults
) -> None:
    hosts = fleet.hosts(100)
    ghosts = {fleet.quiet(cluster, host)[0]: host for host in hosts}
    alive = {host: fleet.register(cluster, host) for host in hosts[:30]}
    seen = look(member, cluster, list(ghosts))
    faults.clear()

    found = in_cluster(member, cluster, list(seen.values()), seen)

    assert {ghosts[old]: [other.instance for other in more] for old, more in found.items()} == {
        host: [alive[host]] if host in alive else [] for host in hosts
    }
    # A page has 100 instances, of which those are described that were not known.
    assert dict(faults.calls) == {"ecs:ListContainerInstances": 2, "ecs:DescribeContainerInstances": 2}


def test_two_old_registrations_know_of_each_other_and_neither_is_alive(
    fleet: Fleet, cluster: Cluster, member: Member
) -> None:
    one, host = fleet.quiet(cluster)
    two, _ = fleet.quiet(cluster, host)

    found = others(member, cluster, one, two)

    assert [other.instance for other in found[one]] == [two]
    assert Sighting(one, "ACTIVE", others=found[one]).alive_as is None


@pytest.mark.parametrize(("code", "error"), [("AccessDeniedException", Refused), ("ThrottlingException", Busy)])
def test_a_cluster_that_does_not_tell_is_an_error(
    fleet: Fleet, cluster: Cluster, member: Member, faults: Faults, code: str, error: type[Exception]
) -> None:
    instance, _ = fleet.quiet(cluster)
    faults.fail("ecs:ListContainerInstances", code)

    with pytest.raises(error):
        others(member, cluster, instance)


# Who is about to act --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("remedy", HITTING, ids=lambda remedy: remedy.name)
@pytest.mark.parametrize("where", ["the same cluster", "another cluster"])
@pytest.mark.parametrize("status", ["ACTIVE", "DRAINING"])
@pytest.mark.parametrize("grouped", [False, True], ids=["alone", "in a group"])
def test_no_repair_hits_a_host_that_is_well_under_another_registration(  # where, whom and how
    fleet: Fleet, cluster: Cluster, remediator: Member, remedy: Remedy, where: str, status: str, grouped: bool
) -> None:
    alive_in = cluster if where == "the same cluster" else fleet.cluster("prod-search")
    host = fleet.group("web", 1)[0] if grouped else None
    old, host, alive = fleet.ghost(cluster, host, alive_in)
    fleet.known(alive_in, alive).status = status

    with pytest.raises(NotDone) as refused:
        remedy.run(remediator, Target(cluster, old, host), ASKING)

    assert str(refused.value) == (
        f"{old} is an old registration of a host that is well: 7 tasks run on {host} under {alive} in {alive_in.name}."
        " Nothing was done; what can be done is to remove the old registration."
    )
    assert fleet.ec2(host).state == "running"
    assert old in fleet.registered(cluster)
    assert alive in fleet.registered(alive_in)


@pytest.mark.parametrize("remedy", HITTING, ids=lambda remedy: remedy.name)
def test_a_rerun_asks_again(fleet: Fleet, cluster: Cluster, remediator: Member, faults: Faults, remedy: Remedy) -> None:
    """Between a crash and the second try the host may have registered anew."""
    old, host = fleet.quiet(cluster)
    faults.fail("ec2:TerminateInstances", "InternalError", 500)
    faults.fail("ssm:SendCommand", "ThrottlingException")
    with pytest.raises((Busy, NotDone)):
        remedy.run(remediator, Target(cluster, old, host), ASKING)
    faults.mend()
    fleet.register(cluster, host)

    with pytest.raises(NotDone, match="old registration of a host that is well"):
        remedy.run(remediator, Target(cluster, old, host), ASKING)

    assert fleet.ec2(host).state == "running"


@pytest.mark.parametrize("remedy", HITTING, ids=lambda remedy: remedy.name)
def test_a_host_whose_registrations_are_all_dead_may_go(
    fleet: Fleet, cluster: Cluster, remediator: Member, remedy: Remedy
) -> None:
    one, host = fleet.quiet(cluster)
    fleet.quiet(fleet.cluster("prod-search"), host)

    remedy.run(remediator, Target(cluster, one, host), ASKING)

    assert (fleet.ec2(host).state != "running") is remedy.ends_host
    assert bool(fleet.commands()) is not remedy.ends_host


def forbid(action: str) -> Callable[[Faults], None]:
    return lambda faults: faults.fail(action, "AccessDeniedException")


def throttle_in(name: str) -> Callable[[Faults], None]:
    return lambda faults: faults.fail("ecs:ListContainerInstances", "ThrottlingException", where=name)


UPDATE = "update the StackSet coastguard-spoke-roles"


@pytest.mark.parametrize(
    ("trouble", "texts"),
    [
        pytest.param(forbid("ecs:ListContainerInstances"), ["only 0 clusters could be asked", UPDATE], id="listing"),
        pytest.param(forbid("ecs:ListClusters"), ["only 1 cluster could be asked", UPDATE], id="clusters"),
        pytest.param(throttle_in("prod-7"), ["only 8 of 10 clusters could be asked", "ThrottlingException"], id="busy"),
    ],
)
@pytest.mark.parametrize("remedy", REMEDIES.values(), ids=lambda remedy: remedy.name)
def test_who_cannot_ask_everywhere_does_nothing(  # where, whom and how
    fleet: Fleet,
    cluster: Cluster,
    remediator: Member,
    faults: Faults,
    remedy: Remedy,
    trouble: Callable[[Faults], None],
    texts: list[str],
) -> None:
    for number in range(9):
        fleet.cluster(f"prod-{number}")
    old, host = fleet.quiet(cluster)
    trouble(faults)

    with pytest.raises(NotDone) as refused:
        remedy.run(remediator, Target(cluster, old, host), ASKING)

    assert all(text in str(refused.value) for text in texts), refused.value
    assert "very-secret" not in str(refused.value)
    assert fleet.ec2(host).state == "running"
    assert fleet.registered(cluster) == {old}


@pytest.mark.parametrize("remedy", REMEDIES.values(), ids=lambda remedy: remedy.name)
def test_what_is_stopped_while_it_asks_around_changes_nothing(
    fleet: Fleet, cluster: Cluster, remediator: Member, faults: Faults, remedy: Remedy
) -> None:
    def stopped() -> None:
        assert "ecs:ListContainerInstances" in faults.called  # it comes after everything that takes time
        raise NotDone("All repairs are stopped.")

    old, host = fleet.quiet(cluster) if remedy.hits_host else fleet.ghost(cluster)[:2]
    faults.clear()

    with pytest.raises(NotDone, match="stopped"):
        remedy.run(remediator, Target(cluster, old, host), replace(ASKING, go_ahead=stopped))

    assert fleet.ec2(host).state == "running"
    assert old in fleet.registered(cluster)


def test_who_has_no_time_left_to_ask_says_how_far_they_came(fleet: Fleet, cluster: Cluster, remediator: Member) -> None:
    for number in range(9):
        fleet.cluster(f"prod-{number}")
    reads: list[str] = []
    asking = replace(
        ASKING,
        of_clusters=lambda: reads.append("clusters"),
        in_clusters=lambda: reads.append("instances"),
        in_time=lambda: len(reads) < 5,
    )

    with pytest.raises(NotDone, match="only 4 of 10 clusters could be asked whether i-1 is registered elsewhere"):
        well_as(remediator, cluster, "0" * 32, "i-1", asking)

    assert reads == ["instances", "clusters", "instances", "instances", "instances"]


def test_a_cluster_that_is_deleted_meanwhile_holds_nothing_up(
    fleet: Fleet, cluster: Cluster, remediator: Member
) -> None:
    gone = fleet.cluster("prod-gone")
    asked: list[str] = []

    def pace() -> None:
        asked.append("one")
        if len(asked) == 2:
            fleet.lose(gone)

    assert well_as(remediator, cluster, "0" * 32, "i-1", replace(ASKING, in_clusters=pace)) is None


# Removing the old registration ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["the same cluster", "another cluster"])
def test_removing_takes_out_the_old_registration_alone(
    fleet: Fleet, cluster: Cluster, remediator: Member, where: str
) -> None:
    alive_in = cluster if where == "the same cluster" else fleet.cluster("prod-search")
    old, host, alive = fleet.ghost(cluster, None, alive_in)

    outcome = REMOVE.run(remediator, Target(cluster, old, host), ASKING)

    assert outcome.steps == (
        f"Took {old} out of prod-payments; 7 tasks run on {host} under {alive} in {alive_in.name}.",
    )
    assert outcome.group is None
    assert old not in fleet.registered(cluster)
    assert alive in fleet.registered(alive_in)
    assert fleet.known(alive_in, alive).agent_connected
    assert fleet.ec2(host).state == "running"

    again = REMOVE.run(remediator, Target(cluster, old, host), ASKING)
    assert again.steps == (f"Found {old} already out of prod-payments.",)


def connect(fleet: Fleet, cluster: Cluster, old: str, _alive: str) -> None:
    fleet.known(cluster, old).agent_connected = True


def lose_the_other(fleet: Fleet, cluster: Cluster, _old: str, alive: str) -> None:
    fleet.unplug(cluster, alive)


def hand_over_to_aws(fleet: Fleet, cluster: Cluster, old: str, _alive: str) -> None:
    host = fleet.known(cluster, old).ec2_instance_id
    fleet.ec2(host).operator = {"Managed": True, "Principal": "ecs.amazonaws.com"}


@pytest.mark.parametrize(
    ("meanwhile", "text"),
    [
        (connect, "is connected again"),
        (lose_the_other, "is well under no other registration now"),
        (hand_over_to_aws, "is managed by AWS"),
    ],
)
def test_what_is_not_an_old_registration_any_more_stays(
    fleet: Fleet,
    cluster: Cluster,
    remediator: Member,
    meanwhile: Callable[[Fleet, Cluster, str, str], None],
    text: str,
) -> None:
    old, host, alive = fleet.ghost(cluster)
    meanwhile(fleet, cluster, old, alive)

    with pytest.raises(NotDone, match=text):
        REMOVE.run(remediator, Target(cluster, old, host), ASKING)

    assert fleet.registered(cluster) == {old, alive}


def test_a_refused_removal_says_what_aws_says(
    fleet: Fleet, cluster: Cluster, remediator: Member, faults: Faults
) -> None:
    old, host, _ = fleet.ghost(cluster)
    faults.fail("ecs:DeregisterContainerInstance", "InvalidParameterException")

    with pytest.raises(NotDone, match=r"InvalidParameterException \(User: arn:aws:sts::… is not authorized\)\.$"):
        REMOVE.run(remediator, Target(cluster, old, host), ASKING)


def test_an_old_registration_that_is_out_already_is_not_deregistered_once_more(
    fleet: Fleet, cluster: Cluster, remediator: Member, faults: Faults
) -> None:
    old, host, _ = fleet.ghost(cluster)
    REMOVE.run(remediator, Target(cluster, old, host), ASKING)
    faults.clear()

    outcome = REMOVE.run(remediator, Target(cluster, old, host), ASKING)

    assert outcome.steps == (f"Found {old} already out of prod-payments.",)
    assert faults.calls["ecs:DeregisterContainerInstance"] == 0


def test_an_old_registration_that_ecs_takes_out_meanwhile_is_no_error(
    fleet: Fleet, cluster: Cluster, remediator: Member, faults: Faults
) -> None:
    old, host, alive = fleet.ghost(cluster)

    def taken_out() -> None:
        fleet.member.call(
            "ecs", "deregister_container_instance", cluster=cluster.name, containerInstance=old, force=True
        )
        faults.fail("ecs:DeregisterContainerInstance", "InvalidParameterException")

    outcome = REMOVE.run(remediator, Target(cluster, old, host), replace(ASKING, go_ahead=taken_out))

    assert outcome.steps == (f"Found {old} already out of prod-payments.",)
    assert fleet.registered(cluster) == {alive}


def test_an_old_registration_of_another_account_is_not_touched(remediator: Member) -> None:
    elsewhere = Target(Cluster("333344445555", REGION, "prod-payments"), "0" * 32, "i-0123456789abcdef0")

    with pytest.raises(ValueError, match="cannot be reached"):
        REMOVE.run(remediator, elsewhere, ASKING)


def test_the_only_registration_of_a_host_is_not_taken_for_an_old_one(
    fleet: Fleet, cluster: Cluster, remediator: Member, faults: Faults
) -> None:
    only, host = fleet.quiet(cluster)

    with pytest.raises(NotDone) as refused:
        REMOVE.run(remediator, Target(cluster, only, host), ASKING)

    assert str(refused.value) == (
        f"{host} is well under no other registration now: {only} may be its only one. Nothing was done."
    )
    assert faults.calls["ecs:DeregisterContainerInstance"] == 0
    assert fleet.registered(cluster) == {only}


@pytest.mark.parametrize(
    ("operation", "code"),
    [("ecs:DescribeContainerInstances", "AccessDeniedException"), ("ec2:DescribeInstances", "UnauthorizedOperation")],
)
def test_a_removal_that_may_not_look_first_does_nothing_and_says_so(
    fleet: Fleet, cluster: Cluster, remediator: Member, faults: Faults, operation: str, code: str
) -> None:
    old, host, alive = fleet.ghost(cluster)
    faults.fail(operation, code)

    with pytest.raises(NotDone, match=rf"^Nothing was done: {operation} refused in {ACCOUNT}/{REGION}: {code} "):
        REMOVE.run(remediator, Target(cluster, old, host), ASKING)

    assert fleet.registered(cluster) == {old, alive}


ALIVE = Registration(Cluster(ACCOUNT, REGION, "prod"), "1" * 32, connected=True, status="ACTIVE")
DEAD = Registration(Cluster(ACCOUNT, REGION, "prod"), "1" * 32, connected=False, status="ACTIVE")


@pytest.mark.parametrize(
    ("seen", "offered"),
    [
        pytest.param({"others": (ALIVE,)}, {"remove-registration"}, id="a ghost"),
        pytest.param({"others": (DEAD,)}, {"restart-agent", "terminate"}, id="two dead ones"),
        pytest.param({"others": ()}, {"restart-agent", "terminate"}, id="the only one"),
        pytest.param({"others": (ALIVE,), "managed": True}, set(), id="of a managed host"),
    ],
)
def test_what_is_offered_fits_the_host(seen: dict[str, object], offered: set[str]) -> None:
    sighting = Sighting("0" * 32, "ACTIVE", host="i-0123456789abcdef0", **seen)  # type: ignore[arg-type]

    assert {name for name, remedy in REMEDIES.items() if remedy.fits(sighting)} == offered


def test_an_agent_that_comes_back_while_it_is_asked_around_is_no_other_registration(
    fleet: Fleet, cluster: Cluster, remediator: Member, faults: Faults
) -> None:
    """It would be the only one that is well, and the one that is taken out."""
    only, host = fleet.quiet(cluster)
    faults.before("ecs:ListContainerInstances", lambda: connect(fleet, cluster, only, ""))

    with pytest.raises(NotDone, match="is well under no other registration now"):
        REMOVE.run(remediator, Target(cluster, only, host), ASKING)

    assert fleet.registered(cluster) == {only}
