"""Owns which addresses an outbound call may have. It must never let data choose the host or leave the base path."""

import re

import httpx

from shared.errors import ConfigurationInvalid, InvalidArgument

SCHEMES = ("http", "https")
_PATH = re.compile(r"(/[A-Za-z0-9._~,:@!$&'()*+;=-]+)+/?")


def checked_base_url(name: str, text: str) -> httpx.URL:
    """The base URL of provider `name` without its trailing slash.

    Raises ConfigurationInvalid for another scheme, a missing host, user names or keys inside the URL, a query or
    a fragment: keys belong in headers, where they are not logged.
    """
    try:
        url = httpx.URL(text.strip())
    except httpx.InvalidURL as error:
        raise ConfigurationInvalid([f"base URL of {name} is not a URL: {error}"]) from error
    if url.scheme not in SCHEMES:
        raise ConfigurationInvalid([f"base URL of {name} must start with http:// or https://, got {url.scheme!r}"])
    if not url.host:
        raise ConfigurationInvalid([f"base URL of {name} names no host"])
    if url.userinfo:
        raise ConfigurationInvalid([f"base URL of {name} must not carry a user name or password"])
    if url.query or url.fragment:
        raise ConfigurationInvalid([f"base URL of {name} must not carry a query or fragment"])
    return url.copy_with(path=url.path.rstrip("/") or "/")


def under(base: httpx.URL, path: str) -> httpx.URL:
    """`path` below `base`. Raises InvalidArgument for a path that could point elsewhere."""
    if not _PATH.fullmatch(path) or any(part in (".", "..") for part in path.split("/")):
        raise InvalidArgument(f"path must be plain segments below the base URL, got {path[:80]!r}", field="path")
    return base.copy_with(path=base.path.rstrip("/") + path)
