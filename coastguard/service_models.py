"""Botocore's data as the zip has it: of each service the operations that the functions call, and what those need.

Making a client takes time for every operation that its service has, and reading its model takes more: EC2 alone has
hundreds, and a function would read all of them at each cold start. So the zip has no more of a model than
`OPERATIONS` reach: shapes, errors and pages, and all rules for endpoints. What it has reads as it does in the whole.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from spoke.models import LeanLoader

OPERATIONS: Mapping[str, frozenset[str]] = {
    "autoscaling": frozenset({"DescribeAutoScalingInstances", "TerminateInstanceInAutoScalingGroup"}),
    "dynamodb": frozenset({"BatchGetItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"}),
    "ec2": frozenset(
        {"DescribeInstanceAttribute", "DescribeInstances", "DescribeInstanceStatus", "TerminateInstances"}
    ),
    "ecs": frozenset(
        {
            "DeregisterContainerInstance",
            "DescribeCapacityProviders",
            "DescribeClusters",
            "DescribeContainerInstances",
            "ListClusters",
            "ListContainerInstances",
        }
    ),
    "organizations": frozenset(
        {
            "ListAccounts",
            "ListAccountsForParent",
            "ListOrganizationalUnitsForParent",
            "ListRoots",
            "ListTagsForResource",
        }
    ),
    "s3": frozenset({"GetObject"}),
    "secretsmanager": frozenset({"GetSecretValue"}),
    "sns": frozenset({"Publish"}),
    "sqs": frozenset({"ChangeMessageVisibilityBatch", "GetQueueAttributes", "SendMessage", "SendMessageBatch"}),
    "ssm": frozenset(
        {"DescribeInstanceInformation", "GetCommandInvocation", "GetParameter", "ListCommands", "SendCommand"}
    ),
    "sts": frozenset({"AssumeRole"}),
}
"""By service: the operations that hub, spoke and chatops call."""

# What botocore reads besides for each client: how it tries again, its defaults, and AWS's partitions.
_FOR_ALL = ("_retry", "partitions", "sdk-default-configuration")


def write(whole: Path, folder: Path) -> None:
    """Read botocore's data in `whole`, and write what the functions need of it into an empty folder."""
    loader, prefixes = LeanLoader(str(whole)), set()
    for service, operations in OPERATIONS.items():
        version = loader.determine_latest_version(service, "service-2")
        model = _model(loader.load_service_model(service, "service-2", version), operations)
        pages = _pages(loader.load_service_model(service, "paginators-1", version), operations)
        rules = loader.load_service_model(service, "endpoint-rule-set-1", version)
        prefixes.add(model["metadata"]["endpointPrefix"])
        for kind, data in (("service-2", model), ("paginators-1", pages), ("endpoint-rule-set-1", rules)):
            _save(folder / service / version / kind, data)
    for name in _FOR_ALL:
        _save(folder / name, loader.load_data(name))
    _save(folder / "endpoints", _endpoints(loader.load_data("endpoints"), prefixes))


def _save(path: Path, data: object) -> None:
    """Write a file as botocore reads it fastest: the zip packs it anyway."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".json").write_text(json.dumps(data, separators=(",", ":")), "utf-8")


def _model(whole: Mapping[str, Any], wanted: frozenset[str]) -> dict[str, Any]:
    """Return what the wanted operations need of a service's model.

    All errors of the service are among it: AWS may answer with one that an operation does not name.
    """
    operations = {name: _untold(operation) for name, operation in whole["operations"].items() if name in wanted}
    if missing := wanted - operations.keys():
        raise ValueError(f"botocore knows no {', '.join(sorted(missing))} of {whole['metadata']['serviceId']}")
    reached: set[str] = set()
    errors = [name for name, shape in whole["shapes"].items() if shape.get("exception")]
    ahead = [*errors, *(name for operation in operations.values() for name in _shapes_of(operation))]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += _named(whole["shapes"][name])
    shapes = {name: _shape(shape) for name, shape in whole["shapes"].items() if name in reached}
    return {**_untold(whole), "operations": operations, "shapes": shapes}


def _pages(whole: Mapping[str, Any], wanted: frozenset[str]) -> dict[str, Any]:
    return {**whole, "pagination": {name: how for name, how in whole["pagination"].items() if name in wanted}}


def _endpoints(whole: Mapping[str, Any], prefixes: set[str]) -> dict[str, Any]:
    """Return every partition and Region, and of the services those with such a prefix."""
    partitions = [
        {**partition, "services": {name: at for name, at in partition["services"].items() if name in prefixes}}
        for partition in whole["partitions"]
    ]
    return {**whole, "partitions": partitions}


def _shapes_of(operation: Mapping[str, Any]) -> Iterator[str]:
    parts = [operation.get("input"), operation.get("output"), *operation.get("errors", ())]
    yield from (part["shape"] for part in parts if part)


def _named(shape: Mapping[str, Any]) -> Iterator[str]:
    """Name the shapes that a shape is made of."""
    parts = [*shape.get("members", {}).values(), *(shape[part] for part in ("member", "key", "value") if part in shape)]
    yield from (part["shape"] for part in parts)


def _shape(shape: Mapping[str, Any]) -> dict[str, Any]:
    kept = _untold(shape)
    if "members" in kept:  # one of them may be called documentation
        kept["members"] = {name: _untold(member) for name, member in kept["members"].items()}
    return kept | {part: _untold(kept[part]) for part in ("member", "key", "value") if part in kept}


def _untold(part: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is for people."""
    return {name: value for name, value in part.items() if name != "documentation"}
