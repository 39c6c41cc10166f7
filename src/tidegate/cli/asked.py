"""What a command was asked, so that those proposed to run next ask about the same."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_ALERTS = "ALERTS"


@dataclass(frozen=True, slots=True)
class Asked:
    """A log, and the options under which it was looked at, as they were given on the command line.

    alerts:     Its files; empty where they are not told.
    policy:     None where none was given; as `inventory`.
    others:     Options of reading that every command has: the period, how late an Alert may be, receipt instants.
    given:      The whole command.
    """

    alerts: Sequence[Path | str] = ()
    policy: str | None = None
    inventory: Path | str | None = None
    others: Sequence[str] = ()
    given: str = ""

    @property
    def files(self) -> str:
        """The files, to be copied; `ALERTS` where they are not told."""
        return shlex.join(map(str, self.alerts)) or _ALERTS

    def command(
        self, name: str, *arguments: str, log: str = "", policy: bool = True, inventory: str = ""
    ) -> str:
        """A command about the same log under the same options.

        Args:
            name: `replay`, `report problems`.
            arguments: What it is given besides, after the log.
            log: Instead of the files.
            policy: Whether it is to begin from the same policy.
            inventory: What stands for an Inventory where none was given; nothing where it needs none.
        """
        named = self.inventory if self.inventory is not None else inventory
        options = [
            *(["--inventory", str(named)] if named else []),
            *(["--policy", self.policy] if policy and self.policy is not None else []),
            *self.others,
        ]
        return " ".join(["tidegate", name, log or self.files, *map(shlex.quote, [*options, *arguments])])

    def again(self, *more: str) -> str:
        """The same command with more to it."""
        return " ".join([self.given, *map(shlex.quote, more)])

    def explain(self, device_id: str, code: str) -> str:
        """The command that tells one stream of this log; of several files the reader must name one."""
        return self.command(
            "explain", log=" ".join([self.files if len(self.alerts) == 1 else _ALERTS, device_id, code])
        )
