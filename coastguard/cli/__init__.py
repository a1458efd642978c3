"""What an operator types: `coastguard …`."""
