"""Owns what a contract's messages are in JSON: shapes of bodies, queries and answers, and the way there and back.
It must never know a service."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC
from typing import Annotated, Any, Literal, cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from pydantic import BaseModel, BeforeValidator, Field, create_model

from protos.rest.v1 import rest_pb2
from services.gateway.domain import instants
from services.gateway.rest.answers import number
from services.gateway.rest.body import StrictBody
from services.gateway.rest.query import KnownQuery, PageQuery, digits
from services.gateway.rest.schemas import TIME

TIMESTAMP = "google.protobuf.Timestamp"
PAGE_WORDS = {"page_size": "limit", "page_token": "cursor"}
MAX_DEPTH = 8
_F = FieldDescriptor
_RANGES = {
    **dict.fromkeys((_F.TYPE_INT32, _F.TYPE_SINT32, _F.TYPE_SFIXED32), (-(2**31), 2**31 - 1)),
    **dict.fromkeys((_F.TYPE_UINT32, _F.TYPE_FIXED32), (0, 2**32 - 1)),
    **dict.fromkeys((_F.TYPE_INT64, _F.TYPE_SINT64, _F.TYPE_SFIXED64), (-(2**63), 2**63 - 1)),
    **dict.fromkeys((_F.TYPE_UINT64, _F.TYPE_FIXED64), (0, 2**64 - 1)),
}
_FLOATS = (_F.TYPE_DOUBLE, _F.TYPE_FLOAT)


class NoSuchShape(ValueError):
    """A field of a contract has a type that this API has no words for."""


def rule(field: FieldDescriptor) -> rest_pb2.Rule:
    """What the contract says of a field; empty when nothing."""
    return cast("rest_pb2.Rule", field.GetOptions().Extensions[cast("Any", rest_pb2.rule)])


def words(enum: EnumDescriptor) -> dict[str, int]:
    """An enum's values by their words in JSON: ALERT_KIND_PRICE_ABOVE of AlertKind is price_above."""
    snake = "".join(f"_{each}" if each.isupper() else each for each in enum.name).upper().lstrip("_") + "_"
    return {value.name.removeprefix(snake).lower(): value.number for value in enum.values if value.number}


def body_model(message: Descriptor, *, without: Collection[str] = (), depth: int = 0) -> type[StrictBody]:
    """The JSON body that makes this message."""
    fields = {
        field.name: _wanted(field, _strict(field, depth), is_required=rule(field).required)
        for field in message.fields
        if field.name not in without
    }
    return cast("type[StrictBody]", create_model(message.name, __base__=StrictBody, **cast("Any", fields)))


def query_model(message: Descriptor, *, without: Collection[str] = ()) -> type[KnownQuery]:
    """The query string that makes this message; `limit` and `cursor` where it pages."""
    left = [field for field in message.fields if field.name not in without]
    pages = {field.name for field in left} >= PAGE_WORDS.keys()
    fields = {
        field.name: _wanted(field, _from_text(field), is_required=rule(field).required)
        for field in left
        if not (pages and field.name in PAGE_WORDS)
    }
    base = PageQuery if pages else KnownQuery
    return cast("type[KnownQuery]", create_model(message.name, __base__=base, **cast("Any", fields)))


def path_type(field: FieldDescriptor) -> Any:
    """The type of a part of a path."""
    if _is_many(field) or (field.type != _F.TYPE_STRING and field.type not in _RANGES):
        raise NoSuchShape(f"{field.name} cannot be part of a path")
    return Annotated[_from_text(field), _bounds(field)]


def answer_model(message: Descriptor, *, depth: int = 0) -> type[BaseModel]:
    """The JSON that this message becomes, for the API's description."""
    fields = {field.name: (_told(field, depth), Field(description=_about(field))) for field in message.fields}
    return cast("type[BaseModel]", create_model(message.name, **cast("Any", fields)))


def page_model(entry: Descriptor) -> type[BaseModel]:
    """A page of such messages."""
    shape: dict[str, Any] = {"items": (list[answer_model(entry)], ...), "next_cursor": (str | None, ...)}  # type: ignore[misc]  # made here
    return cast("type[BaseModel]", create_model(f"{entry.name}List", **shape))


