"""Which Devices stormed, and with which codes: what a fleet view asks of a replay."""

from __future__ import annotations

import numpy as np

from tidegate.alert_storm.decision import Level
from tidegate.columnar.batches import AlertCodes, DeviceIds
from tidegate.reports.replayed import Spells
from tidegate.vocabulary.alert_codes import parse_alert_code


def stormed_in(spells: Spells) -> tuple[DeviceIds, AlertCodes]:
    """The Devices that stormed and the code of each storm, as two columns; amber is no storm.

    A Device that stormed with a code group stormed with each of its codes.
    """
    columns = spells.at_level(Level.RED).columns
    names, which = np.unique(columns["alert_code"].astype(str), return_inverse=True)
    devices: list[DeviceIds] = [np.empty(0, np.uint64)]
    codes: list[AlertCodes] = [np.empty(0, np.uint32)]
    for number, name in enumerate(names.tolist()):
        of_name = columns["device_id"][which == number]
        for code in name.split("+"):
            devices.append(of_name)
            codes.append(np.full(len(of_name), parse_alert_code(code), np.uint32))
    return np.concatenate(devices), np.concatenate(codes)
