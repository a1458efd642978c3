"""The embedded AWS: an organization of one hub and its members on 127.0.0.1.

One process (`python -m coastguard.local.aws '{"folder": "..."}'`) holds MiniStack, which runs CloudFormation, Lambda
zips, queues, tables and IAM, and moto, which is the fleet of ECS container instances behind it. What neither of them
models is modelled here: buses across accounts, StackSets, the organization itself, source identities, and instances
that boot and die. coastguard.local.layout has the choice of organizations and fleets to start with.
The modules are told apart by subject; `process` puts them together. Nothing was checked against a real account.
"""
