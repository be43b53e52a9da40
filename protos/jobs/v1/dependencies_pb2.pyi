from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DependencyPolicy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DEPENDENCY_POLICY_UNSPECIFIED: _ClassVar[DependencyPolicy]
    DEPENDENCY_POLICY_FAIL_PARENT: _ClassVar[DependencyPolicy]
    DEPENDENCY_POLICY_CONTINUE: _ClassVar[DependencyPolicy]
    DEPENDENCY_POLICY_IGNORE: _ClassVar[DependencyPolicy]
    DEPENDENCY_POLICY_REMOVE: _ClassVar[DependencyPolicy]
DEPENDENCY_POLICY_UNSPECIFIED: DependencyPolicy
DEPENDENCY_POLICY_FAIL_PARENT: DependencyPolicy
DEPENDENCY_POLICY_CONTINUE: DependencyPolicy
DEPENDENCY_POLICY_IGNORE: DependencyPolicy
DEPENDENCY_POLICY_REMOVE: DependencyPolicy

class Dependency(_message.Message):
    __slots__ = ("job_id", "on_failure")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    ON_FAILURE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    on_failure: DependencyPolicy
    def __init__(self, job_id: _Optional[str] = ..., on_failure: _Optional[_Union[DependencyPolicy, str]] = ...) -> None: ...
