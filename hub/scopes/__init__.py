"""Parts of the organization: accounts, what a scope covers, which Regions are truly watched. Pure."""
