"""What Prometheus is told. Every label has a bounded number of values: never a Device, never what a caller wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tidegate.commissioning.evidence import Evidence, Kind
from tidegate.delivery import DeliveryStatus
from tidegate.gateway.replies import REPLIES
from tidegate.operations.excluded_flood import ExcludedLoad
from tidegate.operations.live import Counters
from tidegate.vocabulary.instants import SECOND

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counts of one gateway.

    counters:  Totals of the engine, asked for when Prometheus asks; None while there are none.
    ready:     Says whether the gateway is ready.
    deliveries: How each configured recipient's deliveries stand.
    excluded:  How much of excluded codes there is.
    """

    def __init__(
        self,
        counters: Callable[[], Counters | None],
        ready: Callable[[], bool],
        deliveries: Callable[[], Sequence[DeliveryStatus]],
        excluded: Callable[[], ExcludedLoad],
    ) -> None:
        self._registry = CollectorRegistry()
        self._refusals = Counter(
            "tidegate_refusals", "Requests refused, by reason.", ["reason"], registry=self._registry
        )
        # All are there from the start, so that a first one is seen as a rise.
        self._refused = {reason: self._refusals.labels(reason) for reason in REPLIES}
        self._requests = Counter(
            "tidegate_http_requests", "Requests answered.", ["route", "status"], registry=self._registry
        )
        self._answered: dict[tuple[str, int], Counter] = {}
        self.acknowledged_after = Histogram(
            "tidegate_acknowledge_seconds",
            "From the request's headers to its answer, of Alerts and Responses that were accepted.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.document_acknowledged_after = self.acknowledged_after.labels("alerts")
        self.batch_acknowledged_after = self.acknowledged_after.labels("alerts:batch")
        self.response_acknowledged_after = self.acknowledged_after.labels("responses")
        self._responses = Counter(
            "tidegate_responses",
            "Service Responses taken, by whether they say something of credentials.",
            ["says"],
            registry=self._registry,
        )
        self._responses_saying = {says: self._responses.labels(says) for says in ("credentials", "nothing")}
        self._evidence = Counter(
            "tidegate_evidence", "Rows of evidence taken, by kind.", ["kind"], registry=self._registry
        )
        self._evidence_of = {kind: self._evidence.labels(kind.text) for kind in Kind}
        self.evidence_unread = Counter(
            "tidegate_evidence_unread",
            "Alerts that went on and answers that were passed back, whose evidence was not kept.",
            registry=self._registry,
        )
        self.rejected_rows = Counter(
            "tidegate_batch_rows_rejected", "Rows of batches that were no Alerts.", registry=self._registry
        )
        self.journal_committed_after = Histogram(
            "tidegate_journal_commit_seconds",
            "How long commits of the journal took: the disk, or the database server.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.request_answered_after = Histogram(
            "tidegate_service_request_seconds",
            "From the headers of a Service Request to its answer, of those that were passed on.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._decided = Counter(
            "tidegate_service_requests",
            "Service Requests decided; `held_back`: throttled, and the mode enforced.",
            ["outcome", "held_back"],
            registry=self._registry,
        )
        self._upstream = Counter(
            "tidegate_upstream",
            "Service Requests passed on, by what came of it.",
            ["end"],
            registry=self._registry,
        )
        self.capacity_alone = Gauge(
            "tidegate_capacity_alone",
            "1 while a capacity that is shared with other gateways is not: each decides by its local share.",
            registry=self._registry,
        )
        self.capacity_part = Gauge(
            "tidegate_capacity_part",
            "Of a shared capacity, what this gateway has now, in requests of the period.",
            ["of"],
            registry=self._registry,
        )
        self._registry.register(_Totals(counters, ready))
        self._registry.register(_Deliveries(deliveries))
        self._registry.register(_Excluded(excluded))

    def refused(self, reason: str) -> None:
        """A request was refused."""
        self._refused[reason].inc()

    def decided(self, outcome: str, *, is_held_back: bool) -> None:
        """A Service Request was decided; `outcome` is a word of the rule's."""
        self._decided.labels(outcome, "yes" if is_held_back else "no").inc()

    def upstream(self, end: str) -> None:
        """A Service Request was passed on: `answered`, `failed`, `slow` or `unreachable`."""
        self._upstream.labels(end).inc()

    def response(self, *, says_something: bool) -> None:
        """A Service Response was taken."""
        self._responses_saying["credentials" if says_something else "nothing"].inc()

    def evidence(self, rows: Iterable[Evidence]) -> None:
        """Rows of evidence are durable."""
        for row in rows:
            self._evidence_of[row.kind].inc()

    def answered(self, route: str, status: int) -> None:
        """A request was answered; `route` is one of ours, not what was asked for."""
        key = (route, status)
        counter = self._answered.get(key)
        if counter is None:
            counter = self._answered[key] = self._requests.labels(route, str(status))
        counter.inc()

    def exposition(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)


class _Totals(Collector):
    def __init__(self, counters: Callable[[], Counters | None], ready: Callable[[], bool]) -> None:
        self._counters = counters
        self._ready = ready

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("tidegate_ready", "1 while Alerts are accepted.", int(self._ready()))
        now = self._counters()
        if now is None:
            return
        outcomes = CounterMetricFamily(
            "tidegate_alerts", "Alerts by outcome, of all that the journal holds.", labels=["outcome"]
        )
        outcomes.add_metric(["forwarded"], now.forwarded)
        outcomes.add_metric(["throttled"], now.throttled)
        outcomes.add_metric(["excluded"], now.excluded)
        yield outcomes
        yield CounterMetricFamily("tidegate_alerts_received", "Alerts the journal holds.", value=now.received)
        yield CounterMetricFamily(
            "tidegate_alerts_repeated", "Alerts that came again; not received again.", value=now.repeats
        )
        yield CounterMetricFamily(
            "tidegate_alerts_throttled_in_shadow",
            "Alerts a policy in shadow would have held back.",
            value=now.throttled_in_shadow,
        )
        yield GaugeMetricFamily("tidegate_alerts_waiting", "Alerts taken and not durable yet.", now.waiting)


class _Excluded(Collector):
    def __init__(self, excluded: Callable[[], ExcludedLoad]) -> None:
        self._excluded = excluded

    def collect(self) -> Iterable[Metric]:
        now = self._excluded()
        seconds = now.capacity.period / SECOND
        yield GaugeMetricFamily(
            "tidegate_excluded_per_second",
            "Alerts of excluded codes a second, over the last period.",
            now.alerts / seconds,
        )
        yield GaugeMetricFamily(
            "tidegate_excluded_capacity_per_second",
            "How many of them can be carried, by the configuration.",
            now.capacity.alerts / seconds,
        )
        yield GaugeMetricFamily(
            "tidegate_excluded_over_capacity",
            "1 from when there are more until there are a fifth fewer.",
            int(now.since is not None),
        )


class _Deliveries(Collector):
    """By recipient: those of the configuration, and all others as one."""

    def __init__(self, deliveries: Callable[[], Sequence[DeliveryStatus]]) -> None:
        self._deliveries = deliveries

    def collect(self) -> Iterable[Metric]:
        queue = GaugeMetricFamily(
            "tidegate_delivery_queue", "Alerts to be delivered.", labels=["recipient", "state"]
        )
        down = GaugeMetricFamily(
            "tidegate_recipient_down", "1 while its service does not answer.", labels=["recipient"]
        )
        done = CounterMetricFamily(
            "tidegate_deliveries", "Deliveries since the gateway was started.", labels=["recipient", "end"]
        )
        oldest = GaugeMetricFamily(
            "tidegate_delivery_oldest_received_seconds",
            "When the oldest Alert was received that is to be delivered yet, Unix time; none where there is none.",
            labels=["recipient"],
        )
        for each in self._deliveries():
            its, name = each.counters, each.recipient
            queue.add_metric([name, "waiting"], its.waiting)
            queue.add_metric([name, "failed_queue"], its.on_failed_queue)
            down.add_metric([name], int(each.is_down))
            for end in ("attempts", "retried", "delivered", "failed", "refused", "expired", "dropped"):
                done.add_metric([name, end], getattr(its, end))
            if each.oldest_received_at is not None:
                oldest.add_metric([name], each.oldest_received_at / SECOND)
        yield from (queue, down, done, oldest)
