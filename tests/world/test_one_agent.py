"""The main job in the deployed world: the real templates and the real zip, IAM enforced. And what breaks it."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from coastguard.checkout import TEMPLATES
from tests.nightly import by_day
from tests.world.conftest import Rehearsal


def test_one_agent_keeps_every_promise_and_leaves_nothing_behind(rehearse: Callable[..., Rehearsal]) -> None:
    rehearsal = rehearse()
    assert rehearsal.status == 0, rehearsal.output
    assert rehearsal.left_behind == []
    steps = [
        r"\d+\.\d s  unplugged the agent of i-",
        r"\d+\.\d s  bulletin: ECS agent disconnected on 1 instance",
        r"\d+\.\d s  click on coastguard\.repair\.terminate answered with 200",
        r"\d+\.\d s  i-\w+ is terminated and deregistered",
        r"\d+\.\d s  i-\w+ has registered in its place",
        r"\d+\.\d s  bulletin: Resolved",
        r"\d+\.\d s  no message about the agents that came back in time",
        r"\d+\.\d s  the member's record names slack-T0COAST01-U0ALICE01",
        r"one-agent: every promise kept",
    ]
    assert re.search(".*".join(steps), rehearsal.output, flags=re.DOTALL), rehearsal.output


# What is broken: the template, the words in it and what stands there instead, and the cause that must be named.
BROKEN = {
    "the reader's trust policy": (
        "spoke-roles.yaml",
        "role${HubRolePath}coastguard-hub-look",
        "role${HubRolePath}coastguard-hub-somebody",
        r"Broken: the bulletin came, but unchecked.*coastguard-reader.*does not trust role coastguard-hub-look",
    ),
    "the reader's permission": (
        "spoke-roles.yaml",
        "Action: ecs:DescribeContainerInstances",
        "Action: ecs:DescribeTasks",
        r"Broken: the bulletin came, but unchecked.*coastguard-reader.*may not ecs:DescribeContainerInstances",
    ),
    "the bus policy": (
        "hub.yaml",
        '"aws:PrincipalOrgID": !Ref OrganizationId',
        '"aws:PrincipalOrgID": o-somebodyelse',
        r"Broken: expected within \d+ s: a bulletin.*event-bus/coastguard",
    ),
    "the signing secret": (
        "hub.yaml",
        '"signing_secret":"${SlackSigningSecret}"',
        '"signing_secret":"another-secret-that-is-not-one"',
        r"Failed: Slack could not verify the Request URL .*401.*signing secret",
    ),
    "who may read the policy": (
        "hub.yaml",
        "Action: ssm:GetParameter",
        "Action: ssm:GetParameterHistory",
        r"Broken: no modal was opened.*coastguard-hub-\w+.*may not ssm:GetParameter on .*coastguard/policy",
    ),
    "look's permission on the table": (
        "hub.yaml",
        "[dynamodb:GetItem, dynamodb:PutItem, dynamodb:Query]",
        "[dynamodb:GetItem, dynamodb:PutItem]",
        r"Broken: expected within \d+ s: a bulletin.*coastguard-hub-look.*may not dynamodb:Query on .*table/coastguard",
    ),
}


# By day what only a bulletin shows; each break is found in the templates by tests/templates.
BY_DAY = {"the reader's permission"}


@pytest.mark.parametrize("broken", [by_day(name, played=name in BY_DAY) for name in BROKEN])
def test_a_broken_template_fails_the_rehearsal_with_its_cause(
    broken: str, rehearse: Callable[..., Rehearsal], tmp_path: Path
) -> None:
    file, words, instead, cause = BROKEN[broken]
    templates = tmp_path / "templates"
    shutil.copytree(TEMPLATES, templates)
    text = (templates / file).read_text()
    assert words in text
    (templates / file).write_text(text.replace(words, instead, 1))
    rehearsal = rehearse("--templates", str(templates))
    assert rehearsal.status == 1, rehearsal.output
    assert re.search(cause, rehearsal.output), rehearsal.output
    assert rehearsal.left_behind == []
