"""Slack: the client, and what messages look like. Drawings are pure."""
