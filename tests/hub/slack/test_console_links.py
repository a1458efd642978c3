"""Links to AWS: the right page of the right console, by the way that the policy names."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from hub.incidents.content import compose
from hub.incidents.incident import State
from hub.incidents.links import NO_LINKS, Links
from hub.slack.bulletin_message import render
from hub.slack.console_links import cluster_links, instance_links
from hub.slack.message import Message
from spoke.partitions import partition_of
from spoke.places import Cluster
from tests.hub.factories import CLUSTER, LONGEST, bulletin, incident, sighting
from tests.hub.rendering import check_bulletin, length, words
from tests.hub.slack.messages import longest

PORTAL = Links(portal="https://example.awsapps.com/start", role="ReadOnlyAccess")
# By the partition that each is of.
PORTALS = {
    "https://example.awsapps.com/start": "aws",
    "https://ssoins-1234567890abcdef.portal.eu-west-1.app.aws": "aws",
    "https://start.us-gov-home.awsapps.com/directory/d-1234567890": "aws-us-gov",
    "https://ssoins-1234567890abcdef.portal.us-gov-west-1.app.aws": "aws-us-gov",
    "https://start.home.awsapps.cn/directory/example": "aws-cn",
    "https://ssoins-1234567890abcdef.eusc-de-east-1.portal.amazonaws.eu": "aws-eusc",
}
LOGS = Links(log_group="/ecs/{cluster}/{account}")
EVERYTHING = replace(PORTAL, log_group="/" * 100, runbook=f"https://wiki.example.com/{'&' * 170}")
MAC = "mi-0123456789abcdef0"


def by_label(links: list[str]) -> dict[str, str]:
    """The addresses as a browser is given them."""
    found = [re.fullmatch(r"<([^<>|]+)\|([^<>|]+)>", link) for link in links]
    return {link[2]: link[1].replace("&amp;", "&") for link in found if link}


def host_links(host: str, links: Links = NO_LINKS, cluster: Cluster = CLUSTER, **seen: Any) -> dict[str, str]:
    return by_label(instance_links(incident(cluster=cluster, sighting=sighting(host=host, **seen)), links))


@pytest.mark.parametrize(
    ("region", "console"),
    [
        ("eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("eusc-de-east-1", "eusc-de-east-1.console.amazonaws-eusc.eu"),
    ],
)
def test_an_instance_links_to_its_page_and_to_a_session_in_its_partitions_console(region: str, console: str) -> None:
    cluster = replace(CLUSTER, region=region)

    assert host_links("i-0123456789abcdef0", cluster=cluster) == {
        "EC2 instance": f"https://{console}/ec2/home?region={region}#InstanceDetails:instanceId=i-0123456789abcdef0",
        "Session Manager": f"https://{console}/systems-manager/session-manager/i-0123456789abcdef0?region={region}",
    }


def test_where_no_console_is_known_nothing_is_linked_to() -> None:
    cluster = replace(CLUSTER, region="us-iso-east-1")

    assert host_links("i-0123456789abcdef0", cluster=cluster) == {}
    assert cluster_links(cluster, Links()) == []


@pytest.mark.parametrize(
    ("host", "seen", "labels"),
    [
        pytest.param(MAC, {}, {"Session Manager"}, id="a machine of one's own"),
        pytest.param("i-0123456789abcdef0", {"managed": True}, {"EC2 instance"}, id="a host that AWS manages"),
        pytest.param("", {}, set(), id="nobody knows which host"),
        pytest.param("i-0|<!channel>", {}, set(), id="no id"),
    ],
)
def test_only_what_a_host_has_is_linked_to(host: str, seen: dict[str, Any], labels: set[str]) -> None:
    assert host_links(host, **seen).keys() == labels


def test_logs_are_linked_to_where_the_policy_says_that_they_are() -> None:
    address = host_links("i-0123456789abcdef0", LOGS)["Logs"]

    group, _, stream = urlsplit(address).fragment.removeprefix("logsV2:log-groups/log-group/").partition("$3F")
    assert unquote(unquote(group.replace("$", "%"))) == f"/ecs/{CLUSTER.name}/{CLUSTER.account}"
    assert stream == "logStreamNameFilter$3Di-0123456789abcdef0"


@pytest.mark.parametrize("role", ["ReadOnlyAccess", ""])
def test_through_the_portal_people_come_to_the_account_with_a_role(role: str) -> None:
    links = replace(PORTAL, role=role)
    direct, through = host_links("i-0123456789abcdef0"), host_links("i-0123456789abcdef0", links)

    assert through.keys() == direct.keys()
    for label, address in through.items():
        portal, _, query = address.partition("/#/console?")
        assert portal == "https://example.awsapps.com/start"
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        assert asked == {
            "account_id": CLUSTER.account,
            **({"role_name": role} if role else {}),
            "destination": direct[label],
        }


@pytest.mark.parametrize("portal", PORTALS)
@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"])
def test_a_portal_is_entered_for_accounts_of_its_own_partition_alone(portal: str, region: str) -> None:
    cluster = replace(CLUSTER, region=region)
    direct = host_links("i-0123456789abcdef0", NO_LINKS, cluster)["EC2 instance"]
    through = host_links("i-0123456789abcdef0", Links(portal), cluster)["EC2 instance"]

    own = partition_of(region)
    assert own is not None
    door = f"{portal}#/console?" if "/directory/" in portal else f"{portal}/#/console?"
    assert through.startswith(door if own.name == PORTALS[portal] else f"{direct}")
    assert unquote(through).endswith(direct)


def test_a_runbook_stands_beside_the_console() -> None:
    links = by_label(cluster_links(CLUSTER, Links(runbook="https://wiki.example.com/ecs?page=agent&lang=en")))

    assert links.keys() == {"ECS console", "Runbook"}
    assert links["Runbook"] == "https://wiki.example.com/ecs?page=agent&lang=en"


def drawn(number: int, links: Links, cluster: Cluster = CLUSTER) -> Message:
    made = bulletin(cluster=cluster)
    mine = [incident(each, cluster=cluster) for each in range(number)]
    return render(compose(made.episode, mine, links=links), made.episode)


@pytest.mark.parametrize("number", [1, 2, 5])
def test_each_instance_of_a_bulletin_has_its_links(number: int) -> None:
    message = drawn(number, Links())

    assert words(message).count("|EC2 instance>") == number
    assert words(message).count("|Session Manager>") == (number == 1)  # of several, the first page leads there
    assert words(message).count("|ECS console>") == 1


def test_what_is_over_links_to_the_cluster_alone() -> None:
    made = bulletin()
    message = render(compose(made.episode, [incident(state=State.RESOLVED)], links=PORTAL), made.episode)

    assert "|EC2 instance>" not in words(message)
    assert "|ECS console>" in words(message)


@pytest.mark.parametrize("number", [1, 2, 5, 30])
def test_slack_takes_the_longest_links(number: int) -> None:
    """Addresses as long as AWS and the policy allow: instances keep their facts, and the last of them lose the rest."""
    made = bulletin(cluster=LONGEST)
    mine = [longest(each, State.OPEN, failed=False) for each in range(number)]
    message = render(compose(made.episode, mine, links=EVERYTHING), made.episode)

    check_bulletin(message)
    assert length(message) <= 13_000


def test_a_link_that_is_too_long_for_slack_is_left_out() -> None:
    links = replace(PORTAL, log_group="{cluster}" * 20)

    assert host_links("i-0123456789abcdef0", links, LONGEST).keys() == {"EC2 instance", "Session Manager"}
