"""The face of outbound HTTP: one client for all providers. It must never know a provider."""

from shared.outbound.bucket import Permit, Rate, TokenBucket
from shared.outbound.client import AnswerRefused, JsonAnswer, OutboundClient
from shared.outbound.guard import Guard, Verdict

__all__ = [
    "AnswerRefused",
    "Guard",
    "JsonAnswer",
    "OutboundClient",
    "Permit",
    "Rate",
    "TokenBucket",
    "Verdict",
]
