"""Who and what the local workspace is made of: the team, the app's bot, the people, the channels."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Team:
    """The workspace's own identity."""

    id: str
    name: str
    domain: str


@dataclass(frozen=True, slots=True)
class Bot:
    """The installed app as Slack sees it: its user, its bot and its app id."""

    user_id: str
    bot_id: str
    app_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who reads, clicks and commands."""

    id: str
    name: str
    title: str

    @property
    def handle(self) -> str:
        """What Slack puts into payloads as the user's name: `alice.moreau`."""
        return self.name.lower().replace(" ", ".")

    @property
    def initials(self) -> str:
        """What stands in for a face."""
        return "".join(word[0] for word in self.name.split())

    def as_state(self) -> dict[str, Any]:
        """The person as the page shows them."""
        return {"id": self.id, "name": self.name, "title": self.title, "initials": self.initials}


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, and what it is to the bot."""

    id: str
    name: str
    bot_is_member: bool = True
    archived: bool = False
    private: bool = False


TEAM = Team("T0COAST01", "Coast", "coast")
BOT = Bot("U0COASTBOT", "B0COAST01", "A0COAST01", "Coastguard")
PEOPLE = (
    Person("U0ALICE01", "Alice Moreau", "platform on-call"),
    Person("U0BOB0002", "Bob Okafor", "SRE"),
    Person("U0CAROL03", "Carol Lindqvist", "developer"),
)
CHANNELS = (Channel("C0ECSALERTS", "ecs-alerts"),)

# Slack's own voice, e.g. when a command failed.
SLACKBOT = "USLACKBOT"
