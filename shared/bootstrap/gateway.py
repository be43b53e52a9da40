"""Owns the gateway role: one HTTP server for a service that has an application.

It must never import that application.
"""

import asyncio
import threading
from collections.abc import Callable

import structlog
import uvicorn

from shared import clock
from shared.bootstrap.process import Process
from shared.bootstrap.service import ServiceRuntime
from shared.errors import ConfigurationInvalid

log = structlog.get_logger(__name__)
START_SECONDS = 30.0


def start(process: Process, runtimes: list[ServiceRuntime]) -> Callable[[], None]:
    """Serve HTTP in a thread of its own; returns how to stop. The settings name http_host and http_port."""
    if len(runtimes) != 1 or runtimes[0].service.http is None:
        raise ConfigurationInvalid(["the gateway role serves exactly one service that has an HTTP application"])
    runtime = runtimes[0]
    process.health.add("postgres", runtime.database.ping)
    application = runtimes[0].service.http(runtime)
    server = _Server(
        uvicorn.Config(
            application,
            host=runtime.settings.http_host,
            port=runtime.settings.http_port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
            limit_concurrency=1000,
            h11_max_incomplete_event_size=32 * 1024,
        )
    )
    server.start()

    def stop() -> None:
        server.stop()
        runtime.database.close()

    return stop


class _Server:
    """uvicorn in a thread of its own; there it leaves the signals to the process."""

    def __init__(self, config: uvicorn.Config) -> None:
        self._config = config
        self._server = uvicorn.Server(config)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    def _run(self) -> None:
        try:
            asyncio.run(self._server.serve())
        except SystemExit:
            log.error("http server could not start")  # uvicorn's way to say that the address is taken
        finally:
            self._done.set()

    def start(self) -> None:
        """Listen; raises ConfigurationInvalid when the address cannot be had."""
        self._thread.start()
        give_up_at = clock.monotonic() + START_SECONDS
        while not self._server.started and not self._done.is_set() and clock.monotonic() < give_up_at:
            self._done.wait(0.01)
        if not self._server.started:
            where = f"{self._config.host}:{self._config.port}"
            raise ConfigurationInvalid([f"GATEWAY_HTTP_HOST or GATEWAY_HTTP_PORT: cannot listen on {where}"])

    def stop(self) -> None:
        """Finish running requests for at most five seconds, then end."""
        self._server.should_exit = True
        self._done.wait(10)
