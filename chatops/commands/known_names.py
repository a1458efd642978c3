"""Known names: what there is to be named, and how each thing is called for people. Pure.

A name is known if the organization's list of accounts knows it, or a policy's alias, an incident, or the sweep, which
keeps the names of every place's clusters (hub.sweeping.cluster_names).
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hub.incidents.incident import Incident
from hub.scopes.account import Account
from hub.scopes.scope import Scope
from hub.slack.mrkdwn import visible
from spoke.places import Cluster

LABEL = 75
_ACCOUNT_ID = re.compile(r"[0-9]{12}")
# A label has room for a button's 75 characters, and what tells two things of one name apart must not be cut off.
_NAME, _ACCOUNT_NAME, _CLUSTER_OF = 28, 45, 20


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What there is to be found: `aliases` are other names of account ids, `incidents` those that are kept.

    Unresolved incidents stand before those that are over. `regions` are watched, `muted` are the scopes of mutes.
    """

    directory: Sequence[Account] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    clusters: Sequence[Cluster] = ()
    incidents: Sequence[Incident] = ()
    regions: Collection[str] = ()
    muted: Sequence[Scope] = ()

    def accounts(self) -> list[Account]:
        """Return the directory, and those that clusters, aliases and mutes name though nobody could read them up."""
        named = {cluster.account for cluster in self.clusters} | set(self.aliases.values())
        named |= {scope.account for scope in self.muted}
        unread = named - {account.id for account in self.directory}
        return [*self.directory, *(Account(each) for each in sorted(unread) if _ACCOUNT_ID.fullmatch(each))]

    def everywhere(self) -> set[str]:
        """Name the Regions that are watched, or were."""
        muted = {scope.region for scope in self.muted} - {""}
        return {*self.regions, *(cluster.region for cluster in self.clusters), *muted}

    def covered(self, scope: Scope) -> list[Cluster]:
        """Name the known clusters of a scope."""
        directory = {account.id: account for account in self.directory}
        return [c for c in self.clusters if scope.covers(c, directory.get(c.account) or Account(c.account))]


def label(scope: Scope, known: KnownNames) -> str:
    """Name a scope in at most 75 characters for people who know names better than ids; in it are foreign words."""
    name = next((each.name for each in known.directory if each.id == scope.account), "")
    match scope.kind:
        case "account" if name:
            words = f"Account {visible(name, _ACCOUNT_NAME)} · {scope.account}"
        case "cluster":
            words = f"{visible(scope.cluster, _NAME)} · {scope.region} · {scope.account} {name}"
        case "instance":
            words = (
                f"{_host(scope.instance, known.incidents)} · {visible(scope.cluster, _CLUSTER_OF)} · {scope.account}"
            )
        case "region":
            words = f"Region {scope.label}"
        case "clusters" if scope.account:
            where = f"{scope.region} · {scope.account}" if scope.region else scope.account
            words = f"Clusters {visible(scope.cluster, _NAME)} · {where} {name}"
        case _:
            words = scope.label[:1].upper() + scope.label[1:]
    return visible(words, LABEL)


def _host(instance: str, incidents: Iterable[Incident]) -> str:
    return next((each.sighting.host for each in incidents if each.instance == instance), "") or instance
