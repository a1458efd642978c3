"""What people do in Slack: the front that answers within three seconds, and act, which does what was asked."""
