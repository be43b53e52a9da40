"""Owns whom market-data tells of a new price. It must never tell of one that is not committed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from services.market_data.settings import MarketDataSettings
from shared.jobs import JobContext

#: Display name of the service that waits for prices, and its job that looks at one coin.
LISTENER, LISTENERS_JOB = "alerts", "check-specific-alert"


@dataclass(frozen=True, slots=True)
class PriceListeners:
    """The services of this deployment that want to hear of prices; none where MILLRACE_SERVICES names none."""

    names: tuple[str, ...]

    @classmethod
    def from_settings(cls, settings: MarketDataSettings) -> Self:
        """Made once at boot of each process."""
        return cls(tuple(name for name in (LISTENER,) if name in settings.addresses))

    def tell(self, ctx: JobContext, coin_id: int, tick: datetime) -> None:
        """Inside the unit of work that writes the price: one message for (coin, tick), sent if that commits."""
        for name in self.names:
            ctx.submit_to(name, LISTENERS_JOB, {"coin_id": coin_id, "tick": tick.isoformat()}, key=f"price:{coin_id}")
