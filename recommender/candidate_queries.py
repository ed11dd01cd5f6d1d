"""The Cypher that finds the candidates of a plan, for whoever wants to see or repeat it.

A recommender reads the graph's statements once and looks candidates up in memory; these queries ask the graph for the
same statements, one condition at a time, and a test holds that both give the same drugs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kg import queries_recommender as queries
from kg.queries import Query
from recommender.patient import Patient
from recommender.plan import Plan
from recommender.read_knowledge import MIN_PROBABILITY


@dataclass(frozen=True, slots=True)
class AskedQuery:
    """A named query with the parameters that it was asked with, and what for."""

    purpose: str
    query: Query
    parameters: dict[str, Any]


def to_queries(plan: Plan, patient: Patient, min_probability: float = MIN_PROBABILITY) -> tuple[AskedQuery, ...]:
    """The queries behind a plan: treatments and their classes by condition, then what the tested genes say."""
    return (*_by_condition(plan, min_probability), *_by_gene(patient))


def _by_condition(plan: Plan, min_probability: float) -> Iterable[AskedQuery]:
    for entry in plan.conditions:
        parameters = {"condition": entry.condition.curie, "min_probability": min_probability}
        name = entry.condition.name
        yield AskedQuery(f"treatments of {name}, stated or predicted", queries.TREATMENTS_OF_CONDITION, parameters)
        yield AskedQuery(f"classes of the treatments of {name}", queries.CLASS_MATES_OF_TREATMENTS, parameters)


def _by_gene(patient: Patient) -> Iterable[AskedQuery]:
    genes = sorted({g.gene for g in patient.genome})
    if genes:
        yield AskedQuery("drugs whose effect depends on the tested genes", queries.RESPONSES_TO_GENES, {"genes": genes})
