"""The operator's side: command line, packaging, deploying, and the local world. Nothing in AWS imports it."""
