"""Policies made up, and the many ways of writing each of them down."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any

from hypothesis import strategies as st

from hub.incidents.links import Links
from hub.incidents.severity import Severity
from hub.policy.matching import Match
from hub.policy.policy import ACTIONS, Approval, Cap, Policy, Right, Route, written
from hub.policy.windows import DAYS, Window

ACCOUNTS = ("222233334444", "333344445555", "444455556666")
NAMES = ("Payments", "Search und Such", 'Ops "24/7" # now', "a'b", "x]y")
UNITS = ("ou-ab12-34cd56ef", "ou-ab12-78ab90cd")
REGIONS = ("eu-west-1", "us-east-1", "us-gov-west-1")
CLUSTERS = ("prod-*", "batch", "*-test", "c?", "[ab]*")
PEOPLE = ("U0ALICE01", "W0BOB0002", "S0PAYMENTS", "S0LEADS")
ZONES = ("UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe")


def _some(words: Iterable[str], least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(list(words)), min_size=least, max_size=3, unique=True).map(tuple)


def _minutes(least: int, most: int) -> st.SearchStrategy[timedelta]:
    return st.integers(least, most).map(lambda minutes: timedelta(minutes=minutes))


CHANNELS = st.sampled_from(["", "C0PAYMENTS", "G0PRIVATE1"])
MATCHES = st.builds(
    Match,
    account=_some((*ACCOUNTS, *NAMES)),
    unit=_some(UNITS),
    account_tag=_some(("team=payments", "team", "cost=a=b")),
    region=_some(REGIONS),
    cluster=_some(CLUSTERS),
    group=_some(("prod", "batch jobs")),
    severity=_some(Severity).map(lambda words: tuple(map(str, words))),
)
REMINDERS = st.none() | _minutes(5, 7 * 1440)
POLICIES = st.builds(
    Policy,
    routes=st.lists(
        st.builds(
            Route,
            where=MATCHES,
            channel=CHANNELS,
            owners=_some(PEOPLE),
            sns_topic=st.sampled_from(["", "arn:aws:sns:eu-west-1:111122223333:pager"]),
            environment=st.sampled_from(["", "prod", "test-2"]),
            remind_after=REMINDERS,
            runbook=st.sampled_from(["", "https://wiki.example.com/ecs?page=agent&lang=en#top"]),
        ),
        max_size=3,
    ).map(tuple),
    rights=st.lists(
        st.builds(Right, who=_some(PEOPLE), may=_some((*ACTIONS, "terminate", "repair", "*"), 1), where=MATCHES),
        max_size=2,
    ).map(tuple),
    approvals=st.lists(
        st.builds(
            Approval,
            where=MATCHES,
            environments=_some(("prod", "test-2")),
            remedies=st.sampled_from([(), ("terminate",)]),
            more_than=st.integers(0, 9),
            approvers=_some(PEOPLE),
            expires=_minutes(1, 1440),
        )
        | st.builds(Approval, more_than_share=st.integers(0, 99).map(lambda percent: percent / 100)),
        max_size=2,
    ).map(tuple),
    caps=st.lists(
        st.builds(
            Cap,
            most=st.integers(0, 99),
            per=_minutes(1, 7 * 1440),
            where=MATCHES,
            remedies=st.sampled_from([(), ("terminate",)]),
        ),
        max_size=2,
    ).map(tuple),
    windows=st.lists(
        st.builds(
            Window,
            days=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
            start=st.times().map(lambda at: time(at.hour, at.minute)),
            length=_minutes(5, 23 * 60),
            zone=st.sampled_from(ZONES),
            where=MATCHES,
            reason=st.sampled_from(["", "patch night", 'the "big" one\\']),
        ),
        max_size=2,
    ).map(tuple),
    aliases=st.sampled_from([(), (("pay", ACCOUNTS[0]), ("such-2", ACCOUNTS[1]))]),
    remind_after=REMINDERS,
    fallback_channel=CHANNELS,
    operators=_some(PEOPLE),
    links=st.builds(
        Links,
        portal=st.just("https://example.awsapps.com/start"),
        role=st.sampled_from(["", "ReadOnlyAccess"]),
        log_group=st.sampled_from(["", "/ecs/{account}/{cluster}"]),
    )
    | st.builds(Links, log_group=st.sampled_from(["", "agents"])),
)


@dataclass
class Writing:
    """A policy written down. `values` are the lines that hold a key with the whole of its value, `headers` others."""

    draw: Any
    lines: list[str] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    headers: list[int] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def whole(self, policy: Policy) -> str:
        self._singles(policy)
        for route in policy.routes:
            self._header("[[routes]]")
            self._word("channel", route.channel)
            self._words("owners", route.owners)
            self._word("sns_topic", route.sns_topic)
            self._word("environment", route.environment)
            self._span("remind_after", route.remind_after)
            self._word("runbook", route.runbook)
            self._where("routes", route.where, policy)
        for right in policy.rights:
            self._header("[[rights]]")
            self._words("who", right.who, always=True)
            self._words("may", right.may)
            self._where("rights", right.where, policy)
        for approval in policy.approvals:
            self._approval(approval)
            self._where("approvals", approval.where, policy)
        for cap in policy.caps:
            self._header("[[caps]]")
            self._words("remedy", cap.remedies)
            self._key("most", str(cap.most))
            self._span("per", cap.per)
            self._where("caps", cap.where, policy)
        for window in policy.windows:
            self._window(window)
            self._where("windows", window.where, policy)
        return self.text

    def _singles(self, policy: Policy) -> None:
        self._header("[slack]")
        self._word("fallback_channel", policy.fallback_channel)
        self._words("operators", policy.operators)
        if policy.remind_after or self._choice(1):
            self._header("[reminders]")
            self._span("after", policy.remind_after)
        if policy.links != Links():
            self._header("[links]")
            self._word("portal", policy.links.portal)
            self._word("role", policy.links.role)
            self._word("log_group", policy.links.log_group)
        if policy.aliases:
            self._header("[aliases]")
            for alias, account in policy.aliases:
                self._word(alias, account)

    def _approval(self, approval: Approval) -> None:
        self._header("[[approvals]]")
        self._words("environment", approval.environments)
        self._words("remedy", approval.remedies)
        if approval.more_than_share is not None:
            self._key("more_than", f'"{approval.more_than_share * 100:.0f}%"')
        elif approval.more_than:
            self._key("more_than", str(approval.more_than))
        self._words("approvers", approval.approvers)
        self._span("expires", approval.expires)

    def _window(self, window: Window) -> None:
        self._header("[[windows]]")
        if len(window.days) == len(DAYS) and self._choice(1):
            self._word("days", "daily")
        else:
            self._words("days", tuple(DAYS[day] for day in window.days))
        self._key("start", (f'"{window.start:%H:%M}"', f"{window.start:%H:%M}:00")[self._choice(1)])
        self._span("length", window.length)
        self._word("zone", window.zone)
        self._word("reason", window.reason)

    def _where(self, table: str, where: Match, policy: Policy) -> None:
        names = {account: alias for alias, account in policy.aliases}
        keys = [
            (key, tuple(names[w].upper() if w in names and self._choice(1) else w for w in words))
            for key, words in where.asked()
        ]
        match self._choice(2):
            case _ if not keys:
                pass
            case 0:
                self._key("where", "{ " + ", ".join(f"{key} = {self._list(words)}" for key, words in keys) + " }")
            case 1:
                for key, words in keys:
                    self._words(f"where.{key}", words)
            case _:
                self._header(f"[{table}.where]", fresh=False)
                for key, words in keys:
                    self._words(key, words)

    def _header(self, text: str, *, fresh: bool = True) -> None:
        if fresh:
            self.lines += [""] * self._choice(1) + ["# [[routes]]"] * self._choice(1)
        self.lines.append(text)
        self.headers.append(len(self.lines))

    def _key(self, key: str, value: str) -> None:
        self.lines.append(f"{key} = {value}{('', '  # and so on')[self._choice(1)]}")
        self.values.append(len(self.lines))

    def _word(self, key: str, word: str) -> None:
        if word:
            self._key(key, self._quoted(word))

    def _span(self, key: str, span: timedelta | None) -> None:
        if span:
            minutes = int(span.total_seconds()) // 60
            self._key(key, f'"{(written(span), f"{minutes}m")[self._choice(1)]}"')

    def _words(self, key: str, words: tuple[str, ...], *, always: bool = False) -> None:
        if len(words) > 1 and self._choice(1):
            self.lines += [f"{key} = [", *(f"  {self._quoted(word)}, # ]" for word in words), "]"]
        elif words or always:
            self._key(key, self._list(words))

    def _list(self, words: tuple[str, ...]) -> str:
        if len(words) == 1 and self._choice(1):
            return self._quoted(words[0])
        return "[" + ", ".join(map(self._quoted, words)) + "]"

    def _quoted(self, word: str) -> str:
        if "'" not in word and self._choice(1):
            return f"'{word}'"
        escaped = word.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'

    def _choice(self, most: int) -> int:
        return int(self.draw(st.integers(0, most)))


@st.composite
def writings(draw: Any) -> tuple[Policy, Writing]:
    policy, writing = draw(POLICIES), Writing(draw)
    writing.whole(policy)
    return policy, writing
