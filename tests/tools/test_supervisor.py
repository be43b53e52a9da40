"""The promises of tools/up and its kin, kept on real stores with stand-ins for the product's processes."""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.fake_clone import FakeClone
from tools.stores.process_identity import ProcessIdentity
from tools.stores.temporary import temporary_folder
from tools.supervisor import children, run_record, wiring
from tools.supervisor.children import Child, ProductProcess
from tools.supervisor.log_files import cut_when_large
from tools.supervisor.run_record import RunRecord
from tools.supervisor.state import StateFolder
from tools.supervisor.supervision import StartFailed, Supervision
from tools.supervisor.wakeups import Wakeups


@pytest.fixture(scope="module")
def clone() -> Iterator[FakeClone]:
    with temporary_folder("millrace up ") as folder:
        made = FakeClone.make(folder)
        yield made
        made.command("down")


@pytest.fixture
def running(clone: FakeClone) -> RunRecord:
    done = clone.command("up", "--detach")
    assert done.returncode == 0, done.stderr
    return _record(clone)


def test_the_block_names_everything_a_newcomer_needs(clone: FakeClone) -> None:
    block = clone.command("up", "--detach").stdout

    connections = _record(clone).connections
    assert all(value in block for value in connections.values())
    assert "price-updates 600/min instead of 10/min, every 10 s instead of 300 s" in block
    assert f"curl -s -H 'Authorization: Bearer {connections['MILLRACE_API_KEY']}'" in block
    assert str(clone.root / ".millrace/logs") in block


def test_up_twice_is_up_once(clone: FakeClone, running: RunRecord) -> None:
    again = clone.command("up")

    assert again.returncode == 0
    assert "already up" in again.stdout
    assert _record(clone).processes == running.processes


def test_a_process_finds_its_own_database_and_no_other(clone: FakeClone, running: RunRecord) -> None:
    worker = json.loads((clone.root / "seen-worker.json").read_text())
    migrate = json.loads((clone.root / "seen-migrate.json").read_text())

    assert worker["MARKET_DATA_DATABASE_URL"].startswith("postgresql://millrace_market_data:")
    assert not {"DATABASE_URL", "DATABASE_ADMIN_URL", "GATEWAY_DATABASE_URL"} & worker.keys()
    assert migrate["DATABASE_ADMIN_URL"] == running.connections["DATABASE_URL"]
    assert worker["MILLRACE_SERVICES"] == f"market-data=127.0.0.1:{running.ports['grpc:market_data']}"


def test_status_env_is_for_shells_and_does_not_turn_our_stores_into_the_users(
    clone: FakeClone, running: RunRecord
) -> None:
    lines = clone.command("status", "--env").stdout.splitlines()
    environment = dict(line.split("=", 1) for line in lines)
    clone.command("down")

    done = clone.command("up", "--detach", **environment)

    assert environment.keys() >= {"MILLRACE_URL", "MILLRACE_API_KEY", "DATABASE_URL", "REDIS_URL", "MARKET_DATA_GRPC"}
    assert "embedded PostgreSQL" in done.stdout, done.stderr
    assert _record(clone).ports == running.ports


def test_secrets_are_readable_by_their_owner_alone(clone: FakeClone, running: RunRecord) -> None:
    private = ("secrets.json", "run.json", "logs/supervisor.log", "valkey/server.conf")

    assert running.connections
    assert {name: (clone.root / ".millrace" / name).stat().st_mode & 0o077 for name in private} == dict.fromkeys(
        private, 0
    )


def test_leftovers_of_a_killed_supervisor_are_gone_before_the_next_start(clone: FakeClone, running: RunRecord) -> None:
    assert running.supervisor is not None
    os.kill(running.supervisor.pid, signal.SIGKILL)

    done = clone.command("up", "--detach")

    assert done.returncode == 0, done.stderr
    assert not any(process.identity.is_running() for process in running.processes.values())
    assert _record(clone).ports == running.ports


def test_a_process_that_ends_is_started_again(clone: FakeClone, running: RunRecord) -> None:
    worker = running.processes["worker"]
    os.kill(worker.pid, signal.SIGKILL)

    _wait_until_replaced(clone, worker.identity)

    assert _record(clone).processes["worker"].restarts == 1


