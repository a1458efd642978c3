"""AWS's words for states: each that botocore knows is sorted, and none is judged by how it begins."""

import ast
from collections.abc import Collection
from pathlib import Path

import botocore.session
import pytest

from spoke import states
from spoke.states import Duty, Power, Standing

MODELS = botocore.session.Session()
ROOT = Path(__file__).parents[2]


def words(service: str, shape: str) -> set[str]:
    return set(MODELS.get_service_model(service).shape_for(shape).enum)


@pytest.mark.parametrize(
    ("sorted_words", "service", "shape", "ours"),
    [
        # INACTIVE is in the status's description alone.
        (states.STANDINGS, "ecs", "ContainerInstanceStatus", {"INACTIVE", states.MISSING}),
        (states.POWERS, "ec2", "InstanceStateName", {states.GONE}),
        (states.DUTIES, "autoscaling", "LifecycleState", ()),
        (states.CHECKS, "ec2", "SummaryStatus", ()),
        (states.IMPAIRED, "ecs", "InstanceHealthCheckState", ()),
        (states.ANSWERS, "ssm", "PingStatus", ()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_word_that_botocore_knows_is_sorted_and_no_other(
    sorted_words: Collection[str], service: str, shape: str, ours: Collection[str]
) -> None:
    assert set(sorted_words) == words(service, shape) | set(ours)


def test_the_status_of_a_container_instance_is_described_with_no_further_words() -> None:
    """It is a plain string in the model, so the words stand in its description."""
    told = MODELS.get_service_model("ecs").shape_for("ContainerInstance").members["status"].documentation
    upper = {word.removesuffix("</code>") for word in told.split("<code>")[1:] for word in [word.split("</code>")[0]]}

    assert {word for word in upper if word.isupper()} == set(states.STANDINGS) - {states.MISSING}


@pytest.mark.parametrize("word", ["Terminating:Dreaming", "terminatingly", "Standby:Wait", ""])
def test_a_word_that_nobody_knows_is_not_guessed_at(word: str) -> None:
    assert states.duty(word) is Duty.UNKNOWN
    assert states.power(word) is Power.UNKNOWN
    assert states.standing(word) is Standing.UNKNOWN
    assert not states.impaired(word)


@pytest.mark.parametrize(
    ("checks", "worst"),
    [
        (("ok", "ok"), "ok"),
        (("ok", "impaired"), "impaired"),
        (("initializing", "insufficient-data"), "insufficient-data"),
        (("not-applicable", "ok"), "ok"),
        (("not-applicable", "not-applicable"), None),
        (("ok", None), "ok"),
        (("impaired", "on-fire"), "on-fire"),
    ],
)
def test_the_worst_check_counts_and_an_unknown_result_is_not_well(
    checks: tuple[str | None, ...], worst: str | None
) -> None:
    assert states.worst(*checks) == worst


def test_no_word_of_aws_is_compared_by_its_beginning() -> None:
    """Identities have forms ("i-…", an ARN's parts); states and error codes have words, which are looked up."""
    allowed = {"'i-'", "'mi-'", "'cn-'", "'us-gov-'", "'{'"}
    found = [
        f"{module.relative_to(ROOT)}: {ast.unparse(node)}"
        for module in sorted((ROOT / "spoke").rglob("*.py"))
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"startswith", "endswith"}
        and {ast.unparse(argument) for argument in node.args} - allowed
    ]

    assert found == []
