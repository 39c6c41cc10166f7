"""Inventories and Alerts of a few Devices that crowd the edges of the fleet view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from tidegate.columnar.inventory import INVENTORY_COLUMNS, Attribute, Inventory
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.vocabulary.alert_codes import DCC_ALERT
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.instants import HOUR, SECOND, Instant

DEVICES = (1, 2, 3, 2**63, 2**64 - 1)
CODES = (0x8014, 0x8015, 0x8F35, 0x81BC, 0x8F75, DCC_ALERT)
RECIPIENTS = ("", "network", "supplier")
SINCE = 1_000 * HOUR


class Entry(NamedTuple):
    """One row of an Inventory."""

    device_id: int
    since: Instant = BEFORE_ALL
    device_type: str = "ESME"
    manufacturer: str = "Maker A"
    model: str = "M1"
    firmware: str = "1.04"
    supplier: str = "Supplier A"
    network_operator: str = ""
    csp_region: str = "North"


def inventory_of(*entries: Entry) -> Inventory:
    """Rows as an Inventory, put in its order; of two for one Device and instant the first."""
    first: dict[tuple[int, int], Entry] = {}
    for entry in entries:
        first.setdefault((entry.device_id, entry.since), entry)
    rows = [first[key] for key in sorted(first)]
    attributes = {}
    for name in INVENTORY_COLUMNS:
        texts = ["", *dict.fromkeys(getattr(row, name) for row in rows if getattr(row, name))]
        places = np.array([texts.index(getattr(row, name)) for row in rows], np.int32)
        attributes[name] = Attribute(places, texts)
    return Inventory(
        "an Inventory",
        np.array([row.device_id for row in rows], np.uint64),
        np.array([row.since for row in rows], np.int64),
        attributes,
        rows_read=len(entries),
        doubled=len(entries) - len(rows),
    )


@st.composite
def inventories(draw: st.DrawFn) -> Inventory:
    """Some of the Devices, some of them with a history that begins, or changes, within the period."""
    entries = st.builds(
        Entry,
        st.sampled_from(DEVICES[:-1]),
        st.sampled_from(
            [BEFORE_ALL, SINCE, SINCE + HOUR - 1, SINCE + HOUR, SINCE + 3 * HOUR, SINCE + 9 * HOUR]
        ),
        device_type=st.sampled_from(["", "ESME"]),
        manufacturer=st.just(""),
        model=st.just(""),
        firmware=st.sampled_from(["", "1.04", "2.00"]),
        supplier=st.sampled_from(["", "Supplier A", "Supplier B"]),
        csp_region=st.sampled_from(["", "North"]),
    )
    return inventory_of(*draw(st.lists(entries, min_size=1, max_size=9)))


GAPS = (
    0,
    0,
    1,
    SECOND - 1,
    SECOND,
    SECOND + 1,
    2 * SECOND,
    19 * SECOND,
    30 * SECOND,
    HOUR - 1,
    HOUR,
    HOUR + 1,
)


@st.composite
def fleet_logs(draw: st.DrawFn, most: int = 100) -> list[Alert]:
    """Alerts in receipt order, of few Devices and codes, with gaps at the edges of a second and of an hour."""
    at = SINCE + draw(st.sampled_from([0, 1, HOUR - 1]))
    devices = draw(st.lists(st.sampled_from(DEVICES), min_size=1, max_size=3))
    codes = draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=3))
    gaps = draw(st.lists(st.sampled_from(GAPS), min_size=1, max_size=3))
    alerts = []
    for _ in range(draw(st.integers(0, most))):
        at += draw(st.sampled_from(gaps))
        alerts.append(
            Alert(
                at,
                draw(st.sampled_from(devices)),
                draw(st.sampled_from(codes)),
                draw(st.sampled_from(RECIPIENTS)),
            )
        )
    return alerts


def every(
    gap: int, count: int, device_id: int = 1, codes: Sequence[int] = (0x8F35,), to: str = ""
) -> list[Alert]:
    """Alerts of one Device at even distances from SINCE on, its codes in turn."""
    return [Alert(SINCE + n * gap, device_id, codes[n % len(codes)], to) for n in range(count)]
