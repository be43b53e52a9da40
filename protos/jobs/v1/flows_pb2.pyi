import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from protos.jobs.v1 import dependencies_pb2 as _dependencies_pb2
from protos.jobs.v1 import jobs_pb2 as _jobs_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FlowState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FLOW_STATE_UNSPECIFIED: _ClassVar[FlowState]
    FLOW_STATE_RUNNING: _ClassVar[FlowState]
    FLOW_STATE_COMPLETED: _ClassVar[FlowState]
    FLOW_STATE_DEAD: _ClassVar[FlowState]
    FLOW_STATE_CANCELLED: _ClassVar[FlowState]
    FLOW_STATE_EXPIRED: _ClassVar[FlowState]
FLOW_STATE_UNSPECIFIED: FlowState
FLOW_STATE_RUNNING: FlowState
FLOW_STATE_COMPLETED: FlowState
FLOW_STATE_DEAD: FlowState
FLOW_STATE_CANCELLED: FlowState
FLOW_STATE_EXPIRED: FlowState

class FlowDependency(_message.Message):
    __slots__ = ("key", "on_failure")
    KEY_FIELD_NUMBER: _ClassVar[int]
    ON_FAILURE_FIELD_NUMBER: _ClassVar[int]
    key: str
    on_failure: _dependencies_pb2.DependencyPolicy
    def __init__(self, key: _Optional[str] = ..., on_failure: _Optional[_Union[_dependencies_pb2.DependencyPolicy, str]] = ...) -> None: ...

class FlowNodeSpec(_message.Message):
    __slots__ = ("key", "name", "args_json", "queue", "priority", "scheduled_for", "depends_on", "min_success_ratio", "on_failure", "service")
    KEY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ARGS_JSON_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_FOR_FIELD_NUMBER: _ClassVar[int]
    DEPENDS_ON_FIELD_NUMBER: _ClassVar[int]
    MIN_SUCCESS_RATIO_FIELD_NUMBER: _ClassVar[int]
    ON_FAILURE_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    key: str
    name: str
    args_json: str
    queue: str
    priority: int
    scheduled_for: _timestamp_pb2.Timestamp
    depends_on: _containers.RepeatedCompositeFieldContainer[FlowDependency]
    min_success_ratio: float
    on_failure: _dependencies_pb2.DependencyPolicy
    service: str
    def __init__(self, key: _Optional[str] = ..., name: _Optional[str] = ..., args_json: _Optional[str] = ..., queue: _Optional[str] = ..., priority: _Optional[int] = ..., scheduled_for: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., depends_on: _Optional[_Iterable[_Union[FlowDependency, _Mapping]]] = ..., min_success_ratio: _Optional[float] = ..., on_failure: _Optional[_Union[_dependencies_pb2.DependencyPolicy, str]] = ..., service: _Optional[str] = ...) -> None: ...

