"""The application, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import Depends, FastAPI, Request
from starlette.middleware.cors import CORSMiddleware

from recommender.recommend import Recommender
from recommender.service import (
    cds_routes,
    cohort_routes,
    feedback_routes,
    graph_routes,
    operation_routes,
    page_routes,
    patient_routes,
    plan_routes,
    session_routes,
    smart_routes,
)
from recommender.service.access import check_access
from recommender.service.config import ServiceConfig
from recommender.service.differential_privacy import load_mechanism
from recommender.service.live_graph import LiveGraph
from recommender.service.middleware import Surroundings
from recommender.service.notes import NoteReader
from recommender.service.openapi import to_openapi
from recommender.service.parts import Parts, Principal
from recommender.service.planners import Planners
from recommender.service.problem import add_handlers

EXPIRE_EVERY_S: Final = 3600.0
_ROUTERS = (
    plan_routes.router,
    patient_routes.router,
    cohort_routes.router,
    graph_routes.router,
    feedback_routes.router,
    session_routes.router,
    operation_routes.router,
    cds_routes.router,
    page_routes.router,
    smart_routes.router,
)


def create_app(
    config: ServiceConfig,
    graph: LiveGraph,
    recommender: Recommender,
    planners: Planners | None = None,
    notes: NoteReader | None = None,
) -> FastAPI:
    """Return the service over a graph and the recommender that was opened on it; errors of `kg.errors`."""
    parts = Parts.create(config, graph, recommender, planners, notes)
    app = FastAPI(
        title="TheraGraph",
        version="1",
        summary="Safe, ranked treatment plans with their evidence. It advises clinicians and never replaces them.",
        openapi_url=None,  # served below, as a route of the access table
        docs_url=None,  # its assets would come from another site
        redoc_url=None,
        lifespan=_lifespan,
        dependencies=[Depends(check_access)],
    )
    app.state.parts = parts
    add_handlers(app)
    for router in _ROUTERS:
        app.include_router(router)
    app.add_api_route("/openapi.json", _show_openapi, include_in_schema=False)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(config.cors_origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "X-Purpose-Of-Use", "X-Break-Glass-Reason"],
    )
    app.add_middleware(Surroundings, parts=parts)
    return app


async def _show_openapi(request: Request) -> dict[str, Any]:
    return to_openapi(request.app)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Remove patients and slates whose time is over; at the end let what runs finish, then close files and graph."""
    if app.state.parts.ledger is not None:
        await asyncio.to_thread(load_mechanism)
    expiring = asyncio.create_task(_expire(app.state.parts))
    yield
    expiring.cancel()
    app.state.parts.close()


async def _expire(parts: Parts) -> None:
    while True:
        num_slates = await asyncio.to_thread(parts.slates.expire)
        num = await asyncio.to_thread(parts.patients.remove_expired) if parts.patients else 0
        if num or num_slates:
            result = f"{num} records and {num_slates} slates removed"
            parts.keep_access(Principal("service", frozenset()), "expire patients", result)
        await asyncio.sleep(EXPIRE_EVERY_S)
