"""Which clusters have never been in trouble: most of those that events tell of, and nothing else is known of them."""

from collections.abc import Collection

from hub.table.bulletins import EPISODE
from hub.table.rows import Rows, cluster_pk
from spoke.places import Cluster

# Rows that DynamoDB reads in one call.
_AT_ONCE = 100


class Untroubled(Rows):
    """Clusters without a bulletin."""

    def untroubled(self, clusters: Collection[Cluster]) -> set[Cluster]:
        """Name those of up to a hundred clusters that have never been in trouble, in one call.

        Who opens an incident writes the cluster's bulletin in the same transaction, and that stays. Of whom DynamoDB
        does not tell for now, nothing is said.
        """
        keys = {cluster_pk(cluster): cluster for cluster in sorted(clusters)[:_AT_ONCE]}
        answer = self._connection.batch_get_item(
            self._table,
            [{"pk": pk, "sk": EPISODE} for pk in keys],  # type: ignore[misc]  # pynamodb says that keys are texts
            consistent_read=True,
            attributes_to_get=["pk"],
        )
        there = answer["Responses"].get(self._table, ())
        untold = answer["UnprocessedKeys"].get(self._table, {}).get("Keys", ())
        return set(keys.values()) - {keys[key["pk"]["S"]] for key in (*there, *untold)}
