"""What Coastguard keeps, read from its table as nobody of its own reads it: all at once."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from coastguard.local.world import World

# A container instance: the key of its cluster, and its id.
Where = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """The state of each incident, the ts of each cluster's bulletin, "" while it has none, and who waits for long."""

    incidents: Mapping[Where, str] = field(default_factory=dict)
    bulletins: Mapping[str, str] = field(default_factory=dict)
    waiting: frozenset[Where] = frozenset()

    @property
    def unresolved(self) -> set[Where]:
        """The incidents that go on."""
        return {where for where, state in self.incidents.items() if state != "resolved"}


def read(world: World) -> Kept:
    """Read the whole table."""
    incidents: dict[Where, str] = {}
    bulletins: dict[str, str] = {}
    waiting: set[Where] = set()
    scan = world.aws.client("dynamodb").get_paginator("scan")
    for page in scan.paginate(TableName=world.outputs["TableName"], ConsistentRead=True):
        for row in page["Items"]:
            owner, _, cluster = row["pk"]["S"].partition("#")
            kind, _, instance = row["sk"]["S"].partition("#")
            if owner == "cluster" and kind == "instance":
                incidents[cluster, instance] = json.loads(row["data"]["S"])["state"]
            elif owner == "cluster" and kind == "incidents":  # a page of many
                for each in json.loads(zlib.decompress(row["packed"]["B"])):
                    incidents[cluster, each["instance"]] = each["state"]
            elif owner == "cluster" and row["sk"]["S"] == "announced#slack":
                bulletins[cluster] = json.loads(row["data"]["S"])["handle"]
            elif owner == "cluster" and kind == "drop" and "open_pk" in row:
                waiting.add((cluster, instance))
    return Kept(incidents, bulletins, frozenset(waiting))
