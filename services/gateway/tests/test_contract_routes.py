"""What a contract says of HTTP, and what the gateway makes of it."""

import itertools
from typing import Any

import pytest
from fastapi import APIRouter
from google.protobuf import descriptor_pb2, descriptor_pool, text_format
from google.protobuf.message_factory import GetMessageClass
from pydantic import ValidationError

from protos.alerts.v1 import alerts_pb2
from protos.rest.v1 import rest_pb2  # noqa: F401  # the options in the texts below are its extensions
from services.gateway.rest import coins, contract_routes, contracts, transcoding
from services.gateway.rest.contracts import Contract
from shared.errors import ConfigurationInvalid, InvalidArgument

_numbers = itertools.count()
GOOD = 'get: "/api/v1/shells/{id}" role: ROLE_VIEWER about: "Read one." answer: "shell"'
FIELDS = """
  field { name: "id" number: 1 type: TYPE_INT64 label: LABEL_OPTIONAL }
  field { name: "name" number: 2 type: TYPE_STRING label: LABEL_OPTIONAL options { [millrace.rest.v1.rule] { most: 5 } } }
  field { name: "weights" number: 3 type: TYPE_DOUBLE label: LABEL_REPEATED }
  field { name: "found_at" number: 4 type: TYPE_MESSAGE type_name: ".google.protobuf.Timestamp" label: LABEL_OPTIONAL }
  field { name: "inner" number: 5 type: TYPE_MESSAGE type_name: ".PACKAGE.Pearl" label: LABEL_REPEATED }
  field { name: "colour" number: 6 type: TYPE_ENUM type_name: ".PACKAGE.Colour" label: LABEL_OPTIONAL }
  field { name: "is_open" number: 7 type: TYPE_BOOL label: LABEL_OPTIONAL options { [millrace.rest.v1.rule] { required: true } } }
  field { name: "notes" number: 8 type: TYPE_MESSAGE type_name: ".PACKAGE.Shell.NotesEntry" label: LABEL_REPEATED }
  nested_type { name: "NotesEntry" options { map_entry: true }
    field { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
    field { name: "value" number: 2 type: TYPE_INT32 label: LABEL_OPTIONAL } }
"""  # noqa: E501  # one field a line reads best
FILE = """
name: "PACKAGE.proto" package: "PACKAGE" syntax: "proto3" dependency: "google/protobuf/timestamp.proto"
enum_type { name: "Colour" value { name: "COLOUR_UNSPECIFIED" number: 0 } value { name: "COLOUR_RED" number: 1 } }
message_type { name: "Pearl" field { name: "size_mm" number: 1 type: TYPE_UINT32 label: LABEL_OPTIONAL } }
message_type { name: "Shell" FIELDS }
message_type { name: "Knot" field { name: "knot" number: 1 type: TYPE_MESSAGE type_name: ".PACKAGE.Knot" label: LABEL_OPTIONAL }
  field { name: "id" number: 2 type: TYPE_INT64 label: LABEL_OPTIONAL } field { name: "raw" number: 3 type: TYPE_BYTES label: LABEL_OPTIONAL } }
message_type { name: "GetShellRequest" field { name: "id" number: 1 type: TYPE_INT64 label: LABEL_OPTIONAL } }
message_type { name: "GetShellResponse" field { name: "shell" number: 1 type: TYPE_MESSAGE type_name: ".PACKAGE.Shell" label: LABEL_OPTIONAL } }
service { name: "ShellService" method { name: "GetShell" input_type: ".PACKAGE.INPUT" output_type: ".PACKAGE.GetShellResponse"
  options { ROUTE } STREAM } }
"""  # noqa: E501  # one field a line reads best


def contract(route: str = GOOD, *, takes: str = "GetShellRequest", stream: str = "", service: str = "sea") -> Contract:
    """A contract of its own, as the generator would have made it."""
    package = f"shells{next(_numbers)}"
    text = FILE.replace("FIELDS", FIELDS).replace("ROUTE", f"[millrace.rest.v1.route] {{ {route} }}")
    text = text.replace("INPUT", takes).replace("STREAM", stream).replace("PACKAGE", package)
    pool = descriptor_pool.Default()
    pool.Add(text_format.Parse(text, descriptor_pb2.FileDescriptorProto()))
    found = pool.FindServiceByName(f"{package}.ShellService")
    return Contract(service, found.methods[0], lambda channel: channel)


def opened(*declared: Contract) -> APIRouter:
    return contract_routes.routes_of(declared, own=[coins.routes])


def test_a_contract_is_a_route_with_nothing_written_by_hand() -> None:
    (route,) = opened(contract()).routes

    assert (route.path, route.methods, route.name) == ("/api/v1/shells/{id}", {"GET"}, "sea_get_shell")  # type: ignore[attr-defined]  # an APIRoute


