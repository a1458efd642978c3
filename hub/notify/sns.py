"""SNS: topics that hear besides Slack, because the policy's route names them. Each state at least once.

A subscriber gets a sentence as subject and text, and as attributes what it may filter by.
"""

import logging
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from hub.incidents.bulletin import Bulletin

log = logging.getLogger(__name__)

# SNS takes 100 characters of ASCII as a subject.
_SUBJECT = 100


class Topics:
    """Publishes to topics. `client` makes a boto3 client of "sns" when the first of a Region is to be heard.

    SNS knows a topic only in its own Region, which its ARN names.
    """

    def __init__(self, client: Callable[..., Any], count: Callable[[str, int], None]) -> None:
        self._connect = client
        self._clients: dict[str, Any] = {}
        self._count = count

    def tell(self, bulletin: Bulletin, state: str, text: str) -> None:
        """Tell a bulletin's topic of a new state, if it has one. What SNS refuses is counted: Slack has it."""
        if not bulletin.topic:
            return
        cluster = bulletin.cluster
        words = {"account": cluster.account, "region": cluster.region, "cluster": cluster.name, "state": state}
        region = bulletin.topic.split(":")[3]
        if region not in self._clients:
            self._clients[region] = self._connect("sns", region_name=region)
        try:
            self._clients[region].publish(
                TopicArn=bulletin.topic,
                Subject=f"Coastguard: {state}, {cluster.name}"[:_SUBJECT],
                Message=text,
                MessageAttributes={name: {"DataType": "String", "StringValue": word} for name, word in words.items()},
            )
        except (ClientError, BotoCoreError) as error:
            log.warning("topic.refused", extra={"cluster": cluster.key, "error": str(error)})
            self._count("unpublished", 1)
