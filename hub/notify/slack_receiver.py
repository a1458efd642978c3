"""Slack: a message that is edited, and a thread beneath it that says what happens."""

from dataclasses import dataclass, replace

from hub.incidents.bulletin import Bulletin
from hub.incidents.content import Content
from hub.notify.publisher import Publisher, Saying
from hub.slack.bulletin_message import render


@dataclass(frozen=True, slots=True)
class SlackReceiver:
    """Shows an episode in Slack: first its message, then in the thread what has been logged since."""

    publisher: Publisher

    def deliver(self, content: Content, bulletin: Bulletin, *, leased: bool, urgent: bool) -> Bulletin:
        """Bring the message in line, or its thread once the message is; raise SlackError, Conflict."""
        # What is muted is not posted anew only because no edit reaches it any more: that would be heard.
        quiet = bulletin.episode.muted and not content.over
        message = render(content, bulletin.episode)
        shown = self.publisher.show(bulletin, Saying(message, urgent=urgent, quiet=quiet), leased=leased)
        if shown is bulletin:
            return self.publisher.narrate(bulletin, content) if bulletin.slack.untold else bulletin
        # What has just begun has nothing in its log that it does not say itself.
        if not leased and self.publisher.untold(shown):
            return shown.shows(replace(shown.slack, untold=True))
        return shown