def test_down_stops_everything_and_keeps_the_data(clone: FakeClone, running: RunRecord) -> None:
    done = clone.command("down")

    assert done.returncode == 0, done.stderr
    assert not any(process.identity.is_running() for process in running.processes.values())
    assert (clone.root / ".millrace/postgres/PG_VERSION").exists()
    assert clone.command("status").returncode == 3


def test_a_stop_closes_the_index_when_only_the_stores_run_any_more(clone: FakeClone, running: RunRecord) -> None:
    clone.command("down")

    assert running.processes
    assert json.loads((clone.root / "running-at-close.json").read_text()) == {"store": True, "worker": False}


def test_bad_configuration_stops_the_start_with_78_and_its_last_words(clone: FakeClone) -> None:
    clone.command("down")

    done = clone.command("up", "--detach", FAKE_EXIT_GATEWAY="78")

    assert done.returncode == 78
    assert "because it was told to" in done.stderr
    assert not _record(clone).processes


def test_a_failed_migration_ends_the_start(clone: FakeClone) -> None:
    done = clone.command("up", FAKE_EXIT_MIGRATE="1")

    assert done.returncode == 1
    assert "migrate does not start: exit code 1" in done.stderr


def test_a_demanded_port_that_is_taken_is_refused_by_name(clone: FakeClone) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        done = clone.command("up", GATEWAY_HTTP_PORT=str(port))

    assert done.returncode == 1
    assert f"GATEWAY_HTTP_PORT={port}" in done.stderr


def test_logs_refuse_an_unknown_name_and_say_which_there_are(clone: FakeClone, running: RunRecord) -> None:
    assert running.state == run_record.READY

    done = clone.command("logs", "nonsense")

    assert done.returncode == 1
    assert "scheduler" in done.stderr
    assert "market-data" in done.stderr


def test_reset_asks_first_and_then_leaves_no_data(clone: FakeClone, running: RunRecord) -> None:
    assert running.state == run_record.READY
    assert clone.command("reset").returncode == 1

    done = clone.command("reset", "--yes")

    assert done.returncode == 0, done.stderr
    assert not any(
        (clone.root / ".millrace" / name).exists() for name in ("postgres", "valkey", "logs", "secrets.json")
    )


def test_a_child_that_never_gets_ready_fails_the_start_in_time(tmp_path: Path) -> None:
    silent = _child(tmp_path, "import time; print('waiting for nothing', flush=True); time.sleep(60)")

    with Wakeups() as wakeups:
        supervision = Supervision(
            [[silent]], wakeups=wakeups, on_change=lambda: None, say=lambda _text: None, start_seconds=0.5
        )
        with pytest.raises(StartFailed, match=r"did not answer within 0 s|did not answer within 1 s"):
            supervision.start()
        supervision.stop()

    assert not silent.is_running()


def test_the_pause_before_a_restart_grows_and_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "FIRST_PAUSE_SECONDS", 8.0)
    child = _child(tmp_path, "raise SystemExit(1)")
    pauses = []

    for _ in range(4):
        child.launch()
        with Wakeups() as wakeups:
            while not child.step():
                wakeups.sleep(1)
        pauses.append(round(child.pause_left()))

    assert pauses == [8, 16, 30, 30]


def test_a_log_that_outgrows_its_limit_is_cut_and_its_older_part_kept(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text("x" * 11)

    cut_when_large(log, limit=10)

    assert log.stat().st_size == 0
    assert (tmp_path / "worker.log.1").read_text() == "x" * 11


def test_the_documents_redis_names_make_a_url() -> None:
    names = {"REDIS_HOST": "h", "REDIS_PORT": "6380", "REDIS_PASSWORD": "a/b", "REDIS_DB": "2"}

    assert wiring.redis_url_of_user(names) == "redis://:a%2Fb@h:6380/2"
    assert wiring.redis_url_of_user({}) == ""


def _record(clone: FakeClone) -> RunRecord:
    return run_record.load(StateFolder(clone.root).run)


def _child(folder: Path, program: str) -> Child:
    process = ProductProcess([sys.executable, "-c", program], {}, folder, folder / "child.log", "http://127.0.0.1:9/")
    return Child("child", process, health="http://127.0.0.1:9/", stop_rank=0)


def _wait_until_replaced(clone: FakeClone, before: ProcessIdentity) -> None:
    with Wakeups() as wakeups:
        for _ in range(200):
            process = _record(clone).processes.get("worker")
            if process is not None and process.identity != before:
                return
            wakeups.sleep(0.05)
    pytest.fail("the worker was not started again within 10 s")
