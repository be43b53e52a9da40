"""Owns the command line of the sandbox. It must never listen anywhere but on loopback."""

import argparse
import signal
import sys
import threading
from pathlib import Path
from queue import SimpleQueue

from tools.sandbox.sandbox import Options, Sandbox


def main() -> int:
    """Serve until SIGTERM or Ctrl-C."""
    options = _options(sys.argv[1:])
    try:
        sandbox = Sandbox(options)
    except OSError as error:
        sys.stderr.write(f"sandbox: cannot start on port {options.port}: {error}\n")
        return 1

    # The handler runs in the main thread, which serves: it may neither wait for that loop, as shutdown() does, nor
    # start a thread, whose lock may be held there. SimpleQueue.put() is reentrant.
    asked: SimpleQueue[int] = SimpleQueue()

    def stop() -> None:
        asked.get()
        sandbox.stop()

    threading.Thread(target=stop, name="signals", daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: asked.put(number))
    sys.stdout.write(f"sandbox ready on {sandbox.url}\n")
    sys.stdout.flush()
    sandbox.serve()
    return 0


def _options(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m tools.sandbox", description="Plays the outside world on loopback.")
    parser.add_argument("--port", type=_port, required=True, help="0 takes any free port")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same prices (default 1)")
    parser.add_argument("--log", type=Path, metavar="FILE", help="also append requests as JSON lines, at most 64 MB")
    parser.add_argument("--price-unknown", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--enforce-limits", action="store_true", help="answer 429 above the providers' own rates")
    parser.add_argument("--coingecko-key", help="the only key accepted; any is by default")
    parser.add_argument("--coingecko-keyless-addresses", type=_addresses, default=30, metavar="N")
    given = parser.parse_args(arguments)
    return Options(
        port=given.port,
        seed=given.seed,
        price_unknown=given.price_unknown,
        enforce_limits=given.enforce_limits,
        coingecko_key=given.coingecko_key,
        coingecko_keyless_addresses=given.coingecko_keyless_addresses,
        log_file=given.log,
    )


def _port(text: str) -> int:
    return _whole(text, 0, 65_535)


def _addresses(text: str) -> int:
    return _whole(text, 1, 30)


def _whole(text: str, least: int, most: int) -> int:
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"must be a whole number from {least} to {most}, got {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
