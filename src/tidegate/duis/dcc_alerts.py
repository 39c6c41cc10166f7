"""Which Device a DCC Alert is about, by what it contains.

The names are those of the DUIS 5.4 schema; one row for each of its 24
contents. A content of a later version is read too: it is about the DCC itself
until a row here says otherwise (readings.md#3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

NAMESPACE: Final = "{http://www.dccinterface.co.uk/ServiceUserGateway}"


class Wrapped(NamedTuple):
    """Where a content names the Device and the Alert Code of the Alert within."""

    device: str
    code: str


def _in_duis(path: str) -> str:
    return "/".join(f"{NAMESPACE}{name}" for name in path.split("/"))


WRAPPED_ALERTS: Final[Mapping[str, Wrapped]] = {
    f"{NAMESPACE}{content}": Wrapped(_in_duis(device), _in_duis(code))
    for content, device, code in (
        ("PPMIDAlert", "DeviceID", "DeviceAlertCode"),
        ("DualBandCHAlert", "CHFDeviceID", "DeviceAlertCode"),
        ("CommsHubAlert", "CommsHubDeviceID", "AlertCode"),
    )
}
"""DCC Alerts around an Alert of a Device: the inner Device and code are the stream (readings.md#3)."""

DEVICES: Final[Mapping[str, tuple[str, ...]]] = {
    f"{NAMESPACE}{content}": tuple(_in_duis(path) for path in paths)
    for content, paths in {
        "PowerOutageEvent": ("CommsHubDeviceID",),
        "DeviceStatusChangeEvent": ("DeviceID",),
        "DSPScheduleRemoval": ("DeviceID",),
        "CommandFailure": ("DeviceID",),
        "FirmwareDistributionFailure": (),
        "UpdateHANDeviceLogResult": ("UpdateHANDeviceLogServiceRequestID",),
        "ChangeOfSupplier": ("DeviceChangeOfSupplier/DeviceID", "ChangeOfSupplierServiceRequestID"),
        "DeviceLogRestored": ("CHFDeviceLog/NewCHFDeviceID", "GPFDeviceLog/NewGPFDeviceID"),
        "SecurityCredentialsUpdated": ("DeviceID",),
        "PPMIDRemoval": ("PPMIDDeviceID",),
        "QuarantinedRequest": (
            "ADUserThresholdBreach/RequestID",
            "ADDCCThresholdBreach/RequestID",
            "ADAttributeLimitsBreach/RequestID",
        ),
        "FirmwareVersionMismatch": ("DeviceID",),
        "S1SPAlertDSP": ("S1SPAlert/DeviceID", "S1SPAlert/RequestID"),
        "SMETS1CHFirmwareNotification": ("DeviceID",),
        "ALCSHCALCSConfigurationChange": ("ESMEDeviceID",),
        "FirmwareUpgradeRequested": (),
        "CSPFirmwareDeliveryStatus": ("CommsHubDeviceID",),
        "ECoSAlert": ("DeviceID",),
        "CommsHubFirmwareActivation": ("DeviceID",),
        "CoSCertificateAlert": ("DeviceID",),
        "DUISVersionMismatch": (
            "DCCAlertVersionMismatch/DeviceID",
            "DCCAlertVersionMismatch/RequestID",
            "ServiceResponseVersionMismatch/RequestID",
        ),
    }.items()
}
"""Where each content names its one Device, in order of preference: a Device, or a RequestID and so its
target. Empty where it names many Devices or none."""

POWER_OUTAGE: Final = f"{NAMESPACE}PowerOutageEvent"
"""What a DCC Alert AD1 contains, and no other does."""
