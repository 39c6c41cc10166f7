"""The suppression register on a screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from tidegate.cli import console
from tidegate.policy.suppressions import Status
from tidegate.policy.wording import fix_in_words, harder_in_words, suppressed_in_words
from tidegate.reports.numerals import length, many, thousands
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant, format_instant

if TYPE_CHECKING:
    from tidegate.alert_storm.suppressions import Suppression
    from tidegate.policy.mechanism import MechanismDocument
    from tidegate.policy.suppressions import RegisterEntry
    from tidegate.reports.suppression_register import RegisterLine

_COLOURS = {Status.ACTIVE: "green", Status.EXPIRES_SOON: "yellow", Status.EXPIRED: "red"}


def show_suppression(policy: MechanismDocument, suppression: Suppression) -> None:
    """One suppression, as the policy has it."""
    until = format_instant(suppression.expires)
    console.out.print(
        f"\n[bold]{escape(suppression.id)}[/] {escape(suppressed_in_words(suppression))}, until {until}:"
    )
    bullets(_told_of(policy, suppression))


def show_register(policy: MechanismDocument, lines: Sequence[RegisterLine], at: Instant) -> None:
    """The register as it stands at an instant."""
    if not lines:
        console.out.print("It has no suppressions.")
        return
    counts = Counter(line.status for line in lines)
    told = ", ".join(f"{counts[status]} {status.value}" for status in Status if counts[status])
    console.out.print(f"{many(len(lines), 'suppression')} at {format_instant(at)}: {told}.")
    for line in lines:
        suppression = line.suppression
        colour = _COLOURS[line.status]
        console.out.print(
            f"\n[bold]{escape(suppression.id)}[/] {escape(suppressed_in_words(suppression))}: "
            f"[{colour}]{line.status.value}[/]"
        )
        bullets([*_standing(line, at), *_told_of(policy, suppression)])


def register_as_json(policy: MechanismDocument, lines: Sequence[RegisterLine], at: Instant) -> dict[str, Any]:
    """The register at an instant, for programs."""
    return {
        "policy_version": policy.version,
        "at": format_instant(at),
        "suppressions": [
            {
                "id": line.suppression.id,
                "codes": [format_alert_code(code) for code in line.suppression.codes],
                "products": [product._asdict() for product in line.suppression.products],
                "expires": format_instant(line.suppression.expires),
                "status": line.status.value,
                "reason": line.entry.reason,
                "fix_status": line.entry.fix_status.value,
                "fixed_in": line.entry.fixed_in or None,
                "is_approved": line.entry.is_approved,
                "is_fix_available": line.is_fix_available,
                "devices": line.devices,
                "devices_mended": line.devices_mended,
            }
            for line in lines
        ],
    }


def suppression_named(
    policy: MechanismDocument, name: str | None, code: AlertCode | None
) -> Suppression | None:
    """The suppression of an id; None where none is asked for.

    Raises:
        InputError: there is none, or it is not about the code.
    """
    if name is None:
        return None
    found = {suppression.id: suppression for suppression in policy.alert_storm.suppressions}
    if name not in found:
        there_are = f"There are: {', '.join(found)}." if found else "It has none."
        raise InputError(Fault("--suppression", f"{policy.version} has no suppression {name}", there_are))
    if code is not None and code not in found[name].codes:
        codes = ", ".join(map(format_alert_code, found[name].codes))
        what = f"{name} is not about {format_alert_code(code)}"
        raise InputError(Fault("--suppression", what, f"Name one of its codes: {codes}."))
    return found[name]


def bullets(sentences: Iterable[str]) -> None:
    """Sentences one under the other."""
    for sentence in sentences:
        table = Table.grid(padding=(0, 1, 0, 0))
        table.add_row("  -", escape(sentence))
        console.out.print(table)


def _standing(line: RegisterLine, at: Instant) -> list[str]:
    """What only an instant, and an Inventory, can say."""
    expires = line.suppression.expires
    when = format_instant(expires)
    said = [
        f"Expired at {when}: the ordinary parameters apply."
        if line.status is Status.EXPIRED
        else f"Until {when}: {length(expires - at)} more."
    ]
    if line.devices is None:
        return [*said, "Fix available."] if line.is_fix_available else said
    if line.devices_mended is None:
        return [*said, f"{many(line.devices, 'Device')} under it."]
    mended = f"{thousands(line.devices_mended)} have firmware {line.entry.fixed_in}"
    if line.is_done_with:
        return [*said, f"No Device needs it any more: {mended}."]
    return [*said, f"Fix available: {many(line.devices, 'Device')} still to get it; {mended}."]


def _told_of(policy: MechanismDocument, suppression: Suppression) -> list[str]:
    entry = policy.register[suppression.id]
    fix = fix_in_words(entry)
    return [
        *harder_in_words(suppression, policy.alert_storm),
        f"Why: {entry.reason}",
        f"The fault: {fix}.",
        _approved(entry),
    ]


def _approved(entry: RegisterEntry) -> str:
    approval = entry.approval
    if approval is None or not approval.approved_by:
        return "Approved by no one: it is a draft."
    on = f" on {approval.on}" if approval.on else ""
    reference = f" ({approval.reference})" if approval.reference else ""
    return f"Approved by {approval.approved_by}{on}{reference}."
