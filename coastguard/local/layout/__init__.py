"""What a world starts with, as data: its organization, and the clusters of each member account."""