class SubmitFlowRequest(_message.Message):
    __slots__ = ("name", "nodes", "on_success", "on_complete", "on_death", "timeout_ms", "idempotency_key")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    ON_SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ON_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    ON_DEATH_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_MS_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    name: str
    nodes: _containers.RepeatedCompositeFieldContainer[FlowNodeSpec]
    on_success: FlowNodeSpec
    on_complete: FlowNodeSpec
    on_death: FlowNodeSpec
    timeout_ms: int
    idempotency_key: str
    def __init__(self, name: _Optional[str] = ..., nodes: _Optional[_Iterable[_Union[FlowNodeSpec, _Mapping]]] = ..., on_success: _Optional[_Union[FlowNodeSpec, _Mapping]] = ..., on_complete: _Optional[_Union[FlowNodeSpec, _Mapping]] = ..., on_death: _Optional[_Union[FlowNodeSpec, _Mapping]] = ..., timeout_ms: _Optional[int] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class SubmitFlowResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class FlowNode(_message.Message):
    __slots__ = ("key", "kind", "job_id", "name", "queue", "state", "depends_on", "attempts_made", "error_message", "started_at", "finished_at")
    KEY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DEPENDS_ON_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_MADE_FIELD_NUMBER: _ClassVar[int]
    ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    FINISHED_AT_FIELD_NUMBER: _ClassVar[int]
    key: str
    kind: str
    job_id: str
    name: str
    queue: str
    state: _jobs_pb2.JobState
    depends_on: _containers.RepeatedScalarFieldContainer[str]
    attempts_made: int
    error_message: str
    started_at: _timestamp_pb2.Timestamp
    finished_at: _timestamp_pb2.Timestamp
    def __init__(self, key: _Optional[str] = ..., kind: _Optional[str] = ..., job_id: _Optional[str] = ..., name: _Optional[str] = ..., queue: _Optional[str] = ..., state: _Optional[_Union[_jobs_pb2.JobState, str]] = ..., depends_on: _Optional[_Iterable[str]] = ..., attempts_made: _Optional[int] = ..., error_message: _Optional[str] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., finished_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Flow(_message.Message):
    __slots__ = ("id", "service", "name", "state", "reason", "live", "request_id", "created_at", "deadline", "finished_at", "nodes")
    ID_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    FINISHED_AT_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    id: str
    service: str
    name: str
    state: FlowState
    reason: str
    live: int
    request_id: str
    created_at: _timestamp_pb2.Timestamp
    deadline: _timestamp_pb2.Timestamp
    finished_at: _timestamp_pb2.Timestamp
    nodes: _containers.RepeatedCompositeFieldContainer[FlowNode]
    def __init__(self, id: _Optional[str] = ..., service: _Optional[str] = ..., name: _Optional[str] = ..., state: _Optional[_Union[FlowState, str]] = ..., reason: _Optional[str] = ..., live: _Optional[int] = ..., request_id: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., deadline: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., finished_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., nodes: _Optional[_Iterable[_Union[FlowNode, _Mapping]]] = ...) -> None: ...

class GetFlowRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetFlowResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class ListFlowsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "live", "job_id")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    live: bool
    job_id: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., live: _Optional[bool] = ..., job_id: _Optional[str] = ...) -> None: ...

class ListFlowsResponse(_message.Message):
    __slots__ = ("flows", "next_page_token")
    FLOWS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    flows: _containers.RepeatedCompositeFieldContainer[Flow]
    next_page_token: str
    def __init__(self, flows: _Optional[_Iterable[_Union[Flow, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CancelFlowRequest(_message.Message):
    __slots__ = ("id", "reason")
    ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    id: str
    reason: str
    def __init__(self, id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CancelFlowResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class RetryFlowRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class RetryFlowResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class CheckNodesRequest(_message.Message):
    __slots__ = ("nodes",)
    NODES_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[FlowNodeSpec]
    def __init__(self, nodes: _Optional[_Iterable[_Union[FlowNodeSpec, _Mapping]]] = ...) -> None: ...

class CheckNodesResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SentNode(_message.Message):
    __slots__ = ("message_id", "job_id")
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    job_id: str
    def __init__(self, message_id: _Optional[str] = ..., job_id: _Optional[str] = ...) -> None: ...

class ListOutcomesRequest(_message.Message):
    __slots__ = ("source", "nodes")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    source: str
    nodes: _containers.RepeatedCompositeFieldContainer[SentNode]
    def __init__(self, source: _Optional[str] = ..., nodes: _Optional[_Iterable[_Union[SentNode, _Mapping]]] = ...) -> None: ...

class NodeOutcome(_message.Message):
    __slots__ = ("message_id", "job_id", "state", "result_json", "error_message")
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    RESULT_JSON_FIELD_NUMBER: _ClassVar[int]
    ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    job_id: str
    state: _jobs_pb2.JobState
    result_json: str
    error_message: str
    def __init__(self, message_id: _Optional[str] = ..., job_id: _Optional[str] = ..., state: _Optional[_Union[_jobs_pb2.JobState, str]] = ..., result_json: _Optional[str] = ..., error_message: _Optional[str] = ...) -> None: ...

class ListOutcomesResponse(_message.Message):
    __slots__ = ("outcomes",)
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedCompositeFieldContainer[NodeOutcome]
    def __init__(self, outcomes: _Optional[_Iterable[_Union[NodeOutcome, _Mapping]]] = ...) -> None: ...
