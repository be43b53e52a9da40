"""The face of market-data's price providers. It must never let a wire format out."""

from services.market_data.clients.sources import FetchedQuotes, PriceSources, ProviderSettings

__all__ = ["FetchedQuotes", "PriceSources", "ProviderSettings"]
