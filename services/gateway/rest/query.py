"""Owns what all query and path parameters share: bounds, digits, no unknown and no repeated names.
It must never convert loosely."""

from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from services.gateway.domain.cursors import MAX_CHARACTERS
from shared.errors import InvalidArgument

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
MAX_NAME_CHARACTERS = 100


def digits(value: Any) -> Any:
    """A query's whole number, before it is converted. Raises ValueError for what is none in digits."""
    # Pydantic would also take "1.0", " 1" and "1_000".
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= 19):
        raise ValueError("must be a whole number in digits")
    return value


CoinId = Annotated[int, Field(ge=1, le=2**63 - 1), BeforeValidator(digits), Path(description="Coin id.")]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT, description="Page size."), BeforeValidator(digits)]
Seconds = Annotated[int, Field(ge=0, le=20, description="0 to 20 seconds."), BeforeValidator(digits)]
Cursor = Annotated[str, Field(max_length=MAX_CHARACTERS, description="next_cursor of the page before.")]
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARACTERS)]


class KnownQuery(BaseModel):
    """Base of typed query strings: an unknown name is refused, naming the known ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, value: Any) -> Any:
        known = sorted(field.alias or name for name, field in cls.model_fields.items())
        for name in value if isinstance(value, dict) else ():
            if name not in known:
                raise PydanticCustomError(
                    "unknown_name", "there is no parameter {name}", {"name": name[:80], "allowed": known}
                )
        return value


class PageQuery(KnownQuery):
    """One page of a list."""

    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor = ""


def check_query(request: Request) -> None:
    """Refuse a name given twice, which typed queries do not see: they take the last."""
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name in seen:
            raise InvalidArgument(f"{name[:80]} is given more than once", field=name[:80])
        seen.add(name)


def no_query(request: Request) -> None:
    """Refuse every query parameter, for routes that take none."""
    for name in request.query_params:
        raise InvalidArgument(f"there is no parameter {name[:80]}; this route takes none", field=name[:80])
