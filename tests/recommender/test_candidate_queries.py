"""The Cypher shown for a plan finds on every server what the plan was made from."""

from __future__ import annotations

from kg.model import Node
from kg.store import open_graph
from ontologies.biolink import Category, Predicate
from recommender.build_plan import build_plan
from recommender.candidate_queries import to_queries
from recommender.candidates import find_candidates
from recommender.knowledge import Knowledge
from recommender.patient import GenomicFinding
from recommender.read_knowledge import read_rows
from recommender.situation import build_situation
from tests.recommender.test_read_knowledge import EDGES, NODES, SOURCE, edge
from tests.recommender.worlds import patient_with

MATE = Node("DRUGBANK:T8", Category.DRUG, "warfarin's sister", SOURCE)
MORE = [
    edge("DRUGBANK:T1", Predicate.SUBCLASS_OF, "theragraph.class:t7"),
    edge("DRUGBANK:T8", Predicate.SUBCLASS_OF, "theragraph.class:t7"),
]


def test_the_queries_give_the_drugs_of_the_plan(graph_selector: str) -> None:
    with open_graph(graph_selector) as store:
        store.create_constraints()
        store.write_nodes([*NODES, MATE])
        store.write_edges([*EDGES, *MORE])
        knowledge = Knowledge.from_rows(read_rows(store))
        patient = patient_with("DOID:T3", genome=(GenomicFinding("GENE6", "*2"),))
        asked = to_queries(build_plan(patient, knowledge), patient)
        treatments, mates, responses = (store.run(a.query, **a.parameters) for a in asked)
        store.retract(source=SOURCE)
    candidates, _ = find_candidates("DOID:T3", build_situation(patient, knowledge), knowledge)
    stated = {c.lead for c in candidates if not c.via}
    assert [r["drug"] for r in treatments] == sorted(stated) == ["DRUGBANK:T1", "DRUGBANK:T2"]
    assert [r["probability"] for r in treatments] == [None, 0.9]
    assert {c.lead for c in candidates if c.via} == {r["drug"] for r in mates} - stated == {"DRUGBANK:T8"}
    assert [(r["gene"], r["finding"], r["drug"]) for r in responses] == [("GENE6", "*2", "DRUGBANK:T1")]
