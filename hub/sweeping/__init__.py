"""The sweep: what no event told of is found, and the accounts are kept in line."""
