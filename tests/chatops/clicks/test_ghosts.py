"""Hosts that are registered twice: the old registration alarms, and whatever anybody clicks, the host stays well."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.incidents.decision import REMOVED
from hub.incidents.hints import Drop, Hint, Why
from hub.incidents.incident import State
from hub.incidents.storm import CROWD
from hub.slack.button_values import REPAIR
from spoke.repairs import REMEDIES
from tests.chatops.factories import ALICE, TERMINATE
from tests.chatops.story import Story, Victim

REMOVE = REPAIR + "remove-registration"
LISTED = "ecs:ListContainerInstances"
REACHED = "ssm:DescribeInstanceInformation"


def ghost(story: Story) -> tuple[Victim, str]:
    """An old registration that is reported, and the one under which its host runs seven tasks."""
    old, host, alive = story.fleet.ghost(story.cluster)
    victim = Victim(old, host)
    story.report(victim)
    return victim, alive


def test_an_old_registration_is_told_apart_and_removed_and_its_host_goes_on(story: Story) -> None:
    victim, alive = ghost(story)
    assert f"An old registration of a host that is well: 7 tasks run on `{victim.host}` as `{alive}`" in story.message()
    with pytest.raises(AssertionError, match="shows no"):
        story.click(TERMINATE, victim=victim)

    story.act(story.click(REMOVE, victim=victim))
    story.look()

    assert (story.state(victim), story.incident(victim).ending) == (State.RESOLVED, REMOVED)
    assert story.fleet.registered(story.cluster) == {alive}
    assert story.fleet.host(victim.host).state == "running"
    assert story.terminations() == 0
    assert f"Resolved: ECS agent on 1 instance ({REMOVED})" in story._shown()["text"]
    assert "terminated" not in story.message()


def test_who_clicks_terminate_in_an_older_message_is_told_that_the_host_is_well(story: Story) -> None:
    """The host registered anew after the message was drawn."""
    (victim,) = story.trouble()
    alive = story.fleet.register(story.cluster, victim.host)

    story.act(story.click(TERMINATE, victim=victim))
    story.look()

    assert story.terminations() == 0
    assert story.is_untouched(victim)
    assert "old registration of a host that is well" in story.whispers(ALICE)[-1]
    assert story.incident(victim).sighting.alive_as is not None
    assert f"as `{alive}`" in story.message()
    story.act(story.click(REMOVE, victim=victim))
    story.look()
    assert story.incident(victim).ending == REMOVED


def test_act_refuses_whatever_a_look_has_found(story: Story) -> None:
    """A request that was forged, or begun by another release, meets act's own check."""
    victim, _ = ghost(story)
    request = replace(story.click(REMOVE, victim=victim), wish="terminate")

    story.act(request)

    assert "old registration of a host that is well" in story.outcome(request)
    assert story.terminations() == 0
    assert story.fleet.host(victim.host).state == "running"


def test_once_the_other_agent_is_gone_too_the_host_may_be_terminated(story: Story) -> None:
    victim, alive = ghost(story)
    story.fleet.unplug(story.cluster, alive)

    story.look()

    assert story.incident(victim).sighting.alive_as is None
    story.act(story.click(TERMINATE, victim=victim))
    assert story.fleet.host(victim.host).state == "terminated"


def test_a_look_asks_once_while_few_are_new_and_not_again_while_nothing_points_to_it(story: Story) -> None:
    (victim,) = story.trouble()
    assert len(story.hub.trail.of(LISTED)) == 1
    assert story.incident(victim).sighting.others == ()

    for _ in range(3):
        story._lookout.look(Hint(story.cluster, Why.SWEEP), 1)
    assert len(story.hub.trail.of(LISTED)) == 1
    assert story.incident(victim).sighting.others == ()

    story.look()  # somebody has clicked
    assert len(story.hub.trail.of(LISTED)) == 2


def test_where_systems_manager_refuses_registrations_are_not_asked_for_again_and_again(story: Story) -> None:
    (victim,) = story.trouble()
    story.hub.trail.fail(REACHED, "AccessDeniedException")

    for _ in range(3):
        story._lookout.look(Hint(story.cluster, Why.SWEEP), 1)

    assert len(story.hub.trail.of(REACHED)) == 3
    assert len(story.hub.trail.of(LISTED)) == 1
    assert story.incident(victim).sighting.reached is None


def test_a_young_drop_is_not_asked_about(story: Story) -> None:
    instance, _ = story.fleet.quiet(story.cluster)

    story._lookout.look(Hint(story.cluster, Why.STATE_CHANGE, (Drop(instance, story.clock(), 1),)), 1)

    assert story.hub.trail.of(LISTED) == []


