"""How often a cause is named rightly, and how often one is named that is none: over many seeds, against the truth.

    ./run python -m benchmarks.accuracy                      100 seeds of each; some minutes
    ./run python -m benchmarks.accuracy --seeds 10           a few
    ./run python -m benchmarks.accuracy --only random-cause --seed 17      one, and what was made of it

`random-cause` plants one cause or two and knows which; `quiet` plants none, in a fleet made to mislead
(docs/scenarios). A cause is named rightly when its kind, its codes and its product are right, the product at the
right level: a firmware, or a model all of whose firmwares have the fault. A model that is its maker's only one of its
Device type is that maker's too: what counts is which Devices a name includes. A scenario is right when all that
was planted was named rightly and nothing else was named.

Ends with status 1 when fewer than 95 in 100 are right, or a quiet fleet has a cause, or murmurs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from scipy import special

from benchmarks.measured import circumstances, timed
from tidegate.alert_storm.causes import Cause, Kind, find_causes
from tidegate.alert_storm.decision import Level
from tidegate.alert_storm.fleet import Fleet, FleetView
from tidegate.alert_storm.plan import KernelPolicy
from tidegate.alert_storm.sharded import AlertStormKernel, storms_of
from tidegate.alert_storm.trials import LEAST_RATIO, LEAST_SHARE, LEVEL
from tidegate.columnar.batches import Recipients
from tidegate.columnar.inventory import Attribute, Inventory
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.policy_files.shipped import published
from tidegate.simulation.run import Simulation
from tidegate.simulation.scenarios import scenario_named
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code, parse_alert_code
from tidegate.vocabulary.products import NOT_KNOWN, Product
from tidegate.vocabulary.toggle_pairs import codes_counted_as, counted_as

POLICY: Final = "illustrative-2"
LEAST_RIGHT: Final = 0.95
PLANTED: Final = "random-cause"
QUIET: Final = "quiet"

Named: TypeAlias = tuple[Kind, frozenset[AlertCode], frozenset[Product]]
"""A cause as it is compared: kind, codes (a toggle pair as one), and the installed products that it includes."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was made of one scenario.

    planted:  What the truth says.
    named:    What was found; causes behind which no product was found are not among them.
    causes:   The same as they were told.
    by_poisson: Products that a test would accuse that takes Devices of a product for alike (`accused_by_poisson`).
    """

    scenario: str
    seed: int
    alerts: int
    devices: int
    planted: frozenset[Named]
    named: frozenset[Named]
    causes: Sequence[Cause]
    by_poisson: int

    @property
    def is_right(self) -> bool:
        """Whether all that was planted was named, and nothing else."""
        return self.planted == self.named

    @property
    def murmur(self) -> list[Cause]:
        """The murmur that was told, of a product or of none."""
        return [cause for cause in self.causes if cause.kind is Kind.MURMUR]


def judge(scenario: str, seed: int, *, devices: int | None = None) -> Judgement:
    """Simulate a scenario and compare the causes found in it with those planted."""
    simulation = Simulation(scenario_named(scenario), devices=devices, seed=seed)
    inventory = inventory_of(simulation)
    policy = published(POLICY)
    kernel = AlertStormKernel(
        [KernelPolicy(policy.alert_storm, policy.exclusion_list)], shards=1, keep_decisions=False
    )
    fleet = Fleet(inventory, shards=1)
    alerts = 0
    for batch in simulation.batches():
        kernel.receive(batch)
        fleet.receive(batch)
        alerts += len(batch)
    view = fleet.view(
        _stormed(kernel, simulation.recipients), simulation.recipients, simulation.since, simulation.until
    )
    causes = find_causes(view)
    kernel.stop()
    products = set(inventory.products) - {NOT_KNOWN}
    return Judgement(
        scenario,
        seed,
        alerts,
        inventory.devices,
        frozenset(_planted(simulation.truth()["causes"], products)),
        frozenset(
            (cause.kind, frozenset(map(counted_as, cause.alert_codes)), _included(cause.product, products))
            for cause in causes
            if cause.is_named
        ),
        causes,
        accused_by_poisson(view),
    )


def accused_by_poisson(view: FleetView) -> int:
    """How many (code, firmware) the obvious test would accuse: what the fleets drawn are hard for.

    It takes the Alerts of a firmware for Poisson at the rate of the rest of its Device type, allows the same chance
    over all comparisons, and asks for the same ratio and share of the log (`suspicion`).
    """
    exposure = view.exposure.sum(axis=1)
    rows, types = view.groups, np.array([product.device_type for product in view.products])
    all_alerts = int(rows["alerts"].sum())
    accused: list[float] = []
    comparisons = 0
    for code in np.unique(rows["alert_code"]):
        of_code = rows["alert_code"] == code
        alerts = np.bincount(rows["product"][of_code], rows["alerts"][of_code], minlength=len(view.products))
        for device_type in set(types.tolist()) - {""}:
            of_type = np.flatnonzero((types == device_type) & (exposure > 0))
            raised, days = alerts[of_type], exposure[of_type]
            if not raised.sum():
                continue
            share = days / days.sum()
            comparisons += len(of_type)
            expected = (raised.sum() - raised) / (days.sum() - days) * days
            least = np.maximum(raised, 1.0)
            chance = special.betainc(least, raised.sum() - least + 1, share)
            matters = (raised >= LEAST_RATIO * expected) & (raised - expected >= LEAST_SHARE * all_alerts)
            accused += chance[matters & (raised > 0)].tolist()
    return sum(each * comparisons <= LEVEL for each in accused)


def inventory_of(simulation: Simulation) -> Inventory:
    """The estate's Inventory as it is after it was written and read."""
    parts = list(simulation.inventory())
    ids = np.concatenate([part.device_id for part in parts])
    order = np.argsort(ids, kind="stable")
    attributes = {
        name: Attribute(
            np.concatenate([part.attributes[name].places for part in parts])[order].astype(np.int32),
            attribute.texts,
        )
        for name, attribute in parts[0].attributes.items()
    }
    since = np.full(len(ids), BEFORE_ALL, np.int64)
    return Inventory(simulation.scenario.name, ids[order], since, attributes, rows_read=len(ids))


