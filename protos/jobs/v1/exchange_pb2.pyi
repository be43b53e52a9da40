import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OutboxState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTBOX_STATE_UNSPECIFIED: _ClassVar[OutboxState]
    OUTBOX_STATE_WAITING: _ClassVar[OutboxState]
    OUTBOX_STATE_SENT: _ClassVar[OutboxState]
    OUTBOX_STATE_FAILED: _ClassVar[OutboxState]
OUTBOX_STATE_UNSPECIFIED: OutboxState
OUTBOX_STATE_WAITING: OutboxState
OUTBOX_STATE_SENT: OutboxState
OUTBOX_STATE_FAILED: OutboxState

class OutboxMessage(_message.Message):
    __slots__ = ("id", "service", "peer", "job", "args_json", "state", "attempts", "error_type", "error_message", "error_field", "peer_job_id", "created_at", "next_at", "finished_at", "kind")
    ID_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    PEER_FIELD_NUMBER: _ClassVar[int]
    JOB_FIELD_NUMBER: _ClassVar[int]
    ARGS_JSON_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    ERROR_TYPE_FIELD_NUMBER: _ClassVar[int]
    ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_FIELD_NUMBER: _ClassVar[int]
    PEER_JOB_ID_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    NEXT_AT_FIELD_NUMBER: _ClassVar[int]
    FINISHED_AT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    id: str
    service: str
    peer: str
    job: str
    args_json: str
    state: OutboxState
    attempts: int
    error_type: str
    error_message: str
    error_field: str
    peer_job_id: str
    created_at: _timestamp_pb2.Timestamp
    next_at: _timestamp_pb2.Timestamp
    finished_at: _timestamp_pb2.Timestamp
    kind: str
    def __init__(self, id: _Optional[str] = ..., service: _Optional[str] = ..., peer: _Optional[str] = ..., job: _Optional[str] = ..., args_json: _Optional[str] = ..., state: _Optional[_Union[OutboxState, str]] = ..., attempts: _Optional[int] = ..., error_type: _Optional[str] = ..., error_message: _Optional[str] = ..., error_field: _Optional[str] = ..., peer_job_id: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., next_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., finished_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., kind: _Optional[str] = ...) -> None: ...

class UnfinishedEffect(_message.Message):
    __slots__ = ("job_id", "service", "generation", "name", "idempotency_key", "calls", "started_at", "age_ms")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    CALLS_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    AGE_MS_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    service: str
    generation: int
    name: str
    idempotency_key: str
    calls: int
    started_at: _timestamp_pb2.Timestamp
    age_ms: int
    def __init__(self, job_id: _Optional[str] = ..., service: _Optional[str] = ..., generation: _Optional[int] = ..., name: _Optional[str] = ..., idempotency_key: _Optional[str] = ..., calls: _Optional[int] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., age_ms: _Optional[int] = ...) -> None: ...

class ListMessagesRequest(_message.Message):
    __slots__ = ("state", "page_size", "page_token")
    STATE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    state: OutboxState
    page_size: int
    page_token: str
    def __init__(self, state: _Optional[_Union[OutboxState, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListMessagesResponse(_message.Message):
    __slots__ = ("messages", "next_page_token")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[OutboxMessage]
    next_page_token: str
    def __init__(self, messages: _Optional[_Iterable[_Union[OutboxMessage, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RetryMessageRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class RetryMessageResponse(_message.Message):
    __slots__ = ("message",)
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    message: OutboxMessage
    def __init__(self, message: _Optional[_Union[OutboxMessage, _Mapping]] = ...) -> None: ...

class GiveUpMessageRequest(_message.Message):
    __slots__ = ("id", "reason")
    ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    id: str
    reason: str
    def __init__(self, id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class GiveUpMessageResponse(_message.Message):
    __slots__ = ("message",)
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    message: OutboxMessage
    def __init__(self, message: _Optional[_Union[OutboxMessage, _Mapping]] = ...) -> None: ...

class DeleteMessageRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteMessageResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListUnfinishedEffectsRequest(_message.Message):
    __slots__ = ("older_than_ms", "page_size", "page_token")
    OLDER_THAN_MS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    older_than_ms: int
    page_size: int
    page_token: str
    def __init__(self, older_than_ms: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListUnfinishedEffectsResponse(_message.Message):
    __slots__ = ("effects", "next_page_token")
    EFFECTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    effects: _containers.RepeatedCompositeFieldContainer[UnfinishedEffect]
    next_page_token: str
    def __init__(self, effects: _Optional[_Iterable[_Union[UnfinishedEffect, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ResolveEffectRequest(_message.Message):
    __slots__ = ("job_id", "generation", "name", "result_json")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    RESULT_JSON_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    generation: int
    name: str
    result_json: str
    def __init__(self, job_id: _Optional[str] = ..., generation: _Optional[int] = ..., name: _Optional[str] = ..., result_json: _Optional[str] = ...) -> None: ...

class ResolveEffectResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
