"""People: what Slack says of those who click and command, kept for some minutes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.slack import Slack

KEPT = timedelta(minutes=5)
_UTC = "Etc/UTC"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in Slack. A `member` is a full one of the team: no guest, no bot, nobody of another team."""

    id: str
    member: bool
    zone: str = _UTC


@dataclass(slots=True)
class People:
    """Reads people and user groups, each at most once in KEPT. What it raises is a SlackError."""

    slack: Callable[[], Slack]
    team: str
    clock: Callable[[], datetime]
    _persons: dict[str, tuple[datetime, Person]] = field(default_factory=dict, init=False)
    _groups: dict[str, tuple[datetime, frozenset[str]]] = field(default_factory=dict, init=False)

    def person(self, user: str) -> Person:
        """Read one person."""
        now = self.clock()
        read = self._persons.get(user)
        if read is None or now - read[0] >= KEPT:
            raw = self.slack().user(user)
            strange = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
            member = raw.get("team_id") == self.team and not any(raw.get(flag) for flag in strange)
            read = (now, Person(user, member, str(raw.get("tz") or _UTC)))
            self._persons[user] = read
        return read[1]

    def groups(self, user: str, among: frozenset[str]) -> frozenset[str]:
        """Tell in which of these user groups a person is."""
        return frozenset(group for group in among if user in self._members(group))

    def _members(self, group: str) -> frozenset[str]:
        now = self.clock()
        read = self._groups.get(group)
        if read is None or now - read[0] >= KEPT:
            read = (now, self.slack().group(group))
            self._groups[group] = read
        return read[1]
