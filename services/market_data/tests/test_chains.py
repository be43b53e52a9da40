"""Promises about chains and addresses."""

import pytest

from services.market_data.domain.chains import CHAINS, address_key, chain_named, checked_address
from shared.errors import InvalidArgument

WETH = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"
WSOL = "So11111111111111111111111111111111111111112"


def test_an_unknown_chain_is_refused_naming_the_known() -> None:
    with pytest.raises(InvalidArgument, match="solana, ethereum") as caught:
        chain_named("dogechain")

    assert caught.value.field == "chain"
    assert caught.value.allowed == tuple(CHAINS)


def test_every_chain_is_found_by_its_own_name() -> None:
    assert all(chain_named(name).name == name for name in CHAINS)


@pytest.mark.parametrize(("chain", "address"), [("ethereum", WETH), ("base", WETH.lower()), ("solana", WSOL)])
def test_a_well_formed_address_is_returned_as_given(chain: str, address: str) -> None:
    assert checked_address(chain_named(chain), address) == address


@pytest.mark.parametrize(
    ("chain", "address"),
    [
        ("ethereum", WSOL),
        ("ethereum", WETH[:-1]),
        ("ethereum", WETH + "0"),
        ("ethereum", WETH + "\n"),
        ("ethereum", WETH.replace("0x", "0X")),
        ("solana", WETH),
        ("solana", WSOL.replace("S", "0")),
        ("solana", WSOL[:31]),
        ("solana", WSOL + "11"),
        ("solana", WSOL[:-1] + "/"),
        ("solana", ""),
    ],
)
def test_a_malformed_address_is_refused_by_field(chain: str, address: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        checked_address(chain_named(chain), address)

    assert caught.value.field == "address"


def test_evm_addresses_are_one_whatever_their_case_and_solana_addresses_are_not() -> None:
    assert address_key(chain_named("base"), WETH) == address_key(chain_named("base"), WETH.lower())
    assert address_key(chain_named("solana"), WSOL) != address_key(chain_named("solana"), WSOL.lower())
