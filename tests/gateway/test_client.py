"""The client for adapters against the sandbox: throttled, out, slow, dropped; nothing lost, and nothing twice."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

import pytest
from tests.gateways import a_free_port, running_gateway
from tests.material.duis_documents import acknowledgement, eui
from tests.material.duis_requests import request, top_up
from tests.material.gbcs_alerts import SUPPLIER
from tests.material.request_policies import request_policy

from tidegate.client import Adapter, Ending, Request, Terms, request_of
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import SECOND

EXAMPLE = Path(__file__).parents[2] / "examples" / "adapter.py"
QUICK = Terms(first_wait_us=SECOND // 50, longest_wait_us=SECOND // 10, resume_over_us=0, prioritised={"2.2"})


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    """A sandbox that takes twenty requests of the User in a second, and thirty in all."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "policy.toml").write_text(request_policy(threshold=20, maximum=30, period="1s"))
    configuration = f"""
[limits]
reading_processes = 0
[policy]
begin_with = "{folder}/policy.toml"
[service_requests]
sandbox = true
[service_requests.allocations]
"{eui(SUPPLIER)}" = 20
"""
    with running_gateway(folder / "gateway", configuration) as running:
        yield running


@pytest.fixture
def order(sandbox):
    """Orders faults in the sandbox until the test has ended."""

    def put(*faults):
        return sandbox.put("/api/sandbox/faults", {"faults": faults})

    yield put
    put()


NUMBERS = iter(range(1, 10**6))


def requests(number: int, build=request) -> list[Request]:
    return [request_of(build(counter=next(NUMBERS))) for _ in range(number)]


def sent(sandbox, asked: list[Request], terms: Terms = QUICK, **others):
    """Hand all in at once; how each ended."""

    async def send():
        async with Adapter(f"http://127.0.0.1:{sandbox.port}/api/v1", terms, **others) as adapter:
            return await asyncio.gather(*map(adapter.send, asked))

    return asyncio.run(asyncio.wait_for(send(), 60))


def test_a_backlog_of_two_periods_is_sent_inside_the_share(sandbox):
    ended = sent(sandbox, requests(40))

    assert {Ending.ACCEPTED} == {its.ending for its in ended}
    assert 45 >= sum(its.tries for its in ended)  # hardly any were refused


def test_who_is_throttled_comes_back_and_is_admitted(sandbox, order):
    order({"kind": "throttled", "one_in": 2, "lasts": 0.3, "seconds": 0.5})

    ended = sent(sandbox, requests(2))

    assert [Ending.ACCEPTED] * 2 == [its.ending for its in ended]
    assert 3 == sum(its.tries for its in ended)


def test_an_outage_is_waited_out_with_few_questions(sandbox, order):
    order({"kind": "outage", "lasts": 0.5, "seconds": 1})

    ended = sent(sandbox, requests(5))

    assert {Ending.ACCEPTED} == {its.ending for its in ended}
    assert 3 >= sandbox.ask("/api/sandbox/faults").json["faults"][0]["met"]


@pytest.mark.parametrize("fault", [{"kind": "dropped"}, {"kind": "slow", "seconds": 1}])
def test_what_was_done_and_not_answered_is_not_done_twice(sandbox, order, fault):
    order({**fault, "one_in": 2})

    ended = sent(sandbox, requests(3), answer_within_s=0.3)

    assert [Ending.ACCEPTED] * 3 == [its.ending for its in ended]
    lost = [its for its in ended if its.tries == 2]
    assert 1 == len(lost)
    assert 409 == lost[0].answer.status


def test_who_asks_not_to_repeat_is_told_that_nobody_knows(sandbox, order):
    order({"kind": "dropped"})

    ended = sent(sandbox, requests(1), Terms(repeats_unknown=False))

    assert [Ending.UNKNOWN] == [its.ending for its in ended]


def test_an_error_is_told_and_not_sent_again(sandbox, order):
    order({"kind": "error"})

    (ended,) = sent(sandbox, requests(1))

    assert (Ending.REFUSED, 1, 400) == (ended.ending, ended.tries, ended.answer.status)
    assert b"E21" in ended.answer.body


def test_where_nobody_listens_it_is_given_up_in_the_end():
    nowhere = type("Nowhere", (), {"port": a_free_port()})()

    (ended,) = sent(
        nowhere, requests(1), Terms(first_wait_us=1, longest_wait_us=SECOND // 50, useful_for_us=SECOND // 5)
    )

    assert Ending.GIVEN_UP is ended.ending
    assert ended.tries > 1


def test_more_than_may_be_held_is_handed_in_as_there_is_room(sandbox):
    ended = sent(sandbox, requests(6), Terms(most_waiting=2, resume_over_us=0))

    assert [Ending.ACCEPTED] * 6 == [its.ending for its in ended]


def test_what_is_cancelled_is_let_go_of(sandbox, order):
    order({"kind": "outage"})

    async def cancel():
        async with Adapter(f"http://127.0.0.1:{sandbox.port}/api/v1", QUICK) as adapter:
            task = asyncio.create_task(adapter.send(requests(1, top_up)[0]))
            await asyncio.sleep(0.1)
            assert 1 == adapter.standing().held
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return adapter.standing().held

    assert 0 == asyncio.run(cancel())


def test_what_is_no_request_is_refused_before_it_is_sent():
    with pytest.raises(InputError, match="not a DUIS Request"):
        request_of(acknowledgement())


def test_the_example_sends_a_folder(sandbox, tmp_path, capsys):
    for number in range(3):
        (tmp_path / f"{number}.xml").write_bytes(request(counter=next(NUMBERS)))
    specification = importlib.util.spec_from_file_location("adapter", EXAMPLE)
    assert specification is not None
    assert specification.loader is not None
    example = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(example)

    status = example.main(str(tmp_path), f"http://127.0.0.1:{sandbox.port}/api/v1")

    assert 0 == status
    assert "3 accepted" in capsys.readouterr().out
