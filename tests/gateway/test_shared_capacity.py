"""Gateways that share one capacity over a real PostgreSQL: parts follow demand, its loss is survived, and told."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from tests.durability import postgresql
from tests.gateways import running_gateway, wait_until
from tests.material.duis_documents import eui
from tests.material.duis_requests import request
from tests.material.gbcs_alerts import SUPPLIER
from tests.material.request_policies import request_policy

from tidegate.admission.capacity_part import Part, Whole
from tidegate.admission.shared import Member, NoPlaceError, Pool, Report, SharingTerms
from tidegate.journal.capacity_pool import CapacityPool, pool_of, written
from tidegate.operations.live_journal import JournalUnavailable
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import SECOND

S = "/api/v1/serviceS"
WHOLE = Whole(Part(120, 100, {"alpha": 60, "beta": 40}), SECOND, 2)
TERMS = SharingTerms()


def report(gateway="one", run="1", **offered):
    return Report(gateway, run, WHOLE, WHOLE.least, 0, offered)


def test_a_pool_is_read_as_it_was_written():
    given = Part(70, 60, {"alpha": 59, "beta": 1})
    pool = Pool(
        {"one": Member(report(alpha=3), 17, given)},
        {("one", "0"): (16, WHOLE.local)},
        changed_at=17,
        resumed_at=5,
    )

    assert pool == pool_of(written(pool))
    assert Pool() == pool_of("")


def test_another_database_than_postgresql_is_refused():
    with pytest.raises(InputError, match="no PostgreSQL database"):
        CapacityPool("sqlite:///capacity.db", "all", TERMS)


@pytest.fixture(scope="module")
def server():
    if postgresql.BINARIES is None:
        pytest.skip(postgresql.WHY_NOT)
    with postgresql.running_server() as it:
        yield it


def test_two_stores_over_one_database_give_out_no_more_than_there_is(server):
    one, two = (CapacityPool(server.url, "stores", TERMS) for _ in range(2))
    first = one.exchange(report(alpha=500)).part
    second = two.exchange(report("two", beta=10)).part

    assert (WHOLE.local.maximum, WHOLE.local.threshold) == (
        first.maximum,
        first.threshold,
    )  # the other may yet come
    assert WHOLE.capacity.maximum >= first.maximum + second.maximum
    with pytest.raises(NoPlaceError, match="share the capacity already: one, two"):
        one.exchange(report("three"))
    one.close()
    two.close()


def test_a_store_that_is_gone_is_told_and_found_again(server, caplog):
    pool = CapacityPool(server.url, "found again", TERMS)
    pool.exchange(report())
    server.stop()
    try:
        with pytest.raises(JournalUnavailable):
            pool.exchange(report())
    finally:
        server.start()

    assert 2 >= pool.exchange(report()).gateways
    server.sql("DELETE FROM tidegate_capacity_pool WHERE name = 'found again'")
    with pytest.raises(JournalUnavailable, match="the row of the capacity is not there"):
        pool.exchange(report())
    assert 1 == pool.exchange(report()).gateways
    pool.close()
    assert [] == caplog.records  # no page of traceback


def configuration(folder, url, name):
    (folder / "policy.toml").write_text(request_policy(threshold=64, maximum=80, period="1h"))
    return f"""
[limits]
reading_processes = 0
[policy]
begin_with = "{folder}/policy.toml"
[service_requests]
sandbox = true
[service_requests.allocations]
"{eui(SUPPLIER)}" = 64
[service_requests.shared]
url = "{url}"
gateways = 2
name = "{name}"
every = 0.02
lease_for = 0.5
silent_for = 5
"""


def part_of(gateway, of="operating_threshold"):
    line = next(
        line
        for line in gateway.ask("/metrics").body.decode().splitlines()
        if line.startswith(f'tidegate_capacity_part{{of="{of}"}}')
    )
    return float(line.split()[1])


def is_alone(gateway):
    return "tidegate_capacity_alone 1.0" in gateway.ask("/metrics").body.decode()


def told(gateway, event):
    return [entry for entry in gateway.log.entries if entry["event"] == event]


def test_two_gateways_admit_what_one_would_and_survive_the_loss_of_the_store(server, tmp_path):
    """All of it in one: starting a gateway takes a second."""
    with ExitStack() as stack:
        one, two = (
            stack.enter_context(running_gateway(tmp_path / name, configuration(tmp_path, server.url, name)))
            for name in ("one", "two")
        )
        assert [200] * 30 == [one.post(request(counter=counter), path=S).status for counter in range(30)]
        # What is asked of the second is given to it: the first has what it used, and no more is left.
        counters = iter(range(100, 10**6))
        admitted = [30]

        def ask_the_second():
            admitted[0] += 200 == two.post(request(counter=next(counters)), path=S).status
            return admitted[0] >= 60

        wait_until(ask_the_second)
        for _ in range(40):
            ask_the_second()
        assert 60 <= admitted[0] <= 80
        assert 64 >= part_of(one) + part_of(two)

        server.stop()
        try:
            wait_until(lambda: is_alone(one) and is_alone(two))
            alone = told(one, "capacity is not shared: this gateway decides by its local share")[-1]
            assert ("one", 40, 32) == tuple(alone[name] for name in ("gateway", "maximum", "threshold"))
            assert "ratelimit" in one.post(request(counter=30), path=S).headers  # it decides on
        finally:
            server.start()
        wait_until(lambda: not is_alone(one) and not is_alone(two))
        assert told(one, "capacity is shared again")
    assert [] == [entry for entry in one.log.entries if entry["log_level"] == "critical"]


def test_a_policy_with_less_than_there_are_gateways_is_refused(tmp_path):
    text = configuration(tmp_path, "postgresql://nobody@localhost/none", "one").replace(
        "gateways = 2", "gateways = 65"
    )

    with pytest.raises(InputError, match="gateways is 65"), running_gateway(tmp_path / "one", text):
        pass
