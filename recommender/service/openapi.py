"""The OpenAPI document: FastAPI's own, with the problem document as the answer to whatever goes wrong."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI

from recommender.service.roles import ACCESS

_PROBLEM: Final = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
_ANSWER: Final = {
    "description": "A problem: 401 and 403 access, 404, 412, 413, 422 input, 429 overload, 503 the graph is away.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def to_openapi(app: FastAPI) -> dict[str, Any]:
    """Return the document of an app; every operation names the roles that may use it."""
    document: dict[str, Any] = app.openapi()
    document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = _PROBLEM
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = _ANSWER
            operation["x-roles"] = sorted(ACCESS.get((method.upper(), path), ()))
    return document
