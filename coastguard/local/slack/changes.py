"""What becomes of the directory while the workspace is in use: channels go, groups change, the plan is another one."""

from dataclasses import replace

from starlette.requests import Request

from coastguard.local.slack.content import Json
from coastguard.local.slack.control_bodies import flags_in, object_in, texts_in
from coastguard.local.slack.errors import NotUnderstood, Refused, SlackError
from coastguard.local.slack.workspace import Workspace

# The first is documented: https://docs.slack.dev/reference/methods/usergroups.users.list. The second is what was
# answered on a free plan to usergroups.users.update: https://github.com/grafana-cold-storage/oncall/pull/4793.
NO_USER_GROUPS = ("plan_upgrade_required", "paid_teams_only")


async def change_channel(workspace: Workspace, request: Request) -> Json:
    """A channel is archived, shared, or gone for good; the bot is removed from it. Or the other way round.

    A private one that is `converted` can be shared, and has another id.
    """
    body = await object_in(request)
    flags = flags_in(body, ("archived", "bot_is_member", "shared", "gone", "converted"))
    name = texts_in(body, ("channel",), ())["channel"]
    with workspace.changing():
        conversation = workspace.conversation(name)
        if conversation is None:
            raise Refused(f"There is no channel {name!r}.")
        if flags.get("gone"):
            workspace.delete_channel(conversation.channel.id)
            return {"ok": True}
        before = conversation.channel
        if flags.get("converted"):
            if not before.id.startswith("G"):
                raise Refused(f"{before.id} has no other id to get: only that of an old private channel changes.")
            return {"ok": True, "channel": workspace.convert(before.id)}
        conversation.channel = replace(
            before,
            archived=flags.get("archived", before.archived),
            bot_is_member=flags.get("bot_is_member", before.bot_is_member),
            shared=flags.get("shared", before.shared),
        )
    return {"ok": True}


async def change_organization(workspace: Workspace, request: Request) -> Json:
    """The team becomes one of an Enterprise Grid organization, and the app is installed `everywhere` there, or not."""
    everywhere = flags_in(await object_in(request), ("everywhere",)).get("everywhere", False)
    with workspace.changing():
        workspace.join_organization(everywhere=everywhere)
    return {"ok": True}


async def open_direct(workspace: Workspace, request: Request) -> Json:
    """People begin direct messages with each other, or one with the app; its id."""
    users = (await object_in(request)).get("users")
    if not (isinstance(users, list) and users and all(isinstance(user, str) for user in users)):
        raise NotUnderstood("`users` is a list of user ids.")
    with workspace.changing():
        try:
            return {"channel": workspace.direct(*users).channel.id}
        except SlackError:
            raise Refused(f"Not all of {', '.join(users)} are here.") from None


async def change_app(workspace: Workspace, request: Request) -> Json:
    """The app's own settings: whether it has a `messages_tab`, without which it writes nobody direct messages."""
    on = flags_in(await object_in(request), ("messages_tab",)).get("messages_tab")
    if on is None:
        raise NotUnderstood('Say {"messages_tab": true} or {"messages_tab": false}.')
    with workspace.changing():
        workspace.messages_tab = on
    return {"ok": True}


async def change_user_group(workspace: Workspace, request: Request) -> Json:
    """Other people are in a user group, or it is disabled or enabled."""
    body = await object_in(request)
    enabled = flags_in(body, ("enabled",)).get("enabled")
    users = body.pop("users", None)
    if users is not None and not (isinstance(users, list) and all(isinstance(user, str) for user in users)):
        raise NotUnderstood("`users` is a list of user ids.")
    name = texts_in(body, ("usergroup",), ())["usergroup"]
    with workspace.changing():
        group = workspace.user_groups.get(name)
        if group is None:
            raise Refused(f"There is no user group {name!r}; there are {', '.join(workspace.user_groups)}.")
        if users is not None:
            group = replace(group, users=tuple(_full_member(workspace, user) for user in users))
        workspace.user_groups[name] = group if enabled is None else replace(group, enabled=enabled)
    return {"ok": True}


async def change_plan(workspace: Workspace, request: Request) -> Json:
    """The plan has user groups, or has none; `error` is then Slack's word for it."""
    body = await object_in(request)
    has_groups = flags_in(body, ("user_groups",)).get("user_groups")
    error = texts_in(body, (), ("error",)).get("error", NO_USER_GROUPS[0])
    if has_groups is None or error not in NO_USER_GROUPS:
        raise NotUnderstood(f"Needed: user_groups, true or false; possible: error, {' or '.join(NO_USER_GROUPS)}.")
    with workspace.changing():
        workspace.no_user_groups = None if has_groups else error
    return {"ok": True}


def _full_member(workspace: Workspace, user: str) -> str:
    """As Slack has it: https://docs.slack.dev/reference/methods/usergroups.users.update."""
    person = workspace.people.get(user)
    if person is None or person.is_guest or person.is_foreign:
        raise Refused(f"{user!r} cannot be in a user group: only full members of the team can.")
    return user
