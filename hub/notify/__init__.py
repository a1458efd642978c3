"""Who hears of a cluster, when, and through which door: the notifier, the publisher, storms and mutes."""
