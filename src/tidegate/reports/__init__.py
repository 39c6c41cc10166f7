"""What is reported, as rows and totals; how it looks is decided elsewhere (`formats`, `cli`)."""
