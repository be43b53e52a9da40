"""Owns CoinGecko's wire format and its three error shapes. It must never pass on a price that CoinGecko calls old."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog

from services.market_data.clients.batches import MAX_COINS, Batch, batch_of
from services.market_data.clients.wire import entry
from services.market_data.domain.chains import address_key
from services.market_data.domain.quotes import CoinRef, Quote, fraction_or_none, price_of, usd_or_none
from shared.clock import epoch_ms, monotonic
from shared.errors import InvalidArgument, UpstreamUnavailable
from shared.outbound import AnswerRefused, JsonAnswer, OutboundClient
from shared.outbound.answers import parse_json

log = structlog.get_logger()

KEY_HEADER = "x-cg-demo-api-key"
#: CoinGecko goes on showing the last trade of a token nobody trades; that is no present price.
OLDEST_PRICE = timedelta(hours=1)
RATE_LIMIT_WAIT = timedelta(minutes=1)
#: No further call for a batch starts after this long; what is missing then is the next provider's.
LONGEST_FETCH_SECONDS = 5.0

_TOO_MANY_ADDRESSES = 10012
_RATE_LIMITED = 429
_ALLOWED_ADDRESSES = re.compile(r"(\d{1,4}) (?:contract )?address")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What one of CoinGecko's error shapes says."""

    code: int | None
    message: str


class CoinGecko:
    """`GET /simple/token_price/{platform}` answers an object by contract address.

    How many addresses a call may carry depends on the plan (one without a key); the client learns it from the refusal.
    """

    name = "coingecko"

    def __init__(self, http: OutboundClient, *, batch_size: int = MAX_COINS) -> None:
        if not 1 <= batch_size <= MAX_COINS:
            raise ValueError(f"batch_size must be 1 to {MAX_COINS}, got {batch_size}")
        self._http = http
        self._batch_size = batch_size

    def fetch(self, coins: Sequence[CoinRef]) -> dict[int, Quote]:
        """Quotes by coin id of 1 to 30 coins of one chain; coins without a sound price are absent.

        When a later call of several fails, the quotes of the earlier ones are returned.
        """
        batch = batch_of(coins)
        started = monotonic()
        quotes: dict[int, Quote] = {}
        asked = 0
        while asked < len(batch.addresses) and monotonic() - started < LONGEST_FETCH_SECONDS:
            part = batch.addresses[asked : asked + self._batch_size]
            try:
                quotes |= self._quotes(batch, part)
            except AnswerRefused as refusal:
                if self._learn_batch_size(refusal, len(part)):
                    continue
                if not asked:
                    raise
                break
            except UpstreamUnavailable as error:
                if not asked:
                    raise
                log.warning("price source failed half-way", provider=self.name, error=str(error))
                break
            asked += len(part)
        return quotes

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _quotes(self, batch: Batch, addresses: Sequence[str]) -> dict[int, Quote]:
        answer = self._http.get(
            f"/simple/token_price/{batch.chain.coingecko}",
            {
                "contract_addresses": ",".join(addresses),
                "vs_currencies": "usd",
                "include_24hr_vol": "true",
                "include_24hr_change": "true",
                "include_last_updated_at": "true",
                "precision": "full",
            },
        )
        self._raise_complaint(answer.value)
        tokens = {address_key(batch.chain, address): token for address, token in answer.value.items()}
        asked = {address_key(batch.chain, address) for address in addresses}
        quotes = {}
        for coin in batch.coins:
            key = address_key(batch.chain, coin.address)
            if key not in asked:
                continue
            try:
                quotes[coin.coin_id] = _quote(coin, tokens.get(key), answer)
            except InvalidArgument as refusal:
                log.warning("quote refused", provider=self.name, coin_id=coin.coin_id, reason=str(refusal))
        return quotes

    def _raise_complaint(self, value: Any) -> None:
        """Errors also come with status 200, through caches and the keyless plan."""
        if not isinstance(value, dict):
            raise UpstreamUnavailable(f"coingecko answered {type(value).__name__}, not an object by address")
        complaint = complaint_in(value)
        if complaint is None:
            return
        message = self._http.safe_excerpt(complaint.message.encode())
        if complaint.code == _RATE_LIMITED:
            raise self._http.refused_for(RATE_LIMIT_WAIT, f"complained: {message}")
        raise UpstreamUnavailable(f"coingecko complained with code {complaint.code}: {message}")

    def _learn_batch_size(self, refusal: AnswerRefused, asked: int) -> bool:
        """True when the refusal was about too many addresses and fewer can be tried."""
        try:
            complaint = complaint_in(parse_json(refusal.body))
        except ValueError:
            return False
        if complaint is None or complaint.code != _TOO_MANY_ADDRESSES or asked <= 1:
            return False
        named = _ALLOWED_ADDRESSES.search(complaint.message)
        allowed = int(named[1]) if named else asked // 2
        self._batch_size = min(max(allowed, 1), asked - 1)
        log.warning("provider allows fewer addresses a call", provider=self.name, batch_size=self._batch_size)
        return True


def complaint_in(value: Any) -> Complaint | None:
    """The error inside an answer, or None when it has none of CoinGecko's error shapes."""
    error = entry(value, "error")
    if isinstance(error, str):
        return Complaint(None, error)
    status = entry(error, "status") or entry(value, "status")
    message = entry(status, "error_message")
    if not isinstance(message, str):
        return None
    code = entry(status, "error_code") or entry(value, "error_code")
    return Complaint(code if isinstance(code, int) else None, message)


def _quote(coin: CoinRef, token: Any, answer: JsonAnswer) -> Quote:
    price = price_of(entry(token, "usd"), field="usd")
    updated_at = entry(token, "last_updated_at")
    if isinstance(updated_at, int | Decimal) and _age(updated_at, answer.received_at) > OLDEST_PRICE.total_seconds():
        raise InvalidArgument(f"price is of {updated_at}, older than {OLDEST_PRICE}", field="last_updated_at")
    return Quote(
        coin_id=coin.coin_id,
        price_usd=price,
        provider=CoinGecko.name,
        pair_address=None,
        liquidity_usd=None,
        volume_24h_usd=usd_or_none(entry(token, "usd_24h_vol")),
        change_24h_fraction=fraction_or_none(entry(token, "usd_24h_change")),
        fetched_at=answer.received_at,
        answer_sha256=answer.sha256,
    )


def _age(updated_at: int | Decimal, received_at: datetime) -> Decimal:
    return Decimal(epoch_ms(received_at)) / 1000 - updated_at
