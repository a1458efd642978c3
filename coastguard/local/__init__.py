"""The local world: an AWS organization with a fleet, and a Slack, on 127.0.0.1; the real templates go into it."""
