"""Owns the choice of a demonstration. Only the chosen one is imported; none may start more stores than it names."""

import importlib
import signal
import sys

from tools.stores.errors import StoreFailed

SHOWS = {
    "mock": "no store at all: real jobs on an index in memory, each step explained",
    "simple": "a Valkey of its own, no PostgreSQL: the real worker, each step timed",
    "full": "the whole product, over REST; the one that runs, else one of its own that is stopped again",
}


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1] not in SHOWS:
        lines = "\n".join(f"  {name:<8}{meaning}" for name, meaning in SHOWS.items())
        print(f"usage: tools/demo {'|'.join(SHOWS)}\n{lines}", file=sys.stderr)
        return 2
    # A demonstration that is told to end stops what it started first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    show = importlib.import_module(f"tools.demos.{sys.argv[1]}")
    try:
        return int(show.main())
    except StoreFailed as failure:
        print(f"millrace: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
