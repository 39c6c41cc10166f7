"""What was found of offenders, in words: who is to be called, about what, and how sure that is."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from tidegate.alert_storm.causes import Cause, Kind
from tidegate.alert_storm.fleet import FleetView
from tidegate.reports.damaged_text import damaged_in_replay
from tidegate.reports.kinds import (
    FLOOD,
    UNSHOWN,
    codes_in_words,
    kind_in_words,
    rate_in_words,
    remedy_of_flood,
    rest_in_words,
    stormed_in_words,
)
from tidegate.reports.numerals import MANY_TIMES, many, percent, thousands, times_in_words
from tidegate.reports.offending import Comparison, Offender, Offending
from tidegate.reports.silence import storms_after_silence
from tidegate.reports.verdict import Verdict, short_name
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code, name_of
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.products import NOT_KNOWN, Product
from tidegate.vocabulary.toggle_pairs import counted_as

SMALLEST_P: Final = 1e-12
"""A chance under this is told as under this: no model of chance is right that far out."""

LOUD: Final = 0.1
"""Share of all Alerts from which one Device is told, whatever is behind it. Our choice."""

MOST_CAUSES: Final = 6
"""Causes that are told one by one before it is said how many more there are."""


def offending_verdict(found: Offending) -> Verdict:
    """Say who offends."""
    return Verdict(_headline(found), tuple(_findings(found)), tuple(_cautions(found)))


def group_in_words(found: Offending, row: Offender) -> str:
    """The group of a row: `Maker A M1 1.04`; `not in the Inventory`; `not said` where it says nothing."""
    if not row.is_known:
        return unknown_in_words(found.view, 0 if found.inventory is None else found.inventory.unsaid)
    return " ".join(text for text in row.group.values() if text) or "not said"


def unknown_in_words(view: FleetView, unsaid: int = 0) -> str:
    """What Devices of no known product are, where the Inventory says no product of `unsaid` of its own."""
    if not view.missing:
        return "product not said"
    return "product not known" if unsaid else "not in the Inventory"


def codes_label(codes: tuple[AlertCode, ...]) -> str:
    """The codes of a row, short: `8014+8015`."""
    return "+".join(format_alert_code(code) for code in codes)


def short_kind(cause: Cause) -> str:
    """The kind of a cause where there is room for one word: `shout`, `murmur`, `excluded`."""
    if cause.is_excluded:
        return "excluded"
    return "shout" if cause.kind is Kind.SHOUTERS else "murmur"


def causes_at(found: Offending, row: Offender) -> list[Cause]:
    """The causes that a row is behind; where Devices are not grouped, those of its codes."""
    return [
        cause
        for cause in found.causes
        if set(cause.alert_codes) & set(row.alert_codes) and (not found.by or cause.kind in row.kinds)
    ]


def name_of_codes(codes: tuple[AlertCode, ...]) -> str:
    """The published name of a code; of a pair, of the one that says that the trouble has begun."""
    first = counted_as(codes[0])
    return short_name(name_of(first if first in codes else codes[0]))


def chance_in_words(p_value: float) -> str:
    """A chance as it can be believed: `p < 1e-12`, `p = 0.0004`, `p = 0.31`."""
    if p_value < SMALLEST_P:
        return f"p < {SMALLEST_P:.0e}".replace("e-0", "e-")
    return f"p = {p_value:.1g}" if p_value < 0.1 else f"p = {p_value:.2f}"  # noqa: PLR2004 - one figure will do


def ratio_in_words(test: Comparison | Cause) -> str:
    """A ratio with its interval: `21 (12 to 39) times`; `over 34 times` where the rest is silent."""
    if math.isinf(test.ratio):
        return (
            f"over {times_in_words(test.low).removeprefix('over ')} times" if test.low >= 1 else "many times"
        )
    if math.isinf(test.high) or test.low >= MANY_TIMES:
        return f"{times_in_words(test.ratio)} times"
    return f"{times_in_words(test.ratio)} ({times_in_words(test.low)} to {times_in_words(test.high)}) times"


def _headline(found: Offending) -> str:
    if found.alerts == 0:
        return "There was no Alert, so nobody offends."
    by_product = _named_products(found)
    if by_product:
        product, causes = next(iter(by_product.items()))
        return f"{product}: {_largest_in_words(found, product, causes)}."
    stormed = sum(cause.devices for cause in found.causes if cause.kind is Kind.SHOUTERS)
    about = "" if found.code is None else f" with {codes_in_words(_asked(found))}"
    if not found.causes:
        if found.inventory is None:
            loud = _loud_device(found)
            also = f"; {loud}" if loud is not None else ""
            return f"No Device stormed{about}, and no code murmurs{also}; by product nothing can be said without an Inventory."
        if (loud := _loud_device(found)) is not None:
            return f"No Device stormed{about} and no product stands out, but {loud}."
        return f"Nobody stands out{about}: no Device stormed, and no product is shown to raise more than the rest."
    kinds = []
    if stormed:
        alerts = sum(cause.alerts for cause in found.causes if cause.kind is Kind.SHOUTERS)
        shout = f"{many(stormed, 'Device')} {'shouts' if stormed == 1 else 'shout'}"
        kinds.append(f"{shout} ({percent(alerts, found.alerts)} of the Alerts)")
    for what, is_excluded in (("murmur", False), (f"a {FLOOD}", True)):
        alerts = sum(
            cause.alerts
            for cause in found.causes
            if cause.kind is Kind.MURMUR and cause.is_excluded == is_excluded
        )
        if alerts:
            kinds.append(f"{percent(alerts, found.alerts)} of the Alerts are {what}")
    said = " and ".join(kinds)
    if found.inventory is None:
        return f"{said}; of which product, only an Inventory can say."
    return f"No product is shown to be behind it: {said}; {_why_unnamed(found)}."


def _loud_device(found: Offending) -> str | None:
    """The loudest Device where it has a good part of the Alerts, though it went over no threshold."""
    if not len(found.loudest):
        return None
    row = found.loudest.rows[0]
    device, code = format_device_id(int(row["device_id"])), format_alert_code(int(row["alert_code"]))
    if int(row["alerts"]) < LOUD * found.alerts:
        return None
    return (
        f"one Device raised {percent(int(row['alerts']), found.alerts)} of the Alerts: {device}, with {code}"
    )


def _why_unnamed(found: Offending) -> str:
    """Why no product was named; never that there is none, which no test can show."""
    products = [product for product in found.view.products if any(product[1:])]
    if not products:
        return "the Inventory names no products"
    stormed = sum(cause.devices for cause in found.causes if cause.kind is Kind.SHOUTERS)
    if stormed == 1 and len(found.causes) == 1:
        return "one Device shows nothing of its product"
    if _has_nothing_to_compare(found):
        return "every Device of a type is of one product, so there is nothing to compare with"
    largest = found.devices.rows[found.devices.of_cause == 0]
    whose = {found.view.products[place] for place in largest["product"].tolist()}
    if len(whose) == 1 and len(largest) > 1:
        of = codes_in_words(found.causes[0].alert_codes)
        return f"all {many(len(largest), 'Device')} at {of} are of {whose.pop()}, too few to tell from chance"
    return "the test finds none that raises more than chance and a little more"


def _has_nothing_to_compare(found: Offending) -> bool:
    """Every known Device of a type is of one product."""
    types = Counter(product.device_type for product in found.view.products if product != NOT_KNOWN)
    return bool(types) and max(types.values()) == 1


def _largest_in_words(found: Offending, product: Product, causes: list[Cause]) -> str:
    installed = max(cause.installed for cause in causes)
    of_type = (
        f"{percent(installed, found.installed_of_type(product.device_type))} of {_types(product.device_type)}"
    )
    share = f"{percent(sum(cause.alerts for cause in causes), found.alerts)} of the Alerts"
    largest = causes[0]
    if largest.kind is Kind.MURMUR:
        how = f"{rate_in_words(largest.rate)} a day each where the rest raise {rest_in_words(largest)}"
    else:
        stormed = sum(
            cause.devices
            for cause in found.causes
            if cause.kind is Kind.SHOUTERS and cause.alert_codes == largest.alert_codes
        )
        how = f"{thousands(largest.devices)} of the {many(stormed, 'Device')} that stormed"
    return f"{of_type}, {share}, {how} ({chance_in_words(largest.p_value)})"


def _named_products(found: Offending) -> Mapping[Product, list[Cause]]:
    """The causes of each product that was named, the product with most Alerts first."""
    by_product: dict[Product, list[Cause]] = defaultdict(list)
    for cause in found.causes:
        if cause.is_named:
            by_product[cause.product].append(cause)
    ranked = sorted(by_product.items(), key=lambda item: (-sum(each.alerts for each in item[1]), item[0]))
    return dict(ranked)


def _findings(found: Offending) -> Iterator[str]:
    for cause in found.causes[:MOST_CAUSES]:
        yield cause_in_words(found, cause)
    if rest := found.causes[MOST_CAUSES:]:
        alerts = sum(cause.alerts for cause in rest)
        yield f"Others: {many(len(rest), 'more cause')} with {many(alerts, 'Alert')}, {percent(alerts, found.alerts)} of all."
    if found.inventory is not None and found.comparisons:
        yield (
            f"Tested: {many(found.comparisons, 'comparison')} of products with the rest of their type, region by region; "
            "every p is for all of them together."
        )


def cause_in_words(found: Offending, cause: Cause) -> str:
    """One cause: how much, of whom, how sure, and its remedy."""
    codes = codes_in_words(cause.alert_codes)
    share = f"{many(cause.alerts, 'Alert')} ({percent(cause.alerts, found.alerts)}) of {codes}"
    sure = f"{ratio_in_words(cause)} the rest, {chance_in_words(cause.p_value)}"
    if cause.kind is Kind.SHOUTERS:
        if cause.is_named:
            return (
                f"Shouters: {cause.product}: {thousands(cause.devices)} of its {many(cause.installed, 'Device')} stormed "
                f"and raised {share}; {sure}. Remedy: throttle them, and look at the Devices."
            )
        devices = f"{thousands(cause.devices)} other {'Device' if cause.devices == 1 else 'Devices'}"
        if not _is_named_too(found, cause):
            devices = many(cause.devices, "Device")
        whose = UNSHOWN if found.inventory is not None else "of products not known"
        return (
            f"Shouters: {devices}, {whose}, raised {share}. Remedy: throttle them, and look at the Devices."
        )
    label = kind_in_words(cause).capitalize()
    reach = "The exclusion list lets them all pass." if cause.is_excluded else "No threshold reaches them."
    if cause.stormed:
        reach = f"{reach[:-1]}; {stormed_in_words(cause)}."
    if cause.is_named:
        remedy = remedy_of_flood(cause) if cause.is_excluded else "Remedy: mend the firmware."
        return (
            f"{label}: {cause.product}: {thousands(cause.devices)} of its {many(cause.installed, 'Device')} raised {share}, "
            f"{rate_in_words(cause.rate)} a day for each installed, the rest {rest_in_words(cause)}; {sure}. "
            f"{reach} {remedy}"
        )
    whose = UNSHOWN if found.inventory is not None else "of products not known"
    remedy = remedy_of_flood(cause) if cause.is_excluded else "Remedy: mend what raises them."
    return (
        f"{label}: {many(cause.devices, 'Device')}, {whose}, raised {share}, {rate_in_words(cause.rate)} a day each. "
        f"{reach} {remedy}"
    )


def _is_named_too(found: Offending, cause: Cause) -> bool:
    return any(
        it.is_named and it.kind is cause.kind and it.alert_codes == cause.alert_codes for it in found.causes
    )


def _cautions(found: Offending) -> Iterator[str]:
    replayed = found.replayed
    if replayed.is_partial:
        yield f"Interrupted: only the first {int(100 * replayed.completed)}% of the input was read."
    inventory = found.inventory
    if inventory is None:
        yield (
            "Without an Inventory nothing is known of products, installed Devices or regions: "
            "no rate, no test, no name. Add --inventory."
        )
    else:
        if inventory.missing:
            alerts = sum(row.alerts for row in found.offenders if not row.is_known)
            they = "They and those it names no product of" if inventory.unsaid else "They"
            yield (
                f"Not in the Inventory: {many(inventory.missing, 'Device')}. {they} raised {many(alerts, 'Alert')} "
                f"({percent(alerts, found.alerts)}) of those asked about, are of no product and accuse none."
            )
        if 0 < inventory.unsaid < inventory.devices:
            yield f"No product said: {many(inventory.unsaid, 'Device')} of the Inventory; they accuse none."
        if inventory.doubled:
            yield f"Doubled: {many(inventory.doubled, 'row')} of the Inventory say again what a Device is; the first counts."
        if inventory.rejected:
            yield f"Not used: {many(inventory.rejected, 'row')} of the Inventory ({inventory.first_rejected})."
        yield from _unsaid(found)
    if replayed.rejected:
        yield f"Not used: {many(replayed.rejected, 'row')} of the log ({percent(replayed.rejected, replayed.received)})."
    if replayed.outside_period:
        yield f"Left out: {many(replayed.outside_period, 'row')} outside the period asked for."
    yield from damaged_in_replay(replayed)
    if silence := storms_after_silence(replayed):
        yield silence
    if any(each.policy.is_illustrative for each in replayed.in_force):
        yield "Who stormed depends on the parameters, and these are illustrative."


def _unsaid(found: Offending) -> Iterator[str]:
    """What the Inventory leaves out that a name would need."""
    products = [product for product in found.view.products if product != NOT_KNOWN]
    unsaid = [
        name
        for place, name in enumerate(Product._fields)
        if products and not any(product[place] for product in products)
    ]
    if unsaid and len(unsaid) < len(Product._fields) - 1:
        yield f"The Inventory says nothing of {' or '.join(name.replace('_', ' ') for name in unsaid)}."
    if (
        found.inventory is not None
        and found.inventory.devices
        and not any(any(each[1:]) for each in products)
    ):
        yield "The Inventory names no products: it says no manufacturer, model or firmware of any Device, so none can be named."
    elif _has_nothing_to_compare(found):
        yield "Every Device of a type is of one product: there is nothing to compare with, so none can be named."
    if products and len(found.view.regions) == 1:
        yield "The Inventory says no CSP region: weather in one place cannot be told from a product that stands there."


def _types(device_type: str) -> str:
    return f"the {device_type}s" if device_type else "the Devices"


def _asked(found: Offending) -> tuple[AlertCode, ...]:
    return () if found.code is None else (found.code,)
