"""Who and what the local workspace is made of: the team, the app's bot, the people, their groups, the channels."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Team:
    """A workspace's own identity."""

    id: str
    name: str
    domain: str


@dataclass(frozen=True, slots=True)
class Organization:
    """An Enterprise Grid organization, which holds several workspaces."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the app is installed: in the team, which may be one of an organization's, or `everywhere` in that."""

    of_organization: bool = False
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Bot:
    """The installed app as Slack sees it: its user, its bot and its app id, and what it may do (OAuth scopes)."""

    user_id: str
    bot_id: str
    app_id: str
    name: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone by its name in the tz database, with the two names that Slack has for it."""

    name: str
    standard: str
    summer: str

    def at(self, now: float) -> tuple[str, int]:
        """Slack's name for it just now, and its seconds ahead of UTC."""
        local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(self.name))
        offset = local.utcoffset() or timedelta()
        return (self.summer if local.dst() else self.standard), int(offset.total_seconds())


TEAM = Team("T0COAST01", "Coast", "coast")
PARTNER = Team("T0HARBOUR", "Harbour", "harbour")
IN_TEAM = Installation()
# Another workspace of the organization, where the team belongs to one.
SISTER = Team("T0INLAND1", "Inland", "inland")
ORGANIZATION = Organization("E0SHORE01", "Shore")

LONDON = Zone("Europe/London", "Greenwich Mean Time", "British Summer Time")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who reads, clicks and commands. A guest is a multi-channel guest, as Slack has it.

    `teams` are the workspaces of the organization that they are in, none for people outside of one; `team` is then the
    one that Slack counts them to, and `names_team` says whether users.info tells it.
    """

    id: str
    name: str
    title: str
    zone: Zone = LONDON
    team: Team = TEAM
    is_guest: bool = False
    teams: tuple[Team, ...] = ()
    names_team: bool = True

    @property
    def is_foreign(self) -> bool:
        """Whether another workspace is theirs: they are here through a shared channel."""
        return TEAM not in (self.team, *self.teams)

    @property
    def handle(self) -> str:
        """What Slack puts into payloads as the user's name: `alice.moreau`."""
        return self.name.lower().replace(" ", ".")

    @property
    def initials(self) -> str:
        """What stands in for a face."""
        return "".join(word[0] for word in self.name.split())

    @property
    def home(self) -> str:
        """The id of their conversation with the app, where its Home tab is."""
        return f"D{self.id[1:]}"

    def as_state(self) -> dict[str, Any]:
        """The person as the page shows them."""
        return {
            "id": self.id,
            "name": self.name,
            "title": self.title,
            "initials": self.initials,
            "kind": "foreign" if self.is_foreign else "guest" if self.is_guest else "member",
            "tz": self.zone.name,
        }


@dataclass(frozen=True, slots=True)
class UserGroup:
    """People who are mentioned together. Guests and foreign people cannot be in one."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...]
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, and what it is to the bot. A shared one is open to people of the other workspace too.

    A direct message is one as well, of its `members` alone; elsewhere there are none named.
    """

    id: str
    name: str
    bot_is_member: bool = True
    archived: bool = False
    private: bool = False
    shared: bool = False
    members: tuple[str, ...] = ()

    @property
    def is_direct(self) -> bool:
        """Whether it is a direct message, between people or of one with the app."""
        return self.id.startswith("D")

    def is_open_to(self, person: Person) -> bool:
        """Whether the person is in it."""
        if self.members:
            return person.id in self.members
        return self.shared or not person.is_foreign


BOT = Bot(
    "U0COASTBOT",
    "B0COAST01",
    "A0COAST01",
    "Coastguard",
    frozenset({"chat:write", "commands", "channels:history", "groups:history", "usergroups:read", "users:read"}),
)
# The team's full members.
PEOPLE = (
    Person(
        "U0ALICE01",
        "Alice Moreau",
        "platform on-call",
        Zone("Europe/Paris", "Central European Time", "Central European Summer Time"),
    ),
    Person("U0BOB0002", "Bob Okafor", "SRE", Zone("Africa/Lagos", "West Africa Time", "West Africa Summer Time")),
    Person(
        "U0CAROL03",
        "Carol Lindqvist",
        "developer",
        Zone("America/New_York", "Eastern Standard Time", "Eastern Daylight Time"),
    ),
)
GUEST = Person("U0DMITRI4", "Dmitri Vos", "contractor, guest", is_guest=True)
FOREIGNER = Person(
    "U0ERIN005",
    "Erin Walsh",
    "of Harbour, a partner",
    Zone("America/Los_Angeles", "Pacific Standard Time", "Pacific Daylight Time"),
    team=PARTNER,
)
EVERYBODY = (*PEOPLE, GUEST, FOREIGNER)
# People of the organization, if the team belongs to one: two who are in it, however little users.info says so, and one
# who is not. The ids of such people may begin with W.
GRID_PEOPLE = (
    Person("W0FATIMA6", "Fatima Haddad", "SRE", team=SISTER, teams=(SISTER, TEAM), names_team=False),
    Person("U0HANNAH7", "Hannah Berg", "SRE", team=SISTER, teams=(SISTER, TEAM)),
    Person("W0GUSTAV8", "Gustav Lund", "of Inland, another workspace", team=SISTER, teams=(SISTER,)),
)

USER_GROUPS = (
    UserGroup("S0PLATFORM", "platform", "Platform on-call", ("U0ALICE01",)),
    UserGroup("S0SRETEAM1", "sre", "Site reliability", ("U0ALICE01", "U0BOB0002")),
    UserGroup("S0PAYMENTS", "payments", "Payments developers", ("U0CAROL03",)),
    UserGroup("S0FORMER01", "former", "A team of the past", ("U0CAROL03",), enabled=False),
)

CHANNELS = (
    Channel("C0ECSALERTS", "ecs-alerts", shared=True),
    Channel("C0PAYMENTS", "payments-oncall", shared=True),
    Channel("C0FORMERLY", "former-alerts", archived=True),
    Channel("C0SECURITY", "security", bot_is_member=False, private=True),
)

# Slack's own voice, e.g. when a command failed.
SLACKBOT = "USLACKBOT"
