"""Owns a TCP proxy that misbehaves on demand: delays, black holes, lost replies, cuts. It must never alter a byte."""

import asyncio
import random
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import cast

HOST = "127.0.0.1"
START_SECONDS = 10.0


class Weather:
    """What a proxy does to traffic now. Only its event loop touches it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311  # a seeded fault, not a secret
        self.delay = 0.0
        self.frozen_until = 0.0
        self.drop = 0.0
        self.is_silent = False

    def clear(self) -> None:
        """Fair weather; what is held back already still leaves in its time."""
        self.delay, self.drop, self.frozen_until = 0.0, 0.0, 0.0


class _Side(asyncio.Protocol):
    """One end of one connection; what it receives goes to its peer, in order, now or later."""

    def __init__(self, link: "_Link", *, is_client: bool) -> None:
        self._link = link
        self._is_client = is_client
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        if self._is_client:
            self._link.client_came()
        else:
            self._link.server_came()

    def data_received(self, data: bytes) -> None:
        self._link.received(data, from_client=self._is_client)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's signature
        self._link.close()


class _Link:
    """One client's connection and the one made for it to the server."""

    def __init__(self, proxy: "Proxy") -> None:
        self._proxy = proxy
        self._client = _Side(self, is_client=True)
        self._server = _Side(self, is_client=False)
        self._held: dict[bool, deque[tuple[float, bytes]]] = {True: deque(), False: deque()}
        self._last = {True: 0.0, False: 0.0}
        self._is_closed = False
        self._is_mute = False
        self._connecting: asyncio.Task[object] | None = None

    @property
    def client(self) -> asyncio.Protocol:
        return self._client

    def client_came(self) -> None:
        self._proxy.links.add(self)
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: self._server, HOST, self._proxy.target)
        except OSError:
            self.close()

    def server_came(self) -> None:
        if self._is_closed:
            self.close()
        self._drain(from_client=True)

    def received(self, data: bytes, *, from_client: bool) -> None:
        weather = self._proxy.weather
        if not from_client:
            if self._is_mute:
                return
            if weather.drop and weather.chance.random() < weather.drop:
                # The server has acted and its reply is lost: the connection ends, or stays and says nothing any more.
                self._is_mute = True
                if not weather.is_silent:
                    self.close()
                return
        loop = asyncio.get_running_loop()
        at = max(loop.time() + weather.delay, weather.frozen_until, self._last[from_client])
        self._last[from_client] = at
        self._held[from_client].append((at, data))
        if at <= loop.time():
            self._drain(from_client=from_client)
        else:
            loop.call_at(at, lambda: self._drain(from_client=from_client))

    def _drain(self, *, from_client: bool) -> None:
        """Send what is due; times only grow within a direction, so order is kept."""
        target = self._server.transport if from_client else self._client.transport
        held = self._held[from_client]
        now = asyncio.get_running_loop().time() + 0.001
        while target is not None and held and held[0][0] <= now and not target.is_closing():
            target.write(held.popleft()[1])

    def close(self) -> None:
        """End both connections at once."""
        self._is_closed = True
        self._proxy.links.discard(self)
        for side in (self._client, self._server):
            if side.transport is not None:
                side.transport.abort()


class Proxy:
    """Listens on a port of its own and passes everything to `target`; start once, stop once. Safe from any thread."""

    def __init__(self, target: int, *, seed: int = 0) -> None:
        self.target = target
        self.port = 0
        self.weather = Weather(seed)
        self.links: set[_Link] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"proxy-{target}", daemon=True)

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        opened = asyncio.run_coroutine_threadsafe(
            self._loop.create_server(lambda: _Link(self).client, HOST, 0), self._loop
        )
        self.port = int(opened.result(START_SECONDS).sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Close everything."""
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def delay(self, seconds: float, *, lasting: float) -> None:
        """Everything takes this much longer, each way."""
        self._set(lambda: setattr(self.weather, "delay", seconds), lasting)

    def freeze(self, *, lasting: float, then_cut: bool) -> None:
        """A black hole: nothing passes for a time; then it all does, or every connection ends."""

        def begin() -> None:
            self.weather.frozen_until = self._loop.time() + lasting

        self._do(begin)
        if then_cut:
            self._loop.call_soon_threadsafe(lambda: self._loop.call_later(lasting * 0.9, self._cut))

    def drop_replies(self, chance: float, *, lasting: float, silently: bool = False) -> None:
        """Lose some of the server's replies; the connection ends with it, or stays open and silent."""

        def begin() -> None:
            self.weather.drop, self.weather.is_silent = chance, silently

        self._set(begin, lasting)

    def cut(self) -> None:
        """End every connection now."""
        self._do(self._cut)

    def clear(self) -> None:
        """End every fault; a connection that lost a reply in silence ends, since it could never be used again."""

        def end() -> None:
            self.weather.clear()
            for link in [link for link in self.links if link._is_mute]:
                link.close()

        self._do(end)

    def _cut(self) -> None:
        for link in list(self.links):
            link.close()

    def _set(self, begin: Callable[[], None], lasting: float) -> None:
        self._do(begin)
        self._loop.call_soon_threadsafe(lambda: self._loop.call_later(lasting, self.weather.clear))

    def _do(self, action: Callable[[], None]) -> None:
        done: Future[None] = Future()

        def run() -> None:
            action()
            done.set_result(None)

        self._loop.call_soon_threadsafe(run)
        done.result(START_SECONDS)
