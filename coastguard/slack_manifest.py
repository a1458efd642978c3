"""The Slack app's manifest: what the app is called, what it may do, and where Slack sends what people do. Pure.

Source: https://docs.slack.dev/reference/app-manifest
"""

import re
from typing import Any
from urllib.parse import urlsplit

from chatops.commands.help_pages import COMMANDS

SCOPES = ("chat:write", "commands", "channels:history", "groups:history", "usergroups:read", "users:read")
"""What the bot may do: no more than the code asks of Slack. Tests hold them to the methods that it calls."""
EVENTS = ("app_home_opened",)
"""What Slack tells the app without being asked."""

NAME = "Coastguard"
COMMAND = "/ecs"
LONGEST_NAME = 35
_COMMAND = re.compile(r"/[a-z0-9_-]{1,31}")
_DESCRIPTION = "Keeps the ECS container instances of an AWS organization honest"
_COMMAND_DESCRIPTION = "Mute, look, ask why: ECS agents of the AWS organization"


class BadManifest(ValueError):
    """What the app is to be called, or where it is, Slack would not take; the text says what to give instead."""


def manifest(request_url: str, name: str = NAME, command: str = COMMAND) -> dict[str, Any]:
    """Make the manifest. Without a Request URL it is one for Socket Mode: Slack needs none then. Raises BadManifest."""
    _check(request_url, name, command)
    # Slack refuses an empty URL, so where there is none there is no key.
    url = {"url": request_url} if request_url else {}
    there = {"request_url": request_url} if request_url else {}
    return {
        "display_information": {"name": name, "description": _DESCRIPTION, "background_color": "#1d3557"},
        "features": {
            # People are written to where a channel does not take what they are told; they need not answer there.
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": name, "always_online": True},
            "slash_commands": [
                {
                    "command": command,
                    **url,
                    "description": _COMMAND_DESCRIPTION,
                    "usage_hint": f"[{' | '.join(COMMANDS)}]",
                    # Commands name nobody of Slack's: what is typed arrives as it was typed.
                    "should_escape": False,
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**there, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **there},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not request_url,
            # Coastguard keeps the token it was given, and renews none.
            "token_rotation_enabled": False,
        },
    }


def _check(request_url: str, name: str, command: str) -> None:
    address = urlsplit(request_url)
    if request_url and (address.scheme != "https" or not address.netloc or request_url != request_url.strip()):
        raise BadManifest(f"{request_url!r} is no Request URL: give the https address that `coastguard deploy` prints")
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise BadManifest(f"{name!r} is no name for an app: Slack takes 1 to {LONGEST_NAME} characters")
    if not _COMMAND.fullmatch(command):
        raise BadManifest(
            f"{command!r} is no slash command: give one like {COMMAND}, of lower-case letters, digits, - and _,"
            " and the same to the stack's parameter SlackCommand"
        )
