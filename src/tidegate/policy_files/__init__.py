"""policy_files."""
