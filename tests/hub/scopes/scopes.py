"""Scopes, and what they are of, as a test draws them: few names, so that things meet."""

from hypothesis import strategies as st

from hub.scopes.account import Account
from hub.scopes.scope import Scope
from spoke.places import Cluster
from tests.hub.factories import CLUSTER, instance_id

ACCOUNTS = ("222233334444", "333344445555")
REGIONS = ("eu-west-1", "us-east-1")
CLUSTERS = ("prod", "batch_1")
PATTERNS = ("*", "prod*", "p?od", "b*", "*_1")
INSTANCES = ("0" * 32, "ffffffff-0000-0000-0000-000000000001")
UNITS = ("ou-ab12-11112222", "ou-ab12-33334444", "ou-ab12-55556666")

KINDS = (
    "organization",
    "unit:ou-ab12-11112222",
    "account:222233334444",
    "region:*/eu-west-1",
    "region:222233334444/eu-west-1",
    "cluster:*/*/prod-*",
    "cluster:222233334444/eu-west-1/prod-?",
    f"cluster:{CLUSTER.key}",
    f"instance:{CLUSTER.key}/{instance_id()}",
)
"""One of each kind, as it is written."""

ids = st.sampled_from(ACCOUNTS)
clusters = st.builds(Cluster, ids, st.sampled_from(REGIONS), st.sampled_from(CLUSTERS))
instances = st.sampled_from(INSTANCES)
accounts = st.builds(Account, ids, units=st.lists(st.sampled_from(UNITS), unique=True).map(tuple))
directories = st.lists(accounts).map(lambda several: {each.id: each for each in several})
scopes = st.one_of(
    st.just(Scope()),
    st.builds(Scope, unit=st.sampled_from(UNITS)),
    st.builds(Scope, account=ids),
    st.builds(Scope, region=st.sampled_from(REGIONS)),
    st.builds(Scope, account=ids, region=st.sampled_from(REGIONS)),
    st.builds(Scope.of, clusters),
    st.builds(
        Scope,
        account=ids | st.just(""),
        region=st.sampled_from(REGIONS) | st.just(""),
        cluster=st.sampled_from(PATTERNS),
    ),
    st.builds(Scope.of, clusters, instances),
)
