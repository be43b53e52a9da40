"""Owns the choice of a verb. Only the chosen one is imported, so that the supervisor stays small."""

import importlib
import sys

from tools.stores.errors import StoreFailed

VERBS = ("up", "down", "reset", "logs", "status", "doctor")


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] not in VERBS:
        print(f"usage: python -m tools.supervisor {'|'.join(VERBS)} [options]", file=sys.stderr)
        return 2
    verb = importlib.import_module(f"tools.supervisor.{sys.argv[1]}")
    try:
        return int(verb.main(sys.argv[2:]))
    except StoreFailed as failure:
        print(f"millrace: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
