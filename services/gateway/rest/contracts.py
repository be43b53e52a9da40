"""Owns which methods of which services are reached over HTTP, as their contracts say.
It must never open one whose contract leaves a doubt."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

import protos
from protos.rest.v1 import rest_pb2
from services.gateway.domain.roles import Role
from shared.errors import ConfigurationInvalid

PREFIX = "/api/v1/"
ROLES = {
    rest_pb2.ROLE_VIEWER: Role.VIEWER,
    rest_pb2.ROLE_OPERATOR: Role.OPERATOR,
    rest_pb2.ROLE_ADMIN: Role.ADMIN,
}
_PATH = re.compile(rf"{PREFIX}[a-z0-9-]+(/([a-z0-9-]+|\{{[a-z][a-z0-9_]*\}}))*")
_PLACE = re.compile(r"\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Contract:
    """One method with an HTTP face. `service` is the name as displayed, `stub` makes its generated client."""

    service: str
    method: MethodDescriptor
    stub: Callable[..., Any]

    @property
    def route(self) -> rest_pb2.Route:
        """What the contract says of it."""
        return cast("rest_pb2.Route", self.method.GetOptions().Extensions[cast("Any", rest_pb2.route)])

    @property
    def verb(self) -> str:
        """GET, POST, PUT, PATCH or DELETE; empty when the contract names none."""
        return (self.route.WhichOneof("verb") or "").upper()

    @property
    def path(self) -> str:
        """The whole path, with its {places}."""
        return str(getattr(self.route, self.verb.lower())) if self.verb else ""

    @property
    def places(self) -> list[str]:
        """The fields of the request that the path holds."""
        return _PLACE.findall(self.path)

    @property
    def collection(self) -> str:
        """The first word below /api/v1, which belongs to one service."""
        return self.path.removeprefix(PREFIX).partition("/")[0]

    @property
    def answer(self) -> Descriptor:
        """The message that the answer tells."""
        response = self.method.output_type
        inner = response.fields_by_name[self.route.answer].message_type if self.route.answer else response
        return inner or response

    @property
    def listed(self) -> FieldDescriptor | None:
        """The field with the entries, of a response that is a page."""
        fields = self.answer.fields_by_name
        many = [field for field in self.answer.fields if field.is_repeated and field.message_type is not None]
        return many[0] if len(many) == 1 and "next_page_token" in fields and len(fields) == 2 else None


def discover() -> list[Contract]:
    """The routes of all contracts that are installed, those with words before those with places."""
    found = (each for module, service in _contract_modules() for each in contracts_of(module, service))
    return sorted(found, key=lambda each: [(part.startswith("{"), part) for part in each.path.split("/")])


def contracts_of(module: ModuleType, service: str) -> Iterator[Contract]:
    """The methods of one generated file that have a route."""
    for name, declared in module.DESCRIPTOR.services_by_name.items():
        for method in declared.methods:
            if method.GetOptions().HasExtension(rest_pb2.route):
                yield Contract(service, method, _stub_of(module, name))


def check(contracts: Sequence[Contract], *, taken: Collection[str]) -> None:
    """Raises ConfigurationInvalid naming every contract that is not clear; `taken` are words of the gateway's own."""
    problems = [f"{each.method.full_name}: {problem}" for each in contracts for problem in _problems(each, taken)]
    owners: dict[str, str] = {}
    shapes: set[tuple[str, str]] = set()
    for each in contracts:
        owner = owners.setdefault(each.collection, each.service)
        if owner != each.service:
            problems.append(f"{each.method.full_name}: {PREFIX}{each.collection} belongs to {owner}")
        shape = (each.verb, _PLACE.sub("{}", each.path))
        if shape in shapes:
            problems.append(f"{each.method.full_name}: {each.verb} {each.path} is declared twice")
        shapes.add(shape)
    if problems:
        raise ConfigurationInvalid(problems)


def _problems(contract: Contract, taken: Collection[str]) -> Iterator[str]:
    route, method = contract.route, contract.method
    if not _PATH.fullmatch(contract.path):
        yield f"the route needs a verb with a path such as {PREFIX}things/{{id}}, got {contract.path[:80]!r}"
    if contract.collection in taken:
        yield f"{PREFIX}{contract.collection} is the gateway's own"
    if route.role not in ROLES:
        yield "the route needs a role: ROLE_VIEWER, ROLE_OPERATOR or ROLE_ADMIN"
    if not route.about:
        yield "the route needs about, one sentence for the API's description"
    if method.client_streaming or method.server_streaming:
        yield "a stream has no HTTP face"
    for place in contract.places:
        if place not in method.input_type.fields_by_name:
            yield f"the path names {place}, which is no field of {method.input_type.name}"
    field = method.output_type.fields_by_name.get(route.answer)
    if route.answer and (field is None or field.message_type is None or field.is_repeated):
        yield f"answer names {route.answer}, which is no message in {method.output_type.name}"
    elif route.creates and "id" not in contract.answer.fields_by_name:
        yield "what creates must answer with an id"


def _contract_modules() -> Iterator[tuple[ModuleType, str]]:
    for package in pkgutil.iter_modules(protos.__path__, f"{protos.__name__}."):
        for found in pkgutil.walk_packages(importlib.import_module(package.name).__path__, f"{package.name}."):
            if found.name.endswith("_pb2"):
                yield importlib.import_module(found.name), package.name.rpartition(".")[2].replace("_", "-")


def _stub_of(module: ModuleType, name: str) -> Callable[..., Any]:
    stub: Callable[..., Any] = getattr(importlib.import_module(f"{module.__name__}_grpc"), f"{name}Stub")
    return stub
