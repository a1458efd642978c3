"""Who acts, and how the app is told of it: signed, and with handles to answer by."""

from coastguard.local.slack.conversation import Conversation
from coastguard.local.slack.delivery import AppAnswer, deliver
from coastguard.local.slack.directory import Person
from coastguard.local.slack.errors import Refused
from coastguard.local.slack.payloads import Handles, signed_headers
from coastguard.local.slack.tickets import Origin
from coastguard.local.slack.workspace import SIGNING_SECRET, Workspace

# Where response URLs live, below the workspace's own address.
HOOKS = "/slack/hooks"


def person_of(workspace: Workspace, user: str) -> Person:
    """The person of that id. Raises Refused."""
    if user not in workspace.people:
        raise Refused(f"Nobody here is {user!r}; there are {', '.join(workspace.people)}.")
    return workspace.people[user]


def conversation_of(workspace: Workspace, channel: str, person: Person) -> Conversation:
    """The channel of that id or name, which the person is in. Raises Refused."""
    conversation = workspace.conversation(channel)
    if conversation is None:
        raise Refused(f"There is no channel {channel!r}.")
    if not conversation.channel.is_open_to(person):
        raise Refused(f"{person.name} is not in #{conversation.channel.name}.")
    return conversation


def handles(workspace: Workspace, address: str, origin: Origin) -> Handles:
    """A trigger id and a response URL; `address` is where this workspace is reached. Raises Refused."""
    _check_deployed(workspace)
    trigger_id, hook = workspace.tickets.hand_out(origin, workspace.clock())
    return Handles(trigger_id, f"{address.rstrip('/')}{HOOKS}/{hook}")


async def tell(workspace: Workspace, body: bytes, content_type: str = "") -> AppAnswer:
    """Sends a body to the app: a form, unless it is said to be something else. Raises Refused."""
    _check_deployed(workspace)
    headers = signed_headers(SIGNING_SECRET, workspace.clock(), body)
    return await deliver(
        workspace.request_url, headers | ({"Content-Type": content_type} if content_type else {}), body
    )


def _check_deployed(workspace: Workspace) -> None:
    if not workspace.request_url:
        raise Refused("The app has no request URL yet: nothing is deployed that could hear this.")
