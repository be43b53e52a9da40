"""Owns the HTTP faces that services declare in their contracts: one call in, one call on, one answer.
It must never know a service, nor decide what is valid beyond a field's own rule."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass
from starlette.responses import Response

from services.gateway.auth.gate import require
from services.gateway.clients.fleet import Fleet, ask
from services.gateway.rest import transcoding
from services.gateway.rest.answers import json_answer, list_answer
from services.gateway.rest.body import documented, typed
from services.gateway.rest.contracts import PREFIX, ROLES, Contract, check
from services.gateway.rest.query import check_query, no_query
from shared.errors import ConfigurationInvalid, PeerUnavailable

BODIES = frozenset({"POST", "PUT", "PATCH"})
# Parameters of the endpoint; a path's places are fields, which never begin like this.
_REQUEST, _QUERY, _BODY = "http_request_", "http_query_", "http_body_"


def routes_of(contracts: Sequence[Contract], *, own: Sequence[APIRouter]) -> APIRouter:
    """The routes of these contracts. Raises ConfigurationInvalid where one is not clear, or takes a path of `own`."""
    paths = [str(getattr(route, "path", "")) for router in own for route in router.routes]
    check(contracts, taken={path.removeprefix(PREFIX).partition("/")[0] for path in paths if path.startswith(PREFIX)})
    router, problems = APIRouter(), []
    for contract in contracts:
        try:
            _add(router, contract)
        except transcoding.NoSuchShape as error:
            problems.append(f"{contract.method.full_name}: {error}")
    if problems:
        raise ConfigurationInvalid(problems)
    return router


def _add(router: APIRouter, contract: Contract) -> None:
    request, places = contract.method.input_type, contract.places
    has_more = len(request.fields) > len(places)
    read: dict[str, Any] = {_REQUEST: Request, **{place: _place(request.fields_by_name[place]) for place in places}}
    guards, extra = [Depends(require(ROLES[contract.route.role]))], None
    if contract.verb in BODIES and has_more:
        model = transcoding.body_model(request, without=places)
        read[_BODY], extra = Annotated[model, Depends(typed(model))], documented(model)
    elif has_more:
        read[_QUERY] = Annotated[transcoding.query_model(request, without=places), Query()]
    guards.append(Depends(check_query if _QUERY in read else no_query))
    router.add_api_route(
        contract.path, _endpoint(contract, read), methods=[contract.verb], name=_name(contract),
        description=contract.route.about, dependencies=guards, openapi_extra=extra, tags=[contract.collection],
        status_code=_status(contract), response_model=_answer_model(contract),
    )  # fmt: skip


def _place(field: FieldDescriptor) -> Any:
    return Annotated[transcoding.path_type(field), Path()]


def _endpoint(contract: Contract, read: Mapping[str, Any]) -> Callable[..., Response]:
    """What FastAPI calls; it reads the signature to know what to read, check and describe."""
    message = GetMessageClass(contract.method.input_type)

    def call(**given: Any) -> Response:
        http = given.pop(_REQUEST)
        told = [given.pop(name).model_dump(exclude_unset=True) for name in (_QUERY, _BODY) if name in given]
        values = {name: value for part in (*told, given) for name, value in part.items()}
        request = message(**transcoding.to_message(contract.method.input_type, values))
        return _answered(contract, _ask(http.app.state.fleet, contract, request), at=http.url.path)

    only = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter(name, only, annotation=kind) for name, kind in read.items()]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # where PEP 362 looks for it
    return call


def _ask(fleet: Fleet, contract: Contract, request: Any) -> Any:
    if contract.service not in fleet.names:
        raise PeerUnavailable(f"{contract.service} is not among the services of this gateway")
    stub = fleet.stub(contract.stub, contract.service)
    return ask(getattr(stub, contract.method.name), request, peer=contract.service)


def _answered(contract: Contract, response: Any, *, at: str) -> Response:
    answer = getattr(response, contract.route.answer) if contract.route.answer else response
    if not contract.answer.fields:
        return Response(status_code=204)
    if contract.listed is not None:
        items = [transcoding.to_json(each) for each in getattr(answer, contract.listed.name)]
        return list_answer(items, next_cursor=answer.next_page_token)
    headers = {"Location": f"{at}/{quote(str(answer.id), safe='')}"} if contract.route.creates else None
    return json_answer(transcoding.to_json(answer), status=_status(contract), headers=headers)


def _answer_model(contract: Contract) -> Any:
    if not contract.answer.fields:
        return None
    listed = contract.listed
    if listed is not None and listed.message_type is not None:
        return transcoding.page_model(listed.message_type)
    return transcoding.answer_model(contract.answer)


def _status(contract: Contract) -> int:
    return 201 if contract.route.creates else 200 if contract.answer.fields else 204


def _name(contract: Contract) -> str:
    words = "".join(f"_{each}" if each.isupper() else each for each in contract.method.name).lower().lstrip("_")
    return f"{contract.service.replace('-', '_')}_{words}"
