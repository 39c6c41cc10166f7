"""Which Alert Codes a quiet estate raises, from which Devices, to whom.

Recipients are those published (`vocabulary/alert_codes.tsv`); an ESME sends 8F75
once to its supplier and once to its network operator. How often each code is
raised is not public: every weight here is invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tidegate.simulation.catalogue import DeviceType
from tidegate.simulation.traffic import To
from tidegate.vocabulary.alert_codes import AlertCode, parse_alert_code


@dataclass(frozen=True, slots=True)
class CodeShare:
    """One code raised by one type of Device; `weight` is its share of events, in any unit."""

    code: AlertCode
    device_type: DeviceType
    to: To
    weight: float


def _mix(device_type: DeviceType, to: To, weights: str) -> tuple[CodeShare, ...]:
    pairs = (item.split(":") for item in weights.split())
    return tuple(CodeShare(parse_alert_code(code), device_type, to, float(weight)) for code, weight in pairs)


DEVICE_ALERTS: Final = (
    *_mix(
        DeviceType.ESME,
        To.NETWORK_OPERATOR,
        "8002:45 8085:45 8006:28 8089:28 8020:6 808D:6 8024:9 8091:9 8028:7 8095:7 802B:11 8099:11 8010:5 "
        "8014:30 8015:30 8F35:6 8F36:5",
    ),
    *_mix(
        DeviceType.ESME,
        To.SUPPLIER,
        "8F0A:60 8154:120 8155:8 8161:35 8162:5 8F66:70 8F67:3 810D:40 810E:14 8119:18 81AA:5 81AB:12 8183:3 "
        "81A0:4 81A5:1 81C6:3 8F0C:2 8F0F:8 8F1C:0.5 8F1E:2 8F3D:1 8F3E:6 8F3F:2 8F69:0.5 8F70:2 8F72:4 81BC:2 "
        "81B3:1 81B9:0.5 8F83:9",
    ),
    *_mix(DeviceType.ESME, To.BOTH, "8F74:1 8F75:2 8F76:1 8F34:0.5"),
    *_mix(
        DeviceType.GSME,
        To.SUPPLIER,
        "8154:60 8155:4 8161:12 810D:22 810E:9 8119:10 81AB:5 8184:3 81A0:5 81B5:2 81B6:0.5 81C3:1 81C2:1 81C6:6 "
        "8F1D:1 8F1F:2 8F3F:1",
    ),
    *_mix(DeviceType.GPF, To.SUPPLIER, "8071:45"),
    *_mix(
        DeviceType.CHF,
        To.SUPPLIER,
        "8F12:40 819D:55 819E:16 8F84:12 8F20:4 8F21:4 8F26:2 8F27:3 8F8A:3 8F89:1",
    ),
    *_mix(DeviceType.PPMID, To.SUPPLIER, "8F8B:3 8F3D:0.5"),
    # Codes that no published list has: makers have their own, and a reader must pass them on.
    *_mix(DeviceType.ESME, To.BOTH, "8FE1:0.6 81F7:0.4"),
)
"""Device Alerts of an estate in which nothing is wrong."""

DCC_ALERTS: Final = (
    *_mix(DeviceType.ESME, To.SUPPLIER, "N12:20 N13:34 N42:9 N49:7"),
    *_mix(DeviceType.CHF, To.SUPPLIER, "N16:8 N24:12 N25:3"),
    *_mix(DeviceType.GSME, To.SUPPLIER, "N12:8 N13:17"),
    *_mix(DeviceType.CHF, To.NETWORK_OPERATOR, "AD1:2"),
)
"""DCC Alerts about Devices of such an estate."""

HOURS: Final = (
    0.75, 0.70, 0.85, 0.80, 0.75, 0.80, 1.00, 1.15, 1.15, 1.05, 1.00, 1.05,
    1.10, 1.05, 1.00, 1.05, 1.15, 1.30, 1.30, 1.20, 1.10, 1.00, 0.90, 0.80,
)  # fmt: skip
"""How quiet traffic is spread over the hours of a UTC day; their mean is 1. Invented."""
