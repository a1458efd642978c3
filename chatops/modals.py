"""Modals: what people are asked before something happens, and how to read what they answered. Pure.

A modal carries what it is about in its private metadata: the click that opened it, or the command it completes. Nothing
of that is believed later on: act looks everything up again.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from chatops.clicks.requests import REASON, BadRequest, typed
from chatops.commands.parse import LONGEST_REASON, LONGEST_TARGET, Command, tidy, to_line
from hub.slack.blocks import Block, mrkdwn, option, plain, section
from hub.slack.button_values import Subject
from hub.slack.mrkdwn import code, visible
from hub.times import is_span
from spoke.repairs.remedy import Remedy

REPAIR = "coastguard.repair"
MUTE = "coastguard.mute"
_PROOF, _SPAN, _CUSTOM, _TARGET = "proof", "span", "custom", "target"
_PROOF_LENGTH = 4
_LONGEST_REASON = 500
_SHOWN = 60
_SPANS = (
    ("30m", "30 minutes"),
    ("1h", "1 hour"),
    ("4h", "4 hours"),
    ("8h", "8 hours"),
    ("1d", "1 day"),
    ("7d", "7 days"),
)
_NO_PROOF = "Type the last four characters of the instance's id, as it stands above."

_NO_SPAN = "Write a length like 90m or 2h, or until 18:00, or until monday 9:00."
# What goes wrong in reading JSON that this module has not written.
_STRANGE = (KeyError, TypeError, ValueError, AttributeError, RecursionError)

Errors = dict[str, str]
"""What is wrong with a modal's inputs: the text by block, as Slack wants it."""


class MuteAsked(NamedTuple):
    """A mute as somebody has filled it in: the command's line, where it was begun, and what is still wrong."""

    line: str
    channel: str
    answers: str
    errors: Errors


def repair_view(remedy: Remedy, body: Mapping[str, Any], action: Mapping[str, Any], approval: str = "") -> Block:
    """Draw the modal before a drastic repair: what it hits, a proof that it was read, and a reason.

    `approval` is a sentence of ours on who has to agree, "" if nobody has to.

    Raises BadRequest for a button that we have not made.
    """
    subject, host, tasks = _shown(action)
    cluster = subject.cluster
    container = {name: body["container"][name] for name in ("channel_id", "message_ts")}
    asked = {"action_id": action["action_id"], "value": f"{subject} {host} {tasks}"}
    return _modal(
        REPAIR,
        remedy.title,
        remedy.label,
        json.dumps({"container": container, "action": asked}),
        [
            {"type": "alert", "level": "error", "text": plain(f"{remedy.confirm} Tasks on it: {tasks}.")},
            section(f"{code(host)} of {code(cluster.name)} in {cluster.region}, account {cluster.account}"),
            *([{"type": "context", "elements": [mrkdwn(f":hand: {approval}")]}] if approval else []),
            _input(_PROOF, f"Last four characters of {host}", _text(f"…{'x' * _PROOF_LENGTH}", most=_PROOF_LENGTH)),
            _input(REASON, "Reason", _text("Why is this needed?", most=_LONGEST_REASON)),
        ],
    )


def proof_missing(view: Mapping[str, Any]) -> Errors:
    """Check that the person has typed what they were asked to. Raises BadRequest."""
    try:
        _, host, _ = _shown(json.loads(view["private_metadata"])["action"])
        proven = typed(view, _PROOF).lower() == host[-_PROOF_LENGTH:].lower()
    except _STRANGE as error:
        raise BadRequest(f"not a modal of ours: {type(error).__name__}") from error
    return {} if proven else {_PROOF: _NO_PROOF}


def told_view(title: str, sentence: str) -> Block:
    """Draw a modal that only tells something, in words of ours."""
    return {"type": "modal", "title": plain(title[:24]), "close": plain("Close"), "blocks": [section(sentence)]}


def mute_view(command: Command, channel: str, answers: str) -> Block:
    """Draw the modal that asks for what a mute lacks; it keeps where it was asked for, and where to answer."""
    spans: Block = {
        "type": "static_select",
        "action_id": _SPAN,
        "placeholder": plain("How long"),
        "options": [option(words, span) for span, words in _SPANS],
    }
    chosen = [choice for choice in spans["options"] if choice["value"] == command.span]
    if chosen:
        spans["initial_option"] = chosen[0]
    custom = "" if chosen else command.span
    return _modal(
        MUTE,
        "Mute",
        "Mute",
        json.dumps({"channel": channel, "answers": answers}),
        [
            _input(_TARGET, "What", _text("account, alias, cluster, or all", command.target, most=LONGEST_TARGET)),
            _input(_SPAN, "How long", spans, optional=True),
            _input(
                _CUSTOM, "or until", _text("90m, 2h, until 18:00, until monday 9:00", custom, most=60), optional=True
            ),
            _input(REASON, "Reason", _text("Why may nobody be told?", command.reason, most=LONGEST_REASON)),
            {
                "type": "context",
                "elements": [
                    mrkdwn("Incidents are recorded meanwhile, and what is still broken is said when it ends.")
                ],
            },
        ],
    )


def mute_asked(view: Mapping[str, Any]) -> MuteAsked:
    """Read the modal. Raises BadRequest."""
    try:
        custom, chosen = typed(view, _CUSTOM), typed(view, _SPAN)
        target = tidy(typed(view, _TARGET), LONGEST_TARGET)
        command = Command("mute", target=target, span=tidy(custom or chosen), reason=tidy(typed(view, REASON)))
        kept = json.loads(view["private_metadata"])
        channel, answers = kept["channel"], kept["answers"]
        if not (isinstance(channel, str) and isinstance(answers, str)):
            raise BadRequest("a modal of no channel")
    except _STRANGE as error:
        raise BadRequest(f"not a modal of ours: {type(error).__name__}") from error
    errors: Errors = {}
    if not command.span:
        errors[_SPAN] = "Choose how long, or say until when."
    elif is_span(command.span.split(" "), alone=True) != len(command.span.split(" ")):
        errors[_CUSTOM] = _NO_SPAN
    if not command.target:
        errors[_TARGET] = "Say what shall be muted."
    if not command.reason:
        errors[REASON] = "Say why."
    return MuteAsked(to_line(command), channel, answers, errors)


def _shown(action: Mapping[str, Any]) -> tuple[Subject, str, str]:
    """Read what a drastic remedy's button says: the subject, and what of it is only shown. Raises BadRequest."""
    try:
        value = action["value"]
        subject = Subject.parse(value)
        _, host, tasks = value.split(" ", 2)
    except _STRANGE as error:
        raise BadRequest(f"not a button of ours: {type(error).__name__}") from error
    return subject, visible(host, _SHOWN).replace(" ", "_") or "?", visible(tasks, _SHOWN)


def _modal(callback: str, title: str, submit: str, metadata: str, blocks: list[Block]) -> Block:
    return {
        "type": "modal",
        "callback_id": callback,
        "title": plain(title[:24]),
        "submit": plain(submit[:24]),
        "close": plain("Cancel"),
        "private_metadata": metadata,
        "blocks": blocks,
    }


def _input(block: str, label: str, element: Block, *, optional: bool = False) -> Block:
    return {"type": "input", "block_id": block, "label": plain(label), "element": element, "optional": optional}


def _text(placeholder: str, initial: str = "", *, most: int) -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": "typed",
        "placeholder": plain(placeholder),
        "max_length": most,
    }
    return element | ({"initial_value": initial[:most]} if initial else {})
