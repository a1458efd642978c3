"""A real workspace for the local world: Coastguard speaks there, and hears by Socket Mode, without a public address.

    SLACK_BOT_TOKEN ─▶ who are we, what may we, are we in the channel?   before the world is made
    SLACK_APP_TOKEN ─▶ Socket Mode ─▶ the listeners of chatops.app ─▶ acts.fifo of the world

What people do arrives over a connection that is opened from here. It is heard by the very listeners that front has, and
goes on as it does in AWS. https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException
from typing import Any

from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from chatops import app, front
from chatops.slack_users import is_member
from coastguard.local.aws_process import AwsProcess, WorldError
from coastguard.slack_manifest import SCOPES
from hub.runtime.clients import AWS
from hub.runtime.secrets import SlackSecret
from hub.runtime.settings import read

API_URL = "https://slack.com/api/"
_TIMEOUT_SECONDS = 10
_CHANNEL = re.compile(r"[CG][A-Z0-9]{6,}")
_PERSON = re.compile(r"[UWS][A-Z0-9]{2,20}")
# A policy with more of them does not fit into a parameter.
_MOST_PEOPLE = 250
_MANIFEST = "`coastguard slack manifest --socket-mode`"
# Slack's words for what a person has to mend, by the method that says them.
_TOKEN_REMEDY = "copy SLACK_BOT_TOKEN anew from the app's OAuth & Permissions, and install the app if it is not"  # noqa: S105
_SOCKET_REMEDY = (
    "make an app-level token with connections:write under the app's Basic Information, put it into SLACK_APP_TOKEN, and"
    " see that Socket Mode is on"
)
_CHANNEL_REMEDIES = {
    "channel_not_found": "give the id of a channel of that workspace, and invite the app if it is private",
    "not_in_channel": "invite the app: /invite @ and its name, in the channel",
    "missing_scope": f"give the app the manifest of {_MANIFEST} and install it again",
}


@dataclass(frozen=True, slots=True)
class RealSlack:
    """A workspace that the local world speaks to. `name` is the workspace's, `people` are who may do everything."""

    team: str
    name: str
    channel: str
    command: str
    people: tuple[str, ...]
    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    api_url: str = API_URL

    @property
    def parameters(self) -> dict[str, str]:
        """What the hub's stack is told instead of what it is told of the local Slack.

        Whoever sits at this machine could sign requests with a secret that is known, so it is another one each time.
        """
        return {
            "SlackTeam": self.team,
            "SlackChannel": self.channel,
            "SlackCommand": self.command,
            "SlackBotToken": self.bot_token,
            "SlackSigningSecret": secrets.token_hex(16),
            "SlackApiUrl": self.api_url,
        }

    @property
    def policy(self) -> str:
        """A policy for its people: the one of the local Slack would leave them without rights."""
        return f'[[rights]]\nwho = {json.dumps(self.people)}\nmay = "*"\n'


