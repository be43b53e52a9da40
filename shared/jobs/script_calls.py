"""Owns the way scripts are sent: few round trips over connections kept open. It must never know a script's meaning.

redis-py spends most of a short call on its pool, its retries and its callbacks; this uses its connections (address,
password, TLS, greeting) and leaves out the rest.
"""

import select
import socket
import struct
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from hiredis import pack_command
from redis.exceptions import (
    ConnectionError,  # noqa: A004  # redis' own error, which is not the builtin one
    ResponseError,
    TimeoutError,  # noqa: A004  # redis' own error, which is not the builtin one
)

from shared.jobs import script_texts
from shared.jobs.connection import RedisClient

#: Idle connections kept; more callers than that at once open and close their own.
IDLE_MAX = 32
#: Libraries kept by a server, of all builds that spoke to it lately; each more makes every call dearer.
LIBRARIES_MAX = 6
#: Times a library that is not there is loaded and its function asked again, before its server counts as away.
LOAD_TRIES = 3
_EMPTY_WORD = b"$0\r\n\r\n"
_UNKNOWN = "Function not found"


class ScriptCalls:
    """Sends commands over connections of one client's making. Every call of ours may be repeated, and is, once."""

    def __init__(self, client: RedisClient) -> None:
        self._client = client
        self._idle: deque[Any] = deque()
        self._library = script_texts.library()

    def begun(self, transition: str, keys: Sequence[str], *, more: int = 0) -> bytes:
        """A function's call up to its last `more` keys and its argument: the same each time, and most of the packing.

        What follows is given to `finished`.
        """
        end = (b"",) * (more + 1)
        return packed("FCALL", self.name(transition), len(keys) + more, *keys, *end)[: -len(_EMPTY_WORD) * len(end)]

    def run(self, call: bytes) -> Any:
        """One function's call, as it travels. Raises what the function refuses it with."""
        return self.send(call).receive()

    def send(self, call: bytes, *, after: tuple[Any, ...] | None = None) -> "Sent":
        """Send one function's call and return; `after` is a command that the server does before it."""
        commands = [call] if after is None else [packed(*after), call]
        try:
            return Sent(self, commands, self.dispatch(commands))
        except (ConnectionError, TimeoutError):
            # A server that went takes all its connections along: none of them is worth a second try.
            self.close()
            return Sent(self, commands, self.dispatch(commands))

    def load_and_send(self, call: bytes) -> Any:
        """Make our functions known to a server that said it does not know them, and call one; what it answered."""
        for _ in range(LOAD_TRIES):
            self.load()
            answer = self.exchange([call])
            if not _is_unknown(answer):
                return answer
        return ConnectionError("the server forgets its functions as fast as they are loaded")

    def name(self, transition: str) -> str:
        """What the server knows a transition by."""
        return f"{self._library.name}_{transition}"

    def load(self) -> None:
        """Make all our functions known, unless they are: a server whose memory is full later takes no more."""
        client = self._client
        prefix = f"{script_texts.PREFIX}*"
        loaded = {_library_name(each) for each in client.execute_command("FUNCTION LIST", "LIBRARYNAME", prefix)}
        if self._library.name in loaded:
            return
        if len(loaded) >= LIBRARIES_MAX:
            # Of builds that have gone; one that is still there loads its own again with its next call.
            for name in loaded:
                with suppress(ResponseError):  # another process has just deleted it
                    client.execute_command("FUNCTION DELETE", name)
        client.execute_command("FUNCTION", "LOAD", "REPLACE", self._library.text)

    def exchange(self, commands: Sequence[bytes]) -> Any:
        """Send commands and wait for the answer of the last, which may be a refusal."""
        return self.read(self.dispatch(commands), commands)

    def dispatch(self, commands: Sequence[bytes]) -> Any:
        """Send commands over a connection, which is the caller's until its answers are read."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self.connected()
        try:
            connection.send_packed_command([b"".join(commands)], check_health=False)
        except BaseException:
            connection.disconnect()
            raise
        return connection

    def read(self, connection: Any, commands: Sequence[bytes]) -> Any:
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
        _wait_in_kernel(connection)
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

    def __init__(self, calls: ScriptCalls, commands: Sequence[bytes], connection: Any) -> None:
        self._calls, self._commands, self._connection = calls, commands, connection
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
            answer = calls.load_and_send(commands[-1])
        if isinstance(answer, Exception):
            raise answer
        return answer


def packed(*words: Any) -> bytes:
    """A command as it travels; redis-py looks at each of its words on the way, which takes twice as long."""
    command: bytes = pack_command(words)
    return command


def finished(begun: bytes, *words: bytes) -> bytes:
    """A call as it travels: how it begins, its last keys and its argument."""
    return b"".join((begun, *[b"$%d\r\n%b\r\n" % (len(word), word) for word in words]))


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
    except ConnectionError as error:
        if isinstance(error.__context__, BlockingIOError):  # how the kernel says that time is up
            raise TimeoutError("no answer in time") from error
        raise


def _wait_in_kernel(connection: Any) -> None:
    """Leave it to the kernel to end a wait: Python asks it to poll before each send and each receive that has a limit.

    A wait within TLS stays Python's.
    """
    sock, seconds = connection._sock, connection.socket_timeout
    if type(sock) is not socket.socket or seconds is None or sys.platform == "win32":
        return
    limit = struct.pack("@ll", int(seconds), int(seconds % 1 * 1_000_000))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
    sock.settimeout(None)
