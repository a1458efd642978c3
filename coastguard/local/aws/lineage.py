"""Lineage: how often a chain of messages has invoked each function, as the trace header counts it from hop to hop.

Lambda counts so to end recursive loops: botocore sends the header of the running invocation with each call
(X-Amzn-Trace-Id), SQS keeps it as the message's AWSTraceHeader, and the next invocation goes on counting. The form of
the header and its 16 are AWS's, as documented; that a batch goes on with the largest count of its records is our model.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Lambda stops the next invocation of a function that a chain has invoked about so often.
MOST_INVOCATIONS = 16
_LINEAGE = re.compile(r"(?:^|;)Lineage=([^;]*)")


@dataclass(frozen=True, slots=True)
class Invocation:
    """An invocation at its place in a chain: the header of its calls, and its `number` among those of its function."""

    trace: str
    number: int


def invocation(function: str, records: Iterable[Mapping[str, Any]]) -> Invocation:
    """Count an invocation of a function by a batch of SQS records, as Lambda hands them over."""
    counts: dict[str, int] = {}
    for record in records:
        for name, count in _counts(record["attributes"].get("AWSTraceHeader", "")):
            counts[name] = max(counts.get(name, 0), count)
    counts[function] = counts.get(function, 0) + 1
    told = ",".join(f"{name}:{count}" for name, count in sorted(counts.items()))
    return Invocation(f"Root=1-00000000-000000000000000000000000;Sampled=0;Lineage={told}", counts[function])


def _counts(header: str) -> Iterable[tuple[str, int]]:
    found = _LINEAGE.search(header)
    for pair in found[1].split(",") if found else ():
        name, _, count = pair.rpartition(":")
        if name and count.isdecimal():
            yield name, int(count)
