"""What is written reads back as the same policy."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

from hypothesis import given, strategies as st

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules, CountBy, shortest_promise
from tidegate.alert_storm.suppressions import Suppression, ambiguities
from tidegate.policy.approval import Approval
from tidegate.policy.mechanism import MechanismDocument, Mode, ServiceRequestRules
from tidegate.policy.suppressions import FixStatus, RegisterEntry
from tidegate.policy_files import parse_policy, policy_document, write_policy
from tidegate.vocabulary.alert_codes import DCC_ALERT
from tidegate.vocabulary.instants import DAY, HOUR, SECOND
from tidegate.vocabulary.products import Product

CODES = (0x8014, 0x8015, 0x8F35, 0x8F75, 0x0012, DCC_ALERT, DCC_ALERT + 24)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
reasons = text.filter(lambda said: bool(said.strip()))
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda name: bool(name.strip()) and name.isprintable()
)
durations = st.sampled_from([1, 999, SECOND, 90 * SECOND, HOUR, DAY, 366 * DAY])
shares = st.sampled_from(
    [Fraction(n) for n in ("0", "1", "2", "1/10", "1/3", "123456789/1000000000", "1/100000")]
)


@st.composite
def parameters(draw: st.DrawFn) -> AlertStormParameters:
    threshold = draw(st.integers(1, 50))
    return AlertStormParameters(
        threshold,
        draw(durations),
        draw(st.integers(1, 20)),
        draw(st.none() | durations),
        draw(st.none() | st.integers(0, threshold)),
        draw(st.none() | st.integers(1, threshold)),
    )


@st.composite
def service_requests(draw: st.DrawFn) -> ServiceRequestRules:
    capacity = draw(st.integers(1, 1_000))
    return ServiceRequestRules(
        period_us=draw(durations),
        maximum_system_capacity=capacity,
        operating_threshold=draw(st.integers(1, capacity)),
        prepayment_multiplier=draw(shares),
        network_weight=draw(shares),
        floor=draw(st.integers(0, 10)),
        early_warning_at=draw(shares.filter(lambda share: 0 < share <= 1)),
        prioritised=draw(st.dictionaries(st.sampled_from(["7.4", "8.1.1", "12.1"]), reasons)),
    )


@st.composite
def suppressions(draw: st.DrawFn, rules: AlertStormRules, free: list[int]) -> tuple[Suppression, ...]:
    """Suppressions of codes that are not excluded: none softer than their own parameters, none ambiguous."""
    made: list[Suppression] = []
    for name in draw(st.lists(names, max_size=3, unique=True)):
        named = draw(st.lists(st.sampled_from(free), min_size=1, max_size=3, unique=True))
        codes = tuple(dict.fromkeys(code for one in named for code in _counted_with(rules, one)))
        own = [rules.parameters_for(code) for code in codes]
        every = max(map(shortest_promise, own))
        maker = Product(draw(st.sampled_from(["", "CHF"])), draw(st.just("") | names), draw(names))
        suppression = Suppression(
            name,
            codes,
            tuple(
                maker._replace(firmware=firmware)
                for firmware in draw(st.just([""]) | st.lists(names, min_size=1, max_size=3, unique=True))
            ),
            expires=draw(st.sampled_from([1, 1_708_905_600_000_000])),
            threshold=draw(st.none() | st.integers(1, min(each.threshold for each in own))),
            forward_one_in=max(each.forward_one_in for each in own) + draw(st.integers(0, 3)),
            forward_at_least_every_us=every if every < DAY and draw(st.booleans()) else None,
            clear_threshold=draw(st.sampled_from([None, 0])),
        )
        if not list(ambiguities([*made, suppression])):
            made.append(suppression)
    return tuple(made)


@st.composite
def entries(draw: st.DrawFn, suppression: Suppression) -> RegisterEntry:
    can_say_mended = all(product.firmware not in ("", "9.9") for product in suppression.products)
    status = draw(st.sampled_from(list(FixStatus)[: 3 if can_say_mended else 2]))
    return RegisterEntry(
        draw(reasons),
        status,
        "9.9" if status is FixStatus.FIXED_IN else "",
        draw(st.builds(Approval, text, reasons, st.just("2024-01-23"), text)),
    )


def _counted_with(rules: AlertStormRules, code: int) -> tuple[int, ...]:
    return next((group for group in rules.code_groups if code in group), (code,))


@st.composite
def policies(draw: st.DrawFn) -> MechanismDocument:
    excluded, overridden, grouped = _dealt(draw)
    group_parameters = draw(parameters())
    codes = {code: draw(parameters()) for code in overridden}
    codes.update(dict.fromkeys(grouped[: draw(st.integers(0, 2))], group_parameters))
    rules = AlertStormRules(
        draw(parameters()), codes, draw(st.sampled_from(CountBy)), (tuple(grouped),) if grouped else ()
    )
    suppressed = draw(suppressions(rules, [code for code in CODES if code not in excluded]))
    return MechanismDocument(
        version=draw(names),
        mode=draw(st.sampled_from(Mode)),
        effective_from=draw(st.sampled_from([0, 1, 1_500_000, 1_708_905_600_000_000])),
        alert_storm=replace(rules, suppressions=suppressed),
        exclusion_list=ExclusionList({code: draw(reasons) for code in excluded}),
        service_requests=draw(st.none() | service_requests()),
        supersedes=draw(st.none() | names.map("before {}".format)),
        approval=draw(st.none() | st.builds(Approval, text, text, st.sampled_from(["", "2024-01-23"]), text)),
        reasons={code: draw(reasons) for code in codes if draw(st.booleans())},
        register={each.id: draw(entries(each)) for each in suppressed},
        default_reason=draw(st.just("") | reasons),
        note=draw(text),
        is_illustrative=draw(st.booleans()),
    )


def _dealt(draw: st.DrawFn) -> tuple[list[int], list[int], list[int]]:
    """Some codes excluded, some overridden, some (none, or two) in a group; none in two places."""
    codes = draw(st.permutations(CODES))
    return (
        codes[: draw(st.integers(0, 3))],
        codes[3 : draw(st.integers(3, 5))],
        draw(st.sampled_from([[], list(codes[5:])])),
    )


@given(policies())
def test_a_policy_that_is_written_reads_back_as_the_same(policy: MechanismDocument):
    assert policy == parse_policy(write_policy(policy), "written")


@given(policies())
def test_a_policy_as_json_says_what_its_file_says(policy: MechanismDocument):
    document = json.loads(json.dumps(policy_document(policy)))

    assert policy.version == document["version"]
    assert len(policy.exclusion_list) == len(document["alert_storm"].get("exclusion_list", {}))
    assert list(policy.register) == [each["id"] for each in document["alert_storm"].get("suppressions", [])]


def test_an_override_says_only_what_differs_from_the_default():
    default = AlertStormParameters(30, HOUR, 10, HOUR, 15)
    override = AlertStormParameters(20, HOUR, 10, None, 15)
    policy = MechanismDocument("v1", Mode.OFF, 0, AlertStormRules(default, {0x8F75: override}))

    assert {"8F75": {"threshold": 20, "forward_at_least_every": "none"}} == policy_document(policy)[
        "alert_storm"
    ]["codes"]
    assert policy == parse_policy(write_policy(policy), "written")
