"""The words of the Smart Energy Code, as values."""
