"""Policies whose capacity is a few requests in a period that a test can choose; for the Service Request rule."""

from __future__ import annotations


def request_policy(
    version: str = "few",
    *,
    threshold: int = 3,
    maximum: int = 5,
    period: str = "1h",
    mode: str = "enforced",
    supersedes: str = "",
) -> str:
    """A policy's file: `threshold` requests in a period, at most `maximum`; top-ups (2.2) are prioritised."""
    named = f'supersedes = "{supersedes}"' if supersedes else ""
    return f"""
version = "{version}"
mode = "{mode}"
effective_from = 2026-01-01T00:00:00Z
{named}
illustrative = true
[approval]
approved_by = "nobody: a test"
on = 2026-01-01
[alert_storm.default]
threshold = 30
window = "60m"
forward_one_in = 10
[service_requests]
period = "{period}"
maximum_system_capacity = {maximum}
operating_threshold = {threshold}
[service_requests.prioritised]
"2.2" = "A prepayment customer is off supply without it."
"""
