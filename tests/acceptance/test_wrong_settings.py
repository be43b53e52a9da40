"""What happens to a start with wrong settings: it ends at once, names every one of them, and leaves nothing running."""

from tests.acceptance.clones import Clone
from tools.stores.temporary import temporary_folder

BAD_CONFIGURATION = 78
NOT_RUNNING = 3
#: Of the process, of the service, and of one of its queues.
WRONG = {
    "LOG_LEVEL": "loud",
    "PRICE_INTERVAL_SECONDS": "x",
    "PROVIDER_TIMEOUT_SECONDS": "0",
    "PRICE_UPDATES_RATE_PER_MINUTE": "-1",
}


def test_a_start_with_wrong_settings_names_every_one_and_exits_78() -> None:
    with temporary_folder("millrace settings ") as folder:
        clone = Clone.make(folder / "a clone")
        try:
            up = clone.command("up", **WRONG)
            status = clone.command("status")

            assert up.returncode == BAD_CONFIGURATION
            assert [name for name in WRONG if name not in up.stderr] == []
            assert status.returncode == NOT_RUNNING
            assert not clone.processes()
        finally:
            clone.forget()
