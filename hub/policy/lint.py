"""Lint: what a policy may say but hardly means. Pure."""

from hub.policy.matching import Match
from hub.policy.policy import ACTIONS, Policy
from hub.policy.problems import Problem
from spoke.repairs import REMEDIES


def warnings(policy: Policy) -> tuple[Problem, ...]:
    """Say what is allowed but is hardly meant."""
    found = [
        *_unreachable(policy),
        *(
            Problem(right.line, "this right is nobody's", "name users or user groups in who, or take it out")
            for right in policy.rights
            if not right.who
        ),
        *(
            Problem(
                right.line, "stop is for the whole organization, this right for a part of it", "grant it without where"
            )
            for right in policy.rights
            if "stop" in right.may and right.where != Match()
        ),
    ]
    if not policy.rights:
        what = "nobody may repair, for the policy has no [[rights]]"
        found.append(Problem(1, what, "grant it to whoever should, as docs/policy.md tells"))
    else:
        first = policy.rights[0].line
        found += [
            Problem(first, f"nobody may {verb} anywhere", f'grant "{verb}" in a [[rights]] if somebody should')
            for verb in (*ACTIONS, *REMEDIES)
            if verb != "approve" and not any(right.grants(verb) and right.who for right in policy.rights)
        ]
        found += [
            Problem(
                approval.line,
                "nobody can give this approval",
                'name approvers here, or grant "approve" in a [[rights]]',
            )
            for approval in policy.approvals
            if not approval.approvers and not any(right.grants("approve") and right.who for right in policy.rights)
        ]
    return tuple(sorted(found, key=lambda problem: problem.line))


def _unreachable(policy: Policy) -> list[Problem]:
    """Find what stands behind something that fits everything."""
    for position, route in enumerate(policy.routes):
        if route.where == Match():
            what = f"this route is never reached: the one in line {route.line} fits everything"
            return [
                Problem(later.line, what, "put it before that one, or take it out")
                for later in policy.routes[position + 1 :]
            ]
    return []
