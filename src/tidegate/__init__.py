"""Tidegate: open traffic management for Great Britain's smart metering network.

    import tidegate

    result = tidegate.replay("alerts.parquet", "illustrative-2")
    print(result)

The names below are loaded when they are first asked for, so that neither
`import tidegate` nor `tidegate --help` waits for a compiler. They are described
in docs/reference/python.md; `__init__.pyi` tells a type checker what they are.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "api.calls": (
        "check",
        "explain",
        "protect_the_edge",
        "read_alerts",
        "read_inventory",
        "read_policy",
        "replay",
        "simulate",
    ),
    "api.commissioning": ("assess_commissioning",),
    "api.evidence": ("compare", "offenders", "problems", "sweep"),
    "api.inputs": ("Alerts",),
    "api.results": ("Result",),
    "alert_storm.decision": ("Decision", "Outcome", "Storm"),
    "alert_storm.exclusion_list": ("ExclusionList",),
    "alert_storm.parameters": ("AlertStormParameters", "AlertStormRules"),
    "alert_storm.protection": ("AlertStormProtection",),
    "columnar.inventory": ("Inventory",),
    "policy.mechanism": ("MechanismDocument",),
    "vocabulary.alerts": ("Alert",),
    "vocabulary.faults": ("InputError",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
