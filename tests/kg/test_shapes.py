"""The SHACL shapes, each rule broken once; and the fast rules agree."""

import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from rdflib import Graph, Literal, URIRef

from kg.errors import InputError
from kg.export_rdf import BIOLINK, to_rdf
from kg.model import Edge, Node
from kg.rules import check_edge
from kg.shapes import EdgeSample, Violation, check_shapes
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate
from ontologies.prefixes import to_iri
from tests.kg.graph_strategies import graphs

DRUG = Node("DRUGBANK:DB00331", Category.DRUG, "metformin", "infores:x")
DISEASE = Node("DOID:9352", Category.DISEASE, "type 2 diabetes", "infores:x")
EDGE_ = Edge(
    DRUG.curie,
    Predicate.TREATS,
    DISEASE.curie,
    "infores:x",
    KnowledgeLevel.KNOWLEDGE_ASSERTION,
    AgentType.MANUAL_AGENT,
    confidence=0.5,
)


def messages(graph: Graph) -> list[str]:
    return [violation.message for violation in check_shapes(graph)]


def test_a_sound_graph_conforms() -> None:
    assert check_shapes(to_rdf((DRUG, DISEASE), (EDGE_,))) == ()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graph=graphs())
def test_whatever_the_store_accepts_conforms(graph: tuple[tuple[Node, ...], tuple[Edge, ...]]) -> None:
    nodes, edges = graph
    assert check_shapes(to_rdf(nodes, edges)) == ()


def test_an_end_that_is_no_node() -> None:
    (violation,) = check_shapes(to_rdf((DRUG,), (EDGE_,)))
    assert violation.message == "An edge's object is one node of the graph."
    assert violation.focus == f"theragraph:edge/{EDGE_.edge_key}"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"confidence": 1.5}, "A confidence lies between 0 and 1."),
        ({"knowledge_level": KnowledgeLevel.PREDICTION}, "A prediction is made by a computational model"),
        ({"agent_type": AgentType.COMPUTATIONAL_MODEL}, "A prediction is made by a computational model"),
        (
            {"knowledge_level": KnowledgeLevel.PREDICTION, "agent_type": AgentType.COMPUTATIONAL_MODEL},
            "A prediction is made by a computational model in a run",
        ),
    ],
)
def test_shapes_and_fast_rules_refuse_alike(change: dict[str, Any], expected: str) -> None:
    edge = dataclasses.replace(EDGE_, **change)
    assert any(message.startswith(expected) for message in messages(to_rdf((DRUG, DISEASE), (edge,))))
    with pytest.raises(InputError):
        check_edge(edge)


def test_a_prediction_with_its_run_conforms() -> None:
    edge = dataclasses.replace(
        EDGE_, knowledge_level=KnowledgeLevel.PREDICTION, agent_type=AgentType.COMPUTATIONAL_MODEL, run="r1"
    )
    assert check_shapes(to_rdf((DRUG, DISEASE), (edge,))) == ()


def test_a_missing_polarity_and_a_second_category() -> None:
    graph = to_rdf((DRUG, DISEASE), (EDGE_,))
    graph.remove((None, BIOLINK.negated, None))
    assert messages(graph) == ["An edge says whether it is negated."]
    graph = to_rdf((DRUG, DISEASE), ())
    graph.add((URIRef(to_iri(DRUG.curie)), BIOLINK.provided_by, Literal("me")))
    assert set(messages(graph)) == {"A node names the source that it comes from."}


def test_a_sample_holds_every_kind_of_edge_and_its_ends() -> None:
    many = [dataclasses.replace(EDGE_, properties=(("population_context_qualifier", str(i)),)) for i in range(30)]
    wrong = dataclasses.replace(EDGE_, predicate=Predicate.CONTRAINDICATED_IN, confidence=2.0)
    (violation,) = check_sample(*many, wrong)
    assert violation.focus == f"theragraph:edge/{wrong.edge_key}"
    assert check_sample(*many) == ()


def check_sample(*edges: Edge) -> tuple[Violation, ...]:
    sample = EdgeSample()
    for edge in edges:
        sample.add(edge)
    return sample.check((DRUG, DISEASE))
