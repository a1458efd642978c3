"""The IAM actions that the code declares are those it calls: neither one more nor one less."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import botocore.session
import pytest
from botocore import xform_name

import spoke
from spoke import discovery, hosts, sightings
from spoke.repairs import REMEDIES

AWS = botocore.session.Session()
MODULES = sorted(Path(str(spoke.__file__)).parent.rglob("*.py"))


def calls(module: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"call", "pages"}:
            yield node


def action(call: ast.Call) -> str:
    service, operation = (ast.literal_eval(argument) for argument in call.args[:2])
    model = AWS.get_service_model(service)
    (name,) = (name for name in model.operation_names if xform_name(name) == operation)
    return f"{model.signing_name}:{name}"


def called(*modules: ModuleType) -> set[str]:
    return {action(call) for module in modules for call in calls(Path(str(inspect.getsourcefile(module))))}


def test_the_reader_declares_what_looking_calls() -> None:
    assert sorted(called(sightings, discovery, hosts)) == list(sightings.READER_PERMISSIONS)


@pytest.mark.parametrize("name", REMEDIES)
def test_each_remedy_declares_what_it_calls(name: str) -> None:
    module = inspect.getmodule(REMEDIES[name].run)
    assert module is not None

    assert sorted(called(module)) == list(REMEDIES[name].permissions)


def test_nothing_else_calls_a_member() -> None:
    reading = {module.__file__ for module in (sightings, discovery, hosts)}
    declared = reading | {inspect.getsourcefile(remedy.run) for remedy in REMEDIES.values()}

    assert {str(module) for module in MODULES if any(calls(module))} <= declared


def test_no_account_can_hide_an_instance_from_us() -> None:
    """Else one that AWS manages would look like one that is gone. Moto hides none, so the code is read."""
    showing = {"ec2:DescribeInstances", "ec2:DescribeInstanceStatus"}
    found = [call for module in MODULES for call in calls(module) if action(call) in showing]

    assert found
    assert all("IncludeManagedResources=True" in ast.unparse(call) for call in found)


def test_the_table_names_each_remedy_as_it_names_itself() -> None:
    assert {name: remedy.name for name, remedy in REMEDIES.items()} == {name: name for name in REMEDIES}
