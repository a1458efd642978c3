"""The Web API's methods for modals and Home tabs.

Errors are those of https://docs.slack.dev/reference/methods/views.open and its siblings.
"""

from coastguard.local.slack.arguments import Arguments
from coastguard.local.slack.content import Json
from coastguard.local.slack.errors import SlackError
from coastguard.local.slack.workspace import Workspace


def views_open(workspace: Workspace, arguments: Arguments) -> Json:
    """A modal for whoever the trigger id came from."""
    trigger_id, view = arguments.text("trigger_id"), _checked(workspace, arguments, "modal")
    with workspace.changing():
        origin = workspace.tickets.exchange(trigger_id, workspace.clock())
        return {"view": workspace.views.open(origin.user, view)}


def views_push(workspace: Workspace, arguments: Arguments) -> Json:
    """One more modal on top of the one that the trigger id came from."""
    trigger_id, view = arguments.text("trigger_id"), _checked(workspace, arguments, "modal")
    with workspace.changing():
        origin = workspace.tickets.exchange(trigger_id, workspace.clock())
        return {"view": workspace.views.push(origin.user, view)}


def views_update(workspace: Workspace, arguments: Arguments) -> Json:
    """A new version of a modal or Home that is still there."""
    view = _checked(workspace, arguments)
    view_id, external_id = arguments.optional_text("view_id"), arguments.optional_text("external_id")
    if not view_id and not external_id:
        raise SlackError("invalid_arguments", ["missing required field: view_id or external_id"])
    with workspace.changing():
        before = workspace.views.find(view_id, external_id)
        return {"view": workspace.views.update(before, view, arguments.optional_text("hash"))}


def views_publish(workspace: Workspace, arguments: Arguments) -> Json:
    """One person's Home."""
    user, view = arguments.text("user_id"), _checked(workspace, arguments, "home")
    with workspace.changing():
        if user not in workspace.people:
            raise SlackError("invalid_arguments", ["user_id: nobody of that id"])
        return {"view": workspace.views.publish(user, view, arguments.optional_text("hash"))}


def _checked(workspace: Workspace, arguments: Arguments, kind: str = "") -> Json:
    """The view in the arguments, which Slack would show. Raises SlackError."""
    view = arguments.json_object("view", "invalid_arguments")
    if view is None:
        raise SlackError("invalid_arguments", ["missing required field: view"])
    workspace.strict.check_view(view)
    if kind and view["type"] != kind:
        raise SlackError("invalid_arguments", [f"view.type: must be {kind}"])
    return view
