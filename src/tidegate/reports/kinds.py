"""Which kind of trouble a log is in, from the log alone: shouters, murmur, or both. The remedy differs.

Shouters are the streams that stormed. Murmur is an Alert Code whose streams,
each under its threshold, raise many Alerts every day all the same. Where an
Inventory is given, `alert_storm.causes` says which product is behind it, by a
test; without one this is what can be said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tidegate.alert_storm.causes import Cause, Kind
from tidegate.alert_storm.suppressions import Suppression
from tidegate.reports.numerals import many, percent, thousands, times_in_words
from tidegate.reports.replayed import Replayed
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code, parse_alert_code
from tidegate.vocabulary.instants import DAY, format_instant
from tidegate.vocabulary.toggle_pairs import codes_counted_as

MURMUR_A_DAY: Final = 3.0
"""Alerts of one code a stream and day, storms left out, from which a code murmurs. Our choice: quiet traffic has
about 1 (UX.md 2.6), the murmur that was reported 4 to 20."""

LEAST_MURMUR_SHARE: Final = 0.05
"""Share of all Alerts under which murmur is not worth a verdict. Our choice."""

MANY_STREAMS: Final = 300
"""Streams from which a code murmurs at that rate. In a smaller fleet without a fault a few Devices that chatter, each
under its threshold, make as high a mean: in 6 of 24 quiet logs of 5,000 and 20,000 Devices. Our choice."""

LOUD_A_DAY: Final = 24.0
FEWEST_STREAMS: Final = 20
"""Fewer streams murmur too, down to so many, where each raises one an hour. Our choice; as in `alert_storm.causes`."""


@dataclass(frozen=True, slots=True)
class CodeMurmur:
    """An Alert Code, or both of a toggle pair, that murmurs.

    alerts:   Its Alerts outside storms.
    streams:  Streams that raised it, those that stormed included; of a pair, the more numerous code's.
    per_day:  Alerts outside storms for each stream (of a pair: for each Device and recipient) and day.
    """

    alert_codes: tuple[AlertCode, ...]
    alerts: int
    streams: int
    per_day: float


MOST_NAMED: Final = 3
"""Causes of one kind that the verdict tells before it says how many more there are."""


def kinds_of(replayed: Replayed) -> tuple[Kind, ...]:
    """The kinds of trouble there are: none, one, or both."""
    if replayed.causes is not None:
        return tuple(kind for kind in Kind if _of_kind(replayed.causes, kind))
    murmurs = murmur_of(replayed)
    return (*((Kind.SHOUTERS,) if len(replayed.storms) else ()), *((Kind.MURMUR,) if murmurs else ()))


def kinds_in_words(kinds: Sequence[str]) -> str:
    """What a headline begins with: `Shouters and murmur. `; empty where there is no trouble."""
    *others, last = kinds or [""]
    said = f"{', '.join(others)} and {last}" if others else last
    return f"{said.capitalize()}. " if said else ""


def kinds_told(replayed: Replayed) -> list[str]:
    """The kinds in the words of a headline.

    What storms only by its suppression is murmur that is held; what the exclusion list lets through is neither.
    """
    if replayed.causes is None:
        return list(kinds_of(replayed))
    causes = [cause for kind in Kind for cause in _of_kind(replayed.causes, kind)]
    told = [
        "suppressed murmur" if _held_by(replayed, cause) else kind_in_words(cause)
        for cause in sorted(causes, key=lambda cause: cause.is_excluded)
    ]
    return list(dict.fromkeys(told))


UNSHOWN: Final = "no product shown to be behind it"
"""Of trouble behind which none was named: that there is none was not shown either."""

FLOOD: Final = "flood of excluded codes"
"""What there is of codes on the exclusion list: no threshold applies to them, so it is neither of the kinds."""


def kind_in_words(cause: Cause) -> str:
    """What a cause is: `shouters`, `murmur`, or a flood of what the exclusion list lets through."""
    return FLOOD if cause.is_excluded else str(cause.kind)


def remedy_of_flood(cause: Cause) -> str:
    """What can be done about excluded codes, in sentences: mend the cause; hold them only by taking them off the list."""
    code = format_alert_code(cause.alert_codes[0])
    return (
        "Remedy: the root cause, at its maker; in an emergency an override counts the code for hours (tidegate policy "
        f"override {code}), and a consulted change of the list for good. A suppression cannot hold an excluded code."
    )


def _held_by(replayed: Replayed, cause: Cause) -> Suppression | None:
    """The suppression under which murmur stormed; None where it did not, or its code's own threshold was reached."""
    if cause.kind is not Kind.MURMUR or not cause.stormed or not cause.is_named:
        return None
    found = [
        suppression
        for each in replayed.in_force
        for suppression in each.policy.alert_storm.suppressions
        if set(cause.alert_codes) <= set(suppression.codes)
        and any(product.includes(cause.product) for product in suppression.products)
    ]
    return found[-1] if found else None


def remedies(replayed: Replayed) -> Iterator[str]:
    """A sentence for each kind there is and what is behind it, with its remedy."""
    if Kind.SHOUTERS in kinds_of(replayed):
        named = [cause for cause in _of_kind(replayed.causes or (), Kind.SHOUTERS) if cause.is_named]
        for cause in named[:MOST_NAMED]:
            yield _shouters_in_words(cause)
        if not named:
            devices = many(replayed.devices_stormed, "Device")
            yield f"Shouters: {devices} went over a threshold. Remedy: throttle, and have those Devices looked at."
    if replayed.causes is None:
        for murmur in murmur_of(replayed)[:MOST_NAMED]:
            yield _code_murmur_in_words(replayed, murmur)
        return
    murmurs = _of_kind(replayed.causes, Kind.MURMUR)
    for cause in murmurs[:MOST_NAMED]:
        suppression = _held_by(replayed, cause)
        yield (
            _murmur_in_words(replayed, cause)
            if suppression is None
            else _suppressed_in_words(cause, suppression)
        )
    if len(murmurs) > MOST_NAMED:
        yield f"Murmur: {many(len(murmurs) - MOST_NAMED, 'more cause')} of it."


