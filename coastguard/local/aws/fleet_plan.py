"""What the fleet looks like when the world starts, as data: the clusters of each member, the same in every Region."""

from dataclasses import dataclass

# Named literally: looking an image up in moto takes seconds.
IMAGE = "ami-0c0a57a9e0d1c8b42"
ZONES = "abc"
DOCKER_VERSION = "DockerVersion: 25.0.8"
# How long the hosts have been up when the world starts.
UPTIME_HOURS = 31


@dataclass(frozen=True, slots=True)
class ClusterPlan:
    """One cluster, the Auto Scaling group of its instances, and how they differ from each other."""

    name: str
    group: str
    size: int
    instance_types: tuple[str, ...]
    agent_version: str = "1.98.0"

    def zone(self, region: str, number: int) -> str:
        """Return the availability zone of the number-th instance."""
        return f"{region}{ZONES[number % len(ZONES)]}"

    def instance_type(self, number: int) -> str:
        """Return the instance type of the number-th instance."""
        return self.instance_types[number % len(self.instance_types)]

    def tasks(self, number: int) -> int:
        """Return how many tasks run on the number-th instance, 0 to 9."""
        return (number * 7 + len(self.name)) % 10


CLUSTERS = {
    "payments": (
        ClusterPlan("prod-payments", "payments-prod-asg", 6, ("m6i.xlarge", "m6i.xlarge", "m5.xlarge")),
        ClusterPlan("staging-payments", "payments-staging-asg", 3, ("t3.large",)),
    ),
    "search": (ClusterPlan("prod-search", "search-prod-asg", 6, ("r6i.2xlarge", "r6i.2xlarge", "r5.2xlarge")),),
    "media": (ClusterPlan("prod-media", "media-prod-asg", 6, ("c6i.4xlarge", "c6i.2xlarge")),),
}
"""Clusters by the alias of the member account."""
