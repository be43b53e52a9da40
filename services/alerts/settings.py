"""Owns alerts' own knobs. It must never read the environment itself; shared.settings does."""

from dataclasses import dataclass

from shared.settings import Secret, ServiceSettings, setting


@dataclass(frozen=True, slots=True)
class AlertsSettings(ServiceSettings):
    """How other services are asked, and how much is kept."""

    #: What the services trust; MILLRACE_SERVICES says where market-data is.
    service_token: Secret = setting("MILLRACE_SERVICE_TOKEN")
    #: More are refused, so that one owner cannot fill the table.
    max_per_owner: int = setting("MAX_PER_OWNER", default=1_000, minimum=1, maximum=1_000_000)
    #: Triggers older than this are deleted.
    trigger_days: int = setting("TRIGGER_DAYS", default=90, minimum=1, maximum=3_660)
