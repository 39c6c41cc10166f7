"""Streams of Alerts that crowd the edges: gaps of W-1, W and W+1, ties, and little else.

Uniform gaps let a wrong `>` live; these catch it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules, CountBy
from tidegate.columnar.batches import AlertBatch, Recipients
from tidegate.vocabulary.alert_codes import DCC_ALERT
from tidegate.vocabulary.alerts import Alert

CODES = (0x8014, 0x8015, 0x8F75, 0x8F35, DCC_ALERT)
RECIPIENTS = ("", "network", "supplier")
WINDOW = 20


def parameters(windows: Sequence[int] = (WINDOW,)) -> st.SearchStrategy[AlertStormParameters]:
    """Parameters small enough that every branch is reached by a few dozen Alerts."""

    @st.composite
    def build(draw: st.DrawFn) -> AlertStormParameters:
        threshold = draw(st.integers(1, 5))
        return AlertStormParameters(
            threshold=threshold,
            window_us=draw(st.sampled_from(list(windows))),
            forward_one_in=draw(st.integers(1, 4)),
            forward_at_least_every_us=draw(
                st.none() | st.sampled_from([1, 7, WINDOW, WINDOW + 1, 3 * WINDOW])
            ),
            clear_threshold=draw(st.none() | st.integers(0, threshold)),
            amber_threshold=draw(st.none() | st.integers(1, threshold)),
        )

    return build()


@st.composite
def rules(draw: st.DrawFn) -> AlertStormRules:
    """Rules with overrides, windows of two lengths, both ways of counting, and sometimes a toggle pair."""
    grouped = draw(st.booleans())
    codes = draw(st.dictionaries(st.sampled_from(CODES), parameters((WINDOW, 7)), max_size=2))
    if grouped and 0x8014 in codes and 0x8015 in codes:
        codes[0x8015] = codes[0x8014]
    return AlertStormRules(
        default=draw(parameters((WINDOW, 50))),
        codes=codes,
        count_by=draw(st.sampled_from(CountBy)),
        code_groups=((0x8014, 0x8015),) if grouped else (),
    )


def exclusion_lists() -> st.SearchStrategy[ExclusionList]:
    """None, or one or two codes, members of the group among them."""
    return st.sets(st.sampled_from(CODES), max_size=2).map(
        lambda codes: ExclusionList(dict.fromkeys(codes, ""))
    )


@st.composite
def logs(draw: st.DrawFn, most: int = 120, codes: Sequence[int] = CODES) -> list[Alert]:
    """Alerts in receipt order, of few streams, with gaps at the edges of the window."""
    gaps = st.sampled_from(
        [0, 0, 0, 1, 1, 2, 3, 5, 6, 7, 8, WINDOW - 1, WINDOW, WINDOW + 1, 50, 3 * WINDOW, 1_000]
    )
    at = 1_000
    alerts = []
    for _ in range(draw(st.integers(0, most))):
        at += draw(gaps)
        alerts.append(
            Alert(
                at,
                draw(st.sampled_from([0, 1, 2**64 - 1])),
                draw(st.sampled_from(list(codes))),
                draw(st.sampled_from(RECIPIENTS)),
            )
        )
    return alerts


def as_batch(alerts: Sequence[Alert], recipients: Recipients) -> AlertBatch:
    """The same Alerts as columns."""
    return AlertBatch(
        np.array([alert.at for alert in alerts], np.int64),
        np.array([alert.device_id for alert in alerts], np.uint64),
        np.array([alert.alert_code for alert in alerts], np.uint32),
        np.array([recipients.number_of(alert.recipient) for alert in alerts], np.uint32),
    )
