"""One spelling of places in a body, whoever refuses it: nodes[0].args, as services have it."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest

from services.gateway import rest
from services.gateway.rest.body import StrictBody, parse_as
from services.gateway.rest.flows import FlowBody
from services.gateway.rest.jobs import SubmitBody
from shared.errors import InvalidArgument

#: No element of any list is this.
WRONG = {"no such field": [3.5]}
AFTER = {"key": "a", "name": "x", "depends_on": ["b", 3]}


def bodies(root: type[StrictBody] = StrictBody) -> Iterator[type[StrictBody]]:
    """Every body that a module of the API declares."""
    for module in pkgutil.iter_modules(rest.__path__):
        importlib.import_module(f"{rest.__name__}.{module.name}")
    for each in root.__subclasses__():
        yield each
        yield from bodies(each)


def holds_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(map(holds_list, get_args(annotation)))


def lists() -> set[tuple[type[StrictBody], str]]:
    return {
        (body, name) for body in bodies() for name, each in body.model_fields.items() if holds_list(each.annotation)
    }


def refused(body: type[StrictBody], value: dict[str, Any]) -> InvalidArgument:
    with pytest.raises(InvalidArgument) as caught:
        parse_as(body, value)
    return caught.value


def test_every_list_of_every_body_names_its_elements_alike() -> None:
    found = lists()

    told = {(body.__name__, name): str(refused(body, {name: [WRONG]})) for body, name in found}

    assert {name for _, name in told} >= {"nodes", "depends_on", "entities", "states"}
    assert [place for place, text in told.items() if f"{place[1]}[0]" not in text] == []
    assert [text for text in told.values() if re.search(r"\.\d|Body|Dependency|\.str", text)] == []


@pytest.mark.parametrize(
    ("body", "value", "field"),
    [
        (FlowBody, {"name": "f", "nodes": [{"key": "a", "name": "x", "args": 3}]}, "nodes[0].args"),
        (FlowBody, {"name": "f", "nodes": [{"key": "a", "name": "x"}, {"key": "b"}]}, "nodes[1].name"),
        (FlowBody, {"name": "f", "nodes": [AFTER]}, "nodes[0].depends_on[1]"),
        (FlowBody, {"name": "f", "nodes": ["a"]}, "nodes[0]"),
        (SubmitBody, {"name": "x", "depends_on": [{"job_id": 3}]}, "depends_on[0]"),
        (SubmitBody, {"name": "x", "unique": {"mode": "for", "ttl_ms": "1"}}, "unique.ttl_ms"),
    ],
)
def test_a_place_is_told_as_it_was_sent(body: type[StrictBody], value: dict[str, Any], field: str) -> None:
    assert refused(body, value).field == field