def precision(judged: Iterable[Judgement]) -> tuple[int, int]:
    """Of the causes named, how many were planted: (those, all)."""
    each = list(judged)
    return sum(len(one.named & one.planted) for one in each), sum(len(one.named) for one in each)


def recall(judged: Iterable[Judgement]) -> tuple[int, int]:
    """Of the causes planted, how many were named: (those, all)."""
    each = list(judged)
    return sum(len(one.named & one.planted) for one in each), sum(len(one.planted) for one in each)


def told(judgement: Judgement) -> str:
    """What was planted and what was made of it, for a person."""
    lines = [
        f"{judgement.scenario} --seed {judgement.seed}: {judgement.alerts:,} Alerts, {judgement.devices:,} Devices"
    ]
    for which, mark in (
        (judgement.planted - judgement.named, "not named"),
        (judgement.named - judgement.planted, "false"),
        (judgement.planted & judgement.named, "right"),
    ):
        lines += [f"    {mark:9}  {_as_text(each)}" for each in sorted(which, key=_as_text)]
    for cause in judgement.causes:
        lines.append(
            f"      found  {cause.kind} {'+'.join(map(format_alert_code, cause.alert_codes))} {cause.product} "
            f"ratio {cause.ratio:.2g} p {cause.p_value:.1g} alerts {cause.alerts:,} devices {cause.devices:,}"
        )
    return "\n".join(lines)


def main() -> None:
    """Judge many seeds; say how many were right, and show those that were not."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=100, help="how many of each scenario")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--only", choices=[PLANTED, QUIET], help="one of the two")
    parser.add_argument("--seed", type=int, help="one seed, and what was made of it")
    asked = parser.parse_args()
    names = [asked.only] if asked.only else [PLANTED, QUIET]
    if asked.seed is not None:
        for name in names:
            print(told(judge(name, asked.seed)))
        return
    print(circumstances())
    seeds = range(asked.first, asked.first + asked.seeds)
    failed = False
    for name in names:
        taken, judged = timed(lambda name=name: [judge(name, seed) for seed in seeds])  # type: ignore[misc]
        wrong = [one for one in judged if not one.is_right]
        right = len(judged) - len(wrong)
        print(f"\n{name}: {right} of {len(judged)} right, {taken.seconds:.0f} s")
        if name == PLANTED:
            print(f"  precision {_share(*precision(judged))}, recall {_share(*recall(judged))}, by cause")
            failed |= right < LEAST_RIGHT * len(judged)
        else:
            print(f"  false causes: {sum(len(one.named) for one in judged)}")
            misled = sum(one.by_poisson > 0 for one in judged)
            print(
                f"  a Poisson test would accuse a firmware in {misled} of them, {sum(one.by_poisson for one in judged)} in all"
            )
            told_of = sum(bool(one.murmur) for one in judged)
            print(f"  murmur is told of {told_of} of them")
            failed |= bool(wrong) or told_of > 0
        for one in wrong:
            print(told(one))
    sys.exit(1 if failed else 0)


def _stormed(kernel: AlertStormKernel, recipients: Recipients) -> Any:
    spells = [*storms_of(kernel.take_ended(), recipients), *storms_of(kernel.running(), recipients)]
    streams = {
        (storm.stream.device_id, storm.stream.alert_code) for storm in spells if storm.level is Level.RED
    }
    return (
        np.array([device_id for device_id, _ in streams], np.uint64),
        np.array([code for _, code in streams], np.uint32),
    )


def _planted(causes: Iterable[dict[str, Any]], products: set[Product]) -> Iterable[Named]:
    for cause in causes:
        codes = frozenset(counted_as(parse_alert_code(code)) for code in cause["alert_codes"])
        for product in cause["products"]:
            yield Kind(cause["kind"]), codes, _included(Product(**product), products)


def _included(named: Product, products: set[Product]) -> frozenset[Product]:
    return frozenset(product for product in products if named.includes(product))


def _as_text(named: Named) -> str:
    kind, codes, products = named
    both = sorted({each for code in codes for each in codes_counted_as(code)})
    return f"{kind} {'+'.join(map(format_alert_code, both))} {', '.join(map(str, sorted(products)))}"


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.1%})" if whole else "none"


if __name__ == "__main__":
    main()
