"""The addresses for the page, the rehearsals and the tests: what is seen, what people do, what shall go wrong.

JSON in, JSON out. HTTP 400 for a request that makes no sense, 409 for what cannot be done right now; both with a
sentence.

The body of a view's address may hold `values`, by block_id and action_id: what was filled in (see inputs.py).
"""

from starlette.requests import Request

from coastguard.local.slack import clicks, modals
from coastguard.local.slack.content import Json
from coastguard.local.slack.control_bodies import object_in, texts_in, values_in
from coastguard.local.slack.delivery import AppAnswer
from coastguard.local.slack.errors import NotUnderstood
from coastguard.local.slack.faults import fault_from
from coastguard.local.slack.workspace import Workspace


async def state(workspace: Workspace, _request: Request) -> Json:
    """All that can be seen."""
    return workspace.state()


async def click(workspace: Workspace, request: Request) -> Json:
    """Somebody uses a button or menu."""
    texts = texts_in(await object_in(request), ("user", "channel", "ts", "action_id"), ("block_id", "value"))
    return _report(await clicks.click(workspace, str(request.base_url), clicks.Press(**texts)))


async def command(workspace: Workspace, request: Request) -> Json:
    """Somebody types a slash command."""
    texts = texts_in(await object_in(request), ("user", "channel", "command"), ("text",))
    return _report(await clicks.command(workspace, str(request.base_url), clicks.Typed(**texts)))


async def say(workspace: Workspace, request: Request) -> Json:
    """Somebody writes in a channel."""
    texts = texts_in(await object_in(request), ("user", "channel", "text"), ("thread_ts",))
    return {"ts": clicks.say(workspace, **texts)}


async def click_in_view(workspace: Workspace, request: Request) -> Json:
    """Somebody uses an element of a modal or Home; `value` is what they chose."""
    body = await object_in(request)
    value, values = body.pop("value", None), values_in(body)
    texts = texts_in(body, ("user", "view", "action_id"), ("block_id",))
    pressed = modals.Pressed(**texts, value=value, values=values)
    return _report(await modals.press(workspace, str(request.base_url), pressed))


async def submit(workspace: Workspace, request: Request) -> Json:
    """Somebody submits a modal; `errors` in the answer stand under its inputs, and the modal stays."""
    body = await object_in(request)
    values = values_in(body)
    submitted = modals.Submitted(**texts_in(body, ("user", "view"), ()), values=values)
    outcome = await modals.submit(workspace, str(request.base_url), submitted)
    return _report(outcome.delivery) | {"errors": outcome.errors}


async def close(workspace: Workspace, request: Request) -> Json:
    """Somebody closes a modal; with `all`, also those below it."""
    body = await object_in(request)
    everything = body.pop("all", False)
    if not isinstance(everything, bool):
        raise NotUnderstood("`all` is true or false.")
    texts = texts_in(body, ("user", "view"), ())
    return _report(await modals.close(workspace, texts["user"], texts["view"], everything=everything))


async def open_home(workspace: Workspace, request: Request) -> Json:
    """Somebody opens the app's Home tab."""
    return _report(await modals.open_home(workspace, **texts_in(await object_in(request), ("user",), ())))


async def order_fault(workspace: Workspace, request: Request) -> Json:
    """Lets the next calls of the Web API fail."""
    fault = fault_from(await object_in(request))
    with workspace.lock:
        workspace.faults.order(fault)
    return {"ok": True}


async def clear_faults(workspace: Workspace, _request: Request) -> Json:
    """Takes back the faults that have not happened yet."""
    with workspace.lock:
        workspace.faults.clear()
    return {"ok": True}


async def set_limits(workspace: Workspace, request: Request) -> Json:
    """Switches Slack's true rate limits on or off."""
    on = (await object_in(request)).get("on")
    if not isinstance(on, bool):
        raise NotUnderstood('Say {"on": true} or {"on": false}.')
    with workspace.lock:
        workspace.budgets.on = on
    return {"ok": True}


def _report(delivery: AppAnswer) -> Json:
    return {
        "status": delivery.status,
        "milliseconds": delivery.milliseconds,
        "error": delivery.error,
        "problems": list(delivery.problems),
    }
