"""The directory on Slack's wire: people, user groups and channels as the Web API gives them."""

from coastguard.local.slack.content import Json
from coastguard.local.slack.directory import (
    BOT,
    ORGANIZATION,
    PARTNER,
    PEOPLE,
    SLACKBOT,
    TEAM,
    Channel,
    Person,
    UserGroup,
)


def user_of(person: Person, now: float, *, stranger: bool) -> Json:
    """A person as users.info gives them.

    A `stranger` is of another workspace and shares no channel with the app; one who does is known by their team_id
    alone (https://docs.slack.dev/reference/objects/user-object). Of people of an organization it may name no team, or
    another one, and lists beside in which they are: https://github.com/looker/lookerbot/issues/184.
    """
    label, offset = person.zone.at(now)
    return (
        {
            "id": person.id,
            **({"team_id": person.team.id} if person.names_team else {}),
            "name": person.handle,
            "deleted": False,
            "color": "9f69e7",
            "real_name": person.name,
            "tz": person.zone.name,
            "tz_label": label,
            "tz_offset": offset,
            "profile": _profile(person.name, person.title, person.team.id),
            "is_admin": False,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": person.is_guest,
            "is_ultra_restricted": False,
            "is_bot": False,
            "is_app_user": False,
            "updated": 0,
        }
        | ({"is_stranger": True} if stranger else {})
        | _of_organization(person)
    )


def bot_user() -> Json:
    """The app's own user as users.info gives it."""
    return {
        "id": BOT.user_id,
        "team_id": TEAM.id,
        "name": BOT.name.lower(),
        "deleted": False,
        "color": "9f69e7",
        "real_name": BOT.name,
        "tz": "America/Los_Angeles",
        "tz_label": "Pacific Standard Time",
        "tz_offset": -28_800,
        "profile": _profile(BOT.name, "", TEAM.id) | {"api_app_id": BOT.app_id, "bot_id": BOT.bot_id},
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": True,
        "is_app_user": False,
        "updated": 0,
    }


def group_of(group: UserGroup, *, with_users: bool, with_count: bool) -> Json:
    """A user group as usergroups.list gives it."""
    shape: Json = {
        "id": group.id,
        "team_id": TEAM.id,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "description": "",
        "handle": group.handle,
        "is_external": False,
        "date_create": 1_600_000_000,
        "date_update": 1_600_000_000,
        "date_delete": 0 if group.enabled else 1_700_000_000,
        "auto_type": None,
        "created_by": SLACKBOT,
        "updated_by": SLACKBOT,
        "deleted_by": None if group.enabled else SLACKBOT,
        "prefs": {"channels": [], "groups": []},
    }
    if with_users:
        shape["users"] = list(group.users)
    if with_count:
        shape["user_count"] = len(group.users)
    return shape


def channel_of(channel: Channel) -> Json:
    """A channel as conversations.info gives it."""
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.private,
        "is_group": channel.private and not channel.is_direct,
        "is_im": channel.is_direct,
        "is_mpim": False,
        "is_private": channel.private,
        "is_archived": channel.archived,
        "is_member": channel.bot_is_member and not channel.archived,
        "is_general": False,
        "is_shared": channel.shared,
        "is_ext_shared": channel.shared,
        "is_org_shared": False,
        "context_team_id": TEAM.id,
        "shared_team_ids": [TEAM.id, *([PARTNER.id] if channel.shared else [])],
        "created": 1_600_000_000,
        "creator": PEOPLE[0].id,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def _of_organization(person: Person) -> Json:
    """What users.info says besides of somebody who is in an organization: it lists their teams here or there."""
    if not person.teams:
        return {}
    teams = [team.id for team in person.teams]
    whole: Json = {"enterprise_id": ORGANIZATION.id, "enterprise_name": ORGANIZATION.name, "teams": teams}
    within: Json = {"id": person.id, "is_admin": False, "is_owner": False, "is_primary_owner": False, **whole}
    return {"enterprise_user": within} | ({} if person.names_team else whole)


def _profile(name: str, title: str, team: str) -> Json:
    return {
        "title": title,
        "real_name": name,
        "real_name_normalized": name,
        "display_name": name,
        "display_name_normalized": name,
        "team": team,
    }
