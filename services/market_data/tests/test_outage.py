"""Providers that are down for minutes: nobody but probes calls them, and no job dies of it."""

from services.market_data.clients.breakers import ALL
from services.market_data.jobs.update_coin_price import UpdateCoinPrice
from services.market_data.tests.test_update_coin_price import World
from services.market_data.tests.test_update_coin_price import world as world
from shared.jobs.circuit_settings import read_circuits
from shared.jobs.keys import circuit_keys
from shared.jobs.outcomes import Buried
from shared.jobs.testing.due import bring_forward

#: Five minutes of cooldowns of 15, 30, 60, 120 and 120 seconds.
COOLDOWNS = 5


def let_time_pass(world: World) -> None:
    """Cooldowns are over, and whoever waits is due."""
    for breaker in ALL:
        world.runtime.jobs.scripts.client.hset(circuit_keys(breaker.name)[0], "opens", 1)
    bring_forward(world.runtime.jobs)


def test_all_providers_down_for_five_minutes_cost_no_job_and_are_called_by_probes_alone(world: World) -> None:
    coins = world.add_coins(8)
    world.break_provider(*(breaker.name for breaker in ALL), kind="server_error")
    world.submit(*(UpdateCoinPrice(coin_id=coin.id) for coin in coins))

    outcomes = world.run()
    while any(circuit.word != "open" for circuit in read_circuits(world.runtime.jobs)):
        bring_forward(world.runtime.jobs)
        outcomes += world.run()
    until_open = len(world.calls())
    for _ in range(COOLDOWNS):
        let_time_pass(world)
        outcomes += world.run()
    during = len(world.calls()) - until_open
    world.sandbox.faults.clear()
    for _ in range(3):
        let_time_pass(world)
        outcomes += world.run()

    assert not [outcome for outcome in outcomes if isinstance(outcome, Buried)]
    assert until_open == sum(breaker.failures for breaker in ALL)
    assert during == COOLDOWNS * len(ALL)
    assert all(world.price(coin) is not None for coin in coins)
    assert {circuit.word for circuit in read_circuits(world.runtime.jobs)} <= {"closed", "half_open"}
