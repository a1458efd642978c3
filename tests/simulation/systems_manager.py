"""Systems Manager in a simulation: commands that are taken once, carried out a while later, and known a moment late."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from spoke.repairs.restart_agent import DOCUMENT
from tests.wire.payloads import Machine
from tests.wire.wire import Call, Failure

# Until Systems Manager knows a command that it has just taken; until the host has carried it out.
_KNOWN, _RAN = timedelta(seconds=1), timedelta(seconds=20)
ILLNESSES = {
    "stopped": "coastguard: agent-up\n",
    "no-route": "coastguard: agent-up\n",
    "docker-hangs": "<!channel>\ncoastguard: docker-hangs\n",
    "disk-full": "coastguard: disk-full\ncoastguard: agent-silent\n",
}
"""What the document prints on a host with that illness. Only the first is cured by it."""


@dataclass(frozen=True)
class Command:
    """A command that was taken: for whom, on which host, and what came of it there."""

    id: str
    comment: str
    host: str
    session: str
    person: str
    at: datetime
    output: str


@dataclass
class SystemsManager:
    """`find` finds the machine of a host; `signed_in` names the session and the person of an account's last sign-in.

    `taken` is called with the machine once a command for it is taken.
    """

    clock: Callable[[], datetime]
    find: Callable[[str], Machine | None]
    ill: Callable[[Machine], str]
    signed_in: Callable[[str], tuple[str, str]]
    taken: Callable[[Machine, timedelta], None]

    def __post_init__(self) -> None:
        self.commands: list[Command] = []

    def send(self, call: Call) -> bytes:
        call.only("DocumentName", "InstanceIds", "Comment", "TimeoutSeconds")
        (host,) = call.fields["InstanceIds"]
        machine = self.find(host)
        if call.fields["DocumentName"] != DOCUMENT or machine is None or machine.host.state != "running":
            raise Failure("InvalidInstanceId", f"Instances [[{host}]] not in a valid state")
        number = f"{len(self.commands):036x}"
        session, person = self.signed_in(call.account)
        output = ILLNESSES[self.ill(machine)]
        self.commands.append(Command(number, call.fields["Comment"], host, session, person, self.clock(), output))
        self.taken(machine, _RAN)
        return _json({"Command": {"CommandId": number, "Comment": call.fields["Comment"], "Status": "Pending"}})

    def list(self, call: Call) -> bytes:
        call.only("InstanceId", "Filters", "MaxResults", "NextToken")
        if "NextToken" not in call.fields:
            return _json({"Commands": [], "NextToken": "0"})
        mine = [each for each in self.commands if each.host == call.fields["InstanceId"]]
        return _json({"Commands": [{"CommandId": each.id, "Comment": each.comment} for each in mine]})

    def tell(self, call: Call) -> bytes:
        call.only("CommandId", "InstanceId")
        (command,) = [each for each in self.commands if each.id == call.fields["CommandId"]]
        age = self.clock() - command.at
        if command.host != call.fields["InstanceId"] or age < _KNOWN:
            raise Failure("InvocationDoesNotExist", "")
        if age < _RAN:
            return _json({"CommandId": command.id, "Status": "InProgress"})
        ended = "Success" if "agent-up" in command.output else "Failed"
        return _json({"CommandId": command.id, "Status": ended, "StandardOutputContent": command.output})


def _json(answer: object) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()
