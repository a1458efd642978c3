"""The play: everything that may happen to the hub, as rules from which hypothesis makes stories.

A story that breaks a promise is printed with as few sentences as show it. All chance comes from what hypothesis draws,
so the same sentences always come to the same end.
"""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial, wraps
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from chatops.commands.parse import Command
from tests.hub.factories import CHANNEL, event
from tests.simulation.fate import Died, Turn
from tests.simulation.fleet import ACCOUNTS, ASIDE, HOST_STATES, IN_SERVICE, STATUSES
from tests.simulation.policies import POLICIES
from tests.simulation.post import Post
from tests.simulation.promises import Broken, Watcher
from tests.simulation.slack_line import (
    CLOSED_THREAD,
    IN_DOUBT,
    LOST,
    PASSING,
    RETRY_AFTER,
    SEALED,
    UNHEARD,
    Word,
    once_shared,
)
from tests.simulation.stage import Stage
from tests.simulation.systems_manager import ILLNESSES
from tests.simulation.world import PEOPLE, SECOND, Button, World
from tests.wire.faults import Fault, Kind
from tests.wire.payloads import Machine

SIZES = {
    "small": {"clusters": ("web", "db", "patient"), "machines": 2},
    "storm": {"clusters": ("web", "db", "c3", "c4", "c5", "c6", "patient"), "machines": 2},
    "large": {"clusters": ("web", "db", "c3", "c4", "c5", "c6", "c7", "patient"), "machines": 7},
}
_HOSTILE = {
    "no JSON": "{",
    "nothing": "{}",
    "foreign": json.dumps(event("foreign-account")),
    "of a strange kind": json.dumps(event("malformed-kind")),
    "without a time": json.dumps(event("malformed-time")),
    "with a bad hint": '{"cluster":"222233334444/eu-west-1/web","why":"x","drops":[["not-an-id",1,1,0,""]]}',
    "a storm that is none": '{"storm":"../.."}',
}
# How the world settles once nothing goes wrong any more: seconds between rounds, and whether members are visited.
_SETTLING = ((1, True), (60, False), (150, True), (300, False), (420, True), *((600, True),) * 8)
_HOW_LONG = st.sampled_from([1, 5, 20, 60, 125, 300, 600, 900, 3600])
# Which side effect: most functions have few, a look at many clusters and a storm's turn have many.
_NTH = st.one_of(st.integers(1, 4), st.integers(1, 9), st.integers(5, 40))
_OF = st.sampled_from(["", "", "slack:", "slack:chat.postMessage", "dynamodb:"])
_FUNCTIONS = st.sampled_from(["ingest", "look", "act", "sweep", "visit"])
_SOME = st.integers(0, 11)
_Method = Callable[..., None]
# How the tally's lines begin that count what a sentence has come to.
_MET = "…and "
BESIDE = "two people mute the same place side by side"
# What stories have to come to, besides every sentence.
_ALL = {
    *(f"a host is {state}" for state in HOST_STATES),
    *(f"an instance is {status}" for status in STATUSES),
    *(f"an account is lost: {how}" for how in ("roles", "left", "SUSPENDED", "PENDING_CLOSURE")),
    *(f"{number} functions ran at the same time" for number in (2, 3)),
    *(f"while act worked: {change}" for change in ("stop", "a storm", "16 minutes pass")),
    BESIDE,
    "a host is registered twice",
    "conflict of transactions",
    "died",
    "read of what is behind",
    "rows expired",
    "was overtaken",
}
# Whose turn it is, and for how many side effects.
_ORDER = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9)), max_size=24)
_SIDE_BY_SIDE = st.sampled_from(["look", "look", "look of the same", "act", "act", "sweep", "visit", "ingest"])
_CHANGES = (*sorted(POLICIES), "stop", "stop", "stop", "start", "a storm", "all is well again", "16 minutes pass")
# Seconds after which a FIFO queue gives out what a dead function has had.
_GIVEN_OUT_AGAIN = 400
# So long everything that is put off takes its time, if all is well.
_WATCHED_MINUTES = 6
# Days of a story; a claim is forgotten after thirty.
_MOST_DAYS = 20


# What each sentence draws.
SENTENCES: dict[str, dict[str, st.SearchStrategy[Any]]] = {}


def sentence(**drawn: st.SearchStrategy[Any]) -> Callable[[_Method], Any]:
    """Make a rule of a method, whose name is a sentence of the story; it is counted in the play's tally."""

    def make(method: _Method) -> Any:
        @wraps(method)
        def counted(self: "Play", **chosen: Any) -> None:
            self.tally[method.__name__] += 1
            method(self, **chosen)

        SENTENCES[method.__name__] = drawn
        made: Callable[[_Method], Any] = rule(**drawn)  # type: ignore[call-overload]  # none of them is a target
        return made(counted)

    return make


