"""What is said of a plan of reads."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from tidegate.admission.allocation import Allocation, Claim
from tidegate.commissioning.nights import Nights
from tidegate.operations.plan_reads import WantedReads, plan_reads
from tidegate.reports.planned_reads import PlannedReads
from tidegate.reports.planned_reads_words import reads_in_words
from tidegate.vocabulary.instants import DAY, HOUR, SECOND
from tidegate.vocabulary.users import UserRole

ELMS: dict[str, Any] = {f"Elm {number}": 1 for number in range(7)}


def plan(
    *, nights: int = 7, share: Fraction = Fraction(1, 10), allocation: int = 10, **wanted: int
) -> PlannedReads:
    """Alder has an allocation, Birch one of 0, any other none; `nobody` is nobody."""
    shares = [
        Allocation(Claim(user, UserRole.IS, Fraction(1), 0), Fraction(requests), requests)
        for user, requests in (("Alder", allocation), ("Birch", 0))
    ]
    reads = {
        "" if user == "nobody" else user: WantedReads(
            np.arange(1, count + 1, dtype=np.uint64), np.ones(count, np.bool_), np.zeros(count, np.int64)
        )
        for user, count in wanted.items()
    }
    return plan_reads(reads, shares, SECOND, Nights(20_000 * DAY, HOUR, nights), share, "illustrative-2")


@pytest.mark.parametrize(
    ("planned", "said"),
    [
        (plan(), ["No read is asked for: none would settle a Device."]),
        (plan(Alder=1), ["1 read: all done in night 1, within every allocation."]),
        (plan(Alder=3_600), ["3,600 reads: all done in night 1, within every allocation."]),
        (plan(Alder=3_601), ["3,601 reads: all done in 2 nights, within every allocation."]),
        (
            plan(Alder=7_201, nights=2, nobody=12),
            [
                ("7,213 reads: 7,200 done in 2 nights, within every allocation; 1 is left for later nights; 12 have nobody to "
                "send them."),
                "Not through in these nights: Alder needs 3 nights for 7,201 reads.",
            ],
        ),
        (
            plan(Birch=2, Cedar=34),
            ["36 reads: none can be planned.", "Without an allocation, so that no read of theirs is planned: Cedar (34), Birch (2)."],
        ),
        (
            plan(Alder=2, allocation=1, share=Fraction(1, 3_601)),
            [
                "2 reads: none can be planned; 2 are left for later nights.",
                "Not through in these nights: Alder, whose share is less than a read in a night.",
            ],
        ),
        (
            plan(**ELMS),
            [
                "7 reads: none can be planned.",
                ("Without an allocation, so that no read of theirs is planned: Elm 0 (1), Elm 1 (1), Elm 2 (1), Elm 3 (1), Elm 4 "
                "(1) and 2 more."),
            ],
        ),
    ],
)  # fmt: skip
def test_the_finding_comes_first_then_whose_are_not_sent(planned, said):
    assert said == reads_in_words(planned)[: len(said)]


def test_a_tenth_is_called_illustrative_and_what_was_given_is_not():
    tenth, half = (
        reads_in_words(plan(Alder=1, share=share))[-1] for share in (Fraction(1, 10), Fraction(1, 2))
    )

    assert (
        "gives 10% of its allocation by illustrative-2 to reads, which is illustrative; 7 nights of 1h"
        in tenth
    )
    assert "gives 50% of its allocation by illustrative-2 to reads; 7 nights" in half
