"""What one cluster of the fleet looks like when the world starts, as data."""

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
