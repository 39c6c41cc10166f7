"""Policy and criteria files: TOML in, a policy or criteria or every fault of it out, and back again."""

from tidegate.policy_files.criteria_reading import parse_criteria, read_criteria
from tidegate.policy_files.criteria_writing import criteria_document, write_criteria
from tidegate.policy_files.reading import parse_policy, read_history, read_policy
from tidegate.policy_files.shipped import (
    CODES_CRITERIA,
    DEFAULT_POLICY,
    OUTCOME_CRITERIA,
    find_criteria,
    find_policy,
    find_policy_at,
    published,
    published_criteria,
    published_criteria_names,
    published_names,
)
from tidegate.policy_files.writing import policy_document, write_policy

__all__ = [
    "CODES_CRITERIA",
    "DEFAULT_POLICY",
    "OUTCOME_CRITERIA",
    "criteria_document",
    "find_criteria",
    "find_policy",
    "find_policy_at",
    "parse_criteria",
    "parse_policy",
    "policy_document",
    "published",
    "published_criteria",
    "published_criteria_names",
    "published_names",
    "read_criteria",
    "read_history",
    "read_policy",
    "write_criteria",
    "write_policy",
]
