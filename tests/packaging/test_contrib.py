"""What is in contrib agrees with what it is for: the image with `run`, dashboards and rules with the metrics there are."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from functools import cache
from typing import Any

import pytest
import typer
from prometheus_client.parser import text_string_to_metric_families

from tests.packaging.containerfile import CONTAINERFILE, TOP, context, instructions, pip_options
from tidegate.cli.main import app
from tidegate.delivery import DeliveryStatus
from tidegate.gateway.metrics import Metrics
from tidegate.gateway.replies import REPLIES
from tidegate.operations.delivery_book import DeliveryCounters
from tidegate.operations.excluded_flood import ExcludedCapacity, ExcludedLoad
from tidegate.operations.live import Counters

DASHBOARDS = sorted((TOP / "contrib" / "grafana").glob("*.json"))
RULES = TOP / "contrib" / "prometheus" / "tidegate.rules.yml"
UNIT = TOP / "contrib" / "tidegate.service"


@cache
def samples() -> dict[str, dict[tuple[str, ...], list[dict[str, str]]]]:
    """Name and labels of every sample that /metrics can have."""
    metrics = Metrics(
        lambda: Counters(0, 0, 0, 0, 0, 0, {}, 0),
        lambda: True,
        lambda: [DeliveryStatus("user", DeliveryCounters(), is_down=False, oldest_received_at=1)],
        lambda: ExcludedLoad(ExcludedCapacity(1, 60), 0, None),
    )
    metrics.answered("alerts", 204)
    found: dict[str, dict[tuple[str, ...], list[dict[str, str]]]] = {}
    for family in text_string_to_metric_families(metrics.exposition().decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {}).setdefault(tuple(sorted(sample.labels)), []).append(
                sample.labels
            )
    return found


def expressions():
    for file in DASHBOARDS:
        board = json.loads(file.read_text(encoding="utf-8"))
        for panel in board["panels"]:
            for target in panel["targets"]:
                yield pytest.param(target["expr"], id=f"{file.stem}: {panel['title']}")
    for line in RULES.read_text(encoding="utf-8").splitlines():
        if line.strip().startswith("expr: "):
            yield pytest.param(line.strip().removeprefix("expr: "), id=line.strip()[:60])


@pytest.mark.parametrize("expression", list(expressions()))
def test_every_metric_and_label_that_is_asked_for_is_there(expression):
    asked = re.findall(r"(tidegate_\w+)(?:\{([^}]*)\})?", expression)

    for name, matchers in asked:
        assert name in samples()
        labels = {label for labels in samples()[name] for label in labels}
        for label, how, value in re.findall(r'(\w+)(=~|=)"([^"]*)"', matchers):
            assert label in labels
            values = {it[label] for group in samples()[name].values() for it in group if label in it}
            wanted = set(value.split("|")) if how == "=~" else {value} - {"$recipient"}
            assert wanted <= values
    for grouped in re.findall(r"by \(([^)]*)\)", expression):
        known = {label for name, _ in asked for labels in samples()[name] for label in labels} | {"instance"}
        assert set(grouped.split(", ")) <= known
    assert asked or expression == 'up{job="tidegate"} == 0'


def test_dashboards_name_no_source_of_their_own_and_have_an_identifier_each():
    boards = [json.loads(file.read_text(encoding="utf-8")) for file in DASHBOARDS]

    assert ["tidegate-operators", "tidegate-recipient"] == [board["uid"] for board in boards]
    for board in boards:
        assert {"${source}"} == {panel["datasource"]["uid"] for panel in board["panels"]}
        assert len(board["panels"]) == len({panel["id"] for panel in board["panels"]})


def test_every_reason_a_rule_speaks_of_is_one():
    reasons = re.findall(r'reason=~?"([^"]+)"', RULES.read_text(encoding="utf-8"))

    assert reasons
    assert {word for it in reasons for word in it.split("|")} <= set(map(str, REPLIES))


def test_every_rule_stands_in_the_operations_guide():
    guide = (TOP / "docs" / "how-to" / "operate.md").read_text(encoding="utf-8")
    rules = re.findall(r"alert: (\w+)", RULES.read_text(encoding="utf-8"))

    assert [] == [rule for rule in rules if f"`{rule}`" not in guide]


def of(name):
    return [it.argument for it in instructions() if it.name == name]


def test_the_image_installs_as_run_does():
    run = (TOP / "run").read_text(encoding="utf-8")
    ours, theirs = (
        [line for line in text if "-m pip install" in line] for text in (of("RUN"), run.splitlines())
    )
    locked, own = map(pip_options, ours)

    assert {"--require-hashes", "serve.lock", "-r"} <= locked
    assert {"-qq", "--disable-pip-version-check", "--require-hashes"} <= pip_options(theirs[0]) & locked
    assert {"--no-deps", "--no-build-isolation"} <= pip_options(theirs[1]) & own
    assert re.search(r"gateway\)\s+environment \S+ serve\n", run), "the same lock file"


def test_the_image_runs_as_nobody_in_particular_and_names_no_address():
    assert of("USER") == ["10001"]
    assert "--uid 10001" in CONTAINERFILE.read_text(encoding="utf-8")
    assert {"https://localhost:8443/healthz"} == set(
        re.findall(r"\w+://[^'\" ]+", CONTAINERFILE.read_text("utf-8"))
    )


def test_what_is_copied_into_the_image_is_all_that_it_is_given():
    copied = [word for it in of("COPY") if not it.startswith("--") for word in it.split()[:-1]]
    given = {file.relative_to(TOP).as_posix() for file in context()}

    assert all(any(file == name or file.startswith(f"{name}/") for name in copied) for file in given)
    assert {
        "src/tidegate/cli/main.py",
        "policies/illustrative-2.toml",
        "criteria/outcome.toml",
        "requirements/serve.lock",
    } <= given
    assert not [file for file in given if file.endswith((".nbi", ".nbc", ".pyc", ".db"))]


@pytest.mark.parametrize("command", [*(" ".join(json.loads(it)) for it in of("CMD")), UNIT])
def test_what_is_started_is_read_by_the_command_line(command):
    if command is UNIT:
        (line,) = re.findall(
            r"^ExecStart=/usr/local/lib/tidegate/bin/tidegate (.*)$", UNIT.read_text("utf-8"), re.MULTILINE
        )
        command = line
    name, *options = shlex.split(command)

    command_line: Any = typer.main.get_command(app)
    read = command_line.commands[name].make_context(name, options)

    assert "/etc/tidegate/tidegate-serve.toml" == str(read.params["config"])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_understands_every_line_of_the_unit(tmp_path):
    unit = tmp_path / UNIT.name
    unit.write_text(
        UNIT.read_text("utf-8").replace("/usr/local/lib/tidegate/bin/tidegate", "/bin/true"), "utf-8"
    )

    said = subprocess.run(["systemd-analyze", "verify", unit], check=False, capture_output=True, text=True)

    assert (0, "") == (said.returncode, said.stderr)
