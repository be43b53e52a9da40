"""Promises of the scripts together: whatever the order of calls, losses and crashes, Redis and the model agree."""

import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from shared.errors import StoreUnavailable
from shared.jobs import script_texts
from tests.runtime.jobs.scripts.gated_machine import GatedMachine
from tests.runtime.jobs.scripts.index import Index
from tests.runtime.jobs.scripts.machine import IndexMachine

STEPS = 50
IS_LONG = os.environ.get("MILLRACE_TEST_LONG") == "1"
#: Rounds bound what Hypothesis remembers of one walk. Half of the steps are asked for, since walks end early where they
#: like: 2,000 calls of both machines, 200,000 in a long run (tools/test --long).
ROUNDS, EXAMPLES = (20, 200) if IS_LONG else (1, 40)
WALK = settings(
    max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, derandomize=not IS_LONG, database=None,
    suppress_health_check=list(HealthCheck),
    # Making a failing walk short takes minutes: worth it only when somebody asks for the long run.
    phases=[Phase.generate, Phase.shrink] if IS_LONG else [Phase.generate],
)  # fmt: skip
#: Many short walks, each from a seed of its own, find a missing guard ten times as fast as a long one.
HUNTS = 125
HUNT = settings(WALK, max_examples=8, phases=[Phase.generate], derandomize=False, report_multiple_bugs=False)


def walk(index: Index, how: settings, kind: type[IndexMachine] = IndexMachine, *, number: int | None = None) -> int:
    """Let the machine walk, from a seed if one is given; how many times Redis and the model were compared."""
    machine = type("Walk", (kind,), {"index": index, "compared": 0})
    if number is not None:
        machine = seed(number)(machine)
    run_state_machine_as_test(machine, settings=how)
    return int(vars(machine)["compared"])


def hunt(index: Index, kind: type[IndexMachine]) -> None:
    """Walk until the model and Redis disagree, or long enough to believe that they do not."""
    for number in range(1, HUNTS + 1):
        walk(index, HUNT, kind, number=number)


@pytest.mark.parametrize("kind", [IndexMachine, GatedMachine])
def test_redis_and_the_model_agree_after_every_step_of_a_long_random_walk(
    index: Index, kind: type[IndexMachine]
) -> None:
    for _ in range(ROUNDS):
        assert walk(index, WALK, kind) >= EXAMPLES * STEPS // 2


#: A guard of one script, and the same line without it.
GUARDS = {
    "the token": ("ends", " and record[TOKEN] == token", ""),
    "the move out of running": ("retry", "redis.call('ZREM', keys.running, id)", ""),
    "the generation of a push": ("enqueue", "old[GENERATION] >= generation", "old[GENERATION] > generation"),
    "the limit": ("gates", "limit - redis.call('ZCARD', keys.running)", "limit"),
    "the pause": ("gates", "if conf[1] == '1' and", "if conf[1] == '2' and"),
    "the live lease": ("drop", "record[STATE] == 'running' and", "false and"),
    "the attempt": ("release", "record[ATTEMPTS] - 1", "record[ATTEMPTS]"),
    "the generation of a change": ("change", "record[GENERATION] > args[3] or ", ""),
    "the place of a change": ("change", "displace(from, id, record)", ""),
    "the row of a drain": ("drain", " and record[DURABLE] == 0", ""),
    "the lease a cancel meets": ("cancel", "if record[STATE] == 'running' then", "if false then"),
    "the beat": ("extend", "keys.running, now + args[1], id", "keys.running, 1, id"),
    "the old position": ("reclaim", "keys.ready, record[SCORE], id", "keys.ready, 0, id"),
}


#: Those of the gates of jobs and groups, and of ageing.
GATED = {
    "the limit of a gate": ("admission", "state.running >= state.limit", "false"),
    "the pause of a gate": ("admission", "if is_paused(state) then", "if false then"),
    "the place given back": ("places", "(left[gate] or 0) + 1", "0"),
    "the parked member": ("places", "redis.call('ZREM', keys.parked, record[PARKED])", ""),
    "the turn of the aged": ("ageing", "(started + place) % AGED_TURN == 0", "false"),
}


@pytest.mark.parametrize("guard", [*GUARDS, *GATED])
def test_the_walk_notices_a_guard_that_is_missing(
    index: Index, redis_url: str, guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, line, broken = (GUARDS | GATED)[guard]
    intact = script_texts.text_of
    assert line in intact(part), f"{part}.lua does not hold {line!r} any more; name its guard"
    spoilt = script_texts.library_of(lambda name: intact(name).replace(line, broken) if name == part else intact(name))
    monkeypatch.setattr(script_texts, "library", lambda: spoilt)

    with pytest.raises((AssertionError, StoreUnavailable)):
        hunt(Index(redis_url), GatedMachine if guard in GATED else IndexMachine)


def test_the_walk_notices_a_retry_that_a_full_server_refuses(
    index: Index, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script_texts, "_NEEDS_MEMORY", frozenset({"enqueue", "progress", "retry"}))
    spoilt = script_texts.library_of(script_texts.text_of)
    monkeypatch.setattr(script_texts, "library", lambda: spoilt)

    with pytest.raises((AssertionError, StoreUnavailable)):
        hunt(Index(redis_url), IndexMachine)