def to_message(message: Descriptor, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a message's constructor takes, of values that its body or query model has accepted."""
    names = {word: name for name, word in PAGE_WORDS.items() if name in message.fields_by_name}
    found = ((message.fields_by_name[names.get(name, name)], value) for name, value in given.items())
    return {field.name: _inward(field, value) for field, value in found}


def to_json(message: Message) -> dict[str, object]:
    """A message as the API tells it: what is absent is null, instants and exact decimals are text."""
    fields: Sequence[Any] = message.DESCRIPTOR.fields
    return {field.name: _outward(message, field) for field in fields}


def _is_many(field: FieldDescriptor) -> bool:
    return bool(field.is_repeated)


def _entry(field: FieldDescriptor) -> FieldDescriptor | None:
    """The value's field of a map, None for what is no map."""
    inner = field.message_type
    return inner.fields_by_name["value"] if inner is not None and inner.GetOptions().map_entry else None


def _strict(field: FieldDescriptor, depth: int) -> Any:
    entry = _entry(field)
    if entry is not None:
        return dict[str, _strict(entry, depth)]  # type: ignore[misc]  # made here
    one = _strict_one(field, depth)
    return list[one] if _is_many(field) else one  # type: ignore[valid-type]  # made here


def _strict_one(field: FieldDescriptor, depth: int) -> Any:
    if field.message_type is not None and field.message_type.full_name != TIMESTAMP:
        if depth >= MAX_DEPTH:
            raise NoSuchShape(f"{field.full_name} nests more than {MAX_DEPTH} levels deep, or without end")
        return body_model(field.message_type, depth=depth + 1)
    return _scalar(field)


def _scalar(field: FieldDescriptor) -> Any:
    if field.message_type is not None or field.type == _F.TYPE_STRING:
        return str
    if field.enum_type is not None:
        return Literal[tuple(words(field.enum_type))]
    if field.type == _F.TYPE_BOOL:
        return bool
    if field.type in _FLOATS:
        return Annotated[float, Field(allow_inf_nan=False)]
    if field.type in _RANGES:
        least, most = _RANGES[field.type]
        return Annotated[int, Field(ge=least, le=most)]
    raise NoSuchShape(f"{field.full_name} has a type that is not JSON's")


def _from_text(field: FieldDescriptor) -> Any:
    """The type of a query's or a path's part, which comes as text."""
    if _is_many(field) or (field.message_type is not None and field.message_type.full_name != TIMESTAMP):
        raise NoSuchShape(f"{field.full_name} has no place in a query")
    if field.type in _RANGES:
        return Annotated[_scalar(field), BeforeValidator(digits)]
    return Literal["true", "false"] if field.type == _F.TYPE_BOOL else _scalar(field)


def _wanted(field: FieldDescriptor, kind: Any, *, is_required: bool) -> tuple[Any, Any]:
    # The default is never sent: a field that was left out stays the service's to choose.
    return Annotated[kind, _bounds(field)], ... if is_required else None


def _bounds(field: FieldDescriptor) -> Any:
    said = rule(field)
    least = said.least if said.HasField("least") else None
    most = said.most if said.HasField("most") else None
    if field.message_type is not None and not _is_many(field):
        return Field(description=_about(field))
    if _is_many(field) or field.type == _F.TYPE_STRING:
        return Field(min_length=least, max_length=most, description=_about(field))
    if field.type in _RANGES or field.type in _FLOATS:
        return Field(ge=least, le=most, description=_about(field))
    return Field(description=_about(field))


def _about(field: FieldDescriptor) -> str | None:
    is_time = field.message_type is not None and field.message_type.full_name == TIMESTAMP
    return " ".join(filter(None, (rule(field).about, TIME if is_time else ""))) or None


def _told(field: FieldDescriptor, depth: int) -> Any:
    entry = _entry(field)
    if entry is not None:
        return dict[str, _told(entry, depth)]  # type: ignore[misc]  # made here
    if field.message_type is not None and field.message_type.full_name != TIMESTAMP:
        if depth >= MAX_DEPTH:
            raise NoSuchShape(f"{field.full_name} nests more than {MAX_DEPTH} levels deep, or without end")
        one: Any = answer_model(field.message_type, depth=depth + 1)
    else:
        one = _scalar(field)
    if _is_many(field):
        return list[one]
    return one | None if field.has_presence or field.enum_type is not None else one


def _inward(field: FieldDescriptor, value: Any) -> Any:
    entry = _entry(field)
    if entry is not None:
        return {name: _inward_one(entry, each) for name, each in value.items()}
    return [_inward_one(field, each) for each in value] if _is_many(field) else _inward_one(field, value)


def _inward_one(field: FieldDescriptor, value: Any) -> Any:
    if field.message_type is not None and field.message_type.full_name == TIMESTAMP:
        return instants.parse(value, field.name)
    if field.message_type is not None:
        return to_message(field.message_type, value)
    if field.enum_type is not None:
        return words(field.enum_type)[value]
    return value == "true" if field.type == _F.TYPE_BOOL and isinstance(value, str) else value


def _outward(message: Message, field: FieldDescriptor) -> object:
    value = getattr(message, field.name)
    entry = _entry(field)
    if entry is not None:
        return {str(name): _outward_one(entry, value[name]) for name in value}
    if _is_many(field):
        return [_outward_one(field, each) for each in value]
    return None if field.has_presence and not message.HasField(field.name) else _outward_one(field, value)


def _outward_one(field: FieldDescriptor, value: Any) -> object:
    if field.message_type is not None and field.message_type.full_name == TIMESTAMP:
        return instants.render(value.ToDatetime(tzinfo=UTC))
    if field.message_type is not None:
        return to_json(value)
    if field.enum_type is not None:
        return next((word for word, number in words(field.enum_type).items() if number == value), None)
    return number(value) if field.type in _FLOATS else value
