"""Alerts and the suppressions they are under, by what an Inventory says of their Devices.

A suppression is about some products, and an Alert says nothing of its product.
The Inventory's row in force at its receipt instant does. Alerts that every
policy judges alike are of one scope and come under one scoped code
(`alert_storm.plan`); an Alert under no suppression keeps its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm import scope_kernel
from tidegate.alert_storm.parameters import AlertStormRules
from tidegate.alert_storm.plan import KernelPolicy
from tidegate.alert_storm.scope_kernel import products_of_rows
from tidegate.alert_storm.sharded import Tallies
from tidegate.alert_storm.suppressions import Scope, Suppression, narrowest
from tidegate.columnar.batches import AlertBatch, DeviceIds, Instants
from tidegate.columnar.inventory import Inventory
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.reports.replayed import Totals
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES, AlertCode
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.products import NOT_KNOWN, Product


class Scoping:
    """Says which scope the Alerts of a log are of, for policies decided together or one after another.

    scopes:           An example of each scope; the n-th has the code NUMBER_OF_CODES + n.
    of_not_known:     Alerts so far of suppressed codes from Devices of which the Inventory says no product:
                      they are under no suppression.
    """

    def __init__(self, policies: Sequence[KernelPolicy], inventory: Inventory) -> None:
        # Policies of a sweep have the same suppressions; which one an Alert is under does not depend on the rest.
        registers = list(dict.fromkeys(policy.rules.suppressions for policy in policies))
        suppressions = list(dict.fromkeys(each for register in registers for each in register))
        codes = sorted({code for suppression in suppressions for code in suppression.codes})
        self._expiries = np.array(sorted({suppression.expires for suppression in suppressions}), np.int64)
        # Places of codes and products count from 1; 0 is a code or product that no suppression is about.
        self._place_of_code = np.zeros(NUMBER_OF_CODES, np.int32)
        self._place_of_code[codes] = np.arange(1, len(codes) + 1)
        suppressed = {
            number: product
            for number, product in enumerate(inventory.products)
            if any(own.includes(product) for suppression in suppressions for own in suppression.products)
        }
        tag_of_product = np.ones(len(inventory.products), np.uint32)
        tag_of_product[list(suppressed)] = np.arange(2, len(suppressed) + 2)
        tag_of_product[0] = scope_kernel.NOT_KNOWN
        self._products = products_of_rows(inventory, tag_of_product[inventory.product_numbers])
        self.scopes: list[Scope] = []
        self.of_not_known = 0
        self._codes = self._table(registers, codes, list(suppressed.values()))

    def scoped(self, alerts: AlertBatch) -> AlertBatch:
        """The same Alerts, which must be in receipt order, those under a suppression with their scoped code."""
        scoped = np.empty(len(alerts), np.uint32)
        self.of_not_known += scope_kernel.scope(
            alerts.received_at,
            alerts.device_id,
            alerts.alert_code,
            self._place_of_code,
            self._products,
            self._expiries,
            self._codes,
            scoped,
        )
        return replace(alerts, alert_code=scoped)

    def _table(
        self,
        registers: Sequence[tuple[Suppression, ...]],
        codes: Sequence[AlertCode],
        products: Sequence[Product],
    ) -> NDArray[np.uint32]:
        """The code of Alerts: by how many suppressions have expired, place of their code, place of their product."""
        table = np.zeros((len(self._expiries) + 1, len(codes) + 1, len(products) + 1), np.uint32)
        number_of: dict[object, int] = {}
        for place, code in enumerate(codes, start=1):
            table[:, place, :] = code
            of_code = [[each for each in register if code in each.codes] for register in registers]
            for product_place, product in enumerate(products, start=1):
                about = [
                    [each for each in register if any(own.includes(product) for own in each.products)]
                    for register in of_code
                ]
                for at in _turns(about):
                    under = tuple(narrowest(register, Scope(code, product, at)) for register in about)
                    if any(under):
                        number = number_of.setdefault((code, under), len(self.scopes))
                        if number == len(self.scopes):
                            self.scopes.append(Scope(code, product, at))
                        scoped_code = NUMBER_OF_CODES + number
                    else:
                        scoped_code = code
                    # Until the next turn, which writes over what follows.
                    first = int(np.searchsorted(self._expiries, at, side="right"))
                    table[first:, place, product_place] = scoped_code
        return table


def scoping_for(policies: Sequence[KernelPolicy], inventory: Inventory | None) -> Scoping | None:
    """What tells the scopes of some policies apart; None where no policy has suppressions.

    Raises:
        InputError: a policy has suppressions, and there is no Inventory.
    """
    refuse_without_inventory(policies, inventory)
    if inventory is None or not any(policy.rules.suppressions for policy in policies):
        return None
    return Scoping(policies, inventory)


def refuse_without_inventory(policies: Sequence[KernelPolicy], inventory: Inventory | None) -> None:
    """Without an Inventory nobody knows whom suppressions are about.

    Raises:
        InputError: a policy has suppressions, and there is no Inventory.
    """
    ids = [suppression.id for policy in policies for suppression in policy.rules.suppressions]
    if ids and inventory is None:
        named = ", ".join(dict.fromkeys(ids))
        what = f"the policy has suppressions ({named}), and nothing says which products the Devices are"
        raise InputError(Fault("--policy", what, "Name an Inventory with --inventory."))


def products_of(inventory: Inventory, device_id: DeviceIds, at: Instants) -> list[Product]:
    """What each of some Devices was at an instant; `NOT_KNOWN` where the Inventory does not say."""
    rows = inventory.rows_at(device_id, at).tolist()
    return [NOT_KNOWN if row < 0 else inventory.products[int(inventory.product_numbers[row])] for row in rows]


def totals_by_suppression(
    rules: AlertStormRules, scopes: Sequence[Scope], tallies: Tallies
) -> Mapping[str, Totals]:
    """What each suppression of a policy decided, by its id."""
    totals = {suppression.id: Totals() for suppression in rules.suppressions}
    for number, scope in enumerate(scopes):
        suppression = rules.suppression_of(scope)
        if suppression is not None:
            received = int(tallies.received_by_scope[number])
            throttled = int(tallies.throttled_by_scope[number])
            totals[suppression.id] += Totals(received, received - throttled, throttled)
    return totals


def _turns(about: Sequence[Sequence[Suppression]]) -> list[int]:
    """Instants from which other suppressions may be in force, in order; the first is before all."""
    return sorted({BEFORE_ALL, *(each.expires for register in about for each in register)})
