"""AWS's partitions as botocore's data knows them: which Region is in which, and what names end in there.

The file is read when the first Region is asked for, and without importing botocore, which would take a cold start a
tenth of a second. A Region that is newer than the data is recognised by its partition's own pattern.
"""

import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

# The consoles, which no data names. Where none is known to the public, no link is better than a wrong one.
_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-eusc": "console.amazonaws-eusc.eu",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
# AWS's patterns bound no length, and what comes from outside may be long.
_LONGEST_REGION = 25
# The same few Regions are asked for by each of a storm's events.
_KEPT = 1_024


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition: its name as in ARNs, what host names end in, and what its Regions look like."""

    name: str
    dns_suffix: str
    regions: re.Pattern[str]

    def console(self, region: str) -> str | None:
        """Return the address of a Region's console, None if the partition has none that we know."""
        host = _CONSOLES.get(self.name)
        return f"https://{region}.{host}" if host else None


@cache
def partitions() -> tuple[Partition, ...]:
    """Return all of them."""
    spec = find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("botocore, whose data names AWS's Regions, is not installed")
    data = Path(spec.submodule_search_locations[0], "data", "partitions.json")
    return tuple(
        Partition(found["id"], found["outputs"]["dnsSuffix"], re.compile(found["regionRegex"], re.ASCII))
        for found in json.loads(data.read_text())["partitions"]
    )


@lru_cache(maxsize=_KEPT)
def partition_of(region: str) -> Partition | None:
    """Return the partition that a Region is in, None if there can be no such Region."""
    if len(region) > _LONGEST_REGION:
        return None
    return next((one for one in partitions() if one.regions.fullmatch(region)), None)
