"""Owns the queues of alerts. A limit here is a default; it must never overwrite an operator's change."""

from shared.jobs import Queue, Rate, minutes

ALERT_PROCESSING = Queue("alert-processing", slots=10, rate=Rate(100, per=minutes(1)))
