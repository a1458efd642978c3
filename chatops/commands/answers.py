"""Answers: what whoever typed a command is shown, and nobody else. Pure.

Each answer is its text, a sentence for screen readers, and its blocks. It is of constant size, however much there is to
tell: it says how much it leaves out. A button carries a command as its line (chatops.commands), which whoever presses
it says. What is told of mutes and of incidents stands in mute_answers and incident_answers.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from chatops.commands.answer_parts import FEW, LINE, NAME, REASON, SAY, WORDS, Answer, filled, paragraph, rest
from chatops.commands.help_pages import Help
from chatops.commands.mute_answers import mute_words
from chatops.commands.parse import Command, Mistake, to_line
from hub.slack.blocks import Block, actions, button, context, mrkdwn, plain, section
from hub.slack.mrkdwn import code, escape, mention, visible
from hub.words import few
from spoke.places import Cluster

if TYPE_CHECKING:  # front has no names to look up, and starts without what does
    from chatops.commands.name_lookup import Candidates, Nothing
    from hub.incidents.mute import Mute

_LABEL, _VALUE = 75, 2_000


def helped(command: str, told: Help) -> Answer:
    """Draw a page of the manual; `command` is what the slash command is called here."""
    typed = [(code(f"{command} {form}"), does) for form, does in told.lines if form]
    blocks = [section(f"*{escape(told.title)}*")]
    blocks += [section("\n".join(f"{form}  {escape(does)}" for form, does in typed))] if typed else []
    blocks += [paragraph(line) for form, line in told.lines if not form]
    blocks += [section(f"For example: {code(f'{command} {example}')}") for example in told.examples]
    blocks += [context(mrkdwn(f"There is nothing about {code(told.asked)} itself."))] if told.asked else []
    return f"Help: {escape(told.title)}.", blocks


def mistaken(command: str, mistake: Mistake) -> Answer:
    """Draw what cannot be carried out, the command that comes nearest, and a line to copy."""
    typed = mistake.words.lower().split()[:1]
    meant = f" Did you mean *{escape(mistake.nearest)}*?" if mistake.nearest and typed != [mistake.nearest] else ""
    said = f"{escape(mistake.problem)}{meant}"
    lines = [code(f"{command} {line}", 200) for line in dict.fromkeys((mistake.example, "help"))]
    example = f"Try {', or '.join(lines)}."
    return f"{said} {example}", [
        section(f"{said}\n{example}"),
        context(mrkdwn(f"You typed {code(f'{command} {mistake.words}', 200)}")),
    ]


def ambiguous(asked: Command, candidates: "Candidates") -> Answer:
    """Draw what may be meant as buttons, each of which says the command again with what it stands for."""
    words = code(asked.target or asked.argument, WORDS)
    said = f"{words} may be several things. Which one do you mean?"
    if not candidates.exact:
        exact = " What changes something takes an exact name." if asked.right else ""
        said = f"Nothing is called exactly {words}.{exact} Do you mean this?"
    options = [(label, _about(asked, scope)) for label, scope in candidates.options]
    return said, _choices([section(said)], options, candidates.more)


def run_on(asked: Command, options: Sequence[tuple[str, Command]]) -> Answer:
    """Draw where a name may end that runs on into a reason: a button for each way, with the reason that is left."""
    said = f"In {code(asked.target, WORDS)} it is not clear where the name ends. Which one do you mean?"
    return said, _choices([section(said)], options)


def reasonless(asked: Command) -> Answer:
    """Draw that a mute lacks its reason, with a button that asks for it."""
    said = f"Nothing is muted yet: say why {code(asked.target, WORDS)} shall be."
    return said, [section(said), actions(button(f"{SAY}0", "Say why…", to_line(asked)))]


def unknown(command: str, asked: Command, nothing: "Nothing") -> Answer:
    """Draw that nothing known is called so; what comes nearest, and what may be meant all the same, are buttons."""
    words = code(asked.target or asked.argument, WORDS)
    if nothing.instance:
        said = f"No instance {words} is in trouble, or was in the last three days. In which cluster is it?"
        hint = f"Name it with its cluster: {code(f'{command} {asked.verb} prod-web/i-0123456789abcdef0')}"
    else:
        said = f"Nothing known is called {words}: no such account, Region, cluster or incident has ever been seen."
        said += " Do you mean this?" if nothing.nearest else ""
        hint = f"How things are named: {code(f'{command} help names')}"
    options = [(label, _about(asked, scope)) for label, scope in nothing.nearest]
    if nothing.strange and asked.right:
        anyway = f"{nothing.strange.cluster} all the same: it may come to be"
        options.append((visible(anyway, _LABEL), _about(asked, str(nothing.strange))))
    return said, [*_choices([section(said)], options), context(mrkdwn(hint))]


def looking(cluster: Cluster, instance: str, *, here: bool) -> Answer:
    """Draw that somebody is sent to look, who will answer: `here`, or in a direct message."""
    said = f"No trouble of {code(instance, WORDS)} in {code(cluster.name, WORDS)} is known."
    where = "here" if here else "in a direct message"
    said += f" Coastguard looks at it now: how it is follows {where} in a moment."
    return said, [section(f":eyes: {said}")]


def never_seen(cluster: Cluster, account: str, place: str, asked: Command, nothing: "Nothing") -> Answer:
    """Draw that nobody has seen such a cluster, and what is known of the `place`; the `account` is harmless already."""
    said = f"{code(cluster.name, WORDS)} has never been seen in {cluster.region} of account {account}."
    options = [(label, _about(asked, scope)) for label, scope in nothing.nearest]
    return said, [*_choices([section(f"*{said}*"), paragraph(place)], options)]


def _about(asked: Command, scope: str) -> Command:
    return replace(asked, target=scope) if asked.target else replace(asked, argument=scope)


def _choices(head: Sequence[Block], options: Sequence[tuple[str, Command]], more: int = 0) -> list[Block]:
    """Draw a button for each command that may be meant, as many as there is room for."""
    lines = ((number, label, to_line(command)) for number, (label, command) in enumerate(options))
    rows = [
        [actions(button(f"{SAY}{number}", visible(label, _LABEL) or "?", line))]
        for number, label, line in lines
        if len(line) <= _VALUE
    ]
    blocks, count = filled(head, rows)
    return [*blocks, *rest(more + len(options) - count, "name it more exactly")]


def no_incident(command: str, words: str) -> Answer:
    """Draw that there is no such incident, and which ones can be found."""
    said = f"There is no incident {code(words, WORDS)}."
    hint = "What is over is found for three days."
    blocks = [section(f"{said}\n{hint}"), context(mrkdwn(f"What is in trouble: {code(f'{command} incidents')}"))]
    return said, blocks


def done(sentence: str, detail: str = "") -> Answer:
    """Draw that something was done: a sentence whose foreign parts are harmless already, and foreign words."""
    return sentence, [section(f":white_check_mark: {sentence}"), *_details(detail)]


def refused(sentence: str, detail: str = "", may: Sequence[str] = (), how: str = "") -> Answer:
    """Draw that something was not done and why; `may` are the ids of those who might have, `how` is how to grant it."""
    return sentence, [
        section(f":no_entry: {sentence}"),
        *_details(detail),
        *([section(how)] if how else []),
        *([context(mrkdwn(f"Those who may: {few([mention(user) for user in may], FEW)}"))] if may else []),
    ]


def explained(title: str, lines: Sequence[str], mute: "Mute | None" = None) -> Answer:
    """Draw why something is so: a title whose foreign parts are harmless already, and lines that may be foreign."""
    head = [section(f"*{title}*"), *([section(f":no_bell: Muted {mute_words(mute)}")] if mute else [])]
    blocks, count = filled(head, [[paragraph(line)] for line in lines])
    return f"{title}.", [*blocks, *rest(len(lines) - count)]


def covered(line: str, blind: Sequence[tuple[str, str]]) -> Answer:
    """Draw what is watched in one line, and the places that are not, with the reason; none of it is ours."""
    rows = [[section(f"{code(place, NAME)} {code(reason, REASON)}")] for place, reason in blind]
    blocks, count = filled([paragraph(line)], rows)
    return f"Coverage: {code(line, LINE)}", [*blocks, *rest(len(rows) - count)]


def _details(words: str) -> list[Block]:
    return [context(plain(visible(words, LINE)))] if words else []
