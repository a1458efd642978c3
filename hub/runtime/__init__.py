"""What a function needs of its surroundings: settings, secrets, clients, the clock, logs and counts."""
