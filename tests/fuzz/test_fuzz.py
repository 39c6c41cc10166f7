"""Every reader of what strangers send refuses what it cannot read, and raises nothing else.

A little of it here, the same each time; `python -m tests.fuzz` goes on for as long as is wanted.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.fuzz.spoiling import OPERATIONS, spoiled
from tests.fuzz.targets import ANY_WORDS, TARGETS

EXAMPLES = 50
SPOILINGS = st.lists(
    st.tuples(st.sampled_from(OPERATIONS), st.floats(0, 1), st.floats(0, 1), st.integers(0, 1 << 16)),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
def test_a_reader_refuses_what_it_cannot_read_and_raises_nothing_else(target):
    words = (*target.words, *ANY_WORDS)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(seed=st.sampled_from(list(target.seeds())), spoilings=SPOILINGS)
    def it_refuses(seed, spoilings):
        target.try_it(spoiled(seed, spoilings, words))

    it_refuses()


@pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
def test_what_is_spoiled_was_good(target):
    """Else nothing but the first check would ever be tried."""
    assert target.read(target.seeds()[0]) is not None


@pytest.mark.parametrize("body", [b"", b"\x00", b"\xff" * 9, b"{}", b"<a/>", b"[" * 100_000, b"a = 1"])
def test_what_is_nothing_of_the_kind_is_refused_or_has_nothing_in_it(body):
    for target in TARGETS.values():
        target.try_it(body)
