"""Systems Manager's commands on the wire: taken at once, known from the second question on, ended when told so."""

import json
from dataclasses import dataclass
from itertools import count

from tests.wire.reading import Answer, Region
from tests.wire.wire import Call, Failure

_COMMENT, _LEAST_TIMEOUT = 100, 30


@dataclass
class Command:
    """One that was taken for a host, and how far it is."""

    id: str
    document: str
    comment: str
    host: str
    status: str = "Pending"
    output: str = ""
    asked: int = 0


class Commands:
    """What was taken, the oldest first; `document` is the only one that there is."""

    def __init__(self, document: str) -> None:
        self.taken: list[Command] = []
        self._document = document
        self._numbers = count(1)
        self.acts: dict[str, Answer] = {
            "SendCommand": self._send,
            "ListCommands": self._list,
            "GetCommandInvocation": self._tell,
        }

    def _send(self, call: Call, region: Region) -> bytes:
        call.only("DocumentName", "InstanceIds", "Comment", "TimeoutSeconds")
        (host,) = call.fields["InstanceIds"]
        if call.fields["DocumentName"] != self._document:
            raise Failure("InvalidDocument", f"Document with name {call.fields['DocumentName']} does not exist.")
        if len(call.fields["Comment"]) > _COMMENT or call.fields["TimeoutSeconds"] < _LEAST_TIMEOUT:
            raise Failure("ValidationException", "Comment has at most 100 characters, TimeoutSeconds is at least 30.")
        known = region.hosts.get(host)
        if known is None or (known.state != "running" and not host.startswith("mi-")):
            raise Failure("InvalidInstanceId", f"Instances [[{host}]] not in a valid state for account {call.account}")
        command = Command(f"{next(self._numbers):036x}", self._document, call.fields["Comment"], host)
        self.taken.append(command)
        return json.dumps({"Command": _shown(command)}).encode()

    def _list(self, call: Call, _: Region) -> bytes:
        call.only("InstanceId", "Filters", "MaxResults", "NextToken")
        if "NextToken" not in call.fields:
            return b'{"Commands":[],"NextToken":"0"}'  # AWS's first page may be empty
        (wanted,) = [each["value"] for each in call.fields["Filters"] if each["key"] == "DocumentName"]
        mine = [each for each in self.taken if (each.host, each.document) == (call.fields["InstanceId"], wanted)]
        return json.dumps({"Commands": [_shown(each) for each in reversed(mine)]}).encode()

    def _tell(self, call: Call, _: Region) -> bytes:
        call.only("CommandId", "InstanceId")
        asked = call.fields["CommandId"], call.fields["InstanceId"]
        for command in self.taken:
            if (command.id, command.host) == asked:
                command.asked += 1
                if command.asked > 1:
                    return json.dumps({**_shown(command), "StandardOutputContent": command.output}).encode()
        raise Failure("InvocationDoesNotExist", "")


def _shown(command: Command) -> dict[str, str]:
    return {"CommandId": command.id, "Comment": command.comment, "Status": command.status}
