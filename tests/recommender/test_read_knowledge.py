"""The same knowledge comes out of every server as out of memory."""

from __future__ import annotations

from kg.model import Edge, Node, to_properties
from kg.store import open_graph
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate
from recommender.facts import Rows
from recommender.read_knowledge import read_annotations, read_rows, without_source
from tests.recommender.memory_graph import MemoryGraph

SOURCE = "infores:test"
NODES = [
    Node(
        "DRUGBANK:T1", Category.DRUG, "warfarin", SOURCE, ("Coumadin",), properties=to_properties({"cost_class": "low"})
    ),
    Node("DRUGBANK:T2", Category.DRUG, "naproxen", SOURCE),
    Node("DOID:T3", Category.DISEASE, "clot", SOURCE, xrefs=("ICD10CM:I82",)),
    Node("DOID:T4", Category.DISEASE, "broad clot", SOURCE),
    Node("HP:T5", Category.PHENOTYPIC_FEATURE, "swelling", SOURCE),
    Node("NCBIGene:T6", Category.GENE, "GENE6", SOURCE),
    Node(
        "theragraph.class:t7",
        Category.CHEMICAL_ENTITY,
        "T class",
        SOURCE,
        properties=to_properties({"class_kind": "therapeutic"}),
    ),
]


def edge(subject: str, predicate: Predicate, object_: str, level: str = "", **properties: str | int | float) -> Edge:
    knowledge = KnowledgeLevel.PREDICTION if level == "prediction" else KnowledgeLevel.KNOWLEDGE_ASSERTION
    return Edge(
        subject,
        predicate,
        object_,
        SOURCE,
        knowledge,
        AgentType.COMPUTATIONAL_MODEL if level == "prediction" else AgentType.MANUAL_AGENT,
        confidence=0.9 if level == "prediction" else None,
        run="r" if level == "prediction" else "",
        negated=level == "negated",
        properties=to_properties({"checked": "recalled", **properties}),
    )


EDGES = [
    edge("DRUGBANK:T1", Predicate.TREATS, "DOID:T3", evidence_level="L1", line_of_therapy=1, dose="5 mg"),
    edge("DRUGBANK:T2", Predicate.TREATS, "DOID:T3", "prediction"),
    edge("DRUGBANK:T2", Predicate.TREATS, "DOID:T4", "negated"),
    edge("DRUGBANK:T2", Predicate.CONTRAINDICATED_IN, "DOID:T3", severity_qualifier="relative"),
    edge("DRUGBANK:T1", Predicate.INTERACTS_WITH, "theragraph.class:t7", severity_qualifier="major"),
    edge("DRUGBANK:T2", Predicate.SUBCLASS_OF, "theragraph.class:t7"),
    edge("DOID:T3", Predicate.SUBCLASS_OF, "DOID:T4"),
    edge("DRUGBANK:T2", Predicate.HAS_SIDE_EFFECT, "HP:T5", frequency_qualifier="common"),
    edge("DOID:T3", Predicate.HAS_PHENOTYPE, "HP:T5", frequency_qualifier="HP:0040281"),
    edge("DRUGBANK:T1", Predicate.BINDS, "NCBIGene:T6"),
    edge("NCBIGene:T6", Predicate.GENE_ASSOCIATED_WITH_CONDITION, "DOID:T3"),
    edge(
        "NCBIGene:T6",
        Predicate.ASSOCIATED_WITH_RESPONSE_TO,
        "DRUGBANK:T1",
        sequence_variant_qualifier="*2",
        verdict="caution",
    ),
    edge(
        "theragraph.class:t7",
        Predicate.SIMILAR_TO,
        "DRUGBANK:T1",
        context_qualifier="cross_reactivity",
        verdict="caution",
    ),
]


def expected() -> Rows:
    return read_rows(MemoryGraph(NODES, EDGES))


def test_every_server_gives_the_same_rows(graph_selector: str) -> None:
    with open_graph(graph_selector) as store:
        store.create_constraints()
        store.write_nodes(NODES)
        store.write_edges(EDGES)
        rows = read_rows(store)
        annotations = [a for a in read_annotations(store) if a.disease == "DOID:T3"]
        store.retract(source=SOURCE)
    ours = {n.curie for n in NODES}
    assert {c for c in rows.concepts if c.curie in ours} == set(expected().concepts)
    for name in ("indications", "contraindications", "interactions", "memberships", "cross_reactivity", "gene_drug"):
        found = [r for r in getattr(rows, name) if r.citation.source == SOURCE]
        assert found == list(getattr(expected(), name)), name
    assert [r for r in rows.side_effects if r.citation.source == SOURCE] == list(expected().side_effects)
    assert ("DOID:T3", "DOID:T4") in rows.parents
    assert {x for x in rows.links if x.source == SOURCE} == set(expected().links)
    assert [(a.phenotype, a.frequency) for a in annotations] == [("HP:T5", "HP:0040281")]


def test_predictions_are_l5_and_negated_edges_are_no_indications() -> None:
    found = {(i.drug, i.condition): (i.level, i.probability) for i in expected().indications}
    assert found == {("DRUGBANK:T1", "DOID:T3"): ("L1", None), ("DRUGBANK:T2", "DOID:T3"): ("L5", 0.9)}
    assert [i.level for i in read_rows(MemoryGraph(NODES, EDGES), min_probability=0.95).indications] == ["L1"]


def test_a_source_can_be_left_out() -> None:
    rest = without_source(expected(), "test")
    assert (rest.indications, rest.contraindications, rest.links) == ((), (), ())
    assert rest.concepts == expected().concepts
