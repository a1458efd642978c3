"""Modals and Home tabs: who has which view before them. Knows no clock, no lock and no app."""

import json
import secrets
from dataclasses import dataclass, field

from coastguard.local.slack.content import Json
from coastguard.local.slack.directory import BOT, TEAM
from coastguard.local.slack.errors import SlackError
from coastguard.local.slack.messages import dressed_blocks

# A modal, and two more on top of it.
MAX_STACK = 3
MAX_JSON = 250_000


@dataclass(slots=True)
class Views:
    """Everyone's modals, the one on top last, and everyone's Home; of each also the version before."""

    _stacks: dict[str, list[Json]] = field(default_factory=dict)
    _homes: dict[str, Json] = field(default_factory=dict)
    _before: dict[str, Json] = field(default_factory=dict)

    def open(self, user: str, view: Json) -> Json:
        """A modal in place of whatever modals the person had. Raises SlackError."""
        self._check(view)
        opened = _kept(view)
        self._stacks[user] = [opened]
        return opened

    def push(self, user: str, view: Json) -> Json:
        """A modal on top of the person's. Raises SlackError."""
        stack = self._stacks.get(user)
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= MAX_STACK:
            raise SlackError("push_limit_reached")
        self._check(view)
        below = stack[-1]
        pushed = _kept(view, root=below["root_view_id"], previous=below["id"])
        stack.append(pushed)
        return pushed

    def publish(self, user: str, view: Json, known_hash: str | None) -> Json:
        """The person's Home. Raises SlackError."""
        before = self._homes.get(user)
        if known_hash and (before is None or before["hash"] != known_hash):
            raise SlackError("hash_conflict")
        self._check(view, before)
        published = _kept(view, before)
        self._homes[user] = published
        if before is not None:
            self._before[before["id"]] = before
        return published

    def update(self, before: Json, view: Json, known_hash: str | None = None) -> Json:
        """A new version of a modal or Home, which keeps its id. Raises SlackError."""
        if known_hash and before["hash"] != known_hash:
            raise SlackError("hash_conflict")
        if before["type"] != view["type"]:
            raise SlackError("invalid_arguments", [f"view.type: must be {before['type']}"])
        self._check(view, before)
        after = _kept(view, before)
        self._before[before["id"]] = before
        for user, home in self._homes.items():
            if home is before:
                self._homes[user] = after
        for stack in self._stacks.values():
            stack[:] = [after if one is before else one for one in stack]
        return after

    def find(self, view_id: str | None, external_id: str | None = None) -> Json:
        """The view of either id. Raises SlackError not_found."""
        for view in self._all():
            if view_id == view["id"] or (external_id and external_id == view["external_id"]):
                return view
        raise SlackError("not_found")

    def top(self, user: str) -> Json | None:
        """The modal that the person sees."""
        stack = self._stacks.get(user)
        return stack[-1] if stack else None

    def home(self, user: str) -> Json | None:
        """The person's Home, None before anything was published."""
        return self._homes.get(user)

    def versions(self, view: Json) -> list[Json]:
        """The view, and what it was before: somebody may still have that on their screen."""
        return [view, *([self._before[view["id"]]] if view["id"] in self._before else [])]

    def close(self, view_id: str) -> None:
        """Takes one modal away, if it is still there."""
        self._before.pop(view_id, None)
        for stack in self._stacks.values():
            stack[:] = [view for view in stack if view["id"] != view_id]

    def stack_of(self, view: Json) -> list[Json]:
        """All modals that came from the same first one, the one on top first."""
        return [
            other
            for stack in self._stacks.values()
            for other in reversed(stack)
            if other["root_view_id"] == view["root_view_id"]
        ]

    def modals(self) -> list[Json]:
        """What the page shows: everyone's modal on top."""
        return [{"user": user, "view": stack[-1]} for user, stack in self._stacks.items() if stack]

    def homes(self) -> list[Json]:
        """What the page shows: everyone's Home."""
        return [{"user": user, "view": view} for user, view in self._homes.items()]

    def _check(self, view: Json, before: Json | None = None) -> None:
        if len(json.dumps(view, ensure_ascii=False)) > MAX_JSON:
            raise SlackError("view_too_large")
        external_id = view.get("external_id")
        if external_id and any(one["external_id"] == external_id for one in self._all() if one is not before):
            raise SlackError("duplicate_external_id")

    def _all(self) -> list[Json]:
        return [*self._homes.values(), *(view for stack in self._stacks.values() for view in stack)]


def _kept(view: Json, before: Json | None = None, *, root: str | None = None, previous: str | None = None) -> Json:
    """A view as Slack keeps it, with everything it adds; its ids are those of the version before, if there was one."""
    view_id = f"V{secrets.token_hex(5).upper()}"
    ids: Json = {"id": view_id, "root_view_id": root or view_id, "previous_view_id": previous}
    if before is not None:
        ids = {name: before[name] for name in ids}
    empty: Json = {"callback_id": "", "private_metadata": "", "external_id": "", "close": None, "submit": None}
    added: Json = {
        "team_id": TEAM.id,
        "app_id": BOT.app_id,
        "app_installed_team_id": TEAM.id,
        "bot_id": BOT.bot_id,
        "hash": secrets.token_hex(8),
        "state": {"values": {}},
        "blocks": list(dressed_blocks(view["blocks"])),
    }
    return empty | {"clear_on_close": False, "notify_on_close": False} | view | ids | added
