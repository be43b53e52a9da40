import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from protos.rest.v1 import rest_pb2 as _rest_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AlertKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALERT_KIND_UNSPECIFIED: _ClassVar[AlertKind]
    ALERT_KIND_PRICE_ABOVE: _ClassVar[AlertKind]
    ALERT_KIND_PRICE_BELOW: _ClassVar[AlertKind]
ALERT_KIND_UNSPECIFIED: AlertKind
ALERT_KIND_PRICE_ABOVE: AlertKind
ALERT_KIND_PRICE_BELOW: AlertKind

class Alert(_message.Message):
    __slots__ = ("id", "owner", "coin_id", "kind", "threshold_usd", "hysteresis_fraction", "cooldown_seconds", "one_shot", "active", "armed", "last_triggered_at", "created_at", "updated_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_USD_FIELD_NUMBER: _ClassVar[int]
    HYSTERESIS_FRACTION_FIELD_NUMBER: _ClassVar[int]
    COOLDOWN_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ONE_SHOT_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    ARMED_FIELD_NUMBER: _ClassVar[int]
    LAST_TRIGGERED_AT_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    id: int
    owner: str
    coin_id: int
    kind: AlertKind
    threshold_usd: str
    hysteresis_fraction: str
    cooldown_seconds: int
    one_shot: bool
    active: bool
    armed: bool
    last_triggered_at: _timestamp_pb2.Timestamp
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[int] = ..., owner: _Optional[str] = ..., coin_id: _Optional[int] = ..., kind: _Optional[_Union[AlertKind, str]] = ..., threshold_usd: _Optional[str] = ..., hysteresis_fraction: _Optional[str] = ..., cooldown_seconds: _Optional[int] = ..., one_shot: _Optional[bool] = ..., active: _Optional[bool] = ..., armed: _Optional[bool] = ..., last_triggered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Trigger(_message.Message):
    __slots__ = ("alert_id", "tick", "coin_id", "kind", "threshold_usd", "price_usd", "job_id", "triggered_at")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    TICK_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_USD_FIELD_NUMBER: _ClassVar[int]
    PRICE_USD_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    TRIGGERED_AT_FIELD_NUMBER: _ClassVar[int]
    alert_id: int
    tick: _timestamp_pb2.Timestamp
    coin_id: int
    kind: AlertKind
    threshold_usd: str
    price_usd: str
    job_id: str
    triggered_at: _timestamp_pb2.Timestamp
    def __init__(self, alert_id: _Optional[int] = ..., tick: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., coin_id: _Optional[int] = ..., kind: _Optional[_Union[AlertKind, str]] = ..., threshold_usd: _Optional[str] = ..., price_usd: _Optional[str] = ..., job_id: _Optional[str] = ..., triggered_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateAlertRequest(_message.Message):
    __slots__ = ("owner", "coin_id", "kind", "threshold_usd", "hysteresis_fraction", "cooldown_seconds", "one_shot")
    OWNER_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_USD_FIELD_NUMBER: _ClassVar[int]
    HYSTERESIS_FRACTION_FIELD_NUMBER: _ClassVar[int]
    COOLDOWN_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ONE_SHOT_FIELD_NUMBER: _ClassVar[int]
    owner: str
    coin_id: int
    kind: AlertKind
    threshold_usd: str
    hysteresis_fraction: str
    cooldown_seconds: int
    one_shot: bool
    def __init__(self, owner: _Optional[str] = ..., coin_id: _Optional[int] = ..., kind: _Optional[_Union[AlertKind, str]] = ..., threshold_usd: _Optional[str] = ..., hysteresis_fraction: _Optional[str] = ..., cooldown_seconds: _Optional[int] = ..., one_shot: _Optional[bool] = ...) -> None: ...

class CreateAlertResponse(_message.Message):
    __slots__ = ("alert",)
    ALERT_FIELD_NUMBER: _ClassVar[int]
    alert: Alert
    def __init__(self, alert: _Optional[_Union[Alert, _Mapping]] = ...) -> None: ...

class GetAlertRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class GetAlertResponse(_message.Message):
    __slots__ = ("alert",)
    ALERT_FIELD_NUMBER: _ClassVar[int]
    alert: Alert
    def __init__(self, alert: _Optional[_Union[Alert, _Mapping]] = ...) -> None: ...

class ListAlertsRequest(_message.Message):
    __slots__ = ("owner", "coin_id", "page_size", "page_token")
    OWNER_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    owner: str
    coin_id: int
    page_size: int
    page_token: str
    def __init__(self, owner: _Optional[str] = ..., coin_id: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAlertsResponse(_message.Message):
    __slots__ = ("alerts", "next_page_token")
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    alerts: _containers.RepeatedCompositeFieldContainer[Alert]
    next_page_token: str
    def __init__(self, alerts: _Optional[_Iterable[_Union[Alert, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateAlertRequest(_message.Message):
    __slots__ = ("id", "threshold_usd", "hysteresis_fraction", "cooldown_seconds", "one_shot", "active")
    ID_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_USD_FIELD_NUMBER: _ClassVar[int]
    HYSTERESIS_FRACTION_FIELD_NUMBER: _ClassVar[int]
    COOLDOWN_SECONDS_FIELD_NUMBER: _ClassVar[int]
    ONE_SHOT_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    id: int
    threshold_usd: str
    hysteresis_fraction: str
    cooldown_seconds: int
    one_shot: bool
    active: bool
    def __init__(self, id: _Optional[int] = ..., threshold_usd: _Optional[str] = ..., hysteresis_fraction: _Optional[str] = ..., cooldown_seconds: _Optional[int] = ..., one_shot: _Optional[bool] = ..., active: _Optional[bool] = ...) -> None: ...

class UpdateAlertResponse(_message.Message):
    __slots__ = ("alert",)
    ALERT_FIELD_NUMBER: _ClassVar[int]
    alert: Alert
    def __init__(self, alert: _Optional[_Union[Alert, _Mapping]] = ...) -> None: ...

class DeleteAlertRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class DeleteAlertResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListTriggersRequest(_message.Message):
    __slots__ = ("alert_id", "page_size", "page_token")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    alert_id: int
    page_size: int
    page_token: str
    def __init__(self, alert_id: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListTriggersResponse(_message.Message):
    __slots__ = ("triggers", "next_page_token")
    TRIGGERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    triggers: _containers.RepeatedCompositeFieldContainer[Trigger]
    next_page_token: str
    def __init__(self, triggers: _Optional[_Iterable[_Union[Trigger, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
