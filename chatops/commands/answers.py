"""Answers: what whoever typed a command is shown, and nobody else. Pure.

Each answer is its text, a sentence for screen readers, and its blocks. It is of constant size, however much there is to
tell: it says how much it leaves out. A button carries a command as its line (chatops.commands), which whoever presses
it says. What is told of mutes and of incidents stands in mute_answers and incident_answers.
"""

from collections.abc import Sequence
from dataclasses import replace

from chatops.commands.answer_parts import FEW, LINE, NAME, REASON, SAY, WORDS, Answer, filled, paragraph, rest
from chatops.commands.help_pages import Help
from chatops.commands.mute_answers import mute_words
from chatops.commands.name_lookup import Candidates, Nothing
from chatops.commands.parse import Command, Mistake, to_line
from hub.incidents.mute import Mute
from hub.slack.blocks import Block, actions, button, context, mrkdwn, plain, section
from hub.slack.mrkdwn import code, escape, mention, visible
from hub.words import few

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


def ambiguous(asked: Command, candidates: Candidates) -> Answer:
    """Draw what may be meant as buttons, each of which says the command again with what it stands for."""
    words = asked.target or asked.argument
    said = f"{code(words, WORDS)} may be several things. Which one do you mean?"
    rows = []
    for number, (label, scope) in enumerate(candidates.options):
        line = to_line(replace(asked, target=scope) if asked.target else replace(asked, argument=scope))
        if len(line) <= _VALUE:
            rows.append([actions(button(f"{SAY}{number}", visible(label, _LABEL), line))])
    blocks, count = filled([section(said)], rows)
    return said, [*blocks, *rest(candidates.more + len(candidates.options) - count, "name it more exactly")]


def unknown(command: str, words: str, nothing: Nothing) -> Answer:
    """Draw that nothing is called so, and what comes nearest."""
    said = f"Nothing known is called {code(words, WORDS)}: no account, and no cluster or instance in trouble or muted."
    near = ", ".join(code(name, NAME) for name in nothing.nearest)
    well = f"A cluster that is well goes by account/Region/name, {code('payments/eu-west-1/prod-web')} say."
    hint = f"{well} More: {code(f'{command} help names')}"
    blocks = [section(said + (f"\nThe nearest names: {near}." if near else "")), context(mrkdwn(hint))]
    return said, blocks


def no_incident(command: str, words: str) -> Answer:
    """Draw that there is no such incident, and which ones can be found."""
    said = f"There is no incident {code(words, WORDS)}."
    hint = "What is over is found for three days, and only if somebody has done something about it."
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


def explained(title: str, lines: Sequence[str], mute: Mute | None = None) -> Answer:
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
