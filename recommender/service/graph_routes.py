"""REST: looking into the graph. Reading only, with a limit of rows and of time."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from kg import queries, queries_service
from kg.errors import WriteRefusedError
from recommender.service.parts import Caller, Here, Parts, Principal

router = APIRouter(prefix="/v1", tags=["graph"])
MAX_NEIGHBOURS: Final = 200


class CypherRequest(BaseModel):
    """A query of Cypher that only reads; values belong into `parameters`, never into the text."""

    model_config = ConfigDict(extra="forbid")
    query: str = Field(min_length=1, max_length=10_000, examples=["MATCH (d:Drug) RETURN d.name AS name LIMIT 5"])
    parameters: dict[str, Any] = Field(default={}, max_length=50)
    limit: int = Field(default=100, ge=1)


@router.get("/search")
async def search(
    parts: Here,
    q: Annotated[str, Query(min_length=1, max_length=200, description="A name, a part of one, or a CURIE.")],
    category: Annotated[str, Query(max_length=40, description="Drug, Disease, PhenotypicFeature, Gene …")] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> dict[str, Any]:
    """Return a page of the concepts that a text names, and where the next page begins."""
    found = await parts.worker.run(lambda: parts.concepts.find(q, category=category, limit=limit, offset=offset))
    after = offset + limit
    return {
        "items": [{"curie": c.curie, "name": c.name, "category": c.category} for c in found.concepts],
        "total": found.total,
        "next_offset": after if after < found.total else None,
    }


@router.get("/nodes/{curie}")
async def show_node(
    parts: Here, curie: str, limit: Annotated[int, Query(ge=1, le=MAX_NEIGHBOURS)] = 50
) -> dict[str, Any]:
    """Return a concept with up to `limit` edges in each direction, each with its source and knowledge level."""
    return await parts.worker.run(lambda: _read_node(parts, curie, limit))


@router.post("/cypher")
async def run_cypher(body: CypherRequest, parts: Here, caller: Caller) -> dict[str, Any]:
    """Run a query that only reads; 403 when it could write, 503 when it takes too long."""
    limit = min(body.limit, parts.config.max_rows)
    rows = await parts.worker.run(lambda: _ask_audited(parts, caller, body, limit + 1))
    return {"rows": rows[:limit], "truncated": len(rows) > limit}


@router.get("/sources")
async def list_sources(parts: Here) -> dict[str, Any]:
    """Return what was built into the graph, with releases and counts."""
    rows = await parts.worker.run(lambda: parts.graph.run(queries.SOURCES))
    return {"sources": [row["properties"] for row in rows]}


def _ask_audited(parts: Parts, caller: Principal, body: CypherRequest, limit: int) -> list[dict[str, Any]]:
    """Run a query; what became of it stands in the audit log before the answer goes out."""
    result = "failed"
    try:
        rows = parts.graph.cypher(body.query, body.parameters, limit=limit)
        result = f"{len(rows)} rows"
    except WriteRefusedError:
        result = "refused"
        raise
    finally:
        parts.keep_access(caller, "cypher", result, what=body.query)
    return rows


def _read_node(parts: Parts, curie: str, limit: int) -> dict[str, Any]:
    nodes = parts.graph.run(queries.NODE, curie=curie)
    if not nodes:
        raise HTTPException(404, "The graph has no such concept; find its CURIE with /v1/search.")
    return {
        "curie": curie,
        "labels": nodes[0]["labels"],
        "properties": nodes[0]["properties"],
        "outgoing": parts.graph.run(queries_service.OUTGOING, curie=curie, limit=limit),
        "incoming": parts.graph.run(queries_service.INCOMING, curie=curie, limit=limit),
    }
