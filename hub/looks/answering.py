"""Answering: who has asked how an instance is hears it from the look that was asked for.

act may read nothing in a member account, and look may: so a question travels with a hint, and look answers the person,
where they have asked.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hub.incidents.hints import Hint, Question
from hub.incidents.incident import Incident
from hub.slack.blocks import Block
from hub.slack.client import Slack, SlackError
from hub.slack.instance_answer import answer
from spoke.sighting import Sighting

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Named:
    """Which container instances a look's questions mean, by what each calls it; `problem` is why nobody could tell."""

    instances: Mapping[str, Sequence[str]]
    problem: str = ""

    @property
    def all(self) -> set[str]:
        """All of them."""
        return {instance for several in self.instances.values() for instance in several}


def tell(
    slack: Callable[[], Slack],
    hint: Hint,
    named: Named,
    sightings: Mapping[str, Sighting],
    incidents: Sequence[Incident],
) -> None:
    """Answer each question. What Slack does not take is let go: whoever still wants to know asks again."""
    kept = {incident.instance: incident for incident in incidents}
    for question in hint.questions:
        wanted = named.instances.get(question.instance, ())
        seen = [sightings[instance] for instance in wanted if instance in sightings]
        said = answer(question, hint.cluster, seen, kept, named.problem)
        try:
            _say(slack(), question, said)
        except SlackError as error:
            log.warning("answer.unsaid", extra={"error": str(error)})


def _say(slack: Slack, question: Question, said: tuple[str, Sequence[Block]]) -> None:
    """Say it at the response URL; where that takes nothing, to the person in the channel, or else in a direct message.

    Whoever has asked in the Home tab, where there is neither, is written to. Raises SlackError if Slack takes none.
    """
    ways: list[Callable[[], object]] = [lambda: slack.post(question.user, *said)]
    if question.channel:
        ways.insert(0, lambda: slack.whisper(question.channel, question.user, *said))
    if question.answers:
        ways.insert(0, lambda: slack.respond(question.answers, *said))
    for way in ways[:-1]:
        try:
            way()
        except SlackError as error:
            log.info("answer.elsewhere", extra={"error": str(error)})
        else:
            return
    ways[-1]()
