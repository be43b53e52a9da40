"""Owns the close command: claims end before Redis is restarted, so that no start is forgotten. It never opens any."""

import structlog

from shared.bootstrap.service import Service
from shared.jobs.connection import connect
from shared.jobs.scripts import Scripts
from shared.settings import load

log = structlog.get_logger(__name__)


def close(services: list[Service]) -> bool:
    """End the claims of the services named; safe to repeat. False when one had no open index of this Redis' life."""
    is_closed = True
    for service in services:
        client = connect(load(service.settings, service=service.name).redis_location, name=f"{service.display}-close")
        try:
            closed = Scripts(client, service.display).close_index()
        finally:
            client.close()
        if closed:
            log.info("claims closed; a running scheduler opens them again", service=service.display)
        else:
            log.warning("nothing to close: no reconciled index of this run of Redis", service=service.display)
        is_closed = is_closed and closed
    return is_closed
