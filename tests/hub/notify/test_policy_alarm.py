"""What operators are told of a policy that is wrong: once, and in a channel that is there."""

import pytest

from hub.slack.client import Rejected
from tests.hub.factories import CHANNEL
from tests.hub.notify.channels import THIRD, said
from tests.hub.station import Station

GOOD = f'[slack]\nfallback_channel = "{THIRD}"\noperators = ["S0OPERATE"]\n'
BAD = "[[routes"


def test_operators_are_told_once_that_the_policy_is_wrong(station: Station) -> None:
    station.govern(GOOD)
    station.reconciler.policy_alarm.attend()
    assert said(station) == []
    station.govern(BAD)
    station.wait(minutes=1)

    for _ in range(2):
        station.reconciler.policy_alarm.attend()

    assert said(station) == ["<!subteam^S0OPERATE> Something is wrong with Coastguard's policy."]
    assert said(station, THIRD) == []


def test_where_the_channel_is_lost_the_last_good_policys_fallback_is_told(station: Station) -> None:
    station.govern(GOOD)
    station.govern(BAD)
    station.slack.change(CHANNEL, archived=True)

    for _ in range(2):
        station.reconciler.policy_alarm.attend()

    assert len(said(station, THIRD)) == 1


def test_what_nobody_could_be_told_is_told_later(station: Station) -> None:
    station.govern(BAD)
    station.slack.change(CHANNEL, archived=True)
    with pytest.raises(Rejected):
        station.reconciler.policy_alarm.attend()

    station.slack.change(CHANNEL, archived=False)
    station.reconciler.policy_alarm.attend()

    assert len(said(station)) == 1
