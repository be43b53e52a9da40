"""Owns the composition of the gateway: which routes, who guards them, whom they ask.
It must never hold a route of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from services.gateway.auth.audit import AuditTrail
from services.gateway.auth.gate import Gate
from services.gateway.auth.keys import KeyRing
from services.gateway.clients.coins import Coins
from services.gateway.clients.control import Control
from services.gateway.clients.fleet import Fleet
from services.gateway.clients.flows import Flows
from services.gateway.clients.freshness import Freshness
from services.gateway.clients.history import History
from services.gateway.clients.jobs import Jobs
from services.gateway.clients.locks import Locks
from services.gateway.clients.providers import Providers
from services.gateway.clients.readiness import Readiness
from services.gateway.clients.schedules import Schedules
from services.gateway.clients.steering import Steering
from services.gateway.dialects import price_updates
from services.gateway.rest import (
    attempts,
    audit,
    coins,
    concurrency,
    contract_routes,
    contracts,
    docs,
    flows,
    freshness,
    gates,
    health,
    job_actions,
    job_history,
    jobs,
    locks,
    messages,
    openapi,
    problems,
    providers,
    queue_actions,
    queues,
    results,
    schedules,
    statistics,
    why,
)
from services.gateway.rest.edge import Edge
from services.gateway.settings import GatewaySettings
from services.gateway.store import AuditStore, KeyStore
from shared.bootstrap import Service, ServiceRuntime
from shared.db import Database

TITLE = "Millrace"
ROUTED = (
    price_updates,
    jobs,
    job_actions,
    job_history,
    attempts,
    why,
    queues,
    queue_actions,
    statistics,
    gates,
    messages,
    providers,
    results,
    concurrency,
    schedules,
    freshness,
    flows,
    locks,
    audit,
    coins,
    health,
    docs,
)
DESCRIPTION = "Durable, inspectable, controllable background jobs."


def fleet(settings: GatewaySettings) -> Fleet:
    """The services this gateway asks; channels open at the first call."""
    return Fleet(settings.addresses, settings.service_token)


def create_app(runtime: ServiceRuntime) -> FastAPI:
    """The gateway of one process."""
    return assemble(runtime.settings, runtime.database, runtime.resource(Fleet))


def assemble(settings: GatewaySettings, database: Database, peers: Fleet) -> FastAPI:
    """The app on its parts; keeps the bootstrap key first, so that the first request already finds it."""
    keys = KeyRing(KeyStore(database))
    keys.keep_bootstrap(settings.bootstrap_api_key)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        peers.close()

    # FastAPI's own documentation pages load scripts from elsewhere; rest.docs serves ours.
    app = FastAPI(
        title=TITLE,
        description=DESCRIPTION,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        lifespan=lifespan,
        exception_handlers={
            HTTPException: problems.on_http_error,
            RequestValidationError: problems.on_invalid_request,
        },
    )
    app.state.fleet, app.state.jobs, app.state.coins = peers, Jobs(peers), Coins(peers)
    app.state.control, app.state.audit = Control(peers, app.state.jobs), AuditTrail(AuditStore(database))
    app.state.readiness, app.state.steering = Readiness(peers, database), Steering(peers)
    app.state.history, app.state.schedules, app.state.flows = History(peers), Schedules(peers), Flows(peers)
    app.state.providers, app.state.locks = Providers(peers), Locks(peers)
    app.state.freshness = Freshness(peers)
    for module in ROUTED:
        app.include_router(module.routes)
    # What services declare in their contracts; a new one needs no line here.
    app.include_router(contract_routes.routes_of(contracts.discover(), own=[module.routes for module in ROUTED]))
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    app.add_middleware(Gate, keys=keys)
    app.add_middleware(Edge)
    return app


SERVICE = Service(name="gateway", settings=GatewaySettings, resources=(fleet,), http=create_app)
