"""Health, metrics, and the audit log for those who may read it."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import PlainTextResponse, Response

from kg.errors import GraphUnavailableError
from recommender.service.chained_log import read_log, verify_log
from recommender.service.monitoring import MAX_FEEDBACK, find_undated, to_monitoring
from recommender.service.parts import Caller, Here, Parts, Principal

router = APIRouter(tags=["operation"])


@router.get("/health/live")
async def show_live() -> dict[str, str]:
    """Return 200 as long as the process answers."""
    return {"status": "live"}


@router.get("/health/ready")
async def show_ready(parts: Here) -> dict[str, str]:
    """Return 200 when plans can be made, and whether notes can be read yet; 503 when the graph is away."""
    await asyncio.wait_for(asyncio.to_thread(parts.graph.check_reachable), parts.config.timeout_s)
    return {"status": "ready", "notes": "loading" if parts.notes and not parts.notes.is_warm else "ready"}


@router.get("/metrics", response_class=PlainTextResponse)
async def show_metrics(parts: Here) -> Response:
    """Return counts and times in Prometheus' text format."""
    is_ready = await asyncio.to_thread(_is_ready, parts)
    text = parts.metrics.to_text(parts.worker.pending, is_ready)
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4")


@router.get("/v1/monitoring")
async def show_monitoring(parts: Here) -> dict[str, Any]:
    """Return alarms, overrides, alerts per 100 orders, what did not map, and the drift of patients and scores."""
    entries = await parts.worker.run(lambda: read_log(parts.config.feedback_file, newest=MAX_FEEDBACK))
    alarms = parts.alarms + find_undated(parts.releases)
    return to_monitoring(alarms, entries, parts.metrics.events(), parts.drift.to_psi())


@router.get("/v1/audit")
async def show_audit(
    parts: Here,
    caller: Caller,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=1, le=2**53, description="Only lines with a lower `seq`.")] = None,
) -> dict[str, Any]:
    """Return a page of the audit log, newest first, and what to give as `before` for the next; null after the last.

    Reading is a line of the log itself, so pages are counted by the lines' numbers and not from the end.
    """
    return await parts.worker.run(lambda: _read_audit(parts, caller, limit, before))


@router.get("/v1/audit/check")
async def check_audit(parts: Here) -> dict[str, Any]:
    """Follow the audit log's chain of hashes and say where it breaks, if it does."""
    found = await parts.worker.run(lambda: verify_log(parts.config.audit_file))
    return asdict(found) | {"whole": found.broken_line is None}


def _read_audit(parts: Parts, caller: Principal, limit: int, before: int | None) -> dict[str, Any]:
    parts.keep_access(caller, "read audit", "done")
    entries = read_log(parts.config.audit_file, newest=limit, before=before)
    oldest = entries[-1]["seq"] if entries else 1
    return {"entries": entries, "next_before": oldest if oldest > 1 else None}


def _is_ready(parts: Parts) -> bool:
    try:
        parts.graph.check_reachable()
    except GraphUnavailableError:
        return False
    return True
