"""The addresses for the page, the rehearsals and the tests: what is seen, what people do, what shall go wrong.

JSON in, JSON out. HTTP 400 for a request that makes no sense, 409 for what cannot be done right now; both with a
sentence.
"""

from starlette.requests import Request

from coastguard.local.slack import clicks
from coastguard.local.slack.arguments import parsed
from coastguard.local.slack.bodies import body_of
from coastguard.local.slack.content import Json
from coastguard.local.slack.delivery import Delivery
from coastguard.local.slack.errors import NotUnderstood, SlackError
from coastguard.local.slack.faults import fault_from
from coastguard.local.slack.workspace import Workspace


async def state(workspace: Workspace, _request: Request) -> Json:
    """All that can be seen."""
    return workspace.state()


async def click(workspace: Workspace, request: Request) -> Json:
    """Somebody uses a button or menu."""
    texts = await _texts(request, ("user", "channel", "ts", "action_id"), ("block_id", "value"))
    return _report(await clicks.click(workspace, str(request.base_url), clicks.Press(**texts)))


async def command(workspace: Workspace, request: Request) -> Json:
    """Somebody types a slash command."""
    texts = await _texts(request, ("user", "channel", "command"), ("text",))
    return _report(await clicks.command(workspace, str(request.base_url), clicks.Typed(**texts)))


async def say(workspace: Workspace, request: Request) -> Json:
    """Somebody writes in a channel."""
    texts = await _texts(request, ("user", "channel", "text"), ("thread_ts",))
    return {"ts": clicks.say(workspace, **texts)}


async def order_fault(workspace: Workspace, request: Request) -> Json:
    """Lets the next calls of the Web API fail."""
    fault = fault_from(await _object(request))
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
    on = (await _object(request)).get("on")
    if not isinstance(on, bool):
        raise NotUnderstood('Say {"on": true} or {"on": false}.')
    with workspace.lock:
        workspace.budgets.on = on
    return {"ok": True}


async def _object(request: Request) -> Json:
    try:
        value = parsed(await body_of(request), "")
    except SlackError:
        raise NotUnderstood("The body is not JSON, or too much of it.") from None
    if not isinstance(value, dict):
        raise NotUnderstood("The body is not a JSON object.")
    return value


async def _texts(request: Request, needed: tuple[str, ...], optional: tuple[str, ...]) -> dict[str, str]:
    """A body of strings, with all the needed ones. What is null is taken as not there."""
    values = {name: value for name, value in (await _object(request)).items() if value is not None}
    wrong = [name for name in needed if name not in values]
    wrong += [name for name, value in values.items() if name not in needed + optional or not isinstance(value, str)]
    if wrong:
        raise NotUnderstood(f"Needed: {', '.join(needed)}; possible: {', '.join(optional)}; all strings. See {wrong}.")
    return values


def _report(delivery: Delivery) -> Json:
    return {"status": delivery.status, "milliseconds": delivery.milliseconds, "error": delivery.error}
