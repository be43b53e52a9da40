"""Owns the made-up tokens of the market and how addresses look on each chain. It must never price a real token."""

import hashlib
import re
from dataclasses import dataclass

from tools.sandbox.walk import uniform

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_EVM = re.compile(r"0x[0-9a-fA-F]{40}")
_SOLANA = re.compile(rf"[{_BASE58}]{{32,44}}")


@dataclass(frozen=True, slots=True)
class Token:
    """A token of the market; `volatility` is per square root of a second, `liquidity_usd` that of its main pool."""

    chain: str
    address: str
    symbol: str
    name: str
    base_price: float
    volatility: float = 0.0008
    liquidity_usd: float = 250_000
    #: No pool has it as base token, so that its price must be derived by inverting.
    only_quoted: bool = False


@dataclass(frozen=True, slots=True)
class ChainSpelling:
    """One chain in each provider's words, with its native wrapped token and its dollar."""

    name: str
    dexscreener: str
    coingecko: str
    geckoterminal: str
    native: Token
    dollar: Token


def _chain(spelling: tuple[str, str, str, str], native: tuple[str, str, float], dollar: str) -> ChainSpelling:
    name = spelling[0]
    address, symbol, price = native
    return ChainSpelling(
        *spelling,
        native=Token(name, address, symbol, f"Wrapped {symbol[1:]}", price, 0.0002, 9_000_000),
        dollar=Token(name, dollar, "USDC", "USD Coin", 1.0, 0.0, 50_000_000),
    )


CHAINS = {
    chain.name: chain
    for chain in (
        _chain(
            ("solana", "solana", "solana", "solana"),
            ("So11111111111111111111111111111111111111112", "WSOL", 172.0),
            "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
        ),
        _chain(
            ("ethereum", "ethereum", "ethereum", "eth"),
            ("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", "WETH", 3120.0),
            "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
        ),
        _chain(
            ("base", "base", "base", "base"),
            ("0x4200000000000000000000000000000000000006", "WETH", 3120.0),
            "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
        ),
        _chain(
            ("bsc", "bsc", "binance-smart-chain", "bsc"),
            ("0xbb4CdB9CBd36B01bD1cBaEBF2De08d9173bc095c", "WBNB", 610.0),
            "0x8AC76a51cc950d9822D68b83fE1Ad97B32Cd580d",
        ),
        _chain(
            ("polygon", "polygon", "polygon-pos", "polygon_pos"),
            ("0x0d500B1d8E8eF31E21C99d1Db9A6444d3ADf1270", "WPOL", 0.42),
            "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359",
        ),
        _chain(
            ("arbitrum", "arbitrum", "arbitrum-one", "arbitrum"),
            ("0x82aF49447D8a07e3bd95BD0d56f35241523fBab1", "WETH", 3120.0),
            "0xaf88d065e77c8cC2239327C5EDb3A432268e5831",
        ),
        _chain(
            ("avalanche", "avalanche", "avalanche", "avax"),
            ("0xB31f66AA3C1e785363F0875A1B74E27b85FD66c7", "WAVAX", 27.0),
            "0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E",
        ),
    )
}

#: Chain, symbol, name, base price in USD, hourly volatility in percent, liquidity in USD.
_SEED = (
    ("solana", "MOCHI", "Mochi Cat", 0.0184, 5.0, 1_840_000),
    ("solana", "GRUMP", "Grumpy Frog", 0.00042, 7.0, 412_000),
    ("solana", "ZIPPY", "Zippy the Snail", 0.0000187, 9.0, 96_000),
    ("solana", "NOODL", "Noodle", 1.27, 4.0, 3_200_000),
    ("solana", "BLORP", "Blorp", 0.00000361, 12.0, 58_000),
    ("solana", "WAGGY", "Waggy Dog", 0.233, 5.0, 870_000),
    ("solana", "HODLR", "Hodler Hamster", 0.0071, 6.0, 240_000),
    ("solana", "LUNCHY", "Lunch Money", 0.052, 6.0, 310_000),
    ("ethereum", "PUDGO", "Pudgo", 0.0000094, 6.0, 5_600_000),
    ("ethereum", "ORBIT", "Orbit Inu", 0.0153, 4.0, 2_100_000),
    ("ethereum", "KRAKN", "Kraken Kid", 2.84, 3.0, 7_400_000),
    ("ethereum", "TURBY", "Turbo Toad", 0.00613, 5.0, 1_150_000),
    ("base", "BASIL", "Basil", 0.0885, 5.0, 940_000),
    ("base", "DEGGN", "Degen Egg", 0.00917, 6.0, 1_300_000),
    ("base", "MIGGS", "Miggs", 0.00000052, 10.0, 74_000),
    ("base", "SNORK", "Snork", 0.000318, 8.0, 133_000),
    ("bsc", "BUNNI", "Bunni Moon", 0.000000127, 8.0, 660_000),
    ("bsc", "CAKEY", "Cakey", 0.417, 4.0, 1_900_000),
    ("bsc", "RUGGO", "Definitely Not a Rug", 0.0000733, 14.0, 21_000),
    ("bsc", "YAWNN", "Yawn", 0.00264, 3.0, 480_000),
)
_ONLY_QUOTED = {"LUNCHY"}


def seed_tokens() -> list[Token]:
    """The 20 tokens every market starts with. Addresses depend on the symbol only: they outlive seeds and restarts."""
    return [
        Token(
            chain,
            made_up_address(chain, f"token/{symbol}"),
            symbol,
            name,
            price,
            volatility=hourly / 100 / 60,
            liquidity_usd=liquidity,
            only_quoted=symbol in _ONLY_QUOTED,
        )
        for chain, symbol, name, price, hourly, liquidity in _SEED
    ]


def unknown_token(chain: str, address: str) -> Token:
    """A token for any well-formed address: real providers know far more coins than a seed list."""
    key = f"unknown/{chain}/{address_key(chain, address)}"
    symbol = "".join(_BASE58[int(uniform(f"{key}/{i}") * 33)] for i in range(5)).upper()
    return Token(
        chain,
        address,
        symbol,
        f"{symbol} Token",
        base_price=10 ** (uniform(f"{key}/price") * 7 - 6),
        liquidity_usd=10 ** (uniform(f"{key}/liquidity") * 2 + 4.5),
    )


def made_up_address(chain: str, key: str) -> str:
    """A well-formed address that depends on the key only."""
    digest = hashlib.sha256(f"{chain}/{key}".encode()).digest()
    if chain != "solana":
        # Mixed case as in checksummed addresses, so that clients must compare them without case.
        return "0x" + "".join(c.upper() if digest[i % 32] & 1 else c for i, c in enumerate(digest[:20].hex()))
    number = int.from_bytes(digest, "big") | 1 << 255
    text = ""
    while number:
        number, rest = divmod(number, 58)
        text = _BASE58[rest] + text
    return text


def is_address(chain: str, address: str) -> bool:
    """Whether the text can be a token of the chain."""
    return bool((_SOLANA if chain == "solana" else _EVM).fullmatch(address))


def address_key(chain: str, address: str) -> str:
    """EVM addresses are one whatever their case."""
    return address if chain == "solana" else address.lower()
