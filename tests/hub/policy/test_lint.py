"""What a policy may say but hardly means is warned of."""

import pytest

from hub.policy.lint import warnings
from hub.policy.parse import read
from spoke.repairs import REMEDIES
from tests.hub.policy.tables import MAY_ALL, RIGHT, ROUTE, WHERE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(ROUTE, [], id="a route alone"),
        pytest.param(
            ROUTE + ROUTE + WHERE + 'region = "eu-west-1"',
            [
                (2, "this route is never reached: the one in line 1 fits everything"),
                (3, "this route is never reached: the one in line 1 fits everything"),
            ],
            id="routes behind one that fits everything",
        ),
        pytest.param(WHERE + 'region = "eu-west-1"\n' + ROUTE, [], id="the last fits everything"),
        pytest.param(
            '[[rights]]\nwho = []\nmay = "*"',
            [(1, "this right is nobody's")]
            + [(1, f"nobody may {verb} anywhere") for verb in ("acknowledge", "mute", "stop", "audit", *REMEDIES)],
            id="everybody is locked out",
        ),
        pytest.param('[[rights]]\nwho = "U0ALICE01"\nmay = "*"', [], id="one may everything"),
        pytest.param(
            RIGHT.replace('"mute"', '["acknowledge", "mute", "stop", "repair"]'),
            [(1, "nobody may audit anywhere")],
            id="one thing is granted to nobody",
        ),
        pytest.param(
            '[[rights]]\nwho = "U0ALICE01"\nmay = "*"\n[[rights]]\nwho = "U0B"\nmay = "stop"\n'
            'where.region = "eu-west-1"',
            [(4, "stop is for the whole organization, this right for a part of it")],
            id="stop in a part",
        ),
        pytest.param(
            '[[rights]]\nwho = "U0B"\nmay = ["acknowledge", "mute", "stop", "audit", "repair"]\n[[approvals]]',
            [(4, "nobody can give this approval")],
            id="an approval that nobody can give",
        ),
        pytest.param("[[approvals]]\n", [], id="an approval of anybody else"),
    ],
)
def test_what_is_hardly_meant_is_warned_of(text: str, said: list[tuple[int, str]]) -> None:
    found = warnings(read(text + ("" if "[[rights]]" in text else MAY_ALL)))

    assert [(problem.line, problem.what) for problem in found] == said
    assert all(problem.remedy for problem in found)


@pytest.mark.parametrize("text", ["", ROUTE, "[[approvals]]\napprovers = 'U0ALICE01'"])
def test_a_policy_without_rights_is_warned_of(text: str) -> None:
    (problem,) = warnings(read(text))
    assert (problem.line, problem.what) == (1, "nobody may repair, for the policy has no [[rights]]")
    assert "docs/policy.md" in problem.remedy
