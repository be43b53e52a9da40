"""What may be declared of freshness, and the causes of a breach as people are told them."""

from typing import Any

import pytest

from shared.errors import ConfigurationInvalid, InvalidArgument
from shared.jobs import Catalogue, Goal, minutes, seconds
from shared.jobs.freshness.reasons import CODES, Facts, reason_of
from shared.jobs.states import State
from tests.runtime.jobs.sample import DEFINITIONS, SERVICE


def test_every_cause_is_a_known_word() -> None:
    base: dict[str, Any] = {"job": "refresh", "queue": "work", "budget": "calls", "breaker": "provider"}
    found = [
        reason_of(Facts(**base, **more))[0]
        for more in (
            {"is_goal_paused": True}, {"goal_error": "no"}, {"is_circuit_open": True}, {"is_queue_paused": True},
            {"state": State.RUNNING}, {"state": State.QUEUED}, {"state": State.DEAD}, {"is_short": True}, {},
        )
    ]  # fmt: skip

    assert found == [code for code in CODES if code != "unnoticed"]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("name", {"name": "Bad Name"}), ("max_age", {"max_age": seconds(0)}), ("hot", {"hot": minutes(6)}),
     ("cold", {"cold": minutes(1)}), ("lead", {"lead": 1.0}), ("batch", {"batch": 0}), ("cost", {"cost": 0}),
     ("argument", {"argument": "a-b"})],
)  # fmt: skip
def test_a_wrong_goal_names_the_field(field: str, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidArgument) as refused:
        Goal(**({"name": "g", "job": "refresh", "argument": "coin", "max_age": minutes(5)} | wrong))  # type: ignore[arg-type]  # wrong on purpose
    assert refused.value.field == field


def test_a_service_must_declare_what_its_goals_name() -> None:
    goal = Goal(name="g", job="nobody", argument="coin", max_age=minutes(5), budget="none", breaker="neither")
    with pytest.raises(ConfigurationInvalid, match="nobody"):
        Catalogue(SERVICE.display, DEFINITIONS, SERVICE.queues, freshness=(goal,))
