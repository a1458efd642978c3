"""What the control addresses are sent. Raises NotUnderstood for what makes no sense."""

from starlette.requests import Request

from coastguard.local.slack.arguments import parsed
from coastguard.local.slack.bodies import body_of
from coastguard.local.slack.content import Json
from coastguard.local.slack.errors import NotUnderstood, SlackError
from coastguard.local.slack.inputs import Values


async def object_in(request: Request) -> Json:
    """The body as a JSON object. What is null in it is taken as not there."""
    try:
        value = parsed(await body_of(request), "")
    except SlackError:
        raise NotUnderstood("The body is not JSON, or too much of it.") from None
    if not isinstance(value, dict):
        raise NotUnderstood("The body is not a JSON object.")
    return {name: part for name, part in value.items() if part is not None}


def texts_in(body: Json, needed: tuple[str, ...], optional: tuple[str, ...]) -> dict[str, str]:
    """A body of strings, with all the needed ones."""
    wrong = [name for name in needed if name not in body]
    wrong += [name for name, value in body.items() if name not in needed + optional or not isinstance(value, str)]
    if wrong:
        raise NotUnderstood(f"Needed: {', '.join(needed)}; possible: {', '.join(optional)}; all strings. See {wrong}.")
    return body


def flags_in(body: Json, possible: tuple[str, ...]) -> dict[str, bool]:
    """The truth values in a body, taken out of it."""
    flags = {name: body.pop(name) for name in possible if name in body}
    if not all(isinstance(value, bool) for value in flags.values()):
        raise NotUnderstood(f"{', '.join(possible)} are true or false.")
    return flags


def values_in(body: Json) -> Values:
    """What was filled in, by block_id and action_id, taken out of a body."""
    values = body.pop("values", {})
    if not isinstance(values, dict) or not all(isinstance(part, dict) for part in values.values()):
        raise NotUnderstood('`values` look like {"<block_id>": {"<action_id>": <value>}}.')
    return values