def test_of_many_that_are_new_a_later_look_asks_and_until_then_nothing_drastic_is_offered(story: Story) -> None:
    victims = story.trouble(size=6, grouped=False)
    assert story.hub.trail.of(LISTED) == []
    story.act(story.pick(victims[0]))
    story.clock.go_on(timedelta(minutes=1))
    for number in range(CROWD):
        story._lookout.storm_cache.looked_at(replace(story.cluster, name=f"lost-{number}"), lost=True)
    story._lookout.look(Hint(story.cluster, Why.SWEEP), 1)
    assert story.hub.trail.of(LISTED) == []
    assert ":lock: Terminate once a look has seen" in story.message()
    with pytest.raises(AssertionError, match="shows no"):
        story.click(TERMINATE, victim=victims[0])

    story.clock.go_on(timedelta(minutes=1))
    story._lookout.look(Hint(story.cluster, Why.SWEEP), 1)

    assert len(story.hub.trail.of(LISTED)) == 1
    assert all(story.incident(victim).sighting.others == () for victim in victims)
    story.click(TERMINATE, victim=victims[0])


def test_where_nobody_can_ask_the_alert_goes_out_and_says_so(story: Story) -> None:
    story.hub.trail.fail(LISTED, "AccessDeniedException")

    (victim,) = story.trouble()

    assert story.state(victim) is State.OPEN
    said = story.message()
    assert "Could not be checked: whether the host is registered elsewhere" in said
    assert ":lock: Terminate once a look has seen" in said
    story.hub.trail.mend()
    story.clock.go_on(timedelta(minutes=1))
    story._lookout.look(Hint(story.cluster, Why.SWEEP), 1)
    assert "Could not be checked" not in story.message()
    story.click(TERMINATE, victim=victim)


# A host that is still being terminated


def hold(story: Story, victim: Victim, state: str = "running") -> None:
    """A lifecycle hook holds the host that was just to be terminated, whatever has been asked of its group."""
    story.fleet.host(victim.host).state = state


def test_who_has_left_the_cluster_is_terminated_when_ec2_says_so_and_not_before(story: Story) -> None:
    (victim,) = story.trouble()
    before = set(story.fleet.hosts_of("web"))
    story.act(story.click())
    hold(story, victim)

    story.look()
    assert story.state(victim) is State.REPAIRING
    assert "taken out of the cluster; its group is still terminating it" in story.message()

    (newcomer,) = set(story.fleet.hosts_of("web")) - before
    story.fleet.register(story.cluster, newcomer)
    for _ in range(2):
        story.clock.go_on(timedelta(minutes=30))
        story._lookout.look(Hint(story.cluster, Why.SWEEP), 1)
    assert (story.state(victim), story.incident(victim).replacement) == (State.REPAIRING, newcomer)
    assert "may hold it for hours" in story.message()
    assert "failed" not in story.message()
    assert any("Terminate goes on" in note for note in story.thread())

    for _ in range(3):
        story.clock.go_on(timedelta(hours=10))
        story._lookout.look(Hint(story.cluster, Why.SWEEP), 1)
    assert story.state(victim) is State.REPAIRING

    hold(story, victim, "terminated")
    story._lookout.look(Hint(story.cluster, Why.SWEEP), 1)
    incident = story.incident(victim)
    assert (incident.state, incident.ending, incident.replacement) == (State.RESOLVED, "terminated", newcomer)


def test_a_cluster_that_is_deleted_meanwhile_hides_no_host(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    story.act(story.click())
    hold(story, victim, "shutting-down")
    story.fleet.lose(story.cluster)

    story._lookout.look(Hint(story.cluster, Why.SWEEP), 1)
    assert story.state(victim) is State.REPAIRING

    hold(story, victim, "terminated")
    story._lookout.look(Hint(story.cluster, Why.SWEEP), 1)
    assert (story.state(victim), story.incident(victim).ending) == (State.RESOLVED, "terminated")


@pytest.mark.parametrize("state", ["stopped", "terminated"])
def test_an_instance_that_was_draining_ends_with_its_host(story: Story, state: str) -> None:
    """EC2 is asked whatever ECS says: of a host that stops, ECS goes on saying DRAINING for ever."""
    (victim,) = story.trouble(grouped=False)
    story.fleet.known(story.cluster, victim.instance).status = "DRAINING"
    story._lookout.look(Hint(story.cluster, Why.SWEEP), 1)
    assert story.state(victim) is State.OPEN

    hold(story, victim, state)
    story._lookout.look(Hint(story.cluster, Why.REQUEST), 1)

    assert (story.state(victim), story.incident(victim).ending) == (State.RESOLVED, state)


def test_only_what_ends_the_host_says_so() -> None:
    assert {name for name, remedy in REMEDIES.items() if remedy.ends_host} == {"terminate"}
