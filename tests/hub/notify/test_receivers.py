"""A new receiver is a module and a line: here a pager, which is called up and put down, and writes a report."""

from dataclasses import dataclass, field, replace

import pytest

from hub.incidents.bulletin import Bulletin
from hub.incidents.content import Content
from hub.incidents.delivery import Delivery
from hub.looks.reconciler import Reconciler
from spoke.places import Cluster
from tests.hub.mortals import Doom, MortalStore
from tests.hub.notify.channels import opened, watch
from tests.hub.station import Station

PAGER = "pager"


@dataclass
class Pager:
    """The module: what a receiver is."""

    calls: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)

    def deliver(self, content: Content, bulletin: Bulletin, *, leased: bool, urgent: bool) -> Bulletin:  # noqa: ARG002  # it needs neither
        page = bulletin.of(PAGER) or Delivery(PAGER, bulletin.episode.episode, "the one on duty")
        state = "put down" if content.over else "called"
        if page.untold:
            self.reports.append(page.handle)
            return bulletin.shows(replace(page, untold=False))
        if page.shown == state:
            return bulletin
        self.calls.append(state)
        page = replace(page, handle=page.handle or f"page-{len(self.calls)}", shown=state)
        return bulletin.shows(replace(page, untold=content.over))


@dataclass
class Paged(Station):
    """A hub at work with one receiver more."""

    pager: Pager = field(default_factory=Pager)

    @property
    def reconciler(self) -> Reconciler:
        made = super().reconciler
        told = made.notifier.dispatcher
        # The line.
        told = replace(told, receivers=(*told.receivers, self.pager))
        return replace(made, notifier=replace(made.notifier, dispatcher=told))


@pytest.fixture
def paged(station: Station) -> Paged:
    return Paged(**vars(station))


@pytest.fixture
def cluster(paged: Paged) -> Cluster:
    return paged.fleet.cluster()


def test_it_is_told_of_an_episode_from_its_beginning_to_its_end(paged: Paged, cluster: Cluster) -> None:
    instance = opened(paged, cluster)
    watch(paged, 2)
    assert paged.pager.calls == ["called"]

    paged.reconnect(cluster, instance)
    watch(paged, 2)

    assert (paged.pager.calls, paged.pager.reports) == (["called", "put down"], ["page-1"])
    assert paged.bulletin(cluster).episode.closed
    assert paged.states() == ["resolved"]


def test_what_it_has_is_kept_beside_what_slack_has(paged: Paged, cluster: Cluster) -> None:
    opened(paged, cluster)

    kept = paged.bulletin(cluster)

    assert [(each.receiver, each.handle) for each in kept.deliveries] == [
        ("slack", paged.only_message()["ts"]),
        (PAGER, "page-1"),
    ]


def test_an_episode_is_not_over_before_everything_is_told(paged: Paged, cluster: Cluster) -> None:
    """A look that dies between its last word and its report is made up for."""
    instance, doom = opened(paged, cluster), Doom()
    paged.store = MortalStore(paged.store, doom)
    doom.moment = "after keep 2"
    paged.reconnect(cluster, instance)

    paged.sweep()
    assert doom.moment == ""
    kept = paged.bulletin(cluster)
    assert ([each.untold for each in kept.deliveries], kept.episode.closed) == ([True, True], False)
    assert paged.pager.reports == []
    watch(paged, 8)  # SQS holds back what the dead one had

    assert paged.pager.reports == ["page-1"]
    assert paged.bulletin(cluster).episode.closed


def test_with_the_next_episode_it_is_told_anew(paged: Paged, cluster: Cluster) -> None:
    instance = opened(paged, cluster)
    paged.reconnect(cluster, instance)
    watch(paged, 30)
    opened(paged, cluster)

    assert paged.pager.calls == ["called", "put down", "called"]
    assert [each.handle for each in paged.bulletin(cluster).deliveries] == [paged.messages()[-1]["ts"], "page-3"]
