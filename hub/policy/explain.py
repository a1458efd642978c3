"""Why a policy says what it says of a place: lines for people, by table and line of its text. Pure."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from hub.policy.matching import Facts, Match
from hub.policy.policy import ALL, OPEN, REPAIR, Approval, Cap, Policy, Right, Route, written
from hub.policy.terms import ANY
from hub.policy.windows import DAYS, Window


class WithIds(str):
    """A line that holds ids of Slack's users and groups, and nothing that comes from a member account."""

    __slots__ = ()


_NAMES = {"account_tag": "account tag"}
_EVERYBODY = f"everybody may {', '.join(OPEN)}, and nobody may repair, approve or start repairs"


def explain(
    policy: Policy, facts: Facts, now: datetime, user: str = "", groups: Collection[str] = ()
) -> tuple[str, ...]:
    """Say which route, rights, approvals, caps and windows are meant for a place, which are not, and why.

    With a `user`, also what that person may do there.
    """
    return (
        *_route(policy, facts),
        *_rights(policy, facts),
        *(_person(policy, facts, user, groups) if user else ()),
        *_approvals(policy, facts),
        *_caps(policy, facts),
        *_windows(policy, facts, now),
    )


def _route(policy: Policy, facts: Facts) -> Iterator[str]:
    chosen = policy.route(facts)
    passed = []
    for number, route in enumerate(policy.routes, 1):
        if route is chosen:
            yield WithIds(f"Route: {_place('routes', number, route)} applies: {_destination(policy, route)}.")
            break
        passed.append(f"  {_place('routes', number, route)} does not: {_misfit(route.where, facts)}.")
    else:
        said = "" if policy.remind_after is None else f"; reminded after {written(policy.remind_after)}"
        yield f"Route: none applies: the channel that the stack's parameters give{said}."
    yield from passed


def _destination(policy: Policy, route: Route) -> str:
    remind_after = route.remind_after or policy.remind_after
    parts = [
        f"channel {route.channel}" if route.channel else "the channel that the stack's parameters give",
        f"mentions {_list(route.owners)}" if route.owners else "",
        f"topic {route.sns_topic}" if route.sns_topic else "",
        f"environment {route.environment}" if route.environment else "",
        f"reminded after {written(remind_after)}" if remind_after else "",
        f"runbook {route.runbook}" if route.runbook else "",
    ]
    return "; ".join(part for part in parts if part)


def _rights(policy: Policy, facts: Facts) -> Iterator[str]:
    if not policy.rights:
        yield f"Rights: {_EVERYBODY}, because the policy has no [[rights]]."
        return
    yield "Rights: only what is granted."
    for number, right in enumerate(policy.rights, 1):
        place = _place("rights", number, right)
        if right.where.fits(facts):
            yield WithIds(f"  {place}: {_list(right.who) or 'nobody'} may {_granted(right)}.")
        else:
            yield f"  {place} does not apply: {_misfit(right.where, facts)}."


def _person(policy: Policy, facts: Facts, user: str, groups: Collection[str]) -> Iterator[str]:
    mine = [
        (number, right)
        for number, right in enumerate(policy.rights, 1)
        if right.where.fits(facts) and not {user, *groups}.isdisjoint(right.who)
    ]
    if not policy.rights:
        yield WithIds(f"  {user} may {_list(OPEN)}.")
    elif not mine:
        yield WithIds(f"  {user} may do nothing here.")
    for number, right in mine:
        via = user if user in right.who else _list([group for group in right.who if group in groups])
        yield WithIds(f"  {user} may {_granted(right)} here, as {via} in {_place('rights', number, right)}.")


def _granted(right: Right) -> str:
    return "do everything" if ALL in right.may else _list(["use every remedy" if w == REPAIR else w for w in right.may])


