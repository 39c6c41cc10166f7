"""Post Commissioning: who is securely commissioned, by which criteria, and what evidence says so. Sans I/O."""
