"""Owns the way scripts are sent: few round trips over connections kept open. It must never know a script's meaning.

redis-py spends most of a short call on its pool, its retries and its callbacks; this uses its connections (address,
password, TLS, greeting) and leaves out the rest.
"""

import hashlib
from collections import deque
from collections.abc import Sequence
from typing import Any

from redis.exceptions import (
    ConnectionError,  # noqa: A004  # redis' own error, which is not the builtin one
    NoScriptError,
    ResponseError,
    TimeoutError,  # noqa: A004  # redis' own error, which is not the builtin one
)

from shared.jobs.connection import RedisClient

#: Idle connections kept; more callers than that at once open and close their own.
IDLE_MAX = 32


class ScriptCalls:
    """Sends commands over connections of one client's making. Every call of ours may be repeated, and is, once."""

    def __init__(self, client: RedisClient) -> None:
        self._client = client
        self._idle: deque[Any] = deque()
        self._shas: dict[str, str] = {}

    def run(self, text: str, keys: Sequence[str | bytes], argument: bytes) -> Any:
        """One script."""
        return self.run_all([(text, keys, argument)])[0]

    def run_all(
        self, calls: Sequence[tuple[str, Sequence[str | bytes], bytes]], *, after: tuple[object, ...] | None = None
    ) -> list[Any]:
        """Scripts in order in one round trip, each atomic; `after` is a command that the server does before the first.

        Raises what the first refused script raises, when all have been answered.
        """
        commands: list[tuple[object, ...]] = [
            ("EVALSHA", self.sha(text), len(keys), *keys, argument) for text, keys, argument in calls
        ]
        answers = self._send(commands if after is None else [after, *commands])[-len(commands) :]
        for at, answer in enumerate(answers):
            if isinstance(answer, NoScriptError):
                self._client.script_load(calls[at][0])
                answers[at] = self._send([commands[at]])[0]
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    def sha(self, text: str) -> str:
        """What EVALSHA calls this script."""
        known = self._shas.get(text)
        if known is None:
            known = self._shas[text] = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        return known

    def _send(self, commands: list[tuple[object, ...]]) -> list[Any]:
        try:
            return self._exchange(commands)
        except (ConnectionError, TimeoutError):
            # A server that went takes all its connections along: none of them is worth a second try.
            self.close()
            return self._exchange(commands)

    def _exchange(self, commands: list[tuple[object, ...]]) -> list[Any]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self.connected()
        try:
            connection.send_packed_command(connection.pack_commands(commands), check_health=False)
            answers = [_read(connection) for _ in commands]
        except BaseException:
            connection.disconnect()
            raise
        if len(self._idle) < IDLE_MAX:
            self._idle.append(connection)
        else:
            connection.disconnect()
        return answers

    def connected(self) -> Any:
        """A new connection, which is the caller's."""
        pool = self._client.connection_pool
        connection = pool.connection_class(**pool.connection_kwargs)
        connection.connect()
        return connection

    def close(self) -> None:
        """Close what is idle."""
        while True:
            try:
                self._idle.pop().disconnect()
            except IndexError:
                return


def _read(connection: Any) -> Any:
    try:
        return connection.read_response(disable_decoding=True)
    except ResponseError as refused:
        return refused
