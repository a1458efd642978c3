"""The functions as Lambda runs them: told by their environment, wired once, logging JSON."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chatops import act, front
from coastguard.local.slack.directory import TEAM
from hub.runtime.settings import PREFIX
from tests.chatops.factories import CHANNEL
from tests.chatops.story import REMEDIATOR
from tests.spoke.fleet import REGION


@contextmanager
def in_lambda(environment: pytest.MonkeyPatch, service: str, **settings: str) -> Iterator[None]:
    """A fresh execution environment for both functions, with these settings beside the usual ones."""
    usual = {
        "SLACK_TEAM": TEAM.id,
        "SLACK_CHANNEL": CHANNEL,
        "REMEDIATOR_ROLE": REMEDIATOR,
        "GRACE_SECONDS": "120",
        "REGIONS": REGION,
    }
    told = {f"{PREFIX}{name}": value for name, value in (usual | settings).items()}
    lambdas = {"POWERTOOLS_SERVICE_NAME": service, "POWERTOOLS_METRICS_NAMESPACE": "Coastguard"}
    for name, value in {**told, **lambdas, "AWS_DEFAULT_REGION": REGION}.items():
        environment.setenv(name, value)
    with logging_as_it_was():
        front.wire.cache_clear()
        act.wire.cache_clear()
        yield
        front.wire.cache_clear()
        act.wire.cache_clear()


@contextmanager
def logging_as_it_was() -> Iterator[None]:
    """What a function changes about logging, it changes for the whole process."""
    loggers = [logging.getLogger(name) for name in ("", "slack_bolt", "slack_sdk", "botocore", "boto3", "urllib3")]
    levels = [logger.level for logger in loggers]
    formatters = [(handler, handler.formatter) for handler in loggers[0].handlers]
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        for handler, formatter in formatters:
            handler.setFormatter(formatter)
