"""Between any two tries of a request the rules may change: who was told no has nothing done, and nothing left undone.

And a stop holds at once: nothing of a repair begins after it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chatops.clicks.requests import Request
from hub.incidents.audit import Entry
from hub.incidents.bulletin import Bulletin
from hub.incidents.incident import Incident, State
from hub.looks.lifecycle import Lifecycle
from hub.policy.repair_stop import RepairStop
from hub.slack.button_values import ACKNOWLEDGE, APPROVE
from hub.table.clusters import Alongside
from hub.table.store import Store
from tests.chatops.factories import ALICE, BOB
from tests.chatops.fate import Died
from tests.chatops.policies import EVERYBODY
from tests.chatops.story import Story, Victim
from tests.hub.factories import altered

SECOND_PERSON = EVERYBODY + "[[approvals]]\nremedy = 'terminate'\n"
ONLY_BOB = f'[[rights]]\nwho = ["{BOB}"]\nmay = "*"\n[[approvals]]\nremedy = "terminate"\n'
TERMINATION = "ec2:TerminateInstances"


def stop(story: Story) -> None:
    before = story.hub.store.switch()
    story.hub.store.turn(RepairStop(BOB, story.clock(), "an outage", before.version))


def start(story: Story) -> None:
    before = story.hub.store.switch()
    story.hub.store.turn(RepairStop("", story.clock(), "", before.version))


def storm(story: Story) -> None:
    story.storm()


def lose_right(story: Story) -> None:
    story.policy(ONLY_BOB)


def wait(story: Story) -> None:
    story.clock.go_on(timedelta(minutes=14, seconds=59))


def replace_message(story: Story) -> None:
    """The cluster's message begins anew elsewhere."""
    story.hub.store.keep(altered(story.bulletin(), handle="1772443999.000100"))


CHANGES: tuple[Callable[[Story], None], ...] = (stop, storm, lose_right, wait, replace_message)


def die(story: Story, request: Request, moment: str) -> None:
    story.hub.fate.die(moment)
    with pytest.raises(Died, match=moment):
        story.act(request, 1)
    story.begin_anew()


def has_nothing_left(story: Story, request: Request, victim: Victim) -> None:
    """What a refusal has to leave behind: nothing done, begun, or waiting for anybody."""
    assert story.outcome(request).startswith("refused: ")
    assert story.is_untouched(victim)
    incident = story.incident(victim)
    assert incident.state is State.OPEN
    assert incident.pending is None
    assert incident.repair is None


# What waits for an approval


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("moment", ["after save 1", "after ask 1"])
def test_a_request_that_waits_is_not_refused_when_it_comes_again(
    story: Story, moment: str, change: Callable[[Story], None]
) -> None:
    story.policy(SECOND_PERSON)
    (victim,) = story.trouble(grouped=False)
    request = story.click()
    die(story, request, moment)
    change(story)

    story.act(request, 2)

    assert story.outcome(request) == "waits for approval"
    assert story.whispers(ALICE) == []
    pending = story.incident(victim).pending
    assert pending is not None
    assert pending.request == request.id


@pytest.mark.parametrize("change", [stop, storm, lose_right])
def test_a_refused_approval_withdraws_what_it_would_have_approved(
    story: Story, change: Callable[[Story], None]
) -> None:
    story.policy(SECOND_PERSON)
    (victim,) = story.trouble(grouped=False)
    story.act(story.click())
    story.look()
    approval = story.click(APPROVE, BOB)
    change(story)

    story.act(approval)

    has_nothing_left(story, approval, victim)
    assert {entry.what for entry in story.log(approval)} == {"refused: approve", "Terminate: request withdrawn"}
    assert len(story.whispers(BOB)) == 1


def test_an_approval_by_a_message_that_is_none_any_more_leaves_the_request_to_the_newest(story: Story) -> None:
    story.policy(SECOND_PERSON)
    (victim,) = story.trouble(grouped=False)
    request = story.click()
    story.act(request)
    story.look()
    approval = story.click(APPROVE, BOB)
    replace_message(story)

    story.act(approval)

    pending = story.incident(victim).pending
    assert pending is not None
    assert pending.request == request.id


def test_who_may_not_approve_withdraws_nothing(story: Story) -> None:
    story.policy(SECOND_PERSON)
    (victim,) = story.trouble(grouped=False)
    story.act(story.click())
    story.look()

    story.act(story.click(APPROVE, ALICE))

    assert story.incident(victim).pending is not None


# What was refused


@pytest.mark.parametrize("moment", ["after finish 1", "before whisper 1", "after whisper 1"])
def test_what_was_refused_is_not_done_when_the_rules_allow_it_again(story: Story, moment: str) -> None:
    (victim,) = story.trouble(grouped=False)
    request = story.click()
    stop(story)
    die(story, request, moment)
    start(story)

    story.act(request, 2)

    has_nothing_left(story, request, victim)
    told = story.whispers(ALICE)
    assert all(line.startswith("All repairs are stopped") for line in told)
    assert len(told) == (2 if moment == "after whisper 1" else 1)
    assert len(story.log(request)) == 1
    story.act(request, 3)
    assert len(story.whispers(ALICE)) == len(told)


