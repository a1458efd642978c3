"""The Slack app's two secrets, read from Secrets Manager and kept for a few minutes, so that a rotation arrives."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

SECRETS_KEPT = timedelta(minutes=5)
# A token that is refused is read anew, but not for each of many calls that are refused together.
_AGAIN = timedelta(seconds=10)


class BadSecret(Exception):
    """The secret is not what we need; the text says what it must be and never what it is."""


@dataclass(frozen=True, slots=True)
class SlackSecret:
    """What Slack gave us."""

    bot_token: str
    signing_secret: str

    def __repr__(self) -> str:
        return "SlackSecret(…)"


class Vault:
    """Reads one secret. `client` is a boto3 client of secretsmanager."""

    def __init__(self, client: Any, arn: str, clock: Callable[[], datetime]) -> None:  # noqa: ANN401  # boto3 has no types
        self._client = client
        self._arn = arn
        self._clock = clock
        self._kept: tuple[datetime, SlackSecret] | None = None

    def slack(self) -> SlackSecret:
        """Return the secret, at most five minutes old."""
        return self._at_most(SECRETS_KEPT)

    def token(self) -> str:
        """Return the bot token, read anew: somebody has been told that the one that was kept is good no more."""
        return self._at_most(_AGAIN).bot_token

    def _at_most(self, age: timedelta) -> SlackSecret:
        now = self._clock()
        if self._kept is None or now - self._kept[0] > age:
            self._kept = (now, _read(self._client.get_secret_value(SecretId=self._arn)["SecretString"], self._arn))
        return self._kept[1]


def _read(text: str, arn: str) -> SlackSecret:
    try:
        value = json.loads(text)
        secret = SlackSecret(value["bot_token"], value["signing_secret"])
    except (ValueError, KeyError, TypeError):
        secret = SlackSecret("", "")
    if not all(isinstance(part, str) and part for part in (secret.bot_token, secret.signing_secret)):
        raise BadSecret(
            f"the secret {arn} must be JSON with bot_token and signing_secret: "
            'put {"bot_token": "…", "signing_secret": "…"} of your Slack app into it'
        )
    return secret
