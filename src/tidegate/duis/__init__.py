"""duis."""
