"""Links: by which ways people get from a bulletin to the thing in AWS, and to what is to be done. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Links:
    """The ways that the policy names, each "" where it names none.

    `portal` is the address of the organization's access portal, `role` the permission set with which people come in;
    without a portal a link leads to the console itself. `log_group` is where the hosts' logs are, with {account},
    {region}, {cluster} and {instance} in it; `runbook` is the address of what is to be done.
    """

    portal: str = ""
    role: str = ""
    log_group: str = ""
    runbook: str = ""


NO_LINKS = Links()