def murmur_of(replayed: Replayed) -> list[CodeMurmur]:
    """The codes that murmur, the most Alerts first."""
    if replayed.first is None or replayed.last is None:
        return []
    days = max((replayed.last - replayed.first) / DAY, 1.0)
    outside = _outside_storms(replayed)
    pairs = {tuple(each for each in codes_counted_as(code) if each in outside): None for code in outside}
    found = []
    for codes in pairs:
        alerts = sum(outside[code] for code in codes)
        streams = max(replayed.streams_by_code.get(code, 0) for code in codes)
        if streams >= FEWEST_STREAMS and alerts >= LEAST_MURMUR_SHARE * replayed.received:
            per_day = alerts / streams / days
            if per_day >= (MURMUR_A_DAY if streams >= MANY_STREAMS else LOUD_A_DAY):
                found.append(CodeMurmur(codes, alerts, streams, per_day))
    return sorted(found, key=lambda it: (-it.alerts, it.alert_codes))


def _outside_storms(replayed: Replayed) -> Counter[AlertCode]:
    """Alerts that came outside the storms of their streams, by counted code; excluded ones left out."""
    storms = replayed.storms.columns
    outside: Counter[AlertCode] = Counter()
    counted_as = {
        code: group[0]
        for each in replayed.in_force
        for group in each.policy.alert_storm.code_groups
        for code in group
    }
    for code, totals in replayed.by_code.items():
        outside[counted_as.get(code, code)] += totals.received - totals.excluded
    for label, received in zip(storms["alert_code"].tolist(), storms["received"].tolist(), strict=True):
        outside[parse_alert_code(label.split("+", maxsplit=1)[0])] -= received
    return outside


def _of_kind(causes: Sequence[Cause], kind: Kind) -> list[Cause]:
    return [cause for cause in causes if cause.kind is kind]


def codes_in_words(codes: Sequence[AlertCode]) -> str:
    """`8F75`, or `8014 and 8015`."""
    return " and ".join(map(format_alert_code, codes))


def _code_murmur_in_words(replayed: Replayed, murmur: CodeMurmur) -> str:
    return (
        f"Murmur: {many(murmur.alerts, 'Alert')} ({percent(murmur.alerts, replayed.received)}) of "
        f"{codes_in_words(murmur.alert_codes)} come from {many(murmur.streams, 'stream')} outside storms, "
        f"{murmur.per_day:.1f} each a day: no threshold reaches them. Remedy: mend the firmware; an Inventory "
        "(--inventory) says which."
    )


def _murmur_in_words(replayed: Replayed, cause: Cause) -> str:
    label = kind_in_words(cause).capitalize()
    share = f"{many(cause.alerts, 'Alert')} ({percent(cause.alerts, replayed.received)}) of {codes_in_words(cause.alert_codes)}"
    why = "the exclusion list lets all of them pass" if cause.is_excluded else "no threshold reaches them"
    if cause.stormed:
        why += f", and {stormed_in_words(cause)}"
    remedy = (
        remedy_of_flood(cause) if cause.is_excluded else "Remedy: mend the firmware; call its manufacturer."
    )
    if not cause.is_named:
        last = f" {remedy}" if cause.is_excluded else ""
        return f"{label}: {share} come from {many(cause.devices, 'Device')}, {UNSHOWN}: {why}.{last}"
    return (
        f"{label}: {cause.product}: {share} come from {thousands(cause.devices)} of its "
        f"{many(cause.installed, 'Device')}, {rate_in_words(cause.rate)} for each installed a day where the rest "
        f"raise {rest_in_words(cause)}: {why}. {remedy}"
    )


def _shouters_in_words(cause: Cause) -> str:
    return (
        f"Shouters: {cause.product}: {thousands(cause.devices)} of its {many(cause.installed, 'Device')} stormed with "
        f"{codes_in_words(cause.alert_codes)}, {times_in_words(cause.ratio)} times the rate of the rest. Remedy: throttle "
        "them, have those Devices looked at, and ask its manufacturer."
    )


def _suppressed_in_words(cause: Cause, suppression: Suppression) -> str:
    return (
        f"Suppressed: {cause.product}: {thousands(cause.stormed)} of its {many(cause.installed, 'Device')} went over the "
        f"threshold of {suppression.id} with {codes_in_words(cause.alert_codes)}. Remedy: mend the firmware before it "
        f"expires on {format_instant(suppression.expires)[:10]}."
    )


def stormed_in_words(cause: Cause) -> str:
    """Those that murmur and stormed all the same: by no threshold of their code's own."""
    return (
        f"{thousands(cause.stormed)} of them stormed under a suppression, or as what had waited came at once"
    )


def rest_in_words(cause: Cause) -> str:
    """The rate of the rest, of which shouters are no part: `0.5`, `none, 3 shouters aside`."""
    aside = f", {many(cause.rest_shouters, 'shouter')} aside" if cause.rest_shouters else ""
    return f"{rate_in_words(cause.rest)}{aside}"


def rate_in_words(rate: float) -> str:
    """A rate a person can say: `14`, `9.6`, `0.02`, `none`."""
    if rate <= 0:
        return "none"
    return f"{rate:,.0f}" if rate >= _WHOLE else f"{rate:.2g}"


_WHOLE: Final = 10.0
