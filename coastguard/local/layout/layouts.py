"""Which members, Regions and clusters a world starts with: DEMO for people, CROWD and WIDE for the big stories.

A member has the same clusters in every watched Region.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from coastguard.local.layout.organization import HUB_REGION, PROD, WORKLOADS, Account, Organization
from coastguard.local.layout.plan import ClusterPlan


@dataclass(frozen=True, slots=True)
class Layout:
    """One beginning of the world. `clusters` are by account id; `about` is for people."""

    name: str
    about: str
    organization: Organization
    regions: tuple[str, ...]
    clusters: Mapping[str, tuple[ClusterPlan, ...]]

    def plans_of(self, account: str, region: str) -> tuple[ClusterPlan, ...]:
        """Return the clusters planned in an account and Region; none outside the members and their Regions."""
        return self.clusters.get(account, ()) if region in self.regions else ()

    def planned(self) -> Iterator[tuple[str, str, ClusterPlan]]:
        """Yield account, Region and plan of every cluster."""
        for member in self.organization.members:
            for region in self.regions:
                for plan in self.clusters[member.id]:
                    yield member.id, region, plan


_PAYMENTS = Account("222233334444", "payments", PROD.id, (("environment", "prod"), ("team", "payments")))
_SEARCH = Account("333344445555", "search", PROD.id, (("environment", "prod"), ("team", "search")))
_SHOP = Account("666677778888", "shop", PROD.id, (("environment", "prod"), ("team", "shop")))
# Of one team, and so many that a Region of theirs is a storm when it is lost.
_SERVICES = (
    "basket",
    "catalogue",
    "checkout",
    "delivery",
    "invoices",
    "loyalty",
    "orders",
    "pricing",
    "reviews",
    "stock",
    "vouchers",
    "wishlist",
)
_MEDIA = Account("444455556666", "media", WORKLOADS.id, (("environment", "staging"), ("team", "media")))

DEMO = Layout(
    "demo",
    "4 member accounts in 2 Regions, 90 container instances",
    Organization((_PAYMENTS, _SEARCH, _MEDIA, _SHOP)),
    ("eu-west-1", "us-east-1"),
    {
        _PAYMENTS.id: (
            ClusterPlan("prod-payments", "payments-prod-asg", 6, ("m6i.xlarge", "m6i.xlarge", "m5.xlarge")),
            ClusterPlan("staging-payments", "payments-staging-asg", 3, ("t3.large",)),
        ),
        _SEARCH.id: (ClusterPlan("prod-search", "search-prod-asg", 6, ("r6i.2xlarge", "r6i.2xlarge", "r5.2xlarge")),),
        _MEDIA.id: (ClusterPlan("prod-media", "media-prod-asg", 6, ("c6i.4xlarge", "c6i.2xlarge")),),
        _SHOP.id: tuple(
            ClusterPlan(f"prod-{service}", f"shop-{service}-asg", 2, ("m7g.large",)) for service in _SERVICES
        ),
    },
)

_WEB = Account("555566667777", "web")

CROWD = Layout(
    "crowd",
    "one member account, a cluster of 1,000 container instances and one of 100",
    Organization((_WEB,)),
    (HUB_REGION,),
    {
        _WEB.id: (
            ClusterPlan("prod-web", "web-prod-asg", 1000, ("m6i.xlarge", "m6i.xlarge", "m5.xlarge")),
            ClusterPlan("prod-workers", "workers-prod-asg", 100, ("c6i.2xlarge",)),
        )
    },
)

_TEAMS = tuple(
    Account(f"6000000{number:05d}", f"team-{number:03d}", (WORKLOADS if number % 2 else PROD).id)
    for number in range(1, 201)
)

WIDE = Layout(
    "wide",
    "200 member accounts with 2 clusters of 3 container instances each",
    Organization(_TEAMS),
    (HUB_REGION,),
    {
        team.id: (
            ClusterPlan(f"prod-{team.alias}", f"{team.alias}-prod-asg", 3, ("m6i.xlarge",)),
            ClusterPlan(f"batch-{team.alias}", f"{team.alias}-batch-asg", 3, ("c6i.2xlarge",)),
        )
        for team in _TEAMS
    },
)

LAYOUTS = {layout.name: layout for layout in (DEMO, CROWD, WIDE)}
