"""The world as a rehearsal gets it: what may happen before Coastguard is there, and how the hub is locked out."""

import json

import pytest

from coastguard.deploy import HUB_STACK
from coastguard.local.layout.organization import HUB
from coastguard.local.members import READER, Members
from coastguard.local.rehearsals.reckoning import reckon
from coastguard.local.rehearsals.stage import BrokenError, Stage
from coastguard.local.world import Plan, World
from spoke.places import Cluster

SEARCH = Cluster("333344445555", "eu-west-1", "prod-search")


def test_agents_may_be_lost_before_coastguard_is_there_and_are_missed_until_it_finds_them() -> None:
    standing: list[str] = []

    def before(members: Members) -> None:
        stacks = members.aws.client("cloudformation").describe_stacks()["Stacks"]
        standing.extend(stack["StackName"] for stack in stacks)
        members.plug(SEARCH, [members.instances(SEARCH)[0]["id"]], connected=False)

    told: list[str] = []
    with World(Plan(grace=1, before=before), told.append) as world:
        stage = Stage(world, lambda _seconds, text: told.append(text))
        assert HUB_STACK not in standing
        assert [instance["connected"] for instance in stage.members.instances(SEARCH)].count(False) == 1
        with pytest.raises(BrokenError, match=f"missed {SEARCH.key}/"):
            reckon(stage)
        trust = stage.members.lock_out(SEARCH.account)
        iam = world.aws.client("iam", SEARCH.account)
        assert f"{HUB.id}" not in json.dumps(iam.get_role(RoleName=READER)["Role"]["AssumeRolePolicyDocument"])
        stage.members.let_in(SEARCH.account, trust)
        assert f"{HUB.id}" in json.dumps(iam.get_role(RoleName=READER)["Role"]["AssumeRolePolicyDocument"])
        stage.sweep()
        stage.settle(20)
    assert "reckoning: 1 in trouble beyond the grace period · missed 1 · false 0 · double 0" in told