def _approvals(policy: Policy, facts: Facts) -> Iterator[str]:
    environments = policy.environments(facts)
    if not policy.approvals:
        yield "Approvals: none is needed."
        return
    yield "Approvals: the first that is about the remedy and the number of instances."
    for number, approval in enumerate(policy.approvals, 1):
        place = _place("approvals", number, approval)
        if not approval.where.may_fit(facts):
            yield f"  {place} does not apply: {_misfit(approval.where, facts)}."
        elif approval.environments and not set(environments) & set(approval.environments):
            yield f"  {place} does not apply: {_here(environments)} is not {_or(approval.environments)}."
        else:
            who = _or(policy.who_may_approve(approval, facts)) or ("nobody" if policy.rights else "anybody else")
            unsure = "" if approval.where.fits(facts) and len(environments) == 1 else _UNSURE
            span = written(approval.expires)
            yield WithIds(f"  {place}: {_about(approval)} needs the approval of {who} within {span}{unsure}.")


def _caps(policy: Policy, facts: Facts) -> Iterator[str]:
    if not policy.caps:
        yield "Caps: none."
        return
    yield "Caps: all that apply."
    for number, cap in enumerate(policy.caps, 1):
        place = _place("caps", number, cap)
        if cap.where.may_fit(facts):
            unsure = "" if cap.where.fits(facts) else _UNSURE
            what = _list(cap.remedies) or "every remedy"
            yield f"  {place}: {what} at most {cap.most} in {written(cap.per)}{unsure}."
        else:
            yield f"  {place} does not apply: {_misfit(cap.where, facts)}."


def _windows(policy: Policy, facts: Facts, now: datetime) -> Iterator[str]:
    if not policy.windows:
        yield "Windows: none."
        return
    yield "Windows:"
    for number, window in enumerate(policy.windows, 1):
        place = _place("windows", number, window)
        if not window.where.fits(facts):
            yield f"  {place} does not apply: {_misfit(window.where, facts)}."
            continue
        running = window.span(now)
        state = f"in force until {running[1]:%Y-%m-%d %H:%M %Z}" if running else "not in force"
        yield f"  {place}: {_times(window)}: {state}."


_UNSURE = " (to be sure: not all is known that it asks for)"


def _place(table: str, number: int, entry: Route | Right | Approval | Cap | Window) -> str:
    return f"[[{table}]] {number} in line {entry.line}"


def _misfit(where: Match, facts: Facts) -> str:
    """Name the first key that does not fit, and what there is instead."""
    words = dict(where.asked())
    key = next(key for verdict in (False, None) for key, said in where.verdicts(facts) if said is verdict)
    name = _NAMES.get(key, key)
    actual = _actual(key, facts)
    return (
        f"the {name} is {actual}, not {_or(words[key])}"
        if actual
        else f"nobody knows if it has {name} {_or(words[key])}"
    )


def _actual(key: str, facts: Facts) -> str:
    """Say what a key is of this place, "" if that is not known."""
    account, cluster = facts.account, facts.cluster
    known = bool(account.name)
    units, tags = (known and what not in account.unread for what in ("units", "tags"))
    return {
        "account": f"{account.id} ({account.name})" if known else account.id,
        "unit": (_list(account.units) or "none") if units else "",
        "account_tag": (_list([f"{name}={value}" for name, value in account.tags]) or "none") if tags else "",
        "region": cluster.region if cluster else facts.region,
        "cluster": cluster.name if cluster else "",
        "group": "" if facts.group == ANY or not cluster else facts.group or "none",
        "severity": facts.severity,
    }[key]


def _about(approval: Approval) -> str:
    remedies = _list(approval.remedies) or "every remedy"
    if approval.more_than_share is not None:
        return f"{remedies} with more than {approval.more_than_share * 100:g}% of the cluster in trouble"
    return f"{remedies} on more than {approval.more_than} at once" if approval.more_than else remedies


def _here(environments: Sequence[str]) -> str:
    return f"the environment {_or([word or 'none' for word in environments])}"


def _times(window: Window) -> str:
    days = "daily" if len(window.days) == len(DAYS) else _list([DAYS[day] for day in window.days])
    reason = f" ({window.reason})" if window.reason else ""
    return f"{days} from {window.start:%H:%M} for {written(window.length)}, {window.zone}{reason}"


def _list(words: Sequence[str]) -> str:
    return ", ".join(words)


def _or(words: Sequence[str]) -> str:
    return " or ".join(words)
