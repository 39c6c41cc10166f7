"""Policy files: TOML in, a policy or every fault of it out, and back again."""

from tidegate.policy_files.reading import parse_policy, read_history, read_policy
from tidegate.policy_files.shipped import (
    DEFAULT_POLICY,
    find_policy,
    find_policy_at,
    published,
    published_names,
)
from tidegate.policy_files.writing import policy_document, write_policy

__all__ = [
    "DEFAULT_POLICY",
    "find_policy",
    "find_policy_at",
    "parse_policy",
    "policy_document",
    "published",
    "published_names",
    "read_history",
    "read_policy",
    "write_policy",
]