@pytest.mark.parametrize(
    ("route", "problem"),
    [
        (GOOD.replace("role: ROLE_VIEWER", ""), "needs a role"),
        (GOOD.replace("ROLE_VIEWER", "ROLE_UNSPECIFIED"), "needs a role"),
        (GOOD.replace("/api/v1/shells", "/shells"), "needs a verb with a path"),
        (GOOD.replace("/api/v1/shells", "/api/v1/../metrics"), "needs a verb with a path"),
        (GOOD.replace("get:", "answer:").replace('answer: "shell"', ""), "needs a verb with a path"),
        (GOOD.replace("shells", "coins"), "is the gateway's own"),
        (GOOD.replace("{id}", "{nobody}"), "names nobody, which is no field"),
        (GOOD.replace('about: "Read one."', ""), "needs about"),
        (GOOD.replace('answer: "shell"', 'answer: "snail"'), "names snail, which is no message"),
        (GOOD.replace('answer: "shell"', "creates: true"), "must answer with an id"),
    ],
)
def test_a_contract_that_leaves_a_doubt_opens_nothing(route: str, problem: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=problem):
        opened(contract(route))


def test_a_stream_has_no_http_face() -> None:
    with pytest.raises(ConfigurationInvalid, match="a stream has no HTTP face"):
        opened(contract(stream="server_streaming: true"))


@pytest.mark.parametrize("verb", ["get", "post"])
def test_a_message_that_json_has_no_words_for_is_refused(verb: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"levels deep|not JSON's|no place in a query"):
        opened(contract(GOOD.replace("get:", f"{verb}:"), takes="Knot"))


def test_two_services_do_not_share_a_word_of_the_api() -> None:
    with pytest.raises(ConfigurationInvalid, match="/api/v1/shells belongs to sea"):
        opened(contract(), contract(GOOD.replace("{id}", "{id}/more"), service="land"))


def test_a_route_is_declared_once() -> None:
    with pytest.raises(ConfigurationInvalid, match=r"GET /api/v1/shells/\{id\} is declared twice"):
        opened(contract(), contract())


def test_the_contracts_that_are_installed_are_found_with_their_services() -> None:
    found = {each.method.name: each for each in contracts.discover()}

    assert found["CreateAlert"].service == "alerts"
    assert (found["CreateAlert"].verb, found["CreateAlert"].path) == ("POST", "/api/v1/alerts")
    assert set(alerts_pb2.DESCRIPTOR.services_by_name["AlertsService"].methods_by_name) <= found.keys()


SHELL = {
    "id": 2**53 + 1, "name": "nacre", "weights": [0.5, 2], "found_at": "2026-01-31T12:00:00.000Z",
    "inner": [{"size_mm": 7}], "colour": "red", "is_open": True, "notes": {"a": 1},
}  # fmt: skip


def test_a_message_goes_in_and_comes_out_as_it_was() -> None:
    shape = contract().method.output_type.fields_by_name["shell"].message_type
    assert shape is not None

    body = transcoding.body_model(shape).model_validate(SHELL)
    message = GetMessageClass(shape)(**transcoding.to_message(shape, body.model_dump(exclude_unset=True)))

    assert transcoding.to_json(message) == SHELL
    transcoding.answer_model(shape).model_validate(transcoding.to_json(message), strict=True, extra="forbid")
    assert transcoding.to_json(GetMessageClass(shape)()) == {
        "id": 0, "name": "", "weights": [], "found_at": None, "inner": [], "colour": None, "is_open": False,
        "notes": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [{"id": 2**63}, {"id": "1"}, {"id": True}, {"name": "longer"}, {"name": None}, {"weights": [float("inf")]},
     {"colour": "COLOUR_RED"}, {"colour": "unspecified"}, {"colour": 1}, {"is_open": 1}, {"inner": [{"size_mm": -1}]},
     {"inner": [{"size": 1}]}, {"notes": {"a": "1"}}, {"more": 1}],
)  # fmt: skip
def test_a_value_that_is_not_its_fields_is_refused(change: dict[str, Any]) -> None:
    shape = contract().method.output_type.fields_by_name["shell"].message_type
    assert shape is not None

    with pytest.raises(ValidationError):
        transcoding.body_model(shape).model_validate(SHELL | change)


def test_what_is_needed_and_left_out_is_refused_and_an_instant_has_a_zone() -> None:
    shape = contract().method.output_type.fields_by_name["shell"].message_type
    assert shape is not None

    with pytest.raises(ValidationError, match="is_open"):
        transcoding.body_model(shape).model_validate({})
    with pytest.raises(InvalidArgument, match="found_at must be an RFC 3339 time"):
        transcoding.to_message(shape, {"found_at": "2026-01-31T12:00:00"})
