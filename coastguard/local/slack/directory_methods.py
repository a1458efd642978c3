"""The Web API's methods that tell who and what there is: people, user groups, channels."""

from coastguard.local.slack.arguments import Arguments
from coastguard.local.slack.content import Json
from coastguard.local.slack.directory import BOT, TEAM
from coastguard.local.slack.errors import SlackError
from coastguard.local.slack.listings import bot_user, channel_of, group_of, user_of
from coastguard.local.slack.workspace import Workspace


def users_info(workspace: Workspace, arguments: Arguments) -> Json:
    """One person, with their time zone."""
    user = arguments.text("user")
    if user == BOT.user_id:
        return {"user": bot_user()}
    with workspace.lock:
        person = workspace.people.get(user)
        shared = any(one.channel.shared and one.channel.bot_is_member for one in workspace.conversations())
    if person is None:
        raise SlackError("user_not_found")
    return {"user": user_of(person, workspace.clock(), stranger=person.is_foreign and not shared)}


def users_list(workspace: Workspace, _arguments: Arguments) -> Json:
    """Everybody, in one page."""
    with workspace.lock:
        people = [
            user_of(one, workspace.clock(), stranger=False) for one in workspace.people.values() if not one.is_foreign
        ]
    return {"members": [*people, bot_user()], "response_metadata": {"next_cursor": ""}}


def usergroups_list(workspace: Workspace, arguments: Arguments) -> Json:
    """All user groups, the disabled ones only when asked for."""
    _check_plan(workspace)
    _check_team(workspace, arguments)
    every, users, count = (arguments.flag(f"include_{what}") for what in ("disabled", "users", "count"))
    with workspace.lock:
        groups = [group for group in workspace.user_groups.values() if every or group.enabled]
    return {"usergroups": [group_of(group, with_users=users, with_count=count) for group in groups]}


def usergroups_users_list(workspace: Workspace, arguments: Arguments) -> Json:
    """Who is in a user group."""
    _check_plan(workspace)
    _check_team(workspace, arguments)
    name, every = arguments.text("usergroup"), arguments.flag("include_disabled")
    with workspace.lock:
        group = workspace.user_groups.get(name)
    if group is None or not (group.enabled or every):
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}


def conversations_info(workspace: Workspace, arguments: Arguments) -> Json:
    """One channel; of private ones that the bot is not in it knows nothing."""
    name = arguments.text("channel")
    with workspace.lock:
        conversation = workspace.conversation(name)
    if conversation is None or (conversation.channel.private and not conversation.channel.bot_is_member):
        raise SlackError("channel_not_found")
    return {"channel": channel_of(conversation.channel)}


def _check_team(workspace: Workspace, arguments: Arguments) -> None:
    """An app that is installed in a whole organization has to say of which team: see the method's documentation."""
    team = arguments.optional_text("team_id")
    if workspace.installed.everywhere and not team:
        raise SlackError("missing_argument", ["missing required field: team_id"])
    if workspace.installed.everywhere and team != TEAM.id:
        raise SlackError("team_not_found")


def _check_plan(workspace: Workspace) -> None:
    if workspace.no_user_groups:
        raise SlackError(workspace.no_user_groups)
