"""Console links: the console's pages about a cluster and its instances, by the access portal if there is one. Pure.

An address is made of what AWS allows in names, each part encoded, and of what the policy's own forms have checked.
"""

import re
from urllib.parse import quote, urlencode

from hub.incidents.incident import Incident
from hub.incidents.links import Links, portal_partition
from hub.slack.mrkdwn import escape
from spoke.partitions import partition_of
from spoke.places import Cluster

# A portal whose address ends in a directory is entered by what stands right behind that.
_DIRECTORY = "/directory/"
# All links about one instance stand in one text, of which Slack takes 3,000 characters.
_LONGEST = 1_200
_HOST = re.compile(r"(?:i|mi)-[0-9a-f]{8,17}")


def cluster_links(cluster: Cluster, links: Links) -> list[str]:
    """Link to a cluster's page, and to what the policy says is to be done."""
    name = quote(cluster.name, safe="")
    found = _console(cluster, links, "ECS console", f"ecs/v2/clusters/{name}/infrastructure?region={cluster.region}")
    return [*found, *([_link(links.runbook, "Runbook")] if links.runbook else [])]


def instance_links(incident: Incident, links: Links) -> list[str]:
    """Link to an instance's host, a session on it and its logs, as far as there are any."""
    seen, cluster = incident.sighting, incident.cluster
    host, region = seen.host, cluster.region
    if not _HOST.fullmatch(host):
        return []
    found = []
    if host.startswith("i-"):
        found += _console(cluster, links, "EC2 instance", f"ec2/home?region={region}#InstanceDetails:instanceId={host}")
    if not seen.managed:  # nobody may open a session on what AWS manages
        found += _console(cluster, links, "Session Manager", f"systems-manager/session-manager/{host}?region={region}")
    if links.log_group:
        found += _console(cluster, links, "Logs", _logs(links.log_group, incident))
    return found


def _logs(group: str, incident: Incident) -> str:
    """Write the page of a host's log streams, which the CloudWatch agent names after the instance.

    CloudWatch's console encodes twice what stands behind its #, with $ for the second %.
    """
    cluster, host = incident.cluster, incident.sighting.host
    parts = {"account": cluster.account, "region": cluster.region, "cluster": cluster.name, "instance": host}
    named = re.sub(r"\{(\w+)\}", lambda part: parts[part[1]], group)
    name = quote(quote(named, safe=""), safe="").replace("%", "$")
    where = f"cloudwatch/home?region={cluster.region}#logsV2:log-groups/log-group/{name}"
    return f"{where}$3FlogStreamNameFilter$3D{host}"


def _console(cluster: Cluster, links: Links, label: str, page: str) -> list[str]:
    """Link to a page of the console of the cluster's Region; nothing where no console is known."""
    partition = partition_of(cluster.region)
    console = partition.console(cluster.region) if partition else None
    if partition is None or console is None:
        return []
    address = f"{console}/{page}"
    if links.portal and partition.name == portal_partition(links.portal):
        way = {"account_id": cluster.account, **({"role_name": links.role} if links.role else {})}
        door = f"{links.portal}{'' if _DIRECTORY in links.portal else '/'}#/console"
        address = f"{door}?{urlencode(way | {'destination': address}, quote_via=quote, safe='')}"
    return [_link(address, label)] if len(address) <= _LONGEST else []


def _link(address: str, label: str) -> str:
    return f"<{escape(address)}|{label}>"
