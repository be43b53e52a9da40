import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Coin(_message.Message):
    __slots__ = ("id", "symbol", "name", "chain", "address", "price_interval_seconds", "tracked", "created_at", "updated_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    PRICE_INTERVAL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    TRACKED_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    id: int
    symbol: str
    name: str
    chain: str
    address: str
    price_interval_seconds: int
    tracked: bool
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[int] = ..., symbol: _Optional[str] = ..., name: _Optional[str] = ..., chain: _Optional[str] = ..., address: _Optional[str] = ..., price_interval_seconds: _Optional[int] = ..., tracked: _Optional[bool] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Price(_message.Message):
    __slots__ = ("coin_id", "tick", "price_usd", "provider", "pair_address", "liquidity_usd", "volume_24h_usd", "change_24h_fraction", "fetched_at")
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    TICK_FIELD_NUMBER: _ClassVar[int]
    PRICE_USD_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    PAIR_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    LIQUIDITY_USD_FIELD_NUMBER: _ClassVar[int]
    VOLUME_24H_USD_FIELD_NUMBER: _ClassVar[int]
    CHANGE_24H_FRACTION_FIELD_NUMBER: _ClassVar[int]
    FETCHED_AT_FIELD_NUMBER: _ClassVar[int]
    coin_id: int
    tick: _timestamp_pb2.Timestamp
    price_usd: str
    provider: str
    pair_address: str
    liquidity_usd: str
    volume_24h_usd: str
    change_24h_fraction: str
    fetched_at: _timestamp_pb2.Timestamp
    def __init__(self, coin_id: _Optional[int] = ..., tick: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., price_usd: _Optional[str] = ..., provider: _Optional[str] = ..., pair_address: _Optional[str] = ..., liquidity_usd: _Optional[str] = ..., volume_24h_usd: _Optional[str] = ..., change_24h_fraction: _Optional[str] = ..., fetched_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PriceAge(_message.Message):
    __slots__ = ("age_ms", "max_age_ms", "tier", "is_breached", "reason")
    AGE_MS_FIELD_NUMBER: _ClassVar[int]
    MAX_AGE_MS_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    IS_BREACHED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    age_ms: int
    max_age_ms: int
    tier: str
    is_breached: bool
    reason: str
    def __init__(self, age_ms: _Optional[int] = ..., max_age_ms: _Optional[int] = ..., tier: _Optional[str] = ..., is_breached: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class CreateCoinRequest(_message.Message):
    __slots__ = ("symbol", "name", "chain", "address", "price_interval_seconds")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    PRICE_INTERVAL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    name: str
    chain: str
    address: str
    price_interval_seconds: int
    def __init__(self, symbol: _Optional[str] = ..., name: _Optional[str] = ..., chain: _Optional[str] = ..., address: _Optional[str] = ..., price_interval_seconds: _Optional[int] = ...) -> None: ...

class CreateCoinResponse(_message.Message):
    __slots__ = ("coin",)
    COIN_FIELD_NUMBER: _ClassVar[int]
    coin: Coin
    def __init__(self, coin: _Optional[_Union[Coin, _Mapping]] = ...) -> None: ...

class GetCoinRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class GetCoinResponse(_message.Message):
    __slots__ = ("coin", "latest_price", "price_age")
    COIN_FIELD_NUMBER: _ClassVar[int]
    LATEST_PRICE_FIELD_NUMBER: _ClassVar[int]
    PRICE_AGE_FIELD_NUMBER: _ClassVar[int]
    coin: Coin
    latest_price: Price
    price_age: PriceAge
    def __init__(self, coin: _Optional[_Union[Coin, _Mapping]] = ..., latest_price: _Optional[_Union[Price, _Mapping]] = ..., price_age: _Optional[_Union[PriceAge, _Mapping]] = ...) -> None: ...

class ListCoinsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCoinsResponse(_message.Message):
    __slots__ = ("coins", "next_page_token")
    COINS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    coins: _containers.RepeatedCompositeFieldContainer[GetCoinResponse]
    next_page_token: str
    def __init__(self, coins: _Optional[_Iterable[_Union[GetCoinResponse, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateCoinRequest(_message.Message):
    __slots__ = ("id", "symbol", "name", "price_interval_seconds", "tracked")
    ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PRICE_INTERVAL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    TRACKED_FIELD_NUMBER: _ClassVar[int]
    id: int
    symbol: str
    name: str
    price_interval_seconds: int
    tracked: bool
    def __init__(self, id: _Optional[int] = ..., symbol: _Optional[str] = ..., name: _Optional[str] = ..., price_interval_seconds: _Optional[int] = ..., tracked: _Optional[bool] = ...) -> None: ...

class UpdateCoinResponse(_message.Message):
    __slots__ = ("coin",)
    COIN_FIELD_NUMBER: _ClassVar[int]
    coin: Coin
    def __init__(self, coin: _Optional[_Union[Coin, _Mapping]] = ...) -> None: ...

class DeleteCoinRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class DeleteCoinResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetLatestPriceRequest(_message.Message):
    __slots__ = ("coin_id",)
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    coin_id: int
    def __init__(self, coin_id: _Optional[int] = ...) -> None: ...

class GetLatestPriceResponse(_message.Message):
    __slots__ = ("price",)
    PRICE_FIELD_NUMBER: _ClassVar[int]
    price: Price
    def __init__(self, price: _Optional[_Union[Price, _Mapping]] = ...) -> None: ...

class ListPricesRequest(_message.Message):
    __slots__ = ("coin_id", "to", "page_size", "page_token")
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    coin_id: int
    to: _timestamp_pb2.Timestamp
    page_size: int
    page_token: str
    def __init__(self, coin_id: _Optional[int] = ..., to: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., **kwargs) -> None: ...

class ListPricesResponse(_message.Message):
    __slots__ = ("prices", "next_page_token")
    PRICES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    prices: _containers.RepeatedCompositeFieldContainer[Price]
    next_page_token: str
    def __init__(self, prices: _Optional[_Iterable[_Union[Price, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class TriggerPriceUpdateRequest(_message.Message):
    __slots__ = ("coin_id",)
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    coin_id: int
    def __init__(self, coin_id: _Optional[int] = ...) -> None: ...

class TriggerPriceUpdateResponse(_message.Message):
    __slots__ = ("job_id", "queue", "name", "state")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    queue: str
    name: str
    state: str
    def __init__(self, job_id: _Optional[str] = ..., queue: _Optional[str] = ..., name: _Optional[str] = ..., state: _Optional[str] = ...) -> None: ...
