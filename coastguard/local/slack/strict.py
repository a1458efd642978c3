"""What the local Slack accepts: Slack's published types, its documented limits, and a few it only shows when crossed.

Everything is refused with Slack's word for it and, in `response_metadata.messages`, the place and the reason.
slack.schema.json beside this module is derived from Slack's @slack/types (MIT); rules.py adds what types cannot say.
"""

import json
from functools import cache
from pathlib import Path

from jsonschema import Draft7Validator

from coastguard.local.slack import rules
from coastguard.local.slack.content import Content, Json
from coastguard.local.slack.errors import SlackError
from coastguard.local.slack.problems import Problem
from coastguard.local.slack.schema_problems import problems

MAX_TEXT = 40_000
MAX_BLOCKS = 50
MAX_VIEW_BLOCKS = 100
# Slack advises 20 and refuses from 101 on; advice is taken seriously here.
MAX_ATTACHMENTS = 20
# Not documented: seen at https://github.com/slackapi/bolt-js/issues/2509.
MAX_BLOCKS_JSON = 13_200
# A long list of complaints helps nobody.
TOLD_PROBLEMS = 10


@cache
def strict() -> "Strict":
    """Return the one that all workspaces of a process share: it remembers nothing of what it judges."""
    return Strict()


class Strict:
    """Slack's judgement on messages, views and manifests; compiles the schema once."""

    def __init__(self) -> None:
        schema = json.loads(Path(__file__).with_name("slack.schema.json").read_text("utf-8"))
        self._blocks = _validator(schema, {"type": "array", "items": {"$ref": "#/definitions/KnownBlock"}})
        self._attachments = _validator(schema, {"type": "array", "items": {"$ref": "#/definitions/Attachment"}})
        self._metadata = _validator(schema, {"$ref": "#/definitions/MessageMetadata"})
        self._views = {
            "modal": _validator(schema, {"$ref": "#/definitions/Modal"}),
            "home": _validator(schema, {"$ref": "#/definitions/Home"}),
        }
        self._manifest = _validator(schema, {"$ref": "#/definitions/Manifest"})

    def check_message(self, content: Content) -> None:
        """Raises SlackError for the first kind of thing that Slack would refuse about a message."""
        if len(content.text or "") > MAX_TEXT:
            raise SlackError("msg_too_long", [f"text: {len(content.text or '')} characters, at most {MAX_TEXT}"])
        attachments, blocks = content.attachments or [], content.blocks or []
        if len(attachments) > MAX_ATTACHMENTS:
            raise SlackError(
                "too_many_attachments", [f"attachments: {len(attachments)} entries, at most {MAX_ATTACHMENTS}"]
            )
        if len(blocks) > MAX_BLOCKS:
            _refuse([Problem(("blocks",), f"{len(blocks)} entries, at most {MAX_BLOCKS}")])
        _refuse(problems(self._blocks, blocks, ("blocks",)))
        _refuse(problems(self._attachments, attachments, ("attachments",)))
        self._check_blocks_together(content)
        _refuse(list(rules.of_message(content)))
        self._check_metadata(content.metadata)

    def check_view(self, view: Json) -> None:
        """Raises SlackError invalid_arguments for a modal or Home that Slack would not open."""
        validator = self._views.get(str(view.get("type")))
        if validator is None:
            found = [Problem(("view", "type"), "must be modal or home")]
        elif isinstance(view.get("blocks"), list) and len(view["blocks"]) > MAX_VIEW_BLOCKS:
            found = [Problem(("view", "blocks"), f"{len(view['blocks'])} entries, at most {MAX_VIEW_BLOCKS}")]
        else:
            found = problems(validator, view, ("view",))
            found = found or [Problem(("view", *path), reason) for path, reason in rules.of_view(view)]
        if found:
            raise SlackError("invalid_arguments", _told(found))

    def manifest_problems(self, manifest: Json) -> list[str]:
        """What Slack would not take in an app manifest."""
        return _told(problems(self._manifest, manifest, ()))

    def _check_blocks_together(self, content: Content) -> None:
        placed = list(rules.blocks_of(content))
        if len(placed) > MAX_BLOCKS:
            _refuse([Problem(("attachments",), f"{len(placed)} blocks in the whole message, at most {MAX_BLOCKS}")])
        stacks = [content.blocks or [], *(attachment.get("blocks", []) for attachment in content.attachments or [])]
        size = sum(len(json.dumps(stack, separators=(",", ":"), ensure_ascii=False)) for stack in stacks if stack)
        if size > MAX_BLOCKS_JSON:
            raise SlackError("msg_blocks_too_long", [f"blocks: {size} characters as JSON, at most {MAX_BLOCKS_JSON}"])

    def _check_metadata(self, metadata: Json | None) -> None:
        if metadata:
            found = problems(self._metadata, metadata, ("metadata",)) or list(rules.of_metadata(metadata))
            if found:
                raise SlackError("invalid_metadata_format", _told(found))


def _validator(schema: Json, what: Json) -> Draft7Validator:
    return Draft7Validator({"definitions": {**schema["definitions"], "what": what}, "$ref": "#/definitions/what"})


def _refuse(found: list[Problem]) -> None:
    """Raises SlackError invalid_blocks, or invalid_attachments when the trouble starts there."""
    if found:
        raise SlackError("invalid_attachments" if found[0].path[0] == "attachments" else "invalid_blocks", _told(found))


def _told(found: list[Problem]) -> list[str]:
    return [str(problem) for problem in found[:TOLD_PROBLEMS]]
