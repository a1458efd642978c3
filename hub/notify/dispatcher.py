"""The dispatcher: has every receiver told of an episode, and writes down in one go what they have."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hub.incidents.bulletin import Bulletin
from hub.incidents.content import Content
from hub.notify.publisher import Publisher
from hub.notify.receivers import Receiver

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Slack comes first: who else is told hears what Slack has taken."""

    receivers: tuple[Receiver, ...]
    publisher: Publisher
    clock: Callable[[], datetime]
    count: Callable[[str, int], None]

    def deliver(self, bulletin: Bulletin, content: Content, *, leased: bool, urgent: bool) -> Bulletin:
        """Tell everybody what is new to them; the last word closes the episode. Raises SlackError, Conflict.

        Where a receiver's message stands and what it shows is written first, whatever becomes of what is `untold`.
        """
        while True:
            told = bulletin
            for receiver in self.receivers:
                told = receiver.deliver(content, told, leased=leased, urgent=urgent)
            untold = any(delivery.untold for delivery in told.deliveries)
            ends = content.over and not untold
            if told is bulletin and not ends:
                return bulletin
            announced = told.slack.shown_at != bulletin.slack.shown_at
            bulletin = self.publisher.write(bulletin, told.ended(self.clock()) if ends else told)
            if announced:
                self.count("announced", 1)
                log.info("announced", extra={"cluster": bulletin.cluster.key, "ts": bulletin.slack.handle})
            if not untold:
                return bulletin
