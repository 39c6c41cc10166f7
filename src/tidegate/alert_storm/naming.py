"""The products of one Device type as a tree, and the name that fits what was found guilty in it.

Firmwares stand under models and models under manufacturers. A cause is named
as high as every child that could tell is itself guilty, and no higher: all
firmwares of a model are the model, one firmware is the firmware. Where only one
child could tell, the child is named: nothing says more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tidegate.vocabulary.products import NOT_KNOWN, Product

CanTell = Callable[[NDArray[np.bool_], NDArray[np.bool_]], bool]
"""Whether some leaves would have been found guilty, were they like others that were; both masks over leaves."""


@dataclass(frozen=True, slots=True)
class ProductTree:
    """Manufacturers, models and firmwares of one Device type.

    device_type:  The type; "" where the Inventory does not say.
    leaves:       Places in the fleet view's `products`, one for each product of the type, in their order.
    nodes:        What can be named: firmwares first, then models, then manufacturers; each level sorted.
    members:      bool (nodes, leaves): the products that a node includes.
    children:     For each node the nodes directly under it.
    """

    device_type: str
    leaves: NDArray[np.int64]
    nodes: Sequence[Product]
    members: NDArray[np.bool_]
    children: Sequence[Sequence[int]]

    @property
    def tops(self) -> list[int]:
        """Nodes that are under no other."""
        under = {child for children in self.children for child in children}
        return [node for node in range(len(self.nodes)) if node not in under]


def product_trees(products: Sequence[Product]) -> list[ProductTree]:
    """A tree for each Device type. What is not known at all is in none; what has only a type, under no node."""
    types = sorted({product.device_type for product in products if product != NOT_KNOWN})
    return [_tree(device_type, products) for device_type in types]


def _tree(device_type: str, products: Sequence[Product]) -> ProductTree:
    leaves = [
        place
        for place, product in enumerate(products)
        if product.device_type == device_type and product != NOT_KNOWN
    ]
    levels: list[list[Product]] = []
    for depth in (4, 3, 2):
        said = {Product(*products[leaf][:depth]) for leaf in leaves if products[leaf][depth - 1]}
        levels.append(sorted(said))
    nodes = list(dict.fromkeys(node for level in levels for node in level))
    members = np.array(
        [[node.includes(products[leaf]) for leaf in leaves] for node in nodes], np.bool_
    ).reshape(len(nodes), len(leaves))
    parents = [_parent(node, nodes) for node in nodes]
    children = [
        [child for child, parent in enumerate(parents) if parent == node] for node in range(len(nodes))
    ]
    return ProductTree(device_type, np.array(leaves, np.int64), nodes, members, children)


def _parent(node: Product, nodes: Sequence[Product]) -> int:
    """The smallest node that includes it and is not it; -1 where there is none."""
    above = [
        (sum(map(bool, other)), place)
        for place, other in enumerate(nodes)
        if other != node and other.includes(node)
    ]
    return max(above)[1] if above else -1


def named(tree: ProductTree, guilty: NDArray[np.bool_], can_tell: CanTell) -> list[int]:
    """The nodes to name where `guilty` (leaves) were found; none of them includes another."""
    names: list[int] = []
    for top in tree.tops:
        names += _named_under(tree, top, guilty, can_tell)[1]
    return names


def _named_under(
    tree: ProductTree, node: int, guilty: NDArray[np.bool_], can_tell: CanTell
) -> tuple[bool, list[int]]:
    """Whether all of a node that could tell is guilty, and what to name in it."""
    if not (guilty & tree.members[node]).any():
        return False, []
    found = {child: _named_under(tree, child, guilty, can_tell) for child in tree.children[node]}
    whole = [child for child, (is_whole, _) in found.items() if is_whole]
    names = [name for _, under in found.values() for name in under]
    if not names:
        # A firmware; or a node whose guilt lies in Devices of which no more is known.
        return True, [node]
    if not whole:
        return False, names
    like = np.logical_or.reduce([tree.members[child] for child in whole]) & guilty
    for child in set(tree.children[node]) - set(whole):
        if found[child][1] or can_tell(tree.members[child], like):
            return False, names
    return True, [node] if len(whole) > 1 else names
