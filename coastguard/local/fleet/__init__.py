"""The fleet: container instances and hosts in moto, what happens to them, and the truth about it."""
