"""What is known and decided: hints, incidents, episodes, storms, mutes, the audit log. Pure, no clock."""
