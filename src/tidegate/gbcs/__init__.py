"""gbcs."""
