"""FIFO queues: what their groups are called, and one message put into one.

Apart from hub.queues, because front needs no more: without all that hints are it starts sooner.
"""

import hashlib
from typing import Any

from spoke.places import Cluster

# SQS: group and deduplication ids of up to 128 characters.
_LONGEST_ID = 128


def cluster_group(cluster: Cluster) -> str:
    """Name the group of a cluster."""
    return group_named(cluster.key)


def group_named(key: str) -> str:
    """Name the group of whatever has such a key, which may be longer than SQS takes."""
    return key if len(key) <= _LONGEST_ID else digest(key)


def digest(text: str) -> str:
    """Return a short name for a text, the same for the same."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def send_in_order(sqs: Any, url: str, group: str, body: str, token: str) -> None:  # noqa: ANN401  # botocore's clients have no types
    """Put one message into a group of a FIFO queue; the same token goes in only once."""
    sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=digest(token))
