"""Enterprise Grid: people are in several workspaces of an organization, and Slack says so in other words."""

from typing import Any

import pytest

from chatops.slack_users import is_member
from coastguard.local.slack.directory import FOREIGNER, GRID_PEOPLE, ORGANIZATION, SISTER, TEAM
from hub.incidents.incident import State
from hub.slack.button_values import ACKNOWLEDGE, MUTE
from tests.chatops.factories import ALICE
from tests.chatops.policies import SRE
from tests.chatops.story import Story

FATIMA, HANNAH, GUSTAV = (person.id for person in GRID_PEOPLE)
NO_STRANGERS = "Only full members of this workspace may do that"
Json = dict[str, Any]


@pytest.fixture(params=[False, True], ids=["in the workspace", "in the organization"])
def grid(request: pytest.FixtureRequest, story: Story) -> Story:
    """The story in a workspace of an organization, where the app is installed here or everywhere."""
    story.workspace.join_organization(everywhere=request.param)
    people = ", ".join(f'"{user}"' for user in (ALICE, FATIMA, HANNAH, GUSTAV, FOREIGNER.id))
    story.policy(f'[[rights]]\nwho = [{people}]\nmay = "*"\n')
    return story


@pytest.mark.parametrize(
    ("told", "member"),
    [
        pytest.param({"team_id": TEAM.id}, True, id="of the team"),
        pytest.param({"teams": [SISTER.id, TEAM.id]}, True, id="lists it and names none"),
        pytest.param({"team_id": SISTER.id, "teams": [TEAM.id]}, True, id="lists it and names another"),
        pytest.param(
            {"team_id": SISTER.id, "enterprise_user": {"teams": [TEAM.id]}}, True, id="within the organization"
        ),
        pytest.param({"enterprise_user": {"teams": [TEAM.id]}}, True, id="within, and names none"),
        pytest.param({}, False, id="says nothing"),
        pytest.param({"team_id": None, "teams": None, "enterprise_user": None}, False, id="says null"),
        pytest.param({"team_id": SISTER.id, "teams": [SISTER.id]}, False, id="of another workspace there"),
        pytest.param({"enterprise_user": {"teams": [SISTER.id]}}, False, id="within, of another workspace"),
        pytest.param({"enterprise_user": {"teams": []}}, False, id="within, of none"),
        pytest.param({"enterprise_user": [TEAM.id]}, False, id="an organization of another making"),
        pytest.param({"teams": TEAM.id}, False, id="a word for a list"),
        pytest.param({"teams": {TEAM.id: True}}, False, id="an object for a list"),
        pytest.param({"team_id": ORGANIZATION.id}, False, id="the organization for a team"),
    ],
)
def test_who_lists_the_team_is_a_member(told: Json, *, member: bool) -> None:
    assert is_member({"id": FATIMA} | told, TEAM.id) is member


@pytest.mark.parametrize("flag", ["deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger"])
def test_who_lists_the_team_and_is_a_guest_or_gone_is_none(flag: str) -> None:
    assert not is_member(
        {"id": FATIMA, "teams": [TEAM.id], "enterprise_user": {"teams": [TEAM.id]}, flag: True}, TEAM.id
    )


@pytest.mark.parametrize("user", [ALICE, FATIMA, HANNAH])
def test_whoever_is_in_the_team_clicks_commands_and_opens_the_home(grid: Story, user: str) -> None:
    (victim,) = grid.trouble(grouped=False)

    assert grid.press(ACKNOWLEDGE, user).error is None
    grid.work()
    assert grid.state(victim) is State.ACKNOWLEDGED
    assert grid.incident(victim).acknowledged_by == user

    assert grid.say("mute all 2h we move", user) == []
    (mute,) = grid.mutes()
    assert mute.by == user

    assert "*In trouble: 1 instance*" in grid.open_home(user)


@pytest.mark.parametrize("user", [FATIMA, HANNAH])
def test_whoever_is_in_the_team_is_asked_in_modals_and_heard(grid: Story, user: str) -> None:
    (victim,) = grid.trouble(grouped=False)
    asked = grid.ask(user, victim)
    assert (asked.user, asked.team) == (user, TEAM.id)
    assert asked.source_identity == f"slack-{TEAM.id}-{user}"
    grid.front.take_all()

    assert grid.press(MUTE, user).error is None
    outcome = grid.submit(user, span="1h", reason="new AMI")
    assert (outcome.delivery.error, outcome.errors) == (None, {})
    grid.work()
    assert [mute.by for mute in grid.mutes()] == [user]


@pytest.mark.parametrize("stranger", [GUSTAV, FOREIGNER.id])
def test_whoever_is_not_in_the_team_is_refused(grid: Story, stranger: str) -> None:
    (victim,) = grid.trouble(grouped=False)

    assert grid.press(ACKNOWLEDGE, stranger).error is None
    grid.work()

    assert grid.state(victim) is State.OPEN
    assert NO_STRANGERS in grid.whispers(stranger)[-1]


def test_a_command_in_another_workspace_of_the_organization_is_refused(story: Story) -> None:
    story.workspace.join_organization(everywhere=True)

    assert story.type("mute all 2h x", GUSTAV).error == "http 403"

    assert story.front.said == []


def test_groups_are_asked_for_by_their_team(grid: Story) -> None:
    grid.policy(f'[[rights]]\nwho = "{SRE}"\nmay = "*"\n')
    (victim,) = grid.trouble(grouped=False)

    assert grid.press(ACKNOWLEDGE).error is None
    grid.work()

    assert grid.state(victim) is State.ACKNOWLEDGED
