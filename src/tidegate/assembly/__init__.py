"""The one place that chooses adapters and joins them to operations.

What a command needs of the outside is opened here: which reader suits a path,
where policies come from, what a folder of results holds. A module for each
thing a command does; each imports an adapter only where it is needed.
"""

from __future__ import annotations

import os

# Arrow's own pool gives memory back between batches and has it zeroed again, a sixth of a replay's time. It is
# chosen when Arrow is first imported, which is after this.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

from tidegate.assembly.opening import open_alerts, open_inventory, policy_periods, shards
from tidegate.assembly.replaying import Found, Results, look_behind, replay_into

__all__ = [
    "Found",
    "Results",
    "look_behind",
    "open_alerts",
    "open_inventory",
    "policy_periods",
    "replay_into",
    "shards",
]
