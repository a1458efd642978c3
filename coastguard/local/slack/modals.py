"""What people do in modals and Homes: fill in, submit, close, press, open. What the app answers to it is shown."""

from dataclasses import dataclass, field, replace

from coastguard.local.slack import payloads
from coastguard.local.slack.arguments import parsed
from coastguard.local.slack.calling import handles, person_of, tell
from coastguard.local.slack.content import Json
from coastguard.local.slack.delivery import AppAnswer
from coastguard.local.slack.errors import Refused, SlackError
from coastguard.local.slack.inputs import Values, complaints, values_of
from coastguard.local.slack.payloads import ViewPress
from coastguard.local.slack.tickets import Origin
from coastguard.local.slack.use import Found, find_in_view, used
from coastguard.local.slack.workspace import Workspace

# Slack told nobody, and nothing went wrong.
SILENT = AppAnswer(None, 0, None)


@dataclass(frozen=True, slots=True)
class Pressed:
    """An element of a modal or Home to use, and what the view holds by then (see inputs.py for how values look)."""

    user: str
    view: str
    action_id: str
    block_id: str | None = None
    value: object = None
    values: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Submitted:
    """A modal to submit with what was filled in; what is not mentioned stays as the modal began."""

    user: str
    view: str
    values: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a submission. `errors`, by block_id: what is written under the inputs of the modal, which stays."""

    delivery: AppAnswer
    errors: dict[str, str] = field(default_factory=dict)


async def press(workspace: Workspace, address: str, pressed: Pressed) -> AppAnswer:
    """Uses an element of the modal on top, or of the Home. Raises Refused."""
    with workspace.lock:
        person = person_of(workspace, pressed.user)
        view, found = _found(workspace, pressed)
        given = {block: dict(values) for block, values in pressed.values.items()}
        if pressed.value is not None and found.element["type"] not in ("button", "overflow"):
            given.setdefault(found.block_id, {})[pressed.action_id] = pressed.value
        values = values_of(view["blocks"], given)
        chosen = used(found.element, pressed.value)
        trigger_id = _trigger(workspace, address, pressed.user, view)
        body = payloads.view_actions(
            ViewPress(person, view, found, chosen, values, workspace.next_ts()), trigger_id, workspace.installed
        )
    return await tell(workspace, body)


async def submit(workspace: Workspace, address: str, submitted: Submitted) -> Outcome:
    """Submits the modal on top; Slack's client sends nothing as long as it has complaints itself. Raises Refused."""
    with workspace.lock:
        person = person_of(workspace, submitted.user)
        view = _modal(workspace, submitted.user, submitted.view)
        if view["submit"] is None:
            raise Refused("That modal has nothing to submit.")
        values = values_of(view["blocks"], submitted.values)
        wrong = complaints(view["blocks"], values)
        if wrong:
            return Outcome(SILENT, wrong)
        body = payloads.view_submission(
            person, view, values, _trigger(workspace, address, submitted.user, view), workspace.installed
        )
    delivery = await tell(workspace, body)
    if delivery.error:
        return Outcome(delivery)
    try:
        return Outcome(delivery, _answered(workspace, submitted.user, view, delivery))
    except SlackError as error:
        return Outcome(replace(delivery, error=error.code, problems=error.problems))


async def close(workspace: Workspace, user: str, view_id: str, *, everything: bool = False) -> AppAnswer:
    """Closes the modal on top, or with `everything` (and where the modal says so) all below it too. Raises Refused.

    The app hears of those that were to notify it; what came of the last of these calls is returned.
    """
    with workspace.changing():
        person = person_of(workspace, user)
        view = _modal(workspace, user, view_id)
        cleared = everything or view["clear_on_close"]
        gone = workspace.views.stack_of(view) if cleared else [view]
        for one in gone:
            workspace.views.close(one["id"])
    delivery = SILENT
    for one in gone:
        if one["notify_on_close"]:
            delivery = await tell(
                workspace, payloads.view_closed(person, one, is_cleared=cleared, installed=workspace.installed)
            )
    return delivery


async def open_home(workspace: Workspace, user: str) -> AppAnswer:
    """Opens the app's Home tab. Raises Refused."""
    with workspace.lock:
        person = person_of(workspace, user)
        body = payloads.app_home_opened(person, workspace.views.home(user), workspace.next_ts(), workspace.installed)
    return await tell(workspace, body, "application/json")


def _answered(workspace: Workspace, user: str, view: Json, delivery: AppAnswer) -> dict[str, str]:
    """Does what the app's answer to a submission says; its complaints by block_id. Raises SlackError.

    Source: https://docs.slack.dev/surfaces/modals#response_actions
    """
    answer = parsed(delivery.body, "invalid_json") if delivery.body.strip() else {}
    if not isinstance(answer, dict):
        raise SlackError("json_not_object")
    action = answer.get("response_action")
    if action == "errors":
        return _complained(view, answer.get("errors"))
    if action not in (None, "update", "push", "clear"):
        raise SlackError("invalid_arguments", ["response_action: one of errors, update, push, clear"])
    after = _next(workspace, answer.get("view")) if action in ("update", "push") else {}
    with workspace.changing():
        # By now the app may have changed, closed or replaced the modal through the Web API.
        stack = workspace.views.stack_of(view)
        now = next((one for one in stack if one["id"] == view["id"]), None)
        match action:
            case "update" if now is not None:
                workspace.views.update(now, after)
            case "push":
                workspace.views.push(user, after)
            case "clear":
                for one in stack:
                    workspace.views.close(one["id"])
            case None:
                workspace.views.close(view["id"])
    return {}


def _complained(view: Json, errors: object) -> dict[str, str]:
    """Complaints stand under inputs; Slack shows none of them when one has no place. Raises SlackError."""
    if not isinstance(errors, dict) or not errors or not all(isinstance(text, str) for text in errors.values()):
        raise SlackError("invalid_arguments", ["errors: an object of block_id and sentence"])
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    lost = sorted(set(errors) - inputs)
    if lost:
        raise SlackError("invalid_arguments", [f"errors.{name}: no input of that block_id" for name in lost])
    return dict(errors)


def _next(workspace: Workspace, view: object) -> Json:
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments", ["missing required field: view"])
    workspace.strict.check_view(view)
    if view["type"] != "modal":
        raise SlackError("invalid_arguments", ["view.type: must be modal"])
    return view


def _found(workspace: Workspace, pressed: Pressed) -> tuple[Json, Found]:
    """The element, and the version of the view that shows it: the newest, or the one before."""
    for view in workspace.views.versions(_before(workspace, pressed.user, pressed.view)):
        found = find_in_view(view, pressed.action_id, pressed.block_id)
        if found is not None:
            return view, found
    raise Refused(f"The view shows no {pressed.action_id!r} that tells the app anything.")


def _before(workspace: Workspace, user: str, view_id: str) -> Json:
    """The view that the person has before them: the modal on top, or their Home."""
    home = workspace.views.home(user)
    return home if home is not None and home["id"] == view_id else _modal(workspace, user, view_id)


def _modal(workspace: Workspace, user: str, view_id: str) -> Json:
    view = workspace.views.top(user)
    if view is None or view["id"] != view_id:
        raise Refused("That modal is no longer open.")
    return view


def _trigger(workspace: Workspace, address: str, user: str, view: Json) -> str:
    return handles(workspace, address, Origin(user, "", view=view["id"])).trigger_id
