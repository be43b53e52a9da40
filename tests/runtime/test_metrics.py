"""Metrics: declared once, with meaning and remedy, bounded in labels, rendered for Prometheus."""

import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families

from shared import metrics


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
    metric = metrics.Metric(declaration, Counter("millrace_test", "m", ("name",), registry=registry))

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
