import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Goal(_message.Message):
    __slots__ = ("name", "service", "job", "max_age_ms", "hot_ms", "cold_ms", "hot_for_ms", "cold_after_ms", "lead", "batch", "budget", "paused", "last_error", "entities", "breached", "jobs_per_minute")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    JOB_FIELD_NUMBER: _ClassVar[int]
    MAX_AGE_MS_FIELD_NUMBER: _ClassVar[int]
    HOT_MS_FIELD_NUMBER: _ClassVar[int]
    COLD_MS_FIELD_NUMBER: _ClassVar[int]
    HOT_FOR_MS_FIELD_NUMBER: _ClassVar[int]
    COLD_AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    LEAD_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_FIELD_NUMBER: _ClassVar[int]
    ENTITIES_FIELD_NUMBER: _ClassVar[int]
    BREACHED_FIELD_NUMBER: _ClassVar[int]
    JOBS_PER_MINUTE_FIELD_NUMBER: _ClassVar[int]
    name: str
    service: str
    job: str
    max_age_ms: int
    hot_ms: int
    cold_ms: int
    hot_for_ms: int
    cold_after_ms: int
    lead: float
    batch: int
    budget: str
    paused: bool
    last_error: str
    entities: int
    breached: int
    jobs_per_minute: float
    def __init__(self, name: _Optional[str] = ..., service: _Optional[str] = ..., job: _Optional[str] = ..., max_age_ms: _Optional[int] = ..., hot_ms: _Optional[int] = ..., cold_ms: _Optional[int] = ..., hot_for_ms: _Optional[int] = ..., cold_after_ms: _Optional[int] = ..., lead: _Optional[float] = ..., batch: _Optional[int] = ..., budget: _Optional[str] = ..., paused: _Optional[bool] = ..., last_error: _Optional[str] = ..., entities: _Optional[int] = ..., breached: _Optional[int] = ..., jobs_per_minute: _Optional[float] = ...) -> None: ...

class ListGoalsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListGoalsResponse(_message.Message):
    __slots__ = ("goals",)
    GOALS_FIELD_NUMBER: _ClassVar[int]
    goals: _containers.RepeatedCompositeFieldContainer[Goal]
    def __init__(self, goals: _Optional[_Iterable[_Union[Goal, _Mapping]]] = ...) -> None: ...

class UpdateGoalRequest(_message.Message):
    __slots__ = ("name", "max_age_ms", "hot_ms", "cold_ms", "paused")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MAX_AGE_MS_FIELD_NUMBER: _ClassVar[int]
    HOT_MS_FIELD_NUMBER: _ClassVar[int]
    COLD_MS_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    name: str
    max_age_ms: int
    hot_ms: int
    cold_ms: int
    paused: bool
    def __init__(self, name: _Optional[str] = ..., max_age_ms: _Optional[int] = ..., hot_ms: _Optional[int] = ..., cold_ms: _Optional[int] = ..., paused: _Optional[bool] = ...) -> None: ...

class UpdateGoalResponse(_message.Message):
    __slots__ = ("goal",)
    GOAL_FIELD_NUMBER: _ClassVar[int]
    goal: Goal
    def __init__(self, goal: _Optional[_Union[Goal, _Mapping]] = ...) -> None: ...

class Entity(_message.Message):
    __slots__ = ("name", "goal", "service", "tier", "age_ms", "max_age_ms", "ratio", "data_at", "touched_at", "asked_at", "next_due_at", "job_id", "failures", "breaches", "breach_since", "cause", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    GOAL_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    AGE_MS_FIELD_NUMBER: _ClassVar[int]
    MAX_AGE_MS_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    DATA_AT_FIELD_NUMBER: _ClassVar[int]
    TOUCHED_AT_FIELD_NUMBER: _ClassVar[int]
    ASKED_AT_FIELD_NUMBER: _ClassVar[int]
    NEXT_DUE_AT_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    BREACHES_FIELD_NUMBER: _ClassVar[int]
    BREACH_SINCE_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    goal: str
    service: str
    tier: str
    age_ms: int
    max_age_ms: int
    ratio: float
    data_at: _timestamp_pb2.Timestamp
    touched_at: _timestamp_pb2.Timestamp
    asked_at: _timestamp_pb2.Timestamp
    next_due_at: _timestamp_pb2.Timestamp
    job_id: str
    failures: int
    breaches: int
    breach_since: _timestamp_pb2.Timestamp
    cause: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., goal: _Optional[str] = ..., service: _Optional[str] = ..., tier: _Optional[str] = ..., age_ms: _Optional[int] = ..., max_age_ms: _Optional[int] = ..., ratio: _Optional[float] = ..., data_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., touched_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., asked_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., next_due_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., job_id: _Optional[str] = ..., failures: _Optional[int] = ..., breaches: _Optional[int] = ..., breach_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., cause: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ListEntitiesRequest(_message.Message):
    __slots__ = ("goal", "breached", "order", "page_size", "page_token")
    GOAL_FIELD_NUMBER: _ClassVar[int]
    BREACHED_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    goal: str
    breached: bool
    order: str
    page_size: int
    page_token: str
    def __init__(self, goal: _Optional[str] = ..., breached: _Optional[bool] = ..., order: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListEntitiesResponse(_message.Message):
    __slots__ = ("entities", "next_page_token")
    ENTITIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    entities: _containers.RepeatedCompositeFieldContainer[Entity]
    next_page_token: str
    def __init__(self, entities: _Optional[_Iterable[_Union[Entity, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Breach(_message.Message):
    __slots__ = ("entity", "goal", "since", "ended_at", "worst", "cause", "reason")
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    GOAL_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    ENDED_AT_FIELD_NUMBER: _ClassVar[int]
    WORST_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    entity: str
    goal: str
    since: _timestamp_pb2.Timestamp
    ended_at: _timestamp_pb2.Timestamp
    worst: float
    cause: str
    reason: str
    def __init__(self, entity: _Optional[str] = ..., goal: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., ended_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., worst: _Optional[float] = ..., cause: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ListBreachesRequest(_message.Message):
    __slots__ = ("goal", "entity", "page_size", "page_token")
    GOAL_FIELD_NUMBER: _ClassVar[int]
    ENTITY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    goal: str
    entity: str
    page_size: int
    page_token: str
    def __init__(self, goal: _Optional[str] = ..., entity: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBreachesResponse(_message.Message):
    __slots__ = ("breaches", "next_page_token")
    BREACHES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    breaches: _containers.RepeatedCompositeFieldContainer[Breach]
    next_page_token: str
    def __init__(self, breaches: _Optional[_Iterable[_Union[Breach, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class TouchEntitiesRequest(_message.Message):
    __slots__ = ("goal", "entities")
    GOAL_FIELD_NUMBER: _ClassVar[int]
    ENTITIES_FIELD_NUMBER: _ClassVar[int]
    goal: str
    entities: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, goal: _Optional[str] = ..., entities: _Optional[_Iterable[str]] = ...) -> None: ...

class TouchEntitiesResponse(_message.Message):
    __slots__ = ("noted",)
    NOTED_FIELD_NUMBER: _ClassVar[int]
    noted: int
    def __init__(self, noted: _Optional[int] = ...) -> None: ...
