"""Who approved a change, when, and where that can be looked up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Approval:
    """How a version, or a suppression, came to be approved.

    A version is consulted on by the DCC and approved by the Panel (SEC Appendix AB 17.10).

    consulted:    Who was consulted, and when.
    approved_by:  Who approved it.
    on:           Day of the approval, ISO 8601 (`2024-01-23`); empty when not known.
    reference:    Document or clause to find it by.
    """

    consulted: str = ""
    approved_by: str = ""
    on: str = ""
    reference: str = ""
