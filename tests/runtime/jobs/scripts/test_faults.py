"""Promises of the scripts under faults: lost scripts, full memory, foreign input; and which keys they may touch."""

import re
from collections.abc import Callable, Iterator

import pytest

from shared.errors import StoreUnavailable
from shared.jobs import script_texts
from shared.jobs import scripts as module
from shared.jobs.keys import QUEUE_KEYS, SERVICE_KEYS
from shared.jobs.scripts import Held, Push
from tests.runtime.jobs.scripts.index import IDENTITY, SERVICE, Index, Q
from tools.stores import temporary_valkey

NAMES = ("enqueue", "claim", "complete", "bury", "retry", "release", "extend", "reclaim", "settle", "drop", "progress",
         "configure", "lock")  # fmt: skip


def use_every_script(index: Index) -> None:
    """Each script at least once, on its common path."""
    index.configure(max_running=50, rate=100, window_ms=60_000)
    index.push_all(*(f"job-{n}" for n in range(8)))
    done, dead, again, back, gone, crashed, beating = index.take(7)
    index.complete(done)
    index.bury(dead)
    index.retry(again)
    index.scripts.release(back)
    index.scripts.drop(gone.id, Q, generation=1, token=gone.token)
    index.crash(crashed)
    index.scripts.extend([beating])
    index.scripts.progress(beating, '{"done":1,"total":2,"note":""}', done=1)
    index.scripts.settle([(done.id, 1, "completed")])
    index.scripts.lock("take", "a-lock", token="t", ttl_ms=1_000)


def test_every_key_carries_the_services_hash_tag_and_is_one_that_keys_names(index: Index) -> None:
    use_every_script(index)

    prefix = "{" + SERVICE + "}:"
    known = {prefix + name for name in SERVICE_KEYS} | {f"{prefix}q:{Q}:{name}" for name in QUEUE_KEYS}
    others = {key.decode() for key in index.client.scan_iter()} - known - {index.keys.locks()}
    assert all(re.fullmatch(re.escape(prefix) + r"(claim|lock):.+", key) for key in others), others


def test_no_script_touches_a_key_that_was_not_declared(index: Index) -> None:
    with index.client.monitor() as monitor:
        use_every_script(index)
        index.client.echo("the end")
        commands = list(takewhile_not_end(monitor.listen()))

    declared: set[str] = set()
    assert sum(words[0].startswith("lua:") for words in commands) > 100
    for words in commands:
        if words[0] == "FCALL":
            declared = set(words[3 : 3 + int(words[2])])
        elif words[0].startswith("lua:"):
            touched = {word for word in words[1:] if word.startswith("{")}
            assert touched <= declared, words


def test_two_services_on_one_redis_never_see_each_other(index: Index, redis_url: str) -> None:
    other = module.Scripts(index.client, "other-service")
    index.push_all("a")
    before = index.dump()

    other.enqueue([Push("a", 9, Q, "job", 3, 0, 3, 1000, "body")], deadline_ms=0)
    claim = other.claim({Q: 5}, identity=IDENTITY, request="r", worker="w")
    other.settle([("a", 1, "completed")])

    assert claim.is_closed
    assert {key: raw for key, raw in index.dump().items() if key in before} == before


@pytest.mark.parametrize("name", NAMES)
def test_a_script_states_its_contract(name: str) -> None:
    own_text = script_texts.text_of(name)

    for part in ("-- KEYS:", "-- ARGV:", "-- Returns:", "-- Invariant:", "Events:"):
        assert part.removeprefix("-- ") in own_text, f"{name}.lua does not say {part}"


def test_work_goes_on_after_the_server_has_forgotten_the_scripts(index: Index) -> None:
    held = index.started("a")
    index.client.function_flush()

    assert index.complete(held)
    index.client.function_flush()
    assert index.push("b") == 1
    index.client.function_flush()
    assert [one.id for one in index.take()] == ["b"]


def test_a_server_that_forgets_its_functions_at_once_counts_as_away(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = index.started("a")
    calls = index.scripts._calls
    intact = calls.load

    def load_in_vain() -> None:
        intact()
        index.client.function_flush()

    index.client.function_flush()
    monkeypatch.setattr(calls, "load", load_in_vain)
    with pytest.raises(StoreUnavailable, match="functions"):
        index.complete(held)
    monkeypatch.setattr(calls, "load", intact)

    assert index.complete(held)


@pytest.fixture(scope="module")
def small_server() -> Iterator[Index]:
    """An own server, since its memory is taken away."""
    with temporary_valkey() as server:
        opened = Index(server.url())
        yield opened
        opened.client.close()


@pytest.fixture
def full(small_server: Index) -> Iterator[Index]:
    """An index with a job of every kind on a server that has no memory left for more."""
    small_server.client.flushdb()
    small_server.open()
    small_server.push_all("a", "b", "waits", timeout_ms=60_000)
    yield small_server
    small_server.client.config_set("maxmemory", 0)


def fill(index: Index) -> None:
    index.client.config_set("maxmemory", 1)


def test_a_push_into_full_memory_is_refused_and_writes_nothing(full: Index) -> None:
    before = full.dump()
    fill(full)

    with pytest.raises(StoreUnavailable):
        full.scripts.enqueue([Push(name, 1, Q, "job", 3, 0, 3, 1000, "body") for name in ("x", "y")], deadline_ms=0)

    assert full.dump() == before


ACKS: dict[str, Callable[[Index, Held], bool]] = {
    "complete": lambda index, held: index.complete(held),
    "complete-settled": lambda index, held: index.complete(held, is_settled=True),
    "bury": lambda index, held: index.bury(held),
    "retry": lambda index, held: index.retry(held),
    "release": lambda index, held: index.scripts.release(held),
    "extend": lambda index, held: index.scripts.extend([held]) == [1],
    "reclaim": lambda index, held: index.scripts.reclaim(Q) == (1, 0),
    "drop-own": lambda index, held: index.scripts.drop(held.id, Q, generation=1, token=held.token) == 1,
}


@pytest.mark.parametrize("ack", ACKS)
def test_what_runs_can_end_and_beat_although_memory_is_full(full: Index, ack: str) -> None:
    held, _ = full.take(2)
    if ack == "reclaim":
        full.expire(held.id)
    fill(full)

    assert ACKS[ack](full, held)

    full.client.config_set("maxmemory", 0)
    seen = full.view()
    assert (held.id in seen.running) == (ack == "extend")


def test_an_outcome_recorded_in_full_memory_can_be_settled_there(full: Index) -> None:
    [held] = full.take()
    fill(full)
    full.complete(held)

    assert full.scripts.settle([(held.id, 1, "completed")]) == 1


def test_a_full_index_drains(full: Index) -> None:
    fill(full)

    taken = full.take(2)
    ended = [full.complete(held) for held in taken]

    full.client.config_set("maxmemory", 0)
    seen = full.view()
    assert ([held.id for held in taken], ended) == (["a", "b"], [True, True])
    assert (seen.ready, seen.running, seen.unsettled) == (["waits"], [], ["a", "b"])


def takewhile_not_end(lines: Iterator[dict[str, str]]) -> Iterator[list[str]]:
    """The commands a monitor saw, as words, scripts' own ones marked; until the closing echo."""
    for line in lines:
        words = re.findall(r'"((?:[^"\\]|\\.)*)"', line["command"]) or line["command"].split(" ")
        if words[0].upper() == "ECHO":
            return
        yield ["lua:" + words[0], *words[1:]] if line["client_type"] == "lua" else [words[0].upper(), *words[1:]]
