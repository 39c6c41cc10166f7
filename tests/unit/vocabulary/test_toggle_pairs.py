"""A toggle pair is two published codes that take each other back; each code is in one at most."""

from __future__ import annotations

from tidegate.vocabulary.alert_codes import name_of, published_alert_codes
from tidegate.vocabulary.toggle_pairs import TOGGLE_PAIRS, codes_counted_as, counted_as, toggle_pair_of


def test_a_code_is_in_one_pair_at_most():
    codes = [code for pair in TOGGLE_PAIRS for code in (pair.first, pair.second)]

    assert len(codes) == len(set(codes))


def test_both_codes_of_a_pair_are_published_and_of_the_same_devices_where_that_is_known():
    published = published_alert_codes()
    for pair in TOGGLE_PAIRS:
        first, second = (set(published[code].device_types.split(";")) for code in (pair.first, pair.second))

        assert first & second or "UNKNOWN" in first | second, pair


def test_the_two_of_a_voltage_pair_are_named_alike_but_for_the_direction():
    """As above and below the same threshold on the same phase, in the published names."""
    for pair in TOGGLE_PAIRS:
        first, second = name_of(pair.first), name_of(pair.second)
        if "Average RMS" in first:
            assert (
                first.split("(")[0].split(" on ")[0].split()[-4:]
                == second.split("(")[0].split(" on ")[0].split()[-4:]
            )
            assert ("above" in first.split("(")[0]) != ("above" in second.split("(")[0])
        elif "RMS" in first:
            assert first.split("(")[0] == second.split("(")[0]
            assert ("returns" in first, "returns" in second) == (False, True)


def test_the_second_is_counted_as_the_first_and_any_other_code_as_itself():
    assert (0x8014, 0x8014, 0x8F35) == (counted_as(0x8014), counted_as(0x8015), counted_as(0x8F35))
    assert (0x8014, 0x8015) == codes_counted_as(0x8015)
    assert (0x81BC, 0x8F75) == codes_counted_as(0x8F75)
    assert (0x8F35,) == codes_counted_as(0x8F35)


def test_two_ends_of_an_outage_are_no_pair():
    """8F35 and 8F36 both say that supply is restored."""
    assert toggle_pair_of(0x8F35) is None
    assert toggle_pair_of(0x8F36) is None
