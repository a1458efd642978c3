"""Slack users: what Slack says of those who click and command, kept for some minutes."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.slack.client import NotNow, Rejected, Slack, SlackError

log = logging.getLogger(__name__)

USERS_KEPT = timedelta(minutes=5)
_UTC = "Etc/UTC"
# Slack's word for a user group that is disabled, or was never there.
_NO_GROUP = "no_such_subteam"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in Slack. A `member` is a full one of the team: no guest, no bot, nobody of another team.

    `zone` is the name of their time zone, `offset` the seconds that it is ahead of UTC.
    """

    id: str
    member: bool
    zone: str = _UTC
    offset: int = 0


def is_member(raw: Mapping[str, Any], team: str) -> bool:
    """Whether Slack's description of somebody is of a full member of the team.

    Of people of an Enterprise Grid organization it may name no team or another one, and list the team among theirs:
    https://docs.slack.dev/reference/objects/user-object
    """
    strange = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
    theirs = [raw.get("team_id"), *_listed(raw), *_listed(raw.get("enterprise_user"))]
    return team in theirs and not any(raw.get(flag) for flag in strange)


def _listed(raw: object) -> list[object]:
    """Return the teams that a description lists."""
    teams = raw.get("teams") if isinstance(raw, Mapping) else None
    return teams if isinstance(teams, list) else []


@dataclass(slots=True)
class SlackUsers:
    """Reads people and user groups, each at most once in USERS_KEPT. What it raises is a SlackError.

    `patience` is for how long it goes on asking Slack about one person's groups, of which a policy may name many.
    """

    slack: Callable[[], Slack]
    team: str
    clock: Callable[[], datetime]
    patience: timedelta | None = None
    _persons: dict[str, tuple[datetime, Person]] = field(default_factory=dict, init=False)
    _groups: dict[str, tuple[datetime, frozenset[str]]] = field(default_factory=dict, init=False)
    _home: str = field(default="", init=False)

    def home(self) -> str:
        """Read the workspace's address, once; "" if Slack does not tell it now."""
        if not self._home:
            try:
                self._home = self.slack().home()
            except SlackError as error:
                log.info("home.unknown", extra={"error": str(error)})
        return self._home

    def person(self, user: str) -> Person:
        """Read one person."""
        now = self.clock()
        read = self._persons.get(user)
        if read is None or now - read[0] >= USERS_KEPT:
            raw = self.slack().user(user)
            member = is_member(raw, self.team)
            offset = raw.get("tz_offset")
            zone = str(raw.get("tz") or _UTC)
            read = (now, Person(user, member, zone, offset if isinstance(offset, int) else 0))
            self._persons[user] = read
        return read[1]

    def groups(self, user: str, among: frozenset[str]) -> frozenset[str]:
        """Return in which of these user groups a person is."""
        began, found = self.clock(), set[str]()
        for group in sorted(among):
            if self.patience is not None and self.clock() - began >= self.patience:
                raise NotNow("asking for the user groups takes too long", 1)
            if user in self._members(group):
                found.add(group)
        return frozenset(found)

    def _members(self, group: str) -> frozenset[str]:
        now = self.clock()
        read = self._groups.get(group)
        if read is None or now - read[0] >= USERS_KEPT:
            try:
                members = self.slack().group(group, self.team)
            except Rejected as error:
                if error.word != _NO_GROUP:
                    raise
                # It grants nothing to anybody, and takes nothing from those whom another group or their id lets.
                log.warning("group.unknown", extra={"user_group": group})
                members = frozenset()
            read = (now, members)
            self._groups[group] = read
        return read[1]
