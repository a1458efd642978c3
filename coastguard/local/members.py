"""The member accounts as a story handles them: what happens to their agents, hosts, events and roles.

Coastguard knows nothing of this. Everything here acts as the owner of a member account, or as AWS itself.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from coastguard.local.aws_process import AwsProcess
from spoke.places import Cluster

Json = dict[str, Any]

READER = "coastguard-reader"


@dataclass(frozen=True, slots=True)
class Members:
    """The members of the organization in a running AWS."""

    aws: AwsProcess

    # Looking

    def instances(self, cluster: Cluster) -> list[Json]:
        """Show a cluster's container instances."""
        return [
            instance
            for account in self.aws.ask(f"fleet?account={cluster.account}")["accounts"]
            for region in account["regions"]
            for found in region["clusters"]
            for instance in found["instances"]
            if (region["name"], found["name"]) == (cluster.region, cluster.name)
        ]

    # Agents and hosts

    def plug(
        self, cluster: Cluster, instances: Collection[str] | None = None, *, connected: bool, ill: str = ""
    ) -> int:
        """Unplug agents of a cluster, or plug them in again: all of them or those named. Returns how many changed.

        `ill` is what is wrong with the hosts of those unplugged, a word of coastguard.local.fleet.illness.
        """
        where = {"account": cluster.account, "region": cluster.region, "cluster": cluster.name}
        chosen = {} if instances is None else {"instances": list(instances)}
        changed: int = self.aws.ask("agents", {**where, **chosen, "connected": connected, "ill": ill})["changed"]
        return changed

    def register_anew(self, cluster: Cluster, instance: str) -> str:
        """Let an agent lose its data, so that its host is registered twice; returns the new registration's id."""
        where = {"account": cluster.account, "region": cluster.region, "instance": instance}
        new: str = self.aws.ask("registrations", where)["instance"]
        return new

    def plug_zone(self, account: str, zone: str, *, connected: bool) -> int:
        """Unplug every agent of an account in an availability zone, or plug them in again."""
        where = {"account": account, "region": zone[:-1], "zone": zone}
        changed: int = self.aws.ask("agents", {**where, "connected": connected})["changed"]
        return changed

    def scale_in(self, cluster: Cluster, group: str, instances: int) -> None:
        """Take hosts out of an Auto Scaling group as its owner does, by wanting fewer of them."""
        autoscaling = self.aws.client("autoscaling", cluster.account, cluster.region)
        (described,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
        wanted = described["DesiredCapacity"] - instances
        autoscaling.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=wanted)

    def hold_boots(self, account: str, region: str, *, held: bool) -> None:
        """Let no new host of a member's Region boot any more, whatever its groups launch, or let all of them."""
        self.aws.ask("boots", {"account": account, "region": region, "held": held})

    # Events

    def emit(self, account: str, region: str, event: Mapping[str, Any]) -> None:
        """Put an event on an account's default bus as the service that its `source` names, whatever it says."""
        self.aws.ask("events", {"account": account, "region": region, **event})

    def silence(self, account: str, region: str, *, silent: bool) -> None:
        """Let a member's Region take calls and not answer them any more, or again."""
        self.aws.ask("silence", {"account": account, "region": region, "silent": silent})

    # Roles

    def lock_out(self, account: str) -> str:
        """Let a member's reader role trust nobody any more; returns the trust policy it had."""
        iam = self.aws.client("iam", account)
        trust = iam.get_role(RoleName=READER)["Role"]["AssumeRolePolicyDocument"]
        nobody = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:*"}]}
        iam.update_assume_role_policy(RoleName=READER, PolicyDocument=json.dumps(nobody))
        return trust if isinstance(trust, str) else json.dumps(trust)

    def let_in(self, account: str, trust: str) -> None:
        """Give a member's reader role a trust policy."""
        self.aws.client("iam", account).update_assume_role_policy(RoleName=READER, PolicyDocument=trust)
