"""Findings: what the document coastguard-restart-agent says of a host, in words of its own, and what they mean. Pure.

The output of a host is what somebody else has written, so nothing of it is shown: only words that stand here are read
out of it, and what they mean is said in sentences of ours. The document prints each on a line "coastguard: WORD"
(stacksets/spoke-rules.yaml).
"""

import re
from collections.abc import Iterable, Mapping

AGENT_UP = "agent-up"
"""The agent runs and answers on its host. Whether it is connected to ECS, only ECS can tell."""

CAUSES: Mapping[str, str] = {
    "docker-hangs": "Docker does not answer on the host (docker info hangs), and the agent can do nothing without it",
    "docker-stopped": "Docker does not run on the host, and Coastguard starts or restarts it for nobody",
    "no-agent": "the host has no service of an ECS agent that could be restarted",
    "disk-full": "a disk of the host is full",
    "exit-5": "the agent ends with exit code 5, after which the host does not start it again",
    "agent-silent": "the agent was restarted, and does not answer on the host",
}
"""What may keep the agent from coming back, worst first."""

_LINE = re.compile(r"^coastguard: ([a-z0-9-]{1,40})\r?$", re.MULTILINE)


def read(output: str) -> tuple[str, ...]:
    """Return the words of ours that stand in a command's output, each once, in the order in which they came."""
    return tuple(dict.fromkeys(word for word in _LINE.findall(output) if word in {AGENT_UP, *CAUSES}))


def why_not(found: Iterable[str]) -> str:
    """Say why the agent does not come back, as far as the host has told; "" if it has not."""
    said = set(found)
    return "; ".join(sentence for word, sentence in CAUSES.items() if word in said)
