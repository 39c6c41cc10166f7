"""How long a storm took to detect: from the first Alert that counted towards it to the one that went over."""

from __future__ import annotations

import numpy as np
import pytest
from tests.streams import as_batch

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.alert_storm.plan import KernelPolicy
from tidegate.alert_storm.protection import AlertStormProtection
from tidegate.alert_storm.sharded import AlertStormKernel
from tidegate.columnar.batches import Recipients
from tidegate.vocabulary.alerts import Alert

W = 20


def by_rule(instants, rules):
    protection = AlertStormProtection(rules)
    ended = [storm for at in instants for storm in protection.receive(Alert(at, 1, 0x8F75)).ended]
    return sorted((storm.started_at, storm.counting_since) for storm in (*ended, *protection.running()))


def by_kernel(instants, rules):
    kernel = AlertStormKernel([KernelPolicy(rules, ExclusionList())], keep_decisions=False)
    kernel.receive(as_batch([Alert(at, 1, 0x8F75) for at in instants], Recipients()))
    spells = np.concatenate([kernel.take_ended(), kernel.running()])
    return sorted(zip(spells["started_at"].tolist(), spells["counting_since"].tolist(), strict=True))


@pytest.mark.parametrize("detected", [by_rule, by_kernel])
@pytest.mark.parametrize(
    ("instants", "expected"),
    [
        pytest.param([100, 101, 102], [(102, 100)], id="running, and nothing has left its window yet"),
        pytest.param([100, 101, 102, 102 + W], [(102, 100)], id="ended since"),
        pytest.param([100, 101, 100 + W - 1], [(100 + W - 1, 100)], id="the first still in the window"),
        pytest.param([100, 101, 100 + W, 100 + W], [(100 + W, 101)], id="the first has just left it"),
        pytest.param(
            [100, 100 + W, 100 + W, 100 + W, 200, 201, 202],
            [(100 + W, 100 + W), (202, 200)],
            id="each storm for itself",
        ),
    ],
)
def test_it_counts_since_the_oldest_alert_in_the_window(detected, instants, expected):
    assert expected == detected(instants, AlertStormRules(AlertStormParameters(2, W)))


@pytest.mark.parametrize("detected", [by_rule, by_kernel])
def test_an_amber_spell_has_its_own(detected):
    rules = AlertStormRules(AlertStormParameters(2, W, amber_threshold=1))

    # Amber from the second Alert, which ends when the first leaves; again from the third; a storm from the fourth.
    assert [(115, 100), (121, 115), (122, 115)] == detected([100, 115, 121, 122], rules)
