"""Owns a clone in miniature: the real tools, and stand-ins for the product. It must never start the product itself."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent

BOOTSTRAP = '''
"""Stands in for the product: answers readiness, keeps coins in memory, ends when a file tells it to."""
import json, os, signal, socket, sys, threading, time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

role, services = sys.argv[1], sys.argv[2:]
code = os.environ.get("FAKE_EXIT_" + role.upper())
Path("seen-" + role + ".json").write_text(json.dumps(dict(os.environ)))
print("this is", role, *services, flush=True)
if code is not None:
    print("because it was told to", flush=True)
    sys.exit(int(code))
if role == "migrate":
    sys.exit(0)
if role == "close":
    ports = {"store": os.environ["REDIS_URL"].rpartition(":")[2].partition("/")[0],
             "worker": json.loads(Path("seen-worker.json").read_text())["HEALTH_PORT"]}
    probes = {name: socket.socket().connect_ex(("127.0.0.1", int(port))) == 0 for name, port in ports.items()}
    Path("running-at-close.json").write_text(json.dumps(probes))
    sys.exit(0)
coins = []

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200, {"items": coins} if self.path.startswith("/api") else {})
    def do_POST(self):
        coins.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(201, coins[-1])
    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
    def log_message(self, *arguments):
        pass

port = int(os.environ["GATEWAY_HTTP_PORT" if role == "gateway" else "HEALTH_PORT"])
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
HTTPServer(("127.0.0.1", port), Handler).serve_forever()
'''

SANDBOX = '''
"""Stands in for the sandbox."""
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

COINS = [{"symbol": "AAA", "name": "Triple A", "chain": "solana", "address": "A" * 40, "coingecko_id": "aaa"}]

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        content = json.dumps(COINS).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
    def log_message(self, *arguments):
        pass

HTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
'''


@dataclass(frozen=True, slots=True)
class FakeClone:
    """A folder that `python -m tools.supervisor` takes for its clone."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> "FakeClone":
        for package in ("stores", "supervisor"):
            source = REPOSITORY / "tools" / package
            shutil.copytree(source, root / "tools" / package, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("tools/environment.py", "services/market_data/demo.toml"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, root / name)
        stand_ins = {
            "tools/__init__.py": "",
            "tools/sandbox/__init__.py": "",
            "tools/sandbox/__main__.py": SANDBOX,
            "shared/__init__.py": "",
            "shared/bootstrap.py": BOOTSTRAP,
            "services/market_data/app.py": "",
            "services/gateway/app.py": "",
        }
        for name, content in stand_ins.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content)
        return cls(root)

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a verb to its end."""
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        return subprocess.run(
            [sys.executable, "-m", "tools.supervisor", *arguments],
            cwd=self.root,
            env=inherited | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def log(self, process: str) -> str:
        return (self.root / ".millrace/logs" / f"{process}.log").read_text()
