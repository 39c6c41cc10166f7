"""The back-out plan of the policy in force, as a document for the Panel.

The SEC Panel asked for one before it let 8F75 off the exclusion list (0x8F75
conclusions, paragraph 18). It says what would change, in words, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.operations.change_policy import PolicyChange, back_out
from tidegate.operations.policy_register import PolicyRegister
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.instants import Instant, format_instant


def back_out_plan(
    register: PolicyRegister, now: Instant, version: str | None = None, to: str | None = None
) -> str:
    """The plan as Markdown; nothing is changed.

    Raises:
        InputError: there is nothing to back out, or no version to go back to.
    """
    change = back_out(register, now=now, who="plan", reason="plan", version=version, to=to)
    return "\n".join(_lines(register, change, now, version, to)) + "\n"


def _lines(
    register: PolicyRegister, change: PolicyChange, now: Instant, version: str | None, to: str | None
) -> Iterator[str]:
    before, after = change.before, change.after
    assert before is not None
    record = next(it for it in reversed(register.versions()) if it.version == before.version)
    waits = record.effective_from > now
    yield f"# Back-out plan for {before.version}"
    yield ""
    yield f"As of {format_instant(now)}."
    yield ""
    tense = "is to be in force" if waits else "has been in force"
    yield f"{before.version} {tense} from {format_instant(record.effective_from)}."
    if record.who:
        yield f"It was put in force by {record.who}: {record.reason}"
    yield f"Approval: {record.approval or 'none is recorded'}."
    yield ""
    yield "## What backing it out changes"
    yield ""
    if after is None:
        yield "* Nothing is in force then: every Alert is forwarded."
    else:
        restored = str(change.audit.details.get("restores", after.version))
        yield f"{restored} decides again" + (
            ", as if nothing had been planned." if waits else f", as {after.version}."
        )
        yield ""
        sentences = change.sentences
        yield from (f"* {sentence}" for sentence in sentences or ["Nothing: the two decide alike."])
    yield ""
    yield "## What happens at that instant"
    yield ""
    if waits:
        yield "* Nothing: it had not taken force. Storms run on."
    else:
        yield "* Running Alert Storms end then, under the version that started them. Counting starts anew."
        yield "* What was throttled and not told yet is told on the next Alert of its stream that is forwarded."
        yield "* No Alert is lost, held or sent twice, and nothing is restarted."
    overrides = register.running_overrides(now)
    yield from (
        f"* The emergency override of {format_alert_code(it.code)} runs on until {format_instant(it.until)}, "
        "where the code is on the exclusion list still."
        for it in overrides
    )
    yield ""
    yield "## How"
    yield ""
    named = f" {version}" if version else ""
    target = f" --to {to}" if to else ""
    yield f"    tidegate policy back-out{named}{target} --server URL --by WHO --reason TEXT"
    yield ""
    yield (
        "It takes force with the next Alert. The audit log keeps who did it and why. To go forward again, back that out: "
        "`tidegate policy back-out` once more."
        if not waits
        else "The audit log keeps who did it and why. To plan it again, apply it under a new name."
    )
