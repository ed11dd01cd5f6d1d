"""The application, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI, Request
from starlette.middleware.cors import CORSMiddleware

from recommender.recommend import Recommender
from recommender.service import (
    cds_routes,
    feedback_routes,
    graph_routes,
    operation_routes,
    page_routes,
    plan_routes,
    session_routes,
)
from recommender.service.access import check_access
from recommender.service.config import ServiceConfig
from recommender.service.live_graph import LiveGraph
from recommender.service.middleware import Surroundings
from recommender.service.openapi import to_openapi
from recommender.service.parts import Parts
from recommender.service.problem import add_handlers

_ROUTERS = (
    plan_routes.router,
    graph_routes.router,
    feedback_routes.router,
    session_routes.router,
    operation_routes.router,
    cds_routes.router,
    page_routes.router,
)


def create_app(config: ServiceConfig, graph: LiveGraph, recommender: Recommender) -> FastAPI:
    """Return the service over a graph and the recommender that was opened on it; errors of `kg.errors`."""
    parts = Parts.create(config, graph, recommender)
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
        allow_headers=["Authorization", "Content-Type"],
    )
    app.add_middleware(Surroundings, parts=parts)
    return app


async def _show_openapi(request: Request) -> dict[str, Any]:
    return to_openapi(request.app)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Let what runs finish before files and graph are closed."""
    yield
    app.state.parts.close()