class Play(RuleBasedStateMachine):
    """One story. `stage`, `sizes` and `tally` are the same for all stories of a run; the tally tells what happened."""

    stage: ClassVar[Stage]
    sizes: ClassVar[tuple[str, ...]] = ("small", "storm")
    tally: ClassVar[Counter[str]] = Counter()
    most: ClassVar[Counter[str]] = Counter()
    world: World
    watcher: Watcher
    passed = 0

    @initialize(size=st.sampled_from(["small", "storm", "large"]), seed=st.integers(0, 999))
    def a_world(self, size: str, seed: int) -> None:
        self.tally["a_world"] += 1
        random.seed(seed)  # how long retries wait; or a story that was printed would go another way
        chosen = SIZES[size if size in self.sizes else self.sizes[-1]]
        self.world = World(self.stage, seed, rotates=True, **chosen)  # type: ignore[arg-type]
        self.watcher = Watcher(self.world)

    @classmethod
    def unmet(cls) -> set[str]:
        """What no story has come to so far."""
        met = {name.removeprefix(_MET) for name in cls.tally}
        return (SENTENCES.keys() | _ALL) - met

    @classmethod
    def steps(cls) -> int:
        """How many sentences there were in all stories."""
        return sum(number for name, number in cls.tally.items() if not name.startswith(_MET) and name != "a_world")

    def _met(self, what: str) -> None:
        self.tally[f"{_MET}{what}"] += 1

    def _any(self, number: int) -> str:
        labels = self.world.labels()
        return labels[number % len(labels)]

    # Members

    @sentence(
        cluster=_SOME, machine=st.integers(1, 2), told=st.sampled_from(["event", "event", "twice", "health", "never"])
    )
    def an_agent_drops(self, cluster: int, machine: int, told: str) -> None:
        self._drop(f"{self._any(cluster)}/{machine}", told)

    def _drop(self, label: str, told: str) -> None:
        machine = self.world.machine(label)
        self.world.fleet.unplug(machine)
        if self.world.fleet.registered(machine) and told != "never":
            for _ in range(2 if told == "twice" else 1):
                self.world.tell(machine, "health" if told == "health" else "event")

    @sentence(cluster=_SOME, machine=st.integers(1, 2), ill=st.sampled_from(sorted(ILLNESSES)))
    def more_than_its_agent_is_wrong(self, cluster: int, machine: int, ill: str) -> None:
        self.world.fleet.ill[self.world.machine(f"{self._any(cluster)}/{machine}").id] = ill

    @sentence(cluster=_SOME, machine=st.integers(1, 2))
    def it_comes_back(self, cluster: int, machine: int) -> None:
        self.world.fleet.plug_in(self.world.machine(f"{self._any(cluster)}/{machine}"))

    @sentence(clusters=st.integers(6, 16), told=st.sampled_from(["event", "event", "never"]))
    def many_clusters_lose_an_agent(self, clusters: int, told: str) -> None:
        for label in self.world.labels()[:clusters]:
            self._drop(f"{label}/1", told)

    @sentence()
    @precondition(lambda self: sum(1 for _ in self.world.fleet.broken()) > 4)
    def all_agents_come_back(self) -> None:
        for truth in list(self.world.fleet.truths.values()):
            self.world.fleet.plug_in(truth.machine)

    @sentence(cluster=_SOME)
    def a_whole_cluster_drops(self, cluster: int) -> None:
        for number in range(1, self.world.machines + 1):
            self._drop(f"{self._any(cluster)}/{number}", "event")

    @sentence(cluster=_SOME, machine=st.integers(1, 2))
    def an_agent_flaps(self, cluster: int, machine: int) -> None:
        """It goes, stays away for longer than the grace, and is back, thrice."""
        label = f"{self._any(cluster)}/{machine}"
        for _ in range(3):
            self._drop(label, "event")
            self.world.wait(150)
            self.world.fleet.plug_in(self.world.machine(label))
            self.world.ask_look(label)
            self.world.wait(10)

    @sentence(
        cluster=_SOME,
        machine=st.integers(1, 2),
        becomes=st.sampled_from([*HOST_STATES, *STATUSES, "noticed"]),
        told=st.booleans(),
    )
    def a_host_changes(self, cluster: int, machine: int, becomes: str, *, told: bool) -> None:
        self._change(self.world.machine(f"{self._any(cluster)}/{machine}"), becomes, told=told)

    def _change(self, one: Machine, becomes: str, *, told: bool) -> None:
        fleet = self.world.fleet
        if becomes in HOST_STATES:
            fleet.host(one, becomes)
            self._met(f"a host is {one.host.state}")
        elif becomes in STATUSES:
            fleet.status(one, becomes)
            self._met(f"an instance is {one.status if fleet.registered(one) else 'MISSING'}")
        else:
            fleet.ecs_notices(one)
        if told and fleet.registered(one):
            self.world.tell(one)

    @sentence(
        machine=st.integers(1, 2), then=st.sampled_from(["stopped", "terminated", "gone", "MISSING"]), cluster=_SOME
    )
    def one_in_trouble_is_drained_and_ends(self, cluster: int, machine: int, then: str) -> None:
        """People drain what has lost its agent, and then its host stops or ends: nobody is told of that by an event."""
        one = self.world.machine(f"{self._any(cluster)}/{machine}")
        self._drop(f"{self._any(cluster)}/{machine}", "event")
        self.world.wait(150)
        self._change(one, "DRAINING", told=False)
        self.world.wait(30)
        self._change(one, then, told=False)

    @sentence(cluster=st.integers(0, 1), machine=st.integers(1, 2), state=st.sampled_from([*IN_SERVICE, *ASIDE]))
    def auto_scaling_takes_a_hand(self, cluster: int, machine: int, state: str) -> None:
        """It does with one of a group, whose agent may be gone meanwhile."""
        one = self.world.machine(f"{'AB'[cluster]}/{self.world.groups[0]}/{machine}")
        self.world.fleet.lifecycle(one, state)
        self._met(f"Auto Scaling calls a host {one.host.lifecycle}")

    @sentence(hours=st.sampled_from([0, 1, 3, 48]))
    def a_lifecycle_hook_holds_up_ends(self, hours: int) -> None:
        hooks = self.world.fleet.hooks
        for group in self.world.groups:
            hooks[f"asg-{group}"] = timedelta(hours=hours)
        if not hours:
            hooks.clear()

    @sentence(cluster=_SOME, machine=st.integers(1, 2), told=st.sampled_from(["event", "never"]))
    def an_agent_registers_its_host_anew(self, cluster: int, machine: int, told: str) -> None:
        """Its old registration stays in the cluster, without an agent for ever."""
        one = self.world.machine(f"{self._any(cluster)}/{machine}")
        if self.world.fleet.can_register_anew(one):
            self.world.fleet.register_anew(one)
            self._met("a host is registered twice")
            if told == "event":
                self.world.tell(one)

    @sentence(
        account=st.sampled_from(["A", "B"]), how=st.sampled_from(["roles", "left", "SUSPENDED", "PENDING_CLOSURE"])
    )
    @precondition(lambda self: not self.world.fleet.without_role)
    def an_account_is_lost(self, account: str, how: str) -> None:
        """Its roles are deleted, it leaves the organization, or it is closed."""
        name = ACCOUNTS[account]
        if how == "roles":
            self.world.fleet.lose_role(name)
        else:
            self.world.fleet.leave(name, how)
        self._met(f"an account is lost: {how}")

    @sentence()
    @precondition(lambda self: self.world.fleet.without_role)
    def it_is_there_again(self) -> None:
        for account in ACCOUNTS.values():
            self.world.fleet.back(account)

    @sentence(cluster=st.integers(0, 3))
    def a_cluster_is_deleted(self, cluster: int) -> None:
        place = self.world.place(self._any(cluster))
        if self.world.fleet.exists(place):
            self.world.fleet.lose(place)

    @sentence(cluster=_SOME, value=st.sampled_from(["yes", "two", None]))
    def a_tag_changes(self, cluster: int, value: str | None) -> None:
        self.world.fleet.tag_cluster(self.world.place(self._any(cluster)), value)

    # Mail

    @sentence(which=st.integers(0, 9), how=st.sampled_from(["again", "at last", "replayed"]))
    @precondition(lambda self: self.world.sent)
    def an_old_event_arrives(self, which: int, how: str) -> None:
        body = self.world.sent[-1 - which % len(self.world.sent)]
        if how == "replayed":
            body = json.dumps(json.loads(body) | {"replay-name": "friday"})
        self.world.mail(body, delay=0 if how == "at last" else None)

    @sentence(kind=st.sampled_from(sorted(_HOSTILE)))
    def hostile_mail_arrives(self, kind: str) -> None:
        self.world.poison.append(_HOSTILE[kind])
        self.world.mail(_HOSTILE[kind])

    # Time and functions

    @sentence(seconds=_HOW_LONG)
    def time_passes_unused(self, seconds: int) -> None:
        self.world.forward(seconds)

    @sentence(seconds=_HOW_LONG)
    def the_hub_works(self, seconds: int) -> None:
        self.world.wait(seconds)

    @sentence(number=st.integers(1, 3), forgets=st.sampled_from(["at once", "later", "never"]))
    @precondition(lambda self: self.passed < _MOST_DAYS)
    def days_pass(self, number: int, forgets: str) -> None:
        """DynamoDB deletes what is over within days: at once, or after what comes next."""
        self.passed += number
        if forgets == "later":
            self._forget()
        self.world.days(number)
        if forgets == "at once":
            self._forget()

    def _forget(self) -> None:
        if self.world.expire():
            self._met("rows expired")

    @sentence(function=_FUNCTIONS)
    def runs_once(self, function: str) -> None:
        self._run(function, None)

    @sentence()
    def the_rounds_are_made(self) -> None:
        self.world.sweep()
        self.world.visit()
        self.world.deliver()

    @sentence(nth=_NTH, of=_OF, after=st.booleans())
    def a_look_dies(self, nth: int, of: str, after: bool) -> None:
        """It does at its n-th side effect."""
        self._die("look", nth, of, after=after)

    @sentence(nth=_NTH, after=st.booleans())
    def act_dies(self, nth: int, after: bool) -> None:
        """It does at its n-th side effect."""
        self._die("act", nth, after=after)

    @sentence(function=st.sampled_from(["ingest", "sweep", "visit"]), nth=st.integers(1, 6), after=st.booleans())
    def another_function_dies(self, function: str, nth: int, after: bool) -> None:
        """It does at its n-th side effect."""
        self._die(function, nth, after=after)

    def _die(self, function: str, nth: int, of: str = "", *, after: bool) -> None:
        def die() -> None:
            self._met("died")
            raise Died(f"{function} at {nth}")

        self._run(function, Turn(nth, after, die, of))

    @sentence(
        nth=_NTH,
        of=_OF,
        after=st.booleans(),
        by=st.sampled_from(["look of others", "look of the same", "look of the same", "act", "sweep", "visit"]),
        seconds=st.sampled_from([0, 4]),
    )
    def a_look_is_overtaken(self, nth: int, of: str, after: bool, by: str, seconds: int) -> None:
        """At its n-th side effect another function runs whole, some seconds later, and sees what is new since."""

        def meanwhile() -> None:
            self.world.forward(seconds)
            for truth in self.world.fleet.truths.values():
                truth.machine.host.checks = "impaired" if truth.machine.host.checks == "ok" else "ok"

        self._overtake("look", by, Turn(nth, after, meanwhile, of))

    @sentence(nth=_NTH, after=st.booleans(), by=st.sampled_from(["look", "sweep"]), later=st.sampled_from([0, 4, 12]))
    def act_is_overtaken(self, nth: int, after: bool, by: str, later: int) -> None:
        """At its n-th side effect another function runs whole, some seconds later."""
        self._overtake("act", by, Turn(nth, after, lambda: self.world.forward(later)))

    @sentence(functions=st.lists(_SIDE_BY_SIDE, min_size=2, max_size=3), order=_ORDER)
    def functions_run_at_the_same_time(self, functions: list[str], order: list[tuple[int, int]]) -> None:
        """They take turns at their side effects, each in an environment of its own."""
        for function in {function.split(maxsplit=1)[0] for function in functions}:
            queue = self._queues().get(function)
            if queue is not None and not self.world.leap(200, queue):
                self._give_it_work(function)
        self._met(f"{len(functions)} functions ran at the same time")
        self.world.fate.together([partial(self._once, function) for function in functions], order)

    def _once(self, function: str) -> None:
        world = self.world
        if function == "look of the same":
            world.looks.time_over()
        one = {"ingest": world.ingest, "look": world.look, "act": world.act, "sweep": world.sweep, "visit": world.visit}
        one[function.split(maxsplit=1)[0]]()

    @sentence(skews=st.lists(st.sampled_from([-1, 0, 1]), min_size=4, max_size=4))
    def clocks_differ(self, skews: list[int]) -> None:
        """Those of functions, by up to a second."""
        for environment, skew in zip(self.world.stage.environments, skews, strict=True):
            environment.skew = timedelta(seconds=skew)

    @sentence(seconds=st.sampled_from([0, 1, 3, 20]))
    def indexes_lag_behind(self, seconds: int) -> None:
        self.world.ledger.lag = timedelta(seconds=seconds)

    @sentence(
        turns=st.integers(0, 8),
        nth=st.integers(1, 12),
        of=_OF,
        after=st.booleans(),
        by=st.sampled_from(["death", "look of the same", "look of the same", "sweep"]),
    )
    def a_storm_is_disturbed(self, turns: int, nth: int, of: str, after: bool, by: str) -> None:
        """After some turns a function dies, or is overtaken, in the midst of it."""
        world = self.world
        if all(storm.closed for storm in self.watcher.storms.values()):
            for label in world.labels():
                self._drop(f"{label}/1", "event")
        for _ in range(turns):
            if world.leap(200, world.delay, world.looks):
                world.ingest()
                world.look()
        if by == "death":
            self._die("look", nth, of, after=after)
        else:
            self._overtake("look", by, Turn(nth, after, lambda: None, of))

    def _overtake(self, function: str, by: str, turn: Turn) -> None:
        def overtake() -> None:
            self._met("was overtaken")
            turn.happens()
            if by == "look of the same":
                self.world.looks.time_over()
            self._run(by.split(maxsplit=1)[0], None)

        self._run(function, replace(turn, happens=overtake))

    def _run(self, function: str, turn: Turn | None) -> None:
        world = self.world
        one = {"ingest": world.ingest, "look": world.look, "act": world.act, "sweep": world.sweep, "visit": world.visit}
        queue = self._queues().get(function)
        if queue is not None and not world.fate.running and not world.leap(400, queue):
            self._give_it_work(function)
        one[function](turn)

    def _queues(self) -> dict[str, Post]:
        return {"ingest": self.world.delay, "look": self.world.looks, "act": self.world.acts}

    def _give_it_work(self, function: str) -> None:
        """A function that has nothing to do can neither die nor be overtaken: somebody has to be in trouble."""
        world = self.world
        if function in {"look", "act"}:
            world.sweep()
        if function in {"ingest", "look"} and not world.looks.bodies():
            self._drop(f"{self._any(world.seed)}/1", "event")
            world.leap(400, world.delay)
        if function == "look" and not world.looks.bodies():
            world.ingest()
        elif function == "act" and (buttons := world.buttons()):
            world.click("Alice", buttons[-1])

    # What goes wrong

    @sentence(
        account=st.sampled_from(["A", "B"]),
        kind=st.sampled_from([kind for kind in Kind if kind not in {Kind.CONFLICTING, Kind.UNFINISHED}]),
        chance=st.sampled_from([0.3, 1.0]),
        service=st.sampled_from(["ecs:*", "ec2:*", "sts:*", "auto-scaling:*"]),
    )
    @precondition(lambda self: len(self.world.stage.wire.faults._on) < 3)
    def a_member_has_trouble(self, account: str, kind: Kind, chance: float, service: str) -> None:
        self.world.order(Fault(service, kind, self.world.place(f"{account}/web").account, chance))

    @sentence(
        kind=st.sampled_from([Kind.THROTTLED, Kind.SILENT, Kind.BROKEN, Kind.CONFLICTING, Kind.UNFINISHED]),
        chance=st.sampled_from([0.2, 0.6]),
        done=st.booleans(),
    )
    @precondition(lambda self: len(self.world.stage.wire.faults._on) < 3)
    def the_table_has_trouble(self, kind: Kind, chance: float, done: bool) -> None:
        self.world.order(Fault("dynamodb:*", kind, chance=chance, done=done))

    @sentence(kind=st.sampled_from([Kind.THROTTLED, Kind.SILENT]), done=st.booleans())
    @precondition(lambda self: len(self.world.stage.wire.faults._on) < 3)
    def the_queues_have_trouble(self, kind: Kind, done: bool) -> None:
        self.world.order(Fault("sqs:*", kind, chance=0.4, done=done))

    @sentence(places=st.sampled_from([{0}, {1}, {0, 2}, set(range(10))]))
    @precondition(lambda self: not self.world.office.places)
    def the_queues_refuse_some(self, places: set[int]) -> None:
        self.world.office.places = frozenset(places)

    @sentence(
        kind=st.sampled_from(["ratelimit", "lost_answer", "server_error", "slow"]),
        method=st.sampled_from(["*", "chat.postMessage", "chat.update"]),
        times=st.sampled_from([1, 1, 3]),
        accepted=st.booleans(),
    )
    def slack_has_trouble(self, kind: str, method: str, times: int, accepted: bool) -> None:
        self.world.slack_fault(method, kind, times=times, accepted=accepted)

    @sentence(
        word=st.sampled_from([*PASSING, *IN_DOUBT]),
        method=st.sampled_from(["*", "chat.postMessage", "chat.update", "conversations.history"]),
        times=st.sampled_from([1, 1, 3]),
        done=st.booleans(),
    )
    def slack_says_no_for_now(self, word: str, method: str, times: int, *, done: bool) -> None:
        """With HTTP 200, as it also does."""
        self.world.line.words.append(Word(method, word, times, done=done and word in IN_DOUBT))

    @sentence(after=st.sampled_from(RETRY_AFTER), times=st.sampled_from([1, 3]))
    def slack_says_429_in_its_own_way(self, after: str | None, times: int) -> None:
        self.world.line.words.append(Word("*", "", times, retry_after=after))

    @sentence(word=st.sampled_from(UNHEARD), times=st.sampled_from([1, 3]))
    def slack_tells_people_nothing(self, word: str, times: int) -> None:
        self.world.line.words.append(Word("chat.postEphemeral", word, times))

    @sentence(channel=st.sampled_from([CHANNEL, SECOND.id, SECOND.id]), word=st.sampled_from(LOST))
    def a_channel_is_lost(self, channel: str, word: str) -> None:
        self.world.line.lost[once_shared(channel)] = word

    @sentence(cluster=_SOME)
    @precondition(lambda self: not self.world.converted)
    def a_channel_is_converted(self, cluster: int) -> None:
        """A private one, in which a bulletin may stand, is made one to be shared: it has another id from now on."""
        self.world.fleet.tag_cluster(self.world.place(self._any(cluster)), "two")
        self._drop(f"{self._any(cluster)}/1", "event")
        self.world.wait(150)
        self.world.convert()

    @sentence(which=_SOME, word=st.sampled_from(CLOSED_THREAD))
    @precondition(lambda self: self.watcher.messages())
    def a_thread_takes_no_replies(self, which: int, word: str) -> None:
        if place := self._message(which):
            self.world.line.closed[place] = word

    @sentence(which=_SOME, word=st.sampled_from(SEALED))
    @precondition(lambda self: self.watcher.messages())
    def a_message_takes_no_edits(self, which: int, word: str) -> None:
        if place := self._message(which):
            self.world.line.sealed[place] = word

    def _message(self, which: int) -> tuple[str, str] | None:
        """Where one of the open bulletins' messages is."""
        shown = [b.slack for b in self.watcher.bulletins.values() if b.slack.handle and not b.episode.closed]
        places = [(once_shared(slack.address), slack.handle) for slack in shown]
        return places[which % len(places)] if places else None

    @sentence()
    @precondition(lambda self: not self.world.line.down)
    def slack_goes_down(self) -> None:
        self.world.line.down = True

    @sentence(what=st.sampled_from(["all", "all", "slack", "aws"]))
    @precondition(lambda self: self.world.has_trouble)
    def it_heals(self, what: str) -> None:
        if what != "aws":
            self.world.heal_slack()
        if what != "slack":
            self.world.heal_aws()

    # People

    @sentence(
        person=st.sampled_from(sorted(PEOPLE)),
        wish=st.sampled_from(
            ["acknowledge", "mute", "decline", *("ackall", "terminate", "restart-agent", "approve") * 2]
        ),
        which=st.integers(0, 9),
    )
    def somebody_clicks(self, person: str, wish: str, which: int) -> None:
        buttons = [button for button in self.world.buttons() if wish in button.found.element["action_id"]]
        if buttons:
            self.world.click(person, buttons[which % len(buttons)])

    @sentence(person=st.sampled_from(sorted(PEOPLE)), cluster=_SOME, more=st.integers(1, 2), seconds=_HOW_LONG)
    def it_grows_after_it_was_acknowledged(self, person: str, cluster: int, more: int, seconds: int) -> None:
        """Somebody takes on all of a cluster, and then it loses some more."""
        world, label = self.world, self._any(cluster)
        self._drop(f"{label}/1", "event")
        world.wait(150)
        world.say(person, Command("ack", world.cluster(label).name))
        world.say(person, Command("ack", world.cluster(label).key))
        world.wait(10)
        for number in range(2, 2 + more):
            if number <= world.machines:
                self._drop(f"{label}/{number}", "event")
        world.wait(seconds)

    @sentence(person=st.sampled_from(sorted(PEOPLE)))
    @precondition(lambda self: any(not storm.closed for storm in self.watcher.storms.values()))
    def somebody_acknowledges_a_storm(self, person: str) -> None:
        storms = [storm for storm in self.watcher.storms.values() if not storm.closed]
        for storm in storms[:1]:
            self.world.say(person, Command("ack", f"storm:{storm.id}"))

    @sentence(person=st.sampled_from(sorted(PEOPLE)), which=st.integers(0, 9))
    @precondition(lambda self: self.world.snapshots)
    def somebody_clicks_on_what_was_shown_before(self, person: str, which: int) -> None:
        self.world.click(person, self.world.snapshots[-1 - which % len(self.world.snapshots)])

    @sentence(
        person=st.sampled_from(sorted(PEOPLE)),
        what=st.sampled_from(["all", "account", "cluster"]),
        which=_SOME,
        span=st.sampled_from(["3m", "20m", "2h"]),
    )
    def somebody_mutes(self, person: str, what: str, which: int, span: str) -> None:
        cluster = self.world.cluster(self._any(which))
        target = {"all": "all", "account": cluster.account, "cluster": f"cluster:{cluster.key}"}[what]
        self.world.say(person, Command("mute", target, span, "a deploy"))

        others = {str(mute.scope): mute.by for mute in self.watcher.muted()}
        scope = {"all": "organization", "account": f"account:{cluster.account}"}.get(what, target)
        if others.get(scope, PEOPLE[person]) != PEOPLE[person]:
            self._met(BESIDE)

    @sentence(person=st.sampled_from(sorted(PEOPLE)), which=st.integers(0, 9), named=st.booleans())
    @precondition(lambda self: self.watcher.muted())
    def somebody_unmutes(self, person: str, which: int, named: bool) -> None:
        """By its id, as a button does, or by its place alone, as an older one does: then it may be asked which."""
        muted = self.watcher.muted()
        mute = muted[which % len(muted)]
        self.world.say(person, Command("unmute", mute.key if named else str(mute.scope)))

    # Rules that change

    @sentence(name=st.sampled_from(sorted(POLICIES)))
    def the_policy_changes(self, name: str) -> None:
        self.world.policy_changes(name)
        self._met(f"the policy is: {name}")

    @sentence(person=st.sampled_from(sorted(PEOPLE)), stop=st.booleans())
    def somebody_stops_or_starts_repairs(self, person: str, *, stop: bool) -> None:
        self.world.say(person, Command("stop" if stop else "start", reason="a deploy"))

    @sentence(
        account=st.sampled_from(["A", "B"]),
        wish=st.sampled_from(["terminate", "approve"]),
        nth=st.one_of(st.integers(1, 12), st.integers(1, 30)),
        after=st.booleans(),
        change=st.sampled_from(_CHANGES),
        dies=st.booleans(),
    )
    def rules_change_while_act_works(
        self, account: str, wish: str, nth: int, change: str, *, after: bool, dies: bool
    ) -> None:
        """They do at its n-th side effect, after which it goes on, or dies and gets the same request again."""
        if not self._asks(account, wish):
            return

        def happens() -> None:
            self._met(f"while act worked: {change}")
            self._change_rules(change)
            if dies:
                raise Died(f"act at {nth}, after {change}")

        self._run("act", Turn(nth, after, happens))
        if dies:
            self.world.wait(_GIVEN_OUT_AGAIN)

    def _asks(self, account: str, wish: str) -> bool:
        """Somebody clicks on what is to be done in that account; first somebody has to be in trouble there."""
        world = self.world

        def buttons(wish: str) -> list[Button]:
            shown = [button for button in world.buttons() if wish in button.found.element["action_id"]]
            return [button for button in shown if button.found.element["value"].startswith(ACCOUNTS[account])]

        if not buttons("terminate") and not buttons("approve"):
            self._drop(f"{account}/web/1", "event")
            world.wait(150)
        if wish == "approve" and not buttons("approve") and (asked := buttons("terminate")):
            world.click("Alice", asked[-1])
            world.wait(10)
        found = buttons(wish)
        if found:
            world.click("Bob" if wish == "approve" else "Alice", found[-1])
        return bool(found)

    def _change_rules(self, change: str) -> None:
        world = self.world
        if change in POLICIES:
            world.policy_changes(change)
        elif change in {"stop", "start"}:
            world.turn_switch(stop=change == "stop")
        elif change == "a storm":
            for label in world.labels():
                self._drop(f"{label}/1", "event")
            world.forward(121)
            for function in ("ingest", "look", "look", "sweep", "look", "look"):
                self._once(function)
        elif change == "all is well again":
            for truth in list(world.fleet.truths.values()):
                world.fleet.plug_in(truth.machine)
            self._once("sweep")
            for _ in range(3):
                self._once("look")
        else:
            world.forward(16 * 60)

    @sentence(by=st.sampled_from(["Alice", "Bob", "Bob"]), nth=_NTH, after=st.booleans())
    def an_approval_dies(self, by: str, nth: int, after: bool) -> None:
        """What waits for an approval, or is made to, gets one, and act dies at its n-th side effect over it."""
        world = self.world
        if not self._in_b("approve") and not self._in_b("terminate"):
            self._drop("B/db/1", "event")
            world.wait(150)
        if not self._in_b("approve") and (buttons := self._in_b("terminate")):
            world.click("Alice", buttons[-1])
            world.wait(10)
        if buttons := self._in_b("approve"):
            world.click(by, buttons[-1])
            self._die("act", nth, after=after)

    def _in_b(self, wish: str) -> list[Button]:
        """The buttons of a kind that are about account B."""
        buttons = [button for button in self.world.buttons() if wish in button.found.element["action_id"]]
        return [button for button in buttons if button.found.element["value"].startswith(ACCOUNTS["B"])]

    @sentence(which=st.integers(0, 3))
    @precondition(lambda self: self.world.said)
    def the_same_words_come_in_again(self, which: int) -> None:
        self.world.said_again(self.world.said[-1 - which % len(self.world.said)])

    @sentence(person=st.sampled_from(sorted(PEOPLE)), which=st.integers(0, 9), nth=st.integers(1, 12))
    def somebody_clicks_while_it_is_looked_at(self, person: str, which: int, nth: int) -> None:
        """Act works off the click in the middle of a look."""
        buttons = self.world.buttons()
        if buttons:
            self.world.click(person, buttons[which % len(buttons)])
            self.world.sweep()
            self._overtake("look", "act", Turn(nth, after=True, happens=lambda: None))

    @sentence(which=st.integers(0, 3))
    @precondition(lambda self: self.world.asked)
    def the_same_click_comes_in_again(self, which: int) -> None:
        self.world.acts_again(self.world.asked[-1 - which % len(self.world.asked)])

    # Promises

    def check_invariants(self, *_: object) -> None:
        """After every step. An @invariant would do the same, and be a line of every story after each sentence."""
        if hasattr(self, "watcher"):
            self.watcher.check()

    def teardown(self) -> None:
        if hasattr(self, "watcher") and not self.watcher.broken:
            settle(self.world, self.watcher)
            for what, number in self.watcher.most.items():
                self.most[what] = max(self.most[what], number)
            for what, number in [*self.world.met.items(), *self.world.line.said.items()]:
                self.tally[f"{_MET}{what}"] += number


