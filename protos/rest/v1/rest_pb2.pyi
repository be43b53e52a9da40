from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_UNSPECIFIED: _ClassVar[Role]
    ROLE_VIEWER: _ClassVar[Role]
    ROLE_OPERATOR: _ClassVar[Role]
    ROLE_ADMIN: _ClassVar[Role]
ROLE_UNSPECIFIED: Role
ROLE_VIEWER: Role
ROLE_OPERATOR: Role
ROLE_ADMIN: Role
ROUTE_FIELD_NUMBER: _ClassVar[int]
route: _descriptor.FieldDescriptor
RULE_FIELD_NUMBER: _ClassVar[int]
rule: _descriptor.FieldDescriptor

class Route(_message.Message):
    __slots__ = ("get", "post", "put", "patch", "delete", "role", "about", "answer", "creates")
    GET_FIELD_NUMBER: _ClassVar[int]
    POST_FIELD_NUMBER: _ClassVar[int]
    PUT_FIELD_NUMBER: _ClassVar[int]
    PATCH_FIELD_NUMBER: _ClassVar[int]
    DELETE_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    ABOUT_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    CREATES_FIELD_NUMBER: _ClassVar[int]
    get: str
    post: str
    put: str
    patch: str
    delete: str
    role: Role
    about: str
    answer: str
    creates: bool
    def __init__(self, get: _Optional[str] = ..., post: _Optional[str] = ..., put: _Optional[str] = ..., patch: _Optional[str] = ..., delete: _Optional[str] = ..., role: _Optional[_Union[Role, str]] = ..., about: _Optional[str] = ..., answer: _Optional[str] = ..., creates: _Optional[bool] = ...) -> None: ...

class Rule(_message.Message):
    __slots__ = ("required", "least", "most", "about")
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    LEAST_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    ABOUT_FIELD_NUMBER: _ClassVar[int]
    required: bool
    least: int
    most: int
    about: str
    def __init__(self, required: _Optional[bool] = ..., least: _Optional[int] = ..., most: _Optional[int] = ..., about: _Optional[str] = ...) -> None: ...
