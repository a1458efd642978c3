"""Places that policies are asked about: an account that is known, and one that nobody could read."""

from hub.policy.matching import Facts
from hub.scopes.account import Account
from tests.hub.factories import CLUSTER

UNIT, INNER = "ou-ab12-34cd56ef", "ou-ab12-78ab90cd"
PAYMENTS = Account(CLUSTER.account, "Payments", (UNIT, INNER), (("team", "payments"), ("cost=a", "b")))
FACTS = Facts(CLUSTER, PAYMENTS, "prod", "warning")
UNREAD = Facts(CLUSTER, Account(CLUSTER.account))
