"""How principals and rules are called in the sentences people read."""


def principal_name(arn: str) -> str:
    """Return "role coastguard-hub-look of 111122223333" for a role, an assumed role, a user or an account's root."""
    parts = arn.split(":", 5)
    if len(parts) != 6:
        return arn
    account, resource = parts[4], parts[5]
    kind, _, name = resource.partition("/")
    if kind == "assumed-role":
        return f"role {name.split('/')[0]} of {account}"
    if kind in {"role", "user"}:
        return f"{kind} {name.rsplit('/', 1)[-1]} of {account}"
    return f"{resource} of {account}"


def rule_name(rule_arn: str) -> str:
    """Return "rule coastguard-forward of 222233334444/us-east-1" for an EventBridge rule's or schedule's ARN."""
    parts = rule_arn.split(":", 5)
    kind, _, name = parts[5].partition("/")
    return f"{kind} {name.rsplit('/', 1)[-1]} of {parts[4]}/{parts[3]}"
