"""The Slack app's secrets, on moto's Secrets Manager: kept for a while, and never told."""

import json
import logging
import traceback
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from hub.runtime.secrets import BadSecret, SlackSecret, Vault
from tests.hub.timing import Clock

TOKEN, SIGNING = "xoxb-true-secret", "signing-true-secret"


@pytest.fixture
def manager(aws: None, session: boto3.Session) -> Any:  # noqa: ARG001 - a boto3 client; moto must be up
    return session.client("secretsmanager")


def kept(manager: Any, text: str) -> str:
    """Where the secret is."""
    return str(manager.create_secret(Name="slack", SecretString=text)["ARN"])


def pair(token: object = TOKEN, signing: object = SIGNING) -> str:
    return json.dumps({"bot_token": token, "signing_secret": signing})


def test_both_secrets_are_read(manager: Any, clock: Clock) -> None:
    vault = Vault(manager, kept(manager, pair()), clock)

    assert vault.slack() == SlackSecret(TOKEN, SIGNING)


@pytest.mark.parametrize(
    ("minutes", "token"),
    [
        pytest.param(0, TOKEN, id="at once: the one that was kept"),
        pytest.param(4.9, TOKEN, id="within five minutes: the one that was kept"),
        pytest.param(5.1, "xoxb-new", id="after five minutes: the new one"),
        pytest.param(600, "xoxb-new", id="hours later: the new one"),
    ],
)
def test_a_rotated_secret_arrives_within_five_minutes(manager: Any, clock: Clock, minutes: float, token: str) -> None:
    arn = kept(manager, pair())
    vault = Vault(manager, arn, clock)
    vault.slack()
    manager.put_secret_value(SecretId=arn, SecretString=pair("xoxb-new"))

    clock.forward(minutes=minutes)

    assert vault.slack().bot_token == token


def test_a_token_that_slack_refuses_is_read_anew_but_not_for_each_of_many_calls(manager: Any, clock: Clock) -> None:
    arn = kept(manager, pair())
    vault = Vault(manager, arn, clock)
    vault.slack()
    manager.put_secret_value(SecretId=arn, SecretString=pair("xoxb-new"))

    clock.forward(seconds=9)
    assert vault.token() == TOKEN
    clock.forward(seconds=2)
    assert vault.token() == "xoxb-new"
    assert vault.slack().bot_token == "xoxb-new"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{TOKEN} {SIGNING}", id="not JSON"),
        pytest.param(f'{{"bot_token": "{TOKEN}", "signing_secret": "{SIGNING}"', id="cut off"),
        pytest.param(json.dumps([TOKEN, SIGNING]), id="a list"),
        pytest.param(json.dumps(TOKEN), id="only text"),
        pytest.param("null", id="null"),
        pytest.param(json.dumps({"bot_token": TOKEN}), id="one of two"),
        pytest.param(json.dumps({"token": TOKEN, "secret": SIGNING}), id="other names"),
        pytest.param(pair(signing=""), id="one empty"),
        pytest.param(pair(signing=None), id="one null"),
        pytest.param(pair(token=17), id="one a number"),
        pytest.param(pair(token=[TOKEN]), id="one a list"),
    ],
)
def test_a_secret_of_another_shape_is_an_error_that_does_not_tell_it(
    manager: Any,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    text: str,
) -> None:
    caplog.set_level(logging.INFO, "hub")
    arn = kept(manager, text)

    with pytest.raises(BadSecret) as caught:
        Vault(manager, arn, clock).slack()

    said = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__context__) + caplog.text
    for secret in ("true-secret", TOKEN, SIGNING):
        assert secret not in said
    assert arn in str(caught.value)
    assert '"bot_token"' in str(caught.value)


def test_a_mended_secret_is_read_at_once(manager: Any, clock: Clock) -> None:
    arn = kept(manager, "nonsense")
    vault = Vault(manager, arn, clock)
    with pytest.raises(BadSecret):
        vault.slack()
    manager.put_secret_value(SecretId=arn, SecretString=pair())

    assert vault.slack().bot_token == TOKEN


def test_a_secret_that_is_not_there_rises(manager: Any, clock: Clock) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        Vault(manager, "nowhere", clock).slack()


def test_secrets_are_not_told_by_their_repr() -> None:
    secret = SlackSecret(TOKEN, SIGNING)

    assert "true-secret" not in f"{secret!r} {secret} {[secret]}"
