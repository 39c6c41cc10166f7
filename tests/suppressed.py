"""Devices whose products change, and rules that suppress some of them: edges in time, products that nest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from tests.streams import CODES, WINDOW, rules
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.alert_storm.suppressions import Suppression, ambiguities
from tidegate.columnar.inventory import INVENTORY_COLUMNS, Attribute, Inventory
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.products import NOT_KNOWN, Product

OLD = Product("CHF", "Maker C", "E4", "3.0")
NEW = Product("CHF", "Maker C", "E4", "3.1")
OTHER = Product("ESME", "Maker D", "E4", "3.0")

SCOPES = (
    Product("", "Maker C", "E4", "3.0"),
    Product("", "Maker C", "E4", ""),
    Product("CHF", "Maker C", "", ""),
    Product("", "", "", "3.0"),
    Product("ESME", "Maker D", "", ""),
)
"""Some within one another, and some that cross."""

Row = tuple[int, int, Product]
"""A row of an Inventory: Device, since when, what it is."""


def an_inventory(rows: Sequence[Row]) -> Inventory:
    """An Inventory of these rows; of those for one Device and instant the first counts."""
    first: dict[tuple[int, int], Product] = {}
    for device_id, since, product in rows:
        first.setdefault((device_id, since), product)
    keys = sorted(first)
    attributes = {}
    for name in INVENTORY_COLUMNS:
        said = [getattr(first[key], name, "") for key in keys]
        texts = ["", *sorted(set(said) - {""})]
        attributes[name] = Attribute(np.array([texts.index(text) for text in said], np.int32), texts)
    return Inventory(
        "an Inventory in memory",
        np.array([device_id for device_id, _ in keys], np.uint64),
        np.array([since for _, since in keys], np.int64),
        attributes,
    )


def product_at(rows: Sequence[Row], device_id: int, at: int) -> Product:
    """By hand: the row in force; before a Device's first row begins that row is."""
    of_device = sorted({since for device, since, _ in rows if device == device_id})
    if not of_device:
        return NOT_KNOWN
    since = max((since for since in of_device if since <= at), default=of_device[0])
    return next(product for device, begins, product in rows if (device, begins) == (device_id, since))


def with_products(alerts: Sequence[Alert], rows: Sequence[Row]) -> list[Alert]:
    """The Alerts as the readable rule takes them: each knows what its Device was."""
    return [replace(alert, product=product_at(rows, alert.device_id, alert.at)) for alert in alerts]


@st.composite
def inventories(draw: st.DrawFn, alerts: Sequence[Alert]) -> list[Row]:
    """What some of the Devices of a log were, changing at its Alerts, just before and just after."""
    instants = [at + by for at in sorted({alert.at for alert in alerts}) for by in (-1, 0, 1)] or [0]
    rows: list[Row] = []
    for device_id in sorted({alert.device_id for alert in alerts}):
        begins = draw(st.lists(st.sampled_from([BEFORE_ALL, *instants]), max_size=3, unique=True))
        rows += [(device_id, since, draw(st.sampled_from([OLD, NEW, OTHER, NOT_KNOWN]))) for since in begins]
    return rows


@st.composite
def suppressed_rules(
    draw: st.DrawFn, alerts: Sequence[Alert] = (), of: st.SearchStrategy[AlertStormRules] | None = None
) -> AlertStormRules:
    """Rules with suppressions, none ambiguous, that expire at an Alert, just before or just after."""
    own = draw(rules() if of is None else of)
    instants = [at + by for at in sorted({alert.at for alert in alerts}) for by in (-1, 0, 1)] or [0]
    suppressions: list[Suppression] = []
    for number in range(draw(st.integers(0, 3))):
        named = draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=3, unique=True))
        codes = {code for name in named for code in _counted_with(own, name)}
        suppression = Suppression(
            f"S-{number}",
            tuple(sorted(codes)),
            draw(st.sampled_from([*((scope,) for scope in SCOPES), (OLD, NEW)])),
            draw(st.sampled_from([*instants, 2**62])),
            draw(st.integers(1, 4)),
            draw(st.none() | st.integers(1, 6)),
            draw(st.none() | st.sampled_from([1, 7, WINDOW, WINDOW + 1, 5 * WINDOW])),
            draw(st.none() | st.integers(0, 4)),
        )
        if not list(ambiguities([*suppressions, suppression])):
            suppressions.append(suppression)
    return replace(own, suppressions=tuple(suppressions))


@st.composite
def flapping(draw: st.DrawFn) -> tuple[list[Alert], list[Row], AlertStormRules]:
    """One stream that storms, of a Device that goes in and out of a suppression while it does."""
    gaps = st.sampled_from([0, 1, 1, 2, 3, 7, WINDOW - 1, WINDOW, WINDOW + 1])
    at = np.cumsum([1_000, *draw(st.lists(gaps, min_size=8, max_size=40))]).tolist()
    alerts = [Alert(instant, 1, 0x8F75) for instant in at]
    flips = draw(st.lists(st.sampled_from(at), min_size=1, max_size=6, unique=True))
    rows = [(1, since, (OLD, NEW)[number % 2]) for number, since in enumerate([BEFORE_ALL, *sorted(flips)])]
    own = AlertStormParameters(
        draw(st.integers(3, 8)),
        WINDOW,
        draw(st.integers(1, 3)),
        amber_threshold=draw(st.none() | st.integers(1, 3)),
    )
    suppression = Suppression(
        "S-1",
        (0x8F75,),
        (draw(st.sampled_from([SCOPES[0], NEW])),),
        draw(st.sampled_from([2**62, *at])),
        draw(st.integers(1, 3)),
        draw(st.integers(2, 5)),
        clear_threshold=draw(st.none() | st.integers(0, 1)),
    )
    return alerts, rows, AlertStormRules(own, suppressions=(suppression,))


def _counted_with(own: AlertStormRules, code: int) -> tuple[int, ...]:
    return next((group for group in own.code_groups if code in group), (code,))
