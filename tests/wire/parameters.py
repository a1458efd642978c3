"""Parameters of the hub's account in Systems Manager, on the wire: what functions read their policy from."""

import json

from tests.wire.wire import HUB, Call, Failure, Stray, Wire

_WRITTEN = 1_767_225_600


class Parameters:
    """Texts by name."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[int, str]] = {}

    def put(self, name: str, text: str) -> None:
        """Write a parameter, or a new version of it."""
        version, _ = self._texts.get(name, (0, ""))
        self._texts[name] = (version + 1, text)

    def hang(self, wire: Wire) -> None:
        """Answer the hub's questions; whoever answers there now goes on to answer the members'."""
        members = wire.services.get("ssm", self)
        wire.services["ssm"] = lambda call: self(call) if call.account == HUB else members(call)

    def __call__(self, call: Call) -> bytes:
        if call.operation != "GetParameter" or call.account != HUB:
            raise Stray(f"ssm:{call.operation} by {call.account}")
        call.only("Name")
        name = call.fields["Name"]
        if name not in self._texts:
            raise Failure("ParameterNotFound", f"Parameter {name} not found.")
        version, text = self._texts[name]
        known = {"Name": name, "Type": "String", "Value": text, "Version": version, "LastModifiedDate": _WRITTEN}
        return json.dumps({"Parameter": known}).encode()