def settle(world: World, watcher: Watcher, watched: int = _WATCHED_MINUTES) -> None:
    """Heal everything, end all mutes, and let time pass until all is as it should be. Raises Broken if it never is.

    So many minutes are `watched` one by one, for what is said in time and how busy the hub is meanwhile.
    """
    world.heal()
    for minute in range(1, watched + 1):
        before, came = _spent(world), _came(world)
        clusters = watcher.spoken_of()
        world.minute()
        spent = _spent(world) - before
        watcher.check()
        met = clusters | watcher.spoken_of()
        late = [*watcher.late(timedelta(minutes=minute)), *watcher.busy(met, spent, _came(world) - came)]
        if late:
            raise Broken(f"{minute} minutes after all was well again:\n" + "\n".join(late))
    unkept: list[str] = []
    for seconds, visits in _SETTLING:
        world.wait(seconds)
        if watcher.muted() and not world.policies[-1][1].may:
            world.policy_changes("usual")  # or nobody could end them
        for mute in watcher.muted():
            world.say("Alice", Command("unmute", mute.key))
        world.sweep()
        if visits:
            world.visit()
        world.wait(20)
        watcher.check()
        unkept = watcher.unkept()
        if not unkept:
            return
    raise Broken("it never comes to rest:\n" + "\n".join(unkept))


def _came(world: World) -> Counter[str]:
    """What has come in since the world began that wants a look each: events, and what people want."""
    return Counter({name: world.counted[name] for name in ("events", "requests")})


def _spent(world: World) -> Counter[str]:
    """What there has been of it since the world began, by what a minute of it is called."""
    line = world.line
    return Counter(
        {"looks a minute": world.counted["looks"], "429 a minute": line.refusals, "replies a minute": line.replies}
    )
