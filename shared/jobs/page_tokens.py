"""Owns the text form of a place in a list of this service. It must never be trusted when it comes back."""

import base64
import binascii

import msgspec

from shared.errors import InvalidArgument

PAGE_DEFAULT, PAGE_MAX = 50, 500
TOKEN_MAX = 4_000


def page_size(size: int) -> int:
    """How many a page has. Raises InvalidArgument."""
    if not 0 <= size <= PAGE_MAX:
        raise InvalidArgument(f"page_size must be from 1 to {PAGE_MAX}, got {size}", field="page_size")
    return size or PAGE_DEFAULT


def make_token(*place: str) -> str:
    """The token of the last thing shown."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode()


def read_token(token: str, *, size: int) -> list[str] | None:
    """The place, of `size` texts, that make_token was given; None for the first page. Raises InvalidArgument."""
    if not token:
        return None
    refusal = InvalidArgument("page_token is not one of ours", field="page_token")
    if len(token) > TOKEN_MAX:
        raise refusal
    try:
        place = msgspec.json.decode(base64.urlsafe_b64decode(token.encode()), type=list[str])
    except (ValueError, binascii.Error, msgspec.DecodeError) as error:
        raise refusal from error
    if len(place) != size or any("\0" in part for part in place):
        raise refusal
    return place
