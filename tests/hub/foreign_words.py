"""Words of strangers: whatever a member account or a person may call things."""

from hub.incidents.incident import Incident
from tests.hub.factories import finished, incident, sighting

HOSTILE = {
    "broadcasts": "<!channel> EVIL <!here> <!everyone> <!subteam^S0EVIL>",
    "plain broadcasts": "@channel @here @everyone EVIL #general",
    "people": "<@U0ALICE01> EVIL <#C0GENERAL>",
    "links": "<https://evil.example|EVIL> https://evil.example/EVIL mailto:EVIL@evil.example",
    "moments": "<!date^0^{date}^https://evil.example|EVIL>",
    "backticks": "`EVIL` ```EVIL``` `",
    "formatting": "*EVIL* _EVIL_ ~EVIL~ > EVIL",
    "emoji": ":rotating_light: EVIL :white_check_mark:",
    "entities": "&lt;!channel&gt; EVIL &amp;",
    "right to left": "\u202eEVIL\u202c \u2066EVIL\u2069 \u05d0EVIL\u200f",
    "control characters": "EVIL\x00\x07\x1b[31mEVIL\x7f\x9f",
    "lines": "\nEVIL\r\n> EVIL\u2028EVIL\u2029EVIL\x85EVIL\x0b\x0c",
    "half characters": "\ud800EVIL\udfff",
    "nothing to see": " \u200b\u2060\ufeff\n",
    "empty": "",
    "long": "EVIL" * 1_250,
    "long and escaped": "&<>" * 1_666,
    "long and quoted": '"\\' * 2_500,
    "long and far away": "\U0001f600" * 5_000,
    "long code": "`" * 5_000,
    "nested brackets": "<<!channel>> [[EVIL]](https://evil.example) <[EVIL](<!here>)>",
    "brackets that never close": "<!channel <@U0ALICE01 <https://evil.example EVIL",
    "brackets that never open": "!channel> EVIL|https://evil.example>",
    "pipes": "|EVIL| <!channel|EVIL>| ||",
    "backslashes": "\\<!channel\\> \\`EVIL\\` \\n\\u003c!here\\u003e",
    "escapes of another language": "&#60;!channel&#62; %3C!here%3E \\x3c!everyone\\x3e EVIL",
    "a date": "<!date^1779190000^{date_long} EVIL^https://evil.example|EVIL>",
    "joiners within a broadcast": "<\u200b!channel> <!\u200dchannel> <!chan\u2060nel> EVIL",
    "wide brackets": "\uff1c!channel\uff1e \u2039!here\u203a \u27e8@U0ALICE01\u27e9 EVIL",
    "right to left around code": "`\u202eEVIL`\u202c \u2067`EVIL`\u2069",
    "right to left in a bracket": "<\u202e!channel\u202c> EVIL",
    "marks on marks": "E\u0301\u0300\u0302V\u0338IL" * 100,
    "variation selectors": "EVIL\ufe0f\ufe0e\U000e0041\U000e007f",
    "tabs and blanks": "\tEVIL\u00a0EVIL\u3000EVIL\u2003",
    "fences": "```\nEVIL\n``` ~~~EVIL~~~",
    "quotes of both kinds": "'EVIL' \"EVIL\" \u201cEVIL\u201d",
    "a formula": '=HYPERLINK("https://evil.example","EVIL")',
    "a list": "\n- EVIL\n1. EVIL\n# EVIL",
    "JSON": '{"type":"section","text":{"type":"mrkdwn","text":"<!channel> EVIL"}}',
    "a key of ours": "222233334444/eu-west-1/prod#EVIL incident#x log#y",
    "a number": "0000000000001779190000.000100",
    "only brackets": "<>" * 2_500,
}


def everywhere(text: str, number: int) -> Incident:
    """The same in all places at once that an open incident has."""
    names = ("host", "zone", "instance_type", "agent_version", "os", "host_state", "checks", "ping")
    hostile = sighting(number, unchecked=(text,) * 9, **dict.fromkeys(names, text))
    return incident(number, sighting=hostile, repair=finished(problem=text, by=text, remedy=text, steps=(text,) * 9))
