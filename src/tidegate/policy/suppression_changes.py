"""The difference between the suppression registers of two policies, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from tidegate.alert_storm.suppressions import Suppression
from tidegate.policy.change import Change, becomes, duration_or_none, text_or_none
from tidegate.policy.mechanism import MechanismDocument
from tidegate.policy.wording import fix_in_words, harder_in_words, suppressed_in_words
from tidegate.vocabulary.instants import format_instant

_PARAMETERS: Final[Mapping[str, Callable[[Suppression], str | None]]] = {
    "threshold": lambda s: text_or_none(s.threshold),
    "forward_one_in": lambda s: text_or_none(s.forward_one_in),
    "forward_at_least_every": lambda s: duration_or_none(s.forward_at_least_every_us),
    "clear_threshold": lambda s: text_or_none(s.clear_threshold),
}


def suppression_changes(before: MechanismDocument, after: MechanismDocument) -> Iterator[Change]:
    """Suppressions that come, lapse and change, by their ids."""
    old = {suppression.id: suppression for suppression in before.alert_storm.suppressions}
    new = {suppression.id: suppression for suppression in after.alert_storm.suppressions}
    for name in sorted(old.keys() | new.keys()):
        key = f"alert_storm.suppressions.{name}"
        if name not in new:
            about = suppressed_in_words(old[name])
            sentence = (
                f"{name} lapses: {about} has the ordinary parameters again. "
                f"It was suppressed because: {before.register[name].reason}"
            )
            yield Change(key, about, None, sentence)
        elif name not in old:
            about = suppressed_in_words(new[name])
            does = " ".join(harder_in_words(new[name], after.alert_storm))
            sentence = (
                f"{name} suppresses {about} until {format_instant(new[name].expires)}. {does} "
                f"The reason: {after.register[name].reason}"
            )
            yield Change(key, None, about, sentence)
        else:
            yield from _changes_of(key, old[name], new[name])
            yield from _register_changes(key, name, before, after)


def _changes_of(key: str, before: Suppression, after: Suppression) -> Iterator[Change]:
    was, now = suppressed_in_words(before), suppressed_in_words(after)
    if was != now:
        yield Change(key, was, now, f"{after.id} is about {now}; it was about {was}.")
    for name, of in _PARAMETERS.items():
        if of(before) != of(after):
            sentence = becomes(f"{name} for {after.id} ({now})", of(before), of(after))
            yield Change(f"{key}.{name}", of(before), of(after), sentence)
    ended, ends = format_instant(before.expires), format_instant(after.expires)
    if ended != ends:
        yield Change(f"{key}.expires", ended, ends, f"{after.id} expires at {ends}; it was {ended}.")


def _register_changes(
    key: str, name: str, before: MechanismDocument, after: MechanismDocument
) -> Iterator[Change]:
    was, now = before.register[name], after.register[name]
    if was.reason != now.reason:
        sentence = f"{name} stays, for a reason told anew: {now.reason}"
        yield Change(f"{key}.reason", was.reason, now.reason, sentence)
    if (was.fix_status, was.fixed_in) != (now.fix_status, now.fixed_in):
        sentence = f"Of the fault behind {name}: {fix_in_words(now)}; it was: {fix_in_words(was)}."
        yield Change(f"{key}.fix_status", was.fix_status, now.fix_status, sentence)
