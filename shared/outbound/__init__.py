"""The face of outbound HTTP: one client for all providers. It must never know a provider."""

from shared.outbound.bucket import Permit, Rate, TokenBucket
from shared.outbound.client import AnswerRefused, JsonAnswer, OutboundClient

__all__ = ["AnswerRefused", "JsonAnswer", "OutboundClient", "Permit", "Rate", "TokenBucket"]
