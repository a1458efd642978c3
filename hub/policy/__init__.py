"""The policy and the stack's terms: what is watched, who hears, who may do what. Pure, but for the source."""
