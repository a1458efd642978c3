"""The CloudFormation type AWS::SSM::Document: what Systems Manager runs on the fleet's hosts."""

from collections.abc import Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import provisioners

from coastguard.local.fleet.moto_lock import MOTO
from coastguard.local.fleet.systems_manager import DOCUMENTS

TYPE = "AWS::SSM::Document"

Created = tuple[str, dict[str, str]]


def install() -> None:
    """Give MiniStack's CloudFormation this type."""
    provisioners._RESOURCE_HANDLERS[TYPE] = {  # noqa: SLF001 - asserted in symbols
        "create": create,
        "update": update,
        "delete": delete,
    }


def create(_logical_id: str, properties: Mapping[str, Any], _stack_name: str) -> Created:
    """Make a document; one of that name must not be there yet."""
    name = str(properties["Name"])
    with MOTO:
        if name in _here():
            raise ValueError(f"Document {name} already exists.")
        _here()[name] = properties["Content"]
    return name, {}


def update(physical_id: str, _old: Mapping[str, Any], new: Mapping[str, Any], stack_name: str) -> Created:
    """Change a document's content by a new version, which becomes the default one; another name is another document.

    To replace it (the default) takes another name on AWS, or fails: two cannot have the same.
    """
    if physical_id != new["Name"]:
        made = create("", new, stack_name)
        delete(physical_id, new)
        return made
    if new.get("UpdateMethod", "Replace") != "NewVersion":
        raise ValueError(f"Document {physical_id} cannot be replaced under its own name: update it by NewVersion.")
    with MOTO:
        _here()[physical_id] = new["Content"]
    return physical_id, {}


def delete(physical_id: str, _properties: Mapping[str, Any]) -> None:
    """Delete a document."""
    with MOTO:
        _here().pop(physical_id, None)


def _here() -> dict[str, Mapping[str, Any]]:
    return DOCUMENTS.setdefault((get_account_id(), get_region()), {})
