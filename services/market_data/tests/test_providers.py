"""Promises that every price provider's client keeps, against a sandbox that speaks the wire formats."""

import json
import re
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.market_data.domain.quotes import CoinRef
from services.market_data.tests.worlds import NAMES, asked, assert_told, coins_of, source_at, source_of, told, unlisted
from shared.clock import now
from shared.errors import InvalidArgument, UpstreamRateLimited, UpstreamUnavailable
from tools.sandbox.sandbox import Options, Sandbox
from tools.sandbox.tokens import CHAINS, made_up_address

pytestmark = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Options(seed=11)) as world:
        yield world


@pytest.mark.parametrize("chain", list(CHAINS))
def test_the_price_of_every_coin_is_the_one_that_was_sent(sandbox: Sandbox, name: str, chain: str) -> None:
    coins = coins_of(sandbox, chain) or unlisted(chain, 4)

    quotes = source_of(sandbox, name).fetch(coins)

    assert len(quotes) == len(coins)
    assert_told(sandbox, quotes, coins, name)
    assert all(re.fullmatch("[0-9a-f]{64}", quote.answer_sha256) for quote in quotes.values())
    assert all(abs(now() - quote.fetched_at) < timedelta(seconds=5) for quote in quotes.values())


def test_a_full_batch_of_30_is_one_call(sandbox: Sandbox, name: str) -> None:
    coins = unlisted("ethereum", 30)

    quotes = source_of(sandbox, name).fetch(coins)

    assert_told(sandbox, quotes, coins, name)
    assert asked(sandbox) == [name]


