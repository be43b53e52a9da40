"""Owns the migrate command: roles, schemas and revisions of the services named. It must never start a service."""

import structlog

from shared.bootstrap.service import Service
from shared.db import Database, database_errors, migrations
from shared.db.demands import refuse_old
from shared.settings import MigrationSettings, load

log = structlog.get_logger(__name__)


def migrate(services: list[Service]) -> None:
    """Bring every service's schema to its newest revision; safe to run again and beside another copy."""
    admin = load(MigrationSettings)
    server = Database(admin.admin_url, "public", pool_size=1)
    try:
        refuse_old(server)
    finally:
        server.close()
    for service in services:
        settings = load(service.settings, service=service.name)
        with database_errors():
            migrations.prepare(admin.admin_url, settings.database_url, service.name)
            migrations.upgrade(settings.database_url, service.name)
        log.info("migrated", service=service.display)
