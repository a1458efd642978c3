"""Service models without what nobody here needs.

Botocore reads an answer, and writes a request, member by member as the service model has them, and a storm brings
thousands of instances. A container instance alone would cost more than everything else that is done about it, most of
it for attributes, ports and resources. So some shapes are declared documents, which botocore hands over as the JSON
that they are; of a shape of EC2's XML only those members are left that are read; and what EC2 tells of the state of a
hundred hosts is read without its model.
"""

import gzip
import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any
from xml.etree import ElementTree as ET

from botocore.loaders import JSONFileLoader, Loader

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


class _PlainFiles(JSONFileLoader):  # type: ignore[misc]  # botocore has no types
    """Reads botocore's data as it does, but into plain dicts: it asks for OrderedDicts, which take three times as long.

    Its own order is theirs, too.
    """

    def load_file(self, file_path: str) -> Any:  # noqa: ANN401  # JSON
        """Return what the file holds, None if there is none."""
        for kind, read in ((".json", Path.read_bytes), (".json.gz", _unzipped)):
            with suppress(FileNotFoundError):
                return json.loads(read(Path(f"{file_path}{kind}")))
        return None


def _unzipped(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


class LeanLoader(Loader):  # type: ignore[misc]  # botocore has no types
    """Botocore's loader of service models, without what is not read. Any thread may ask.

    It reads what lies beside the botocore that is imported, and nowhere else: neither AWS_DATA_PATH nor what Lambda's
    runtime or a home directory has can bring other models.
    """

    def __init__(self, data: str = Loader.BUILTIN_DATA_PATH) -> None:
        super().__init__([data], _PlainFiles(), include_default_search_paths=False)
        self._lock = RLock()

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:  # noqa: ANN401  # JSON
        """Load a model; the same one is given out each time."""
        with self._lock:
            model = super().load_service_model(service_name, type_name, api_version)
            if type_name == "service-2":
                _make_lean(service_name, model)
            return model


@cache
def lean_loader() -> LeanLoader:
    """Return the one of this process: what it has read serves every session, and is read once."""
    return LeanLoader()


def _make_lean(service: str, model: dict[str, Any]) -> None:
    """Take away what is not read. To do it twice is to do it once."""
    for shape in DOCUMENTS.get(service, ()):
        model["shapes"][shape]["document"] = True
    for shape, read in READ.get(service, {}).items():
        members = model["shapes"][shape]["members"]
        for unread in members.keys() - read:
            del members[unread]
    if service == "dynamodb":
        # They choose an endpoint of the account's own, which we do not use, by walking through every row.
        for operation in model["operations"].values():
            operation.pop("operationContextParams", None)
