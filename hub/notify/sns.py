"""SNS: topics that hear besides Slack, because the policy's route names them. Each state at least once.

A subscriber gets a sentence as subject and text, and as attributes what it may filter by.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from hub.incidents.bulletin import Bulletin
from hub.incidents.content import Content
from hub.incidents.delivery import SNS, Delivery
from hub.slack.bulletin_message import in_a_sentence

log = logging.getLogger(__name__)

# SNS takes 100 characters of ASCII as a subject.
_SUBJECT = 100


class SnsReceiver:
    """Publishes to topics. `client` makes a boto3 client of "sns" when the first of a Region is to be heard.

    SNS knows a topic only in its own Region, which its ARN names.
    """

    def __init__(
        self, client: Callable[..., Any], clock: Callable[[], datetime], count: Callable[[str, int], None]
    ) -> None:
        self._connect = client
        self._clients: dict[str, Any] = {}
        self._clock = clock
        self._count = count

    def deliver(self, content: Content, bulletin: Bulletin, *, leased: bool, urgent: bool) -> Bulletin:  # noqa: ARG002  # nothing is leased or put off here
        """Tell an episode's topic of a new state, if it has one. What SNS refuses is counted: Slack has it.

        A look that dies before it is written tells it once more.
        """
        topic, state = bulletin.episode.topic, "resolved" if content.over else "open"
        heard = bulletin.of(SNS) or Delivery(SNS, bulletin.episode.episode, topic)
        if not topic or heard.shown == state:
            return bulletin
        self._publish(topic, state, content)
        return bulletin.shows(replace(heard, shown=state, shown_at=self._clock()))

    def _publish(self, topic: str, state: str, content: Content) -> None:
        cluster = content.cluster
        words = {"account": cluster.account, "region": cluster.region, "cluster": cluster.name, "state": state}
        region = topic.split(":")[3]
        if region not in self._clients:
            self._clients[region] = self._connect("sns", region_name=region)
        try:
            self._clients[region].publish(
                TopicArn=topic,
                Subject=f"Coastguard: {state}, {cluster.name}"[:_SUBJECT],
                Message=in_a_sentence(content),
                MessageAttributes={name: {"DataType": "String", "StringValue": word} for name, word in words.items()},
            )
        except (ClientError, BotoCoreError) as error:
            log.warning("topic.refused", extra={"cluster": cluster.key, "error": str(error)})
            self._count("unpublished", 1)
