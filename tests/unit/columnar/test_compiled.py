"""Kernels are compiled also where compiled code can be kept nowhere."""

from __future__ import annotations

from typing import Any

from tidegate.columnar.compiled import compiled


def test_a_kernel_whose_compiled_code_can_be_kept_nowhere_is_compiled_all_the_same():
    """As under a service's own user, whose home cannot be written; here it has no source file at all."""
    made: dict[str, Any] = {}
    exec("def more(number):\n    return number + 1\n", made)  # noqa: S102 - a function without a file

    assert 3 == compiled(made["more"])(2)
