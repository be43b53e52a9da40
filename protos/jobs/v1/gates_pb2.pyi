import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GateKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GATE_KIND_UNSPECIFIED: _ClassVar[GateKind]
    GATE_KIND_JOB: _ClassVar[GateKind]
    GATE_KIND_GROUP: _ClassVar[GateKind]
GATE_KIND_UNSPECIFIED: GateKind
GATE_KIND_JOB: GateKind
GATE_KIND_GROUP: GateKind

class Gate(_message.Message):
    __slots__ = ("service", "queue", "kind", "name", "paused", "paused_until", "max_running", "limiter", "cost", "running", "parked")
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    PAUSED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    MAX_RUNNING_FIELD_NUMBER: _ClassVar[int]
    LIMITER_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    PARKED_FIELD_NUMBER: _ClassVar[int]
    service: str
    queue: str
    kind: GateKind
    name: str
    paused: bool
    paused_until: _timestamp_pb2.Timestamp
    max_running: int
    limiter: str
    cost: int
    running: int
    parked: int
    def __init__(self, service: _Optional[str] = ..., queue: _Optional[str] = ..., kind: _Optional[_Union[GateKind, str]] = ..., name: _Optional[str] = ..., paused: _Optional[bool] = ..., paused_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., max_running: _Optional[int] = ..., limiter: _Optional[str] = ..., cost: _Optional[int] = ..., running: _Optional[int] = ..., parked: _Optional[int] = ...) -> None: ...

class Limiter(_message.Message):
    __slots__ = ("service", "name", "points", "window_ms", "effective_points", "effective_window_ms", "edited", "paused", "paused_until", "closed_until", "free_points", "opens_at", "jobs")
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    WINDOW_MS_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_POINTS_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_WINDOW_MS_FIELD_NUMBER: _ClassVar[int]
    EDITED_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    PAUSED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    CLOSED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    FREE_POINTS_FIELD_NUMBER: _ClassVar[int]
    OPENS_AT_FIELD_NUMBER: _ClassVar[int]
    JOBS_FIELD_NUMBER: _ClassVar[int]
    service: str
    name: str
    points: int
    window_ms: int
    effective_points: int
    effective_window_ms: int
    edited: bool
    paused: bool
    paused_until: _timestamp_pb2.Timestamp
    closed_until: _timestamp_pb2.Timestamp
    free_points: int
    opens_at: _timestamp_pb2.Timestamp
    jobs: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, service: _Optional[str] = ..., name: _Optional[str] = ..., points: _Optional[int] = ..., window_ms: _Optional[int] = ..., effective_points: _Optional[int] = ..., effective_window_ms: _Optional[int] = ..., edited: _Optional[bool] = ..., paused: _Optional[bool] = ..., paused_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., closed_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., free_points: _Optional[int] = ..., opens_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., jobs: _Optional[_Iterable[str]] = ...) -> None: ...

class ListGatesRequest(_message.Message):
    __slots__ = ("queue", "kind", "page_size", "page_token")
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    queue: str
    kind: GateKind
    page_size: int
    page_token: str
    def __init__(self, queue: _Optional[str] = ..., kind: _Optional[_Union[GateKind, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListGatesResponse(_message.Message):
    __slots__ = ("gates", "next_page_token")
    GATES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    gates: _containers.RepeatedCompositeFieldContainer[Gate]
    next_page_token: str
    def __init__(self, gates: _Optional[_Iterable[_Union[Gate, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetGateRequest(_message.Message):
    __slots__ = ("queue", "kind", "name")
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    queue: str
    kind: GateKind
    name: str
    def __init__(self, queue: _Optional[str] = ..., kind: _Optional[_Union[GateKind, str]] = ..., name: _Optional[str] = ...) -> None: ...

class GetGateResponse(_message.Message):
    __slots__ = ("gate",)
    GATE_FIELD_NUMBER: _ClassVar[int]
    gate: Gate
    def __init__(self, gate: _Optional[_Union[Gate, _Mapping]] = ...) -> None: ...

class UpdateGateRequest(_message.Message):
    __slots__ = ("queue", "kind", "name", "paused", "until", "max_running", "reset")
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    MAX_RUNNING_FIELD_NUMBER: _ClassVar[int]
    RESET_FIELD_NUMBER: _ClassVar[int]
    queue: str
    kind: GateKind
    name: str
    paused: bool
    until: _timestamp_pb2.Timestamp
    max_running: int
    reset: bool
    def __init__(self, queue: _Optional[str] = ..., kind: _Optional[_Union[GateKind, str]] = ..., name: _Optional[str] = ..., paused: _Optional[bool] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., max_running: _Optional[int] = ..., reset: _Optional[bool] = ...) -> None: ...

class UpdateGateResponse(_message.Message):
    __slots__ = ("gate",)
    GATE_FIELD_NUMBER: _ClassVar[int]
    gate: Gate
    def __init__(self, gate: _Optional[_Union[Gate, _Mapping]] = ...) -> None: ...

class ListLimitersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListLimitersResponse(_message.Message):
    __slots__ = ("limiters",)
    LIMITERS_FIELD_NUMBER: _ClassVar[int]
    limiters: _containers.RepeatedCompositeFieldContainer[Limiter]
    def __init__(self, limiters: _Optional[_Iterable[_Union[Limiter, _Mapping]]] = ...) -> None: ...

class GetLimiterRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetLimiterResponse(_message.Message):
    __slots__ = ("limiter",)
    LIMITER_FIELD_NUMBER: _ClassVar[int]
    limiter: Limiter
    def __init__(self, limiter: _Optional[_Union[Limiter, _Mapping]] = ...) -> None: ...

class UpdateLimiterRequest(_message.Message):
    __slots__ = ("name", "paused", "until", "points", "window_ms", "reset")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    WINDOW_MS_FIELD_NUMBER: _ClassVar[int]
    RESET_FIELD_NUMBER: _ClassVar[int]
    name: str
    paused: bool
    until: _timestamp_pb2.Timestamp
    points: int
    window_ms: int
    reset: bool
    def __init__(self, name: _Optional[str] = ..., paused: _Optional[bool] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., points: _Optional[int] = ..., window_ms: _Optional[int] = ..., reset: _Optional[bool] = ...) -> None: ...

class UpdateLimiterResponse(_message.Message):
    __slots__ = ("limiter",)
    LIMITER_FIELD_NUMBER: _ClassVar[int]
    limiter: Limiter
    def __init__(self, limiter: _Optional[_Union[Limiter, _Mapping]] = ...) -> None: ...
