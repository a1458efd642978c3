"""The rounds that nobody asked for: what no event told of is found, and the accounts are kept in line."""
