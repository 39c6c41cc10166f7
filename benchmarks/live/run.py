"""The gateway under load: signed, unsigned, batches; beside a bare server on the same stack, in one run.

    ./run python -m benchmarks.live.run [REQUESTS]

Each row: requests a second as fast as answers come, p50 and p99 then. "kept" is verified, decided and durable before the
answer; "forwarded" is all of that, and each Alert POSTed to a receiver; "in memory" is that with the journal in memory:
what is left of pauses there is ours, and the others are the disk's.

Then the same at 600 a second, with the disk alone beside it in the same seconds (`disk`).
"""

from __future__ import annotations

import http.client
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from tests.material.duis_documents import eui
from tests.material.gbcs_alerts import SUPPLIER
from tests.material.signed_alerts import mint_party, write_certificates

from benchmarks.live.disk import disk_beside
from benchmarks.live.servers import Server, bare, gateway

CONNECTIONS = 64
PACED = 600
BATCH_ROWS = 200_000
BATCHES = 5
MEMORY = Path("/dev/shm")  # noqa: S108 - of Linux; each run has a new folder in it


def main() -> None:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 6_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dsp = mint_party()
        keys = write_certificates(folder / "keys", dsp)
        (keys / "signer.key").write_bytes(dsp.key_pem)
        signed, verifies = ("signed", str(keys)), f'[signatures]\ncertificates = "{keys}"\n'
        told: list[tuple[str, dict[str, Any]]] = []
        with bare() as port:
            told.append(("bare acknowledge", _load(port, requests, signed)))
        with gateway(folder / "a", verifies) as port:
            told.append(("signed, kept", _load(port, requests, signed)))
        with gateway(folder / "b", "") as port:
            told.append(("unsigned, kept", _load(port, requests, ("unsigned",))))
            batches = _batches(port.port)
        for what, root in {"signed, forwarded": folder, "in memory": MEMORY}.items():
            if root.is_dir():
                told.append((what, _forwarded(root, requests, signed, verifies)))
    most = told[0][1]["per_second"]
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {requests:,} requests, {CONNECTIONS} connections"
    )
    for what, it in told:
        share = f"{it['per_second'] / most:5.0%}"
        print(
            f"{what:<18} {it['per_second']:>7,}/s {share} of bare  p50 {it['p50_ms']:>6} ms  p99 {it['p99_ms']:>6} ms"
            f"  cpu {it['cpu_ms']:.2f} ms each  {it['statuses']}"
        )
    print(f"at {PACED}/s, ms; beside it the disk alone, 4 KiB a hundred times a second")
    for what, it in told:
        paced, disk = it["paced"], it["disk"]
        print(
            f"{what:<18} p50 {paced['p50_ms']:>6}  p99 {paced['p99_ms']:>6}  sent late p99 {paced['sender_late_p99_ms']:>6}"
            f"  disk p99 {disk['p99_ms']:>6}  longest {disk['most_ms']:>6}  stood still {disk['still']:.1%}  {paced['statuses']}"
        )
    print(f"batches of Arrow   {batches:>9,.0f} Alerts/s, {BATCH_ROWS:,} a batch")


def _forwarded(root: Path, requests: int, documents: tuple[str, ...], verifies: str) -> dict[str, Any]:
    """The whole way, the journal in a new folder of `root`."""
    with bare() as receiver, tempfile.TemporaryDirectory(dir=root) as name:
        to = f'[[recipients]]\nuser = "{eui(SUPPLIER)}"\nurl = "http://127.0.0.1:{receiver.port}/"\n'
        with gateway(Path(name) / "c", verifies + to) as server:
            return _load(server, requests, documents)


def _load(server: Server, requests: int, documents: tuple[str, ...]) -> dict[str, Any]:
    """As fast as answers come, after a warm-up; then paced, with the disk watched."""
    port = server.port
    _ask(port, 500, 0, documents, 0)
    before = server.cpu_seconds()
    result = _ask(port, requests, 0, documents, 1_000_000)
    result["cpu_ms"] = 1e3 * (server.cpu_seconds() - before) / requests
    with tempfile.TemporaryDirectory() as folder, disk_beside(Path(folder)) as result["disk"]:
        result["paced"] = _ask(port, min(requests, 5 * PACED), PACED, documents, 10_000_000)
    return result


def _ask(port: int, requests: int, pace: int, documents: tuple[str, ...], first: int) -> dict[str, Any]:
    command = (port, requests, CONNECTIONS, pace, *documents, first)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.live.load", *map(str, command)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _batches(port: int) -> float:
    random = np.random.default_rng(1)
    table = pa.table(
        {
            "device_id": pa.array(random.integers(1 << 50, (1 << 50) + 1_000_000, BATCH_ROWS, np.uint64)),
            "alert_code": pa.array(np.full(BATCH_ROWS, 0x8014, np.uint32)),
            "recipient": pa.array([eui(SUPPLIER)] * BATCH_ROWS).dictionary_encode(),
        }
    )
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    body, headers = sink.getvalue(), {"content-type": "application/vnd.apache.arrow.stream"}
    began = 0.0
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        for number in range(BATCHES + 1):
            if number == 1:
                began = time.perf_counter()  # the first is a warm-up
            connection.request("POST", "/api/v1/alerts:batch", body, headers)
            answer = json.loads(connection.getresponse().read())
            assert answer["received"] == BATCH_ROWS, answer
    return BATCHES * BATCH_ROWS / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
