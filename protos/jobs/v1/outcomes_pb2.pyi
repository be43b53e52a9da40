from protos.jobs.v1 import jobs_pb2 as _jobs_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TellOutcomeRequest(_message.Message):
    __slots__ = ("source", "id", "message_id", "job_id", "state", "result_json", "error_message")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    RESULT_JSON_FIELD_NUMBER: _ClassVar[int]
    ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    source: str
    id: str
    message_id: str
    job_id: str
    state: _jobs_pb2.JobState
    result_json: str
    error_message: str
    def __init__(self, source: _Optional[str] = ..., id: _Optional[str] = ..., message_id: _Optional[str] = ..., job_id: _Optional[str] = ..., state: _Optional[_Union[_jobs_pb2.JobState, str]] = ..., result_json: _Optional[str] = ..., error_message: _Optional[str] = ...) -> None: ...

class TellOutcomeResponse(_message.Message):
    __slots__ = ("is_news",)
    IS_NEWS_FIELD_NUMBER: _ClassVar[int]
    is_news: bool
    def __init__(self, is_news: _Optional[bool] = ...) -> None: ...

class WithdrawNodeRequest(_message.Message):
    __slots__ = ("source", "message_id", "reason")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    source: str
    message_id: str
    reason: str
    def __init__(self, source: _Optional[str] = ..., message_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class WithdrawNodeResponse(_message.Message):
    __slots__ = ("is_cancelled",)
    IS_CANCELLED_FIELD_NUMBER: _ClassVar[int]
    is_cancelled: bool
    def __init__(self, is_cancelled: _Optional[bool] = ...) -> None: ...
