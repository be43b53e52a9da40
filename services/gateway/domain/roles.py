"""Owns who may do what: the three roles, in order. It must never know how somebody proved who he is."""

from dataclasses import dataclass
from enum import IntEnum


class Role(IntEnum):
    """A higher role may do all that a lower one may."""

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """As stored and shown."""
        return self.name.lower()


ROLE_WORDS = tuple(role.word for role in Role)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a request speaks for."""

    key_id: str
    name: str
    role: Role
