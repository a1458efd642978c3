"""The IAM actions that the code declares are those it calls: neither one more nor one less."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import botocore.session
import pytest
from botocore import xform_name

import spoke
from spoke import commands, discovery, hosts, registrations, sightings
from spoke.repairs import REMEDIES, steps

AWS = botocore.session.Session()
MODULES = sorted(Path(str(spoke.__file__)).parent.rglob("*.py"))


def calls(module: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Call) and is_call(node):
            yield node


def is_call(node: ast.Call) -> bool:
    sends = isinstance(node.func, ast.Attribute) and node.func.attr in {"call", "once", "pages"}
    return sends and len(node.args) > 1  # a service and an operation


def action(call: ast.Call) -> str:
    service, operation = (ast.literal_eval(argument) for argument in call.args[:2])
    model = AWS.get_service_model(service)
    (name,) = (name for name in model.operation_names if xform_name(name) == operation)
    return f"{model.signing_name}:{name}"


def called(*modules: ModuleType) -> set[str]:
    return {action(call) for module in modules for call in calls(Path(str(inspect.getsourcefile(module))))}


def reached(function: Callable[..., object]) -> set[str]:
    """The actions that a function calls, or those that it uses, of whatever module of ours."""
    actions: set[str] = set()
    seen: set[object] = set()
    waiting: list[object] = [function]
    while waiting:
        one = waiting.pop()
        if not inspect.isfunction(one) or not one.__module__.startswith("spoke.") or one in seen:
            continue
        seen.add(one)
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(one)))):
            if isinstance(node, ast.Name):
                waiting.append(one.__globals__.get(node.id))
            elif isinstance(node, ast.Call) and is_call(node):
                actions.add(action(node))
    return actions


def test_the_reader_declares_what_looking_calls() -> None:
    assert sorted(called(sightings, commands, discovery, hosts, registrations)) == list(sightings.READER_PERMISSIONS)


@pytest.mark.parametrize("name", REMEDIES)
def test_each_remedy_declares_what_it_calls(name: str) -> None:
    assert sorted(reached(REMEDIES[name].run)) == list(REMEDIES[name].permissions)


def test_nothing_else_calls_a_member() -> None:
    reading = {module.__file__ for module in (sightings, commands, discovery, hosts, registrations, steps)}
    declared = reading | {inspect.getsourcefile(remedy.run) for remedy in REMEDIES.values()}

    assert {str(module) for module in MODULES if any(calls(module))} <= declared


@pytest.mark.parametrize("name", REMEDIES)
def test_a_remedy_that_may_change_a_host_says_that_it_hits_it(name: str) -> None:
    remedy = REMEDIES[name]

    assert remedy.hits_host is bool(set(remedy.acts) - {"ecs:DeregisterContainerInstance"})


def test_what_a_remedy_reads_is_what_aws_lets_who_only_looks_do() -> None:
    """A session that reads is given those alone: what changes something must not be among them."""
    reading = set(sightings.READER_PERMISSIONS) | {"ec2:DescribeInstanceAttribute", "ssm:ListCommands"}

    assert {action for remedy in REMEDIES.values() for action in remedy.reads} <= reading


def test_no_account_can_hide_an_instance_from_us() -> None:
    """Else one that AWS manages would look like one that is gone. Moto hides none, so the code is read."""
    showing = {"ec2:DescribeInstances", "ec2:DescribeInstanceStatus"}
    found = [call for module in MODULES for call in calls(module) if action(call) in showing]

    assert found
    assert all("IncludeManagedResources=True" in ast.unparse(call) for call in found)


def test_the_table_names_each_remedy_as_it_names_itself() -> None:
    assert {name: remedy.name for name, remedy in REMEDIES.items()} == {name: name for name in REMEDIES}
