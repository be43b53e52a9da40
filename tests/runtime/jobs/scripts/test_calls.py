"""How calls travel: what is kept of their packing, and how long anybody waits for an answer."""

from pathlib import Path

import pytest
from redis.exceptions import TimeoutError as NoAnswer

from shared.errors import StoreUnavailable
from shared.jobs import script_calls, script_texts
from shared.jobs import scripts as module
from shared.jobs.connection import connect
from tests.runtime.jobs.scripts.index import SERVICE, Index, Q

LUA = Path(script_texts.__file__).parent / "lua"


def test_a_server_that_does_not_answer_counts_as_away_and_is_asked_again_later(
    index: Index, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.jobs.connection.SOCKET_TIMEOUT_SECONDS", 0.2)
    client = connect(redis_url, name="impatient")
    scripts = module.Scripts(client, SERVICE)
    assert scripts.reclaim(Q) == (0, 0)  # over a connection that is kept

    client.client_pause(1_500)
    with pytest.raises(StoreUnavailable):
        scripts.reclaim(Q)
    index.client.client_unpause()

    assert scripts.reclaim(Q) == (0, 0)
    client.close()


def test_the_kernel_ends_a_wait_that_is_over(index: Index, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.jobs.connection.SOCKET_TIMEOUT_SECONDS", 0.2)
    calls = module.Scripts(connect(redis_url, name="impatient"), SERVICE)._calls
    connection = calls.connected()

    assert connection._sock.gettimeout() is None
    with pytest.raises(NoAnswer, match="no answer in time"):
        calls.read(connection, [b"nothing was asked"])
    index.client.ping()


def test_what_is_kept_of_calls_is_bounded_and_no_call_is_taken_for_another(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEGUN_MAX", 2)
    for queue in (Q, "b", "c"):
        index.push(f"job-of-{queue}", queue=queue)
        index.take(queue=queue)  # and again, of what is known and of what was forgotten
        index.push(f"another-of-{queue}", queue=queue)

    assert len(index.scripts._begun) <= 2
    assert {queue: [one.id for one in index.take(queue=queue)] for queue in (Q, "b", "c")} == {
        queue: [f"another-of-{queue}"] for queue in (Q, "b", "c")
    }


def test_a_server_keeps_the_functions_of_few_builds(index: Index) -> None:
    index.client.function_flush()
    for build in range(script_calls.LIBRARIES_MAX):
        name = f"{script_texts.PREFIX}build{build}"
        index.client.function_load(
            f"#!lua name={name}\nredis.register_function('{name}_none', function() return 1 end)"
        )

    assert index.push("a") == 1
    names = [script_calls._library_name(one) for one in index.client.execute_command("FUNCTION LIST")]
    assert names == [script_texts.library().name]


def test_every_lua_file_is_in_the_library_and_what_it_shares_is_there_once() -> None:
    files = {file.stem for file in LUA.iterdir()}
    text = script_texts.library().text

    assert {name for name in files if f"LIBRARY .. '_{name}'" in text} == set(script_texts.transitions())
    assert text.count("local function queue_keys(") == text.count("local function tally(") == 1


def test_keys_that_lua_keeps_are_bounded_and_no_queue_gets_anothers(
    index: Index, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = script_texts.library_of(
        lambda name: script_texts.text_of(name).replace("BLOCKS_KEPT = 1000", "BLOCKS_KEPT = 2")
    )
    assert few.text.count("BLOCKS_KEPT = 2") == 1
    monkeypatch.setattr(script_texts, "library", lambda: few)
    small = Index(redis_url)

    for each in range(2):
        for queue in ("b", "c", "d", "e"):
            assert small.push(f"{each}-of-{queue}", queue=queue) == 1
    taken = {queue: [one.id for one in small.take(2, queue=queue)] for queue in ("b", "c", "d", "e")}

    assert taken == {queue: [f"0-of-{queue}", f"1-of-{queue}"] for queue in ("b", "c", "d", "e")}
    assert index.client.zcard(index.keys.queue("b")[0]) == 0
    small.client.close()
