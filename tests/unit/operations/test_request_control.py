"""Service Requests under the policy in force: each taken once, and decided by whatever holds at its instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from tests.material.duis_documents import eui
from tests.material.gbcs_alerts import ESME, SUPPLIER
from tests.material.request_policies import request_policy

from tidegate.admission.capacity_part import Part
from tidegate.admission.decision import Outcome, Reason
from tidegate.admission.shared import Lease, SharingTerms
from tidegate.operations.live import PolicyRecord
from tidegate.operations.request_control import Decided, RequestControl
from tidegate.operations.shared_capacity import SharedCapacity
from tidegate.operations.taken_requests import TakenRequests
from tidegate.policy.mechanism import MechanismDocument
from tidegate.policy_files import parse_policy
from tidegate.vocabulary.faults import Fault, InputError

HOUR = 3_600_000_000
USER, OTHER = eui(SUPPLIER), eui(SUPPLIER + 1)
NO_REQUESTS = request_policy("silent").split("[service_requests]")[0]


@dataclass(frozen=True)
class Asked:
    """A request that was read."""

    counter: int
    user: str = USER
    service_reference_variant: str = "4.1.1"
    is_signed_pre_command: bool = False
    preceding_request_id: str = ""
    device_id: int = ESME

    @property
    def request_id(self) -> str:
        return f"{self.user}:{eui(self.device_id)}:{self.counter}"


@dataclass
class Scene:
    """A control, the clock it reads, the policy in force, and what it told."""

    document: str = field(default_factory=request_policy)
    now: int = 10 * HOUR
    records: int = 0
    told: list[str] = field(default_factory=list)
    given: Mapping[str, int] | None = field(default_factory=lambda: {USER: 3})

    def __post_init__(self) -> None:
        self.put(self.document)
        allocate = None if self.given is None else self._allocate
        self.control = RequestControl(
            lambda: self.record,
            parse_policy,
            allocate,
            lambda: self.now,
            lambda *what: self.told.append(what[0]),
        )

    def put(self, document: str) -> None:
        self.records += 1
        policy = parse_policy(document, "test")
        self.record = PolicyRecord(self.records, policy.version, document, 0)

    def _allocate(self, policy: MechanismDocument) -> Mapping[str, int]:
        assert self.given is not None
        if policy.version == "too small":
            raise InputError(Fault("users", "the floors are more than there is"))
        return self.given

    def decide(self, asked: Asked) -> Decided:
        decided = self.control.receive(asked)
        assert decided is not None
        return decided

    def outcomes(self, *asked: Asked) -> list[Outcome | None]:
        decided = [self.decide(each) for each in asked]
        return [each.admission and each.admission.outcome for each in decided]


def test_above_its_capacity_requests_are_throttled_and_the_prioritised_pass() -> None:
    scene = Scene()

    outcomes = scene.outcomes(
        *(Asked(counter) for counter in range(4)), Asked(9, service_reference_variant="2.2")
    )

    assert [Outcome.ADMITTED] * 3 + [Outcome.THROTTLED, Outcome.PRIORITISED] == outcomes


def test_a_request_is_taken_once() -> None:
    scene = Scene()
    scene.decide(Asked(1))

    assert scene.control.receive(Asked(1)) is None
    assert scene.control.receive(Asked(1, user=OTHER)) is not None
    assert scene.control.receive(Asked(1, device_id=ESME + 1)) is not None


def test_a_request_that_was_throttled_was_not_taken_and_comes_back_at_its_time() -> None:
    scene = Scene()
    for counter in range(3):
        scene.decide(Asked(counter))
    refused = scene.decide(Asked(3)).admission
    assert refused is not None
    assert refused.retry_at is not None

    scene.now = max(refused.retry_at, scene.now + HOUR)
    assert Outcome.THROTTLED != scene.outcomes(Asked(3))[0]
    assert scene.control.receive(Asked(3)) is None


def test_what_was_not_done_may_come_again() -> None:
    scene = Scene()
    scene.decide(Asked(1))

    scene.control.give_back(Asked(1))

    assert scene.control.receive(Asked(1)) is not None


def test_a_gateway_that_starts_again_judges_a_pre_command_as_any_other() -> None:
    """It remembers no Transform: the second step is refused where the system is full, and comes back as told."""
    before, after = Scene(), Scene()
    before.decide(Asked(1))
    second_step = Asked(1, is_signed_pre_command=True)
    for counter in range(10, 13):
        after.decide(Asked(counter))

    refused = after.decide(second_step).admission
    assert refused is not None
    assert refused.retry_at is not None
    after.now = max(refused.retry_at, after.now + HOUR)

    assert Outcome.THROTTLED is refused.outcome
    assert [Outcome.CONTINUATION] == before.outcomes(second_step)
    assert [Outcome.ADMITTED] == after.outcomes(second_step)
    assert after.control.receive(second_step) is None


def test_below_its_threshold_a_gateway_that_starts_again_cuts_no_sequence_off() -> None:
    after = Scene()
    follows = Asked(2, preceding_request_id=Asked(9).request_id)

    assert [Outcome.ADMITTED] * 2 == after.outcomes(Asked(1, is_signed_pre_command=True), follows)


def test_what_an_outage_made_fail_is_judged_anew_when_it_is_over() -> None:
    scene = Scene()
    for counter in range(3):
        scene.decide(Asked(counter))
    for counter in range(3):
        scene.control.give_back(Asked(counter))

    again = scene.decide(Asked(1)).admission
    follows = scene.decide(Asked(9, preceding_request_id=Asked(2).request_id)).admission

    assert again is not None
    assert follows is not None
    assert [Outcome.THROTTLED, Outcome.THROTTLED] == [again.outcome, follows.outcome]


def test_a_signed_pre_command_that_failed_still_continues_its_transform() -> None:
    scene = Scene()
    for counter in range(3):
        scene.decide(Asked(counter))
    scene.decide(Asked(1, is_signed_pre_command=True))
    scene.control.give_back(Asked(1, is_signed_pre_command=True))

    again = scene.decide(Asked(1, is_signed_pre_command=True)).admission

    assert again is not None
    assert Reason.PRE_COMMAND == again.reason


def test_the_signed_pre_command_has_the_request_id_of_its_transform_and_is_taken_once_too() -> None:
    scene = Scene()
    for counter in range(3):
        scene.decide(Asked(counter))

    second = scene.decide(Asked(1, is_signed_pre_command=True)).admission

    assert second is not None
    assert (Outcome.CONTINUATION, Reason.PRE_COMMAND) == (second.outcome, second.reason)
    assert scene.control.receive(Asked(1, is_signed_pre_command=True)) is None


def test_another_policy_decides_from_when_it_is_in_force_and_counts_go_on() -> None:
    scene = Scene()
    for counter in range(3):
        scene.decide(Asked(counter))
    assert [Outcome.THROTTLED] == scene.outcomes(Asked(3))

    scene.put(request_policy("more", threshold=9, maximum=9))
    decided = scene.decide(Asked(4))

    assert ("more", Outcome.ADMITTED) == (
        decided.policy_version,
        decided.admission and decided.admission.outcome,
    )
    assert decided.admission is not None
    assert 4 == decided.admission.used


@pytest.mark.parametrize(("mode", "held_back"), [("enforced", True), ("shadow", False)])
def test_in_shadow_what_would_be_throttled_goes_on(mode: str, held_back: bool) -> None:
    scene = Scene(request_policy(mode=mode))
    for counter in range(3):
        scene.decide(Asked(counter))

    admission = scene.decide(Asked(3)).admission

    assert admission is not None
    assert (Outcome.THROTTLED, held_back) == (admission.outcome, admission.is_held_back)
    assert held_back == (scene.control.receive(Asked(3)) is not None)


def test_with_the_mode_off_everything_is_admitted() -> None:
    scene = Scene(request_policy(mode="off"))

    assert [Outcome.ADMITTED] * 9 == scene.outcomes(*(Asked(counter) for counter in range(9)))


def test_a_policy_that_says_nothing_of_service_requests_decides_none_of_them() -> None:
    scene = Scene(NO_REQUESTS)

    assert [None] * 9 == scene.outcomes(*(Asked(counter) for counter in range(9)))
    assert scene.control.receive(Asked(0)) is None
    assert scene.control.capacity_of(USER).standing is None


def test_a_policy_that_cannot_be_shared_out_is_told_of_once_and_the_one_before_decides_on() -> None:
    scene = Scene()
    scene.decide(Asked(0))

    scene.put(request_policy("too small"))
    versions = [scene.decide(Asked(counter)).policy_version for counter in (1, 2)]

    assert ["few", "few"] == versions
    assert ["too small"] == scene.told


def test_without_allocations_whoever_comes_shares_equally() -> None:
    scene = Scene(given=None)
    scene.decide(Asked(1))
    assert 3 == _allocation(scene, USER)

    scene.decide(Asked(1, user=OTHER))

    assert [1, 1] == [_allocation(scene, user) for user in (USER, OTHER)]


def test_a_clock_that_goes_back_is_not_followed() -> None:
    scene = Scene()
    scene.decide(Asked(0))
    scene.now -= 1

    assert 10 * HOUR == scene.decide(Asked(1)).at


def test_a_user_is_told_what_it_used_and_what_would_be_admitted() -> None:
    scene = Scene()
    scene.decide(Asked(0))

    now = scene.control.capacity_of(USER)

    assert now.standing is not None
    assert (1, 3, 2) == (now.standing.user_used, now.standing.allocation, now.standing.room)


def test_of_a_user_the_last_requests_are_remembered_and_of_users_the_last() -> None:
    taken = TakenRequests(most_of_a_user=2, most_users=2)
    for counter in range(3):
        taken.take(USER, (ESME, counter, False))

    assert [False, True, True] == [taken.has(USER, (ESME, counter, False)) for counter in range(3)]

    taken.take(OTHER, (ESME, 0, False))
    taken.take(USER, (ESME, 9, False))
    taken.take("a third", (ESME, 0, False))

    assert [True, False] == [taken.has(USER, (ESME, 9, False)), taken.has(OTHER, (ESME, 0, False))]


def _allocation(scene: Scene, user: str) -> int:
    standing = scene.control.capacity_of(user).standing
    assert standing is not None
    return standing.allocation


# A capacity that is shared.


@dataclass
class Sharing:
    """Two gateways that share a capacity; this one's clock is the test's."""

    now: int = 1_000_000

    def __post_init__(self) -> None:
        terms = SharingTerms(lease_for=10, silent_for=100)
        self.shared = SharedCapacity("one", "1", 2, terms, lambda: self.now)
        self.scene = Scene(document=request_policy(threshold=64, maximum=80))
        self.scene.given = {USER: 64}
        self.scene.control = RequestControl(
            lambda: self.scene.record,
            parse_policy,
            self.scene._allocate,
            lambda: self.scene.now,
            lambda *what: self.scene.told.append(what[0]),
            self.shared,
        )

    def lease(self, part: Part) -> None:
        report = self.scene.control.report()
        assert report is not None
        self.shared.take(Lease(part, 2, agrees=True), report, self.now)

    def threshold(self) -> int:
        rules = self.scene.control.capacity_of(USER).rules
        assert rules is not None
        return rules.operating_threshold


def test_a_gateway_decides_by_the_part_it_holds_and_without_a_lease_by_its_local_share():
    sharing = Sharing()
    assert 2 == sharing.threshold()  # the least part
    sharing.lease(Part(70, 60, {USER: 60}))
    assert 60 == sharing.threshold()

    sharing.now += 10 - 1
    assert not sharing.shared.is_alone
    assert 60 == sharing.threshold()
    sharing.now += 1
    assert sharing.shared.is_alone
    assert 32 == sharing.threshold()


def test_what_came_is_reported_with_the_part_it_was_decided_by():
    sharing = Sharing()
    sharing.lease(Part(4, 2, {USER: 1}))
    sharing.scene.outcomes(*(Asked(counter) for counter in range(5)))

    report = sharing.scene.control.report()

    assert report is not None
    assert (2, {USER: 5}, Part(4, 2, {USER: 1})) == (report.used, report.offered, report.holds)


def test_another_policy_is_shared_from_then_on_and_gives_out_nothing_more_by_itself():
    sharing = Sharing()
    sharing.lease(Part(70, 60, {USER: 60}))
    sharing.scene.put(request_policy("more", threshold=90, maximum=100, supersedes="few"))
    assert 60 == sharing.threshold()

    sharing.scene.put(request_policy("less", threshold=40, maximum=50, supersedes="more"))
    sharing.scene.given = {USER: 30}

    assert 40 == sharing.threshold()


def test_what_cannot_be_shared_leaves_the_policy_before_in_force():
    sharing = Sharing()
    sharing.lease(Part(70, 60, {USER: 60}))
    sharing.scene.put(request_policy("one", threshold=1, maximum=1, supersedes="few"))

    assert 60 == sharing.threshold()
    assert ["one"] == sharing.scene.told


def test_where_nothing_is_said_of_requests_nothing_is_reported():
    sharing = Sharing()
    sharing.scene.put(NO_REQUESTS)

    assert sharing.scene.control.report() is None
