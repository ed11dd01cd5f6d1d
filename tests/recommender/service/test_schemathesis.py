"""Our own OpenAPI document, tried out: made-up requests, right and wrong, and answers that keep to the document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from recommender.service.roles import ACCESS, PUBLIC
from tests.recommender.service.service_world import make_app, run_server

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OPERATIONS = sorted(f"{m} {p}" for m, p in PUBLIC | ACCESS.keys() if p.startswith(("/v1", "/cds")))
BOUNDED = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with run_server(make_app(tmp_path_factory.mktemp("fuzzed"), store_patients=True)) as url:
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        yield {operation.label: operation for result in schema.get_all_operations() if (operation := result.ok())}


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(
    "label", sorted(f"{m} {p}" for m, p in PUBLIC | ACCESS.keys() if p.startswith(("/v1", "/cds")))
)
def test_an_operation_keeps_to_its_document(operations: dict[str, Any], label: str, mode: GenerationMode) -> None:
    @BOUNDED
    @given(case=operations[label].as_strategy(generation_mode=mode))
    def try_out(case: Any) -> None:
        case.validate_response(case.call(), checks=CHECKS)

    try:
        try_out()
    except Unsatisfiable:
        if mode.is_positive:
            raise
        pytest.skip("it takes nothing that could be wrong")