def test_a_refused_approval_is_not_done_when_the_rules_allow_it_again(story: Story) -> None:
    story.policy(SECOND_PERSON)
    (victim,) = story.trouble(grouped=False)
    story.act(story.click())
    story.look()
    approval = story.click(APPROVE, BOB)
    stop(story)
    die(story, approval, "after save 1")
    start(story)

    story.act(approval, 2)

    has_nothing_left(story, approval, victim)


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_picked_is_not_refused_when_it_comes_again(story: Story, change: Callable[[Story], None]) -> None:
    victims = story.trouble(grouped=False, size=6)
    story.look()
    request = story.pick(victims[-1])
    die(story, request, "after save 1")
    change(story)

    story.act(request, 2)

    assert story.outcome(request) == "picked"
    assert story.whispers(ALICE) == []


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_acknowledged_is_not_refused_when_it_comes_again(
    story: Story, change: Callable[[Story], None]
) -> None:
    story.trouble(grouped=False)
    request = story.click(ACKNOWLEDGE)
    die(story, request, "after save 1")
    change(story)

    story.act(request, 2)

    assert story.outcome(request) == "acknowledged"


# A stop


class Stopping(Store):
    """A table in which somebody stops all repairs, just after act has read the switch so many times, or has saved."""

    reads, saves = 0, 0

    def switch(self) -> RepairStop:
        read = super().switch()
        self.reads -= 1
        if self.reads == 0:
            self._stop(read)
        return read

    def save(
        self,
        incidents: Sequence[Incident],
        bulletin: Bulletin | None = None,
        entries: Iterable[Entry] = (),
        alongside: Alongside | None = None,
        **read: Any,
    ) -> Bulletin | None:
        written = super().save(incidents, bulletin, entries, alongside, **read)
        self.saves -= 1
        if self.saves == 0:
            self._stop(super().switch())
        return written

    def _stop(self, read: RepairStop) -> None:
        self.turn(RepairStop(BOB, read.at, "an outage", read.version))


def stopping(story: Story, reads: int = 0, saves: int = 0) -> None:
    store = Stopping(story.hub.store._table, "eu-west-1")
    store.reads, store.saves = reads, saves
    hub, caps = replace(story.acting.hub, table=store), replace(story.acting.caps, store=store)
    story.acting = replace(story.acting, hub=hub, lifecycle=Lifecycle(store), caps=caps)


@pytest.mark.parametrize("started", [False, True], ids=["nobody had ever stopped them", "they had been started again"])
@pytest.mark.parametrize("reads", [1, 2])
def test_a_stop_after_the_last_reading_of_the_switch_holds(story: Story, reads: int, *, started: bool) -> None:
    if started:
        stop(story)
        start(story)
    (victim,) = story.trouble(grouped=False)
    request = story.click()
    stopping(story, reads=reads)

    story.act(request)

    has_nothing_left(story, request, victim)
    assert story.whispers(ALICE)[0].startswith("All repairs are stopped")


def test_a_stop_holds_for_what_is_approved(story: Story) -> None:
    story.policy(SECOND_PERSON)
    (victim,) = story.trouble(grouped=False)
    story.act(story.click())
    story.look()
    approval = story.click(APPROVE, BOB)
    stopping(story, reads=1)

    story.act(approval)

    has_nothing_left(story, approval, victim)


def test_a_stop_just_after_the_beginning_comes_before_anything_is_done(story: Story) -> None:
    (victim,) = story.trouble(grouped=False)
    request = story.click()
    stopping(story, saves=1)

    story.act(request)

    assert story.is_untouched(victim)
    incident = story.incident(victim)
    assert incident.state is State.OPEN
    assert incident.repair is not None
    assert incident.repair.problem == "Repairs were stopped meanwhile, so nothing was done."
    assert story.outcome(request) == f"failed: {incident.repair.problem}"
    assert [entry.what for entry in story.log(request)] == ["asked: Terminate", "Terminate failed"]


def test_a_repair_that_a_crash_has_cut_off_does_not_go_on_after_a_stop(story: Story) -> None:
    """The host is going down; what else there was to do is left, and it is said."""
    (victim,) = story.trouble(grouped=False)
    request = story.click()
    die(story, request, f"after {TERMINATION} 1")
    stop(story)

    story.act(request, 2)

    assert story.terminations() == 1
    assert story.hub.trail.of("ecs:DeregisterContainerInstance") == []
    assert "part of it may be done" in story.outcome(request)
    assert story.state(victim) is State.OPEN
    story.look()
    assert story.state(victim) is State.RESOLVED
    assert story.incident(victim).ending == "terminated"


def test_an_approval_withdrawn_meanwhile_begins_nothing(story: Story) -> None:
    """A look has it lapse between act's reading and act's writing: the write stands or falls with it."""
    story.policy(SECOND_PERSON)
    (victim,) = story.trouble(grouped=False)
    story.act(story.click())
    story.look()
    approval = story.click(APPROVE, BOB)

    class Lapsing(Store):
        def switch(self) -> RepairStop:
            known = self.incident(story.cluster, victim.instance)
            if known and known.pending:
                self.save([replace(known, pending=None)])
            return super().switch()

    store = Lapsing(story.hub.store._table, "eu-west-1")
    hub = replace(story.acting.hub, table=store)
    story.acting = replace(story.acting, hub=hub, lifecycle=Lifecycle(store))

    story.act(approval)

    has_nothing_left(story, approval, victim)
    assert story.whispers(BOB) == ["That request is no longer waiting for an approval."]


class Busy(Store):
    """A table in which somebody else turns the switch, so many times, just after it was read."""

    others = 0

    def switch(self) -> RepairStop:
        read = super().switch()
        if self.others:
            self.others -= 1
            self.turn(RepairStop("", read.at, "somebody else", read.version))
        return read


@pytest.mark.parametrize("others", [1, 3])
def test_a_stop_is_written_whoever_else_turns_the_switch(story: Story, others: int) -> None:
    store = Busy(story.hub.store._table, "eu-west-1")
    store.others = others
    writes = story.commands._writes
    story.commands._writes = replace(writes, known=replace(writes.known, store=store))

    story.say("stop an outage", BOB)

    assert story.hub.store.switch().stopped_by == BOB
