"""`python -m coastguard.local.record_symbols`: record anew what the local world takes of MiniStack and moto.

For whoever has moved a pin and has looked at each module that the record's difference names.
"""

import ast
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

from coastguard.checkout import ROOT
from coastguard.local.aws.launch import Launch, enter_environment, environment
from coastguard.local.symbols import RECORD, find, record

PACKAGES = ("ministack", "moto")

# What no module of ours names, but is called or replaced through something that it names.
BESIDES: Mapping[str, Sequence[str]] = {
    "coastguard.local.aws.moto_mount": (
        "moto.autoscaling.responses.AutoScalingResponse.dispatch",
        "moto.ec2.responses.EC2Response.dispatch",
        "moto.ecs.responses.EC2ContainerServiceResponse.dispatch",
        "moto.ssm.responses.SimpleSystemManagerResponse.dispatch",
    ),
    "coastguard.local.fleet.moto_gaps": (
        "moto.autoscaling.responses.AutoScalingResponse.autoscaling_backend",
        "moto.autoscaling.responses.AutoScalingResponse.describe_auto_scaling_instances",
        "moto.core.responses.BaseResponse._get_int_param",
        "moto.core.responses.BaseResponse._get_param",
        "moto.ec2.models.instances.Instance.state_code",
        "moto.ec2.models.instances.Instance.instance_status",
        "moto.ecs.models.ContainerInstance.container_instance_arn",
        "moto.ecs.models.EC2ContainerServiceBackend.deregister_container_instance",
        "moto.ecs.models.EC2ContainerServiceBackend.describe_container_instances",
        "moto.ecs.responses.EC2ContainerServiceResponse.deregister_container_instance",
        "moto.ecs.responses.EC2ContainerServiceResponse.describe_capacity_providers",
        "moto.ecs.responses.EC2ContainerServiceResponse.describe_container_instances",
        "moto.ecs.responses.EC2ContainerServiceResponse.ecs_backend",
        "moto.ecs.responses.EC2ContainerServiceResponse.list_clusters",
        "moto.ecs.responses.EC2ContainerServiceResponse.list_container_instances",
    ),
    "coastguard.local.fleet.systems_manager": (
        "moto.ssm.models.Command.get_invocation",
        "moto.ssm.models.Command.response_object",
        "moto.ssm.models.SimpleSystemManagerBackend.get_command_by_id",
        "moto.ssm.models.SimpleSystemManagerBackend.list_commands",
        "moto.ssm.models.SimpleSystemManagerBackend.send_command",
        "moto.ssm.responses.SimpleSystemManagerResponse.get_command_invocation",
        "moto.ssm.responses.SimpleSystemManagerResponse.list_commands",
        "moto.ssm.responses.SimpleSystemManagerResponse.send_command",
        "moto.ssm.responses.SimpleSystemManagerResponse.ssm_backend",
    ),
}


def reached_into() -> dict[str, list[str]]:
    """Find what each module of the local world takes from these packages."""
    places = {}
    for path in sorted(RECORD.parent.rglob("*.py")):
        place = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if symbols := [*_named(ast.parse(path.read_text("utf-8"))), *BESIDES.get(place, ())]:
            places[place] = symbols
    return places


def _named(module: ast.Module) -> Iterator[str]:
    """Yield what a module names of these packages: what it imports, and what it takes from a module or class."""
    owners: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            owners |= {each.name: each.name for each in node.names if each.name.split(".")[0] in PACKAGES}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PACKAGES:
            for each in node.names:
                found = find(name := f"{node.module}.{each.name}")
                if isinstance(found, ModuleType | type):
                    owners[each.asname or each.name] = name
                if not isinstance(found, ModuleType):
                    yield name
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and (taken := owners.get(ast.unparse(node.value))):
            yield f"{taken}.{node.attr}"


def main() -> None:
    """Write the record, into the file that is named, or in place of the one that is there."""
    with tempfile.TemporaryDirectory() as folder:
        # MiniStack reads its environment at import, and makes its folders where that says.
        enter_environment(environment(Launch(Path(folder)), 0, os.environ.copy()))
        text = record(PACKAGES, reached_into())
    Path(sys.argv[1] if sys.argv[1:] else RECORD).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
