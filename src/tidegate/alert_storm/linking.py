"""Which storm belongs to which problem.

A storm joins the named cause of its code that its Device's product falls
under: shouters before murmur, the narrower product before the wider. A storm
that makes no shouter of its Device is of the murmur that its Device is part of,
where there is any. What no cause claims forms one problem for each code, with no
product named. Each storm joins exactly one.

Codes are told apart as a fleet counts them: both of a toggle pair are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.causes import Cause, Kind
from tidegate.columnar.inventory import INVENTORY_COLUMNS, Attribute
from tidegate.vocabulary.alert_codes import AlertCode, parse_alert_code
from tidegate.vocabulary.parties import responsible_party
from tidegate.vocabulary.products import NOT_KNOWN, Product
from tidegate.vocabulary.toggle_pairs import counted_as

NOT_SAID: Final = ""


class Key(NamedTuple):
    """What makes two problems the same one.

    codes:  As a fleet counts them (`counted_as`), in ascending order: one, or those of a policy's group.
    """

    kind: Kind
    codes: tuple[AlertCode, ...]
    product: Product


@dataclass(frozen=True, slots=True)
class Linked:
    """Storms and the problems they belong to.

    keys:      Of every problem that has a storm or a cause, in the order met: causes first.
    of_storm:  int32, the place in `keys` of each storm's problem.
    """

    keys: Sequence[Key]
    of_storm: NDArray[np.int32]


def key_of(cause: Cause) -> Key:
    """The key of a cause's problem."""
    return Key(cause.kind, _counted(cause.alert_codes), cause.product)


def codes_of_label(label: str) -> tuple[AlertCode, ...]:
    """The codes of a storm's label: one, or the members of its policy's group."""
    return tuple(parse_alert_code(member) for member in label.split("+"))


def link_storms(
    causes: Sequence[Cause],
    labels: NDArray[Any],
    devices_are: Mapping[str, Attribute],
    set_aside: NDArray[np.bool_] | None = None,
) -> Linked:
    """Find the problem of every storm.

    Args:
        causes:       Named ones claim storms; those without a product wait for what is left.
        labels:       Text of each storm, the code counted.
        devices_are:  What each storm's Device was when it started: INVENTORY_COLUMNS, those that are known.
        set_aside:    Storms of Devices that are no shouters for all that; None: there are none.
    """
    code, code_labels = factorised(labels)
    products, product = products_of(devices_are, len(labels))
    keys = {key_of(cause): None for cause in causes}
    places = {key: place for place, key in enumerate(keys)}
    named = [key for key in keys if key.product != NOT_KNOWN]
    aside = np.zeros(len(labels), np.bool_) if set_aside is None else set_aside
    combined = 2 * (code.astype(np.int64) * len(products) + product) + aside
    met, which = np.unique(combined, return_inverse=True)
    of_combination = np.empty(len(met), np.int32)
    for at, (both, is_aside) in enumerate(map(divmod, met.tolist(), [2] * len(met))):
        codes = _counted(codes_of_label(code_labels[both // len(products)]))
        product_of_it = products[both % len(products)]
        key = _murmur_of(keys, codes, product_of_it) if is_aside else None
        key = key or _claimed(named, codes, product_of_it) or _left(places, codes)
        of_combination[at] = places.setdefault(key, len(places))
    return Linked(list(places), of_combination[which].astype(np.int32))


def _murmur_of(keys: Iterable[Key], codes: tuple[AlertCode, ...], product: Product) -> Key | None:
    """The key of the murmur with these codes that a Device of this product is part of, the narrowest."""
    murmurs = [key for key in keys if key.kind is Kind.MURMUR and key.product.includes(product)]
    return _claimed(murmurs, codes, product)


def _claimed(named: Sequence[Key], codes: tuple[AlertCode, ...], product: Product) -> Key | None:
    """The named key that a storm with these codes, of this product, belongs to."""
    claims = [key for key in named if not set(codes).isdisjoint(key.codes) and key.product.includes(product)]
    return min(
        claims,
        key=lambda key: (key.kind is not Kind.SHOUTERS, sum(not part for part in key.product), key),
        default=None,
    )


def _left(places: Mapping[Key, int], codes: tuple[AlertCode, ...]) -> Key:
    """The key without a product for these codes: of a cause that shares one of them, or a new one."""
    unnamed = [key for key in places if key.kind is Kind.SHOUTERS and key.product == NOT_KNOWN]
    exact = Key(Kind.SHOUTERS, codes, NOT_KNOWN)
    if exact in places:
        return exact
    return next((key for key in unnamed if not set(codes).isdisjoint(key.codes)), exact)


def products_of(
    devices_are: Mapping[str, Attribute], rows: int
) -> tuple[Sequence[Product], NDArray[np.int64]]:
    """The different products of some rows, and the place of each row's among them."""
    number = np.zeros(rows, np.int64)
    sizes = []
    for name in Product._fields:
        attribute = devices_are.get(name)
        texts: Sequence[str] = (NOT_SAID,) if attribute is None else attribute.texts
        number *= len(texts)
        if attribute is not None:
            number += attribute.places
        sizes.append(texts)
    met, which = np.unique(number, return_inverse=True)
    products = []
    for combined in met.tolist():
        parts, rest = [], combined
        for texts in reversed(sizes):
            rest, place = divmod(rest, len(texts))
            parts.append(texts[place])
        products.append(Product(*reversed(parts)))
    return products, which


def parties_of(devices_are: Mapping[str, Attribute], rows: int) -> Attribute:
    """Who answers for the Device of each row; empty where nothing says so."""
    names = ("device_type", "supplier", "csp_region")
    known = [devices_are.get(name) or Attribute(np.zeros(rows, np.int32), (NOT_SAID,)) for name in names]
    number = np.zeros(rows, np.int64)
    for attribute in known:
        number = number * len(attribute.texts) + attribute.places
    met, which = np.unique(number, return_inverse=True)
    parties: dict[str, int] = {NOT_SAID: 0}
    of_combination = []
    for combined in met.tolist():
        rest, region = divmod(combined, len(known[2].texts))
        kind, supplier = divmod(rest, len(known[1].texts))
        party = responsible_party(known[0].texts[kind], known[1].texts[supplier], known[2].texts[region])
        of_combination.append(parties.setdefault(party, len(parties)))
    return Attribute(
        np.array(of_combination, np.int32)[which] if rows else np.empty(0, np.int32), list(parties)
    )


def factorised(texts: NDArray[Any]) -> tuple[NDArray[np.int32], Sequence[str]]:
    """A column of text (None: not said) as places in the different texts, in the order met."""
    places: dict[str, int] = {}
    numbers = np.fromiter(
        (places.setdefault(text or NOT_SAID, len(places)) for text in texts.tolist()), np.int32, len(texts)
    )
    return numbers, list(places) or [NOT_SAID]


def attributes_in(columns: Mapping[str, NDArray[Any]]) -> dict[str, Attribute]:
    """What columns of text say of the Devices, those of INVENTORY_COLUMNS that are there."""
    return {name: Attribute(*factorised(columns[name])) for name in INVENTORY_COLUMNS if name in columns}


def _counted(codes: Sequence[AlertCode]) -> tuple[AlertCode, ...]:
    return tuple(sorted({counted_as(code) for code in codes}))
