"""Parameters of the hub's account in Systems Manager, on the wire: what functions read their policy from."""

import json

from tests.wire.wire import HUB, Call, Failure, Stray, Wire

_WRITTEN = 1_767_225_600


class Parameters:
    """Texts by name, each with its earlier versions."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {}

    def put(self, name: str, text: str) -> None:
        """Write a parameter, or a new version of it."""
        self._texts.setdefault(name, []).append(text)

    def hang(self, wire: Wire) -> None:
        """Answer the hub's questions; whoever answers there now goes on to answer the members'."""
        members = wire.services.get("ssm", self)
        wire.services["ssm"] = lambda call: self(call) if call.account == HUB else members(call)

    def __call__(self, call: Call) -> bytes:
        """Answer ssm:GetParameter, also of a version: `name:2`."""
        if call.operation != "GetParameter" or call.account != HUB:
            raise Stray(f"ssm:{call.operation} by {call.account}")
        call.only("Name")
        name, _, wanted = call.fields["Name"].partition(":")
        texts = self._texts.get(name, [])
        version = int(wanted or len(texts))
        if not 1 <= version <= len(texts):
            raise Failure(
                "ParameterVersionNotFound" if texts else "ParameterNotFound", f"{call.fields['Name']} not found."
            )
        known = {"Name": name, "Type": "String", "Value": texts[version - 1], "Version": version}
        return json.dumps({"Parameter": {**known, "LastModifiedDate": _WRITTEN}}).encode()