def meet(  # noqa: PLR0913  # what a person gives on the command line
    environ: Mapping[str, str],
    channel: str,
    team: str,
    command: str,
    people: Sequence[str] = (),
    api_url: str = API_URL,
) -> RealSlack:
    """Find out whether the workspace can be spoken to; "" for the team means whichever the token is of.

    Without `people`, all full members may do everything there. Raises WorldError, which names the remedy.
    """
    bot_token, app_token = (environ.get(name, "").strip() for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"))
    wrong = []
    if not bot_token.startswith("xoxb-"):
        wrong.append("SLACK_BOT_TOKEN must be set to the app's bot token, xoxb-… (OAuth & Permissions)")
    if not app_token.startswith("xapp-"):
        wrong.append(
            "SLACK_APP_TOKEN must be set to an app-level token with connections:write, xapp-… (Basic Information)"
        )
    if not _CHANNEL.fullmatch(channel):
        wrong.append("--slack-channel must be a channel's id, C… (at the bottom of the channel's details)")
    if not all(map(_PERSON.fullmatch, people)):
        wrong.append("--slack-people must be ids of users and user groups, U… and S…, with commas between them")
    if wrong:
        raise WorldError(f"{'; '.join(wrong)}. An app for this: {_MANIFEST}.")
    client = WebClient(bot_token, base_url=api_url, timeout=_TIMEOUT_SECONDS, retry_handlers=[])
    told = _ask(client.auth_test, lambda _word: _TOKEN_REMEDY)
    if team and told["team_id"] != team:
        raise WorldError(f"SLACK_BOT_TOKEN is of workspace {told['team_id']}, not of {team}: take the other one's.")
    _check_scopes(told)
    read_channel = partial(client.conversations_history, channel=channel, limit=1)
    _ask(read_channel, lambda word: _CHANNEL_REMEDIES.get(word, "choose another channel"))
    who = tuple(people) or _members(client, told["team_id"])
    return RealSlack(told["team_id"], str(told.get("team")), channel, command, who, bot_token, app_token, api_url)


@contextmanager
def listening(slack: RealSlack, aws: AwsProcess, function: str) -> Iterator[None]:
    """Hear what people do there, for as long as this lasts, as `function` does: the front of a world.

    Raises WorldError.
    """
    deployed = aws.client("lambda").get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    settings = read(front.Settings, deployed)
    secret = SlackSecret(slack.bot_token, "")
    passed_on = front.make_front(settings, partial(aws.client, config=AWS), lambda: secret)
    with connected(slack, passed_on):
        yield


@contextmanager
def connected(slack: RealSlack, passed_on: app.SlackApp) -> Iterator[None]:
    """Have Slack's requests heard by the app's listeners. Raises WorldError."""
    heard = app.make(app.Workspace(slack.team, slack.api_url, SlackSecret(slack.bot_token, "")), passed_on)
    client = WebClient(base_url=slack.api_url, timeout=_TIMEOUT_SECONDS, retry_handlers=[])
    handler = SocketModeHandler(heard, slack.app_token, web_client=client)
    try:
        _ask(handler.connect, lambda _word: _SOCKET_REMEDY)
        yield
    finally:
        # Half a connection cannot always be closed, and its threads end with us.
        with suppress(OSError):
            handler.close()  # type: ignore[no-untyped-call]  # Bolt leaves this one untyped


def _check_scopes(told: SlackResponse) -> None:
    """Compare what the app was given with what the code needs. Slack tells it with each answer."""
    given = {scope.strip() for scope in str(told.headers.get("x-oauth-scopes", "")).split(",")}
    missing = [scope for scope in SCOPES if scope not in given]
    if given != {""} and missing:
        raise WorldError(
            f"The app may not {', '.join(missing)}: give it the manifest of {_MANIFEST}, and install it again."
        )


def _members(client: WebClient, team: str) -> tuple[str, ...]:
    """Name the workspace's full members, if they are not too many."""

    def pages() -> list[Mapping[str, Any]]:
        return [person for page in client.users_list(limit=200) for person in page["members"]]

    members = tuple(person["id"] for person in _ask(pages, lambda _word: _TOKEN_REMEDY) if is_member(person, team))
    if len(members) > _MOST_PEOPLE:
        raise WorldError(
            f"The workspace has {len(members):,} full members, too many for a demo's policy: name those who may repair"
            " with --slack-people U…,S…"
        )
    return members


def _ask(call: Callable[[], Any], remedy: Callable[[str], str]) -> Any:  # noqa: ANN401  # as the SDK has it
    """Call Slack. Raises WorldError with Slack's word, and what to do about it."""
    try:
        return call()
    except SlackApiError as error:
        word = str(error.response.get("error"))
        raise WorldError(f"Slack says {word}: {remedy(word)}.") from error
    except (SlackClientError, HTTPException, OSError, ValueError) as error:
        raise WorldError(
            f"Slack cannot be reached ({type(error).__name__}): this needs a way to https://slack.com and"
            " wss://wss-primary.slack.com from here."
        ) from error
