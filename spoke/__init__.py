"""A member account as seen from Python: sign in, look, repair.

Start at `accounts` (how a member is called), then `sightings` (how one looks; `sighting` is what is found) and
`repairs` (what can be done). `places` names clusters and container instances, `errors` sorts what goes wrong. Nothing
here knows of incidents, Slack or the hub.
"""

USER_AGENT = "coastguard"
"""What CloudTrail says who calls. Botocore's own is longer, and put together anew for each call."""
