"""From the settings to who is told: the plan of the notices."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from tidegate.assembly.notifying import NoticePlan, PlannedParty
from tidegate.gateway.settings import NoticeParty as Written, Settings
from tidegate.operations.messages import NoticeParty
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import HOUR, MINUTE, Duration


def notice_plan(settings: Settings) -> NoticePlan:
    """Who is told, by the settings. A recipient with `notices = false` is not, whatever else is written.

    Raises:
        InputError: a file of addresses or of a secret cannot be read, or a webhook has no secret; carries every fault.
    """
    silent = {each.user for each in settings.recipients if not each.notices}
    names = {each.user: each.name for each in settings.recipients}
    faults: list[Fault] = []
    parties = []
    for place, written in enumerate(settings.notices.parties):
        if written.party in silent:
            continue
        try:
            parties.append(_planned(written, names.get(written.party, ""), f"notices.parties.{place}"))
        except InputError as error:
            faults.extend(error.faults)
    if faults:
        raise InputError(*faults)
    return NoticePlan(parties, settings.policy.inventory, settings.notices.source)


def _planned(written: Written, name: str, where: str) -> PlannedParty:
    addresses = [each.get_secret_value() for each in written.addresses]
    if written.addresses_file is not None:
        lines = _text_of(written.addresses_file, f"{where}.addresses_file").splitlines()
        addresses += [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    secret = _secret_of(written.webhook_secret, written.webhook_secret_file, f"{where}.webhook_secret_file")
    if written.webhook is not None and not secret:
        what = "nothing says what its events are signed with"
        raise InputError(Fault(f"{where}.webhook", what, "Give webhook_secret_file, or webhook_secret."))
    if not addresses and written.webhook is None:
        raise InputError(Fault(where, "there is no way to it", "Give addresses, or a webhook."))
    party = NoticeParty(
        party=written.party,
        name=written.name or name,
        immediate=written.immediate,
        digest=written.digest,
        digest_at=_since_midnight(written.digest_at),
        quiet_from=_since_midnight(written.quiet_from),
        quiet_until=_since_midnight(written.quiet_until),
        most_an_hour=written.most_an_hour,
        early_warnings=written.early_warnings,
    )
    return PlannedParty(party, addresses, written.webhook, secret)


def _secret_of(said: SecretStr | None, file: Path | None, where: str) -> str:
    if file is not None:
        return _text_of(file, where).strip()
    return "" if said is None else said.get_secret_value()


def _text_of(file: Path, where: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}"
        raise InputError(Fault(where, what, "Name a file that the gateway may read.")) from None


def _since_midnight(time_of_day: str) -> Duration:
    hour, _, minute = time_of_day.partition(":")
    return int(hour) * HOUR + int(minute) * MINUTE
