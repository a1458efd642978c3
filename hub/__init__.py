"""The hub: what a member account's events become, from hint to incident to Slack message. Works without chatops."""
