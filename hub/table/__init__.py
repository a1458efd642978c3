"""The table: the only package that knows PynamoDB, and what a row looks like."""
