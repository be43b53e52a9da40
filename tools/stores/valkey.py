"""Owns one embedded Valkey (or Redis) server on loopback TCP. It must never evict data nor show `ps` its password."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from tools.stores import binaries, ports
from tools.stores.clusters import plain_environment
from tools.stores.errors import PortTaken, StoreFailed
from tools.stores.process_identity import ProcessIdentity
from tools.stores.spawning import Launch, spawn
from tools.stores.waiting import wait_until_ready

START_SECONDS = 30.0
STOP_SECONDS = 8.0
ANSWER_SECONDS = 1.0


class ValkeyServer:
    """A data folder and the server on it. `durable=False` is for tests: nothing is written to disk."""

    name = "Valkey"

    def __init__(
        self, data_dir: Path, *, port: int, password: str, durable: bool = True, log_file: Path | None = None
    ) -> None:
        self.data_dir = data_dir
        self.port = port
        self.log_file = log_file or data_dir.with_name(data_dir.name + ".log")
        self.program = binaries.valkey_program()
        self._password = password
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._identity_file = data_dir / "server.json"

    @property
    def version(self) -> str:
        return self.program.version

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self, seconds: float = START_SECONDS) -> None:
        self.prepare()
        self.launch()
        try:
            wait_until_ready(self, seconds)
        except StoreFailed:
            self.stop()
            raise

    def prepare(self) -> None:
        """Make the folder; stop what an earlier run left on it."""
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.stop_leftover()

    def stop_leftover(self) -> None:
        try:
            identity = ProcessIdentity(**json.loads(self._identity_file.read_text()))
        except (OSError, ValueError, TypeError):
            return
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            identity.send(signal_number)
            if identity.wait_gone(STOP_SECONDS):
                return
        raise StoreFailed(f"a Valkey left by an earlier run, process {identity.pid}, does not stop")

    def launch(self) -> None:
        """Start without waiting; ask `is_ready` and `exit_code` from then on."""
        if self._process is not None:
            self._process.poll()  # Until it is reaped a dead child of ours still looks alive to its successor.
        if not ports.is_free(self.port):
            raise PortTaken(f"port {self.port} for Valkey is taken by another program")
        configuration = self.data_dir / "server.conf"
        with os.fdopen(os.open(configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(self._configuration())
        self._process = spawn(
            Launch(
                command=[str(self.program.path), configuration.name],
                cwd=self.data_dir,
                log=self.log_file,
                environment=self._environment(),
            )
        )
        identity = ProcessIdentity.of(self._process.pid)
        if identity is not None:
            record = json.dumps({"pid": identity.pid, "started": identity.started})
            self._identity_file.write_text(record)

    def _environment(self) -> dict[str, str]:
        allocator = self.program.allocator
        return plain_environment() | ({"LD_PRELOAD": str(allocator)} if allocator is not None else {})

    def is_ready(self) -> bool:
        """True when it lets us in and has loaded its data."""
        password = self._password.encode()
        request = b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%s\r\n*1\r\n$4\r\nPING\r\n" % (len(password), password)
        try:
            with socket.create_connection((ports.HOST, self.port), ANSWER_SECONDS) as connection:
                connection.sendall(request)
                answer = b""
                while answer.count(b"\r\n") < 2:
                    received = connection.recv(256)
                    if not received:
                        return False
                    answer += received
        except OSError:
            return False
        return answer.startswith(b"+OK\r\n+PONG")

    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """SIGTERM writes the log out; what does not end within the time is killed."""
        if self._process is None:
            return
        self.ask_to_stop()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.force_stop()
            self._process.wait()

    def ask_to_stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def force_stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def url(self, database: int = 0) -> str:
        return f"redis://:{quote(self._password, safe='')}@{ports.HOST}:{self.port}/{database}"

    def _configuration(self) -> str:
        durability = "appendonly yes\nappendfsync everysec" if self._durable else "appendonly no"
        return (
            f"bind {ports.HOST}\nport {self.port}\nprotected-mode yes\nrequirepass {self._password}\ndaemonize no\n"
            f'save ""\n{durability}\nmaxmemory-policy noeviction\n'
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
