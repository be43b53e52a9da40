"""The promises of the embedded stores: they need nothing but their wheels, and a kill costs nothing acknowledged."""

import ctypes.util
import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from tools.stores import (
    PortTaken,
    PostgresServer,
    StoreFailed,
    ValkeyServer,
    accounts,
    binaries,
    free_port,
    temporary_valkey,
)
from tools.stores.ports import claim_port
from tools.stores.process_identity import ProcessIdentity
from tools.stores.temporary import temporary_folder

PASSWORD = "p'w \\ 1"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with temporary_folder("millrace-test-") as path:
        yield path


@pytest.fixture(scope="module")
def postgres(folder: Path) -> Iterator[PostgresServer]:
    with PostgresServer(folder / "pg data", port=free_port(), password=PASSWORD) as server:
        yield server


def test_postgres_lets_in_only_who_knows_the_password(postgres: PostgresServer) -> None:
    with psycopg.connect(postgres.url()) as connection:
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgres.url(password="wrong"))


def test_postgres_listens_on_no_socket_file(postgres: PostgresServer) -> None:
    assert postgres.run_sql("SHOW unix_socket_directories") == ""
    assert postgres.run_sql("SHOW listen_addresses") == "127.0.0.1"


def test_committed_rows_outlive_a_kill_of_postgres(postgres: PostgresServer) -> None:
    postgres.ensure_database("kept")
    postgres.run_sql("CREATE TABLE kept (id int); INSERT INTO kept SELECT generate_series(1, 1000)", database="kept")

    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGKILL)
    postgres.start()

    assert postgres.run_sql("SELECT count(*) FROM kept", database="kept") == "1000"
    postgres.ensure_database("kept")


def test_a_postgres_left_on_the_folder_is_replaced(postgres: PostgresServer, folder: Path) -> None:
    left = postgres.pid
    assert left is not None
    identity = ProcessIdentity.of(left)
    assert identity is not None
    successor = PostgresServer(folder / "pg data", port=postgres.port, password="another", password_is_new=True)

    successor.start()

    assert not identity.is_running()
    assert successor.run_sql("SELECT 1") == "1"
    successor.stop()
    PostgresServer(folder / "pg data", port=postgres.port, password=PASSWORD, password_is_new=True).prepare()
    postgres.start()


def test_data_of_another_major_version_is_refused_with_what_to_do(folder: Path) -> None:
    (folder / "old").mkdir()
    (folder / "old/PG_VERSION").write_text("12\n")

    with pytest.raises(StoreFailed, match=r"made by PostgreSQL 12 .* pg_dump"):
        PostgresServer(folder / "old", port=free_port(), password=PASSWORD).start()


def test_a_taken_port_is_named(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(PortTaken, match=str(port)):
            ValkeyServer(folder / "taken", port=port, password=PASSWORD).start()
        assert free_port(port) != port


def test_two_claims_never_get_the_same_port() -> None:
    first = claim_port(free_port())
    second = claim_port(first.port)

    assert first.port != second.port
    first.release()
    second.release()


def test_acknowledged_keys_outlive_a_stop_and_a_kill_of_valkey(folder: Path) -> None:
    server = ValkeyServer(folder / "valkey data", port=free_port(), password="secret")
    server.start()
    with redis.Redis.from_url(server.url()) as client:
        client.set("kept", "yes")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    server.stop()
    server.start()
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    server.start()

    with redis.Redis.from_url(server.url()) as client:
        assert client.get("kept") == b"yes"
    server.stop()


def test_the_password_of_valkey_is_not_on_its_command_line() -> None:
    with temporary_valkey() as server:
        password = server.url().partition(":@")[0].rpartition(":")[2].partition("@")[0]
        command = Path(f"/proc/{server.pid}/cmdline").read_bytes().decode()

        assert password
        assert password not in command


def test_valkey_runs_with_the_allocator_that_was_found_for_it_and_with_no_other() -> None:
    with temporary_valkey() as server:
        maps = Path(f"/proc/{server.pid}/maps").read_text()

    allocator = server.program.allocator
    assert ("libmimalloc" in maps) == (allocator is not None)
    assert allocator is None or str(allocator.resolve()) in maps
    assert ("mimalloc" in server.program.described) == (allocator is not None)


def test_the_allocator_is_found_wherever_the_library_is_that_it_is_linked_to() -> None:
    library = ctypes.util.find_library("atomic")

    assert (binaries.valkey_program().allocator is not None) == (library is not None)


def test_an_allocator_that_cannot_be_loaded_is_left_out(folder: Path) -> None:
    program = binaries.valkey_program().path
    broken = folder / "libbroken.so"
    broken.write_bytes(b"no library")

    assert not binaries.runs_with(program, broken)
    assert not binaries.runs_with(program, folder / "libabsent.so")


def test_a_folder_that_others_may_write_to_is_refused(folder: Path) -> None:
    (folder / "open").mkdir()
    (folder / "open").chmod(0o777)

    with pytest.raises(StoreFailed, match="owner or mode"):
        accounts.private_folder(folder / "open", mode=0o755)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL under another account")
def test_data_goes_where_the_account_can_reach_it_and_is_removed_from_there(folder: Path) -> None:
    (folder / "closed").mkdir(mode=0o700)
    preferred = folder / "closed/postgres"

    chosen = accounts.data_folder(preferred, accounts.unprivileged())

    assert chosen.is_relative_to(accounts.SHARED_FOLDER)
    assert accounts.data_folder(preferred, accounts.unprivileged()) == chosen
    accounts.remove_data(preferred)
    assert not chosen.parent.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL under another account")
def test_copied_programs_are_readable_by_all_and_writable_by_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "SHARED_FOLDER", folder)
    source = folder / "programs"
    source.mkdir(mode=0o700)
    (source / "run").write_text("#!/bin/sh\n")
    (source / "run").chmod(0o700)

    copy = accounts.readable_copy((source,), "millrace-copy")

    assert stat.S_IMODE((copy / "programs/run").stat().st_mode) == 0o755
    assert stat.S_IMODE((copy / "programs").stat().st_mode) == 0o755
