"""Commands: what people type, the buttons that hold one, and the Home tab: read, done, answered."""
