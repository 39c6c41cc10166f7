"""What a person sees of one Device: who it is, its evidence row by row, what each set of criteria found, what settles it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from tidegate.cli.screen import place_for, say, tell
from tidegate.columnar.inventory import INVENTORY_COLUMNS
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.commissioning.evidence import Registration, Role
from tidegate.commissioning.finding import Finding, Reason
from tidegate.commissioning.next_action import NextAction
from tidegate.commissioning.truth import Truth
from tidegate.reports.commissioning_status import Change
from tidegate.reports.commissioning_words import CHANGES, VERDICTS, of_step
from tidegate.reports.device_story import DeviceStory, Judged, SeenRow, Standing, row_in_words
from tidegate.reports.numerals import many
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import Instant, format_instant

_CALLED: Final = {Role.SUPPLIER: "Supplier", Role.NETWORK_OPERATOR: "Network Operator"}
_INVENTORY: Final = {
    name: {"csp_region": "CSP region"}.get(name, name.replace("_", " ")) for name in INVENTORY_COLUMNS
}
_MARKS: Final = {Truth.MET: "met", Truth.UNMET: "unmet", Truth.CANNOT_BE_TOLD: "cannot be told"}


def show(story: DeviceStory, out: Console | None = None) -> None:
    """Print a story; stdout when `out` is left out."""
    to, width = place_for(out)
    tell(to, _headline(story), list(_who(story)), width)
    _show_rows(to, story, width)
    for judged in story.judged:
        _show_judged(to, story, judged, width)
    for line in _ending(story):
        say(to, Text(line, style="bold"), width)


def story_json(story: DeviceStory) -> dict[str, Any]:
    """The story as plain values."""
    return {
        "device_id": format_device_id(story.device_id),
        "as_at": format_instant(story.as_at),
        "as_at_is_last_evidence": story.is_of_last,
        "inventory": dict(story.said),
        "registrations": [
            {"role": each.role.text, "party_id": each.party_id, "from": _since(each)}
            for each in story.registrations
        ],
        "evidence": [
            {
                "number": each.number,
                "at": format_instant(each.row.at),
                "words": row_in_words(each.row),
                "counted": each.standing is Standing.COUNTED,
                "standing": each.standing.name.lower(),
                "source": each.source,
                "line": each.line,
            }
            for each in story.rows
        ],
        "not_used": [
            {"source": each.source, "line": each.line, "reason": each.reason} for each in story.unused
        ],
        "by_criteria": {each.criteria.name: _judged_json(story, each) for each in story.judged},
        "change": None if story.step is None else story.step.change.value,
        "step": None if story.step is None else of_step(story.step),
        "next_action": story.action.text or None,
    }


def _judged_json(story: DeviceStory, judged: Judged) -> dict[str, Any]:
    found = judged.assessment
    return {
        "verdict": found.verdict.name,
        "begins": None if found.begins is None else format_instant(found.begins),
        "pending_until": None if found.pending_until is None else format_instant(found.pending_until),
        "obligations": [_finding_json(story, each) for each in found.obligations],
        "cells": [_finding_json(story, each) for each in found.cells],
        "excused": [each.name for each in found.excused],
    }


def _finding_json(story: DeviceStory, finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name,
        "truth": finding.truth.name,
        "reason": finding.reason.name,
        "rows": story.numbers_of(finding),
    }


def _headline(story: DeviceStory) -> str:
    device = format_device_id(story.device_id)
    as_at = f"as at {_minute(story.as_at)} UTC" + (", the last evidence" if story.is_of_last else "")
    if not story.judged:
        later = (
            many(len(story.rows), "row") + " of evidence came later"
            if story.rows
            else "there is no evidence of it"
        )
        return f"{device} is not assessed {as_at}: {later}."
    said = "; ".join(f"{VERDICTS[each.assessment.verdict]} by {each.criteria.name}" for each in story.judged)
    return f"{device}, {as_at}: {said}."


def _who(story: DeviceStory) -> Iterator[str]:
    if story.said:
        yield "Inventory: " + ", ".join(f"{_INVENTORY[name]} {text}" for name, text in story.said.items())
    for role, called in _CALLED.items():
        parties = [each for each in story.registrations if each.role is role]
        told = ", ".join(f"{each.party_id} from {_since(each) or 'the beginning'}" for each in parties)
        yield f"Registered {called}: {told or 'nobody, by the tables given'}"


def _minute(at: Instant) -> str:
    return format_instant(at)[: len("2026-03-01T12:00")].replace("T", " ")


def _since(registration: Registration) -> str | None:
    """From when on; None: from before all."""
    return None if registration.since == BEFORE_ALL else format_instant(registration.since)


def _show_rows(to: Console, story: DeviceStory, width: int) -> None:
    if not story.rows:
        return
    say(to, Text("Evidence", style="bold"), width)
    day = ""
    for each in story.rows:
        date, clock = format_instant(each.row.at).split("T")
        if date != day:
            say(to, Text(f"{date} (UTC)", style="dim"), width, indent=2)
            day = date
        say(to, _row_line(each, clock.removesuffix("Z")), width, indent=4)
    for row in story.unused:
        text = f"not used: {row.source}, line {row.line}: {row.reason}"
        say(to, Text(text, style="yellow"), width, indent=4)
    to.print()


def _row_line(each: SeenRow, clock: str) -> Text:
    text = f"{each.number}. {clock[:12]} {row_in_words(each.row)}"
    if each.standing is Standing.COUNTED:
        return Text(text)
    return Text(f"{text} [not counted: {each.standing.value}]", style="dim")


def _show_judged(to: Console, story: DeviceStory, judged: Judged, width: int) -> None:
    found = judged.assessment
    say(to, Text(f"By {judged.criteria.name}: {VERDICTS[found.verdict]}", style="bold"), width)
    excused = set(found.excused)
    for finding in (*found.cells, *found.obligations):
        mark = "excused" if finding in excused else _MARKS[finding.truth]
        if finding.reason is Reason.NOT_OF_THIS_TYPE:
            mark = "not asked"
        rows = story.numbers_of(finding)
        by = f" (row{'s' if len(rows) > 1 else ''} {', '.join(map(str, rows))})" if rows else ""
        say(to, Text(f"{finding.name}, {mark}: {finding.reason.text}{by}"), width, indent=2)
    if found.begins is not None and found.pending_until is not None and found.begins < found.pending_until:
        time = f"It has time from {_minute(found.begins)} until {_minute(found.pending_until)} UTC."
        say(to, Text(time, style="dim"), width, indent=2)
    to.print()


def _ending(story: DeviceStory) -> Iterator[str]:
    if story.step is None:
        yield "Nothing can be said of it before there is evidence."
        return
    if len(story.judged) > 1 and story.step.change is not Change.NONE:
        yield f"From {story.judged[0].criteria.name} to {story.judged[-1].criteria.name}: {CHANGES[story.step.change]} ({of_step(story.step)})."
    if story.action is NextAction.NOTHING:
        yield "There is nothing to do."
    else:
        yield f"What settles it: {story.action.words}."
