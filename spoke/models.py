"""Service models without what nobody here needs.

Botocore reads an answer, and writes a request, member by member as the service model has them, and a storm brings
thousands of instances. A container instance alone would cost more than everything else that is done about it, most of
it for attributes, ports and resources. So some shapes are declared documents, which botocore hands over as the JSON
that they are; of a shape of EC2's XML only those members are left that are read; and what EC2 tells of the state of a
hundred hosts is read without its model.
"""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from botocore.loaders import Loader

DOCUMENTS: Mapping[str, frozenset[str]] = {
    "dynamodb": frozenset({"Put"}),  # whoever writes them has written them as DynamoDB wants them
    "ecs": frozenset({"ContainerInstance"}),  # its times are seconds since 1970
}
"""By service: shapes that are handed over as they are."""

READ: Mapping[str, Mapping[str, frozenset[str]]] = {
    "ec2": {
        "Instance": frozenset({"InstanceId", "LaunchTime", "Operator", "State", "Tags"}),
    },
}
"""By service and shape: the members that `hosts` reads."""


STATUSES = "before-parse.ec2.DescribeInstanceStatus"
"""Botocore's event before it reads such an answer."""
_PATHS = {
    "InstanceId": "instanceId",
    "InstanceState": "instanceState/name",
    "SystemStatus": "systemStatus/status",
    "InstanceStatus": "instanceStatus/status",
    "Managed": "operator/managed",
}


def read_statuses(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object) -> None:
    """Read what EC2 tells of the state of hosts, each as a flat mapping of texts, and leave botocore nothing to read.

    An answer that is no such XML is left to botocore, which says so. Shapes:
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceStatus.html
    """
    try:
        root = ET.fromstring(response_dict["body"])  # noqa: S314  # as botocore itself reads it, from AWS
    except ET.ParseError:
        return
    names = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    found = root.find(f"{names}instanceStatusSet")
    if found is None:
        return
    paths = [(name, "/".join(f"{names}{part}" for part in path.split("/"))) for name, path in _PATHS.items()]
    statuses = [{name: item.findtext(path) for name, path in paths} for item in found]
    customized_response_dict["InstanceStatuses"] = statuses
    root.remove(found)
    response_dict["body"] = ET.tostring(root)


class LeanLoader(Loader):  # type: ignore[misc]  # botocore has no types
    """Botocore's loader of service models, without what is not read."""

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:  # noqa: ANN401  # JSON
        """Load a model; the same one is given out each time."""
        model = super().load_service_model(service_name, type_name, api_version)
        if type_name == "service-2":
            for shape in DOCUMENTS.get(service_name, ()):
                model["shapes"][shape]["document"] = True
            for shape, read in READ.get(service_name, {}).items():
                members = model["shapes"][shape]["members"]
                for unread in members.keys() - read:
                    del members[unread]
            if service_name == "dynamodb":
                # They choose an endpoint of the account's own, which we do not use, by walking through every row.
                for operation in model["operations"].values():
                    operation.pop("operationContextParams", None)
        return model
