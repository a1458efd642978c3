"""Stories of agents that go quiet, from ECS's event to the message in Slack, told by what is there in the end.

Members, table and queues are on the wire, Slack is the local one; time passes only when a story says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError
from slack_sdk.web import SlackResponse

from coastguard.local.slack.workspace import BOT_TOKEN
from hub.incidents.hints import Drop, Hint, Why
from hub.incidents.incident import Repair, State, acknowledge, begin_repair, end_repair
from hub.notify.publisher import EDITS_A_MINUTE
from hub.queues import NotYet, group_id
from hub.slack.client import Slack
from spoke.deadline import within
from spoke.places import Cluster
from tests.hub.factories import ALICE, GRACE, NOON, bulletin, incident, instance_id
from tests.hub.mortals import Died
from tests.hub.rendering import words_of
from tests.hub.station import Station

GRACE_SECONDS = GRACE.total_seconds()
PATIENCE = GRACE_SECONDS + 30


@pytest.fixture
def cluster(station: Station) -> Cluster:
    return station.fleet.cluster()


def opened(station: Station, cluster: Cluster) -> tuple[str, str]:
    """An agent that is known to be gone, and whose bulletin is shown."""
    instance, host = station.quiet(cluster)
    station.wait(seconds=PATIENCE)
    assert station.states() == ["open"]
    return instance, host


# It is true


def test_an_agent_that_stays_away_becomes_one_incident_and_one_message(station: Station, cluster: Cluster) -> None:
    instance, host = station.quiet(cluster)

    station.wait(seconds=PATIENCE)

    (found,) = station.incidents(cluster).values()
    assert (found.instance, found.state, found.since) == (instance, State.OPEN, NOON)
    assert found.sighting.host == host
    assert station.states() == ["open"]
    assert host in words_of(station.only_message())
    assert station.bulletin(cluster).slack.handle == station.only_message()["ts"]
    assert station.at_rest()


def test_nothing_is_said_before_grace_is_over(station: Station, cluster: Cluster) -> None:
    station.quiet(cluster)

    station.wait(seconds=GRACE_SECONDS - 1)

    assert (station.incidents(cluster), station.slack.messages()) == ({}, [])


def test_events_that_come_twice_late_and_out_of_order_make_no_difference(station: Station, cluster: Cluster) -> None:
    instance, _ = station.quiet(cluster)
    station.tell(cluster, instance, version=3, times=2)
    station.tell(cluster, instance, times=3)
    station.wait(seconds=60)
    station.tell(cluster, instance, version=7)
    station.wait(seconds=PATIENCE)
    station.tell(cluster, instance, times=2)

    station.wait(seconds=2 * PATIENCE)

    assert len(station.incidents(cluster)) == 1
    assert station.states() == ["open"]
    assert station.only_message()["edited"] is None
    assert station.at_rest()


def test_several_instances_of_a_cluster_share_a_message_and_clusters_do_not(station: Station, cluster: Cluster) -> None:
    other = station.fleet.cluster("prod-search")
    hosts = [station.quiet(where)[1] for where in (cluster, cluster, other, cluster)]

    station.wait(seconds=PATIENCE)

    named = sorted(sum(host in words_of(message) for host in hosts) for message in station.slack.messages())
    assert named == [1, 3]
    assert [len(station.incidents(where)) for where in (cluster, other)] == [3, 1]
    assert station.states() == ["open", "open"]


def test_a_later_one_joins_the_message_that_is_there(station: Station, cluster: Cluster) -> None:
    opened(station, cluster)
    ts = station.only_message()["ts"]
    _, late = station.quiet(cluster)

    station.wait(seconds=PATIENCE)

    assert station.only_message()["ts"] == ts
    assert late in words_of(station.only_message())
    assert {found.episode for found in station.incidents(cluster).values()} == {
        station.bulletin(cluster).episode.episode
    }


def test_a_whole_cluster_ends_in_one_message_of_constant_size(station: Station, cluster: Cluster) -> None:
    for host in station.fleet.hosts(12):
        station.quiet(cluster, host)

    station.wait(seconds=PATIENCE)

    assert len(station.incidents(cluster)) == 12
    assert "12 instances" in station.only_message()["text"]
    assert station.at_rest()


# No false alarm


def reconnected(station: Station, cluster: Cluster, instance: str, _host: str) -> None:
    station.reconnect(cluster, instance)


def draining(station: Station, cluster: Cluster, instance: str, _host: str) -> None:
    station.fleet.known(cluster, instance).status = "DRAINING"


def deregistered(station: Station, cluster: Cluster, instance: str, _host: str) -> None:
    station.fleet.deregister(cluster, instance)


def stopped(station: Station, _cluster: Cluster, _instance: str, host: str) -> None:
    station.fleet.host(host).state = "stopped"


def terminated(station: Station, _cluster: Cluster, _instance: str, host: str) -> None:
    station.fleet.terminate(host)


def cluster_deleted(station: Station, cluster: Cluster, _instance: str, _host: str) -> None:
    station.fleet.lose(cluster)


Happening = Callable[[Station, Cluster, str, str], None]
HAPPENINGS: list[Happening] = [reconnected, draining, deregistered, stopped, terminated, cluster_deleted]


@pytest.mark.parametrize("happening", HAPPENINGS, ids=lambda happening: happening.__name__)
def test_what_is_no_trouble_is_never_spoken_of(station: Station, cluster: Cluster, happening: Happening) -> None:
    instance, host = station.quiet(cluster)
    station.wait(seconds=GRACE_SECONDS - 20)

    happening(station, cluster, instance, host)
    station.wait(seconds=PATIENCE)

    assert (station.incidents(cluster), station.slack.messages()) == ({}, [])
    assert station.finished()
    assert station.at_rest()


def test_an_agent_that_was_back_in_between_gets_a_grace_of_its_own(station: Station, cluster: Cluster) -> None:
    instance, _ = station.quiet(cluster)
    station.wait(seconds=GRACE_SECONDS - 20)
    station.reconnect(cluster, instance)
    station.wait(seconds=10)

    station.disconnect(cluster, instance)
    station.wait(seconds=GRACE_SECONDS - 5)
    assert station.slack.messages() == []
    station.wait(seconds=PATIENCE)

    (found,) = station.incidents(cluster).values()
    assert found.since == NOON + GRACE - timedelta(seconds=10)
    assert station.states() == ["open"]


def test_an_agent_that_was_back_in_between_and_comes_back_again_is_never_spoken_of(
    station: Station, cluster: Cluster
) -> None:
    instance, _ = station.quiet(cluster)
    station.wait(seconds=GRACE_SECONDS - 10)
    station.reconnect(cluster, instance)
    station.disconnect(cluster, instance)
    station.wait(seconds=GRACE_SECONDS - 20)

    station.reconnect(cluster, instance)
    station.wait(seconds=3 * PATIENCE)

    assert station.slack.messages() == []
    assert station.at_rest()


def test_an_instance_that_changes_while_its_agent_is_gone_is_put_back_and_then_believed(
    station: Station, cluster: Cluster
) -> None:
    """Its version has moved, so the agent may have been back: only another grace tells."""
    instance, _ = station.quiet(cluster)
    station.wait(seconds=60)
    station.fleet.known(cluster, instance).version += 1

    station.wait(seconds=GRACE_SECONDS)
    assert station.slack.messages() == []
    assert station.mail.waiting(station.mail.delay) == 1
    station.wait(seconds=PATIENCE)

    assert station.states() == ["open"]
    assert station.at_rest()


def test_when_ecs_itself_tells_since_when_nobody_waits_any_longer(station: Station, cluster: Cluster) -> None:
    instance, _ = station.quiet(cluster)
    station.fleet.known(cluster, instance).version += 5
    station.fleet.known(cluster, instance).since = NOON - timedelta(minutes=1)

    station.wait(seconds=PATIENCE)

    (found,) = station.incidents(cluster).values()
    assert found.since == NOON - timedelta(minutes=1)


# How it ends


ENDINGS: dict[Happening, str] = {
    reconnected: "reconnected",
    deregistered: "deregistered",
    stopped: "stopped",
    terminated: "terminated",
    cluster_deleted: "deregistered",
}


@pytest.mark.parametrize("happening", ENDINGS, ids=lambda happening: happening.__name__)
def test_what_is_over_is_said_in_the_same_message(station: Station, cluster: Cluster, happening: Happening) -> None:
    instance, host = opened(station, cluster)
    ts = station.only_message()["ts"]

    happening(station, cluster, instance, host)
    station.sweep()

    assert station.only_message()["ts"] == ts
    assert station.states() == ["resolved"]
    assert ENDINGS[happening] in station.only_message()["text"]
    assert len(station.slack.replies()) == 1
    assert station.finished()
    assert station.at_rest()


def test_an_open_incident_whose_instance_is_drained_stays_open(station: Station, cluster: Cluster) -> None:
    instance, host = opened(station, cluster)

    draining(station, cluster, instance, host)
    station.sweep()

    assert station.states() == ["open"]


def test_one_of_two_that_comes_back_leaves_the_other(station: Station, cluster: Cluster) -> None:
    one, _ = station.quiet(cluster)
    _, host = station.quiet(cluster)
    station.wait(seconds=PATIENCE)

    station.reconnect(cluster, one)
    station.sweep()

    assert station.states() == ["open"]
    assert "1 instance, 1 resolved" in station.only_message()["text"]
    assert host in words_of(station.only_message())


def test_the_next_time_is_a_new_episode_with_a_message_of_its_own(station: Station, cluster: Cluster) -> None:
    instance, _ = opened(station, cluster)
    before = station.bulletin(cluster)
    station.reconnect(cluster, instance)
    station.sweep()
    station.wait(minutes=11)

    station.disconnect(cluster, instance)
    station.wait(seconds=PATIENCE)

    assert station.states() == ["resolved", "open"]
    after = station.bulletin(cluster)
    assert after.episode != before.episode
    assert after.slack.handle == station.slack.messages()[1]["ts"]


def test_a_sweep_over_what_has_not_changed_changes_nothing(station: Station, cluster: Cluster) -> None:
    """The second look has learned, once, whether Systems Manager reaches the host: the first does not wait for it."""
    instance, _ = opened(station, cluster)
    assert station.store.known(cluster).incidents[instance].sighting.reached is None
    station.sweep()
    before = station.store.known(cluster)
    assert before.incidents[instance].sighting.reached is True

    for _ in range(5):
        station.wait(minutes=1)
        station.sweep()

    assert station.store.known(cluster) == before
    assert station.only_message()["edited"] is None
    assert station.at_rest()


# Alerts fail open


READS = ("sts:AssumeRole", "ecs:DescribeContainerInstances")


@pytest.mark.parametrize("action", READS)
def test_a_member_that_refuses_is_spoken_of_unchecked_and_mended_in_the_same_message(
    station: Station, cluster: Cluster, action: str
) -> None:
    instance, host = station.quiet(cluster)
    station.faults.fail(action, "AccessDenied", 403)

    station.wait(seconds=PATIENCE)

    said = words_of(station.only_message())
    assert "could not be checked" in station.only_message()["text"]
    assert "Could not be checked: " in said
    assert "AccessDenied" in said
    assert host in said
    station.faults.mend()
    station.sweep()
    said = words_of(station.only_message())
    assert "could not be checked" not in said.lower()
    assert host in said
    assert station.states() == ["open"]
    assert station.incidents(cluster)[instance].since == NOON


def test_a_member_that_refuses_and_turns_out_to_be_well_is_resolved(station: Station, cluster: Cluster) -> None:
    instance, _ = station.quiet(cluster)
    station.faults.fail("ecs:DescribeContainerInstances", "AccessDenied", 403)
    station.wait(seconds=PATIENCE)
    station.reconnect(cluster, instance)

    station.faults.mend()
    station.sweep()

    assert station.states() == ["resolved"]


def test_an_open_incident_is_not_resolved_by_a_member_that_refuses(station: Station, cluster: Cluster) -> None:
    instance, host = opened(station, cluster)
    station.reconnect(cluster, instance)
    station.faults.fail("ecs:DescribeContainerInstances", "AccessDenied", 403)

    station.sweep()

    assert station.states() == ["open"]
    assert host in words_of(station.only_message())
    assert "could not be checked" in station.only_message()["text"]


@pytest.mark.parametrize("action", READS)
@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(lambda faults, action: faults.fail(action, "ThrottlingException"), id="throttled"),
        pytest.param(lambda faults, action: faults.fail(action, "ServiceUnavailable", 503), id="503"),
        pytest.param(
            lambda faults, action: faults.interrupt(action, ConnectTimeoutError(endpoint_url="https://x")), id="silent"
        ),
    ],
)
def test_a_busy_member_is_tried_three_times_and_then_spoken_of_unchecked(
    station: Station, cluster: Cluster, action: str, trouble: Callable[[object, str], None]
) -> None:
    station.quiet(cluster)
    trouble(station.faults, action)

    station.wait(seconds=GRACE_SECONDS + 4)
    assert station.slack.messages() == []
    station.wait(seconds=30)

    assert "could not be checked" in station.only_message()["text"]
    assert station.counted["unreadable"] == 1
    assert station.at_rest()


@pytest.mark.parametrize("left", [0.0, 9.9])
def test_a_look_whose_time_the_table_has_used_up_says_nothing_of_the_member(
    station: Station, cluster: Cluster, left: float
) -> None:
    """Less than one call that is not answered takes is too little: the next call would find no time left."""
    instance, _ = station.quiet(cluster)
    gone = Hint(cluster, Why.STATE_CHANGE, (Drop(instance, station.clock() - 2 * GRACE),))

    with within(lambda: left), pytest.raises(NotYet):
        station.reconciler.look(gone, tries=3)

    assert station.store.known(cluster).incidents == {}
    assert station.counted["unreadable"] == 0


def test_a_member_that_is_busy_for_a_moment_is_looked_at_as_soon_as_it_answers(
    station: Station, cluster: Cluster
) -> None:
    _, host = station.quiet(cluster)
    station.faults.fail("ecs:DescribeContainerInstances", "ThrottlingException")
    station.wait(seconds=GRACE_SECONDS + 1)

    station.faults.mend()
    station.wait(seconds=10)

    assert host in words_of(station.only_message())
    assert "could not be checked" not in station.only_message()["text"]


def test_an_ec2_that_does_not_answer_keeps_nobody_silent(station: Station, cluster: Cluster) -> None:
    _, host = station.quiet(cluster)
    station.faults.fail("ec2:DescribeInstanceStatus", "UnauthorizedOperation", 403)

    station.wait(seconds=PATIENCE)

    said = words_of(station.only_message())
    assert "Could not be checked: EC2 status: access denied" in said
    assert host in said
    assert "ECS agent disconnected on 1 instance:" in station.only_message()["text"]


def test_an_instance_that_ecs_tells_nothing_about_is_spoken_of_unchecked(station: Station, cluster: Cluster) -> None:
    (told, host), (untold, its_host) = station.quiet(cluster), station.quiet(cluster)
    place = cluster.arn.replace(":cluster/", ":container-instance/")
    described = {"status": "ACTIVE", "agentConnected": False, "version": 10, "ec2InstanceId": host}
    answer = {
        "containerInstances": [{"containerInstanceArn": f"{place}/{told}", **described}],
        "failures": [{"arn": f"{place}/{untold}", "reason": "INTERNAL"}],
    }
    station.faults.answer("ecs:DescribeContainerInstances", answer)

    station.wait(seconds=PATIENCE)

    said = words_of(station.only_message())
    assert (host in said, its_host in said) == (True, True)
    assert "Could not be checked: ECS tells nothing about it" in said


def test_what_was_seen_in_an_earlier_incident_does_not_date_a_new_one(station: Station, cluster: Cluster) -> None:
    instance, _ = station.quiet(cluster)
    station.fleet.known(cluster, instance).since = NOON
    station.wait(seconds=PATIENCE)
    station.reconnect(cluster, instance)
    station.sweep()
    station.wait(hours=5)
    again = station.clock()

    station.disconnect(cluster, instance)
    station.faults.fail("ecs:DescribeContainerInstances", "AccessDenied", 403)
    station.wait(seconds=PATIENCE)

    assert station.incidents(cluster)[instance].since == again.replace(microsecond=0)
    assert station.states() == ["resolved", "open"]


# Whatever happens to the hub


class Doomed(Slack):
    """A Slack client whose caller dies as soon as it speaks: before, or only after it was heard."""

    heard = False

    def _call(self, method: Callable[..., SlackResponse], **arguments: Any) -> Mapping[str, Any]:
        if self.heard:
            super()._call(method, **arguments)
        raise Died


class DoomedAfter(Doomed):
    heard = True


@pytest.mark.parametrize("doomed", [Doomed, DoomedAfter], ids=["before the post", "after the post"])
def test_a_crash_after_the_incident_was_saved_heals(station: Station, cluster: Cluster, doomed: type[Slack]) -> None:
    station.client = lambda: doomed(BOT_TOKEN, station.slack.api_url)
    station.quiet(cluster)
    station.wait(seconds=PATIENCE)
    assert len(station.incidents(cluster)) == 1
    assert station.bulletin(cluster).slack.handle == ""

    station.client = station.slack.client
    station.wait(minutes=7)

    assert station.bulletin(cluster).slack.handle == station.only_message()["ts"]
    assert station.at_rest()


@pytest.mark.parametrize("kind", ["server_error", "lost_answer", "ratelimit"])
def test_a_slack_outage_heals_on_redelivery(station: Station, cluster: Cluster, kind: str) -> None:
    station.quiet(cluster)
    station.slack.fault("*", kind, times=3)

    station.wait(minutes=10)

    assert station.states() == ["open"]
    assert station.bulletin(cluster).slack.handle == station.only_message()["ts"]
    assert station.at_rest()


def test_a_long_slack_outage_is_healed_by_the_sweep(station: Station, cluster: Cluster) -> None:
    station.quiet(cluster)
    station.slack.fault("*", "server_error", times=10_000)
    station.wait(minutes=10)
    assert station.slack.messages() == []
    assert {shown.cluster for shown in station.store.open_bulletins()} == {cluster}

    station.slack.workspace.faults.clear()
    station.sweep()

    assert station.states() == ["open"]


def test_while_slack_is_down_the_sweeps_leave_no_dead_letters_but_are_counted(
    station: Station, cluster: Cluster
) -> None:
    """One for each event tells what was lost; one for each round would tell nothing."""
    station.quiet(cluster)
    station.slack.fault("*", "server_error", times=10_000)
    station.wait(minutes=10)
    assert station.mail.waiting(station.mail.looks_dead) == 1
    assert station.counted["unannounced"] == 0

    for _ in range(10):
        station.wait(minutes=1)
        station.sweep()

    assert station.mail.waiting(station.mail.looks_dead) == 1
    assert station.counted["unannounced"] == 10
    station.slack.workspace.faults.clear()
    station.sweep()
    assert station.states() == ["open"]


@pytest.mark.parametrize("body", ["{", "[]", '{"cluster":"of another release","drops":[]}', '{"storm":1}'])
def test_a_look_that_cannot_be_read_is_counted_and_does_not_hold_up_its_group(
    station: Station, cluster: Cluster, body: str
) -> None:
    _, host = station.quiet(cluster)
    station.mail.sqs.send_message(
        QueueUrl=station.mail.looks, MessageBody=body, MessageGroupId=group_id(cluster), MessageDeduplicationId="odd"
    )

    station.wait(seconds=PATIENCE)

    assert host in words_of(station.only_message())
    assert station.counted["malformed"] == 1
    assert station.at_rest()


def test_a_machine_of_their_own_is_spoken_of_with_its_ping(station: Station, cluster: Cluster) -> None:
    """Its owner alone can tell whether it has power: a lost one is trouble, whatever Systems Manager says."""
    instance, _ = station.fleet.quiet(cluster, station.fleet.own_machine(ping="ConnectionLost"))
    station.tell(cluster, instance)

    station.wait(seconds=PATIENCE)
    station.sweep()

    said = words_of(station.only_message())
    assert "SSM says `ConnectionLost`" in said
    assert "ECS Anywhere" in said
    assert "Terminate" not in said
    assert station.states() == ["open"]


def test_an_instance_that_aws_manages_is_spoken_of_and_left_to_aws(station: Station, cluster: Cluster) -> None:
    _, host = station.quiet(cluster)
    station.fleet.host(host).managed = True

    station.wait(seconds=PATIENCE)

    said = words_of(station.only_message())
    assert host in said
    assert "ECS Managed Instances" in said
    assert "Terminate" not in said


def test_a_person_is_not_held_up_by_the_edits_of_others(station: Station, cluster: Cluster) -> None:
    instance, _ = opened(station, cluster)
    station.clock.forward(seconds=5)
    for _ in range(EDITS_A_MINUTE):
        station.store.spend("chat.update", station.clock())
    found = station.incidents(cluster)[instance]
    station.lifecycle.change(cluster, instance, found.id, lambda now: (acknowledge(now, ALICE, station.clock()), []))
    station.queues.ask_looks(station.mail.looks, [Hint(cluster, Why.AGAIN), Hint(cluster, Why.REQUEST)], "click")

    station.deliver()

    assert station.states() == ["acknowledged"]


def test_an_edit_without_budget_comes_in_a_minute_to_come(station: Station, cluster: Cluster) -> None:
    instance, _ = opened(station, cluster)
    station.clock.forward(seconds=5)
    for _ in range(EDITS_A_MINUTE):
        station.store.spend("chat.update", station.clock())
    station.reconnect(cluster, instance)
    station.queues.ask_looks(station.mail.looks, [Hint(cluster, Why.AGAIN)], "again")
    station.deliver()
    assert station.states() == ["open"]

    station.wait(seconds=70)

    assert station.states() == ["resolved"]
    assert station.at_rest()


def test_an_outage_at_the_end_does_not_leave_the_message_open(station: Station, cluster: Cluster) -> None:
    instance, _ = opened(station, cluster)
    station.reconnect(cluster, instance)
    station.slack.fault("chat.update", "server_error", times=10_000)
    station.sweep()
    station.wait(minutes=10)
    assert station.states() == ["open"]
    assert {shown.cluster for shown in station.store.open_bulletins()} == {cluster}

    station.slack.workspace.faults.clear()
    station.sweep()

    assert station.states() == ["resolved"]
    assert station.finished()


def test_slacks_true_rate_limits_delay_but_lose_nothing(station: Station) -> None:
    clusters = [station.fleet.cluster(f"cluster-{number}") for number in range(5)]
    for cluster in clusters:
        station.quiet(cluster)
    station.slack.workspace.budgets.on = True

    station.wait(minutes=3)

    bulletins = [message["metadata"]["event_payload"]["bulletin"] for message in station.slack.messages()]
    assert sorted(bulletins) == sorted(station.bulletin(cluster).id for cluster in clusters)
    assert station.at_rest()


def once(action: Callable[[], None]) -> Callable[[], None]:
    """Something that happens the first time only."""
    waiting = [action]

    def happen() -> None:
        if waiting:
            waiting.pop()()

    return happen


def test_two_looks_at_once_end_in_one_message(station: Station, cluster: Cluster) -> None:
    instance, _ = station.quiet(cluster)
    told = Hint(cluster, Why.STATE_CHANGE, (Drop(instance, NOON, 10),))
    other = station.reconciler

    def meanwhile() -> None:
        other.look(told, 1)

    station.faults.before("ecs:DescribeContainerInstances", once(meanwhile))
    station.wait(minutes=5)

    assert station.counted["looks"] == 2
    assert set(station.incidents(cluster)) == {instance}
    assert station.bulletin(cluster).slack.handle == station.only_message()["ts"]
    assert station.states() == ["open"]
    assert station.at_rest()


def test_an_incident_that_opens_while_another_look_closes_the_bulletin_is_not_lost(
    station: Station, cluster: Cluster
) -> None:
    first, _ = opened(station, cluster)
    second, host = station.quiet(cluster)
    other = station.reconciler

    def meanwhile() -> None:
        """ECS has answered already that the first one is gone; now it is back, and another look sees that."""
        station.reconnect(cluster, first)
        other.look(Hint(cluster, Why.SWEEP), 1)
        assert station.bulletin(cluster).episode.closed

    station.faults.before("ec2:DescribeInstanceStatus", once(meanwhile))
    station.wait(minutes=10)

    incidents = station.incidents(cluster)
    assert (incidents[first].state, incidents[second].state) == (State.RESOLVED, State.OPEN)
    assert station.states() == ["open"]
    assert host in words_of(station.only_message())
    assert station.bulletin(cluster).episode.episode == incidents[second].episode


def test_a_broken_cluster_does_not_hold_up_the_others(station: Station, cluster: Cluster) -> None:
    broken = station.fleet.cluster("prod-broken")
    station.store.save([incident(cluster=broken)], bulletin(cluster=broken))
    row = station.store._row.get(f"cluster#{broken.key}", "incidents#0")
    row.packed = b"no incident"
    row.save()
    station.quiet(broken)
    _, host = station.quiet(cluster)

    station.wait(minutes=10)

    assert host in words_of(station.only_message())
    assert station.mail.waiting(station.mail.looks_dead) >= 1


# After a repair


def repaired(station: Station, cluster: Cluster, group: str) -> tuple[str, str]:
    """An open incident whose host is terminated in its Auto Scaling group, and deregistered."""
    (host,) = station.fleet.group(group, 1)
    instance, _ = station.quiet(cluster, host)
    station.wait(seconds=PATIENCE)
    found = station.incidents(cluster)[instance]
    begun = Repair("request-1", "terminate", ALICE, station.clock())
    done = replace(begun, finished=station.clock(), group=group, steps=("Terminated it.",))
    station.lifecycle.change(cluster, instance, found.id, lambda now: (begin_repair(now, begun), []))
    station.fleet.terminate(host)
    deregistered(station, cluster, instance, host)
    station.lifecycle.change(cluster, instance, found.id, lambda now: (end_repair(now, done), []))
    station.queues.ask_looks(station.mail.looks, [Hint(cluster, Why.REQUEST)], "request-1")
    return instance, host


def test_a_repair_ends_when_the_replacement_has_registered_and_names_it(station: Station, cluster: Cluster) -> None:
    instance, host = repaired(station, cluster, "payments-asg")
    station.wait(seconds=40)
    assert station.states() == ["repairing"]
    (new,) = (one for one in station.fleet.hosts_of("payments-asg") if one != host)

    station.fleet.register(cluster, new)
    station.wait(seconds=30)

    assert station.states() == ["resolved"]
    assert station.incidents(cluster)[instance].replacement == new
    assert f"`{host}` → `{new}`" in words_of(station.only_message())
    assert any(new in line for line in _notes(station))
    assert station.at_rest()


def test_a_replacement_that_never_comes_is_waited_for_only_so_long(station: Station, cluster: Cluster) -> None:
    instance, _ = repaired(station, cluster, "payments-asg")
    station.clock.forward(minutes=9)

    station.wait(seconds=30)
    assert station.states() == ["repairing"]
    station.wait(minutes=1)

    assert station.states() == ["resolved"]
    assert station.incidents(cluster)[instance].replacement == ""
    assert "no replacement" in words_of(station.only_message())
    assert station.at_rest()


def test_a_host_takes_only_one_place(station: Station, cluster: Cluster) -> None:
    repaired(station, cluster, "one-asg")
    station.wait(seconds=15)
    (new,) = station.fleet.hosts_of("one-asg")
    station.fleet.register(cluster, new)
    known = station.store.known(cluster)
    (first,) = known.incidents.values()
    twin = replace(first, id="inc-2", instance=instance_id(2), version=0)
    station.store.save([twin])
    station.wait(seconds=30)
    station.clock.forward(minutes=9)

    station.wait(minutes=1)

    replacements = sorted(found.replacement for found in station.incidents(cluster).values())
    assert replacements == ["", new]


def test_a_replacement_that_cannot_be_looked_for_does_not_hold_up_the_end(station: Station, cluster: Cluster) -> None:
    repaired(station, cluster, "payments-asg")
    station.faults.fail("ec2:DescribeInstances", "UnauthorizedOperation", 403)
    station.wait(seconds=30)
    station.clock.forward(minutes=9)

    station.wait(minutes=1)

    assert station.states() == ["resolved"]
    assert station.at_rest()


def test_a_cluster_that_is_deleted_while_a_replacement_is_awaited_ends_it(station: Station, cluster: Cluster) -> None:
    repaired(station, cluster, "payments-asg")
    station.wait(seconds=20)

    station.fleet.lose(cluster)
    station.wait(minutes=3)
    assert station.mail.waiting(station.mail.looks_dead) == 0
    station.clock.forward(minutes=7)
    station.sweep()

    assert station.states() == ["resolved"]
    assert station.at_rest()


def test_sweeps_do_not_multiply_the_looks_at_a_repair(station: Station, cluster: Cluster) -> None:
    repaired(station, cluster, "payments-asg")
    station.wait(seconds=30)
    before = station.counted["looks"]

    for _ in range(3):
        station.sweep()
        station.wait(seconds=30)

    assert station.counted["looks"] - before <= 3 + 3 * 3
    assert station.mail.waiting(station.mail.delay) == 1


def _notes(station: Station) -> list[str]:
    return [words_of(reply) for message in station.slack.messages() for reply in message["replies"]]
