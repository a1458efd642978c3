"""A cluster of 1,000: what happens to hundreds takes seconds, and the record of troubles knows the truth."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from coastguard.local.aws.launch import Launch
from coastguard.local.aws_process import AwsProcess
from coastguard.local.layout.layouts import CROWD
from coastguard.local.members import Members
from spoke.places import Cluster
from tests.local_world.embedded_aws import Json, wait_for

ACCOUNT, REGION, PLAN = next(CROWD.planned())
WEB, WORKERS = (Cluster(account, region, plan.name) for account, region, plan in CROWD.planned())


@pytest.fixture(scope="module")
def said() -> list[str]:
    return []


@pytest.fixture(scope="module")
def members(said: list[str]) -> Iterator[Members]:
    aws = AwsProcess(CROWD, said.append)
    try:
        aws.wait_until_ready()
        yield Members(aws)
    finally:
        aws.stop()


def troubles(members: Members, cluster: Cluster) -> list[Json]:
    told: list[Json] = members.aws.ask("troubles")["troubles"]
    return [trouble for trouble in told if trouble["cluster"] == cluster.name]


def test_it_says_what_it_builds(members: Members, said: list[str]) -> None:
    assert said == [f"building the fleet: {CROWD.about}"]
    assert [len(members.instances(cluster)) for cluster in (WEB, WORKERS)] == [1000, 100]


def test_a_thousand_agents_are_unplugged_and_back_at_once(members: Members) -> None:
    begun = time.monotonic()
    assert members.plug(WEB, connected=False) == 1000
    assert not any(instance["connected"] for instance in members.instances(WEB))
    assert members.plug(WEB, connected=True) == 1000
    assert all(instance["connected"] for instance in members.instances(WEB))
    assert time.monotonic() - begun < 30
    over = troubles(members, WEB)
    assert len({trouble["instance"] for trouble in over}) == 1000
    assert all(trouble["ended"] for trouble in over)


def test_a_group_that_wants_fewer_hosts_loses_them_the_ordinary_way(members: Members) -> None:
    before = len(troubles(members, WEB))
    members.scale_in(WEB, PLAN.group, 100)
    wait_for(lambda: len(members.instances(WEB)) == 900)
    autoscaling = members.aws.client("autoscaling", ACCOUNT, REGION)
    (group,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[PLAN.group])["AutoScalingGroups"]
    assert (group["DesiredCapacity"], len(group["Instances"])) == (900, 900)
    assert {instance["host_state"] for instance in members.instances(WEB)} == {"running"}
    # An agent that goes with its host is nobody's trouble.
    assert len(troubles(members, WEB)) == before


def test_a_zone_of_an_account_is_lost_in_all_its_clusters(members: Members) -> None:
    lost = members.plug_zone(ACCOUNT, f"{REGION}b", connected=False)
    gone = [i for cluster in (WEB, WORKERS) for i in members.instances(cluster) if not i["connected"]]
    assert (len(gone), {instance["zone"] for instance in gone}) == (lost, {f"{REGION}b"})
    assert members.plug_zone(ACCOUNT, f"{REGION}b", connected=True) == lost


def test_trouble_ends_with_the_host(members: Members) -> None:
    victim, *_ = members.instances(WORKERS)
    members.plug(WORKERS, [victim["id"]], connected=False)

    def now() -> list[bool]:
        return [t["ended"] is None for t in troubles(members, WORKERS) if t["instance"] == victim["id"]]

    assert now()[-1]
    host = {"account": ACCOUNT, "region": REGION, "instance": victim["host"], "action": "terminate"}
    members.aws.ask("hosts", host)
    assert not now()[-1]
    # ECS keeps an instance whose agent was gone before its host.
    assert victim["id"] in {instance["id"] for instance in members.instances(WORKERS)}


def test_an_unknown_layout_is_answered_with_the_known_ones(tmp_path: Path) -> None:

    with pytest.raises(ValueError, match="There is no layout vast: there are demo, crowd, wide"):
        Launch.from_json(f'{{"folder": "{tmp_path}", "layout": "vast"}}')
