"""Owns the way scripts are sent: few round trips over connections kept open. It must never know a script's meaning.

redis-py spends most of a short call on its pool, its retries and its callbacks; this uses its connections (address,
password, TLS, greeting) and leaves out the rest.
"""

import hashlib
import select
from collections import deque
from collections.abc import Sequence
from typing import Any

from hiredis import pack_command
from redis.exceptions import (
    ConnectionError,  # noqa: A004  # redis' own error, which is not the builtin one
    ResponseError,
    TimeoutError,  # noqa: A004  # redis' own error, which is not the builtin one
)

from shared.jobs.connection import RedisClient
from shared.jobs.script_texts import sources

#: Idle connections kept; more callers than that at once open and close their own.
IDLE_MAX = 32
#: Functions kept by a server, of all builds that ever spoke to it.
LOADED_MAX = 200
#: Times a function that is not there is loaded and asked again, before its server counts as away.
LOAD_TRIES = 3
_PREFIX = "millrace_"
_UNKNOWN = "Function not found"


class ScriptCalls:
    """Sends commands over connections of one client's making. Every call of ours may be repeated, and is, once."""

    def __init__(self, client: RedisClient) -> None:
        self._client = client
        self._idle: deque[Any] = deque()
        #: Functions by their text.
        self._names: dict[str, str] = {}

    def run(self, text: str, keys: Sequence[str | bytes], argument: bytes) -> Any:
        """One function's call. Raises what the function refuses it with."""
        return self.send(text, keys, argument).receive()

    def send(
        self, text: str, keys: Sequence[str | bytes], argument: bytes, *, after: tuple[object, ...] | None = None
    ) -> "Sent":
        """Send one function's call and return; `after` is a command that the server does before it."""
        call = ("FCALL", self.name(text), len(keys), *keys, argument)
        commands = [call] if after is None else [after, call]
        try:
            return Sent(self, text, commands, self.dispatch(commands))
        except (ConnectionError, TimeoutError):
            # A server that went takes all its connections along: none of them is worth a second try.
            self.close()
            return Sent(self, text, commands, self.dispatch(commands))

    def load_and_send(self, text: str, command: tuple[object, ...]) -> Any:
        """Make a function known that the server said it does not know, and call it; the answer, or what refused it."""
        for _ in range(LOAD_TRIES):
            self._load(text)
            answer = self.exchange([command])
            if not _is_unknown(answer):
                return answer
        return ConnectionError("the server forgets its functions as fast as they are loaded")

    def name(self, text: str) -> str:
        """The function's name says what is in it, so that versions beside one another keep apart."""
        known = self._names.get(text)
        if known is None:
            digest = hashlib.sha256(text.encode()).hexdigest()[:24]
            known = self._names[text] = f"{_PREFIX}{digest}"
        return known

    def loading(self, text: str) -> tuple[str, ...]:
        """The command that makes a function known."""
        name = self.name(text)
        return ("FUNCTION", "LOAD", "REPLACE", f"#!lua name={name}\nlocal FUNCTION_NAME = '{name}'\n{text}")

    def _load(self, text: str) -> None:
        """Load this function, and all others that are not there: a server whose memory is full later takes no more."""
        client = self._client
        loaded = {_library_name(each) for each in client.execute_command("FUNCTION LIST", "LIBRARYNAME", f"{_PREFIX}*")}
        for each in (text, *sources()):
            name = self.name(each)
            if name not in loaded or each == text:
                client.execute_command(*self.loading(each))
                loaded.add(name)
        if len(loaded) > LOADED_MAX:
            # Of builds that have gone; one that is still there loads its own again with its next call.
            for name in loaded - set(self._names.values()):
                client.execute_command("FUNCTION DELETE", name)

    def exchange(self, commands: Sequence[tuple[object, ...]]) -> Any:
        """Send commands and wait for the answer of the last, which may be a refusal."""
        return self.read(self.dispatch(commands), commands)

    def dispatch(self, commands: Sequence[tuple[object, ...]]) -> Any:
        """Send commands over a connection, which is the caller's until its answers are read."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self.connected()
        try:
            connection.send_packed_command(packed(commands), check_health=False)
        except BaseException:
            connection.disconnect()
            raise
        return connection

    def read(self, connection: Any, commands: Sequence[tuple[object, ...]]) -> Any:
        """Wait for the answer of the last of what was dispatched; the connection is for others then."""
        try:
            for _ in commands:
                answer = _read(connection)
        except BaseException:
            connection.disconnect()
            raise
        if len(self._idle) < IDLE_MAX:
            self._idle.append(connection)
        else:
            connection.disconnect()
        return answer

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


class Sent:
    """A call on its way. Its answer is read once, by any thread."""

    def __init__(self, calls: ScriptCalls, text: str, commands: Sequence[tuple[object, ...]], connection: Any) -> None:
        self._calls, self._text, self._commands, self._connection = calls, text, commands, connection
        self._number: int = connection._sock.fileno()

    def is_answered(self) -> bool:
        """True when receiving does not wait, be it that the connection has broken."""
        poll = select.poll()  # one for all would refuse two threads at once; can_read() costs ten times as much
        poll.register(self._number, select.POLLIN)
        return bool(poll.poll(0))

    def receive(self) -> Any:
        """Wait for the answer; asks once more, over a new connection, when this one has broken."""
        calls, commands = self._calls, self._commands
        try:
            answer = calls.read(self._connection, commands)
        except (ConnectionError, TimeoutError):
            calls.close()
            answer = calls.exchange(commands)
        if _is_unknown(answer):
            answer = calls.load_and_send(self._text, commands[-1])
        if isinstance(answer, Exception):
            raise answer
        return answer


def packed(commands: Sequence[tuple[Any, ...]]) -> list[bytes]:
    """Commands as they travel; redis-py looks at each of their words on the way, which takes twice as long."""
    return [b"".join(map(pack_command, commands))]


def _is_unknown(answer: Any) -> bool:
    return isinstance(answer, ResponseError) and str(answer) == _UNKNOWN


def _library_name(library: Any) -> str:
    """Of one entry of FUNCTION LIST, which is a map, or a flat list of names and values."""
    if not isinstance(library, dict):
        library = dict(zip(library[::2], library[1::2], strict=True))
    return bytes(library[b"library_name"]).decode()


def _read(connection: Any) -> Any:
    try:
        return connection.read_response(disable_decoding=True)
    except ResponseError as refused:
        return refused
