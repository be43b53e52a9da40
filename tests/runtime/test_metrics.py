"""Metrics: declared once, with meaning and remedy, bounded in labels, rendered for Prometheus."""

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from shared import metrics
from shared.distributions import Distribution


def test_every_declared_metric_says_what_it_means_and_what_to_do() -> None:
    for declaration in metrics.DECLARED.values():
        assert declaration.name.startswith("millrace_")
        assert declaration.meaning.endswith(".")
        assert declaration.remedy.endswith(".")
        assert declaration.labels
        assert not {"id", "job_id", "path", "url"} & set(declaration.labels)


def test_names_follow_prometheus_conventions() -> None:
    for name, declaration in metrics.DECLARED.items():
        assert name.endswith("_total") == (declaration.kind == "counter")
        assert name.endswith("_seconds") == (declaration.unit == "seconds")


def test_what_is_counted_is_rendered() -> None:
    labels = {"service": "test", "queue": "q", "job": "j", "outcome": "completed"}
    metrics.JOB_ATTEMPTS.labels(**labels).inc()
    metrics.QUEUE_DEPTH.labels(service="test", queue="q", state="queued").set(3)
    metrics.JOB_RUN_SECONDS.labels(service="test", queue="q", job="j").observe(0.2)

    families = {family.name: family for family in text_string_to_metric_families(metrics.render().decode())}

    attempts = [each for each in families["millrace_job_attempts"].samples if each.labels == labels]
    assert [each.value for each in attempts if each.name.endswith("_total")] == [1.0]
    depths = [each for each in families["millrace_queue_depth"].samples if each.labels["service"] == "test"]
    assert [each.value for each in depths] == [3]
    assert families["millrace_job_run_seconds"].type == "histogram"


def test_a_distribution_counts_up_to_each_bound_inclusive() -> None:
    registry = CollectorRegistry()
    distribution = Distribution("millrace_test_seconds", "m.", ("job",), bounds=(0.1, 1.0), registry=registry)
    for seconds in (0.05, 0.1, 0.5, 7):
        distribution.labels("a").observe(seconds)
    distribution.labels('"b"\n').observe(0.5)

    (family,) = text_string_to_metric_families(generate_latest(registry).decode())
    samples = {(one.name[21:], one.labels["job"], one.labels.get("le", "")): one.value for one in family.samples}

    assert [samples["_bucket", "a", le] for le in ("0.1", "1.0", "+Inf")] == [2, 3, 4]
    assert (samples["_count", "a", ""], samples["_sum", "a", ""]) == (4, 7.65)
    assert [samples["_bucket", '"b"\n', le] for le in ("0.1", "1.0", "+Inf")] == [0, 1, 1]


def test_a_name_is_taken_once() -> None:
    registry = CollectorRegistry()
    Distribution("millrace_test_seconds", "m.", ("job",), bounds=(1.0,), registry=registry)

    with pytest.raises(ValueError, match="Duplicated timeseries"):
        Distribution("millrace_test_seconds", "m.", ("job",), bounds=(1.0,), registry=registry)


def test_the_process_and_its_platform_are_rendered_even_when_asked_twice() -> None:
    metrics.render()
    text = metrics.render().decode()

    assert text.count("# HELP process_resident_memory_bytes") == 1
    assert "python_info{" in text


def test_a_wrong_label_is_refused_naming_the_right_ones() -> None:
    with pytest.raises(ValueError, match="millrace_stale_writes_total needs the labels service, got job_id"):
        metrics.STALE_WRITES.labels(job_id="1")


def test_label_sets_beyond_the_limit_are_counted_as_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MAX_SERIES", 2)
    monkeypatch.setattr(metrics, "DECLARED", {})
    registry = CollectorRegistry()
    declaration = metrics.Declaration("millrace_test_total", "counter", "1", ("name",), "m.", "r.")
    metric = metrics.Metric[Counter](declaration, Counter("millrace_test", "m", ("name",), registry=registry))

    for name in ("a", "b", "c", "d", "a"):
        metric.labels(name=name).inc()

    counts = {
        name: registry.get_sample_value("millrace_test_total", {"name": name}) for name in ("a", "b", "c", "other")
    }
    assert counts == {"a": 2.0, "b": 1.0, "c": None, "other": 2.0}


def test_a_metric_declared_twice_is_refused() -> None:
    declaration = metrics.JOB_ATTEMPTS.declaration

    with pytest.raises(ValueError, match="declared twice"):
        metrics.Metric(declaration, Counter("x", "x", registry=CollectorRegistry()))