def test_a_batch_of_31_is_refused_without_a_call(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(InvalidArgument, match="1 to 30, got 31"):
        source_of(sandbox, name).fetch(unlisted("ethereum", 31))

    assert asked(sandbox) == []


def test_coins_of_two_chains_are_refused_without_a_call(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(InvalidArgument, match="one chain, got solana and base"):
        source_of(sandbox, name).fetch([*unlisted("solana", 1), *unlisted("base", 1)])


def test_an_address_that_could_change_the_path_is_refused_without_a_call(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(InvalidArgument, match="address on solana"):
        source_of(sandbox, name).fetch([CoinRef(1, "solana", "../../latest/dex/search", "EVIL")])

    assert asked(sandbox) == []


def test_an_address_is_found_whatever_its_case_on_an_evm_chain(sandbox: Sandbox, name: str) -> None:
    coin = coins_of(sandbox, "bsc")[0]
    shouted = CoinRef(1, "bsc", "0x" + coin.address[2:].upper(), coin.symbol)

    quotes = source_of(sandbox, name).fetch([shouted])

    assert_told(sandbox, quotes, [shouted], name)


def test_two_spellings_of_one_address_are_both_priced(sandbox: Sandbox, name: str) -> None:
    address = coins_of(sandbox, "bsc")[0].address
    twins = [CoinRef(1, "bsc", address, "A"), CoinRef(2, "bsc", address.lower(), "B")]

    quotes = source_of(sandbox, name).fetch(twins)

    assert quotes[1].price_usd == quotes[2].price_usd


def test_a_coin_the_provider_does_not_know_is_absent(name: str) -> None:
    with Sandbox(Options(price_unknown=False)) as world:
        known = coins_of(world, "base")[0]
        stranger = CoinRef(99, "base", made_up_address("base", "nobody"), "NOBODY")

        quotes = source_of(world, name).fetch([known, stranger])

    assert list(quotes) == [known.coin_id]


@pytest.mark.parametrize("kind", ["missing_fields", "wrong_token", "zero_price", "nan_price"])
def test_a_lying_answer_prices_nothing(sandbox: Sandbox, name: str, kind: str) -> None:
    sandbox.faults.add({"provider": name, "kind": kind, "count": 1})
    source = source_of(sandbox, name)
    coins = coins_of(sandbox, "solana")

    try:
        lies = source.fetch(coins)
    except UpstreamUnavailable:
        lies = {}

    assert lies == {}
    assert told(sandbox) == {}
    assert len(source.fetch(coins)) == len(coins)


@pytest.mark.parametrize("kind", ["server_error", "truncated_json", "html", "drop_connection"])
def test_a_broken_answer_is_an_error_and_the_next_one_is_read(sandbox: Sandbox, name: str, kind: str) -> None:
    sandbox.faults.add({"provider": name, "kind": kind, "count": 1})
    source = source_of(sandbox, name)
    coins = coins_of(sandbox, "base")

    with pytest.raises(UpstreamUnavailable, match=name):
        source.fetch(coins)

    assert len(source.fetch(coins)) == len(coins)


def test_a_429_closes_the_bucket_for_as_long_as_it_says(sandbox: Sandbox, name: str) -> None:
    sandbox.faults.add({"provider": name, "kind": "rate_limited", "retry_after": 77, "count": 1})
    source = source_of(sandbox, name)
    coins = coins_of(sandbox, "base")

    with pytest.raises(UpstreamRateLimited) as first:
        source.fetch(coins)
    with pytest.raises(UpstreamRateLimited, match="may not be called"):
        source.fetch(coins)

    assert first.value.retry_after == timedelta(seconds=77)
    assert asked(sandbox) == [name]


@pytest.mark.parametrize("kind", ["stall", "slow"])
def test_a_provider_that_takes_too_long_costs_the_deadline_and_no_more(sandbox: Sandbox, name: str, kind: str) -> None:
    sandbox.faults.add({"provider": name, "kind": kind, "delay_ms": 30_000})
    started = time.monotonic()

    with pytest.raises(UpstreamUnavailable, match="did not answer in full"):
        source_of(sandbox, name, timeout=0.3).fetch(coins_of(sandbox, "base"))

    assert time.monotonic() - started < 0.8


def test_a_slow_provider_within_the_deadline_is_heard(sandbox: Sandbox, name: str) -> None:
    sandbox.faults.add({"provider": name, "kind": "slow", "delay_ms": 100})
    coins = coins_of(sandbox, "base")

    quotes = source_of(sandbox, name).fetch(coins)

    assert_told(sandbox, quotes, coins, name)


words = st.sampled_from(["ADDRESS", "solana", "solana_ADDRESS", "token", "1.5", "0", "NaN", "-1", "1e9"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | words,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "data",
                        "attributes",
                        "id",
                        "type",
                        "address",
                        "price_usd",
                        "volume_usd",
                        "relationships",
                        "top_pools",
                    ),
                    *("chainId", "baseToken", "quoteToken", "priceUsd", "priceNative", "liquidity", "pairAddress"),
                    *(
                        "ADDRESS",
                        "usd",
                        "usd_24h_change",
                        "last_updated_at",
                        "error",
                        "status",
                        "error_code",
                        "error_message",
                    ),
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


class Babbler(ThreadingHTTPServer):
    """A provider that answers every request with the same bytes."""

    daemon_threads = True
    says = b""


class BabblerHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Babbler

    def do_GET(self) -> None:
        body = self.server.says
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


@pytest.fixture(scope="module")
def babbler() -> Iterator[Babbler]:
    with Babbler(("127.0.0.1", 0), BabblerHandler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


def test_whatever_json_a_provider_says_the_client_prices_nothing_or_raises_unavailable(
    babbler: Babbler, name: str
) -> None:
    source = source_at(f"http://127.0.0.1:{babbler.server_port}", name)
    coins = unlisted("solana", 2)

    @settings(max_examples=60, deadline=None)
    @given(json_values)
    def babble(value: object) -> None:
        babbler.says = json.dumps(value).replace("ADDRESS", coins[0].address).encode()
        try:
            quotes = source.fetch(coins)
        except UpstreamUnavailable:
            return
        assert all(quote.price_usd > 0 for quote in quotes.values())

    babble()
